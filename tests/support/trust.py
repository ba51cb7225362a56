"""What the HTTP clients of the tests trust."""

from __future__ import annotations

import functools
import ssl


@functools.cache
def trust() -> ssl.SSLContext:
    """One context for all clients: httpx would make one for each and read every certificate of
    the machine for it, which takes 30 ms of CPU even if the client never leaves plain HTTP."""
    return ssl.create_default_context()
