"""What is looked at, with which tests: quick ones that stay in their own process."""

from __future__ import annotations

from typing import NamedTuple


class Target(NamedTuple):
    """Modules of a kind, and the tests that are to notice their bugs.

    Attributes:
        modules: Paths below ``src/campfire_chat``, with ``*``.
        tests: What pytest is given.
        only: Its ``-k``: one engine is enough for code that does not know which it is.
    """

    modules: tuple[str, ...]
    tests: tuple[str, ...]
    only: str = "not postgresql"


TARGETS = {
    "rules": Target(
        ("domain/*.py", "clock.py", "ids.py"),
        ("tests/domain", "tests/realtime", "tests/storage/test_desk_model.py"),
    ),
    "access": Target(
        (
            *("identity.py", "signed_identities.py", "origins.py", "http/guards.py"),
            *("http/tickets.py", "realtime/admission.py", "realtime/visit.py"),
            *("realtime/proof.py", "realtime/handshake.py", "realtime/revoking.py"),
        ),
        (
            *("tests/domain", "tests/realtime", "tests/rest/test_access.py"),
            *("tests/rest/test_bodies.py", "tests/protocol/test_sessions.py"),
            "tests/protocol/test_visits.py",
        ),
    ),
    "ledger": Target(
        (
            *("storage/ledger.py", "storage/draft.py", "storage/long_way.py", "storage/sends.py"),
            *("storage/transaction.py", "storage/working_set.py", "storage/desk.py"),
            *("storage/operations.py", "storage/reads.py", "storage/records.py"),
            *("storage/receipts.py", "storage/messages.py", "storage/conversations.py"),
            *("storage/listing.py", "storage/views.py", "storage/streams.py", "storage/queue.py"),
        ),
        (
            *("tests/storage/test_desk_model.py", "tests/storage/test_store.py"),
            *("tests/storage/test_drafts.py", "tests/storage/test_ledger_ends.py"),
            *("tests/storage/test_vanishing_callers.py", "tests/storage/test_pages.py"),
            *("tests/storage/test_queue.py", "tests/rest/test_conversations.py"),
            *("tests/rest/test_queue.py", "tests/storage/test_refusals.py"),
            "tests/rest/test_versions.py",
        ),
    ),
    "realtime": Target(
        (
            *("realtime/hub.py", "realtime/channels.py", "realtime/catch_up.py"),
            *("realtime/subscriptions.py", "realtime/presence.py", "realtime/typing.py"),
            *("realtime/watch.py", "realtime/writes.py", "realtime/outlet.py"),
            *("realtime/requests.py", "realtime/lookout.py", "realtime/notices.py"),
            *("realtime/socket.py", "realtime/gateway.py", "http/streams.py"),
        ),
        (
            *("tests/realtime", "tests/protocol/test_hub_leaks.py"),
            *("tests/protocol/test_streams.py", "tests/protocol/test_ephemeral.py"),
            *("tests/protocol/test_outlet.py", "tests/protocol/test_admission.py"),
            *("tests/protocol/test_messages.py", "tests/protocol/test_sessions.py"),
            *("tests/rest/test_events.py", "tests/hosts/test_known_agents.py"),
        ),
    ),
}
