"""Warns when the ASGI server does not limit the size of WebSocket messages, if that can be seen.

The server receives and decompresses a WebSocket message before campfire-chat sees it. By default
uvicorn accepts messages of 16 MiB and lets clients compress them: 16 KB on the wire become 16 MiB
in memory, before the client has authenticated. Only the server can refuse that, so campfire-chat
warns when it finds that the server does not.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

logger = logging.getLogger("campfire_chat")

#: The flags that a uvicorn command needs.
SAFE_FLAGS = "--ws-max-size 65536 --ws-per-message-deflate false"
#: The greatest limit for a WebSocket message, in bytes, that is not dangerous.
LARGEST_SAFE = 1024 * 1024
#: uvicorn's own default.
UVICORN_DEFAULT = 16 * 1024 * 1024

_NO = ("0", "f", "false", "n", "no", "off")


def of_command(argv: Sequence[str], environ: Mapping[str, str]) -> str | None:
    """What is wrong with the command that runs this process. None if nothing is wrong, or if it is
    unknown.

    Args:
        argv: As ``sys.argv``. Worker processes have the command line of their parent.
        environ: uvicorn also reads its flags from here, as ``UVICORN_…``.
    """
    path = Path(argv[0] if argv else "")
    program = path.parent.name if path.stem == "__main__" else path.stem
    if program == "fastapi" and len(argv) > 1 and argv[1] in ("run", "dev"):
        return "the `fastapi` command cannot set them: run uvicorn itself"
    if program != "uvicorn":
        return None
    size = _flag("ws-max-size", argv, environ)
    deflate = _flag("ws-per-message-deflate", argv, environ)
    number = int(size) if size is not None and size.isdecimal() else UVICORN_DEFAULT
    return _complaint(number, deflate is None or deflate.lower() not in _NO)


def of_receive(receive: object) -> str | None:
    """The same from what a running server hands to the app: uvicorn's ``receive`` is a method of
    an object that knows its configuration. Of any other server nothing is known."""
    config: Any = getattr(getattr(receive, "__self__", None), "config", None)
    size = getattr(config, "ws_max_size", None)
    deflate = getattr(config, "ws_per_message_deflate", None)
    if not isinstance(size, int) or not isinstance(deflate, bool):
        return None
    return _complaint(size, deflate)


def _flag(name: str, argv: Sequence[str], environ: Mapping[str, str]) -> str | None:
    found = environ.get(f"UVICORN_{name.upper().replace('-', '_')}")
    for place, word in enumerate(argv):
        if word == f"--{name}" and place + 1 < len(argv):
            found = argv[place + 1]
        elif match := re.fullmatch(rf"--{name}=(.*)", word):
            found = match[1]
    return found


def _complaint(size: int, deflate: bool) -> str | None:
    if size > LARGEST_SAFE:
        return f"it takes WebSocket messages of {size} bytes"
    if deflate:
        return "it unpacks compressed WebSocket messages"
    return None


class ServerWatch:
    """Warns once, at the first of these that shows a danger."""

    def __init__(self) -> None:
        self._warned = False
        self._looked = False

    def at_start(self) -> None:
        """Look at the command line."""
        self._judge(of_command(sys.argv, os.environ))

    def at_socket(self, receive: object) -> None:
        """Look at the server, by the first socket that it brings."""
        if not self._looked:
            self._looked = True
            self._judge(of_receive(receive))

    def at_frame(self, size: int) -> None:
        """Note a frame. A server with safe limits would not pass on a very large one."""
        if size > LARGEST_SAFE:
            self._judge(f"it has passed on a WebSocket message of {size} characters")

    def _judge(self, complaint: str | None) -> None:
        if complaint is not None and not self._warned:
            self._warned = True
            logger.warning(
                "The ASGI server lets unknown clients use up its memory: %s. Set its limits. For "
                "uvicorn they are `%s`. See the page Deploy of the documentation.",
                complaint,
                SAFE_FLAGS,
            )
