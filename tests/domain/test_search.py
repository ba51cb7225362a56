"""Words, searches and where they stand in a text: rules without a database."""

from __future__ import annotations

import contextlib
import unicodedata
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campfire_chat.access.records import SenderKind
from campfire_chat.core.clock import SECOND
from campfire_chat.features.messages.records import Visibility
from campfire_chat.features.search import documents, finding, matching, parsing, rules, tokens
from campfire_chat.features.search.documents import Person
from campfire_chat.features.search.errors import InvalidSearchError
from campfire_chat.features.search.parsing import Names, Search, parse
from campfire_chat.features.search.tokens import (
    LONGEST_WORD,
    MOST_MARKS,
    MOST_TOKENS,
    Term,
    term_of,
    tokens_of,
)

ME = "agt_00000000000000000000000001"
#: Texts of many scripts, with what joins and what separates.
TEXTS = st.text(
    st.one_of(
        st.sampled_from("aBzéÉß0 9_-.'\"\\:*()|&!<>`日本語カがｶﾞ한글ᄒ\u1161ไทยहि\u0301\u200d👍İıŁ"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=60,
)


def words(text: str) -> list[str]:
    return [token.text for token in tokens_of(text)]


def message_of(body: str) -> documents.Document:
    return documents.of_message(
        "o",
        message_id="msg_1",
        conversation_id="conv_1",
        visibility=Visibility.PUBLIC,
        at=1,
        body=body,
        sender_kind=SenderKind.VISITOR,
        sender=Person("vis_1", "Ada"),
        contact=Person("vis_1", "Ada"),
    )


def found(text: str, *texts: str) -> list[list[matching.Place]] | None:
    return matching.find(parse(text, me=ME), texts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The REFUND of order #A-1234", ["the", "refund", "of", "order", "a", "1234"]),
        ("Café crème, ŁÓDŹ, Straße, Øre", ["cafe", "creme", "lodz", "strasse", "ore"]),
        ("Cafe\u0301", ["cafe"]),
        ("snake_case ada@example.com", ["snake", "case", "ada", "example", "com"]),
        ("ﬁne ＡＢＣ", ["fine", "abc"]),
        ("日本語", ["日本", "本語", "語"]),
        ("手机iphone", ["手机", "机", "iphone"]),
        ("한글", ["한글", "글"]),
        ("ᄒ\u1161\u11abᄀ\u1173\u11af", ["한글", "글"]),
        ("ｶﾞス", ["ガス", "ス"]),
        ("か が", ["か", "が"]),
        ("हिन्दी", ["हिनदी"]),
        ("ΣΊΣΥΦΟΣ σίσυφος", ["σισυφοσ", "σισυφοσ"]),
        ("👍 … — ''", []),
        ("x" * 100, ["x" * LONGEST_WORD]),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@given(TEXTS)
def test_words_hold_nothing_that_a_database_could_read(text: str) -> None:
    """And they stand in the text where they say, in order."""
    found = tokens_of(text)
    for token in found:
        assert token.text
        assert not set(token.text) & set(" _'\"\\:*()|&!<>-+^{}\x00\n")
        assert 0 <= token.start < token.end <= len(text)
        assert len(token.text) <= LONGEST_WORD
    assert [token.start for token in found] == sorted(token.start for token in found)


@given(TEXTS)
def test_a_text_is_found_by_itself(text: str) -> None:
    if (term := term_of(text)) is not None:
        places = matching.find(Search(terms=(term,)), [text])
        assert places is not None
        assert places[0]


@given(TEXTS, st.data())
def test_a_text_is_found_while_it_is_typed(text: str, data: st.DataObject) -> None:
    """Each beginning of a run of characters, and of a word from its second letter on."""
    if found := tokens_of(text):
        token = data.draw(st.sampled_from(found))
        typed = token.text[: data.draw(st.integers(2, max(2, len(token.text))))]
        term = term_of(typed, is_prefix=True)
        assert term is not None
        assert matching.find(Search(terms=(term,)), [text]) is not None


@given(st.text(max_size=300))
def test_every_text_is_a_search_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidSearchError):
        matching.find(parse(text, me=ME), ["some text", text])


@given(TEXTS, st.lists(st.tuples(st.integers(0, 60), st.integers(1, 8)), max_size=4))
def test_an_excerpt_keeps_its_places(text: str, spans: list[tuple[int, int]]) -> None:
    whole = text * 12
    places = sorted((a, min(a + n, len(whole))) for a, n in spans if a < len(whole))
    shown = matching.excerpt(whole, places)
    assert "\n" not in shown.text
    assert len(shown.text) <= matching.MOST_SHOWN + 4
    for (start, end), (a, b) in zip(places, shown.places, strict=False):
        wanted = "".join(whole[start:end].split())
        assert wanted.startswith("".join(shown.text[a:b].split()))


def test_an_excerpt_begins_near_the_first_place() -> None:
    body = "word " * 100 + "the\n\n  needle is here " + "more " * 100
    at = body.index("needle")
    shown = matching.excerpt(body, [(at, at + 6)])
    assert shown.text.startswith("… word ")
    assert shown.text.endswith(" …")
    [(start, end)] = shown.places
    assert shown.text[start:end] == "needle"
    assert "the needle is here" in shown.text
    assert matching.excerpt("short", []) == ("short", [])


def test_words_phrases_and_what_must_not_be_there() -> None:
    search = parse('refund "order 12" -spam -"no thanks" late', me=ME)
    assert search.terms == (
        Term(("refund",)),
        Term(("order", "12")),
        Term(("late",), is_prefix=True),
    )
    assert search.without == (Term(("spam",)), Term(("no", "thanks")))
    assert parse("late ", me=ME).terms == (Term(("late",)),)
    assert parse('"late', me=ME).terms == (Term(("late",), is_prefix=True),)
    assert parse('"late"', me=ME).terms == (Term(("late",)),)
    assert parse("a", me=ME).terms == (Term(("a",)),)
    assert parse("日", me=ME).terms == (Term(("日",), is_prefix=True),)
    assert parse("日本語", me=ME).terms == (Term(("日本", "本語")),)


def test_what_is_no_operator_is_a_word() -> None:
    assert parse("https://x.example ", me=ME).terms == (Term(("https", "x", "example")),)
    assert parse("note: tag: ", me=ME).terms == (Term(("note",)), Term(("tag",)))
    assert parse("has:file ", me=ME).terms == (Term(("has", "file")),)
    for nothing in ("", "  ", '""', '"', "-", "--", "!? …", "-!", 'tag:""', "'"):
        assert parse(nothing, me=ME).is_empty, nothing


def test_operators() -> None:
    search = parse(
        'from:"Ada Lee" to:me is:note status:open -status:RESOLVED assignee:none tag:"big one" '
        "-tag:spam -from:bot after:2026-01-31 before:2026-02-28T12:00:00Z",
        me=ME,
    )
    assert search.marks == (
        Term(("_fada",)),
        Term(("_flee",)),
        Term((f"_r{ME}",)),
        Term(("_dnote",)),
    )
    assert search.without_marks == ((Term(("_kbot",)),),)
    assert search.statuses == Names(("open",), ("resolved",))
    assert search.assignees == Names(("none",))
    assert search.tags == Names(("big one",), ("spam",))
    assert search.since == int(datetime(2026, 1, 31, tzinfo=UTC).timestamp()) * SECOND
    assert search.until == int(datetime(2026, 2, 28, 12, tzinfo=UTC).timestamp()) * SECOND
    assert search.terms == ()
    assert parse(f"from:{ME}", me="agt_x").marks == (Term((f"_s{ME}",)),)


def test_a_day_begins_where_the_organisation_is() -> None:
    vienna = parse("after:2026-07-01", me=ME, zone=ZoneInfo("Europe/Vienna"))
    assert vienna.since == int(datetime(2026, 6, 30, 22, tzinfo=UTC).timestamp()) * SECOND
    assert parse("after:0001-01-01T00:00:00+23:59", me=ME).since == 0
    with pytest.raises(InvalidSearchError):
        parse("after:0001-01-01", me=ME, zone=ZoneInfo("Asia/Tokyo"))
    # The opposite of before a time is from that time on.
    assert parse("-before:2026-07-01", me=ME) == parse("after:2026-07-01", me=ME)


#: Messages of the greatest length that are as costly as any.
COSTLY = {
    "ligatures": "\ufdfa" * 10_000,
    "marks": "a" + "\u0301" * 5_000 + "\u0323" * 4_999,
    "pairs": "".join(map(chr, range(0x4E00, 0x4E00 + 10_000))),
    "clusters": ("é" + "\u0323\u0301" * 6) * 769,
    "letters": "a " * 5_000,
    "one word": "й" * 10_000,
}


@given(st.sampled_from(sorted(COSTLY)).map(COSTLY.__getitem__) | TEXTS.map(lambda text: text * 50))
@settings(max_examples=40, deadline=None)
def test_any_text_is_taken_apart_in_bounded_work(text: str) -> None:
    """What Unicode is asked for grows no faster than the text, in pieces of bounded length."""
    asked: list[int] = []

    def normalize(form: Any, piece: str) -> str:
        asked.append(len(piece))
        return unicodedata.normalize(form, piece)

    tokens._folded.cache_clear()  # pyright: ignore[reportPrivateUsage]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokens, "unicodedata", Unicode(normalize))
        found = tokens_of(text)
    assert len(found) <= MOST_TOKENS
    assert all(len(token.text) <= LONGEST_WORD for token in found)
    assert max(asked, default=0) <= 1 + MOST_MARKS
    assert sum(asked) <= (1 + MOST_MARKS) * (2 + len(text))


class Unicode:
    """What the module uses of ``unicodedata``."""

    combining = staticmethod(unicodedata.combining)
    category = staticmethod(unicodedata.category)

    def __init__(self, normalize: Any) -> None:
        self.normalize = normalize


@pytest.mark.parametrize("body", COSTLY.values(), ids=COSTLY)
def test_the_costliest_messages_fit_the_index(body: str) -> None:
    """A ``tsvector`` may have 1 MB, and one word 2 KB."""
    document = message_of(body)
    assert len(document.words) <= MOST_TOKENS
    for stored in (documents.as_vector(document), documents.as_words(document)):
        assert len(stored.encode()) < 200_000


def test_words_behind_the_last_that_is_indexed_are_neither_found_nor_half_found() -> None:
    body = "a " * (MOST_TOKENS - 1) + "last behind"
    assert message_of(body).words[-1] == "last"
    assert found("last ", body) is not None
    assert found("behind", body) is None
    assert found('"last behind"', body) is None
    assert found("-behind ", body) is not None
    # The texts of a conversation have the same bound together.
    assert found("second ", body, "second") is None


def test_a_phrase_of_one_word_again_and_again_is_found() -> None:
    assert found("啊" * 20, "啊" * 9_000) == [[(0, MOST_TOKENS + 1)]]
    assert found('"a a b"', "a a a b") == [[(2, 7)]]
    assert found('"a a b"', "a b a a") is None


@pytest.mark.parametrize(
    "text",
    [
        "啊" * 40,
        '"' + "a " * 33 + '"',
        f"from:{'日' * 40}",
        "-" + "日" * 40,
        " ".join(f"tag:t{n}" for n in range(9)),
    ],
)
def test_a_search_has_few_words_and_tags(text: str) -> None:
    with pytest.raises(InvalidSearchError, match="at most"):
        parse(text, me=ME)


def test_the_same_twice_is_once() -> None:
    search = parse("late late -spam -spam from:bot from:bot tag:a tag:a ", me=ME)
    assert [len(part) for part in search[:3]] == [1, 1, 1]
    assert search.tags == Names(("a",))


@pytest.mark.parametrize(
    "text",
    [
        "status:closed",
        "is:file",
        "before:yesterday",
        "after:2026-13-01",
        "before:2026-01-01T10:00:00",
        "from:!!",
        "to:''",
        "x" * (parsing.LONGEST + 1),
        "x " * (parsing.MOST_PARTS + 1),
    ],
)
def test_a_wrong_value_is_refused(text: str) -> None:
    with pytest.raises(InvalidSearchError) as refused:
        parse(text, me=ME)
    assert refused.value.code == "invalid_search"


def test_all_texts_of_a_document_together_hold_a_search() -> None:
    assert found("refund ada", "My refund", "Ada Lee") == [[(3, 9)], [(0, 3)]]
    assert found('"refund ada"', "My refund", "Ada Lee") is None
    assert found("refund -lee", "My refund", "Ada Lee") is None
    assert found("-lee", "My refund", "Ada") == [[], []]
    # Those that touch are one.
    assert found("日本 本語", "日本語") == [[(0, 3)]]
    assert found("ﬁ", "ﬁne") == [[(0, 3)]]


@given(st.integers(0, rules.END - 3), st.integers(2, 10**12))
def test_a_place_between_two_numbers_is_as_round_as_can_be(low: int, apart: int) -> None:
    high = min(low + apart, rules.END)
    place = rules.round_between(low, high)
    assert low < place < high
    # The next number that is as round is not between them.
    step = place & -place
    assert place + step >= high or (place + step) & -(place + step) < step
    following = rules.round_between(low, place) if place - low >= 2 else low
    # From the second one on, each passes at least half of what lies between.
    assert place - following >= (place - low) / 2


def test_an_id_of_a_conversation_stands_for_what_is_in_it() -> None:
    mark = Term(("_c01ab",))
    assert parse("conv_01AB kettle ", me=ME) == Search(terms=(Term(("kettle",)),), marks=(mark,))
    assert parse("-conv_01ab", me=ME) == Search(without_marks=((mark,),))
    # Quoted, it is what somebody said; what is no whole id is a word.
    assert parse('"conv_"', me=ME).terms == parse("conv_ ", me=ME).terms == (Term(("conv",)),)


def test_a_document_holds_words_and_marks() -> None:
    contact = Person("vis_1", "Ada Lée", "ada@shop.example")
    note = documents.of_message(
        "Org'1",
        message_id="msg_1",
        conversation_id="conv_1",
        visibility=Visibility.INTERNAL,
        at=1,
        body="It's Anna's 'note'",
        sender_kind=SenderKind.AGENT,
        sender=Person("agt_1", "Bo"),
        contact=contact,
    )
    mark = documents.organization_mark("Org'1")
    assert documents.as_words(note) == f"{mark} _dnote _kagent _c1 _sagt_1 _fbo _ it s anna s note"
    assert documents.as_vector(note) == (
        f"'{mark}' '_dnote' '_kagent' '_c1' '_sagt_1' '_fbo' 'it':1 's':2,4 'anna':3 'note':5"
    )
    whole = documents.of_conversation(
        "o",
        conversation_id="conv_1",
        number=1042,
        at=1,
        subject="A b",
        tags=["c", "d e"],
        contact=contact,
    )
    assert " ".join(whole.words) == "a b _ ada lee _ ada shop example _ c _ d e _ 1042"
    assert "'ada':4,7" in documents.as_vector(whole)


def test_numbers_sort_by_time() -> None:
    for document in ("msg_1", "msg_2"):
        assert 5_000 <= rules.number(document, 5, 0) < 6_000
        assert 5_000 <= rules.number(document, 5, 3) < 5_000 + 512_000
        assert rules.number(document, 2**70, 99) < rules.END
    assert len({rules.number(f"msg_{n}", 5, 4) for n in range(1_000)}) > 990
    assert rules.first_number(1_700) == 1_700_000
    assert rules.first_number(2**62) < rules.END


def test_few_words_rank_on_postgresql() -> None:
    terms = parse('"a a b" c late', me=ME).terms
    assert finding._ranking(terms) == "'a' | 'b' | 'c' | 'late':*"  # pyright: ignore[reportPrivateUsage]
    many = parse(" ".join(f"w{n}" for n in range(30)), me=ME).terms
    assert finding._ranking(many).count("|") == 7  # pyright: ignore[reportPrivateUsage]
