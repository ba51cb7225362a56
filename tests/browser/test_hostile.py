"""What strangers and users may choose, names, texts, pictures and addresses, acts on nobody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from campfire_chat import Agent, Visitor
from tests.browser.conftest import NewPage
from tests.browser.screens import ConsoleScreen, WidgetScreen
from tests.support.host import COOKIE, campfire_for, host_app
from tests.support.people import Person
from tests.support.servers import ThreadServer

DOT = "<svg xmlns='http://www.w3.org/2000/svg' width='8' height='8'></svg>"
ANYBODY = {"access-control-allow-origin": "*"}


class Host(ThreadServer):
    """A host that notes with which cookies its log-out and its pictures were asked for."""

    def __init__(self, database_url: str) -> None:
        campfire = campfire_for(database_url, drain_on_signal=False)
        app = host_app(campfire)
        for path, endpoint in (("/logout", self._logout), ("/face.svg", self._face)):
            app.router.routes.insert(0, Route(path, endpoint))
        super().__init__(app)
        self.asked: list[tuple[str, bool]] = []

    async def _logout(self, request: Request) -> Response:
        self.asked.append((request.url.query or "logout", COOKIE in request.cookies))
        response = Response("Goodbye.", headers=ANYBODY)
        response.delete_cookie(COOKIE)
        return response

    async def _face(self, request: Request) -> Response:
        self.asked.append(("face", COOKIE in request.cookies))
        return Response(DOT, media_type="image/svg+xml")


@pytest.fixture
def host_server(sqlite_database_url: str) -> Iterator[Host]:
    with Host(sqlite_database_url) as server:
        yield server


@pytest.fixture
def elsewhere(host_server: Host) -> Iterator[ThreadServer]:
    """Another site, whose picture is a way back to the host's log-out."""

    async def face(request: Request) -> Response:
        return RedirectResponse(f"{host_server.url}/logout?elsewhere", headers=ANYBODY)

    async def real(request: Request) -> Response:
        return Response(DOT, media_type="image/svg+xml", headers=ANYBODY)

    with ThreadServer(
        Starlette(routes=[Route("/face.png", face), Route("/real.svg", real)])
    ) as server:
        yield server


def asked(page: Page, server: Host, what: str) -> bool:
    """Whether it was asked for with the session's cookie, once it has been."""
    for _ in range(300):
        for name, with_cookie in server.asked:
            if name == what:
                return with_cookie
        page.wait_for_timeout(50)
    raise AssertionError(f"nobody asked for {what}")


def test_no_picture_acts_on_the_host(host_server: Host, open_page: NewPage) -> None:
    base = f"{host_server.url}/support"
    for name, picture in (
        ("Mia", "/logout"),
        ("Wei", "/face.svg"),
        ("Tom", "javascript:alert(1)"),
    ):
        user = Visitor(id=name.lower(), name=name, avatar_url=picture)
        Person(base, user=user).begin("Hello?")
    ada = Agent(id="ada", name="Ada", avatar_url="/logout")
    console = ConsoleScreen(open_page(f"{base}/console/", ada))
    console.show("Unassigned")
    for name in ("Mia", "Tom"):
        expect(console.row(name)).to_be_visible()
    for what in ("logout", "face"):
        assert asked(console.page, host_server, what) is False, what
    expect(console.row("Wei").locator(".avatar img")).to_be_visible()
    expect(console.row("Mia").locator(".avatar")).to_have_text("M")
    console.page.reload()
    expect(console.row("Mia")).to_be_visible()


def test_no_picture_acts_on_the_host_from_the_widget(
    host_server: Host, elsewhere: ThreadServer, open_page: NewPage
) -> None:
    base = f"{host_server.url}/support"
    mia = Visitor(id="mia", name="Mia")
    agents = [
        Person(base, user=Agent(id=name, name=name, avatar_url=picture))
        for name, picture in (
            ("Ada", "/logout"),
            ("Grace", f"{elsewhere.url}/face.png"),
            ("Linus", f"{elsewhere.url}/real.svg"),
        )
    ]
    begun = Person(base, user=mia).begin("Hello?")["id"]
    for agent in agents:
        agent.post(f"/conversations/{begun}/messages", {"body": f"I am {agent.me['name']}."})
    widget = WidgetScreen(open_page(f"{host_server.url}/home", mia))
    widget.open()
    expect(widget.log.get_by_text("I am Linus.", exact=True)).to_be_visible()
    expect(widget.log.locator(".avatar img").last).to_be_visible()
    for what in ("logout", "elsewhere"):
        assert asked(widget.page, host_server, what) is False, what


@pytest.mark.parametrize(
    "address", ["#/conversations/%", "#/conversations/%E0%A4%A", "#/conversations/", "#/%", "#x"]
)
def test_an_address_that_is_none_shows_the_inbox(
    host_server: Host, open_page: NewPage, address: str
) -> None:
    base = f"{host_server.url}/support"
    Person(base, user=Visitor(id="mia", name="Mia")).begin("Hello?")
    console = ConsoleScreen(open_page(f"{base}/console/{address}", Agent(id="ada", name="Ada")))
    console.show("Unassigned")
    expect(console.row("Mia")).to_be_visible()
    console.enter("Mia")
    console.page.evaluate("address => { location.hash = address }", address)
    expect(console.row("Mia")).to_be_visible()
    expect(console.field).to_have_count(0)


def test_text_that_turns_directions_stays_in_its_place(
    host_server: Host, open_page: NewPage
) -> None:
    base = f"{host_server.url}/support"
    turned = "\u202eMia"
    mia = Visitor(id="mia", name=turned)
    Person(base, user=mia).begin("\u202eevil https://раураl.com/a \u202e")
    console = ConsoleScreen(open_page(f"{base}/console/", Agent(id="ada", name="Ada")))
    console.show("Unassigned")
    console.enter(turned)
    link = console.log.get_by_role("link", name="https://xn--l-7sba6dbr.com/a", exact=True)
    expect(link).to_be_visible()
    isolated = "element => getComputedStyle(element).unicodeBidi"
    assert link.evaluate(isolated) == "isolate"
    for selector in (".bubble-text", ".message-sender bdi", ".thread-title bdi", ".row-name bdi"):
        expect(console.page.locator(selector)).not_to_have_count(0)
        for element in console.page.locator(selector).all():
            assert element.evaluate(isolated) == "isolate", selector
    widget = WidgetScreen(open_page(f"{host_server.url}/home", mia))
    widget.open()
    link = widget.log.get_by_role("link", name="https://xn--l-7sba6dbr.com/a", exact=True)
    assert link.evaluate(isolated) == "isolate"


def test_an_agent_reads_what_a_message_said_before(host_server: Host, open_page: NewPage) -> None:
    base = f"{host_server.url}/support"
    mia = Person(base, user=Visitor(id="mia", name="Mia"))
    conversation = mia.begin("The first text")["id"]
    [message] = mia.thread(conversation)
    mia.patch(f"/messages/{message['id']}", {"body": "The second text"})
    mia.patch(f"/messages/{message['id']}", {"body": "The third text"})
    console = ConsoleScreen(open_page(f"{base}/console/", Agent(id="ada", name="Ada")))
    console.show("Unassigned")
    console.enter("Mia")
    bubble = console.log.get_by_role("article", name="Mia")
    bubble.hover()
    bubble.get_by_role("button", name="Message actions").click()
    console.page.get_by_role("menuitem", name="Earlier texts").click()
    dialog = console.page.get_by_role("dialog", name="Earlier texts")
    expect(dialog.locator("blockquote")).to_have_text(
        ["The first text", "The second text", "The third text"]
    )
    assert Axe().run(console.page).response["violations"] == []
    console.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
