"""What a page takes for an answer: what was cut off on its way is none."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest

from tests.package.test_frontend_rooms import FRONTEND
from tests.support.node import evaluate

MODULE: Final = FRONTEND / "common" / "api.ts"
CODE: Final = f"""
    const {{ createApi, ApiError }} = await import({json.dumps(MODULE.as_uri())});
    let told = "";
    for await (const part of process.stdin) told += part;
    const api = createApi({{ base: JSON.parse(told) }});
    const answer = await api.request("PUT", "things", {{ body: {{}} }}).catch((error) => {{
      if (!(error instanceof ApiError)) throw error;
      return [error.code, error.status, error.final];
    }});
    console.log(JSON.stringify(answer));
"""


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """A server that sends these bytes and hangs up; its address."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while self.rfile.readline().strip():
                pass
            self.wfile.write(answer)

    with socketserver.TCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/support/"
        finally:
            server.shutdown()


def response(status: str, body: bytes, length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\n\r\n".encode() + body


@pytest.mark.parametrize(
    ("sent", "got"),
    [
        pytest.param(response("200 OK", b'{"a":1}'), {"a": 1}, id="whole"),
        pytest.param(response("200 OK", b'{"a":1', 7), ["network", 0, False], id="cut-off"),
        pytest.param(response("200 OK", b"", 7), ["network", 0, False], id="no-body"),
        pytest.param(response("200 OK", b"<p>Log in"), ["network", 0, False], id="a-page"),
        pytest.param(b"", ["network", 0, False], id="nothing"),
        pytest.param(response("502 Bad", b"<p>Later"), ["http_502", 502, False], id="a-proxy"),
        pytest.param(response("404 No", b'{"co', 9), ["http_404", 404, True], id="cut-off-refusal"),
        pytest.param(
            response("409 No", b'{"code":"draft_stale"}'), ["draft_stale", 409, True], id="refusal"
        ),
    ],
)
def test_only_a_whole_answer_is_one(sent: bytes, got: object) -> None:
    with answering(sent) as url:
        assert evaluate(CODE, url) == got
