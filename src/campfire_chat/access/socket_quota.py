"""What the load limits count for one socket."""

from __future__ import annotations

from campfire_chat.access.actor import Actor
from campfire_chat.access.admission import PROCESS, Admission, Caller, caller_of, now
from campfire_chat.access.network_rates import Networks
from campfire_chat.access.rates import SECOND

# The caps under which a socket may be counted.
_IN_PROCESS, _OF_ADDRESS, _OF_VISITOR, _OF_ORGANIZATION = 1, 2, 4, 8

#: Frames of up to this number of bytes are limited by their number only.
SMALL = 512


class SocketQuota:
    """What the load limits count for one socket, from its handshake to its end.

    Usage is charged to the caller and their address, and stays charged when the socket ends.
    """

    __slots__ = ("_admission", "_caller", "_held", "_networks", "_refused")

    def __init__(self, admission: Admission, networks: Networks) -> None:
        self._admission = admission
        self._networks = networks
        self._caller = Caller(networks, None, None, agent=False)
        self._refused = 0
        #: The caps under which it is counted, one bit for each.
        self._held = 0

    def connect(self, session: Actor | None) -> None:
        """``authenticate`` has returned the caller, or None.

        Raises:
            TooManyError: A cap is reached.
        """
        admission = self._admission
        caller = caller_of(self._networks, session)
        admission.connect(caller)
        admission.sockets.enter(PROCESS)
        self._held |= _IN_PROCESS
        if not caller.agent:
            admission.sockets_per_address.enter(self._networks)
            self._held |= _OF_ADDRESS

    def greet(self, actor: Actor) -> None:
        """``hello`` has arrived, so the caller is known.

        Raises:
            TooManyError: A cap is reached.
        """
        admission = self._admission
        caller = self._caller = caller_of(self._networks, actor)
        organization, principal = caller.organization, caller.principal
        if organization is None or principal is None:
            return
        if not admission.sockets_per_organization.has_room(organization, reserve=caller.agent):
            admission.full("sockets_per_organization", organization)
        if not caller.agent:
            if not admission.sockets_per_visitor.has_room(principal):
                admission.full("sockets_per_visitor", principal)
            admission.sockets_per_visitor.enter(principal)
            self._held |= _OF_VISITOR
        admission.sockets_per_organization.enter(organization)
        self._held |= _OF_ORGANIZATION

    def leave(self) -> None:
        """The socket has ended."""
        admission, caller, held = self._admission, self._caller, self._held
        if held & _IN_PROCESS:
            admission.sockets.leave(PROCESS)
        if held & _OF_ADDRESS:
            admission.sockets_per_address.leave(self._networks)
        if held & _OF_VISITOR and caller.principal is not None:
            admission.sockets_per_visitor.leave(caller.principal)
        if held & _OF_ORGANIZATION and caller.organization is not None:
            admission.sockets_per_organization.leave(caller.organization)
        self._held = 0

    def pause(self, size: int) -> float:
        """Seconds to wait before a frame of this size, which has just arrived, is read."""
        moment, admission, caller = now(), self._admission, self._caller
        networks, principal = caller.networks, caller.principal
        wait = 0
        if principal is not None:
            wait = admission.frames.delay(principal, moment)
        if networks:
            shared = admission.frames_per_address.delay(networks, moment)
            if shared > wait:
                wait = shared
        if size > SMALL:
            if principal is not None:
                wait = max(wait, admission.input_bytes.delay(principal, moment, size))
            wait = max(wait, admission.input_bytes_per_address.delay(networks, moment, size))
        return wait / SECOND

    def resume(self, count: int) -> None:
        """Charge the streams of a hello. Each counts as one more frame."""
        moment, admission, caller = now(), self._admission, self._caller
        if caller.principal is not None and count:
            admission.frames.delay(caller.principal, moment, count)
            admission.frames_per_address.delay(caller.networks, moment, count)

    def send(self) -> None:
        """Charge a message.

        Raises:
            TooManyError: A limit is exceeded. ``retry_after`` says when to try again.
        """
        self._refused += 1
        self._admission.send(self._caller)
        self._refused = 0

    def write(self) -> None:
        """Charge a write that is not a message.

        Raises:
            TooManyError: A limit is exceeded. ``retry_after`` says when to try again.
        """
        self._refused += 1
        self._admission.write(self._caller)
        self._refused = 0

    def begin_write(self) -> None:
        """Note a write that is about to be queued. Call :meth:`end_write` when it is answered.

        Raises:
            OverloadedError: Too many writes of the caller or their address wait already.
        """
        self._admission.begin_write(self._caller)

    def end_write(self) -> None:
        """Note that a write admitted by :meth:`begin_write` was answered."""
        self._admission.end_write(self._caller)

    @property
    def is_flooding(self) -> bool:
        """Whether the client continues although it was refused again and again."""
        most = self._admission.limits.refusals
        return most is not None and self._refused >= most
