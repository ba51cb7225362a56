"""How long a proof of the host's session is good for; on a clock of the test's own."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from campfire_chat.realtime.errors import RenewalNeededError
from campfire_chat.realtime.sockets.proof import ANSWER_WITHIN, Proof
from tests.support.clocks import in_virtual_time


class Peer:
    """The other end of a proof: what it is asked, and how it is closed."""

    def __init__(self, reauthenticate: float) -> None:
        self.asked: list[float] = []
        self.closed: list[tuple[int, str]] = []
        self.reauthenticate = reauthenticate

    def push_frame(self, frame: Any) -> None:
        self.asked.append(frame.within)

    def close(self, code: int, reason: str) -> None:
        self.closed.append((code, reason))

    def look(self, proof: Proof, at: float) -> None:
        queue: Any = self
        proof.look_after(at, reauthenticate=self.reauthenticate, send_queue=queue, close=self.close)


@pytest.mark.parametrize("reauthenticate", [10.0, 60.0])
def test_who_does_not_answer_is_closed_when_the_time_is_up(reauthenticate: float) -> None:
    within = min(reauthenticate, ANSWER_WITHIN)
    peer, proof = Peer(reauthenticate), Proof(100.0)
    look: Any = lambda at: peer.look(proof, at)  # noqa: E731
    look(100.0 + reauthenticate - 0.1)
    assert peer.asked == []
    # Asked once, however often it is looked at.
    for late in (0.0, 0.1, within - 0.1):
        look(100.0 + reauthenticate + late)
        assert (peer.asked, peer.closed) == ([within], [])
    look(100.0 + reauthenticate + within)
    assert peer.closed == [(4401, "session not proved")]


def test_a_new_proof_counts_from_when_it_was_given_and_an_old_one_not_at_all() -> None:
    async def story() -> None:
        loop = asyncio.get_running_loop()
        peer, proof = Peer(10.0), Proof(loop.time())
        await asyncio.sleep(10)
        peer.look(proof, loop.time())
        assert peer.asked == [10.0]
        # As old as the one that is there: it proves nothing, and the question stands.
        proof.renewed(10.0)
        peer.look(proof, loop.time())
        await asyncio.sleep(9)
        proof.renewed(4.0)
        assert proof.at == 15.0
        await asyncio.sleep(1)
        peer.look(proof, loop.time())
        assert (peer.asked, peer.closed) == ([10.0], [])
        # Five seconds later it is as old as the first one was, and is asked for anew.
        await asyncio.sleep(5)
        peer.look(proof, loop.time())
        assert (peer.asked, peer.closed) == ([10.0, 10.0], [])

    in_virtual_time(story())


def test_what_needs_a_fresh_proof_says_so() -> None:
    async def story() -> None:
        proof = Proof(0.0)
        await asyncio.sleep(30)
        proof.require(30.0)
        await asyncio.sleep(0.5)
        with pytest.raises(RenewalNeededError):
            proof.require(30.0)
        proof.renewed(0.5)
        proof.require(0.5)

    in_virtual_time(story())
