"""The API for the code of the host app answers as the REST API does, for whoever asks.

Each case is asked twice, of two organisations with the same content: over REST, and in Python.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

import httpx
import msgspec
import pytest

from campfire_chat import (
    Agent,
    Availability,
    Campfire,
    CampfireError,
    DeliveryState,
    HostApi,
    JobGroup,
    Role,
    Status,
    TagColor,
    TextChoice,
    Visitor,
    WebhookState,
)
from campfire_chat.core.errors import NotFoundError, NotStartedError
from campfire_chat.features.messages.records import Visibility
from campfire_chat.runtime import ENDPOINTS
from tests.support.host import campfire_for, cookies_of

pytestmark = pytest.mark.anyio

#: Operations without a counterpart in Python, and why.
ONLY_REST = {
    "create_visitor": "gives a browser its token; Campfire.sign_identity is for the host's code",
    "create_ticket": "proves the session of a browser",
    "health_live": "for load balancers",
    "health_ready": "for load balancers",
}

Api = HostApi[Any]
SINCE = datetime(2001, 1, 1, 9, tzinfo=UTC)
UNTIL = datetime(2999, 1, 1, 9, tzinfo=UTC)


class World(NamedTuple):
    """The content of an organisation.

    Attributes:
        ids: The ids of what is in it, by their names.
    """

    organization: str
    ids: dict[str, str]


class Case(NamedTuple):
    """One thing that somebody asks for.

    Attributes:
        request: Method, path with names of ids, query and body.
    """

    operation: str
    request: tuple[str, str, dict[str, Any], Any]
    python: Callable[[Api, dict[str, str]], Awaitable[Any]]


def case(
    operation: str,
    path: str,
    python: Callable[[Api, dict[str, str]], Awaitable[Any]],
    body: Any = None,
    **query: Any,
) -> Case:
    (row,) = (one for one in ENDPOINTS if one.operation == operation)
    return Case(operation, (row.method, path, query, body), python)


async def _take(api: Api) -> Any:
    return {"conversation": await api.conversations.take()}


CASES = [
    case("get_me", "/me", lambda api, _: api.me()),
    case(
        "create_conversation",
        "/conversations",
        lambda api, _: api.conversations.open("New", subject="A kettle", client_id="n"),
        {"message": {"body": "New", "client_id": "n"}, "subject": "A kettle"},
    ),
    case(
        "create_conversation",
        "/conversations",
        lambda api, ids: api.conversations.open("New", contact_id=ids["mia"], client_id="n"),
        {"message": {"body": "New", "client_id": "n"}, "contact_id": "{mia}"},
    ),
    case(
        "create_conversation",
        "/conversations",
        lambda api, _: api.conversations.open(" "),
        {"message": {"body": " "}},
    ),
    case("list_conversations", "/conversations", lambda api, _: api.conversations.list()),
    case(
        "list_conversations",
        "/conversations",
        lambda api, _: api.conversations.list(status=Status.SNOOZED, assignee="me", limit=1),
        status="snoozed",
        assignee="me",
        limit=1,
    ),
    case(
        "list_conversations",
        "/conversations",
        lambda api, _: api.conversations.list(limit=0),
        limit=0,
    ),
    case(
        "list_conversations",
        "/conversations",
        lambda api, _: api.conversations.list(cursor="x"),
        cursor="x",
    ),
    case("count_conversations", "/conversations/counts", lambda api, _: api.conversations.counts()),
    case(
        "count_conversations",
        "/conversations/counts",
        lambda api, ids: api.conversations.counts(team=ids["team"]),
        team="{team}",
    ),
    case(
        "list_conversations",
        "/conversations",
        lambda api, ids: api.conversations.list(team=ids["team"], assignee="unassigned"),
        team="{team}",
        assignee="unassigned",
    ),
    case(
        "list_conversations",
        "/conversations",
        lambda api, _: api.conversations.list(number=1),
        number=1,
    ),
    case(
        "list_conversations",
        "/conversations",
        lambda api, _: api.conversations.list(number=1, status=Status.OPEN),
        number=1,
        status="open",
    ),
    case(
        "change_conversation",
        "/conversations/{conversation}",
        lambda api, ids: api.conversations.change(ids["conversation"], team_id=ids["team"]),
        {"team_id": "{team}"},
    ),
    case(
        "change_conversation",
        "/conversations/{conversation}",
        lambda api, ids: api.conversations.change(ids["conversation"], team_id="team_x"),
        {"team_id": "team_x"},
    ),
    case("search", "/search", lambda api, _: api.search.find("hello"), {"q": "hello"}),
    case(
        "search",
        "/search",
        lambda api, _: api.search.find(
            "hello", within=["notes", "messages"], sort="newest", limit=2
        ),
        {"q": "hello", "in": ["notes", "messages"], "sort": "newest", "limit": 2},
    ),
    case("search", "/search", lambda api, _: api.search.find("status:x"), {"q": "status:x"}),
    case(
        "search",
        "/search",
        lambda api, _: api.search.find("x", cursor="x"),
        {"q": "x", "cursor": "x"},
    ),
    case("take_conversation", "/conversations/take", lambda api, _: _take(api)),
    case(
        "get_conversation",
        "/conversations/{conversation}",
        lambda api, ids: api.conversations.get(ids["conversation"]),
    ),
    case(
        "get_conversation", "/conversations/conv_x", lambda api, _: api.conversations.get("conv_x")
    ),
    case(
        "change_conversation",
        "/conversations/{conversation}",
        lambda api, ids: api.conversations.change(
            ids["conversation"], status=Status.RESOLVED, assignee_id=ids["ada"], tags=["vip"]
        ),
        {"status": "resolved", "assignee_id": "{ada}", "tags": ["vip"]},
    ),
    case(
        "change_conversation",
        "/conversations/{conversation}",
        lambda api, ids: api.conversations.change(
            ids["conversation"], status=Status.SNOOZED, snoozed_until=UNTIL, subject=None
        ),
        {"status": "snoozed", "snoozed_until": UNTIL.isoformat(), "subject": None},
    ),
    case(
        "change_conversation",
        "/conversations/{conversation}",
        lambda api, ids: api.conversations.change(ids["conversation"], access_labels=["x" * 99]),
        {"access_labels": ["x" * 99]},
    ),
    case(
        "list_messages",
        "/conversations/{conversation}/messages",
        lambda api, ids: api.messages.list(ids["conversation"], limit=2),
        limit=2,
    ),
    case(
        "create_message",
        "/conversations/{conversation}/messages",
        lambda api, ids: api.messages.send(
            ids["conversation"], "Yes", reply_to=ids["message"], client_id="m"
        ),
        {"body": "Yes", "reply_to": "{message}", "client_id": "m"},
    ),
    case(
        "create_message",
        "/conversations/{conversation}/messages",
        lambda api, ids: api.messages.note(ids["conversation"], "Psst", client_id="m"),
        {"body": "Psst", "visibility": "internal", "client_id": "m"},
    ),
    case(
        "create_message",
        "/conversations/{conversation}/messages",
        lambda api, ids: api.messages.send(ids["conversation"], "Yes", seen=0, client_id="m"),
        {"body": "Yes", "seen": 0, "client_id": "m"},
    ),
    case(
        "create_message",
        "/conversations/{conversation}/messages",
        lambda api, ids: api.messages.send(ids["conversation"], "Another", client_id="answer"),
        {"body": "Another", "client_id": "answer"},
    ),
    case(
        "create_message",
        "/conversations/{conversation}/messages",
        lambda api, ids: api.messages.send(ids["conversation"], "x", client_id="x" * 65),
        {"body": "x", "client_id": "x" * 65},
    ),
    case(
        "edit_message",
        "/messages/{message}",
        lambda api, ids: api.messages.edit(ids["message"], "Better"),
        {"body": "Better"},
    ),
    case(
        "edit_message",
        "/messages/{note}",
        lambda api, ids: api.messages.edit(ids["note"], ""),
        {"body": ""},
    ),
    case(
        "list_message_versions",
        "/messages/{message}/versions",
        lambda api, ids: api.messages.versions(ids["message"]),
    ),
    case(
        "list_mentions",
        "/messages/{note}/mentions",
        lambda api, ids: api.messages.mentions(ids["note"]),
    ),
    case(
        "get_message",
        "/messages/{message}",
        lambda api, ids: api.messages.get(ids["message"]),
    ),
    case(
        "redact_message",
        "/messages/{message}/redact",
        lambda api, ids: api.messages.redact(ids["message"], "secret"),
        {"text": "secret"},
    ),
    case(
        "delete_message",
        "/messages/{message}",
        lambda api, ids: api.messages.delete(ids["message"]),
    ),
    case(
        "create_receipt",
        "/conversations/{conversation}/receipts",
        lambda api, ids: api.receipts.mark(ids["conversation"], delivered=2, read=1),
        {"delivered": 2, "read": 1},
    ),
    case(
        "get_history",
        "/conversations/{conversation}/history",
        lambda api, ids: api.history.list(ids["conversation"]),
    ),
    case(
        "get_history",
        "/conversations/{conversation}/history",
        lambda api, ids: api.history.list(ids["conversation"], cursor="x", limit=2),
        cursor="x",
        limit=2,
    ),
    case(
        "list_contacts",
        "/contacts",
        lambda api, _: api.contacts.list(
            "mi",
            verified=True,
            seen_since=UNTIL.replace(year=2020),
            created_since=UNTIL.replace(year=2020),
            order="name",
            limit=2,
        ),
        search="mi",
        verified="true",
        seen_since=UNTIL.replace(year=2020).isoformat(),
        created_since=UNTIL.replace(year=2020).isoformat(),
        order="name",
        limit=2,
    ),
    case(
        "list_contact_conversations",
        "/contacts/{mia}/conversations",
        lambda api, ids: api.contacts.conversations(ids["mia"], limit=1),
        limit=1,
    ),
    case(
        "list_contact_timeline",
        "/contacts/{mia}/timeline",
        lambda api, ids: api.contacts.timeline(ids["mia"]),
    ),
    case(
        "list_contact_timeline",
        "/contacts/nobody/timeline",
        lambda api, _: api.contacts.timeline("nobody"),
    ),
    case(
        "list_contacts",
        "/contacts",
        lambda api, _: api.contacts.list(attributes={"plan": "pro"}),
        attributes='{"plan":"pro"}',
    ),
    case(
        "list_contact_attributes",
        "/contact-attributes",
        lambda api, _: api.contacts.attributes(),
    ),
    case(
        "change_contact",
        "/contacts/{mia}",
        lambda api, ids: api.contacts.edit(ids["mia"], attributes={"plan": "pro"}),
        {"attributes": {"plan": "pro"}},
    ),
    case("block_contact", "/contacts/nobody/block", lambda api, _: api.contacts.block("nobody")),
    case(
        "unblock_contact",
        "/contacts/{mia}/unblock",
        lambda api, ids: api.contacts.unblock(ids["mia"]),
    ),
    case("get_contact", "/contacts/{mia}", lambda api, ids: api.contacts.get(ids["mia"])),
    case("get_contact", "/contacts/mia", lambda api, _: api.contacts.get("mia")),
    case("get_contact", "/contacts/nobody", lambda api, _: api.contacts.get("nobody")),
    case(
        "put_contact",
        "/contacts/zoe",
        lambda api, _: api.contacts.put("zoe", name="Zoe", email="zoe@mail.example"),
        {"name": "Zoe", "email": "zoe@mail.example"},
    ),
    case(
        "put_contact",
        "/contacts/{mia}",
        lambda api, ids: api.contacts.put(ids["mia"]),
        {},
    ),
    case("list_drafts", "/drafts", lambda api, _: api.drafts.list(limit=1), limit=1),
    case("list_drafts", "/drafts", lambda api, _: api.drafts.list(cursor="x"), cursor="x"),
    case(
        "get_draft",
        "/conversations/{conversation}/draft",
        lambda api, ids: api.drafts.get(ids["conversation"]),
    ),
    case(
        "save_draft",
        "/conversations/{conversation}/draft",
        lambda api, ids: api.drafts.save(
            *(ids["conversation"],),
            reply="Hello",
            note="Hm",
            visibility=Visibility.INTERNAL,
            reply_to=ids["message"],
        ),
        {"reply": "Hello", "note": "Hm", "visibility": "internal", "reply_to": "{message}"},
    ),
    case(
        "save_draft",
        "/conversations/{conversation}/draft",
        lambda api, ids: api.drafts.save(ids["conversation"], reply="Hello", base=None),
        {"reply": "Hello", "base": None},
    ),
    case(
        "save_draft",
        "/conversations/{conversation}/draft",
        lambda api, ids: api.drafts.save(ids["conversation"], note="x" * 10_001),
        {"note": "x" * 10_001},
    ),
    case(
        "list_notifications",
        "/notifications",
        lambda api, _: api.notifications.list(unread=True, limit=1),
        unread="true",
        limit=1,
    ),
    case("list_notifications", "/notifications", lambda api, _: api.notifications.list()),
    case("count_notifications", "/notifications/count", lambda api, _: api.notifications.count()),
    case(
        "read_notifications",
        "/notifications/read",
        lambda api, ids: api.notifications.mark_read(
            conversation_id=ids["conversation"], until=UNTIL
        ),
        {"conversation_id": "{conversation}", "until": UNTIL.isoformat()},
    ),
    case(
        "read_notifications",
        "/notifications/read",
        lambda api, _: api.notifications.mark_read(),
        {},
    ),
    case("list_saved_replies", "/saved-replies", lambda api, _: api.saved_replies.list()),
    case(
        "list_saved_replies",
        "/saved-replies",
        lambda api, _: api.saved_replies.list("kett"),
        search="kett",
    ),
    case(
        "list_saved_replies",
        "/saved-replies",
        lambda api, _: api.saved_replies.list(cursor="x"),
        cursor="x",
    ),
    case(
        "create_saved_reply",
        "/saved-replies",
        lambda api, _: api.saved_replies.create("/Bye", "Goodbye", "Goodbye!"),
        {"shortcut": "/Bye", "title": "Goodbye", "body": "Goodbye!"},
    ),
    case(
        "create_saved_reply",
        "/saved-replies",
        lambda api, _: api.saved_replies.create("bye", "Goodbye", "Goodbye!", shared=True),
        {"shortcut": "bye", "title": "Goodbye", "body": "Goodbye!", "shared": True},
    ),
    case(
        "create_saved_reply",
        "/saved-replies",
        lambda api, _: api.saved_replies.create("open", "Taken", "Taken", shared=True),
        {"shortcut": "open", "title": "Taken", "body": "Taken", "shared": True},
    ),
    case(
        "create_saved_reply",
        "/saved-replies",
        lambda api, _: api.saved_replies.create("?", "Title", "Body"),
        {"shortcut": "?", "title": "Title", "body": "Body"},
    ),
    case(
        "get_saved_reply",
        "/saved-replies/{shared_reply}",
        lambda api, ids: api.saved_replies.get(ids["shared_reply"]),
    ),
    case(
        "get_saved_reply",
        "/saved-replies/{own_reply}",
        lambda api, ids: api.saved_replies.get(ids["own_reply"]),
    ),
    case(
        "change_saved_reply",
        "/saved-replies/{shared_reply}",
        lambda api, ids: api.saved_replies.change(
            ids["shared_reply"], shortcut="hours", title="Hours", body="From ten."
        ),
        {"shortcut": "hours", "title": "Hours", "body": "From ten."},
    ),
    case(
        "change_saved_reply",
        "/saved-replies/{own_reply}",
        lambda api, ids: api.saved_replies.change(ids["own_reply"], body="Which one?"),
        {"body": "Which one?"},
    ),
    case(
        "change_saved_reply",
        "/saved-replies/{shared_reply}",
        lambda api, ids: api.saved_replies.change(ids["shared_reply"], shared=False),
        {"shared": False},
    ),
    case(
        "delete_saved_reply",
        "/saved-replies/{shared_reply}",
        lambda api, ids: api.saved_replies.delete(ids["shared_reply"]),
    ),
    case(
        "delete_saved_reply",
        "/saved-replies/{own_reply}",
        lambda api, ids: api.saved_replies.delete(ids["own_reply"]),
    ),
    case("list_agents", "/agents", lambda api, _: api.agents.list()),
    case(
        "put_agent",
        "/agents/zoe",
        lambda api, _: api.agents.put("zoe", name="Zoe", role=Role.VIEWER, avatar_url="/zoe.png"),
        {"name": "Zoe", "role": "viewer", "avatar_url": "/zoe.png"},
    ),
    case(
        "put_agent",
        "/agents/zoe",
        lambda api, _: api.agents.put("zoe", name="Zoe", role="nonsense"),
        {"name": "Zoe", "role": "nonsense"},
    ),
    case(
        "put_agent",
        "/agents/zoe",
        lambda api, _: api.agents.put("zoe", name=""),
        {"name": ""},
    ),
    case(
        "get_availability",
        "/agents/{ada}/availability",
        lambda api, ids: api.agents.get_availability(ids["ada"]),
    ),
    case(
        "set_availability",
        "/agents/{ada}/availability",
        lambda api, ids: api.agents.set_availability(ids["ada"], Availability.AWAY),
        {"availability": "away"},
    ),
    case("list_teams", "/teams", lambda api, _: api.teams.list()),
    case("get_team", "/teams/{team}", lambda api, ids: api.teams.get(ids["team"])),
    case("get_team", "/teams/team_x", lambda api, _: api.teams.get("team_x")),
    case(
        "create_team",
        "/teams",
        lambda api, ids: api.teams.create("Returns", description="x", members=[ids["ada"]]),
        {"name": "Returns", "description": "x", "members": ["{ada}"]},
    ),
    case(
        "create_team",
        "/teams",
        lambda api, _: api.teams.create("billing"),
        {"name": "billing"},
    ),
    case(
        "change_team",
        "/teams/{team}",
        lambda api, ids: api.teams.change(ids["team"], name="Money", members=[ids["ada"]]),
        {"name": "Money", "members": ["{ada}"]},
    ),
    case(
        "change_team",
        "/teams/{team}",
        lambda api, ids: api.teams.change(ids["team"], members=["agt_x"]),
        {"members": ["agt_x"]},
    ),
    case("delete_team", "/teams/{team}", lambda api, ids: api.teams.delete(ids["team"])),
    case("get_settings", "/settings", lambda api, _: api.settings.get()),
    case(
        "change_settings",
        "/settings",
        lambda api, _: api.settings.change({"name": "The shop"}),
        {"name": "The shop"},
    ),
    case(
        "change_settings",
        "/settings",
        lambda api, _: api.settings.change({"nonsense": 1}),
        {"nonsense": 1},
    ),
    case("get_own_settings", "/me/settings", lambda api, _: api.settings.get_own()),
    case(
        "change_own_settings",
        "/me/settings",
        lambda api, _: api.settings.change_own({}),
        {},
    ),
    case("list_api_keys", "/api-keys", lambda api, _: api.api_keys.list()),
    case(
        "list_key_permissions", "/api-keys/permissions", lambda api, _: api.api_keys.permissions()
    ),
    case(
        "create_api_key",
        "/api-keys",
        lambda api, _: api.api_keys.create("Import", ["contacts.write"], expires_at=UNTIL),
        {"name": "Import", "permissions": ["contacts.write"], "expires_at": UNTIL.isoformat()},
    ),
    case(
        "create_api_key",
        "/api-keys",
        lambda api, _: api.api_keys.create("Keys", ["api_keys.manage"]),
        {"name": "Keys", "permissions": ["api_keys.manage"]},
    ),
    case(
        "create_api_key",
        "/api-keys",
        lambda api, _: api.api_keys.create(" ", ["inbox.read"]),
        {"name": " ", "permissions": ["inbox.read"]},
    ),
    case(
        "rotate_api_key",
        "/api-keys/{key}/rotate",
        lambda api, ids: api.api_keys.rotate(ids["key"]),
        {},
    ),
    case(
        "rotate_api_key",
        "/api-keys/{key}/rotate",
        lambda api, ids: api.api_keys.rotate(ids["key"], overlap=0, expires_at=None),
        {"overlap": 0, "expires_at": None},
    ),
    case(
        "rotate_api_key",
        "/api-keys/{key}/rotate",
        lambda api, ids: api.api_keys.rotate(ids["key"], overlap=-1),
        {"overlap": -1},
    ),
    case(
        "revoke_api_key",
        "/api-keys/{key}",
        lambda api, ids: api.api_keys.revoke(ids["key"]),
    ),
    case(
        "revoke_api_key",
        "/api-keys/key_x",
        lambda api, _: api.api_keys.revoke("key_x"),
    ),
    case("list_webhooks", "/webhooks", lambda api, _: api.webhooks.list()),
    case("list_webhook_events", "/webhook-events", lambda api, _: api.webhooks.event_types()),
    case(
        "create_webhook",
        "/webhooks",
        lambda api, _: api.webhooks.create("https://crm.example/hook"),
        {"url": "https://crm.example/hook"},
    ),
    case(
        "create_webhook",
        "/webhooks",
        lambda api, _: api.webhooks.create(
            "https://crm.example/hook",
            description="The CRM",
            events=["message.created"],
            text=TextChoice.PUBLIC,
            state=WebhookState.PAUSED,
        ),
        {
            "url": "https://crm.example/hook",
            "description": "The CRM",
            "events": ["message.created"],
            "text": "public",
            "state": "paused",
        },
    ),
    case(
        "create_webhook",
        "/webhooks",
        lambda api, _: api.webhooks.create("http://localhost/"),
        {"url": "http://localhost/"},
    ),
    case(
        "get_webhook",
        "/webhooks/{webhook}",
        lambda api, ids: api.webhooks.get(ids["webhook"]),
    ),
    case("get_webhook", "/webhooks/whk_x", lambda api, _: api.webhooks.get("whk_x")),
    case(
        "change_webhook",
        "/webhooks/{webhook}",
        lambda api, ids: api.webhooks.change(
            ids["webhook"], events=None, text=TextChoice.ALL, state=WebhookState.PAUSED
        ),
        {"events": None, "text": "all", "state": "paused"},
    ),
    case(
        "change_webhook",
        "/webhooks/{webhook}",
        lambda api, ids: api.webhooks.change(
            ids["webhook"], url="https://erp.example/", description="The ERP"
        ),
        {"url": "https://erp.example/", "description": "The ERP"},
    ),
    case(
        "change_webhook",
        "/webhooks/{webhook}",
        lambda api, ids: api.webhooks.change(ids["webhook"], events=["nonsense"]),
        {"events": ["nonsense"]},
    ),
    case(
        "rotate_webhook_secret",
        "/webhooks/{webhook}/secret",
        lambda api, ids: api.webhooks.rotate(ids["webhook"]),
    ),
    case(
        "delete_webhook",
        "/webhooks/{webhook}",
        lambda api, ids: api.webhooks.delete(ids["webhook"]),
    ),
    case(
        "test_webhook",
        "/webhooks/{webhook}/test",
        lambda api, ids: api.webhooks.send_test(ids["webhook"]),
    ),
    case(
        "list_webhook_deliveries",
        "/webhooks/{webhook}/deliveries",
        lambda api, ids: api.webhooks.deliveries(ids["webhook"]),
    ),
    case(
        "list_webhook_deliveries",
        "/webhooks/{webhook}/deliveries",
        lambda api, ids: api.webhooks.deliveries(
            ids["webhook"], state=DeliveryState.FAILED, limit=1
        ),
        state="failed",
        limit=1,
    ),
    case(
        "list_webhook_deliveries",
        "/webhooks/{webhook}/deliveries",
        lambda api, ids: api.webhooks.deliveries(ids["webhook"], cursor="x"),
        cursor="x",
    ),
    case(
        "get_webhook_delivery",
        "/webhooks/{webhook}/deliveries/{delivery}",
        lambda api, ids: api.webhooks.delivery(ids["webhook"], ids["delivery"]),
    ),
    case(
        "replay_webhook_delivery",
        "/webhooks/{webhook}/deliveries/{delivery}/replay",
        lambda api, ids: api.webhooks.replay(ids["webhook"], ids["delivery"]),
    ),
    case(
        "replay_webhook_delivery",
        "/webhooks/{webhook}/deliveries/dlv_x/replay",
        lambda api, ids: api.webhooks.replay(ids["webhook"], "dlv_x"),
    ),
    case(
        "replay_webhook_span",
        "/webhooks/{webhook}/replay",
        lambda api, ids: api.webhooks.replay_span(ids["webhook"], since=SINCE, until=UNTIL),
        {"since": SINCE.isoformat(), "until": UNTIL.isoformat()},
    ),
    case(
        "replay_webhook_span",
        "/webhooks/{webhook}/replay",
        lambda api, ids: api.webhooks.replay_span(
            ids["webhook"], since=SINCE, until=UNTIL, state=None
        ),
        {"since": SINCE.isoformat(), "until": UNTIL.isoformat(), "state": None},
    ),
    case(
        "list_tags", "/tags", lambda api, _: api.tags.list(search="k", limit=1), search="k", limit=1
    ),
    case("get_tag", "/tags/{tag}", lambda api, ids: api.tags.get(ids["tag"])),
    case(
        "create_tag",
        "/tags",
        lambda api, _: api.tags.create("late", color=TagColor.RED, description="Too late"),
        {"name": "late", "color": "red", "description": "Too late"},
    ),
    case("create_tag", "/tags", lambda api, _: api.tags.create("KETTLE"), {"name": "KETTLE"}),
    case(
        "change_tag",
        "/tags/{tag}",
        lambda api, ids: api.tags.change(ids["tag"], name="kettles"),
        {"name": "kettles"},
    ),
    case(
        "merge_tag",
        "/tags/{tag}/merge",
        lambda api, ids: api.tags.merge(ids["tag"], into=ids["vip"]),
        {"into": "{vip}"},
    ),
    case("delete_tag", "/tags/{tag}", lambda api, ids: api.tags.delete(ids["tag"])),
    case("list_jobs", "/jobs", lambda api, _: api.jobs.list()),
    case(
        "list_jobs", "/jobs", lambda api, _: api.jobs.list(state=JobGroup.PENDING), state="pending"
    ),
    case("retry_job", "/jobs/{job}/retry", lambda api, ids: api.jobs.retry(ids["job"])),
    case("drop_job", "/jobs/{job}", lambda api, ids: api.jobs.drop(ids["job"])),
    case(
        "list_events",
        "/streams/conversation:{conversation}/events",
        lambda api, ids: api.events(f"conversation:{ids['conversation']}", after=1),
        after=1,
    ),
    case(
        "list_events",
        "/streams/notes:{conversation}/events",
        lambda api, ids: api.events(f"notes:{ids['conversation']}"),
    ),
]


def person(name: str, organization: str) -> Agent | Visitor:
    if name in ("mia", "tom"):
        return Visitor(id=name, name=name.title(), organization=organization)
    roles = {"boss": "owner", "vic": "viewer", "tia": "tier1", "nil": "nothing"}
    return Agent(
        id=name, name=name.title(), role=roles.get(name, "agent"), organization=organization
    )


#: Owner, author of the message, viewer, a narrow role, an empty one; the conversation's visitor and
#: another one.
PEOPLE = ("boss", "ada", "vic", "tia", "nil", "mia", "tom")


def api_of(campfire: Campfire, who: Agent | Visitor) -> Api:
    return campfire.as_agent(who) if isinstance(who, Agent) else campfire.as_visitor(who)


async def content(campfire: Campfire, organization: str) -> World:
    people = {name: api_of(campfire, person(name, organization)) for name in PEOPLE}
    mia, ada, boss = people["mia"], people["ada"], people["boss"]
    opened = await mia.conversations.open("Hello?", client_id="hello")
    message = await ada.messages.send(opened.id, "Hello, Mia!", client_id="answer")
    await ada.messages.edit(message.id, "Hello Mia!")
    ada_id = (await ada.me()).id
    note = await ada.messages.note(opened.id, f"Who is she, <@{ada_id}>?", client_id="note")
    await ada.conversations.change(opened.id, status=Status.SNOOZED, snoozed_until=UNTIL)
    tags = [await boss.tags.create(name) for name in ("kettle", "vip")]
    (job,) = (await boss.jobs.list(state=JobGroup.PENDING)).items
    ids = {name: (await people[name].me()).id for name in ("ada", "mia")}
    ids["team"] = (await boss.teams.create("Billing")).id
    ids |= {"conversation": opened.id, "message": message.id, "note": note.id, "job": job.id}
    shared = await boss.saved_replies.create("open", "Hours", "From nine to six.", shared=True)
    await ada.drafts.save(opened.id, note="She seems to be waiting")
    own = await ada.saved_replies.create("kettle", "Kettles", "Which kettle is it?")
    key = (await boss.api_keys.create("Backup", ["inbox.read"], expires_at=UNTIL)).key
    ids |= {"shared_reply": shared.id, "own_reply": own.id, "key": key.id}
    webhook = await boss.webhooks.create(
        "https://shop.example/hook", events=["saved_reply.deleted"]
    )
    delivery = await boss.webhooks.send_test(webhook.id)
    ids |= {"webhook": webhook.id, "delivery": delivery.id}
    ids |= {tag.name.replace("kettle", "tag"): tag.id for tag in tags}
    return World(organization, ids)


@pytest.fixture
async def campfire(database_url: str) -> AsyncIterator[Campfire]:
    # Without jobs, which would change deliveries while they are compared.
    campfire = campfire_for(database_url, drain_on_signal=False, work="elsewhere")
    async with campfire.lifespan():
        yield campfire


@asynccontextmanager
async def rest(campfire: Campfire, who: Agent | Visitor) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=campfire),
        base_url="http://shop.example/api/v1",
        cookies=cookies_of(who),
        headers={"Origin": "http://shop.example"},
    ) as client:
        yield client


async def over_rest(campfire: Campfire, world: World, name: str, one: Case) -> Any:
    method, path, query, body = one.request
    query = json.loads(named(json.dumps(query), world.ids))
    body = json.loads(named(json.dumps(body), world.ids))
    async with rest(campfire, person(name, world.organization)) as client:
        response = await client.request(method, path.format(**world.ids), params=query, json=body)
    told = response.json()
    if response.status_code >= 400:
        return response.status_code, told["code"], told["detail"], told.get("field")
    return told


def named(text: str, ids: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: ids[found[1]], text)


async def in_python(campfire: Campfire, world: World, name: str, one: Case) -> Any:
    api = api_of(campfire, person(name, world.organization))
    try:
        found = await one.python(api, world.ids)
    except CampfireError as error:
        return error.status, error.code, error.message, error.field
    return json.loads(msgspec.json.encode(found))


def alike(answer: Any, world: World) -> Any:
    """An answer without what differs between two organisations: ids, secrets, times and ETags,
    which count the changes of all organisations."""
    text = json.dumps(answer, sort_keys=True).replace(world.organization, "ORGANIZATION")
    kinds = "cch|conv|msg|vis|agt|job|req|team|tag|srp|key|whk|dlv|evt"
    text = re.sub(rf"\b({kinds})_[0-9a-z]{{26}}\b", r"\1", text)
    text = re.sub(r"\bcfk_\w+|\bwhsec_[\w+/=]+", "SECRET", text)
    text = re.sub(r'"etag": "\\"[1-9]\d*\\""', '"etag": "ETAG"', text)
    return json.loads(re.sub(r"\b20\d\d-[\d-]+T[\d:.]+Z", "TIME", text))


@pytest.mark.one_engine
@pytest.mark.parametrize("operation", sorted({one.operation for one in CASES}))
async def test_the_same_answer(campfire: Campfire, operation: str) -> None:
    number = allowed = 0
    for one in (one for one in CASES if one.operation == operation):
        worlds: list[World] = []
        for name in PEOPLE:
            if not worlds:
                number += 1
                worlds = [await content(campfire, f"org-{number}-{side}") for side in "rp"]
            over, within = worlds
            told = alike(await over_rest(campfire, over, name, one), over)
            assert alike(await in_python(campfire, within, name, one), within) == told, (one, name)
            refused = isinstance(told, list)
            allowed += not refused or told[0] != 403
            if not refused and one.request[0] != "GET":
                # It has changed what the next one asks about.
                worlds = []
    assert allowed, "nobody may ask: the case is wrong"


def test_every_operation_has_a_counterpart() -> None:
    operations = {endpoint.operation for endpoint in ENDPOINTS}
    assert {one.operation for one in CASES} | ONLY_REST.keys() == operations
    assert not {one.operation for one in CASES} & ONLY_REST.keys()


async def test_an_id_is_enough_for_those_who_came_before(campfire: Campfire) -> None:
    with pytest.raises(NotFoundError, match="no such agent"):
        await campfire.as_agent("ada").me()
    ada = Agent(id="ada", name="Ada", email="ada@shop.example", avatar_url="/a.png", role="viewer")
    known = await campfire.as_agent(ada).me()
    assert known.role == "viewer"
    assert await campfire.as_agent("ada").me() == known
    mia = Visitor(id="mia", name="Mia", email="mia@mail.example")
    await campfire.as_visitor(mia).conversations.open("Hello?")
    # What is known of her is not forgotten by it.
    again = await campfire.as_visitor("mia").conversations.open("Again?")
    (row, _) = (await campfire.as_system().conversations.list()).items
    assert (row.id, row.contact.name, row.contact.email) == (again.id, "Mia", "mia@mail.example")


async def test_a_role_that_was_taken_counts_at_once(campfire: Campfire) -> None:
    ada = campfire.as_agent("ada")
    await campfire.as_agent(Agent(id="ada", name="Ada", role="owner")).me()
    assert (await ada.settings.change({"name": "Shop"})).values["name"] == "Shop"
    await campfire.as_agent(Agent(id="ada", name="Ada", role="viewer")).me()
    with pytest.raises(CampfireError) as refused:
        await ada.settings.change({"name": "Mine"})
    assert refused.value.code == "forbidden"


async def test_access_labels_narrow_an_agent_here_as_well(campfire: Campfire) -> None:
    opened = await campfire.as_visitor("mia").conversations.open("Hello?")
    await campfire.as_system().conversations.change(opened.id, access_labels=["vip"])
    emea = Agent(id="eve", name="Eve", email="labels:emea")
    with pytest.raises(NotFoundError):
        await campfire.as_agent(emea).conversations.get(opened.id)
    with pytest.raises(NotFoundError):
        await campfire.as_agent("eve").conversations.get(opened.id)


async def test_the_system_answers_nobody(campfire: Campfire) -> None:
    opened = await campfire.as_visitor("mia").conversations.open("Hello?")
    system = campfire.as_system()
    message = await system.messages.send(opened.id, "We open at nine.")
    assert (message.sender.kind, message.sender.id) == ("system", "system")
    found = await system.conversations.get(opened.id)
    assert found.waiting_since is not None
    assert found.assignee is None
    assert (await system.conversations.change(opened.id, status=Status.RESOLVED)).status == (
        Status.RESOLVED
    )


async def test_the_same_client_id_stores_once(campfire: Campfire) -> None:
    mia = campfire.as_visitor("mia")
    opened = await mia.conversations.open("Hello?", client_id="1")
    assert (await mia.conversations.open("Hello?", client_id="1")).id == opened.id
    sent = [await mia.messages.send(opened.id, "Anybody?", client_id="2") for _ in range(2)]
    assert sent[0] == sent[1]
    with pytest.raises(CampfireError) as conflict:
        await mia.messages.send(opened.id, "Something else", client_id="2")
    assert conflict.value.code == "client_id_conflict"


async def test_texts_that_cannot_be_stored_and_times_without_a_zone(campfire: Campfire) -> None:
    mia = campfire.as_visitor("mia")
    for ask in (
        lambda: mia.conversations.open("\ud800"),
        lambda: mia.conversations.open("a\0b"),
    ):
        with pytest.raises(CampfireError) as refused:
            await ask()
        assert refused.value.code == "invalid_text"
    opened = await mia.conversations.open("Hello?")
    with pytest.raises(CampfireError) as refused:
        await campfire.as_system().conversations.change(
            opened.id, status=Status.SNOOZED, snoozed_until=datetime(2999, 1, 1)
        )
    assert (refused.value.code, refused.value.field) == ("invalid", "snoozed_until")
    with pytest.raises(CampfireError) as refused:
        await campfire.as_system().api_keys.create(
            "Import", ["contacts.write"], expires_at=datetime(2999, 1, 1)
        )
    assert (refused.value.code, refused.value.field) == ("invalid", "expires_at")


async def test_no_agent_sees_what_is_the_systems_own(campfire: Campfire) -> None:
    system = campfire.as_system()
    own = await system.saved_replies.create("night", "At night", "We open at nine.")
    shared = await system.saved_replies.create("day", "By day", "One moment.", shared=True)
    owner = campfire.as_agent(Agent(id="boss", name="Boss", role=Role.OWNER))
    assert (await owner.saved_replies.list()).items == [shared]
    with pytest.raises(NotFoundError):
        await owner.saved_replies.get(own.id)


async def test_before_the_start_it_says_so(tmp_path: Any) -> None:
    campfire = campfire_for(f"sqlite:///{tmp_path}/x.db")
    for api in (campfire.as_agent("ada"), campfire.as_visitor("mia"), campfire.as_system()):
        with pytest.raises(NotStartedError):
            await api.me()
