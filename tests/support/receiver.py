"""A receiver of webhooks on the loopback interface that does whatever a test wants."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from typing import Any

#: What it does with a connection once it has read the request.
Answer = Callable[[socket.socket], None]


def says(status: int, body: str = "", **headers: str) -> Answer:
    """Answers in the ordinary way."""
    lines = [
        f"HTTP/1.1 {status} X",
        *(f"{key.replace('_', '-')}: {headers[key]}" for key in headers),
    ]
    head = "\r\n".join([*lines, f"Content-Length: {len(body.encode())}"])
    return lambda peer: peer.sendall(f"{head}\r\n\r\n{body}".encode())


def says_raw(data: bytes) -> Answer:
    return lambda peer: peer.sendall(data)


def resets(peer: socket.socket) -> None:
    """Closes with RST, and not in the ordinary way."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def closes(peer: socket.socket) -> None:
    """Closes without an answer."""


class Request:
    """A request that came in."""

    def __init__(self, head: str, body: bytes) -> None:
        self.line, *rest = head.split("\r\n")
        self.headers = {
            name.lower(): value for name, value in (line.split(": ", 1) for line in rest if line)
        }
        self.body = body

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Receiver:
    """See the module. Use it as a context manager.

    Attributes:
        answer: What it does with each request.
        requests: What has come in so far.
    """

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.answer: Answer = says(204)
        self.requests: list[Request] = []
        #: Set when the test is over: whatever hangs ends.
        self.over = threading.Event()
        self._tls = tls
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._threads: list[threading.Thread] = []

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/hook?x=1"

    def hangs(self, peer: socket.socket) -> None:
        """Says nothing until the test is over."""
        self.over.wait(600)

    def drips(self, first: bytes, rest: bytes = b"") -> Answer:
        """Sends the first bytes at once, and one of the rest at a time without an end."""

        def answer(peer: socket.socket) -> None:
            peer.sendall(first)
            while not self.over.wait(0.02):
                peer.sendall(rest)

        return answer

    def __enter__(self) -> Receiver:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        # Closing alone would not wake a thread that waits in accept().
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join(60)

    def _start(self, target: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self._socket.accept()
            except OSError:
                return
            self._start(self._serve, peer)

    def _serve(self, peer: socket.socket) -> None:
        try:
            peer.settimeout(120)
            with self._tls.wrap_socket(peer, server_side=True) if self._tls else peer as stream:
                request = _read(stream)
                if request is not None:
                    self.requests.append(request)
                    self.answer(stream)
        except OSError:
            # The desk has closed the connection, which some tests are about.
            return


def _read(stream: socket.socket) -> Request | None:
    data = b""
    while b"\r\n\r\n" not in data:
        portion = stream.recv(65536)
        if not portion:
            return None
        data += portion
    head, _, body = data.partition(b"\r\n\r\n")
    request = Request(head.decode(), body)
    while len(request.body) < int(request.headers.get("content-length", 0)):
        request.body += stream.recv(65536)
    return request
