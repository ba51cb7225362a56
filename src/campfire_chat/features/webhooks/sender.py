"""Sends one request to a checked address, and reads the beginning of the answer.

It uses the sockets and the TLS of the standard library, because with these the checked address is
the one of the connection: the name is resolved once, each address is checked, and the connection
is opened to that address. The name is still what TLS asks for and what the certificate has to
prove. Redirects are not followed, and proxies of the environment are not used.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import io
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct

from campfire_chat.features.webhooks.addresses import Address, Network, inside, is_public
from campfire_chat.features.webhooks.rules import PORTS, port_of

#: Seconds for the whole request, for one connection, and for the part of an answer's body that is
#: kept: a success is not waited for longer than that.
TIMEOUT = 15.0
CONNECT_TIMEOUT = 5.0
BODY_TIMEOUT = 2.0
#: Bytes of an answer's head that are read, and of its body that are kept.
MAX_HEAD = 16 * 1024
MAX_BODY = 1024
_PORTION = 4096

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


class RefusedAddress(Exception):
    """The webhook may not send there."""


class NoAnswer(Exception):
    """The receiver has not given an answer; the message says why."""


class Outcome(Struct, frozen=True, kw_only=True):
    """What came of one request.

    Attributes:
        duration_ms: Milliseconds.
        status: The HTTP status; None without an answer.
        error: Why it has failed; None if it has not.
        response: The first KiB of the answer's body.
        retry_after: The header of that name.
    """

    duration_ms: int
    status: int | None = None
    error: str | None = None
    response: str | None = None
    retry_after: str | None = None


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of a name, in the order in which the system prefers them."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(item[4][0]) for item in found))


class Sender:
    """See the module.

    Args:
        networks: Networks that are allowed although they are not on the internet. In them plain
            http and every port may be used.
        tls: What certificates are checked with; by default the authorities of the system.
        resolve: Finds the addresses of a name.
        timeout: Seconds for the whole request.
    """

    def __init__(
        self,
        networks: Sequence[Network] = (),
        *,
        tls: ssl.SSLContext | None = None,
        resolve: Resolve = resolve,
        timeout: float = TIMEOUT,
    ) -> None:
        self._networks = networks
        self._tls = tls
        self._resolve = resolve
        self._timeout = timeout

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
        """Send a request. A failure is an outcome, whatever its cause."""
        loop = asyncio.get_running_loop()
        begun = loop.time()

        def took() -> int:
            return round((loop.time() - begun) * 1000)

        try:
            async with asyncio.timeout(self._timeout):
                return await self._post(url, headers, body, took)
        except RefusedAddress as error:
            return Outcome(duration_ms=took(), error=str(error))
        except NoAnswer as error:
            return Outcome(duration_ms=took(), error=str(error))
        except ssl.SSLError as error:
            reason = getattr(error, "verify_message", None) or error.reason or "TLS failed"
            return Outcome(duration_ms=took(), error=f"TLS: {reason}.")
        except TimeoutError:
            return Outcome(duration_ms=took(), error="No answer in time.")
        except socket.gaierror:
            return Outcome(duration_ms=took(), error="The name of the host is not known.")
        except ConnectionError as error:
            return Outcome(duration_ms=took(), error=_in_words(error))
        except OSError as error:
            return Outcome(duration_ms=took(), error=f"The connection failed: {error.strerror}.")
        except (http.client.HTTPException, ValueError):
            return Outcome(duration_ms=took(), error="The answer is not HTTP.")

    async def _post(
        self, url: str, headers: Mapping[str, str], body: bytes, took: Callable[[], int]
    ) -> Outcome:
        parts = urlsplit(url)
        addresses = await self._addresses(parts)
        reader, writer = await self._connect(parts, addresses)
        try:
            writer.write(_request(parts, headers, body))
            # It may have answered before it stopped reading.
            with contextlib.suppress(ConnectionError):
                await writer.drain()
            received = bytearray()
            end = await _read_head(reader, received)
            # From here on there is an answer, whatever happens to the rest of it.
            answered = took()
            with contextlib.suppress(TimeoutError, OSError):
                async with asyncio.timeout(BODY_TIMEOUT):
                    await _read_body(reader, received, end)
        finally:
            writer.transport.abort()
        return _outcome(bytes(received), answered)

    async def _addresses(self, parts: SplitResult) -> list[Address]:
        """The addresses of the URL's host.

        Raises:
            RefusedAddress: One of them is not allowed, or not in this way.
            socket.gaierror: The name has no address.
        """
        host, port = parts.hostname or "", port_of(parts)
        try:
            found = [ipaddress.ip_address(item) for item in await self._resolve(host, port)]
        except UnicodeError:
            raise RefusedAddress("The name of the host is not valid.") from None
        except ValueError:
            # An address with a zone, which only makes sense in the host's own network.
            raise RefusedAddress("The address of the host is not allowed.") from None
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, "no address")
        # A name with one good address and one bad one is refused as a whole.
        internal = all(inside(item, self._networks) for item in found)
        if internal:
            return found
        if not all(is_public(item) or inside(item, self._networks) for item in found):
            raise RefusedAddress("The address of the host is not allowed.")
        if parts.scheme != "https":
            raise RefusedAddress("Only https is allowed there.")
        if port not in PORTS:
            raise RefusedAddress("The port is not allowed there.")
        return found

    async def _connect(
        self, parts: SplitResult, addresses: Sequence[Address]
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to the first of these addresses that takes the connection."""
        tls = None
        if parts.scheme == "https":
            tls = self._tls or await asyncio.to_thread(ssl.create_default_context)
            self._tls = tls
        last: OSError | None = None
        for address in addresses:
            try:
                async with asyncio.timeout(CONNECT_TIMEOUT):
                    return await asyncio.open_connection(
                        str(address),
                        port_of(parts),
                        ssl=tls,
                        server_hostname=parts.hostname if tls else None,
                    )
            except ssl.SSLError:
                # Another address of the same name is no reason to trust it.
                raise
            except OSError as error:
                last = error
        raise last or ConnectionError()


def _in_words(error: ConnectionError) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "The connection was refused."
    return "The connection was closed before an answer came."


def _request(parts: SplitResult, headers: Mapping[str, str], body: bytes) -> bytes:
    """The whole request. What is in a URL was checked: it cannot hold a line break."""
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    if parts.port is not None:
        host = f"{host}:{parts.port}"
    fields = {
        "Host": host,
        **headers,
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Accept-Encoding": "identity",
        "Connection": "close",
    }
    lines = [f"POST {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
    return "\r\n".join(lines).encode("ascii") + b"\r\n\r\n" + body


async def _read_head(reader: asyncio.StreamReader, received: bytearray) -> int:
    """Read until the head of the answer is complete; where it ends.

    Raises:
        NoAnswer: It ends too early, or is too long.
    """
    while (end := received.find(b"\r\n\r\n")) < 0:
        if len(received) > MAX_HEAD:
            raise NoAnswer("The head of the answer is too long.")
        portion = await reader.read(_PORTION)
        if not portion:
            raise NoAnswer("The connection was closed before an answer came.")
        received += portion
    return end + 4


async def _read_body(reader: asyncio.StreamReader, received: bytearray, end: int) -> None:
    """Read on, until there is as much of the body as is kept."""
    answer = _parsed(bytes(received))
    # In chunks there is more than the body itself.
    wanted = end + (2 * MAX_BODY if answer.chunked else min(answer.length or MAX_BODY, MAX_BODY))
    if answer.length == 0:
        return
    while len(received) < wanted:
        if answer.chunked and received.endswith(b"0\r\n\r\n"):
            return
        portion = await reader.read(_PORTION)
        if not portion:
            return
        received += portion


class _Received:
    """What :class:`http.client.HTTPResponse` needs of a socket."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)


def _parsed(received: bytes) -> http.client.HTTPResponse:
    answer = http.client.HTTPResponse(_Received(received), method="POST")  # pyright: ignore[reportArgumentType]
    answer.begin()
    return answer


def _outcome(received: bytes, duration_ms: int) -> Outcome:
    answer = _parsed(received)
    try:
        body = answer.read(MAX_BODY)
    except http.client.IncompleteRead as cut:
        body = cut.partial[:MAX_BODY]
    except (http.client.HTTPException, ValueError):
        # A broken chunk; the status stands.
        body = b""
    status = answer.status
    return Outcome(
        duration_ms=duration_ms,
        status=status,
        error=None if 200 <= status < 300 else _refusal(status),
        response=body.decode("utf-8", "replace").replace("\x00", ""),
        retry_after=answer.getheader("Retry-After"),
    )


def _refusal(status: int) -> str:
    if 300 <= status < 400:
        return f"The answer was {status}. Redirects are not followed."
    return f"The answer was {status}."
