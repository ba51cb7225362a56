"""Errors as problem documents: RFC 9457, with a stable ``code``."""

from __future__ import annotations

import math
from http import HTTPStatus
from typing import Any

import msgspec
from msgspec import Struct
from starlette.responses import Response

from campfire_chat.core.errors import CampfireError


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An error.

    Attributes:
        code: What went wrong, for programs. Its meaning never changes.
        detail: What went wrong, for people.
        field: The part of the input that was refused.
        retry_after: Seconds after which the caller may try again.
        details: What a program needs to go on. The code says what is in it.
    """

    title: str
    status: int
    detail: str
    code: str
    type: str = "about:blank"
    field: str | None = None
    retry_after: float | None = None
    details: dict[str, Any] | None = None


def problem_response(error: CampfireError, headers: dict[str, str] | None = None) -> Response:
    problem = Problem(
        title=HTTPStatus(error.status).phrase,
        status=error.status,
        detail=error.message,
        code=error.code,
        field=error.field,
        retry_after=error.retry_after,
        details=error.details,
    )
    extra = {"cache-control": "no-store", **(headers or {})}
    if error.retry_after is not None:
        extra["retry-after"] = str(math.ceil(error.retry_after))
    if error.status == 401:
        extra["www-authenticate"] = "Bearer"
    return Response(
        msgspec.json.encode(problem),
        status_code=error.status,
        media_type="application/problem+json",
        headers=extra,
    )
