"""Customer A logs out and customer B logs in, in one browser: B sees and sends nothing of A's.

The host is one with Starlette's SessionMiddleware.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from starlette.requests import HTTPConnection

from campfire_chat import Agent, Visitor
from tests.browser.conftest import NewPage
from tests.browser.screens import ConsoleScreen, WidgetScreen
from tests.conftest import QUICK
from tests.support import sessions
from tests.support.host import campfire_for
from tests.support.people import signer
from tests.support.sessions import Browser, DeskServer

Serve = Callable[..., DeskServer]


@pytest.fixture
def serve(sqlite_database_url: str) -> Iterator[Serve]:
    servers: list[DeskServer] = []

    def serve(**options: Any) -> DeskServer:
        # A page on a busy machine may need longer than a test that speaks the protocol itself.
        slow = {"heartbeat": 5.0, "hello_timeout": 10.0}
        options = {"authenticate": sessions.authenticate, **QUICK, **slow, **options}
        server = DeskServer(campfire_for(sqlite_database_url, **options))
        server.__enter__()
        servers.append(server)
        return server

    yield serve
    for server in servers:
        server.__exit__()


def log_in(page: Page, user: str) -> None:
    """In another request of the same browser, as another tab or a script of the page would."""
    page.evaluate("user => fetch('/login?user=' + user)", user)


def log_out(page: Page) -> None:
    page.evaluate("fetch('/logout')")


#: Playwright has every tab believe that it is in front, and nothing takes that from it. So a tab is
#: told by the very events by which Chromium tells it.
_IN_FRONT = """front => {
    Object.defineProperty(document, "hidden", { configurable: true, value: !front });
    const state = front ? "visible" : "hidden";
    Object.defineProperty(document, "visibilityState", { configurable: true, value: state });
    document.dispatchEvent(new Event("visibilitychange"));
    dispatchEvent(new Event(front ? "focus" : "blur"));
}"""


def second_tab(first: Page, url: str) -> Page:
    """A tab in front of the first one, which is hidden by it."""
    first.evaluate(_IN_FRONT, False)
    page = first.context.new_page()
    page.goto(url)
    return page


def back_to(page: Page) -> None:
    page.evaluate(_IN_FRONT, True)


def signed_in(serve: Serve, open_page: NewPage, user: str = "customer:mia", **options: Any) -> Any:
    server = serve(**options)
    page = open_page(f"{server.url}/login?user={user}")
    page.goto(f"{server.url}/home")
    return server, page


def stored(server: DeskServer) -> list[tuple[str, str]]:
    """Who wrote what, in every conversation, as an agent sees it."""
    agent = Browser(server).log_in("agent:zoe")
    found: list[tuple[str, str]] = []
    for conversation in agent.get("/conversations")["items"]:
        found += [
            (message["sender"]["name"], message["body"])
            for message in agent.thread(conversation["id"])
        ]
    return found


def leftovers(page: Page) -> list[str]:
    """What the browser has kept of Mia's."""
    kept: list[str] = page.evaluate("Object.values(localStorage)")
    return [text for text in kept if "secret" in text or "draft of" in text]


@pytest.mark.parametrize("shut_down", [False, True], ids=["", "with shutdown"])
def test_another_customer_in_another_tab(serve: Serve, open_page: NewPage, shut_down: bool) -> None:
    server, page = signed_in(serve, open_page)
    widget = WidgetScreen(page)
    widget.open()
    widget.write("Mia's secret")
    widget.expect_sent()
    widget.field.fill("a draft of Mia's")
    other = second_tab(page, f"{server.url}/home")
    if shut_down:
        other.evaluate("campfire.shutdown()")
    log_out(other)
    log_in(other, "customer:tom")
    other.goto(f"{server.url}/home")
    back_to(page)
    expect(widget.log.get_by_text("How can we help?")).to_be_visible()
    expect(widget.log.get_by_text("Mia's secret")).to_have_count(0)
    expect(widget.field).to_have_value("")
    assert leftovers(page) == []
    widget.write("Tom's question")
    expect(widget.tick("Sent")).to_be_visible()
    assert sorted(stored(server)) == [("Mia", "Mia's secret"), ("Tom", "Tom's question")]


def test_nothing_is_shown_before_the_proof(serve: Serve, open_page: NewPage) -> None:
    """The tab comes back while the server cannot be asked: it shows nothing at all."""
    server, page = signed_in(serve, open_page)
    widget = WidgetScreen(page)
    widget.open()
    # Who begins to write proves who they are, and two proofs at a time are one request.
    with page.expect_response("**/tickets"):
        widget.write("Mia's secret")
    widget.expect_sent()
    held: list[Route] = []
    other = second_tab(page, f"{server.url}/home")
    page.route("**/tickets", lambda route: held.append(route))
    with page.expect_request("**/tickets"):
        back_to(page)
    expect(widget.log.get_by_text("Mia's secret")).not_to_be_visible()
    expect(widget.field).not_to_be_visible()
    held.pop().continue_()
    expect(widget.log.get_by_text("Mia's secret")).to_be_visible()
    expect(widget.field).to_be_focused()
    other.close()


def test_another_customer_within_one_page(serve: Serve, open_page: NewPage) -> None:
    server, page = signed_in(serve, open_page)
    widget = WidgetScreen(page)
    widget.open()
    widget.write("Mia's secret")
    expect(widget.tick("Sent")).to_be_visible()
    log_out(page)
    log_in(page, "customer:tom")
    # It goes where it belongs or nowhere: the page may notice before the first letter, or while one
    # types.
    widget.field.press_sequentially("Tom's beginning", delay=20)
    widget.field.press("Enter")
    expect(widget.log.get_by_text("Mia's secret")).to_have_count(0)
    widget.write("Tom's question")
    widget.expect_sent()
    found = stored(server)
    assert [body for name, body in found if name == "Mia"] == ["Mia's secret"]
    assert ("Tom", "Tom's question") in found


def test_the_server_asks_a_tab_that_nobody_looks_at(serve: Serve, open_page: NewPage) -> None:
    # A page that answers later is covered, and does not hear what is typed.
    server, page = signed_in(serve, open_page, reauthenticate=3.0)
    widget = WidgetScreen(page)
    widget.open()
    widget.write("Mia's secret")
    other = second_tab(page, "about:blank")
    page.wait_for_event("request", lambda asked: asked.url.endswith("/tickets"))
    other.goto(f"{server.url}/logout")
    expect(widget.log.get_by_text("Mia's secret")).to_have_count(0)
    assert leftovers(page) == []


def test_badge_and_panel_are_the_next_persons(serve: Serve, open_page: NewPage) -> None:
    server, page = signed_in(serve, open_page)
    widget = WidgetScreen(page)
    widget.open()
    widget.write("Mia's secret")
    expect(widget.tick("Sent")).to_be_visible()
    page.keyboard.press("Escape")
    agent = Browser(server).log_in("agent:zoe")
    agent.write(agent.get("/conversations")["items"][0]["id"], "An answer to Mia")
    expect(page.get_by_role("button", name="Open chat, 1 unread")).to_be_visible()
    other = second_tab(page, f"{server.url}/home")
    log_out(other)
    back_to(page)
    expect(page.get_by_role("button", name="Open chat", exact=True)).to_be_visible()
    widget.open()
    expect(widget.log.get_by_text("Mia")).to_have_count(0)


def test_the_console_of_an_agent_who_logged_out(serve: Serve, open_page: NewPage) -> None:
    server, page = signed_in(serve, open_page, "agent:ada")
    customer = Browser(server).log_in("customer:mia")
    conversation = customer.begin("Mia's secret")["id"]
    page.goto(f"{server.url}/support/console/")
    console = ConsoleScreen(page)
    console.show("All")
    console.enter("Mia")
    console.answer("Hello Mia")
    console.field.fill("a draft of Ada's")
    other = second_tab(page, f"{server.url}/home")
    log_out(other)
    back_to(page)
    expect(page.get_by_role("heading", name="Signed out")).to_be_visible()
    customer.write(conversation, "Another secret")
    for text in ("Mia's secret", "Hello Mia", "Another secret"):
        expect(page.get_by_text(text)).to_have_count(0)
    other.close()


def test_the_console_asks_nothing_in_another_agents_name(serve: Serve, open_page: NewPage) -> None:
    server, page = signed_in(serve, open_page, "agent:ada")
    Browser(server).log_in("customer:mia").begin("Mia's question")
    page.goto(f"{server.url}/support/console/")
    console = ConsoleScreen(page)
    console.show("All")
    console.enter("Mia")
    # It is Bob's console from then on, without what was being written in Ada's. In one go: whatever
    # the page asks for by itself would find Bob as well.
    with page.expect_navigation():
        console.field.evaluate(
            """async (field, user) => {
                await fetch("/login?user=" + user);
                field.value = "from Ada's page";
                field.dispatchEvent(new InputEvent("input", { bubbles: true }));
            }""",
            "agent:bob",
        )
    expect(console.field).to_have_value("")
    assert stored(server) == [("Mia", "Mia's question")]


def test_a_hidden_console_proves_itself_before_it_shows(serve: Serve, open_page: NewPage) -> None:
    server, page = signed_in(serve, open_page, "agent:ada")
    Browser(server).log_in("customer:mia").begin("Mia's secret")
    page.goto(f"{server.url}/support/console/")
    console = ConsoleScreen(page)
    console.show("All")
    expect(console.row("Mia")).to_be_visible()
    held: list[Route] = []
    other = second_tab(page, f"{server.url}/home")
    page.route("**/tickets", lambda route: held.append(route))
    with page.expect_request("**/tickets"):
        back_to(page)
    expect(console.row("Mia")).not_to_be_visible()
    expect(page.get_by_text("One moment…")).to_be_visible()
    held.pop().continue_()
    expect(console.row("Mia")).to_be_visible()
    other.close()


def agents_only(connection: HTTPConnection) -> Agent | None:
    """Customers are named by their page, with an identity that the host signed."""
    user = sessions.authenticate(connection)
    return user if isinstance(user, Agent) else None


def identity_of(name: str) -> str:
    return signer().sign_identity(Visitor(id=name.lower(), name=name))


@pytest.mark.parametrize(
    "says", ["", "campfire.identify(null)", "campfire.identify(async () => null)"]
)
def test_a_page_that_names_nobody_shows_nobodys_thread(
    serve: Serve, open_page: NewPage, says: str
) -> None:
    server = serve(authenticate=agents_only)
    page = open_page(f"{server.url}/home")
    page.evaluate("identity => campfire.identify(identity)", identity_of("Mia"))
    widget = WidgetScreen(page)
    widget.open()
    widget.write("Mia's secret")
    expect(widget.tick("Sent")).to_be_visible()
    page.goto(f"{server.url}/home")
    if says:
        page.evaluate(says)
    widget.open()
    expect(widget.log.get_by_text("How can we help?")).to_be_visible()
    expect(widget.log.get_by_text("Mia's secret")).to_have_count(0)
    widget.write("A stranger's question")
    expect(widget.tick("Sent")).to_be_visible()
    assert ("Mia", "A stranger's question") not in stored(server)


def test_a_page_says_that_its_customer_has_gone(serve: Serve, open_page: NewPage) -> None:
    server = serve(authenticate=agents_only)
    page = open_page(f"{server.url}/home")
    page.evaluate("identity => campfire.identify(() => window.user = identity)", identity_of("Mia"))
    widget = WidgetScreen(page)
    widget.open()
    widget.write("Mia's secret")
    expect(widget.tick("Sent")).to_be_visible()
    page.evaluate("campfire.identify(() => null)")
    expect(widget.log.get_by_text("How can we help?")).to_be_visible()
    expect(widget.log.get_by_text("Mia's secret")).to_have_count(0)
    page.evaluate("identity => campfire.identify(identity)", identity_of("Mia"))
    expect(widget.log.get_by_text("Mia's secret")).to_be_visible()


def test_a_shown_tab_asks_its_page_again_who_is_there(serve: Serve, open_page: NewPage) -> None:
    server = serve(authenticate=agents_only)
    page = open_page(f"{server.url}/home")
    page.evaluate("identity => { window.who = identity }", identity_of("Mia"))
    page.evaluate("campfire.identify(() => window.who)")
    widget = WidgetScreen(page)
    widget.open()
    widget.write("Mia's secret")
    expect(widget.tick("Sent")).to_be_visible()
    second_tab(page, "about:blank")
    page.evaluate("identity => { window.who = identity }", identity_of("Tom"))
    back_to(page)
    expect(widget.log.get_by_text("How can we help?")).to_be_visible()
    expect(widget.log.get_by_text("Mia's secret")).to_have_count(0)
    assert leftovers(page) == []


def test_a_revoked_visitor_starts_anew(serve: Serve, open_page: NewPage) -> None:
    server = serve(authenticate=agents_only)
    page = open_page(f"{server.url}/home")
    widget = WidgetScreen(page)
    widget.open()
    widget.write("A stranger's secret")
    expect(widget.tick("Sent")).to_be_visible()
    (visitor,) = page.evaluate(
        "Object.entries(localStorage).filter(([key]) => key.startsWith('campfire:visitor:'))"
        ".map(([, text]) => JSON.parse(text).id)"
    )
    server.call(server.campfire.revoke_tokens(visitor_id=visitor))
    expect(widget.log.get_by_text("How can we help?")).to_be_visible()
    expect(widget.log.get_by_text("A stranger's secret")).to_have_count(0)
