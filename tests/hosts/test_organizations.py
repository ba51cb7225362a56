"""Which organisation a request is for: by its URL, or by a function of the host app."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.requests import HTTPConnection

from campfire_chat import Agent, Campfire, ConfigurationError, Role, Visitor
from campfire_chat.access.permissions import Access
from campfire_chat.access.places import below
from campfire_chat.http.endpoints import Endpoint
from campfire_chat.runtime import ENDPOINTS
from tests.conftest import QUICK
from tests.support.client import Client
from tests.support.engines import copy_sqlite
from tests.support.host import campfire_for, host_app
from tests.support.people import Desk, Person, fresh_organization
from tests.support.servers import ThreadServer

TEA, SHOP, STRANGER = "https://tea.example", "https://shop.example", "https://evil.example"
PREFLIGHT = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type",
}


class Place(Desk):
    """An organisation whose people use the address that names it."""

    def __init__(self, base: str, organization: str | None = None) -> None:
        organization = organization or fresh_organization()
        super().__init__(f"{base}/o/{organization}", organization)
        self.mount = base

    def admin(self) -> Person:
        return self.agent(role=Role.ADMIN)

    def at(self, base: str, person: Person) -> Person:
        """The same person at another address."""
        return Person(base, user=person.user, token=person.token)


@pytest.fixture
def tea(base: str) -> Place:
    place = Place(base)
    place.agent().get("/me")
    return place


@pytest.fixture
def coffee(base: str) -> Place:
    place = Place(base)
    place.agent().get("/me")
    return place


# The address.


@pytest.mark.parametrize(
    ("root", "path", "expected"),
    [
        ("", "/o/tea/ws", ("/o/tea", "tea")),
        ("/support", "/support/o/tea/api/v1/me", ("/support/o/tea", "tea")),
        ("/support", "/support/o/tea", ("/support/o/tea", "tea")),
        ("/support", "/support/o/gr\u00fcn tee/x", ("/support/o/gr\u00fcn tee", "gr\u00fcn tee")),
        ("/support", "/support/api/v1/me", ("/support", None)),
        ("/support", "/support/o", ("/support", None)),
        ("/support", "/support/o/", ("/support", None)),
        ("/support", "/support/o//ws", ("/support", None)),
        ("/support", "/support/other/o/tea", ("/support", None)),
        ("/support", f"/support/o/{'x' * 65}/ws", ("/support", None)),
        ("/support", "/support/o/a\nb/ws", ("/support", None)),
    ],
)
def test_the_path_names_it(root: str, path: str, expected: tuple[str, str | None]) -> None:
    scope = below({"type": "http", "root_path": root, "path": path})
    assert (scope["root_path"], scope.get("campfire.organization_in_url")) == expected
    assert scope["path"] == path


def test_everything_is_below_the_address(tea: Place) -> None:
    ada, mia = tea.agent(), tea.visitor()
    conversation = mia.begin("Hello?")["id"]
    assert ada.thread(conversation)[0]["body"] == "Hello?"
    for path in ("/widget.js", "/console/", "/openapi.json"):
        assert httpx.get(tea.base + path, timeout=60).status_code == 200
    document = httpx.get(f"{tea.base}/openapi.json", timeout=60).json()
    assert document["servers"] == [{"url": f"/support/o/{tea.organization}/api/v1"}]
    answer = httpx.get(f"{tea.base}/console", follow_redirects=False, timeout=60)
    assert (answer.status_code, answer.headers["location"]) == (308, "console/")
    answer = httpx.get(tea.base, follow_redirects=False, timeout=60)
    assert answer.headers["location"] == f"{tea.organization}/console/"
    assert httpx.get(f"{tea.mount}/o/", timeout=60).status_code == 404


def test_an_anonymous_visitor_belongs_to_it(tea: Place, coffee: Place) -> None:
    mia = tea.anonymous()
    assert mia.me["organization"] == tea.organization
    mia.begin("Hello?")
    assert len(tea.agent().get("/conversations")["items"]) == 1
    assert coffee.agent().get("/conversations")["items"] == []
    assert Desk(tea.mount).anonymous().me["organization"] == "default"


def test_nobody_makes_an_organisation_up(base: str) -> None:
    place = Place(base)
    answer = place.nobody().post("/visitors", {}, 404)
    assert answer["code"] == "unknown_organization"
    # The host app may: by its session, or by an identity that it has signed.
    place.visitor()
    place.nobody().post("/visitors", {})
    other = Place(base)
    other.session_visitor().post("/visitors", {})
    other.nobody().post("/visitors", {})


def test_an_agent_is_an_anonymous_visitor_of_the_widget_there(tea: Place, coffee: Place) -> None:
    looking = tea.at(coffee.base, tea.agent())
    visitor = looking.post("/visitors", {})["visitor"]
    assert (visitor["kind"], visitor["organization"]) == ("visitor", coffee.organization)


# Somebody of another organisation.


def strangers(tea: Place, coffee: Place) -> dict[str, Person]:
    people = {
        "agent": tea.agent(),
        "admin": tea.admin(),
        "visitor by token": tea.visitor(),
        "anonymous visitor": tea.anonymous(),
        "visitor by session": tea.session_visitor(),
    }
    return {name: tea.at(coffee.base, person) for name, person in people.items()}


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.operation)
def test_every_route_refuses_them(tea: Place, coffee: Place, endpoint: Endpoint) -> None:
    if endpoint.permission is Access.PUBLIC:
        return
    path = endpoint.path.replace("{", "").replace("}", "")
    for who, person in strangers(tea, coffee).items():
        answer = person.http.request(endpoint.method, path, json={})
        assert answer.status_code == 403, (who, answer.text)
        assert answer.json()["code"] == "wrong_organization", who


def test_no_token_is_given_to_them(tea: Place, coffee: Place) -> None:
    for who, person in strangers(tea, coffee).items():
        if who in ("agent", "admin"):
            continue
        answer = person.post("/visitors", {}, 403)
        assert answer["code"] == "wrong_organization", who
    mia = Visitor(id="mia", organization=tea.organization)
    identity = campfire_for("sqlite:///never-opened.db").sign_identity(mia)
    answer = coffee.nobody().post("/visitors", {"identity": identity}, 403)
    assert answer["code"] == "wrong_organization"


@pytest.mark.anyio
async def test_sockets_refuse_them(tea: Place, coffee: Place) -> None:
    for who, person in strangers(tea, coffee).items():
        client = Client(coffee.base, person)
        await client.open()
        await client.send({"type": "hello", "token": person.token})
        closed = await client.until_close()
        assert (closed.code, closed.reason) == (4403, "wrong_organization"), who
    client = Client(tea.base, tea.agent())
    assert (await client.connect())["principal"]["organization"] == tea.organization
    await client.drop()


# Origins.


def preflight(base: str, origin: str) -> bool:
    answer = httpx.options(
        f"{base}/api/v1/visitors", headers={"Origin": origin, **PREFLIGHT}, timeout=60
    )
    allowed = answer.headers.get("access-control-allow-origin")
    assert allowed in (None, origin)
    assert (answer.status_code == 200) is (allowed is not None)
    return allowed is not None


def create(base: str, origin: str) -> int:
    answer = httpx.post(f"{base}/api/v1/visitors", headers={"Origin": origin}, json={}, timeout=60)
    if answer.status_code == 403:
        assert answer.json()["code"] == "origin_forbidden"
    assert ("access-control-allow-origin" in answer.headers) is (answer.status_code == 201)
    return answer.status_code


def test_each_organisation_allows_its_own_origins(tea: Place, coffee: Place) -> None:
    assert not preflight(tea.base, TEA)
    admin = tea.admin()
    admin.patch("/settings", {"allowed_origins": [TEA]})
    # What the host app allows counts for everybody.
    for base, origin, allowed in (
        (tea.base, TEA, True),
        (tea.base, SHOP, True),
        (tea.base, STRANGER, False),
        (coffee.base, TEA, False),
        (coffee.base, SHOP, True),
        (tea.mount, TEA, False),
        (tea.mount, SHOP, True),
    ):
        assert preflight(base, origin) is allowed, (base, origin)
        assert create(base, origin) == (201 if allowed else 403), (base, origin)
    admin.patch("/settings", {"allowed_origins": None})
    assert not preflight(tea.base, TEA)
    assert create(tea.base, TEA) == 403


@pytest.mark.anyio
async def test_sockets_of_each_organisation_take_its_own_origins(tea: Place, coffee: Place) -> None:
    tea.admin().patch("/settings", {"allowed_origins": [TEA]})
    client = Client(tea.base, tea.visitor(), origin=TEA)
    await client.connect()
    await client.drop()
    client = Client(coffee.base, coffee.visitor(), origin=TEA)
    await client.open()
    assert (await client.until_close()).reason == "origin_forbidden"


def test_the_default_organisations_origins_serve_no_other(
    sqlite_database_url: str, tmp_path: Path
) -> None:
    """Also where the address names none, so that everybody may use it."""
    campfire = campfire_for(sqlite_database_url, **QUICK)
    with ThreadServer(host_app(campfire)) as server:
        base = f"{server.url}/support"
        default, other = Desk(base, "default"), Desk(base, "other")
        default.agent(role=Role.ADMIN).patch("/settings", {"allowed_origins": [TEA]})
        page = {"Origin": TEA}
        mia, tom = default.visitor(), other.visitor()
        assert mia.http.get("/me", headers=page).status_code == 200
        answer = tom.http.get("/me", headers=page)
        assert (answer.status_code, answer.json()["code"]) == (403, "origin_forbidden")
        assert tom.get("/me")["organization"] == "other"


def test_the_widget_is_for_the_pages_that_are_allowed(sqlite_database_url: str) -> None:
    campfire = campfire_for(sqlite_database_url, **QUICK)
    with ThreadServer(host_app(campfire)) as server:
        tea, coffee = (Place(f"{server.url}/support", name) for name in ("tea", "coffee"))
        tea.admin().patch("/settings", {"allowed_origins": [TEA]})
        policies = {
            place.organization: httpx.get(f"{place.base}/widget.js", timeout=60).headers[
                "cross-origin-resource-policy"
            ]
            for place in (tea, coffee)
        }
        assert policies == {"tea": "cross-origin", "coffee": "same-origin"}


# A function of the host app.

DOMAINS = {"tea.test": "tea", "coffee.test": "coffee"}


def by_domain(connection: HTTPConnection) -> str | None:
    return DOMAINS.get(connection.headers["host"].partition(":")[0])


async def by_domain_later(connection: HTTPConnection) -> str | None:
    return by_domain(connection)


Serve = Callable[[Any], str]


@pytest.fixture
def serve(sqlite_template: Path, tmp_path: Path) -> Iterator[Serve]:
    servers: list[ThreadServer] = []

    def serve(resolve: Any) -> str:
        url = copy_sqlite(sqlite_template, tmp_path / f"{len(servers)}.db")
        campfire = campfire_for(url, resolve_organization=resolve, **QUICK)
        server = ThreadServer(host_app(campfire))
        server.__enter__()
        servers.append(server)
        return f"{server.url}/support"

    yield serve
    for server in servers:
        server.__exit__()


def organization(base: str, host: str, code: int = 201) -> Any:
    answer = httpx.post(f"{base}/api/v1/visitors", headers={"Host": host}, json={}, timeout=60)
    assert answer.status_code == code, answer.text
    return answer.json()["visitor"]["organization"] if code == 201 else answer.json()["code"]


@pytest.mark.parametrize("resolve", [by_domain, by_domain_later])
def test_the_host_app_may_say_it(serve: Serve, resolve: Any) -> None:
    base = serve(resolve)
    assert organization(base, "tea.test") == "tea"
    assert organization(base, "coffee.test:8000") == "coffee"
    assert organization(base, "elsewhere.test") == "default"
    # The URL comes first.
    assert organization(f"{base}/o/coffee", "tea.test") == "coffee"
    assert organization(f"{base}/o/made-up", "tea.test", 404) == "unknown_organization"
    ada = Desk(base, "tea").agent()
    answer = ada.http.get("/me", headers={"Host": "coffee.test", "Origin": "http://coffee.test"})
    assert (answer.status_code, answer.json()["code"]) == (403, "wrong_organization")
    answer = ada.http.get("/me", headers={"Host": "tea.test", "Origin": "http://tea.test"})
    assert answer.json()["organization"] == "tea"


def test_origins_by_domain(serve: Serve) -> None:
    base = serve(by_domain)
    boss = Desk(base, "tea").agent(role=Role.ADMIN)
    host = {"Host": "tea.test", "Origin": "http://tea.test"}
    body = {"allowed_origins": [TEA]}
    assert boss.http.patch("/settings", json=body, headers=host).status_code == 200
    for domain, status in {"tea.test": 200, "coffee.test": 405}.items():
        answer = httpx.options(
            f"{base}/api/v1/visitors", headers={"Host": domain, "Origin": TEA, **PREFLIGHT}
        )
        assert answer.status_code == status, domain


@pytest.mark.parametrize("found", ["", "x" * 65, "a\nb", 7, b"tea"])
def test_a_name_that_is_none_is_an_error_of_the_host_app(
    serve: Serve, found: Any, caplog: pytest.LogCaptureFixture
) -> None:
    base = serve(lambda connection: found)
    assert organization(base, "tea.test", 500) == "internal"
    assert "resolve_organization must return None or the name" in caplog.text


def test_an_outage_of_the_host_app(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    def resolve(connection: HTTPConnection) -> str:
        raise ConnectionRefusedError("no database")

    base = serve(resolve)
    assert organization(base, "tea.test", 503) == "host_unavailable"
    assert "resolve_organization cannot reach what it needs" in caplog.text
    # Neither widget nor preflight can be answered; what needs no organisation can.
    headers = {"Origin": TEA, **PREFLIGHT}
    for answer in (
        httpx.options(f"{base}/api/v1/visitors", headers=headers),
        httpx.get(f"{base}/widget.js", timeout=60),
    ):
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
    assert httpx.get(f"{base}/api/v1/health/live", timeout=60).status_code == 200
    assert httpx.get(f"{base}/o/default/widget.js", timeout=60).status_code == 200


def test_it_must_be_a_function() -> None:
    with pytest.raises(ConfigurationError, match="resolve_organization"):
        Campfire("sqlite:///x.db", secret_key="x" * 32, resolve_organization=7)  # type: ignore[arg-type]


def test_each_request_is_asked_about_once(serve: Serve) -> None:
    asked: list[str] = []

    def resolve(connection: HTTPConnection) -> str:
        asked.append(connection.scope["path"])
        return "default"

    base = serve(resolve)
    agent = Agent(id="ada", name="Ada")
    Person(base, user=agent).get("/me")
    assert len(asked) == 1
    httpx.get(f"{base}/api/v1/health/live", timeout=60)
    assert len(asked) == 1, json.dumps(asked)
