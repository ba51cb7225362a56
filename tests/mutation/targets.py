"""What is looked at, with which tests: quick ones that stay in their own process.

A test that starts processes of its own, such as one that kills them, runs the real code there and
would notice nothing.
"""

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


#: What the migrations make is what the code says of its tables.
_SCHEMA = "tests/storage/test_schema.py"

TARGETS = {
    "core": Target(
        (
            *("core/generated.py", "core/projection.py", "core/text.py", "core/clock.py"),
            *("core/ids.py", "core/decoding.py", "core/outages.py"),
        ),
        ("tests/domain", "tests/storage/test_codec.py"),
    ),
    "database": Target(
        ("database/codec.py", "database/joined_rows.py", "database/batch_loader.py"),
        (
            *("tests/storage/test_codec.py", "tests/storage/test_joined_rows.py"),
            *("tests/storage/test_batch_loader.py", "tests/storage/test_pages.py"),
            *("tests/storage/test_desk_model.py", "tests/rest/test_saved_replies.py"),
        ),
    ),
    "rules": Target(
        ("features/*/rules.py",),
        (
            *("tests/domain", "tests/storage/test_desk_model.py"),
            *("tests/rest/test_saved_replies.py", "tests/rest/test_settings.py"),
            "tests/rest/test_drafts.py",
        ),
    ),
    "access": Target(
        (
            *("access/actor.py", "access/api_keys.py", "access/authentication.py"),
            "access/tables.py",
            *("access/host_calls.py", "access/identity.py", "access/key_checks.py"),
            *("access/labels.py", "access/networks.py", "access/origins.py"),
            *("access/permissions.py", "access/places.py", "access/policy.py"),
            *("access/revocation_table.py", "access/revocations.py", "access/roles.py"),
            *("access/signed_identities.py", "access/visibility.py", "http/guards.py"),
            *("http/tickets.py", "realtime/revocation_sync.py"),
            *("realtime/sockets/handshake.py", "realtime/sockets/proof.py"),
        ),
        (
            *("tests/domain", "tests/realtime/test_proof.py", "tests/rest/test_access.py"),
            *("tests/rest/test_access_labels.py", "tests/rest/test_api_keys.py"),
            *("tests/rest/test_bodies.py", "tests/protocol/test_sessions.py"),
            *("tests/protocol/test_revocations.py", "tests/hosts/test_organizations.py"),
            *("tests/hosts/test_authenticate.py", "tests/storage/test_access_tables.py"),
            _SCHEMA,
        ),
    ),
    "limits": Target(
        (
            *("access/admission.py", "access/network_rates.py", "access/rates.py"),
            *("access/quota_sync.py", "access/socket_quota.py", "access/usage_table.py"),
        ),
        (
            *("tests/domain/test_limits.py", "tests/domain/test_network_limits.py"),
            *("tests/domain/test_settings.py", "tests/realtime/test_admission.py"),
            *("tests/contract/test_limits.py", "tests/rest/test_limits.py"),
            *("tests/protocol/test_limits.py", "tests/protocol/test_rates.py"),
            *("tests/protocol/test_visits.py", "tests/protocol/test_strangers.py"),
            "tests/storage/test_access_tables.py",
        ),
    ),
    "ledger": Target(
        ("ledger/*.py",),
        (
            *("tests/domain/test_access_labels.py", "tests/domain/test_rules.py"),
            *("tests/storage/test_store.py", "tests/storage/test_write_batches.py"),
            *("tests/storage/test_ledger_ends.py", "tests/storage/test_vanishing_callers.py"),
            *("tests/storage/test_pages.py", "tests/storage/test_queue.py"),
            *("tests/storage/test_refusals.py", "tests/storage/test_taking_writes.py"),
            *("tests/storage/test_event_log.py", "tests/storage/test_unknown_outcomes.py"),
            *("tests/storage/test_batch_loader.py", "tests/feed/test_reading.py", _SCHEMA),
            *("tests/storage/test_operations.py", "tests/storage/test_stream_access.py"),
            *("tests/storage/test_ledger.py", "tests/storage/test_contention.py"),
            "tests/package/test_documentation.py::test_every_event",
        ),
        # Its two ways of locking are those of the two engines.
        only="not postgresql or test_write_batches or test_operations",
    ),
    "conversations": Target(
        (
            *("features/messages/sending.py", "features/messages/operations.py"),
            *("features/messages/queries.py", "features/receipts/operations.py"),
            *("features/receipts/queries.py", "features/conversations/aggregate.py"),
            *("features/conversations/operations.py", "features/conversations/queries.py"),
            *("features/conversations/listing.py", "features/conversations/views.py"),
            "features/conversations/queue.py",
        ),
        (
            *("tests/storage/test_desk_model.py", "tests/storage/test_store.py"),
            *("tests/storage/test_pages.py", "tests/storage/test_queue.py"),
            *("tests/storage/test_refusals.py", "tests/storage/test_events_of_contact.py"),
            *("tests/rest/test_conversations.py", "tests/rest/test_queue.py"),
            *("tests/rest/test_versions.py", "tests/rest/test_access_labels.py"),
            "tests/rest/test_visitor_stream.py",
        ),
    ),
    "feed": Target(
        ("feed/*.py",),
        (
            *("tests/feed", "tests/hooks/test_after.py", "tests/rest/test_jobs.py", _SCHEMA),
            "tests/storage/test_contention.py::"
            "test_events_of_a_hook_are_held_by_one_process_at_a_time",
        ),
    ),
    "jobs": Target(
        ("jobs/*.py", "features/jobs/queries.py", "features/jobs/service.py"),
        (
            *("tests/jobs/test_calls.py", "tests/jobs/test_queue.py", "tests/jobs/test_retry.py"),
            *("tests/jobs/test_retention.py", "tests/jobs/test_snoozes.py"),
            *("tests/jobs/test_worker.py", "tests/rest/test_jobs.py", _SCHEMA),
        ),
    ),
    "idempotency": Target(
        ("http/idempotency.py", "ledger/client_keys.py", "features/messages/originals.py"),
        (
            *("tests/rest/test_conversations.py", "tests/rest/test_settings.py"),
            *("tests/hooks/test_before.py", "tests/storage/test_desk_model.py"),
            "tests/protocol/test_messages.py",
        ),
    ),
    "hooks": Target(
        ("hooks/*.py",),
        (
            *("tests/hooks/test_after.py", "tests/hooks/test_before.py"),
            *("tests/hooks/test_before_socket.py", "tests/jobs/test_queue.py", _SCHEMA),
        ),
    ),
    "webhooks": Target(
        ("features/webhooks/*.py",),
        (
            *("tests/domain/test_webhook_rules.py", "tests/webhooks/test_deliveries.py"),
            *("tests/webhooks/test_sender.py", "tests/webhooks/test_example.py", _SCHEMA),
        ),
    ),
    "settings": Target(
        (
            *("core/runtime_settings.py", "core/setting_controls.py"),
            "features/organizations/*.py",
        ),
        (
            *("tests/domain/test_runtime_settings.py", "tests/rest/test_settings.py"),
            *("tests/storage/test_runtime_settings.py", "tests/rest/test_launcher.py"),
            "tests/hosts/test_organizations.py",
        ),
    ),
    "realtime": Target(
        (
            *("realtime/hub.py", "realtime/channels.py", "realtime/catch_up.py"),
            *("realtime/head_poller.py", "realtime/throttle.py", "realtime/frame_table.py"),
            *("realtime/sockets/subscriptions.py", "realtime/sockets/writes.py"),
            *("realtime/sockets/send_queue.py", "realtime/sockets/requests.py"),
            *("realtime/sockets/socket.py", "realtime/sockets/gateway.py", "http/events.py"),
            *("features/presence/beats.py", "features/presence/typing.py"),
            *("features/presence/rules.py", "features/presence/sessions.py"),
            "features/agents/roster.py",
        ),
        (
            *("tests/realtime", "tests/protocol/test_hub_leaks.py"),
            *("tests/domain/test_agent_sessions.py", "tests/storage/test_agent_sessions.py"),
            *("tests/protocol/test_streams.py", "tests/protocol/test_ephemeral.py"),
            *("tests/protocol/test_send_queue.py", "tests/protocol/test_admission.py"),
            *("tests/protocol/test_messages.py", "tests/protocol/test_sessions.py"),
            *("tests/rest/test_events.py", "tests/hosts/test_known_agents.py"),
        ),
    ),
}
