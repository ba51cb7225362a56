"""The chat on pages whose browser, policy, style or script is not what one would wish for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from campfire_chat.http.application import STATIC
from tests.browser.conftest import SIZES, NewPage
from tests.browser.screens import WidgetScreen
from tests.support.engines import copy_sqlite
from tests.support.host import campfire_for, host_app
from tests.support.people import Desk, Person
from tests.support.servers import ThreadServer

#: Bodies of pages that load the widget each in its way.
SCRIPTS = {
    "classic": "<script src='/support/widget.js'></script>",
    "async": "<script src='/support/widget.js' async></script>",
    "module": "<script type='module' src='/support/widget.js'></script>",
    "import": "<script type='module'>import '/support/widget.js';</script>",
    "dynamic": "<script>import('/support/widget.js');</script>",
    "injected": (
        "<script>const made = document.createElement('script');"
        "made.src = '/support/widget.js';"
        "document.head.append(made);</script>"
    ),
    "inline": "<script data-base='/support'>{code}</script>",
    "inline-module": "<script type='module' data-base='/support'>{code}</script>",
    "bundled": "<script type='module' src='/bundle.js'></script>",
}

#: Pages that only differ in what stands around the chat.
PAGES = {
    "transformed": ("<html lang='en'>", "<body style='transform: translateY(0); height: 3000px'>"),
    "filtered": ("<html lang='en' style='filter: blur(0); height: 3000px'>", "<body>"),
    "rtl-body": ("<html lang='ar'>", "<body dir='rtl'>"),
    "rtl-html": ("<html lang='ar' dir='rtl'>", "<body>"),
    "plain": ("<html lang='en'>", "<body>"),
}


async def _scripted(request: Request) -> HTMLResponse:
    """A page with Trusted Types, which loads the widget in one of many ways."""
    code = (STATIC / "widget.js").read_text("utf-8")
    script = SCRIPTS[request.path_params["way"]].replace("{code}", code)
    headers = {"Content-Security-Policy": "require-trusted-types-for 'script'"}
    if request.path_params["way"] == "injected":
        headers = {}  # The page's own sink, not ours.
    return HTMLResponse(
        f"<!doctype html><html lang='en'><title>Shop</title><body><h1>Shop</h1>{script}</body>",
        headers=headers,
    )


async def _surrounded(request: Request) -> HTMLResponse:
    root, body = PAGES[request.path_params["kind"]]
    return HTMLResponse(
        f"<!doctype html>{root}<title>Shop</title>{body}<h1>Shop</h1>"
        "<script src='/support/widget.js' async></script>"
        "<dialog id='basket' aria-label='Basket'><button autofocus>Pay</button></dialog></body>"
    )


async def _bundle(request: Request) -> Response:
    """The widget's code in a bundle of the host's, which tells it where the desk is."""
    code = (STATIC / "widget.js").read_text("utf-8")
    told = "window.campfire = function (...call) { (campfire.q ??= []).push(call); };"
    return Response(
        f"{told} campfire('boot', {{base: '/support/'}}); {code}", media_type="text/javascript"
    )


@pytest.fixture(scope="module")
def site(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadServer]:
    path = tmp_path_factory.mktemp("hostile") / "campfire.db"
    app = host_app(campfire_for(copy_sqlite(sqlite_template, path)))
    app.router.routes[:0] = [
        Route("/scripted/{way}", _scripted),
        Route("/surrounded/{kind}", _surrounded),
        Route("/bundle.js", _bundle),
    ]
    with ThreadServer(app) as server:
        yield server


@pytest.fixture
def agent(site: ThreadServer) -> Person:
    return Desk(f"{site.url}/support", "default").agent("ada", name="Ada Lovelace")


def talk(page: Page, agent: Person, text: str = "Where is my kettle?") -> WidgetScreen:
    """A message goes out, and an answer comes in."""
    widget = WidgetScreen(page)
    widget.open()
    widget.write(text)
    expect(widget.tick("Sent").or_(widget.tick("Delivered"))).to_be_visible()
    agent.write(agent.get("/conversations")["items"][0]["id"], f"Answer to {text}")
    expect(widget.log.get_by_text(f"Answer to {text}")).to_be_visible()
    return widget


@pytest.mark.parametrize("way", SCRIPTS)
def test_however_the_script_is_loaded_there_is_a_chat(
    site: ThreadServer, open_page: NewPage, agent: Person, way: str
) -> None:
    talk(open_page(f"{site.url}/scripted/{way}"), agent)


# What a browser or a blocker may do to an interface: it is missing, throws, rejects, never
# answers, or keeps nothing.

GONE = "Object.defineProperty(window, '{name}', {{get: () => undefined, configurable: true}});"
REFUSED = (
    "Object.defineProperty(window, '{name}', "
    "{{get() {{ throw new DOMException('denied', 'SecurityError'); }}}});"
)
NAVIGATOR = "Object.defineProperty(navigator, '{name}', {{get: () => ({value})}});"
LATER = "{{request: () => {what}}}"

BROKEN = {
    "localStorage missing": GONE.format(name="localStorage"),
    "localStorage refused": REFUSED.format(name="localStorage"),
    "localStorage full": (
        "Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError'); };"
    ),
    "localStorage keeps nothing": "Storage.prototype.setItem = () => undefined;",
    "localStorage cannot be read": (
        "Storage.prototype.getItem = () => { throw new DOMException('', 'SecurityError'); };"
    ),
    "sessionStorage refused": REFUSED.format(name="sessionStorage"),
    "indexedDB refused": REFUSED.format(name="indexedDB"),
    "locks missing": NAVIGATOR.format(name="locks", value="undefined"),
    "locks throw": NAVIGATOR.format(
        name="locks", value=LATER.format(what="{ throw new Error('locks'); }")
    ),
    "locks reject": NAVIGATOR.format(
        name="locks",
        value=LATER.format(what="Promise.reject(new DOMException('', 'SecurityError'))"),
    ),
    "locks never come": NAVIGATOR.format(
        name="locks", value=LATER.format(what="new Promise(() => undefined)")
    ),
    "crypto missing": GONE.format(name="crypto"),
    "crypto throws": "Crypto.prototype.getRandomValues = () => { throw new Error('crypto'); };",
    "randomUUID missing": "delete Crypto.prototype.randomUUID;",
    "Notification missing": "delete window.Notification;",
    "Notification refused": REFUSED.format(name="Notification"),
    "permissions reject": (
        "Permissions.prototype.query = () => Promise.reject(new Error('permissions'));"
    ),
    "serviceWorker missing": NAVIGATOR.format(name="serviceWorker", value="undefined"),
    "WebSocket throws": (
        "window.WebSocket = class "
        "{ constructor() { throw new DOMException('', 'SecurityError'); } };"
    ),
    "everything refused": (
        REFUSED.format(name="localStorage")
        + REFUSED.format(name="sessionStorage")
        + REFUSED.format(name="indexedDB")
        + NAVIGATOR.format(
            name="locks",
            value=LATER.format(what="Promise.reject(new DOMException('', 'SecurityError'))"),
        )
    ),
    "arrays have a toJSON": (
        "Array.prototype.toJSON = function () { return '[' + this.join() + ']'; };"
        "Object.defineProperty(Object.prototype, 'toJSON', {value: () => 'an object'});"
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_whatever_is_broken_messages_go_out_and_come_in(
    site: ThreadServer, open_page: NewPage, agent: Person, what: str
) -> None:
    page = open_page("about:blank")
    page.add_init_script(BROKEN[what])
    page.goto(f"{site.url}/surrounded/plain")
    widget = talk(page, agent)
    widget.write("And another thing")
    expect(widget.tick("Sending")).to_have_count(0)


@pytest.mark.parametrize("what", ["localStorage refused", "localStorage keeps nothing"])
def test_where_nothing_can_be_stored_that_is_said(
    site: ThreadServer, open_page: NewPage, what: str
) -> None:
    page = open_page("about:blank")
    page.add_init_script(BROKEN[what])
    page.goto(f"{site.url}/surrounded/plain")
    widget = WidgetScreen(page)
    widget.open()
    expect(widget.panel.get_by_text(re.compile("ends when you leave this page"))).to_be_visible()


# Styles and surroundings.


def in_the_corner(launcher: Locator, side: str) -> None:
    box = launcher.bounding_box()
    assert box is not None
    width, height = SIZES["desktop"]
    assert box["y"] + box["height"] == pytest.approx(height - 20, abs=2)
    left = box["x"] if side == "left" else width - box["x"] - box["width"]
    assert left == pytest.approx(20, abs=16)  # A scroll bar takes some.


@pytest.mark.parametrize(
    ("kind", "side"),
    [
        ("plain", "right"),
        ("transformed", "right"),
        ("filtered", "right"),
        ("rtl-body", "left"),
        ("rtl-html", "left"),
    ],
)
def test_the_launcher_is_in_its_corner(
    site: ThreadServer, open_page: NewPage, kind: str, side: str
) -> None:
    page = open_page(f"{site.url}/surrounded/{kind}")
    widget = WidgetScreen(page)
    expect(widget.launcher).to_be_visible()
    in_the_corner(widget.launcher, side)
    widget.open()
    assert widget.panel.evaluate("panel => getComputedStyle(panel).direction") == (
        "rtl" if side == "left" else "ltr"
    )


def test_the_direction_of_the_page_may_change(site: ThreadServer, open_page: NewPage) -> None:
    page = open_page(f"{site.url}/surrounded/plain")
    widget = WidgetScreen(page)
    widget.open()
    page.evaluate("document.body.dir = 'rtl'")
    expect(widget.panel).to_have_css("direction", "rtl")


@pytest.mark.parametrize(("kind", "side"), [("plain", "left"), ("rtl-html", "right")])
def test_names_stand_beside_the_picture(
    site: ThreadServer, open_page: NewPage, kind: str, side: str
) -> None:
    """A name has a direction of its own; its place is that of the page's."""
    page = open_page(f"{site.url}/surrounded/{kind}")
    widget = WidgetScreen(page)
    widget.open()
    name = widget.panel.get_by_role("heading", name="Chat with us")
    distances = name.evaluate(
        """name => {
            const range = document.createRange();
            range.selectNodeContents(name);
            const [text, box] = [range, name].map((of) => of.getBoundingClientRect());
            return {left: text.left - box.left, right: box.right - text.right};
        }"""
    )
    assert distances[side] == pytest.approx(0, abs=1)
    widget.write("Hello")
    # The sharp corner of what one has written oneself is at the other side.
    mine = widget.log.get_by_text("Hello", exact=True)
    expect(mine).to_have_css(f"border-bottom-{'right' if side == 'left' else 'left'}-radius", "6px")
    expect(mine).to_have_css(f"border-bottom-{side}-radius", "18px")


def test_a_modal_dialog_does_not_lock_the_chat_out(
    site: ThreadServer, open_page: NewPage, agent: Person
) -> None:
    page = open_page(f"{site.url}/surrounded/transformed")
    widget = WidgetScreen(page)
    widget.open()
    widget.field.fill("half a thought")
    page.evaluate("document.querySelector('#basket').showModal()")
    widget.field.click()
    page.keyboard.type(" and more")
    expect(widget.field).to_have_value("half a thought and more")
    in_the_corner(page.locator("campfire-chat #launcher"), "right")
    # Escape closes what the person is in, and not the dialog behind it.
    page.keyboard.press("Escape")
    expect(widget.panel).to_be_hidden()
    expect(page.get_by_role("dialog", name="Basket")).to_be_visible()
    widget.open()
    expect(widget.field).to_have_value("half a thought and more")
    # The dialog goes, closed or taken out; the chat stays.
    page.evaluate("document.querySelector('#basket').close()")
    expect(widget.field).to_be_visible()
    widget.field.click()
    page.evaluate("document.querySelector('#basket').showModal()")
    widget.field.click()
    page.evaluate("document.querySelector('#basket').remove()")
    expect(widget.field).to_be_visible()
    widget.field.press("Enter")
    expect(widget.log.get_by_text("half a thought and more", exact=True)).to_be_visible()
    assert page.locator("campfire-chat").count() == 1


def test_a_modal_dialog_in_a_shadow_root_does_not_lock_the_chat_out(
    site: ThreadServer, open_page: NewPage
) -> None:
    page = open_page(f"{site.url}/surrounded/plain")
    widget = WidgetScreen(page)
    widget.open()
    page.evaluate(
        """() => {
            const host = document.body.appendChild(document.createElement('div'));
            const root = host.attachShadow({mode: 'open'});
            root.innerHTML = '<dialog><button>Pay</button></dialog>';
            root.querySelector('dialog').showModal();
        }"""
    )
    widget.field.click()
    page.keyboard.type("Hello")
    expect(widget.field).to_have_value("Hello")


def test_forced_colours_and_print(site: ThreadServer, browser: Browser, tmp_path: Path) -> None:
    context = browser.new_context(forced_colors="active", viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(f"{site.url}/surrounded/plain")
    widget = WidgetScreen(page)
    expect(widget.launcher).to_be_visible()
    drawn = widget.launcher.evaluate(
        """button => {
            const style = getComputedStyle(button);
            const [bubble, flame] = button.querySelectorAll('path');
            return {
                border: [style.borderTopWidth, style.borderTopColor],
                background: style.backgroundColor,
                bubble: getComputedStyle(bubble).fill,
                flame: getComputedStyle(flame).fill,
            };
        }"""
    )
    assert drawn["border"][0] == "2px"
    assert drawn["border"][1] != drawn["background"]
    assert drawn["bubble"] not in (drawn["background"], drawn["flame"])
    widget.open()
    widget.write("Hello?")
    # What waits is replaced once it is stored: the one that stands there then counts.
    expect(widget.log.locator("p.bubble")).to_have_css("border-top-style", "solid")
    page.emulate_media(media="print")
    expect(widget.launcher).to_be_hidden()
    expect(widget.panel).to_be_hidden()
    context.close()
