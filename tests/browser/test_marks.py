"""Bold, lists, links and the like in messages: the same in widget and console, and nothing more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from campfire_chat import Agent, Visitor
from tests.browser.conftest import NewPage
from tests.browser.looking import look_at
from tests.browser.screens import ConsoleScreen, WidgetScreen
from tests.support.engines import copy_sqlite
from tests.support.host import campfire_for, host_app
from tests.support.people import Person
from tests.support.servers import ThreadServer

#: Presses a key with Ctrl that types this letter.
OTHER_SCRIPT = """(field, [key, code]) => void field.dispatchEvent(
    new KeyboardEvent("keydown", { key, code, ctrlKey: true, bubbles: true, cancelable: true }))"""
MIA = Visitor(id="mia", name="Mia Berger")
ADA = Agent(id="ada", name="Ada Lovelace")

STRICT = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:;"
    " base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
)

#: Each would set `ran` if anything of it were taken for more than text.
ATTACKS = [
    "<script>window.ran = 1</script>",
    "<img src=x onerror='window.ran = 1'>",
    "<svg/onload=window.ran=1>",
    "**<img src=x onerror=window.ran=1>**",
    "`<img src=x onerror=window.ran=1>`",
    "```html\n<script>window.ran = 1</script>\n```",
    "> <iframe srcdoc='<script>parent.ran=1</script>'></iframe>",
    "- <details open ontoggle=window.ran=1>",
    "[x](javascript:window.ran=1)",
    "[x](  javascript:window.ran=1)",
    "[x](JaVaScRiPt:window.ran=1)",
    "[x](java\nscript:window.ran=1)",
    "[x](java&#115;cript:window.ran=1)",
    "[x](data:text/html,<script>opener.ran=1</script>)",
    "[x](vbscript:window.ran=1)",
    '[x](https://a.example/"onmouseover="window.ran=1)',
    "[x](https://a.example/' onclick=window.ran=1 ')",
    "![x](javascript:window.ran=1)",
    "![x](https://a.example/x.png)",
    "[<img src=x onerror=window.ran=1>](https://a.example/)",
    "[[x](javascript:window.ran=1)](https://a.example)",
    "<https://a.example/onclick=window.ran=1>",
    "<javascript:window.ran=1>",
    "mailto:x@a.example?body=<script>window.ran=1</script>",
    "[x](mailto:javascript:window.ran=1@a.example)",
    "{{constructor.constructor('window.ran=1')()}} ${window.ran=1}",
    "1. <a href='javascript:window.ran=1'>x</a>",
    "[ref]: javascript:window.ran=1\n[ref]",
    "\u202e[x](https://a.example/)\u202c",
    "&lt;script&gt;window.ran=1&lt;/script&gt;",
]
ALLOWED = {
    *("A", "BDI", "BLOCKQUOTE", "CODE", "EM", "LI", "OL", "PRE", "S", "STRONG", "UL"),
}

#: In the words of a page: what stands in the bubbles, and where their links lead.
FOUND = """bubbles => ({
    tags: bubbles.flatMap((bubble) => [...bubble.querySelectorAll('*')].map((e) => e.tagName)),
    attributes: bubbles.flatMap((bubble) =>
        [...bubble.querySelectorAll('*')].flatMap((e) => e.getAttributeNames())),
    protocols: bubbles.flatMap((bubble) =>
        [...bubble.querySelectorAll('a')].map((e) => e.protocol)),
})"""

TEXT = """**Your kettle**, *very* ~~late~~ `SN-1`:

1. Fill it
   - with *cold* water
2. Press the knob

> Is it safe?

```
$ kettle --on
```
See [our manual](https://shop.example/manual) or https://shop.example/help."""


async def _strict(request: Request) -> HTMLResponse:
    return HTMLResponse(
        "<!doctype html><html lang='en'><title>Shop</title><body><main><h1>Shop</h1></main>"
        "<script src='/support/widget.js'></script></body></html>",
        headers={"Content-Security-Policy": STRICT},
    )


@pytest.fixture
def shop(sqlite_template: Path, tmp_path: Path) -> Iterator[ThreadServer]:
    url = copy_sqlite(sqlite_template, tmp_path / "campfire.db")
    app = host_app(campfire_for(url, drain_on_signal=False))
    app.router.routes.insert(0, Route("/strict", _strict))
    with ThreadServer(app) as server:
        yield server


def console_of(open_page: NewPage, server: ThreadServer, **options: object) -> ConsoleScreen:
    screen = ConsoleScreen(open_page(f"{server.url}/support/console/", ADA, **options))
    screen.show("All")
    screen.enter("Mia Berger")
    return screen


def widget_of(open_page: NewPage, server: ThreadServer, **options: object) -> WidgetScreen:
    screen = WidgetScreen(open_page(f"{server.url}/strict", MIA, **options))
    screen.open()
    return screen


def expect_harmless(page: Page, bubbles: Locator, count: int) -> None:
    expect(bubbles).to_have_count(count)
    # The code that reads the marks has arrived.
    expect(bubbles.locator("strong")).to_have_count(1)
    found = bubbles.evaluate_all(FOUND)
    assert set(found["tags"]) <= ALLOWED
    assert set(found["attributes"]) <= {"href", "target", "rel", "dir", "value", "class"}
    assert set(found["protocols"]) <= {"https:", "mailto:"}
    assert page.evaluate("window.ran") is None


def test_nothing_that_somebody_writes_runs(shop: ThreadServer, open_page: NewPage) -> None:
    base = f"{shop.url}/support"
    mia, ada = Person(base, user=MIA), Person(base, user=ADA)
    about = mia.begin(ATTACKS[0])["id"]
    for attack in ATTACKS[1:]:
        mia.write(about, attack)
    widget = widget_of(open_page, shop)
    expect_harmless(widget.page, widget.log.locator("p.bubble"), len(ATTACKS))
    console = console_of(open_page, shop)
    expect_harmless(console.page, console.log.locator(".bubble-text"), len(ATTACKS))
    for attack in ATTACKS:
        ada.write(about, attack, visibility="internal")
    expect(console.log.locator(".note .bubble-text")).to_have_count(len(ATTACKS))
    assert console.page.evaluate("window.ran") is None


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_marks_look_the_same_to_both(
    shop: ThreadServer,
    open_page: NewPage,
    size: str,
) -> None:
    base = f"{shop.url}/support"
    mia, ada = Person(base, user=MIA), Person(base, user=ADA)
    about = mia.begin(TEXT)["id"]
    ada.write(about, TEXT)
    widget = widget_of(open_page, shop, size=size)
    console = console_of(open_page, shop, size=size)
    for name, screen, kind in (
        ("widget", widget, "p.bubble"),
        ("console", console, ".bubble-text"),
    ):
        bubbles = screen.log.locator(kind)
        expect(bubbles).to_have_count(2)
        for bubble in bubbles.all():
            expect(bubble.get_by_role("listitem")).to_have_count(3)
            expect(bubble.locator("blockquote")).to_have_text("Is it safe?")
            expect(bubble.locator("pre")).to_have_text("$ kettle --on")
            manual, help_ = bubble.get_by_role("link").all()
            # The host is shown, whatever the words say.
            expect(manual).to_have_text("our manual (shop.example)")
            expect(manual).to_have_attribute("href", "https://shop.example/manual")
            expect(help_).to_have_text("https://shop.example/help")
        look_at(screen.page, f"marks-{name}")
    # What goes on one line has no marks.
    if size == "desktop":
        expect(console.row("Mia Berger")).to_contain_text("Your kettle, very late SN-1: 1. Fill it")


def test_the_keyboard_marks_words(shop: ThreadServer, open_page: NewPage) -> None:
    Person(f"{shop.url}/support", user=MIA).begin("Hello?")
    console = console_of(open_page, shop)
    field, keys = console.field, console.page.keyboard
    field.focus()
    keys.press("Control+b")
    expect(field).to_have_value("****")
    keys.type("now")
    expect(field).to_have_value("**now**")
    # Again, with what is selected: gone, then in italics as well.
    keys.press("Shift+ArrowLeft")
    keys.press("Shift+ArrowLeft")
    keys.press("Shift+ArrowLeft")
    keys.press("Control+b")
    expect(field).to_have_value("now")
    keys.press("Control+i")
    expect(field).to_have_value("*now*")
    keys.press("Enter")
    expect(console.log.locator(".ours em")).to_have_text("now")
    expect(console.tick("Sent")).to_be_visible()
    # A keyboard of another script has the keys at the same places.
    field.press_sequentially("чай")
    field.select_text()
    field.evaluate(OTHER_SCRIPT, ["и", "KeyB"])
    expect(field).to_have_value("**чай**")
    field.evaluate(OTHER_SCRIPT, ["и", "KeyB"])
    expect(field).to_have_value("чай")
    field.fill("")
    # The field has the text as it was written.
    field.press("ArrowUp")
    editor = console.log.get_by_role("textbox", name="Edit the message")
    expect(editor).to_have_value("*now*")
    editor.select_text()
    keys.press("Control+b")
    expect(editor).to_have_value("***now***")
