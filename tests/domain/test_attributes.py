"""Attributes: schemas and values are checked, and what is stored for lists sorts as values do."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campfire_chat import Attribute, AttributeType, Campfire, ConfigurationError, Visitor
from campfire_chat.access.identity import Tokens
from campfire_chat.core import attributes
from campfire_chat.core.attributes import check_schema, check_value, sortable
from campfire_chat.core.errors import InvalidError
from campfire_chat.features.contacts.rules import changed_attributes

PLAN = Attribute(key="plan", type=AttributeType.CHOICE, choices=("free", "pro"))
NUMBERS = st.floats(-attributes.GREATEST, attributes.GREATEST) | st.integers(-(2**53), 2**53)


@given(NUMBERS, NUMBERS)
def test_numbers_sort_as_texts(one: float, other: float) -> None:
    assert (sortable(one) < sortable(other)) == (float(one) < float(other))
    assert (sortable(one) == sortable(other)) == (float(one) == float(other))


@given(st.dates(), st.dates())
def test_days_sort_as_texts(one: date, other: date) -> None:
    day = Attribute(key="day", type=AttributeType.DATE)
    assert check_value(day, one.isoformat()) == one.isoformat()
    assert (sortable(one.isoformat()) < sortable(other.isoformat())) == (one < other)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("text", ["x", "é" * 500], ["", " ", "x" * 501, "a\nb", 5, True, [], {}]),
        (
            "number",
            [0, -1.5, 2**53],
            ["5", True, float("nan"), float("inf"), 2**53 + 2, 10**400, -(10**400), []],
        ),
        ("date", ["2028-02-29"], ["2027-02-29", "2027-2-3", "20270203", "x", 5, "２０２７-01-01"]),
        ("boolean", [True, False], [1, 0, "true"]),
        ("link", ["https://a.example/x?y=1"], ["javascript:alert(1)", "//a", "https://", "x", 5]),
        ("link", ["http://[::1]/"], ["https://u:p@a.example/", "https://a b", "http://[::1"]),
    ],
)
def test_values(kind: str, good: list[Any], bad: list[Any]) -> None:
    attribute = Attribute(key="it", type=AttributeType(kind))
    for value in good:
        assert check_value(attribute, value) == value
    for value in bad:
        with pytest.raises(InvalidError) as caught:
            check_value(attribute, value)
        assert caught.value.field == "attributes.it"


def test_a_choice_is_one_of_its_values() -> None:
    assert check_value(PLAN, "pro") == "pro"
    with pytest.raises(InvalidError, match="one of: free, pro"):
        check_value(PLAN, "Pro")


@pytest.mark.parametrize(
    "schema",
    [
        [Attribute(key="")],
        [Attribute(key="1st")],
        [Attribute(key="Plan")],
        [Attribute(key="x" * 41)],
        [Attribute(key="a"), Attribute(key="a")],
        [Attribute(key="a", type=AttributeType.CHOICE)],
        [Attribute(key="a", type=AttributeType.CHOICE, choices=("x", "x"))],
        [Attribute(key="a", type=AttributeType.CHOICE, choices=(" x",))],
        [Attribute(key="a", choices=("x",))],
        [Attribute(key="a", label="x" * 61)],
        [Attribute(key=f"a{number}") for number in range(51)],
    ],
)
def test_bad_schemas(schema: list[Attribute]) -> None:
    with pytest.raises(InvalidError):
        check_schema(schema)
    with pytest.raises(ConfigurationError) as caught:
        Campfire("sqlite:///x.db", secret_key="k" * 16, contact_attributes=schema)
    assert caught.value.field == "contact_attributes"


def test_changes_name_what_was_and_what_is() -> None:
    values, changes = changed_attributes({"a": 1, "b": "x"}, {"a": True, "b": None, "c": None})
    assert values == {"a": True}
    assert [(item.field, item.before, item.after) for item in changes] == [
        ("attributes.a", 1, True),
        ("attributes.b", "x", None),
    ]


def test_identities_and_tokens_carry_attributes() -> None:
    tokens = Tokens("k" * 40, lifetime=60)
    said = {"plan": "pro", "seats": 5, "vip": True, "note": None}
    signed = tokens.sign_identity(Visitor(id="mia", attributes=said))
    actor, _, _ = tokens.read_identity(signed)
    assert actor.principal.said == said
    assert tokens.read(tokens.issue(actor)).actor.principal.said == said


@pytest.mark.parametrize("wrong", ["x", [1], {"a": [1]}, {1: "x"}, {"a": "x" * 3000}])
def test_bad_attributes_of_visitors(wrong: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"Visitor\.attributes"):
        Tokens("k" * 40, lifetime=60).sign_identity(Visitor(id="mia", attributes=wrong))
