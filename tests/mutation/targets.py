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
        (
            *("features/*/rules.py", "access/actor.py", "access/networks.py", "access/rates.py"),
            *("access/permissions.py", "access/policy.py", "access/roles.py", "access/labels.py"),
            *(
                "ledger/screening.py",
                "access/network_rates.py",
                "access/revocations.py",
                "ledger/streams.py",
            ),
            *("core/text.py", "core/clock.py", "core/ids.py"),
        ),
        ("tests/domain", "tests/realtime", "tests/storage/test_desk_model.py"),
    ),
    "access": Target(
        (
            *("access/identity.py", "access/signed_identities.py", "access/origins.py"),
            *("access/authentication.py", "access/admission.py", "access/socket_quota.py"),
            *("http/guards.py", "http/tickets.py", "realtime/sockets/proof.py"),
            *("realtime/sockets/handshake.py", "realtime/revocation_sync.py"),
        ),
        (
            *("tests/domain", "tests/realtime", "tests/rest/test_access.py"),
            *("tests/rest/test_bodies.py", "tests/protocol/test_sessions.py"),
            "tests/protocol/test_visits.py",
        ),
    ),
    "ledger": Target(
        (
            *("ledger/ledger.py", "ledger/write_batch.py", "ledger/locking.py"),
            *("ledger/transaction.py", "ledger/record_cache.py", "ledger/operation.py"),
            *("ledger/reads.py", "ledger/event_log.py", "ledger/rewriting.py"),
            *("features/messages/sending.py", "features/messages/operations.py"),
            *("features/messages/queries.py", "features/receipts/operations.py"),
            *("features/receipts/queries.py", "features/conversations/aggregate.py"),
            *("features/conversations/operations.py", "features/conversations/codec.py"),
            *("features/conversations/queries.py", "features/conversations/listing.py"),
            *("features/conversations/views.py", "features/conversations/queue.py"),
        ),
        (
            *("tests/storage/test_desk_model.py", "tests/storage/test_store.py"),
            *("tests/storage/test_write_batches.py", "tests/storage/test_ledger_ends.py"),
            *("tests/storage/test_vanishing_callers.py", "tests/storage/test_pages.py"),
            *("tests/storage/test_queue.py", "tests/rest/test_conversations.py"),
            *("tests/rest/test_queue.py", "tests/storage/test_refusals.py"),
            "tests/rest/test_versions.py",
        ),
    ),
    "feed": Target(
        ("feed/*.py", "hooks/*.py", "jobs/*.py"),
        ("tests/feed", "tests/jobs", "tests/hooks/test_after.py"),
    ),
    "realtime": Target(
        (
            *("realtime/hub.py", "realtime/channels.py", "realtime/catch_up.py"),
            *("realtime/head_poller.py", "realtime/throttle.py", "realtime/frame_table.py"),
            *("realtime/sockets/subscriptions.py", "realtime/sockets/writes.py"),
            *("realtime/sockets/send_queue.py", "realtime/sockets/requests.py"),
            *("realtime/sockets/socket.py", "realtime/sockets/gateway.py", "http/events.py"),
            *("features/presence/beats.py", "features/presence/typing.py"),
            "features/agents/roster.py",
        ),
        (
            *("tests/realtime", "tests/protocol/test_hub_leaks.py"),
            *("tests/protocol/test_streams.py", "tests/protocol/test_ephemeral.py"),
            *("tests/protocol/test_send_queue.py", "tests/protocol/test_admission.py"),
            *("tests/protocol/test_messages.py", "tests/protocol/test_sessions.py"),
            *("tests/rest/test_events.py", "tests/hosts/test_known_agents.py"),
        ),
    ),
}
