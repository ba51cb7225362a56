"""What networks do between clients and servers: go silent, lose, delay."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from math import inf

from tests.faults import checker
from tests.faults.arena import MOUNT, Arena
from tests.faults.crowd import Crowd
from tests.faults.scenario import Finding, Scenario, Setting, at_most
from tests.support.fault_proxy import FaultProxy
from tests.support.truth import Truth

#: What the clock and a busy machine may add to what is found out by a deadline.
GRACE = 0.5


async def run(setting: Setting) -> list[Finding]:
    # Twice of it is more than the delay: who is slow is not dead.
    heartbeat = setting.either(1.5, 5.0)
    truth = Truth(setting.database_url)
    async with (
        Arena(setting, heartbeat=heartbeat, presence_beat=1.0) as arena,
        FaultProxy(arena.servers[0].port) as silent,
        FaultProxy(arena.servers[1].port, seed=1) as lossy,
        FaultProxy(arena.servers[0].port) as slow,
    ):
        networks = [
            _Network("half-open", silent, silent.stall, heartbeat, arena, truth),
            _Network("30 % loss", lossy, lambda: _set(lossy, loss=0.3), heartbeat, arena, truth),
            _Network("2 s delay", slow, lambda: _set(slow, delay=2.0), heartbeat, arena, truth),
        ]
        # Each has its own people and its own way to the server, so they may as well go wrong at
        # the same time.
        seconds = setting.either(7.0, 60.0)
        found = await asyncio.gather(*(network.suffer(seconds) for network in networks))
    return [finding for findings in found for finding in findings]


def _set(proxy: FaultProxy, *, loss: float = 0.0, delay: float = 0.0) -> None:
    proxy.loss, proxy.delay = loss, delay


class _Network:
    """Pairs of whom the visitor is behind a proxy, and the agent is not."""

    def __init__(
        self,
        name: str,
        proxy: FaultProxy,
        break_it: Callable[[], None],
        heartbeat: float,
        arena: Arena,
        truth: Truth,
    ) -> None:
        self._name = name
        self._proxy = proxy
        self._break = break_it
        self._heartbeat = heartbeat
        self._truth = truth
        self._let_go_after: dict[str, float] = {}
        through = f"http://127.0.0.1:{proxy.port}{MOUNT}"
        self._crowd = Crowd(
            lambda: [through, arena.bases[1]],
            hears_within=2 * heartbeat,
            # Whoever is behind the proxy has no other way.
            stay=True,
            rest=arena.bases[0],
        )

    async def _let_go(self, broken_at: float) -> None:
        """Note when the agents are told that their visitors are gone."""
        looked = {room.id: len(room.guests[1].client.frames) for room in self._crowd.rooms}
        while True:
            for room in self._crowd.rooms:
                frames = room.guests[1].client.frames
                for frame in frames[looked[room.id] :]:
                    if frame["type"] == "presence" and frame.get("availability") == "offline":
                        self._let_go_after.setdefault(room.id, time.monotonic() - broken_at)
                looked[room.id] = len(frames)
            await asyncio.sleep(0.05)

    async def suffer(self, seconds: float) -> list[Finding]:
        crowd, name = self._crowd, self._name
        await crowd.gather(4)
        stop = asyncio.Event()
        talking = asyncio.create_task(crowd.talk(100_000, pace=0.2, until=stop))
        await asyncio.sleep(self._heartbeat)
        behind = [guest for guest in crowd.guests if guest.home == 0]
        broken_at = time.monotonic()
        self._break()
        letting_go = asyncio.create_task(self._let_go(broken_at))
        await asyncio.sleep(seconds)
        letting_go.cancel()
        healed_at = time.monotonic()
        self._proxy.heal()
        stop.set()
        # What waits in the outboxes has to go out, and everything has to be seen by everybody.
        await talking
        heads = lambda: self._truth.heads(crowd.organization)  # noqa: E731
        await crowd.converge(heads, seconds=30)
        converged = time.monotonic() - healed_at
        losses = {
            guest: [at for at in guest.losses if broken_at <= at < healed_at] for guest in behind
        }
        others = sum(len(guest.losses) for guest in crowd.guests if guest.home != 0)
        journal = await crowd.disperse()
        stored = checker.read(self._truth, crowd.organization)
        rules = checker.findings(journal, stored)
        broken = [f"{rule.what}: {rule.measured}" for rule in rules if not rule.holds]
        sends = sum(bool(sent.answers) for sent in journal.sent)
        findings = [
            Finding(
                f"{name} for {seconds:.0f} s: the promises, over {sends:,} acknowledged",
                "every rule",
                "; ".join(broken) or "every rule",
                not broken and sends > 0,
            ),
            at_most(f"{name}: every client has every message after it healed", converged, 5, "s"),
            Finding(f"{name}: connections of others lost", "0", str(others), others == 0),
        ]
        if name == "half-open":
            noticed = [at[0] - broken_at if at else inf for at in losses.values()]
            limit = 2 * self._heartbeat + GRACE
            what = f"{name}: noticed, with a heartbeat of {self._heartbeat:g} s"
            findings.append(at_most(what, max(noticed), limit, "s"))
            # The server asks once a second, and gives a second on top; then others are told.
            let_go = max(self._let_go_after.values()) if len(self._let_go_after) == 4 else inf
            what = f"{name}: socket closed by the server, and the agents told"
            findings.append(at_most(what, let_go, limit + 3, "s"))
        else:
            # Slow is not dead: what still says something is not given up.
            lost = sum(len(at) for at in losses.values())
            if name == "2 s delay":
                findings.append(
                    Finding(
                        f"{name}: connections that the clients gave up", "0", str(lost), lost == 0
                    )
                )
        return findings


SCENARIO = Scenario(
    name="bad_networks",
    title="half-open connections, 30 % loss, 2 s delay between client and server",
    must_hold="noticed within two heartbeats; converges within 5 s of healing",
    small=(("sqlite", "automatic"),),
    run=run,
)
