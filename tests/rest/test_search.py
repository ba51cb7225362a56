"""Searching over REST: what is found, in which order, by whom, and what is gone at once."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.people import Desk, Person


def search(person: Person, q: str, **more: Any) -> list[dict[str, Any]]:
    return page_of(person, q, **more)["items"]


def page_of(person: Person, q: str, **more: Any) -> dict[str, Any]:
    return person.post("/search", {"q": q, **more}, 200)


def refused(person: Person, status: int, **body: Any) -> dict[str, Any]:
    return person.post("/search", body, status)


def texts(person: Person, q: str, **more: Any) -> list[str]:
    """What was found: the message, or the subject of the conversation."""
    return [
        hit["text"] or f"* {hit['conversation']['subject']}" for hit in search(person, q, **more)
    ]


def until(person: Person, q: str, count: int, **more: Any) -> list[dict[str, Any]]:
    """Wait until the index has followed."""
    end = time.monotonic() + 60
    while len(hits := search(person, q, **more)) != count:
        assert time.monotonic() < end, hits
        time.sleep(0.02)
    return hits


def marked(hit: dict[str, Any]) -> list[str]:
    """What is highlighted."""
    said: list[str] = []
    for one in hit["highlights"]:
        conversation = hit["conversation"]
        whole = {
            "text": hit["text"],
            "subject": conversation["subject"],
            "name": conversation["contact"]["name"],
            "email": conversation["contact"]["email"],
            "number": str(conversation["number"]),
            "tag": conversation["tags"][one["tag"]] if one["tag"] is not None else None,
        }[one["part"]]
        said.append(whole[one["start"] : one["end"]])
    return said


def test_messages_notes_and_conversations_are_found(desk: Desk, stranger_desk: Desk) -> None:
    ada = desk.agent("ada", name="Ada Lee")
    zoe = desk.visitor(name="Zoë Müller", email="zoe@shop.example")
    conversation = zoe.begin("My café order came\n\nlate", subject="Late order")["id"]
    ada.write(conversation, "I am sorry for the delay 日本語です")
    ada.write(conversation, "Zoe's third complaint about lateness", visibility="internal")
    ada.patch(f"/conversations/{conversation}", {"tags": ["Shipping", "crème"]})
    stranger_desk.visitor().begin("My café order came late")

    until(ada, "zoe creme", 1)
    until(ada, "complaint", 1)
    assert sorted(texts(ada, "late")) == [
        "* Late order",
        "My café order came late",
        "Zoe's third complaint about lateness",
    ]
    # With a space behind it, the word has ended.
    assert sorted(texts(ada, "late ")) == ["* Late order", "My café order came late"]
    [hit] = search(ada, "CAFE came ord")
    assert hit["kind"] == "message"
    assert (hit["sender"]["kind"], hit["seq"]) == ("visitor", 1)
    assert hit["message_id"].startswith("msg_")
    assert marked(hit) == ["café", "order", "came"]
    shown = hit["conversation"]
    assert (shown["id"], shown["status"]) == (conversation, "open")
    # Whoever answers first has it.
    assert shown["assignee"]["id"] == ada.id
    [hit] = search(ada, "muller zoe@shop.example creme")
    assert hit["kind"] == "conversation"
    assert (hit["message_id"], hit["sender"], hit["text"]) == (None, None, "")
    assert marked(hit) == ["Müller", "zoe@shop.example", "crème"]
    for typed in ("日", "日本", "本語で", "語", '"日本語です"'):
        [hit] = search(ada, typed)
        assert marked(hit) == [typed.strip('"')], typed
    assert texts(ada, '"order came late"') == ["My café order came late"]
    assert texts(ada, '"came order"') == []
    assert texts(ada, "-cafe -order late") == ["Zoe's third complaint about lateness"]
    # What has no word in it asks for nothing.
    for nothing in ("", "…", "..", '"', "-", 'from:"', 'from:""'):
        assert texts(ada, nothing) == []
        assert texts(ada, nothing, **{"in": ["messages", "notes"]}) == []
    assert texts(ada, "late", **{"in": ["notes"]}) == ["Zoe's third complaint about lateness"]
    assert texts(ada, "late", **{"in": ["conversations"]}) == ["* Late order"]
    assert texts(ada, "late", **{"in": ["messages"]}) == ["My café order came late"]
    assert sorted(texts(ada, "late", **{"in": ["notes", "messages"]})) == [
        "My café order came late",
        "Zoe's third complaint about lateness",
    ]
    for wrong in ("notes", ["all"], ["notes", "files"], ["notes"] * 4):
        assert refused(ada, 422, q="late", **{"in": wrong})["code"] == "invalid", wrong
    # What is not understood does not find everything.
    assert refused(ada, 422, q="late", within=["notes"])["code"] == "invalid"


def test_a_hit_says_the_words_without_the_marks(desk: Desk) -> None:
    ada = desk.agent("ada", name="Ada Lee")
    zoe = desk.visitor("zoe", name="Zoë")
    about = zoe.begin("My **kettle** and [the *manual*](https://shop.example/kettle)")["id"]
    zoe.write(about, "```turnip\nx\n```")
    (hit,) = until(ada, "kettle manual", 1)
    assert hit["text"] == "My kettle and the *manual* (https://shop.example/kettle)"
    assert marked(hit) == ["kettle", "manual", "kettle"]
    # What is in the marks alone is shown with them.
    (hit,) = until(ada, "turnip", 1)
    assert hit["text"] == "```turnip x ```"
    assert marked(hit) == ["turnip"]


def test_a_conversation_is_found_by_its_number(desk: Desk) -> None:
    ada, zoe = desk.agent("ada"), desk.visitor(name="Zoë")
    begun = [zoe.begin("Hello", subject=f"Kettle {letter}") for letter in "abcdefghijkl"]
    numbers = {one["subject"]: ada.get(f"/conversations/{one['id']}")["number"] for one in begun}
    assert numbers["Kettle l"] == 12
    until(ada, "is:conversation kettle", 12)
    for typed in ("#12", "12", "#12 "):
        [hit] = search(ada, typed)
        assert (hit["kind"], hit["conversation"]["number"]) == ("conversation", 12)
        assert marked(hit) == ["12"]
    # A message says the number of its conversation too.
    until(ada, "hello", 12)
    for hit in search(ada, "hello"):
        shown = hit["conversation"]
        assert shown["number"] == numbers[shown["subject"]]
    # With a space behind it, it is the whole number.
    assert [hit["conversation"]["number"] for hit in search(ada, "#1 ")] == [1]


def test_a_conversation_is_found_as_a_picker_asks(desk: Desk, stranger_desk: Desk) -> None:
    ada = desk.agent("ada")
    ursula = desk.visitor("u", name="Ursula Ümit", email="ursula@shop.example")
    nameless = desk.visitor()
    stranger_desk.visitor("u", name="Ursula Ümit").begin("elsewhere", subject="The lamp")
    lamp = ursula.begin("Hello", subject="The Broken LAMP")["id"]
    other, theirs = ursula.begin("Again")["id"], nameless.begin("Hello")["id"]
    ada.patch(f"/conversations/{lamp}", {"status": "resolved"})

    def found(q: str) -> set[str]:
        hits = search(ada, q, **{"in": ["conversations"]})
        return {hit["conversation"]["id"] for hit in hits}

    # By what is shown of who has no name.
    until(ada, nameless.id[-4:], 1, **{"in": ["conversations"]})
    until(ada, "broken", 1)
    for q in ("ursula", "ümit URSU", "ümit", "UMIT", "@SHOP.example"):
        assert found(q) == {lamp, other}, q
    assert found("broken lamp") == {lamp}
    # The whole id stands for what is in the conversation.
    assert found(lamp) == {lamp}
    assert found(f"ursula -{lamp}") == {other}
    assert found(lamp[:-1]) == found("conv_") == set()
    until(ada, lamp, 2)
    assert texts(ada, f"{theirs} hello") == ["Hello"]
    assert texts(ada, f"{theirs} again") == []


def test_operators_narrow_what_is_found(desk: Desk) -> None:
    ada = desk.agent("ada", name="Ada Lee")
    bo = desk.agent("bo", name="Bo")
    assert bo.id
    zoe, max_ = desk.visitor(name="Zoë"), desk.visitor(name="Max")
    first = zoe.begin("parcel one")["id"]
    second = max_.begin("parcel two")["id"]
    ada.write(first, "parcel three")
    bo.write(second, "parcel four", visibility="internal")
    ada.patch(f"/conversations/{first}", {"assignee_id": ada.id, "tags": ["Big one", "vip"]})
    ada.patch(f"/conversations/{second}", {"status": "pending", "tags": ["vip"]})
    until(ada, "parcel", 4)
    one, two, three, four = "parcel one", "parcel two", "parcel three", "parcel four"
    for q, expected in {
        "parcel from:visitor": {one, two},
        "parcel from:zoe": {one},
        "parcel from:me": {three},
        f"parcel from:{bo.id}": {four},
        'parcel from:"ada lee"': {three},
        "parcel -from:agent": {one, two},
        "parcel to:zoe": {three},
        f"parcel to:{zoe.id}": {three},
        "parcel to:max": set[str](),
        "parcel is:note": {four},
        "parcel -is:note": {one, two, three},
        "parcel status:pending": {two, four},
        "parcel -status:pending": {one, three},
        "parcel status:open status:pending": {one, two, three, four},
        "parcel assignee:me": {one, three},
        "parcel assignee:none": {two, four},
        "parcel -assignee:none": {one, three},
        "parcel assignee:lee": {one, three},
        "parcel assignee:nobody-of-that-name": set[str](),
        "parcel tag:VIP": {one, two, three, four},
        'parcel tag:vip tag:"big one"': {one, three},
        'parcel -tag:"big one"': {two, four},
        "parcel tag:unknown": set[str](),
        "parcel -tag:unknown": {one, two, three, four},
        "parcel after:2020-01-01": {one, two, three, four},
        "parcel before:2020-01-01": set[str](),
        "-from:agent is:message": {one, two},
    }.items():
        for sort in ("best", "newest"):
            assert set(texts(ada, q, sort=sort)) == expected, q
    for wrong in ("status:closed", "is:file", "before:soon", "from:!!", "x" * 1_001, "x " * 40):
        problem = refused(ada, 422, q=wrong)
        assert (problem["code"], problem["field"]) == ("invalid_search", "q"), wrong
    assert refused(ada, 422, q="x", sort="oldest")["code"] == "invalid"
    assert refused(ada, 422, q="x\x00")["code"] == "invalid_text"


def test_what_was_deleted_or_edited_away_is_gone_at_once(desk: Desk) -> None:
    ada, zoe = desk.agent("ada"), desk.visitor()
    conversation = zoe.begin("secretword one")["id"]
    kept = zoe.write(conversation, "secretword two")
    gone = zoe.write(conversation, "secretword three")
    until(ada, "secretword", 3)
    zoe.delete(f"/messages/{gone['id']}", 200)
    zoe.patch(f"/messages/{kept['id']}", {"body": "harmless two"})
    for sort in ("best", "newest"):
        assert texts(ada, "secretword", sort=sort) == ["secretword one"]
    [hit] = until(ada, "harmless", 1)
    assert hit["message_id"] == kept["id"]


def test_the_subject_and_the_tags_are_found_as_they_are_now(desk: Desk) -> None:
    ada, zoe = desk.agent("ada"), desk.visitor(name="Zoe")
    conversation = zoe.begin("Hello", subject="Kettles")["id"]
    until(ada, "kettles", 1)
    ada.patch(f"/conversations/{conversation}", {"subject": "Teapots", "tags": ["boiling"]})
    assert texts(ada, "kettles") == []
    until(ada, "teapots boiling", 1)


def test_pages_hold_everything_once_and_in_order(desk: Desk) -> None:
    ada, zoe = desk.agent("ada"), desk.visitor()
    said = [f"apple {n:02}" if n % 4 else f"apple apple {n:02}" for n in range(1, 13)]
    conversation = zoe.begin(said[0])["id"]
    for text in said[1:]:
        zoe.write(conversation, text)
    until(ada, "apple", 12)
    for sort in ("newest", "best"):
        pages: list[list[str]] = []
        cursor: dict[str, str] = {}
        while True:
            page = page_of(ada, "apple", sort=sort, limit=5, **cursor)
            pages.append([hit["text"] for hit in page["items"]])
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
        assert [len(page) for page in pages] == [5, 5, 2], sort
        every = [text for page in pages for text in page]
        newest = said[::-1]
        if sort == "best":
            # Those that say it twice first.
            newest.sort(key=lambda text: not text.startswith("apple apple"))
        assert every == newest
    other = page_of(ada, "apple", sort="newest", limit=5)["next_cursor"]
    problem = refused(ada, 422, q="apple", sort="best", cursor=other)
    assert problem["code"] == "invalid_cursor"


def test_only_what_the_caller_may_see_is_found(desk: Desk) -> None:
    boss, zoe = desk.agent("boss", role="admin"), desk.visitor(name="Zoe")
    hidden, open_ = zoe.begin("plum one")["id"], zoe.begin("plum two")["id"]
    boss.write(open_, "plum note", visibility="internal")
    boss.patch(f"/conversations/{hidden}", {"access_labels": ["vip"], "subject": "Plum"})
    until(boss, "plum", 4)
    narrowed = desk.agent(email="labels:emea")
    of_vip = desk.agent(email="labels:emea,vip")
    first_tier = desk.agent(role="tier1")
    for sort in ("newest", "best"):
        assert set(texts(narrowed, "plum", sort=sort)) == {"plum two", "plum note"}
        assert len(texts(of_vip, "plum", sort=sort)) == 4
        # A role that does not read notes.
        assert "plum note" not in texts(first_tier, "plum", sort=sort)
        assert "plum two" in texts(first_tier, "plum", sort=sort)
    assert texts(first_tier, "plum", **{"in": ["notes"]}) == []
    boss.patch(f"/conversations/{hidden}", {"access_labels": []})
    assert len(texts(narrowed, "plum")) == 4
    refused(zoe, 403, q="plum")
    refused(desk.nobody(), 401, q="plum")


_PIECES = st.sampled_from(
    [
        *('"', "'", "*", "(", ")", ":", "-", "^", "+", "{", "}", "\\", "&", "|", "!", "<->", "%"),
        *(
            "AND",
            "OR",
            "NOT",
            "NEAR(",
            "tokens:",
            "rank",
            "the",
            "and",
            "1",
            "日本",
            "ä",
            " ",
            "_o",
        ),
        *("from:", "to:me", "tag:x", "status:open", "status:", "is:note", "-is:", "before:"),
        *("after:2026-01-01", "before:9999-12-31", "after:0001-01-01", "has:file", "; DROP", "--"),
        *(":*", "<2>", "e\u0301", "\U0010ffff", "👍", "campfire_search_index", "%00", "\n", "$1"),
    ]
)
ANYTHING = st.one_of(
    st.lists(_PIECES, max_size=30).map("".join),
    st.lists(_PIECES, max_size=30).map(" ".join),
    st.text(max_size=200),
    st.text(alphabet="a-\"' :", min_size=1, max_size=1_000),
)


@given(q=ANYTHING, sort=st.sampled_from(["best", "newest"]))
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_whatever_is_typed_is_a_search_or_refused(desk: Desk, q: str, sort: str) -> None:
    answer = ask(desk.agent("ada"), q, sort=sort)
    assert answer.status_code in (200, 422), answer.text
    if answer.status_code == 422:
        assert answer.json()["code"] in ("invalid_search", "invalid_text"), answer.text


@pytest.mark.parametrize("q", ["a" * 10_000, "the " * 2_500, '"' * 10_000, "-" * 10_000])
def test_a_search_of_ten_thousand_characters_is_refused(desk: Desk, q: str) -> None:
    answer = ask(desk.agent("ada"), q)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_search")


def ask(person: Person, q: str, **more: str) -> httpx.Response:
    return person.http.post("/search", json={"q": q.encode(errors="ignore").decode(), **more})
