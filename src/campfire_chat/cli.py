"""The command line: the demo, migrations, and checks of an installation.

It may read the environment (``CAMPFIRE_DATABASE_URL``, ``CAMPFIRE_BUS_URL``); the library does not.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import errno
import importlib
import importlib.util
import os
import secrets
import signal
import socket
import sys
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, NoReturn

from campfire_chat import __version__
from campfire_chat.app import Campfire
from campfire_chat.core import clock
from campfire_chat.core.errors import CampfireError, ConfigurationError
from campfire_chat.core.scalars import DEFAULT_ORGANIZATION
from campfire_chat.core.urls import HIDDEN, redacted
from campfire_chat.database.engines import missing_file
from campfire_chat.database.lanes import Lanes
from campfire_chat.database.outside import lanes_of
from campfire_chat.doctor import Finding, Level, examine
from campfire_chat.feed.positions import states
from campfire_chat.http.application import STATIC
from campfire_chat.inventory import inventory
from campfire_chat.jobs.queue import Queue

#: Bytes of one WebSocket message that the demo's server reads: as many as campfire-chat accepts.
MAX_MESSAGE = 64 * 1024

#: Messages and conversations between two lines of a command that takes long.
TOLD_EVERY = 50_000

_MARKS = {Level.OK: "ok  ", Level.WARN: "warn", Level.FAIL: "FAIL"}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command. Return the exit code: 0 success, 1 failure, 2 wrong options."""
    arguments = _parser().parse_args(argv)
    command: Callable[[argparse.Namespace], int] = arguments.run
    try:
        return command(arguments)
    except CampfireError as error:
        print(f"campfire-chat: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


class _Parser(argparse.ArgumentParser):
    """A parser whose errors show no URL, since there may be a password in it."""

    def error(self, message: str) -> NoReturn:
        # A URL without its option is an unknown argument, and argparse repeats those.
        what, colon, given = message.partition(": ")
        if "://" in given or "@" in given:
            message = what + colon + HIDDEN
        super().error(message)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="campfire-chat", description="A customer-support chat inside your ASGI app."
    )
    parser.add_argument("--version", action="version", version=f"campfire-chat {__version__}")
    commands = parser.add_subparsers(required=True, metavar="command")

    demo = commands.add_parser("demo", help="run a small shop with campfire-chat mounted into it")
    demo.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    demo.add_argument(
        "--port", type=int, default=8000, help="port to listen on (%(default)s); 0 picks a free one"
    )
    demo.add_argument(
        "--directory",
        type=Path,
        default=_data_directory(),
        help="where the demo keeps its database (%(default)s)",
    )
    demo.add_argument("--reset", action="store_true", help="delete the demo's data and start again")
    demo.set_defaults(run=_demo)

    migrate = commands.add_parser("migrate", help="update the database schema")
    _add_database(migrate)
    migrate.set_defaults(run=_migrate)

    doctor = commands.add_parser("doctor", help="check the installation and the database")
    _add_database(doctor, required=False)
    doctor.add_argument(
        "--bus",
        metavar="URL",
        default=os.environ.get("CAMPFIRE_BUS_URL"),
        help="bus URL (CAMPFIRE_BUS_URL, else the bus that comes with the database)",
    )
    doctor.set_defaults(run=_doctor)

    worker = commands.add_parser("worker", help="do the jobs of a desk in a process of its own")
    worker.add_argument(
        "campfire", metavar="MODULE:NAME", help="where the Campfire is, such as app:campfire"
    )
    worker.set_defaults(run=_worker)

    search = commands.add_parser("search", help="build the search index again")
    search.add_argument("action", choices=["rebuild"], help="what to do with the index")
    search.add_argument(
        "campfire", metavar="MODULE:NAME", help="where the Campfire is, such as app:campfire"
    )
    search.set_defaults(run=_search)

    declared = commands.add_parser("inventory", help="list endpoints, frames, streams and events")
    declared.set_defaults(run=_inventory)

    jobs = commands.add_parser("jobs", help="show jobs that failed for good; restart or drop one")
    _add_database(jobs)
    some = jobs.add_mutually_exclusive_group()
    some.add_argument("--restart", metavar="ID", help="try this job again")
    some.add_argument("--drop", metavar="ID", help="remove this job")
    jobs.add_argument(
        "--organization",
        default=DEFAULT_ORGANIZATION,
        help="whose job it is (%(default)s); '' is the installation",
    )
    jobs.set_defaults(run=_jobs)

    feed = commands.add_parser("feed", help="show how far hooks and other readers of events are")
    _add_database(feed)
    feed.set_defaults(run=_feed)
    return parser


def _add_database(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    default = os.environ.get("CAMPFIRE_DATABASE_URL")
    parser.add_argument(
        "--database",
        metavar="URL",
        default=default,
        required=required and default is None,
        help="sqlite:///support.db or postgresql://… (CAMPFIRE_DATABASE_URL)",
    )


# migrate and doctor.


def _migrate(arguments: argparse.Namespace) -> int:
    # The key signs tokens, and this command makes none.
    campfire = Campfire(arguments.database, secret_key=secrets.token_urlsafe())
    revision = asyncio.run(campfire.migrate())
    print(f"{redacted(arguments.database)}: the schema is at {revision}.")
    return 0


def _doctor(arguments: argparse.Namespace) -> int:
    findings: list[Finding] = asyncio.run(examine(arguments.database, arguments.bus))
    for finding in findings:
        print(f"{_MARKS[finding.level]}  {finding.text}")
    failed = sum(finding.level is Level.FAIL for finding in findings)
    warned = sum(finding.level is Level.WARN for finding in findings)
    print(f"{len(findings)} checks, {failed} failed, {warned} to look at.")
    return 1 if failed else 0


# worker and jobs.


def _worker(arguments: argparse.Namespace) -> int:
    campfire = _load_campfire(arguments.campfire)

    async def work() -> None:
        until = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            # Windows has no such handlers; there Ctrl+C ends the process by an exception.
            with contextlib.suppress(NotImplementedError):
                loop.add_signal_handler(number, until.set)
        print(f"Doing the jobs of {arguments.campfire}; Ctrl+C or SIGTERM ends it.", flush=True)
        await campfire.work(until)

    asyncio.run(work())
    return 0


def _search(arguments: argparse.Namespace) -> int:
    campfire = _load_campfire(arguments.campfire)

    async def rebuild() -> dict[str, int]:
        done: dict[str, int] = {}
        told = 0
        async for organization, seen in campfire.rebuild_search():
            done[organization] = seen
            if sum(done.values()) - told >= TOLD_EVERY:
                told = sum(done.values())
                print(f"{told} messages, conversations and index entries checked …", flush=True)
        return done

    done = asyncio.run(rebuild())
    for organization, seen in done.items():
        print(f"{organization}  {seen} messages, conversations and index entries checked")
    print("The search index is built.")
    return 0


def _load_campfire(target: str) -> Campfire:
    """
    Raises:
        ConfigurationError: ``target`` does not name a Campfire.
    """
    name, _, attribute = target.partition(":")
    if not name or not attribute or not all(part.isidentifier() for part in name.split(".")):
        raise ConfigurationError(
            f"{HIDDEN if '://' in target else repr(target)} is not of the form MODULE:NAME, "
            "such as app:campfire for a file app.py"
        )
    # As for uvicorn: the application is in the folder where the command is run.
    sys.path.insert(0, str(Path.cwd()))
    try:
        module = importlib.import_module(name)
        found = getattr(module, attribute, None)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise
        raise ConfigurationError(
            f"There is no module {error.name!r} here. If the name ends with .py, leave that out."
        ) from None
    if not isinstance(found, Campfire):
        kind = "nothing of that name" if found is None else f"of type {type(found).__name__}"
        names = [key for key, value in vars(module).items() if isinstance(value, Campfire)]
        hint = f" Write {name}:{names[0]}." if names else ""
        raise ConfigurationError(
            f"{attribute!r} in {name!r} is not a Campfire object, but {kind}.{hint}"
        )
    return found


def _inventory(arguments: argparse.Namespace) -> int:
    print("\n".join(inventory()))
    return 0


def _jobs(arguments: argparse.Namespace) -> int:
    return asyncio.run(
        _look_at_jobs(arguments.database, arguments.organization, arguments.restart, arguments.drop)
    )


async def _look_at_jobs(
    database: str, organization: str, restart: str | None, drop: str | None
) -> int:
    async with _opened(database) as lanes:
        queue = Queue(lanes, lanes, now=clock.now)
        if restart is not None or drop is not None:
            act = queue.drop if restart is None else queue.restart
            if await act(organization, restart or drop or ""):
                print("Done.")
                return 0
            print("There is no such parked job in this organisation.", file=sys.stderr)
            return 1
        parked = await queue.parked()
    for job in parked:
        whose = job.organization or "(installation)"
        print(f"{clock.rfc3339(job.parked_at)}  {job.id}  {whose}  {job.kind}")
        print(f"    {job.attempts} attempts; {job.error}")
        print(f"    {job.arguments}")
    print(f"{len(parked)} parked jobs.")
    return 0


@contextlib.asynccontextmanager
async def _opened(database: str) -> AsyncGenerator[Lanes]:
    """
    Raises:
        ConfigurationError: There is no such file. To open it would create an empty database under
            a mistyped name.
    """
    missing = missing_file(database)
    if missing is not None:
        raise ConfigurationError(f"There is no database {missing}.", field="database_url")
    async with lanes_of(database) as lanes:
        yield lanes


def _feed(arguments: argparse.Namespace) -> int:
    return asyncio.run(_look_at_feed(arguments.database))


async def _look_at_feed(database: str) -> int:
    async with _opened(database) as lanes:
        consumers = await lanes.run(states)
    for state in consumers:
        print(f"{state.consumer}  {state.organization}  {state.behind} behind")
        if state.failed_at is not None:
            print(f"    fails since {clock.rfc3339(state.failed_at)}: {state.error}")
    print(f"{len(consumers)} places.")
    return 0


# demo.


def _demo(arguments: argparse.Namespace) -> int:
    try:
        import uvicorn
    except ModuleNotFoundError:
        raise ConfigurationError(
            "The demo needs its extra: pip install 'campfire-chat[demo]'"
        ) from None
    if not (STATIC / "widget.js").is_file():
        raise ConfigurationError(
            "The widget and the console are not built in this source tree: "
            "run `pip install '.[demo]'` once."
        )
    directory: Path = arguments.directory
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if arguments.reset:
            _forget(directory)
    except OSError as error:
        raise ConfigurationError(f"Cannot write to {directory}: {error.strerror}") from None
    listener = _listen(arguments.host, arguments.port)
    fresh = not (directory / "shop.db").exists()
    if fresh:
        print("Setting up the shop and its older conversations …", flush=True)
    app = _shop().create_app(directory)
    port = listener.getsockname()[1]

    class Server(uvicorn.Server):
        """Prints the addresses when the server can be reached."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                print(_welcome(_address(arguments.host, port), directory), flush=True)

    config = uvicorn.Config(
        app,
        # uvloop where it is installed. That is the default; it is stated so that it stays so.
        loop="auto",
        ws=_websocket_library(),
        ws_max_size=MAX_MESSAGE,
        # Frames are small, and a compressor costs each idle socket 40 KiB.
        ws_per_message_deflate=False,
        log_level="warning",
        # Otherwise the server would wait for ever for a client that does not read.
        timeout_graceful_shutdown=5,
    )
    server = Server(config)
    with listener:
        server.run(sockets=[listener])
    return 0 if server.started else 1


def _websocket_library() -> Literal["websockets-sansio", "auto"]:
    """The fastest of uvicorn's WebSocket implementations that is installed."""
    implementation = "uvicorn.protocols.websockets.websockets_sansio_impl"
    if importlib.util.find_spec("websockets") and importlib.util.find_spec(implementation):
        return "websockets-sansio"
    return "auto"


def _listen(host: str, port: int) -> socket.socket:
    """
    Raises:
        ConfigurationError: The port is in use, or the address is not one of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # It names the protocol, because asyncio turns Nagle's algorithm off only for sockets of which
    # it knows that they are TCP. With it, an answer on a kept connection waits 40 ms for an
    # acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OverflowError:
        listener.close()
        raise ConfigurationError("The port must be a number from 0 to 65535.") from None
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise ConfigurationError(
                f"Port {port} is taken; choose another one: campfire-chat demo --port {port + 1}"
            ) from None
        raise ConfigurationError(f"Cannot listen on {host}:{port}: {error.strerror}") from None
    return listener


def _welcome(url: str, directory: Path) -> str:
    return f"""
  The shop      {url}/                  write as a guest, or log in as a customer
  The console   {url}/support/console/  answer as Ada or Grace
  Log in        {url}/login             one click for each person, no passwords

  Open the console in one window and the shop in a private one: a browser has one session.
  All data is in {directory}; --reset deletes it.
  Press Ctrl+C to stop.
"""


def _address(host: str, port: int) -> str:
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{name}:{port}"


def _data_directory() -> Path:
    """The directory for a user's data on this system."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", str(Path.home()))
    else:
        base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "campfire-chat" / "demo"


def _forget(directory: Path) -> None:
    """Delete only what the demo wrote."""
    names = [f"shop.db{bus}{end}" for bus in ("", "-bus") for end in ("", "-wal", "-shm")]
    for name in (*names, "secret.key"):
        (directory / name).unlink(missing_ok=True)


def _shop() -> Any:
    """The shop's package: part of a wheel, or beside ``src`` in a source tree."""
    if importlib.util.find_spec("campfire_chat.shop"):
        return importlib.import_module("campfire_chat.shop")
    package = Path(__file__).parents[2] / "examples" / "shop"
    if not (package / "__init__.py").is_file():
        raise ConfigurationError("The demo shop is not part of this installation.")
    return _load_package("campfire_chat_shop", package)


def _load_package(name: str, directory: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        name, directory / "__init__.py", submodule_search_locations=[str(directory)]
    )
    if spec is None or spec.loader is None:
        raise ConfigurationError(f"{directory} cannot be loaded.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    sys.exit(main())
