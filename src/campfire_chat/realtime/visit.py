"""What the load limits know of one socket."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from campfire_chat.domain.limits import SECOND, Cap, Key
from campfire_chat.domain.principal import Scope
from campfire_chat.realtime.admission import PROCESS, Admission, Caller, caller_of, now
from campfire_chat.storage.tables import INSTALLATION

_numbers = itertools.count(1)

# The places in which a socket may be counted.
_IN_PROCESS, _OF_ADDRESS, _OF_VISITOR, _OF_ORGANIZATION = 1, 2, 4, 8


class Visit:
    """What the limits know of one socket, from its handshake to its end."""

    __slots__ = ("_address", "_admission", "_caller", "_held", "_key", "_refused")

    def __init__(self, admission: Admission, address: Key | None) -> None:
        self._admission = admission
        self._address = address
        self._caller = Caller(None, None, None, agent=False)
        self._key: Key = (INSTALLATION, f"socket {next(_numbers)}")
        self._refused = 0
        #: In which of its places it is counted, a bit for each.
        self._held = 0

    def connect(self, session: Scope | None) -> None:
        """The host has said who it is, if it knows.

        Raises:
            TooManyError: There is no room for it now.
        """
        caller = caller_of(self._address, session)
        self._admission.connect(caller)
        self._hold(_IN_PROCESS)
        if caller.address is not None:
            self._hold(_OF_ADDRESS)

    def greet(self, scope: Scope) -> None:
        """It has said hello, and is known now.

        Raises:
            TooManyError: There is no room for it now.
        """
        admission = self._admission
        caller = self._caller = caller_of(self._address, scope)
        organization, principal = caller.organization, caller.principal
        if organization is None or principal is None:
            return
        if not admission.sockets_per_organization.has_room(organization, reserve=caller.agent):
            admission.full("sockets_per_organization", organization)
        if not caller.agent:
            if not admission.sockets_per_visitor.has_room(principal):
                admission.full("sockets_per_visitor", principal)
            self._hold(_OF_VISITOR)
        self._hold(_OF_ORGANIZATION)

    def leave(self) -> None:
        """The socket has ended."""
        for bit, (cap, key) in self._places():
            if self._held & bit and key is not None:
                cap.leave(key)
        self._held = 0

    def pause(self) -> float:
        """Seconds to wait before the frame that has just come is looked at."""
        moment, frames = now(), self._admission.frames
        wait = frames.take(self._key, moment)
        if wait:
            # It is let through all the same, only later.
            frames.charge(self._key, 1, moment)
        return wait / SECOND

    def send(self) -> None:
        """A message.

        Raises:
            TooManyError: Not now; ``retry_after`` says when.
        """
        self._refused += 1
        self._admission.send(self._caller)
        self._refused = 0

    @property
    def is_flooding(self) -> bool:
        """Whether it goes on although it is refused again and again."""
        most = self._admission.limits.refusals
        return most is not None and self._refused >= most

    def _hold(self, which: int) -> None:
        for bit, (cap, key) in self._places():
            if bit == which and key is not None:
                cap.enter(key)
                self._held |= bit

    def _places(self) -> Iterator[tuple[int, tuple[Cap, Key | None]]]:
        """Where it may be counted. Worked out, since a list would be kept ten thousand times."""
        admission, caller = self._admission, self._caller
        yield _IN_PROCESS, (admission.sockets, PROCESS)
        yield _OF_ADDRESS, (admission.sockets_per_address, self._address)
        yield _OF_VISITOR, (admission.sockets_per_visitor, caller.principal)
        yield _OF_ORGANIZATION, (admission.sockets_per_organization, caller.organization)
