"""Old state and events are the fresh state: whatever happens, a page that has seen it happen shows
the same as one that is loaded afterwards.

The widget's and the console's own code in node, with random operations on a real server that cause
every type of events. Events come late, in any order between the streams, and while pages are being
loaded. Where a reducer is missing, the two differ.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import campfire_chat
from campfire_chat.core.text import preview
from campfire_chat.features.registry import FEATURES
from tests.conftest import QUICK
from tests.support.engines import copy_sqlite
from tests.support.host import campfire_for, host_app
from tests.support.node import TYPESCRIPT
from tests.support.people import Desk, Person, signer
from tests.support.servers import ThreadServer

SOURCES = Path(campfire_chat.__file__).parent / "frontend"
#: No screen shows what these tell of. They only move the position.
UNSEEN = {
    *("settings.changed", "own_settings.changed"),
    *("agent.availability_changed", "agent.session_started", "agent.session_ended"),
    "mention.created",
    *("api_key.created", "api_key.rotated", "api_key.revoked"),
    *("webhook.changed", "webhook.paused"),
    *("notification.created", "notification.read"),
}
#: What these are about is asked for again, since the event does not tell it: see
#: tests/browser/test_saved_replies.py, test_sending.py, test_drafts.py and
#: test_contact_attributes.py.
ASKED = {
    *("saved_reply.changed", "saved_reply.deleted", "own_conversation.updated"),
    *("draft.changed", "contact.updated"),
}
#: What these tell is a list of its own: see tests/browser/test_tags.py and test_teams.py.
LISTED = {"tag.changed", "tag.deleted", "team.created", "team.changed", "team.deleted"}
EVENTS = [
    event
    for feature in FEATURES
    for event in feature.events
    if event.name not in UNSEEN | ASKED | LISTED
]

Step = tuple[Any, ...]

#: Far enough away that no page calls it "tomorrow".
LATER = "2999-01-01T09:00:00Z"


class Pages:
    """The pages of one kind of screens, in a node process."""

    def __init__(self, kind: str) -> None:
        self._process = subprocess.Popen(
            [
                *TYPESCRIPT,
                *(str(Path(__file__).with_name("pages.mjs")), kind, str(SOURCES)),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def do(self, page: str, what: str, *parameters: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([page, what, *parameters]) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert not (isinstance(answer, dict) and "failed" in answer), answer["failed"]
        return answer

    def end(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@pytest.fixture(scope="module")
def screens() -> Iterator[dict[str, Pages]]:
    pages = {kind: Pages(kind) for kind in ("widget", "console")}
    yield pages
    for each in pages.values():
        each.end()


@pytest.fixture(scope="module")
def server(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ThreadServer]:
    """The engine is no matter of this: what the API answers has its tests on each of them."""
    path = tmp_path_factory.mktemp("state") / "campfire.db"
    url = copy_sqlite(sqlite_template, path)
    with ThreadServer(host_app(campfire_for(url, **QUICK))) as running:
        DATABASES[running] = path
        yield running


#: The databases behind the servers.
DATABASES: dict[ThreadServer, Path] = {}


class Story:
    """People of one organisation, and what they do.

    Attributes:
        caused: The types of events that have been caused.
    """

    def __init__(self, server: ThreadServer, screens: dict[str, Pages]) -> None:
        base = f"{server.url}{server.mount}"
        self.desk = Desk(base)
        # Admins, who may do everything that is an event.
        self.ada, self.ben = (
            self.desk.agent(name="Ada", role="admin"),
            self.desk.agent(name="Ben", role="admin"),
        )
        # Known to each other, so that they can be assigned.
        self.agents = [self.ada, self.ben]
        for agent in self.agents:
            assert agent.me
        self.team = self.ada.post("/teams", {"name": "Billing"})["id"]
        self._identities = {
            name: signer().sign_identity(
                campfire_chat.Visitor(id=name, name=name, organization=self.desk.organization)
            )
            for name in ("vera", "walt")
        }
        self.visitors = [self.desk.nobody_with(identity) for identity in self._identities.values()]
        self.screens = screens
        self._database = DATABASES[server]
        self.ada.patch("/settings", {"reopen_days": 1})
        self.conversations: list[tuple[str, Person]] = []
        self.messages: list[tuple[Person, str]] = []
        inbox = self.ada.get(f"/streams/inbox:{self.desk.organization}/events")
        headers = {**self.ada.websocket_headers, "Origin": server.url}
        self._openings = {
            "widget": {"headers": {}, "identity": self._identities["vera"]},
            "console": {"headers": headers},
        }
        for opening in self._openings.values():
            opening.update(base=f"{base}/", epoch=inbox["epoch"])

    # On the screens.

    def open(self, kind: str, page: str) -> None:
        self.screens[kind].do(page, "open", self._openings[kind])

    def enter(self, kind: str, page: str, number: int) -> None:
        """Show a conversation; each screen only what its person may see."""
        found = [
            id
            for id, visitor in self.conversations
            if kind == "console" or visitor is self.visitors[0]
        ]
        if found:
            self.screens[kind].do(page, "enter", found[number % len(found)])

    def deliver(self, kind: str, picks: list[int]) -> None:
        self.screens[kind].do("live", "deliver", picks)

    def dump(self, kind: str, page: str) -> Any:
        return shown(kind, self.screens[kind].do(page, "dump"))

    def close(self, kind: str, page: str) -> None:
        self.screens[kind].do(page, "close")

    # What people do.

    def do(self, step: Step) -> None:
        what, who, which, how = step
        if what == "begin" or not self.conversations:
            visitor = self.visitors[who % 2]
            self._began(visitor.begin(f"Hello {how}"), visitor)
        elif what == "invite":
            id, visitor = self._one(which)
            contact = self.ada.get(f"/conversations/{id}")["contact"]["id"]
            self._began(self._agent(who).begin("May I help?", contact_id=contact), visitor)
        elif what in ("say", "answer", "note"):
            id, visitor = self._one(which)
            author = visitor if what == "say" else self._agent(who)
            more = {"visibility": "internal"} if what == "note" else {}
            self.messages.append((author, author.write(id, f"{what}\n{how}", **more)["id"]))
        elif what in ("edit", "redact", "delete") and self.messages:
            author, id = self.messages[which % len(self.messages)]
            if what == "edit":
                # A deleted one cannot be edited.
                tolerant(author, "PATCH", f"/messages/{id}", {"body": f"edited {how}" * 40})
            elif what == "redact":
                # Not one that was deleted, nor what another one said.
                part = None if how % 2 else "edited"
                tolerant(self.ada, "POST", f"/messages/{id}/redact", {"text": part})
            else:
                author.delete(f"/messages/{id}")
        elif what == "block":
            id, _ = self._one(which)
            contact = self.ada.get(f"/conversations/{id}")["contact"]["id"]
            # Not for longer: whoever is blocked can say nothing.
            for change in ("block", "unblock"):
                self._agent(who).post(f"/contacts/{contact}/{change}", {}, 200)
        elif what == "late":
            self._late(*self._one(which), how)
        elif what == "take":
            self._agent(who).post("/conversations/take", {}, 200)
        elif what in CHANGES:
            values = [change(self) for change in CHANGES[what]]
            path = f"/conversations/{self._one(which)[0]}"
            tolerant(self._agent(who), "PATCH", path, values[how % len(values)])

    def _late(self, id: str, visitor: Person, how: int) -> None:
        """The visitor writes long after the conversation was resolved."""
        self.ada.patch(f"/conversations/{id}", {"status": "resolved"})
        with closing(sqlite3.connect(self._database, timeout=60)) as connection, connection:
            connection.execute(
                "UPDATE campfire_conversations SET resolved_at = 1 WHERE conversation_id = ?", [id]
            )
        message = visitor.write(id, f"late {how}")
        self.messages.append((visitor, message["id"]))
        if all(message["conversation_id"] != known for known, _ in self.conversations):
            self._began({"id": message["conversation_id"]}, visitor)

    def _agent(self, number: int) -> Person:
        return self.agents[number % 2]

    def _one(self, number: int) -> tuple[str, Person]:
        return self.conversations[number % len(self.conversations)]

    def _began(self, conversation: dict[str, Any], visitor: Person) -> None:
        self.conversations.append((conversation["id"], visitor))

    @property
    def caused(self) -> set[str]:
        streams = [f"inbox:{self.desk.organization}"]
        for id, _ in self.conversations:
            streams += [f"conversation:{id}", f"notes:{id}"]
        return {event["event"] for stream in streams for event in self.ada.events(stream)}


#: What a ``PATCH`` of a conversation may say, by the field that it is about.
CHANGES: dict[str, list[Any]] = {
    "status": [
        lambda _: {"status": "open"},
        lambda _: {"status": "pending"},
        lambda _: {"status": "snoozed"},
        lambda _: {"status": "snoozed", "snoozed_until": LATER},
        lambda _: {"status": "resolved"},
    ],
    "priority": [lambda _: {"priority": "high"}, lambda _: {"priority": None}],
    "assignee": [
        lambda story: {"assignee_id": story.ada.id},
        lambda story: {"assignee_id": story.ben.id},
        lambda _: {"assignee_id": None},
    ],
    "team": [lambda story: {"team_id": story.team}, lambda _: {"team_id": None}],
    "tags": [lambda _: {"tags": ["tea"]}, lambda _: {"tags": ["tea", "urgent"]}],
    "access": [lambda _: {"access_labels": ["sales"]}, lambda _: {"access_labels": []}],
    "subject": [lambda _: {"subject": "A kettle"}, lambda _: {"subject": None}],
    "several": [
        lambda story: {"status": "pending", "assignee_id": story.ben.id, "tags": []},
        lambda _: {"status": "open", "subject": "Tea", "priority": "low"},
    ],
}


def tolerant(person: Person, method: str, path: str, body: Any) -> None:
    """A change that may be impossible by now."""
    response: httpx.Response = person.http.request(method, path, json=body)
    assert response.status_code in (200, 409, 422), response.text


def shown(kind: str, dump: Any) -> Any:
    """What a page shows, without what is no matter of events: presence and receipts are not
    replayed, and each page asks for them when it begins."""
    conversation = dump["thread" if kind == "console" else "room"]
    assert conversation["phase"].strip() == "ready"
    if kind == "console":
        for row in dump["rows"].values():
            # Some rows come from lists, and some from the conversation itself.
            for name in ("receipts", "viewers", "contact_present", "unread"):
                row.pop(name, None)
        return dump
    for info in [*dump["rooms"].values(), dump["room"]["info"]]:
        if info is None:
            continue
        # The widget shows no counts, and has the last message whole.
        for name in ("receipts", "assignee_availability", "counts"):
            del info[name]
        if info["last_message"] is not None:
            info["last_message"]["text"] = preview(info["last_message"]["text"])
    return dump


def differences(live: Any, fresh: Any, place: str = "") -> list[str]:
    """Where the two are not the same."""
    if isinstance(live, dict) and isinstance(fresh, dict):
        return [
            found
            for key in sorted(live.keys() | fresh.keys())
            for found in differences(live.get(key), fresh.get(key), f"{place}.{key}")
        ]
    return [] if live == fresh else [f"{place}: {live!r} and not {fresh!r}"]


NUMBER = st.integers(0, 7)
DOING = st.tuples(
    st.sampled_from(
        [
            *("begin", "invite", "say", "answer", "note", "edit", "redact", "delete", "take"),
            *("block", "late", *CHANGES),
        ]
    ),
    *(NUMBER, NUMBER, NUMBER),
)
LOOKING = st.one_of(
    st.tuples(st.just("deliver"), st.lists(NUMBER, max_size=6)),
    st.tuples(st.just("enter"), NUMBER),
)
STEPS = st.lists(st.one_of(DOING, DOING, LOOKING), max_size=24)

BEGUN: list[Step] = [("begin", 0, 0, 0), ("begin", 1, 0, 1)]
#: One of everything, all in the conversation that the pages show.
EVERYTHING: list[Step] = [
    *(("answer", 0, 0, 1), ("say", 0, 0, 2), ("note", 0, 0, 3), ("answer", 1, 0, 4)),
    # The log never tells what a message has said before: only who has heard of it knows.
    *(("deliver", []), ("edit", 0, 0, 5), ("edit", 0, 2, 6), ("delete", 0, 3, 0)),
    ("block", 0, 0, 0),
    ("redact", 0, 5, 1),
    *((what, 0, 0, how) for what in CHANGES for how in range(len(CHANGES[what]))),
    *(("status", 0, 0, 3), ("late", 0, 0, 0)),
]


def play(story: Story, steps: list[Step], *, broken: str | None = None) -> list[Any]:
    """What the live and the fresh page of each screen show in the end."""
    found: list[Any] = []
    for step in BEGUN:
        story.do(step)
    for kind in story.screens:
        story.open(kind, "live")
        story.enter(kind, "live", 0)
        if broken is not None:
            story.screens[kind].do("live", "break", broken.split(".")[0] + "s", broken)
    for step in steps:
        for kind in story.screens if step[0] in ("deliver", "enter") else ():
            if step[0] == "deliver":
                story.deliver(kind, step[1])
            else:
                story.enter(kind, "live", step[1])
        if step[0] not in ("deliver", "enter"):
            story.do(step)
    for kind in story.screens:
        story.deliver(kind, [])
        story.screens[kind].do("live", "look")
        story.open(kind, "fresh")
        for page in ("live", "fresh"):
            story.enter(kind, page, 0)
        found.append((kind, story.dump(kind, "live"), story.dump(kind, "fresh")))
        for page in ("live", "fresh"):
            story.close(kind, page)
    return found


@settings(max_examples=10)
@given(steps=STEPS)
@example(steps=EVERYTHING)
# A change of which no event has told when its message is loaded, and the other way around.
@example(steps=[("answer", 0, 0, 1), ("edit", 0, 0, 2), ("enter", 0), ("edit", 0, 0, 3)])
# What was changed before anybody wrote a note.
@example(steps=[("priority", 0, 0, 0), ("note", 0, 0, 1)])
# The list hears of a message before its thread does.
@example(
    steps=[("say", 0, 0, 0), ("deliver", [0, 1, 0, 1]), ("say", 0, 0, 1), ("deliver", [1] * 6)]
)
# The assignee changes, and with it whose presence counts.
@example(steps=[("assignee", 0, 0, 0), ("deliver", []), ("assignee", 0, 0, 1)])
def test_events_lead_to_the_fresh_state(
    server: ThreadServer, screens: dict[str, Pages], steps: list[Step]
) -> None:
    for kind, live, fresh in play(Story(server, screens), steps):
        found = differences(live, fresh)
        assert not found, "\n".join([kind, *found, f"after {steps}"])


def test_there_is_an_operation_for_every_type_of_events(server: ThreadServer) -> None:
    story = Story(server, {})
    play(story, EVERYTHING)


#: What these tell is a list of its own: see tests/browser/test_tags.py and test_teams.py.
LISTED = {"tag.changed", "tag.deleted", "team.created", "team.changed", "team.deleted"}


@pytest.mark.parametrize(
    ("kind", "event"),
    [
        *(("widget", event.name) for event in EVENTS if "conversation" in event.streams),
        *(("console", event.name) for event in EVENTS),
    ],
)
def test_no_reducer_may_be_missing(
    server: ThreadServer, screens: dict[str, Pages], kind: str, event: str
) -> None:
    """The test above would notice: without it the page shows something else."""
    story = Story(server, {kind: screens[kind]})
    [(_, live, fresh)] = play(story, EVERYTHING, broken=event)
    assert differences(live, fresh)
