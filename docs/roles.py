"""A hook of the docs: shows the cross-reference roles in docstrings as plain code."""

from __future__ import annotations

import re
from typing import Any

_ROLE = re.compile(r":(?:class|func|meth|attr|data|mod):<code>(~?)([\w.]+)</code>")


def on_page_content(html: str, **_: Any) -> str:
    return _ROLE.sub(_plain, html)


def _plain(role: re.Match[str]) -> str:
    short, name = role.groups()
    return (
        f"<code>{name.rpartition('.')[2] if short else name.removeprefix('campfire_chat.')}</code>"
    )
