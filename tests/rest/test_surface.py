"""What every answer has in common: problems, headers, methods, health, static files."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import httpx
import pytest

from campfire_chat import Visitor
from campfire_chat.core.errors import all_errors
from campfire_chat.http.endpoints import Endpoint
from campfire_chat.runtime import ENDPOINTS
from tests.support.people import Desk, Person, signer


def test_visitor_tokens(desk: Desk) -> None:
    stranger = desk.anonymous()
    assert stranger.me["organization"] == "default"
    assert stranger.me["verified"] is False
    assert stranger.id.startswith("vis_")
    renewed = stranger.post("/visitors", {})
    assert renewed["visitor"]["id"] == stranger.id
    assert renewed["availability"] in ("online", "away", "busy", "offline")
    assert desk.anonymous().id != stranger.id
    identity = signer().sign_identity(Visitor(id="mia", name="Mia", organization=desk.organization))
    known = desk.nobody().post("/visitors", {"identity": identity})
    assert known["visitor"]["name"] == "Mia"
    assert known["visitor"]["verified"] is True
    again = desk.nobody().post("/visitors", {"identity": identity})
    assert again["visitor"]["id"] == known["visitor"]["id"]
    # A stranger who turns out to be Mia becomes Mia; they are not merged.
    became = stranger.post("/visitors", {"identity": identity})
    assert became["visitor"]["id"] == known["visitor"]["id"]


def test_the_session_of_the_host_is_the_identity(desk: Desk) -> None:
    visitor = desk.session_visitor("mia", name="Mia")
    created = visitor.post("/visitors", {})
    assert created["visitor"]["name"] == "Mia"
    token_only = Person(desk.base, token=created["token"])
    # A token that was given to a session ends with it.
    assert token_only.get("/me", 401)["code"] == "token_expired"
    together = Person(desk.base, user=visitor.user, token=created["token"])
    assert together.get("/me")["id"] == created["visitor"]["id"]


def test_a_token_beats_the_session(desk: Desk) -> None:
    agent, visitor = desk.agent(), desk.visitor()
    both = Person(desk.base, user=agent.user, token=visitor.token)
    assert both.get("/me")["kind"] == "visitor"
    assert agent.get("/me")["kind"] == "agent"


@pytest.mark.parametrize("identity", ["", "x", "a.b.c", "\x00", "x" * 9000, None, 5, {"id": "mia"}])
def test_forged_identities(desk: Desk, identity: Any) -> None:
    response = desk.nobody().http.post("/visitors", json={"identity": identity})
    if identity is None:
        assert response.status_code == 201
    else:
        assert response.status_code in (401, 422)
        assert "token" not in response.json()


def test_a_visitor_token_is_no_identity(desk: Desk) -> None:
    token = desk.visitor().token
    problem = desk.nobody().post("/visitors", {"identity": token}, 401)
    assert problem["code"] == "token_invalid"


@pytest.mark.parametrize("token", ["x", "a.b.c", "x" * 5000, "é".encode().decode("latin-1")])
def test_forged_tokens(base: str, token: str) -> None:
    headers = [(b"authorization", b"Bearer " + token.encode("latin-1"))]
    response = httpx.get(f"{base}/api/v1/me", headers=headers, timeout=60)
    assert response.status_code == 401
    assert response.json()["code"] == "token_invalid"
    assert response.headers["www-authenticate"]


def test_nobody_is_asked_to_sign_in(desk: Desk) -> None:
    problem = desk.nobody().get("/me", 401)
    assert problem["code"] == "unauthorized"


def test_tokens_are_not_taken_from_the_url(desk: Desk) -> None:
    token = desk.visitor().token
    for name in ("token", "access_token", "authorization"):
        desk.nobody().get(f"/me?{name}={token}", 401)


def test_problems_look_like_rfc_9457(desk: Desk) -> None:
    response = desk.visitor().http.get("/conversations/conv_nobody")
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["status"] == response.status_code == 404
    assert problem["title"] == "Not Found"
    assert problem["code"] == "not_found"
    assert problem["detail"]
    assert problem.get("type", "about:blank") == "about:blank"


def test_every_code_belongs_to_one_error() -> None:
    codes = all_errors()
    assert {code: error.code for code, error in codes.items()} == {code: code for code in codes}
    for error in codes.values():
        assert (error.__doc__ or "").strip(), error
        assert 400 <= error.status < 600


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/me", {"GET"}),
        ("/conversations", {"GET", "POST"}),
        ("/conversations/x", {"GET", "PATCH"}),
        ("/messages/x", {"GET", "PATCH", "DELETE"}),
        ("/agents/x/availability", {"GET", "PUT"}),
    ],
)
def test_other_methods_are_named(desk: Desk, path: str, allowed: set[str]) -> None:
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - allowed:
        response = desk.visitor().http.request(method, path)
        assert response.status_code == 405
        assert response.json()["code"] == "method_not_allowed"
        assert allowed <= set(response.headers["allow"].split(", "))


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"", "application/json", 400, "malformed"),
        (b"{", "application/json", 400, "malformed"),
        (b"\xff\xfe", "application/json", 400, "malformed"),
        (b"[" * 9000 + b"]" * 9000, "application/json", 400, "malformed|invalid"),
        (b"[]", "application/json", 422, "invalid"),
        (b'{"body": 1}', "application/json", 422, "invalid"),
        (b'{"body": "x"}', "text/plain", 415, "unsupported_media_type"),
        (b'{"body": "x"}', "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b'{"body": "x"}', "", 415, "unsupported_media_type"),
        (b'"' + b"x" * 70_000 + b'"', "application/json", 413, "too_large"),
        (b'{"body": "\\ud83d"}', "application/json", 422, "invalid_text"),
        (b'{"body": "x", "visibility": "secret"}', "application/json", 422, "invalid"),
        (b'{"body": "x", "client_id": ""}', "application/json", 422, "invalid"),
    ],
)
def test_bad_bodies(desk: Desk, content: bytes, kind: str, status: int, code: str) -> None:
    visitor = desk.visitor()
    conversation = visitor.begin()["id"]
    headers = {"Content-Type": kind} if kind else {}
    for chunked in (False, True):
        response = visitor.http.post(
            f"/conversations/{conversation}/messages",
            content=iter([content]) if chunked else content,
            headers=headers,
        )
        assert response.status_code in ((400, 422) if "|" in code else (status,)), response.text
        assert response.json()["code"] in code.split("|")
    assert len(visitor.thread(conversation)) == 1


def test_unknown_fields_are_ignored(desk: Desk) -> None:
    visitor = desk.visitor()
    conversation = visitor.begin()["id"]
    assert visitor.write(conversation, "x", colour="red")["body"] == "x"


@pytest.mark.parametrize("path", ["/nothing", "/conversations/", "/../me", "/conversations/%00"])
def test_unknown_paths(desk: Desk, path: str) -> None:
    response = desk.visitor().http.get(path)
    assert response.status_code == 404
    assert response.json()["code"] == "not_found"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:1"])
def test_writes_by_session_need_a_known_origin(desk: Desk, origin: str) -> None:
    agent = desk.agent("ada")
    for method, path, body in (
        ("PUT", f"/agents/{agent.id}/availability", {"availability": "away"}),
        ("PATCH", "/conversations/x", {"status": "open"}),
        ("POST", "/conversations/x/messages", {"body": "x"}),
        ("DELETE", "/messages/x", None),
        ("POST", "/visitors", {}),
    ):
        response = agent.http.request(method, path, json=body, headers={"Origin": origin})
        assert response.status_code == 403, (method, path)
        assert response.json()["code"] == "origin_forbidden"
    # A listed origin may call, and is a stranger there: the session counts on the desk's own.
    listed = agent.http.put(
        f"/agents/{agent.id}/availability",
        json={"availability": "away"},
        headers={"Origin": "https://shop.example"},
    )
    assert listed.status_code == 401
    own = agent.http.put(f"/agents/{agent.id}/availability", json={"availability": "away"})
    assert own.status_code == 200


def test_cross_site_writes_without_origin_are_refused(desk: Desk) -> None:
    agent = desk.agent("ada")
    del agent.http.headers["Origin"]
    response = agent.http.put(
        f"/agents/{agent.id}/availability",
        json={"availability": "away"},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert response.status_code == 403


def test_cors_is_for_allowed_origins(desk: Desk) -> None:
    visitor = desk.visitor()
    asked = {"Access-Control-Request-Method": "POST", "Origin": "https://shop.example"}
    allowed = visitor.http.options("/conversations", headers=asked)
    assert allowed.headers["access-control-allow-origin"] == "https://shop.example"
    refused = visitor.http.options(
        "/conversations", headers={**asked, "Origin": "https://evil.example"}
    )
    assert "access-control-allow-origin" not in refused.headers


def test_agents_and_availability(desk: Desk) -> None:
    ada, bob, visitor = desk.agent("ada", name="Ada"), desk.agent("bob"), desk.visitor()
    for person in (ada, bob):
        person.get("/me")
    listed = ada.get("/agents")
    assert {agent["id"]: agent["external_id"] for agent in listed["items"]} == {
        ada.id: "ada",
        bob.id: "bob",
    }
    assert listed["next_cursor"] is None
    visitor.get("/agents", 403)
    ada.put(f"/agents/{bob.id}/availability", {"availability": "away"}, 403)
    for wrong in ({"availability": "gone"}, {}, {"availability": None}):
        ada.put(f"/agents/{ada.id}/availability", wrong, 422)
    ada.get("/agents/nobody/availability", 404)


def test_health(base: str) -> None:
    bodies = {
        "live": {"status": "ok"},
        "ready": {"status": "ok", "bus": "ok", "warnings": []},
    }
    for probe, body in bodies.items():
        response = httpx.get(f"{base}/api/v1/health/{probe}", timeout=60)
        assert response.status_code == 200
        assert response.json() == body


def test_answers_are_not_cached_or_sniffed(desk: Desk) -> None:
    response = desk.visitor().http.get("/me")
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"


def test_widget_and_console_are_served(base: str, desk: Desk) -> None:
    widget = httpx.get(f"{base}/widget.js", timeout=60)
    assert widget.status_code == 200
    assert "javascript" in widget.headers["content-type"]
    assert "max-age" in widget.headers["cache-control"]
    assert httpx.get(f"{base}/console", follow_redirects=True, timeout=60).status_code == 200
    console = httpx.get(f"{base}/console/", timeout=60)
    assert console.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in console.headers["content-security-policy"]


@pytest.mark.parametrize("row", ENDPOINTS, ids=lambda row: row.operation)
def test_a_query_parameter_that_is_not_there_is_named(desk: Desk, row: Endpoint) -> None:
    """A filter with a typo in it must not answer with everything."""
    # Who may do everything: what is wrong with a request is told only to those who may ask.
    agent = desk.agent(role="owner")
    conversation = desk.visitor().begin()
    # Whatever else a path names need not be there: the query is looked at first.
    ids = defaultdict(
        lambda: "x",
        conversation_id=conversation["id"],
        message_id=conversation["last_message"]["id"],
        agent_id=agent.id,
        team_id="team_x",
        stream=f"conversation:{conversation['id']}",
        contact=conversation["contact"]["id"] if "contact" in conversation else "x",
    )
    path = row.path.format_map(ids)
    known = [] if row.query is None else list(row.query.__struct_encode_fields__)
    for name in ("stauts", "limit ", "Limit", "", "<b>", "x" * 500):
        answer = agent.http.request(row.method, path, params={name: "open"}, json={})
        assert answer.status_code == 422, answer.text
        problem = answer.json()
        assert problem["code"] == "invalid"
        assert problem["field"].rstrip("…") == name[:64]
        assert all(field in problem["detail"] for field in known)
    for name in known:
        answer = agent.http.request(row.method, path, params=[(name, "1"), (name, "2")])
        assert (answer.status_code, answer.json()["field"]) == (422, name)
