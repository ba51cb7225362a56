"""The OpenAPI 3.1 document, generated from the route table and the types that validate."""

from __future__ import annotations

import re
from collections.abc import Sequence
from http import HTTPStatus
from importlib.metadata import version
from typing import Any, cast

import msgspec

from campfire_chat.access.errors import (
    HostUnavailableError,
    OriginForbiddenError,
    TokenExpiredError,
    TokenInvalidError,
    WrongOrganizationError,
)
from campfire_chat.access.permissions import Access, in_words, needed, of_visitors
from campfire_chat.core.errors import (
    CampfireError,
    ForbiddenError,
    InternalError,
    InvalidError,
    InvalidTextError,
    MalformedError,
    NotFoundError,
    OverloadedError,
    StorageUnavailableError,
    TooLargeError,
    TooManyError,
    UnauthorizedError,
)
from campfire_chat.http.endpoints import Cost, Endpoint
from campfire_chat.http.errors import (
    BodyTimeoutError,
    MethodNotAllowedError,
    UnsupportedMediaTypeError,
)
from campfire_chat.http.problems import Problem

_REF = "#/components/schemas/{name}"
_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
#: Statuses that say when to try again.
_LATER = frozenset({429, 503})
_RETRY_AFTER = {
    "description": "Seconds after which to try again. `retry_after` is more exact.",
    "schema": {"type": "integer", "minimum": 1},
}
_ETAG = {"description": "Names the present state, for If-Match.", "schema": {"type": "string"}}


def document(endpoints: Sequence[Endpoint], server: str) -> dict[str, Any]:
    """The document of an API that is reached under ``server``."""
    types: list[Any] = [Problem]
    for row in endpoints:
        types += [kind for kind in (row.body, row.query) if kind is not None]
        for answer in row.returns.values():
            types += _alternatives(answer)
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF)
    by_type = {str(kind): schema for kind, schema in zip(types, schemas, strict=True)}
    paths: dict[str, Any] = {}
    for row in endpoints:
        paths.setdefault(row.path, {})[row.method.lower()] = _operation(row, by_type, components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "campfire-chat",
            "version": version("campfire-chat"),
            "description": (
                "Visitors send a bearer token, agents the session cookie of the host app, and "
                "servers an API key. "
                "Errors are problem documents (RFC 9457) with a stable `code`."
            ),
        },
        "servers": [{"url": server}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "visitor": {"type": "http", "scheme": "bearer"},
                "api_key": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "cfk_…",
                    "description": "With the header Campfire-Agent it acts as that agent.",
                },
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "session",
                    "description": "The session cookie of the host app, whatever its name is.",
                },
            },
        },
    }


def _operation(
    row: Endpoint, by_type: dict[str, Any], components: dict[str, Any]
) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in re.findall(r"{(\w+)}", row.path)
    ]
    if row.query is not None:
        parameters += _query_parameters(by_type[str(row.query)], components)
    if _writes(row) and row.permission is not Access.PUBLIC:
        parameters.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "schema": {"type": "string", "minLength": 1, "maxLength": 64},
                "description": "The client id: a write that is repeated with it takes effect once.",
            }
        )
    if row.method in _UNSAFE and row.tagged:
        parameters.append(
            {
                "name": "If-Match",
                "in": "header",
                "schema": {"type": "string", "minLength": 1},
                "description": "The ETag that was read: another state is not overwritten.",
            }
        )
    operation: dict[str, Any] = {
        "operationId": row.operation,
        "summary": row.summary,
        "parameters": parameters,
        **_permission(row),
        "responses": _responses(row, by_type),
        "security": _security(row),
    }
    if row.body is not None:
        operation["requestBody"] = {
            "required": not row.body_optional,
            "content": {"application/json": {"schema": by_type[str(row.body)]}},
        }
    return operation


def _query_parameters(
    reference: dict[str, Any], components: dict[str, Any]
) -> list[dict[str, Any]]:
    schema = components[reference["$ref"].rpartition("/")[2]]
    required = schema.get("required", ())
    return [
        {"name": name, "in": "query", "required": name in required, "schema": _of_text(value)}
        for name, value in schema["properties"].items()
    ]


def _of_text(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a query parameter. A query has no null: a parameter is left out instead."""
    choices = [choice for choice in schema.get("anyOf", ()) if choice.get("type") != "null"]
    if not choices:
        return schema
    rest = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
    return {**rest, **choices[0]} if len(choices) == 1 else {**rest, "anyOf": choices}


def _responses(row: Endpoint, by_type: dict[str, Any]) -> dict[str, Any]:
    responses: dict[str, Any] = {
        str(status): {
            "description": HTTPStatus(status).phrase,
            "content": {"application/json": {"schema": _answer(answer, by_type)}},
            **({"headers": {"ETag": _ETAG}} if row.tagged else {}),
        }
        for status, answer in row.returns.items()
    }
    by_status: dict[int, list[str]] = {}
    for error in errors_of(row):
        by_status.setdefault(error.status, []).append(error.code)
    for status, codes in sorted(by_status.items()):
        responses[str(status)] = {
            "description": f"{HTTPStatus(status).phrase}: {', '.join(sorted(set(codes)))}",
            "content": {"application/problem+json": {"schema": by_type[str(Problem)]}},
            **({"headers": {"Retry-After": _RETRY_AFTER}} if status in _LATER else {}),
        }
    return responses


def _alternatives(answer: Any) -> tuple[Any, ...]:
    return cast("tuple[Any, ...]", answer) if isinstance(answer, tuple) else (answer,)


def _answer(answer: Any, by_type: dict[str, Any]) -> dict[str, Any]:
    schemas = [by_type[str(kind)] for kind in _alternatives(answer)]
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def _writes(row: Endpoint) -> bool:
    """Whether it changes anything. A search is sent as a body, and only reads."""
    return row.method in _UNSAFE and row.cost is not Cost.SEARCH


def errors_of(row: Endpoint) -> list[type[CampfireError]]:
    """All errors of an endpoint: its own ones and those of the guard."""
    found: list[type[CampfireError]] = [
        *row.errors,
        *(StorageUnavailableError, MethodNotAllowedError),
        # A query parameter that is not known.
        InvalidError,
    ]
    if row.permission is not Access.PUBLIC:
        found += [UnauthorizedError, TokenInvalidError, TokenExpiredError, HostUnavailableError]
        found += [WrongOrganizationError, OriginForbiddenError]
        if needed(row.permission) is not None:
            found.append(ForbiddenError)
        if _writes(row):
            found.append(OverloadedError)
    if row.cost is not Cost.FREE:
        found.append(TooManyError)
    if "{" in row.path:
        found.append(NotFoundError)
    if row.query is not None:
        found += [InvalidError, InvalidTextError]
    if row.body is not None:
        found += [InvalidError, MalformedError, TooLargeError, UnsupportedMediaTypeError]
        found.append(BodyTimeoutError)
    return [error for error in dict.fromkeys(found) if error is not InternalError]


def _security(row: Endpoint) -> list[dict[str, list[str]]]:
    wanted = needed(row.permission)
    if row.permission is Access.PUBLIC:
        return []
    found: list[dict[str, list[str]]] = [{"session": []}]
    if wanted is None or not wanted.isdisjoint(of_visitors()):
        found.append({"visitor": []})
    if wanted is None or any(one.keys for one in wanted):
        found.append({"api_key": []})
    return found


def _permission(row: Endpoint) -> dict[str, Any]:
    """What it needs, for readers, and for programs the names of the permissions."""
    if row.permission is Access.PUBLIC:
        return {"description": "Needs neither a token nor a session."}
    if row.permission is Access.CALLER:
        return {"description": "Needs a token or a session, and no permission."}
    if row.permission is Access.STREAM:
        return {"description": "Needs the permission of the stream."}
    names = in_words(row.permission)
    return {
        "description": f"Needs the permission {names}.",
        # Any of them.
        "x-permissions": names.split(" or "),
    }
