"""The errors of sockets and frames."""

from __future__ import annotations

from campfire_chat.core.errors import CampfireError


class UnknownFrameError(CampfireError):
    """There is no frame of that type."""

    code = "unknown_frame"
    status = 422


class BadFrameError(CampfireError):
    """The frame violates the protocol."""

    code = "bad_frame"
    status = 400
    close_code = 4400


class HelloTimeoutError(CampfireError):
    """No hello arrived in time."""

    code = "hello_timeout"
    status = 408
    close_code = 4408


class ProtocolVersionError(CampfireError):
    """None of the offered subprotocols is supported. Use campfire.v1."""

    code = "protocol_version"
    status = 400
    close_code = 4480


class RenewalNeededError(CampfireError):
    """Prove your session with a renew frame, then send the same frame again; nothing was stored."""

    code = "renewal_needed"
    status = 401
    final = False


#: Close codes for which there is no error.
CLOSE_RESTARTING = 1012
CLOSE_TOO_SLOW = 4470
