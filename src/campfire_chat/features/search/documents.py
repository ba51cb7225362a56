"""What the index holds of a message or a conversation: its words and its marks.

A mark is a token that no text holds, since it begins with an underscore: whose organisation it is,
of which kind it is, in which conversation it is, who wrote it and to whom. So the index itself
finds the messages of one sender.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from campfire_chat.access.records import SenderKind
from campfire_chat.features.messages.records import Visibility
from campfire_chat.features.search.tokens import tokens_of, tokens_of_all

#: What marks begin with.
ORGANIZATION: Final = "_o"
KIND: Final = "_d"
CONVERSATION: Final = "_c"
SENDER_KIND: Final = "_k"
SENDER_ID: Final = "_s"
SENDER: Final = "_f"
RECIPIENT_ID: Final = "_r"
RECIPIENT: Final = "_t"
#: Stands between two texts of one document, so that no phrase reaches from one into the other.
GAP: Final = "_"

#: Characters at the end of an id that screens show of a contact without a name.
SHOWN_OF_ID: Final = 4

#: PostgreSQL keeps no greater position of a word, and no more positions of one word.
_LAST_POSITION: Final = 16_383
_MOST_POSITIONS: Final = 255


class SearchKind(StrEnum):
    """Of what the index has documents."""

    MESSAGE = "message"
    NOTE = "note"
    CONVERSATION = "conversation"


class Document(NamedTuple):
    """What the index holds of one thing.

    Attributes:
        id: The id of the message or the conversation.
        at: What the newest are sorted by, in microseconds since 1970.
        marks: In no order.
        words: In the order of the text, with :data:`GAP` between two texts.
    """

    id: str
    kind: SearchKind
    conversation_id: str
    at: int
    marks: tuple[str, ...]
    words: tuple[str, ...]


class Person(NamedTuple):
    """Somebody who writes or is written to."""

    id: str
    name: str | None
    email: str | None = None

    def marks(self, by_id: str, by_name: str) -> list[str]:
        words = dict.fromkeys(
            token.text for text in (self.name, self.email) if text for token in tokens_of(text)
        )
        return [by_id + self.id.lower(), *(by_name + word for word in words)]


def of_message(
    organization: str,
    *,
    message_id: str,
    conversation_id: str,
    visibility: Visibility,
    at: int,
    body: str,
    sender_kind: SenderKind,
    sender: Person,
    contact: Person,
) -> Document:
    """The document of a message or a note.

    Args:
        contact: Whose conversation it is. What an agent writes there is written to them.
    """
    kind = SearchKind.NOTE if visibility is Visibility.INTERNAL else SearchKind.MESSAGE
    marks = [organization_mark(organization), KIND + kind, SENDER_KIND + sender_kind]
    marks.append(conversation_mark(conversation_id))
    if sender_kind is SenderKind.VISITOR:
        sender = sender._replace(email=contact.email)
    elif kind is SearchKind.MESSAGE:
        marks += contact.marks(RECIPIENT_ID, RECIPIENT)
    marks += sender.marks(SENDER_ID, SENDER)
    return Document(message_id, kind, conversation_id, at, tuple(marks), _words([body]))


def of_conversation(
    organization: str,
    *,
    conversation_id: str,
    number: int,
    at: int,
    subject: str | None,
    tags: Sequence[str],
    contact: Person,
) -> Document:
    """The document of a conversation: its subject, its contact, its tags, its number."""
    marks = (
        organization_mark(organization),
        KIND + SearchKind.CONVERSATION,
        conversation_mark(conversation_id),
    )
    texts = [subject or "", contact.name or "", contact.email or "", *tags, str(number)]
    texts.append(shown_id(contact))
    return Document(
        conversation_id,
        SearchKind.CONVERSATION,
        conversation_id,
        at,
        marks,
        _words(filter(None, texts)),
    )


def shown_id(contact: Person) -> str:
    """The part of the id by which screens show a contact without a name; empty for others."""
    return "" if contact.name or contact.email else contact.id[-SHOWN_OF_ID:]


def conversation_mark(conversation_id: str) -> str:
    """The mark of everything in a conversation."""
    return CONVERSATION + conversation_id.partition("_")[2].lower()


def organization_mark(organization: str) -> str:
    """The mark of everything of an organisation, whatever characters its id has."""
    return ORGANIZATION + hashlib.blake2b(organization.encode(), digest_size=8).hexdigest()


def digest(document: Document) -> str:
    """A short text that differs where the index would hold something else."""
    whole = "\n".join(
        (document.kind, document.conversation_id, " ".join(document.marks), *document.words)
    )
    return hashlib.blake2b(whole.encode(), digest_size=12).hexdigest()


def as_words(document: Document) -> str:
    """For SQLite: all tokens, with spaces between them."""
    return " ".join((*document.marks, GAP, *document.words))


def as_vector(document: Document) -> str:
    """For PostgreSQL: the text of a ``tsvector``, with the positions of the words."""
    positions: dict[str, list[str]] = {mark: [] for mark in document.marks}
    for position, word in enumerate(document.words, 1):
        if word == GAP:
            continue
        found = positions.setdefault(word, [])
        if len(found) < _MOST_POSITIONS and position <= _LAST_POSITION:
            found.append(str(position))
    # No token holds a quote or a backslash: marks and words are letters, digits and underscores.
    return " ".join(
        f"'{word}':{','.join(where)}" if where else f"'{word}'" for word, where in positions.items()
    )


def _words(texts: Iterable[str]) -> tuple[str, ...]:
    words: list[str] = []
    for tokens in tokens_of_all(texts):
        if words:
            words.append(GAP)
        words += [token.text for token in tokens]
    return tuple(words)
