"""What may be set: named alike for people, programs and type checkers, and checked at once."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any, get_type_hints

import msgspec
import pytest

from campfire_chat import Attribute, Campfire, ConfigurationError, Limits, Rate
from campfire_chat.settings import Settings, SettingsDict

SECRET = "a key that only this test knows"


def campfire(**settings: Any) -> Campfire:
    return Campfire("sqlite:///never-opened.db", secret_key=SECRET, **settings)


def test_the_keywords_are_the_settings() -> None:
    """``SettingsDict`` is what editors complete: it names every setting, with its type."""
    expected: dict[str, Any] = dict(get_type_hints(Settings))
    # A list is taken as well; a str, which is a sequence of str too, is not.
    expected["allowed_origins"] = expected["webhook_networks"] = tuple[str, ...] | list[str]
    expected["contact_attributes"] = tuple[Attribute, ...] | list[Attribute]
    expected["roles"] = Mapping[str, Collection[str]]
    assert get_type_hints(SettingsDict) == expected
    assert list(SettingsDict.__annotations__) == list(Settings.__struct_fields__)
    assert SettingsDict.__required_keys__ == frozenset()


def test_a_typo_is_named_with_what_was_meant() -> None:
    with pytest.raises(
        ConfigurationError, match=r"'login_ulr'.*Did you mean 'login_url'"
    ) as caught:
        campfire(login_ulr="/login")
    assert caught.value.field == "login_ulr"


@pytest.mark.parametrize("origin", ["http://a", "https://shop.example", ""])
def test_one_origin_is_not_taken_letter_by_letter(origin: str) -> None:
    with pytest.raises(ConfigurationError, match="a tuple or a list of origins") as caught:
        campfire(allowed_origins=origin)
    assert caught.value.field == "allowed_origins"
    assert repr(origin) in str(caught.value)


def test_origins_may_be_a_list() -> None:
    origins = ["https://shop.example", "http://127.0.0.1:3000"]
    assert campfire(allowed_origins=origins).settings.allowed_origins == tuple(origins)


#: A value of another type than the field has, whatever that is.
WRONG: dict[Any, list[Any]] = {
    tuple[Attribute, ...]: [5, "x", None, ["plan"], [{"key": "plan"}]],
    int: ["5", 2.5, True, None, []],
    float: ["5", None, [], True],
    bool: ["yes", 1, None],
    str | None: [5, ["/login"]],
    dict[str, frozenset[str]]: [5, ["x"], None, "x", {"x": 1}, {"x": "notes.read"}, {1: []}],
}


@pytest.mark.parametrize("field", msgspec.structs.fields(Settings), ids=lambda field: field.name)
def test_a_value_of_another_type_is_refused(field: msgspec.structs.FieldInfo) -> None:
    for value in WRONG.get(field.type, [5, {}, [5], None, "x"]):
        with pytest.raises(ConfigurationError) as caught:
            campfire(**{field.name: value})
        assert caught.value.field == field.name, value


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -1.0])
def test_times_are_finite(value: float) -> None:
    for field in msgspec.structs.fields(Settings):
        if field.type is float:
            with pytest.raises(ConfigurationError) as caught:
                campfire(**{field.name: value})
            assert caught.value.field in (field.name, "presence_life")


@pytest.mark.parametrize("rate", [("5", 1), (5, "1"), (None, 1), (5, 1.5)])
def test_rates_are_numbers(rate: tuple[Any, Any]) -> None:
    with pytest.raises(ConfigurationError):
        Rate(*rate)


def test_limits_are_limits() -> None:
    for limits in ({}, None, {"sends": None}, Rate(1, 1)):
        with pytest.raises(ConfigurationError, match="Limits"):
            campfire(limits=limits)
    assert campfire(limits=Limits(sends=None)).settings.limits.sends is None
