"""Asks the index: which documents hold what is searched for, and may be seen by the caller.

The permission is a part of the query. Matches are looked through from the newest on, a stretch of
:data:`STRETCH` of them at a time. So a search costs the same however few of them meet its
conditions on conversations. The best are the best of a stretch; then come those of the next one.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from functools import cache, partial
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import (
    BigInteger,
    Float,
    Integer,
    String,
    and_,
    bindparam,
    cast,
    exists,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.sql.elements import ClauseElement, ColumnElement

from campfire_chat.access.actor import Actor
from campfire_chat.access.policy import can
from campfire_chat.access.visibility import is_narrowed, values_for, visible_to
from campfire_chat.database.dialects import Engine
from campfire_chat.database.lanes import Session
from campfire_chat.database.prepared import Row
from campfire_chat.database.statement import Query
from campfire_chat.features.conversations import tables as conversation_tables
from campfire_chat.features.conversations.permissions import NOTES_READ
from campfire_chat.features.search import rules, tables
from campfire_chat.features.search.documents import KIND, SearchKind, organization_mark
from campfire_chat.features.search.errors import SearchTooBroadError
from campfire_chat.features.search.parsing import Search
from campfire_chat.features.search.queries import sqlite_index
from campfire_chat.features.search.tokens import Term
from campfire_chat.features.tags.tables import conversation_tags

_d = tables.documents.c
_c = conversation_tables.conversations.c
_l = conversation_tags.c

Sort = Literal["best", "newest"]

#: Matches that are looked through at a time: they are ranked, or their conversations are looked at.
STRETCH: Final = 5_000
#: Words of a search that rank what it finds. PostgreSQL looks at all pairs of those that have to be
#: there together, so they are ranked as if each were enough.
_MOST_RANKING: Final = 8
#: Characters of the tokens of a document that SQLite ranks it by.
_MOST_READ: Final = 2_000
#: Milliseconds that the statements of a page may take in PostgreSQL, together.
MOST_TIME: Final = 2_000
#: PostgreSQL's code for a statement that took too long.
_TOO_LONG: Final = "57014"


class Candidate(NamedTuple):
    """A document that the index has found."""

    number: int
    document_id: str
    kind: SearchKind
    conversation_id: str


class Narrowing(NamedTuple):
    """Which conditions a query has, beside those of the index.

    Attributes:
        narrowed: The caller sees only some conversations.
        statuses: There are wanted statuses; ``not_statuses``: unwanted ones. And so on.
        tags: How many tags are wanted.
    """

    narrowed: bool = False
    statuses: bool = False
    not_statuses: bool = False
    assignees: bool = False
    not_assignees: bool = False
    tags: int = 0
    not_tags: bool = False

    @property
    def is_given(self) -> bool:
        """Whether there is any."""
        return self != Narrowing()


class Place(NamedTuple):
    """Where a page begins.

    Attributes:
        before: What follows has smaller numbers. For the best, the stretch has.
        skipped: For the best, how many of the stretch came before.
    """

    before: int
    skipped: int = 0


class Found(NamedTuple):
    """What is found in one stretch.

    Attributes:
        candidates: Documents, in order.
        end: Where the next stretch begins; None if this is the last one.
    """

    candidates: list[Candidate]
    end: int | None


class Wanted(NamedTuple):
    """What is asked of the database.

    Attributes:
        search: Its names of assignees and tags are ids by now; the id of nobody is empty.
        kinds: Only what is of one of these kinds; empty for all.
    """

    search: Search
    kinds: frozenset[SearchKind] = frozenset()


def _matches(engine: Engine) -> tuple[ColumnElement[int], list[ColumnElement[bool]]]:
    """The number of a document, and what says that the index has it between two numbers."""
    words = bindparam("words", type_=String)
    if engine.name == "sqlite":
        number: ColumnElement[int] = sqlite_index.c.rowid
        holds = [literal_column(tables.SQLITE_INDEX).op("MATCH")(words)]
    else:
        number = _d.number
        mine = _d.org_id == bindparam("org_id", type_=String)
        holds = [mine, _d.tokens.op("@@")(cast(words, TSQUERY))]
    return number, [
        *holds,
        number < bindparam("before", type_=BigInteger),
        number >= bindparam("since", type_=BigInteger),
    ]


def _stretch_end(engine: Engine) -> ClauseElement:
    number, matches = _matches(engine)
    return (
        select(number)
        .select_from(sqlite_index if engine.name == "sqlite" else tables.documents)
        .where(*matches)
        .order_by(number.desc())
        .offset(bindparam("skipped", type_=Integer))
        .limit(literal_column("1"))
    )


#: ``org_id``, ``words``, ``before``, ``since``: the number of the match behind ``skipped`` others.
STRETCH_END = Query(_stretch_end)


def _found(sort: Sort, by: Narrowing, engine: Engine) -> ClauseElement:
    """Documents in the order of their numbers, the newest first, or the best of these first."""
    ranked = sort == "best"
    limit = bindparam("count", type_=Integer)
    number, matches = _matches(engine)
    if engine.name == "sqlite":
        source: Any = sqlite_index.outerjoin(
            tables.documents,
            # Outer joins, which keep the order of the tables: the index comes first.
            and_(_d.org_id == bindparam("org_id", type_=String), _d.number == number),
        ).outerjoin(
            conversation_tables.conversations,
            and_(_c.org_id == _d.org_id, _c.conversation_id == _d.conversation_id),
        )
        rank = _rank_of_words(engine)
    else:
        source = tables.documents.join(
            conversation_tables.conversations,
            and_(_c.org_id == _d.org_id, _c.conversation_id == _d.conversation_id),
        )
        # 1: a word counts less in a long text.
        rank = func.ts_rank(
            _d.tokens, cast(bindparam("ranked", type_=String), TSQUERY), 1, type_=Float
        )
    columns: list[ColumnElement[Any]] = [
        number.label("number"),
        _d.document_id,
        _d.kind,
        _d.conversation_id,
    ]
    newest = (
        select(*columns, *([rank.label("rank")] if ranked else []))
        .select_from(source)
        .where(*matches, *_conditions(by, engine))
        .order_by(number.desc())
    )
    if not ranked:
        return newest.limit(limit)
    best = newest.limit(literal_column(str(STRETCH))).subquery()
    return (
        select(best.c.number, best.c.document_id, best.c.kind, best.c.conversation_id)
        .order_by(best.c.rank.desc(), best.c.number.desc())
        .limit(limit)
        .offset(bindparam("skipped", type_=Integer))
    )


def _rank_of_words(engine: Engine) -> ColumnElement[float]:
    """BM25 without the part that says how rare a word is: every match holds all of the words, and
    FTS5 would count the documents that hold each one for every search.

    k1 = 1.2 and b = 0.75, for documents of 200 characters on average.
    (https://nlp.stanford.edu/IR-book/html/htmledition/okapi-bm25-a-non-binary-model-1.html)
    """
    term = engine.each("ranked").c.value
    begin = func.substr(_d.tokens, 1, literal_column(str(_MOST_READ)))
    text = literal(" ").concat(begin).concat(literal(" "))
    without = func.replace(text, term, literal_column("''"))
    times = (func.length(text) - func.length(without)) * 1.0 / func.length(term)
    norm = 0.3 + 0.9 * func.length(begin) / 200.0
    # times / (times + norm), less 1 for each word: so the text is gone through once.
    return select(func.coalesce(func.sum(-norm / (times + norm)), 0.0)).scalar_subquery()


def _conditions(by: Narrowing, engine: Engine) -> Iterable[ColumnElement[bool]]:
    def listed(name: str) -> Any:
        return select(engine.each(name).c.value)

    if by.narrowed:
        yield visible_to(engine, _c.access_labels)
    if by.statuses:
        yield _c.status.in_(listed("statuses"))
    if by.not_statuses:
        yield _c.status.not_in(listed("not_statuses"))
    assignee = func.coalesce(_c.assignee_id, literal_column("''"))
    if by.assignees:
        yield assignee.in_(listed("assignees"))
    if by.not_assignees:
        yield assignee.not_in(listed("not_assignees"))
    tagged = (
        select(literal(1))
        .select_from(conversation_tags)
        .where(_l.org_id == bindparam("org_id", type_=String))
        .where(_l.conversation_id == _d.conversation_id)
        .correlate(tables.documents)
    )
    for number in range(by.tags):
        yield exists(tagged.where(_l.tag_id == bindparam(f"tag_{number}", type_=String)))
    if by.not_tags:
        yield ~exists(tagged.where(_l.tag_id.in_(listed("not_tags"))))


@cache
def found_query(sort: Sort, by: Narrowing = Narrowing()) -> Query:  # noqa: B008
    """``org_id``, ``words``, ``before``, ``since``, ``count``; ``ranked`` and ``skipped`` for the
    best; and a list or a value for each condition of ``by``."""
    return Query(partial(_found, sort, by))


async def candidates(
    session: Session,
    actor: Actor,
    wanted: Wanted,
    sort: Sort,
    place: Place,
    *,
    limit: int,
    deadline: float,
) -> Found:
    """Documents that the index finds in the stretch that begins at a place.

    Args:
        deadline: When PostgreSQL is to give up, by the clock of :func:`time.monotonic`.

    Raises:
        SearchTooBroadError: PostgreSQL has given up.
    """
    search, engine = wanted.search, session.engine
    by = Narrowing(
        narrowed=is_narrowed(actor),
        statuses=bool(search.statuses.wanted),
        not_statuses=bool(search.statuses.unwanted),
        assignees=bool(search.assignees.wanted),
        not_assignees=bool(search.assignees.unwanted),
        tags=len(search.tags.wanted),
        not_tags=bool(search.tags.unwanted),
    )
    until = rules.END if search.until is None else rules.first_number(search.until)
    words = _for_fts5 if engine.name == "sqlite" else _for_tsquery
    given: dict[str, Any] = {
        "org_id": actor.organization,
        "words": words(_needed(actor, wanted), _refused(actor, wanted)),
        "before": min(place.before, until),
        "since": rules.first_number(search.since),
        "count": limit,
        **{f"tag_{number}": tag_id for number, tag_id in enumerate(search.tags.wanted)},
        **values_for(engine, actor),
    }
    for name, values in (
        ("statuses", search.statuses.wanted),
        ("not_statuses", search.statuses.unwanted),
        ("assignees", search.assignees.wanted),
        ("not_assignees", search.assignees.unwanted),
        ("not_tags", search.tags.unwanted),
    ):
        given[name] = engine.list_value(values)
    end: int | None = None
    if sort == "best" or by.is_given:
        rows = await _with_custom_plan(
            session, STRETCH_END, {**given, "skipped": STRETCH - 1}, deadline
        )
        end = rows[0][0] if rows else None
    if end is not None:
        if by.narrowed:
            # The place tells the caller nothing of a document that they do not see.
            end = rules.round_between(end, given["before"])
        given["since"] = end
    if sort == "best":
        given["skipped"] = place.skipped
        given["ranked"] = (
            engine.list_value([_as_part(term) for term in search.terms[:_MOST_RANKING]])
            if engine.name == "sqlite"
            else _ranking(search.terms or _whole(actor))
        )
    rows = await _with_custom_plan(session, found_query(sort, by), given, deadline)
    found = [
        Candidate(number, document_id, SearchKind(kind), conversation_id)
        for number, document_id, kind, conversation_id in rows
    ]
    return Found(found, end)


async def _with_custom_plan(
    session: Session, query: Query, given: dict[str, Any], deadline: float
) -> Sequence[Row]:
    """The rows of a query, which PostgreSQL is to plan for these values: it reads a rare word from
    the index of words, and a frequent one from the newest documents on. The plan that it would
    keep for any words is a thousand times too slow for some.

    Raises:
        SearchTooBroadError: PostgreSQL has not found it in time.
    """
    if session.engine.name != "postgresql":
        return await session.fetch(query, **given)
    # 0 would be no limit.
    left = max(1, round((deadline - time.monotonic()) * 1_000))
    await session.command(
        f"SET plan_cache_mode = force_custom_plan; SET statement_timeout = {left}"
    )
    try:
        return await session.fetch(query, **given)
    except Exception as error:
        if getattr(error, "sqlstate", None) == _TOO_LONG:
            raise SearchTooBroadError(field="q") from error
        raise
    finally:
        await session.command("RESET plan_cache_mode; RESET statement_timeout")


def _whole(actor: Actor) -> tuple[Term, ...]:
    return (Term((organization_mark(actor.organization),)),)


def _needed(actor: Actor, wanted: Wanted) -> tuple[Term, ...]:
    """What a document has to hold."""
    # The index finds fewer with what is needed than without what is refused.
    kinds = wanted.kinds if len(wanted.kinds) == 1 else ()
    return (
        *_whole(actor),
        *(_of_kind(kind) for kind in kinds),
        *wanted.search.marks,
        *wanted.search.terms,
    )


def _refused(actor: Actor, wanted: Wanted) -> list[tuple[Term, ...]]:
    """What a document must not hold; each entry is terms that it must not hold together."""
    refused: list[tuple[Term, ...]] = [(term,) for term in wanted.search.without]
    refused += wanted.search.without_marks
    unwanted = set(SearchKind) - wanted.kinds if len(wanted.kinds) > 1 else set[SearchKind]()
    if not can(actor, NOTES_READ):
        unwanted.add(SearchKind.NOTE)
    return refused + [(_of_kind(kind),) for kind in SearchKind if kind in unwanted]


def _of_kind(kind: SearchKind) -> Term:
    return Term((KIND + kind,))


def _for_fts5(needed: Sequence[Term], refused: Sequence[Sequence[Term]]) -> str:
    """As FTS5 reads it (https://sqlite.org/fts5.html). Words hold no quotes."""

    def one(term: Term) -> str:
        return f'"{" ".join(term.words)}"{" *" if term.is_prefix else ""}'

    def every(terms: Sequence[Term]) -> str:
        return f"({' AND '.join(map(one, terms))})"

    without = " OR ".join(map(every, refused))
    return f"{every(needed)} NOT ({without})" if without else every(needed)


def _for_tsquery(needed: Sequence[Term], refused: Sequence[Sequence[Term]]) -> str:
    """As PostgreSQL reads a ``tsquery``. Words hold no quotes."""

    def one(term: Term) -> str:
        words = " <-> ".join(f"'{word}'" for word in term.words)
        return f"({words}{':*' if term.is_prefix else ''})"

    def every(terms: Sequence[Term]) -> str:
        return f"({' & '.join(map(one, terms))})"

    return " & ".join([every(needed), *(f"!{every(terms)}" for terms in refused)])


def _ranking(terms: Sequence[Term]) -> str:
    """The first words of a search as a ``tsquery`` that any of them fits."""
    words: dict[str, None] = {}
    for term in terms:
        *whole, last = term.words
        words |= dict.fromkeys(f"'{word}'" for word in whole)
        words[f"'{last}'{':*' if term.is_prefix else ''}"] = None
    return " | ".join(list(words)[:_MOST_RANKING])


def _as_part(term: Term) -> str:
    """A term as it stands in the tokens of SQLite."""
    return f" {' '.join(term.words)}{'' if term.is_prefix else ' '}"
