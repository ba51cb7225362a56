"""Buses over TLS: a server whose certificate is not known, or of another name, is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.buses.conftest import Member, talk, until
from tests.support.buses import nats_server, redis_server
from tests.support.engines import EngineMissing
from tests.support.tls import Certificate, certificate, terminator

pytestmark = pytest.mark.anyio

Join = Callable[..., Any]
Serve = Callable[[Certificate], Any]

#: OpenSSL's own, which Python's default context heeds: the file of whom to trust.
SSL_CERT_FILE = "SSL_CERT_FILE"


@pytest.fixture(params=["redis", "nats"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
async def serve(kind: str, anyio_backend: str) -> AsyncIterator[Serve]:
    """Has a server show a certificate, and returns its URL."""
    async with AsyncExitStack() as stack:

        async def serve(shown: Certificate) -> str:
            try:
                if kind == "nats":
                    return stack.enter_context(nats_server(tls=shown)).url
                plain = stack.enter_context(redis_server())
            except EngineMissing as missing:
                pytest.skip(str(missing))
            port = urlsplit(plain.url).port
            assert port is not None
            return f"rediss://127.0.0.1:{await stack.enter_async_context(terminator(port, shown))}"

        yield serve


@pytest.fixture
def known(tmp_path: Path) -> Certificate:
    return certificate(tmp_path, "127.0.0.1")


async def stays_ill(member: Member, caplog: pytest.LogCaptureFixture, reason: str) -> None:
    """It has said why, and another attempt goes no better."""
    assert not member.bus.well
    # A start waits for three seconds, which a slow machine may need for the handshake.
    assert reason in caplog.text or "nothing was received" in caplog.text
    caplog.set_level("DEBUG", "campfire_chat.realtime")
    await until(lambda: caplog.text.count("the bus failed") >= 2, "it has tried again")
    assert reason in caplog.text
    assert not member.bus.well


async def test_members_talk_over_tls(
    serve: Serve, known: Certificate, channel: str, join: Join, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SSL_CERT_FILE, str(known.authority))
    url = await serve(known)
    one, two = await join(url, "one", channel), await join(url, "two", channel)
    assert one.bus.well
    assert two.bus.well
    await talk(one, two, "in private")


async def test_a_certificate_nobody_knows_is_refused(
    serve: Serve, known: Certificate, channel: str, join: Join, caplog: pytest.LogCaptureFixture
) -> None:
    """A start goes on without the bus, and the log says what is wrong with it."""
    one = await join(await serve(known), "one", channel)
    await stays_ill(one, caplog, "CERTIFICATE_VERIFY_FAILED")
    assert not one.wakes


async def test_a_certificate_of_another_name_is_refused(
    serve: Serve,
    channel: str,
    join: Join,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Anybody may have one by an authority that is known; redis-py 5 would take it."""
    other = certificate(tmp_path, "elsewhere.example")
    monkeypatch.setenv(SSL_CERT_FILE, str(other.authority))
    one = await join(await serve(other), "one", channel)
    await stays_ill(one, caplog, "certificate is not valid for '127.0.0.1'")


@pytest.mark.parametrize("kind", ["redis"])
async def test_a_redis_url_may_name_the_authority(
    serve: Serve, known: Certificate, channel: str, join: Join
) -> None:
    url = f"{await serve(known)}?ssl_ca_certs={known.authority}"
    one, two = await join(url, "one", channel), await join(url, "two", channel)
    assert one.bus.well
    await talk(one, two, "in private")


@pytest.mark.parametrize("kind", ["redis"])
async def test_a_redis_url_may_do_without_verification(
    serve: Serve, known: Certificate, channel: str, join: Join
) -> None:
    """It has to ask for it by name."""
    one = await join(f"{await serve(known)}?ssl_cert_reqs=none", "one", channel)
    assert one.bus.well


async def test_nats_with_tls_is_never_spoken_to_in_the_clear(
    channel: str, join: Join, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody on the way may have taken out that the server asks for TLS."""
    try:
        with nats_server() as server:
            url = server.url.replace("nats://", "tls://me:secret@")
            one = await join(url, "one", channel)
            await stays_ill(one, caplog, "the server does not ask for TLS")
            await one.bus.stop()
    except EngineMissing as missing:
        pytest.skip(str(missing))
