"""The document that describes the API is valid, whole and true."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, assume, given, settings
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.adapter import v2, v3_0, v3_1, v3_2
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from campfire_chat.core.errors import all_errors
from campfire_chat.http.application import PREFIX
from campfire_chat.runtime import ENDPOINTS
from tests.support.people import Desk, Person

#: Imported by schemathesis itself only in the midst of a test, deep in the stack.
ADAPTERS = (v2, v3_0, v3_1, v3_2)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


#: How often each operation is asked for by whom. Most of what others than agents ask is refused for
#: who they are, before it matters what they ask; `.ci/full` asks as often for them.
EXAMPLES = {"agent": 12, "visitor": 6, "nobody": 2}


@pytest.fixture
def document(base: str) -> dict[str, Any]:
    return httpx.get(f"{base}/openapi.json", timeout=60).json()


def test_it_is_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    OpenAPIV31SpecValidator(document).validate()


def test_it_has_every_route(document: dict[str, Any]) -> None:
    described = {
        (method.upper(), path) for path, methods in document["paths"].items() for method in methods
    }
    assert described == {(endpoint.method, endpoint.path) for endpoint in ENDPOINTS}
    assert document["servers"] == [{"url": f"/support{PREFIX}"}]


def test_every_answer_is_described(document: dict[str, Any]) -> None:
    problems = {str(error.status) for error in all_errors().values()}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["operationId"], (method, path)
            assert operation["summary"], (method, path)
            for status, answer in operation["responses"].items():
                kinds = set(answer.get("content", {}))
                expected = "application/problem+json" if status in problems else "application/json"
                assert kinds == {expected}, (method, path, status)


@pytest.mark.slow
def test_whatever_an_agent_asks_is_answered_as_described(
    desk: Desk, base: str, document: dict[str, Any]
) -> None:
    conversation = desk.visitor().begin()["id"]
    ask_everything(base, document, desk.agent(), conversation, EXAMPLES["agent"])


@pytest.mark.slow
@pytest.mark.one_engine
@pytest.mark.parametrize("caller", ["visitor", "nobody"])
def test_so_is_what_others_ask(
    desk: Desk, base: str, document: dict[str, Any], caller: str, pytestconfig: pytest.Config
) -> None:
    """Each may get other answers than an agent, and all of them have to be described."""
    visitor = desk.visitor()
    person = {"visitor": visitor, "nobody": desk.nobody()}[caller]
    often = EXAMPLES["agent" if pytestconfig.getoption("--every-engine") else caller]
    ask_everything(base, document, person, visitor.begin()["id"], often)


def ask_everything(
    base: str, document: dict[str, Any], person: Person, conversation_id: str, often: int
) -> None:
    """Ask for every operation so often, as one of the people and about a conversation that
    exists."""
    known = {
        "conversation_id": conversation_id,
        "stream": f"conversation:{conversation_id}",
        "agent_id": "ada",
    }
    for result in schemathesis.openapi.from_dict(document).get_all_operations():
        operation = result.ok()

        @settings(bounded, max_examples=often)
        @given(case=operation.as_strategy())
        def check(case: Any) -> None:
            ask(base, person, known, case)

        check()


bounded = settings(
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def ask(base: str, person: Person, known: dict[str, str], case: Any) -> None:
    """Ask twice: about something that exists, and about whatever was generated."""
    generated = dict(case.path_parameters or {})
    # A line break in a path matches no mount of Starlette's: the host answers that.
    assume(not any(re.search("\n|%0A", str(value)) for value in generated.values()))
    if "wait" in (case.query or {}):
        # A long poll would wait for what does not come.
        case.query["wait"] = 0
    headers = {
        name: value
        for name, value in person.http.headers.items()
        if name.lower() in ("authorization", "origin")
    }
    for values in ({name: known.get(name) or generated[name] for name in generated}, generated):
        if generated:
            case.path_parameters = values
        response = case.call(
            base_url=f"{base}{PREFIX}", headers=headers, cookies=dict(person.http.cookies)
        )
        case.validate_response(response, checks=CHECKS)
