"""The rules of webhooks: addresses, URLs, signatures, when to try again."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campfire_chat import Campfire
from campfire_chat.core.clock import SECOND
from campfire_chat.core.errors import ConfigurationError, InvalidError
from campfire_chat.features.webhooks import rules
from campfire_chat.features.webhooks.addresses import inside, is_public, networks_of
from campfire_chat.features.webhooks.codec import Webhook
from campfire_chat.features.webhooks.errors import InvalidWebhookError
from campfire_chat.features.webhooks.payload import without_texts
from campfire_chat.features.webhooks.records import PauseReason, TextChoice, WebhookState

NOW = 1_790_000_000 * SECOND


# Addresses. What Python's own registry says is the other opinion.


@given(st.ip_addresses(v=4))
def test_no_special_address_of_ipv4_is_public(address: ipaddress.IPv4Address) -> None:
    if is_public(address):
        assert address.is_global
        assert not (address.is_multicast)
        assert not (address.is_private)
        assert not (address.is_reserved)


@given(st.ip_addresses(v=6))
def test_no_special_address_of_ipv6_is_public(address: ipaddress.IPv6Address) -> None:
    if is_public(address):
        assert address.is_global
        assert not (address.is_multicast)
        assert not (address.is_private)
        assert not (address.is_reserved)
        assert address.ipv4_mapped is None
        assert address.teredo is None
        assert address.sixtofour is None


PREFIXES = ("::ffff:0:0/96", "::/96", "64:ff9b::/96", "64:ff9b:1::/96", "2002::/16", "2001::/32")


@given(st.ip_addresses(v=4), st.sampled_from(PREFIXES))
def test_no_ipv4_address_comes_in_by_ipv6(inner: ipaddress.IPv4Address, prefix: str) -> None:
    network = ipaddress.IPv6Network(prefix)
    shift = max(0, 128 - network.prefixlen - 32)
    held = ipaddress.IPv6Address(int(network.network_address) | int(inner) << shift)
    assert not is_public(held)


@pytest.mark.parametrize(
    "text",
    [
        *("127.0.0.1", "10.1.2.3", "172.31.255.255", "192.168.0.1", "169.254.169.254", "0.0.0.0"),
        *("100.100.100.200", "168.63.129.16", "224.0.0.1", "255.255.255.255", "198.18.0.1"),
        *("::", "::1", "fe80::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "fec0::1"),
    ],
)
def test_well_known_addresses_that_are_not_public(text: str) -> None:
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", ["1.1.1.1", "93.184.215.14", "2606:4700::1111", "2a00:1450::1"])
def test_well_known_addresses_that_are_public(text: str) -> None:
    assert is_public(ipaddress.ip_address(text))


def test_a_mapped_address_is_the_one_inside() -> None:
    networks = networks_of(["10.0.0.0/8"])
    assert inside(ipaddress.ip_address("::ffff:10.0.0.1"), networks)
    assert not inside(ipaddress.ip_address("::ffff:11.0.0.1"), networks)


def test_networks_are_checked_when_the_desk_is_made() -> None:
    key = "a key of at least sixteen characters"
    Campfire("sqlite:///x.db", secret_key=key, webhook_networks=["10.0.0.0/8"])
    wrong: list[Any] = [["10.0.0.1/8"], ["intranet"], "10.0.0.0/8"]
    for networks in wrong:
        with pytest.raises(ConfigurationError):
            Campfire("sqlite:///x.db", secret_key=key, webhook_networks=networks)


# URLs and other values.


@pytest.mark.parametrize(
    "url",
    [
        *("http://a.example/", "ftp://a.example/", "https://", "https:///x", "a.example", ""),
        *("https://a.example:80/", "https://a.example:0/", "https://a.example:99999/"),
        *("https://u:p@a.example/", "https://u@a.example/", "https://a.example/#x"),
        *("https://a.example/ x", "https://a.example/\r\nX: y", "https://a.example/\x00"),
        *("https://ä.example/", "https://[::1/", "https://a.example/" + "x" * 2048, "\ud800"),
    ],
)
def test_urls_that_are_refused(url: str) -> None:
    with pytest.raises(InvalidError):
        rules.check_url(url, internal=False)


@given(st.text(max_size=200))
def test_whatever_is_written_is_a_good_url_or_is_refused(text: str) -> None:
    try:
        url = rules.check_url("https://" + text, internal=True)
    except InvalidError:
        return
    assert not set(url) & set("\r\n\x00 #")


def test_urls_of_networks_of_the_host_app() -> None:
    url = "http://crm.internal:8080/hook"
    assert rules.check_url(url, internal=True) == url
    with pytest.raises(InvalidWebhookError):
        rules.check_url(url, internal=False)
    rules.check_url("https://a.example:8443/x?y=1", internal=False)


def test_events_and_descriptions() -> None:
    assert rules.check_events(None) is None
    events = ["message.created", "conversation.updated", "message.created"]
    assert rules.check_events(events) == ["conversation.updated", "message.created"]
    for wrong in ([], ["message.exploded"], ["\x00"]):
        with pytest.raises(InvalidWebhookError):
            rules.check_events(wrong)
    assert rules.check_description("  CRM ") == "CRM"
    assert rules.check_description("") == ""
    for text in ("a\nb", "x" * 201):
        with pytest.raises(InvalidWebhookError):
            rules.check_description(text)


# When.


def test_the_schedule_takes_days_and_ends() -> None:
    assert [rules.next_try(tries, 0, None) for tries in range(1, 10)] == [
        seconds * SECOND for seconds in (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
    ]
    assert rules.next_try(10, 0, None) is None
    assert rules.next_try(1, NOW, 60.0) == NOW + 60 * SECOND
    assert rules.next_try(9, NOW, 60.0) == NOW + 86400 * SECOND


@given(st.integers(1, 10_000))
def test_a_dead_receiver_is_left_alone_for_at_most_a_quarter_of_an_hour(failures: int) -> None:
    held = rules.hold(failures, NOW, None) - NOW
    assert 5 * SECOND <= held <= 900 * SECOND
    assert rules.hold(failures + 1, NOW, None) - NOW >= held
    assert rules.hold(failures, NOW, 4000.0) == NOW + 4000 * SECOND


def test_retry_after() -> None:
    assert rules.retry_after(None, NOW) is None
    assert rules.retry_after(" 30 ", NOW) == 30
    assert rules.retry_after("9" * 50, NOW) == 86400
    at = datetime.fromtimestamp(NOW / SECOND, UTC)
    assert rules.retry_after(format_datetime(at + timedelta(minutes=2), usegmt=True), NOW) == 120
    assert rules.retry_after(format_datetime(at - timedelta(minutes=2), usegmt=True), NOW) == 0
    for text in ("", "soon", "-1", "1.5", "٣"):
        assert rules.retry_after(text, NOW) is None


@given(st.text())
def test_no_header_breaks_it(text: str) -> None:
    seconds = rules.retry_after(text, NOW)
    assert seconds is None or 0 <= seconds <= 86400


def test_when_a_webhook_is_paused() -> None:
    days = 24 * 3600 * SECOND
    assert rules.pause_for(410, NOW, NOW) is PauseReason.GONE
    assert rules.pause_for(500, NOW - 4 * days, NOW) is None
    assert rules.pause_for(None, NOW - 5 * days, NOW) is PauseReason.FAILING


# Signatures.


def test_a_signature_of_the_specification() -> None:
    """https://github.com/standard-webhooks/standard-webhooks: its libraries test this one."""
    signed = rules.signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_secrets() -> None:
    secret = rules.new_secret()
    assert secret.startswith("whsec_")
    assert secret != rules.new_secret()
    both = rules.signatures([secret, rules.new_secret()], "evt_1", 1, b"{}")
    assert [part[:3] for part in both.split(" ")] == ["v1,", "v1,"]
    for wrong in ("abc", "whsec_!"):
        with pytest.raises(ValueError, match="not a secret"):
            rules.signature(wrong, "evt_1", 1, b"{}")


def webhook(**values: Any) -> Webhook:
    return Webhook(
        **{
            **{"id": "whk_1", "url": "https://a.example/", "description": "", "events": None},
            **{"text": TextChoice.NONE, "state": WebhookState.ACTIVE, "pause_reason": None},
            **{"paused_at": None, "secret": "new", "old_secret": None, "old_secret_until": None},
            **{"failures": 0, "failing_since": None, "hold_until": None, "sender": None},
            **{"sender_until": None, "created_at": 0, "updated_at": 0},
            **values,
        }
    )


def test_after_a_rotation_two_secrets_are_valid_for_a_while() -> None:
    rotated = webhook(old_secret="old", old_secret_until=NOW)
    assert rotated.secrets_at(NOW - 1) == ["new", "old"]
    assert rotated.secrets_at(NOW) == ["new"]
    assert webhook().secrets_at(NOW) == ["new"]


def test_what_a_webhook_wants() -> None:
    assert webhook().wants("message.created")
    assert not webhook(events=frozenset(["a"])).wants("message.created")
    assert webhook(state=WebhookState.PAUSED).wants("message.created")
    assert not webhook(state=WebhookState.DISABLED).wants("message.created")


def test_a_message_id_names_an_event() -> None:
    assert rules.message_id("a", "inbox:a", 1) == rules.message_id("a", "inbox:a", 1)
    ids = {rules.message_id(*place) for place in (("a", "b", 1), ("ab", "", 1), ("a", "b", 2))}
    assert len(ids) == 3


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "body", "text", "other"]), inner, max_size=4)
    ),
)


@given(JSON)
def test_no_text_stays_however_deep_it_is(data: Any) -> None:
    def keys(value: Any) -> set[str]:
        if isinstance(value, dict):
            return set(value).union(*(keys(item) for item in value.values()))
        if isinstance(value, list):
            return set().union(*(keys(item) for item in value))
        return set()

    assert not keys(without_texts(data)) & {"body", "text"}
