"""Real servers: uvicorn in a thread for speed, in a process for everything that kills it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from campfire_chat import Campfire
from tests.support import host
from tests.support.ports import free_port
from tests.support.preloaded import PreloadedProcess, start_module
from tests.support.trust import trust

ROOT = Path(__file__).parents[2]

#: Seconds a server may take to start or stop; far more than it needs on a busy machine.
PATIENCE = 120.0


def listening_socket(port: int = 0) -> socket.socket:
    # It names the protocol, because asyncio turns Nagle's algorithm off only for sockets of which
    # it knows that they are TCP. With it, an answer on a kept connection waits 40 ms for an
    # acknowledgement.
    bound = socket.socket(proto=socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", port))
    return bound


def eventually(condition: Callable[[], Any], patience: float = PATIENCE) -> None:
    """Wait until something holds, at most so many seconds; for tests without an event loop of
    their own."""
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("it never came to hold")
        time.sleep(0.01)


@contextlib.contextmanager
def ended(processes: list[subprocess.Popen[bytes]]) -> Iterator[None]:
    """Kills whichever of the processes are running in the end."""
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.communicate(timeout=PATIENCE)


class ThreadServer:
    """Serves an ASGI app from a thread of this process."""

    def __init__(self, app: Any, *, mount: str = "/support", **options: Any) -> None:
        self._socket = listening_socket()
        self.port: int = self._socket.getsockname()[1]
        self.mount = "" if mount == "/" else mount
        #: The desk behind it, for tests that wait for what it knows.
        self.campfire: Campfire | None = None
        config = uvicorn.Config(
            app,
            ws="websockets-sansio",
            loop="asyncio",
            lifespan="on",
            log_level="warning",
            timeout_graceful_shutdown=5,
            # No idle connection is closed just as a client sends its next request.
            timeout_keep_alive=600,
            **options,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def listeners(self, organization: str, stream: str) -> int:
        """How many sockets and long polls are attached to a stream here."""
        assert self.campfire is not None
        assert self.campfire._running is not None
        channel = self.campfire._running.hub._channels.get((organization, stream))
        return 0 if channel is None else len(channel.subscriptions)

    def _run(self) -> None:
        # uvicorn leaves by sys.exit when a lifespan fails; __enter__ notices the end.
        with contextlib.suppress(SystemExit):
            self._server.run(sockets=[self._socket])

    def __enter__(self) -> ThreadServer:
        self._thread.start()
        deadline = time.monotonic() + PATIENCE
        while not self._server.started:
            if not self._thread.is_alive():
                self._socket.close()
                raise RuntimeError("the server did not start; see the log")
            if time.monotonic() > deadline:
                raise TimeoutError("the server did not start in time")
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(PATIENCE)
        self._socket.close()
        if self._thread.is_alive():
            raise TimeoutError("the server did not stop in time")


def uvicorn_command(target: str, port: int) -> list[str]:
    factory = ["--factory"] if target.endswith("()") else []
    return [
        *("-m", "uvicorn", target.removesuffix("()"), *factory),
        *("--host", "127.0.0.1", "--port", str(port)),
        *("--ws", "websockets-sansio", "--log-level", "info"),
    ]


class ProcessServer:
    """Serves an app from a process of its own, which may be killed and started again.

    Args:
        target: What the server imports; a factory when it ends with ``()``.
        command: What Python runs to serve a target on a port: uvicorn, unless said otherwise.
        environment: Added to the process's environment.
        mount: Where the desk is mounted, for the readiness probe.
    """

    def __init__(
        self,
        target: str,
        *,
        environment: dict[str, str] | None = None,
        mount: str = "/support",
        arguments: tuple[str, ...] = (),
        directory: Path = ROOT,
        port: int | None = None,
        command: Callable[[str, int], list[str]] = uvicorn_command,
    ) -> None:
        self.port = free_port() if port is None else port
        self.mount = "" if mount == "/" else mount
        self._command = command
        self._target = target
        self._arguments = arguments
        self._directory = directory
        self._python: str | Path = sys.executable
        paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        self._environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(paths),
            "PYTHONUNBUFFERED": "1",
            **(environment or {}),
        }
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the server
        self._process: subprocess.Popen[bytes] | PreloadedProcess | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        return self._running.pid

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def _running(self) -> subprocess.Popen[bytes] | PreloadedProcess:
        if self._process is None:
            raise RuntimeError("the server is not running")
        return self._process

    @property
    def log(self) -> str:
        """What the process has written so far, over all its lives."""
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def start(self, *, wait: bool = True) -> None:
        command = [*self._command(self._target, self.port), *self._arguments]
        if command[:2] == ["-m", "uvicorn"] and self._python == sys.executable:
            self._process = start_module(
                command[1],
                command[2:],
                directory=self._directory,
                environment=self._environment,
                log=self._log.fileno(),
            )
        else:
            self._process = subprocess.Popen(
                [self._python, *command],
                cwd=self._directory,
                env=self._environment,
                stdout=self._log,
                stderr=self._log,
                # A supervisor and its workers form a group, which can be ended as one.
                start_new_session=True,
            )
        if wait:
            self.wait_until_ready()

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + PATIENCE
        probe = f"{self.url}{self.mount}/api/v1/health/ready"
        with httpx.Client(timeout=10, verify=trust()) as client:
            while True:
                if self._running.poll() is not None:
                    raise RuntimeError(f"the server ended while starting:\n{self.log}")
                with contextlib.suppress(httpx.TransportError):
                    if client.get(probe).status_code == 200:
                        return
                if time.monotonic() > deadline:
                    raise TimeoutError(f"the server did not get ready:\n{self.log}")
                time.sleep(0.05)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal and do not wait for what comes of it."""
        self._running.send_signal(number)

    def kill(self) -> None:
        """SIGKILL: nothing gets to run any more."""
        self._running.kill()
        self._running.wait(PATIENCE)
        self._process = None

    def terminate(self) -> tuple[int, float]:
        """SIGTERM; the exit status and the seconds until the process had ended."""
        began = time.monotonic()
        self._running.send_signal(signal.SIGTERM)
        status = self._running.wait(PATIENCE)
        self._process = None
        return status, time.monotonic() - began

    def restart(self) -> None:
        """Kill it and start it again on the same port and database."""
        self.kill()
        self.start()

    def close(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(PATIENCE)
        self._log.close()


@contextlib.contextmanager
def process_server(
    database_url: str,
    *,
    path: str = "/support",
    start: bool = True,
    command: Callable[[str, int], list[str]] = uvicorn_command,
    arguments: tuple[str, ...] = (),
    target: str = "tests.support.host:from_environment()",
    environment: dict[str, str] | None = None,
    **options: Any,
) -> Iterator[ProcessServer]:
    """The tests' host app in a process of its own; ``options`` are the Campfire's."""
    environment = {
        **(environment or {}),
        host.DATABASE_URL: database_url,
        host.OPTIONS: json.dumps(options),
        host.PATH: path,
    }
    server = ProcessServer(
        target,
        environment=environment,
        mount=path,
        command=command,
        arguments=arguments,
    )
    try:
        if start:
            server.start()
        yield server
    except BaseException:
        print(server.log)
        raise
    finally:
        server.close()
