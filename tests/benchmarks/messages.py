"""Durable messages per second and their latency, beside the field's usual ways.

``python -m tests.benchmarks.messages`` takes about two minutes and prints a table and JSON.
50 visitor–agent pairs in a closed loop: every one of the 100 sockets has one message under way
and sends the next when it has its answer and the other side has the message. Every server is one
uvicorn process with uvloop and ``websockets-sansio``; the load comes from another process. The
servers take turns, round by round, and each figure is the median of the rounds.

Absolute numbers are the machine's; compare within one run.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from tests.benchmarks import profiling
from tests.benchmarks.load import BODY, Plan, Result, Seat
from tests.benchmarks.peers import DATABASE as PEER_DATABASE
from tests.support import host
from tests.support.people import Desk, close_everybody
from tests.support.servers import ROOT, ProcessServer, listening_socket

ARGUMENTS = ("--loop", "uvloop", "--no-access-log")

#: Name → what it is, whether messages are on disk when they are acknowledged.
SERVERS = {
    "echo": ("bare ASGI echo, 100 sockets: the limit of server and generator", False),
    "rooms": ("python-socketio rooms, nothing stored", False),
    "durable": ("FastAPI + broadcaster memory + databases, SQLite, as documented", True),
    "tuned": ("the same with WAL and a connection that is kept", True),
    "campfire": ("campfire-chat, SQLite", True),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--warm-up", type=float, default=1.5)
    parser.add_argument("--only", choices=sorted(SERVERS), nargs="*", default=list(SERVERS))
    parser.add_argument("--profile", action="store_true", help="where our server's time goes")
    options = parser.parse_args()
    if options.profile:
        with campfire(options, profile=True) as (plan, server):
            result = run(plan)
            threads = profiling.threads_of(server.pid)
        print(f"under the profiler: {result.rate:,.0f} messages/s\n")
        profiling.report(server.profile_file, threads)
        return
    print(f"fsync of 4 KiB in the databases' folder: {fsync_time():.2f} ms\n", flush=True)
    results: dict[str, list[Result]] = {name: [] for name in SERVERS if name in options.only}
    for number in range(options.rounds):
        for name in results:
            with STARTERS[name](options) as plan_and_server:
                result = run(plan_and_server[0])
            results[name].append(result)
            print(f"round {number + 1}: {name}: {result.rate:,.0f} messages/s", flush=True)
    medians = {name: median(rounds) for name, rounds in results.items()}
    print()
    print(table(medians))
    print()
    print(json.dumps({name: msgspec.to_builtins(found) for name, found in medians.items()}))


def median(rounds: list[Result]) -> Result:
    fields = {
        name: statistics.median(getattr(result, name) for result in rounds)
        for name in Result.__struct_fields__
    }
    return Result(**{**fields, "messages": int(fields["messages"])})


def table(medians: dict[str, Result]) -> str:
    base = medians.get("durable")
    lines = [
        "| server | durable | messages/s | ok p50 / p99 ms | delivery p50 / p99 ms | ratio |",
        "|---|---|---|---|---|---|",
    ]
    for name, found in medians.items():
        what, durable = SERVERS[name]
        ratio = f"{found.rate / base.rate:.1f}" if base else ""
        lines.append(
            f"| {what} | {'yes' if durable else 'no'} | {found.rate:,.0f} "
            f"| {found.ok_p50:.1f} / {found.ok_p99:.1f} "
            f"| {found.delivery_p50:.1f} / {found.delivery_p99:.1f} | {ratio} |"
        )
    return "\n".join(lines)


def fsync_time() -> float:
    """Milliseconds one small durable write takes here."""
    with tempfile.TemporaryDirectory(prefix="campfire-benchmark-") as folder:
        descriptor = os.open(Path(folder) / "probe", os.O_CREAT | os.O_WRONLY)
        took: list[float] = []
        for _ in range(50):
            os.write(descriptor, b"x" * 4096)
            began = time.perf_counter()
            os.fsync(descriptor)
            took.append(time.perf_counter() - began)
        os.close(descriptor)
    return 1000 * statistics.median(took)


def run(plan: Plan) -> Result:
    """Run the load generator in a process of its own."""
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        file.write(msgspec.json.encode(plan))
        file.flush()
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.load", file.name],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise SystemExit(f"the load generator failed:\n{done.stdout}{done.stderr}")
    return msgspec.json.decode(done.stdout, type=Result)


class Uvicorn:
    """One uvicorn process, run under the profiler when a file for it is given."""

    def __init__(
        self, target: str, environment: dict[str, str], profile_file: Path | None = None
    ) -> None:
        with listening_socket() as probe:
            self.port: int = probe.getsockname()[1]
        self.profile_file = profile_file
        factory = ("--factory",) if target.endswith("()") else ()
        profiler = () if profile_file is None else ("-m", "cProfile", "-o", str(profile_file))
        self._process = subprocess.Popen(
            [
                *(sys.executable, *profiler, "-m", "uvicorn", target.removesuffix("()"), *factory),
                *("--port", str(self.port), "--ws", "websockets-sansio", "--log-level", "warning"),
                *ARGUMENTS,
            ],
            cwd=ROOT,
            env={**ProcessServer(target, port=self.port)._environment, **environment},
        )
        self.pid = self._process.pid
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise SystemExit("the server did not start")
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise SystemExit("the server did not start in time")

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def uvicorn(target: str, **environment: str) -> Iterator[Uvicorn]:
    server = Uvicorn(target, environment)
    try:
        yield server
    finally:
        server.stop()


def plan_of(options: argparse.Namespace, kind: str, port: int, seats: list[Seat]) -> Plan:
    """A plan with the seats paired off."""
    pairs = list(zip(seats[::2], seats[1::2], strict=True))
    return Plan(kind=kind, port=port, pairs=pairs, warm_up=options.warm_up, seconds=options.seconds)  # type: ignore[arg-type]


@contextmanager
def echo(options: argparse.Namespace) -> Iterator[tuple[Plan, Uvicorn]]:
    message = json.dumps({"client_id": "%s", "body": BODY})
    seats = [Seat("/", {}, [], message)] * (2 * options.pairs)
    with uvicorn("tests.benchmarks.peers:echo") as server:
        yield plan_of(options, "echo", server.port, seats), server


@contextmanager
def rooms(options: argparse.Namespace) -> Iterator[tuple[Plan, Uvicorn]]:
    seats: list[Seat] = []
    for number in range(options.pairs):
        room = f"room-{number}"
        data = json.dumps({"room": room, "client_id": "%s", "body": BODY}, separators=(",", ":"))
        greetings = ["40", f'42["join","{room}"]']
        path = "/socket.io/?EIO=4&transport=websocket"
        seats += [Seat(path, {}, greetings, f'42["message",{data}]')] * 2
    with uvicorn("tests.benchmarks.peers:rooms") as server:
        yield plan_of(options, "socketio", server.port, seats), server


@contextmanager
def durable(options: argparse.Namespace, target: str = "durable") -> Iterator[tuple[Plan, Uvicorn]]:
    message = json.dumps({"client_id": "%s", "body": BODY}, separators=(",", ":"))
    seats: list[Seat] = []
    for number in range(options.pairs):
        seats += [Seat(f"/rooms/{number}", {}, [], message)] * 2
    with tempfile.TemporaryDirectory(prefix="campfire-benchmark-") as folder:
        environment = {PEER_DATABASE: str(Path(folder) / "peer.db")}
        with uvicorn(f"tests.benchmarks.peers:{target}", **environment) as server:
            yield plan_of(options, "broadcast", server.port, seats), server


@contextmanager
def campfire(
    options: argparse.Namespace, *, profile: bool = False
) -> Iterator[tuple[Plan, Uvicorn]]:
    with tempfile.TemporaryDirectory(prefix="campfire-benchmark-") as folder:
        profile_file = Path(folder) / "profile" if profile else None
        server = Uvicorn(
            "tests.support.host:from_environment()",
            {host.DATABASE_URL: f"sqlite:///{folder}/campfire.db"},
            profile_file,
        )
        try:
            yield plan_of(options, "campfire", server.port, _conversations(options, server)), server
        finally:
            server.stop()
            if profile_file is not None:
                profiling.keep(profile_file)


def _conversations(options: argparse.Namespace, server: Uvicorn) -> list[Seat]:
    """A conversation per pair; visitor and agent subscribe to it, nobody to the inbox."""
    desk = Desk(f"http://127.0.0.1:{server.port}/support")
    seats: list[Seat] = []
    for number in range(options.pairs):
        visitor, agent = desk.visitor(), desk.agent(f"agent-{number}")
        conversation = visitor.begin("Hello?")["id"]
        subscribe = json.dumps(
            {"type": "subscribe", "id": "s", "stream": f"conversation:{conversation}", "after": 1}
        )
        message = json.dumps(
            {
                "type": "message.send",
                "id": "%s",
                "conversation_id": conversation,
                "body": BODY,
            }
        )
        for person in (visitor, agent):
            hello = json.dumps({"type": "hello", "token": person.token})
            headers = {"Sec-WebSocket-Protocol": "campfire.v1", **person.websocket_headers}
            seats.append(Seat("/support/ws", headers, [hello, subscribe], message))
        close_everybody()
    return seats


STARTERS = {
    "echo": echo,
    "rooms": rooms,
    "durable": durable,
    "tuned": functools.partial(durable, target="tuned"),
    "campfire": campfire,
}

if __name__ == "__main__":
    main()
