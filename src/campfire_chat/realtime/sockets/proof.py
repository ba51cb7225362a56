"""How fresh the host's word is for who is at the other end of a signed-in socket.

The host's session may end while a socket is open, and the socket's own request cannot be asked
again: what the session was then is part of it. Only a new request over HTTP, with the cookies that
the browser has by now, tells. So the client fetches a ticket with such a request and shows it here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from campfire_chat.access.actor import Actor
from campfire_chat.access.errors import SessionChangedError, TokenInvalidError
from campfire_chat.access.identity import Tokens
from campfire_chat.core.errors import UnauthorizedError
from campfire_chat.realtime import frames
from campfire_chat.realtime.errors import RenewalNeededError
from campfire_chat.realtime.sockets.closed import Closed
from campfire_chat.realtime.sockets.send_queue import SendQueue

#: Seconds that a client has to answer ``renew_due``, at most.
ANSWER_WITHIN = 30.0
#: Seconds for which a proof is good enough to send a message: whoever writes must not be taken
#: for the person who was signed in before them.
FOR_SENDING = 30.0


class Proof:
    """See the module.

    Args:
        at: When the host named the person; loop time.
    """

    __slots__ = ("_answer_by", "at")

    def __init__(self, at: float) -> None:
        self.at = at
        #: Until when a proof has been asked for; 0 when none has.
        self._answer_by = 0.0

    def look_after(
        self,
        now: float,
        *,
        reauthenticate: float,
        send_queue: SendQueue,
        close: Callable[[int, str], None],
    ) -> None:
        """Ask for a new proof when this one is old, and close the socket when none came."""
        if now < self.at + reauthenticate:
            return
        if not self._answer_by:
            within = min(reauthenticate, ANSWER_WITHIN)
            self._answer_by = now + within
            send_queue.push_frame(frames.RenewDue(within=within))
        elif now >= self._answer_by:
            close(UnauthorizedError.close_code or 4401, "session not proved")

    def require(self, seconds: float) -> None:
        """
        Raises:
            RenewalNeededError: The proof is older than that.
        """
        if asyncio.get_running_loop().time() - self.at > seconds:
            raise RenewalNeededError()

    def renewed(self, age: float) -> None:
        """The host named the person again, ``age`` seconds ago."""
        at = asyncio.get_running_loop().time() - age
        # What is shown twice proves nothing new.
        if at > self.at:
            self.at = at
            self._answer_by = 0.0


def renew(tokens: Tokens, actor: Actor, proof: Proof | None, text: str) -> None:
    """Take a ticket as proof that the host named the person of this socket when it was issued.

    Raises:
        TokenExpiredError: The ticket is too old; another one may do.
        Closed: It is none of ours, or was issued to somebody else.
    """
    try:
        ticket = tokens.read_ticket(text)
    except TokenInvalidError as error:
        raise Closed(error.close_code or 4401, error.code) from None
    if not ticket.names(actor):
        raise Closed(SessionChangedError.close_code or 4401, SessionChangedError.code)
    if proof is not None:
        proof.renewed(tokens.age(ticket))
