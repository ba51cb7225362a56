"""The sender against receivers that fail in every way, and addresses that it must refuse."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from campfire_chat.features.webhooks.addresses import Network, networks_of
from campfire_chat.features.webhooks.sender import MAX_BODY, MAX_HEAD, Outcome, Sender
from tests.support.receiver import Receiver, closes, resets, says, says_raw

pytestmark = pytest.mark.anyio

LOOPBACK = networks_of(["127.0.0.0/8"])
#: Seconds; a receiver that hangs is not waited for longer.
QUICK = 1.0


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


async def post(
    url: str, *, networks: tuple[Network, ...] = LOOPBACK, timeout: float = 60.0
) -> Outcome:
    sender = Sender(networks, timeout=timeout)
    return await sender.post(url, {"webhook-id": "evt_1"}, b'{"a":1}')


async def test_what_is_sent_and_what_comes_back(receiver: Receiver) -> None:
    receiver.answer = says(200, "thanks")
    outcome = await post(receiver.url)
    assert (outcome.status, outcome.error, outcome.response) == (200, None, "thanks")
    [request] = receiver.requests
    assert request.line == "POST /hook?x=1 HTTP/1.1"
    assert request.json == {"a": 1}
    assert request.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert request.headers["webhook-id"] == "evt_1"
    assert request.headers["content-type"] == "application/json"


@pytest.mark.parametrize("status", [400, 404, 410, 429, 500, 503])
async def test_an_error_is_a_failure(receiver: Receiver, status: int) -> None:
    receiver.answer = says(status, "no", Retry_After="7")
    outcome = await post(receiver.url)
    assert outcome.status == status
    assert outcome.error == f"The answer was {status}."
    assert (outcome.response, outcome.retry_after) == ("no", "7")


async def test_a_redirect_is_a_failure_and_leads_nowhere(receiver: Receiver) -> None:
    with Receiver() as inner:
        receiver.answer = says(302, Location=inner.url)
        outcome = await post(receiver.url)
        assert inner.requests == []
    assert outcome.status == 302
    assert outcome.error == "The answer was 302. Redirects are not followed."


async def test_a_refused_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    outcome = await post(f"http://127.0.0.1:{port}/")
    assert (outcome.status, outcome.error) == (None, "The connection was refused.")


@pytest.mark.parametrize("answer", [resets, closes])
async def test_a_connection_that_ends_without_an_answer(receiver: Receiver, answer: object) -> None:
    receiver.answer = answer  # type: ignore[assignment]
    outcome = await post(receiver.url)
    assert outcome.status is None
    assert outcome.error == "The connection was closed before an answer came."


async def test_a_receiver_that_hangs(receiver: Receiver) -> None:
    receiver.answer = receiver.hangs
    outcome = await post(receiver.url, timeout=QUICK)
    assert (outcome.status, outcome.error) == (None, "No answer in time.")


async def test_a_head_that_drips(receiver: Receiver) -> None:
    receiver.answer = receiver.drips(b"HTTP/1.1 200 OK\r\nX: ", b"a")
    outcome = await post(receiver.url, timeout=QUICK)
    assert (outcome.status, outcome.error) == (None, "No answer in time.")


async def test_a_body_that_drips_changes_nothing_of_the_answer(receiver: Receiver) -> None:
    receiver.answer = receiver.drips(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nabc", b"")
    outcome = await post(receiver.url)
    assert (outcome.status, outcome.error, outcome.response) == (200, None, "abc")


@pytest.mark.parametrize("head", [b"Content-Length: 999999999", b"X: y"])
async def test_of_a_huge_answer_the_beginning_is_read(receiver: Receiver, head: bytes) -> None:
    receiver.answer = receiver.drips(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n", b"x" * 65536)
    outcome = await post(receiver.url)
    assert outcome.status == 200
    assert outcome.response == "x" * MAX_BODY


async def test_a_head_that_is_too_long(receiver: Receiver) -> None:
    receiver.answer = says_raw(b"HTTP/1.1 200 OK\r\nX: " + b"a" * (2 * MAX_HEAD) + b"\r\n\r\n")
    outcome = await post(receiver.url)
    assert (outcome.status, outcome.error) == (None, "The head of the answer is too long.")


@pytest.mark.parametrize("data", [b"SSH-2.0-x\r\n\r\n", b"HTTP/1.1 abc X\r\n\r\n"])
async def test_what_is_not_http(receiver: Receiver, data: bytes) -> None:
    receiver.answer = says_raw(data)
    outcome = await post(receiver.url)
    assert (outcome.status, outcome.error) == (None, "The answer is not HTTP.")


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b"3\r\nabc\r\n0\r\n\r\n", "abc"),
        (b"800\r\n" + b"y" * 2048 + b"\r\n0\r\n\r\n", "y" * MAX_BODY),
        (b"zz\r\nbroken\r\n0\r\n\r\n", ""),
    ],
)
async def test_a_body_in_chunks(receiver: Receiver, body: bytes, kept: str) -> None:
    receiver.answer = says_raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
    outcome = await post(receiver.url)
    assert (outcome.status, outcome.response) == (200, kept)


async def test_bytes_that_are_not_text(receiver: Receiver) -> None:
    receiver.answer = says_raw(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\xff\x00a")
    outcome = await post(receiver.url)
    assert outcome.response == "\ufffda"


# Where it may not send.


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]"]
)
async def test_the_loopback_interface_is_refused_however_it_is_written(
    receiver: Receiver, host: str
) -> None:
    for scheme in ("http", "https"):
        outcome = await post(f"{scheme}://{host}:{receiver.port}/", networks=())
        assert outcome.error == "The address of the host is not allowed."
    assert receiver.requests == []


class Names:
    """A resolver whose answers are given beforehand, one for each question."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked += 1
        return self.answers.pop(0)


async def test_a_name_with_one_good_and_one_bad_address_is_refused() -> None:
    names = Names(["93.184.215.14", "10.0.0.1"])
    outcome = await Sender(resolve=names).post("https://mixed.example/", {}, b"")
    assert outcome.error == "The address of the host is not allowed."


async def test_a_name_is_resolved_once_so_it_cannot_change(receiver: Receiver) -> None:
    """Rebinding: the second answer would be another address, and nobody asks for it."""
    with Receiver() as inner:
        names = Names(["127.0.0.1"], ["127.0.0.2"])
        sender = Sender(LOOPBACK, resolve=names)
        outcome = await sender.post(f"http://rebind.example:{receiver.port}/", {}, b"")
        assert (outcome.status, names.asked) == (204, 1)
        assert inner.requests == []
    assert receiver.requests[0].headers["host"] == f"rebind.example:{receiver.port}"


async def test_plain_http_and_other_ports_are_for_networks_of_the_host_app() -> None:
    public = ["93.184.215.14"]
    sender = Sender(LOOPBACK, resolve=Names(public, public))
    assert (await sender.post("http://a.example/", {}, b"")).error == "Only https is allowed there."
    outcome = await sender.post("https://a.example:8080/", {}, b"")
    assert outcome.error == "The port is not allowed there."


async def test_names_that_do_not_exist_or_cannot() -> None:
    outcome = await post("https://no-such-name.invalid/")
    assert outcome.error == "The name of the host is not known."
    outcome = await post(f"https://{'a' * 70}.example/")
    assert outcome.error in (
        "The name of the host is not valid.",
        "The name of the host is not known.",
    )


async def test_the_environment_names_no_proxy(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Receiver() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "https_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert (await post(receiver.url)).status == 204
        assert proxy.requests == []


# TLS.


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


def context_of(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


async def over_tls(
    authority: trustme.CA, shown: str, *, trusted: bool, name: str = "hooks.example"
) -> Outcome:
    tls = ssl.create_default_context()
    if trusted:
        authority.configure_trust(tls)
    with Receiver(tls=context_of(authority.issue_cert(shown))) as receiver:
        sender = Sender(LOOPBACK, tls=tls, resolve=Names(["127.0.0.1"]))
        outcome = await sender.post(f"https://{name}:{receiver.port}/", {}, b"{}")
        assert len(receiver.requests) == (outcome.status is not None)
    return outcome


async def test_the_certificate_has_to_prove_the_name(authority: trustme.CA, tmp_path: Path) -> None:
    good = await over_tls(authority, "hooks.example", trusted=True)
    assert (good.status, good.error) == (204, None)
    other = await over_tls(authority, "other.example", trusted=True)
    assert other.status is None
    assert other.error is not None
    assert other.error.startswith("TLS: Hostname mismatch")
    unknown = await over_tls(authority, "hooks.example", trusted=False)
    assert unknown.status is None
    assert unknown.error is not None
    assert unknown.error.startswith("TLS: ")


def test_networks() -> None:
    assert networks_of(["10.0.0.1"]) == (ipaddress.ip_network("10.0.0.1/32"),)
    with pytest.raises(ValueError, match="host bits"):
        networks_of(["10.0.0.1/8"])
