"""Who takes part: agents and visitors of an organisation that no other test knows."""

from __future__ import annotations

import functools
import itertools
import secrets
from typing import Any
from urllib.parse import urlsplit

import httpx
from msgspec import structs

from campfire_chat import Agent, Campfire, Visitor
from tests.support import host
from tests.support.trust import trust

_numbers = itertools.count(1)
_open: list[Person] = []


@functools.cache
def signer() -> Campfire:
    """A Campfire with the servers' key that is never started: signing needs no database."""
    return host.campfire_for("sqlite:///never-opened.db")


def fresh_organization() -> str:
    return f"org-{next(_numbers)}-{secrets.token_hex(3)}"


class Person:
    """Somebody with a REST client of their own.

    Args:
        base: The address of the mount.
        user: Whom the host's session names, if anybody.
        token: The visitor token they show, if they have one.
    """

    def __init__(
        self, base: str, *, user: Agent | Visitor | None = None, token: str | None = None
    ) -> None:
        self.base = base
        self.user = user
        self.token = token
        self._me: dict[str, Any] | None = None

    @functools.cached_property
    def http(self) -> httpx.Client:
        """Made when it is first used: a crowd of hundreds may never ask for it."""
        headers = {} if self.token is None else {"Authorization": f"Bearer {self.token}"}
        parts = urlsplit(self.base)
        if self.user is not None:
            # What a browser sends along with a write from the host's own page.
            headers["Origin"] = f"{parts.scheme}://{parts.netloc}"
        _open.append(self)
        return httpx.Client(
            base_url=f"{self.base}/api/v1",
            headers=headers,
            cookies=host.cookies_of(self.user),
            timeout=120,
            trust_env=False,
            verify=trust(),
            # The server closes an idle connection after five seconds, and a request that is sent at
            # that moment fails.
            limits=httpx.Limits(keepalive_expiry=2),
        )

    @property
    def websocket_headers(self) -> dict[str, str]:
        cookies = host.cookies_of(self.user)
        if not cookies:
            return {}
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}

    @property
    def me(self) -> dict[str, Any]:
        if self._me is None:
            self._me = self.get("/me")
        return self._me

    @property
    def id(self) -> str:
        return self.me["id"]

    def get(self, path: str, code: int = 200, /, **parameters: Any) -> Any:
        return checked(self.http.get(path, params=parameters or None), code)

    def post(self, path: str, body: Any, status: int = 201, **headers: str) -> Any:
        return checked(self.http.post(path, json=body, headers=headers), status)

    def patch(self, path: str, body: Any, status: int = 200, **headers: str) -> Any:
        return checked(self.http.patch(path, json=body, headers=headers), status)

    def put(self, path: str, body: Any, status: int = 200) -> Any:
        return checked(self.http.put(path, json=body), status)

    def delete(self, path: str, status: int = 200) -> Any:
        return checked(self.http.delete(path), status)

    # What people do all the time.

    def begin(self, body: str = "Hello?", **more: Any) -> dict[str, Any]:
        """Begin a conversation."""
        message = {"body": body, "client_id": secrets.token_hex(8)}
        return self.post("/conversations", {"message": message, **more})

    def poll(self, path: str, *, after: int, wait: float = 10) -> Any:
        """A long poll; one that rests on the host's session is told to ask again for what came."""
        page = self.get(path, after=after, wait=wait)
        return page if page["events"] or not page["more"] else self.get(path, after=after)

    def ticket(self) -> str:
        """Proof that the host's session names them now."""
        return self.post("/tickets", None)["ticket"]

    def write(self, conversation_id: str, body: str, status: int = 201, **more: Any) -> Any:
        """Write a message."""
        fields = {"body": body, "client_id": secrets.token_hex(8), **more}
        return self.post(f"/conversations/{conversation_id}/messages", fields, status)

    def thread(self, conversation_id: str) -> list[dict[str, Any]]:
        """Every message of a conversation, oldest first."""
        found: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            page = self.get(
                f"/conversations/{conversation_id}/messages",
                **({} if cursor is None else {"cursor": cursor}),
                limit=100,
            )
            found += page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return found[::-1]

    def events(self, stream: str) -> list[dict[str, Any]]:
        """Every event of a stream, over REST."""
        found: list[dict[str, Any]] = []
        while True:
            after = found[-1]["seq"] if found else 0
            page = self.get(f"/streams/{stream}/events", after=after, limit=100)
            found += page["events"]
            if not page["more"]:
                return found

    def close(self) -> None:
        self.http.close()


def close_everybody() -> None:
    """Close the connections of everybody who took part; called after every test."""
    while _open:
        _open.pop().close()


def checked(response: httpx.Response, status: int) -> Any:
    assert response.status_code == status, (
        f"{response.request.method} {response.request.url}: "
        f"{response.status_code} instead of {status}: {response.text[:500]}"
    )
    if not response.content:
        return None
    return response.json()


class Desk:
    """An organisation of its own on a running server, and the people in it."""

    def __init__(self, base: str, organization: str | None = None) -> None:
        self.base = base
        self.organization = organization or fresh_organization()

    def agent(self, id: str | None = None, name: str = "Ada", **fields: Any) -> Person:
        number = next(_numbers)
        agent = Agent(
            id=id or f"agent-{number}", name=name, organization=self.organization, **fields
        )
        return Person(self.base, user=agent)

    def session_visitor(self, id: str | None = None, **fields: Any) -> Person:
        """A visitor whom the host's session vouches for, without a token."""
        visitor = Visitor(
            id=id or f"user-{next(_numbers)}", organization=self.organization, **fields
        )
        return Person(self.base, user=visitor)

    def visitor(self, id: str | None = None, **fields: Any) -> Person:
        """A visitor with a token, as the widget has one, whose identity the host has signed."""
        visitor = Visitor(
            id=id or f"user-{next(_numbers)}", organization=self.organization, **fields
        )
        created = self.nobody().post("/visitors", {"identity": signer().sign_identity(visitor)})
        return Person(self.base, token=created["token"])

    def other(self) -> Desk:
        """Another organisation on the same server."""
        return Desk(self.base)

    def anonymous(self) -> Person:
        """A stranger with a token; always in the default organisation."""
        with httpx.Client(trust_env=False, verify=trust(), timeout=60) as client:
            created = checked(client.post(f"{self.base}/api/v1/visitors"), 201)
        return Person(self.base, token=created["token"])

    def nobody_with(self, identity: str) -> Person:
        """The visitor whom a signed identity names."""
        created = self.nobody().post("/visitors", {"identity": identity})
        return Person(self.base, token=created["token"])

    def nobody(self) -> Person:
        """Somebody with neither session nor token."""
        return Person(self.base)


def renamed(user: Agent, **fields: Any) -> Agent:
    return structs.replace(user, **fields)
