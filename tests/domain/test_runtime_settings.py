"""Runtime settings: what they may be, how they are read, and what is kept in memory."""

from __future__ import annotations

import logging
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from campfire_chat.access.actor import actor_of_visitor
from campfire_chat.access.permissions import known_permission
from campfire_chat.access.policy import can
from campfire_chat.access.records import Agent, Role, Visitor
from campfire_chat.core.runtime_settings import (
    InvalidSettingError,
    Scope,
    Setting,
    SettingRegistry,
    SettingValues,
)
from campfire_chat.core.setting_controls import Control, Form, form_of
from campfire_chat.features.agents.settings import THEME
from campfire_chat.features.organizations import palette
from campfire_chat.features.organizations import settings as declared
from campfire_chat.features.organizations.chosen import Reader, Subject
from campfire_chat.features.organizations.palette import contrast, mix, palette_of
from campfire_chat.features.organizations.permissions import (
    OWN_SETTINGS_EDIT,
    SETTINGS_EDIT,
    SETTINGS_READ,
)
from campfire_chat.features.organizations.queries import NOTHING_STORED, Stored
from campfire_chat.features.organizations.setting_cache import SettingCache
from campfire_chat.runtime import SETTINGS
from tests.support.host import agent_actor

MOST = Setting[int](
    name="most",
    type=int,
    default=3,
    scope=Scope.ORGANIZATION,
    permission="settings.edit",
    edited_in="General",
    description="How many there may be.",
)


def test_a_name_is_taken_once() -> None:
    with pytest.raises(AssertionError, match="most"):
        SettingRegistry([MOST, MOST])


def test_a_setting_is_found_in_its_scope_only() -> None:
    assert SETTINGS.find(Scope.AGENT, "theme") is THEME
    assert SETTINGS.find(Scope.ORGANIZATION, "theme") is None
    assert SETTINGS.find(Scope.AGENT, "nothing") is None


@pytest.mark.parametrize(
    ("setting", "given", "stored"),
    [
        (declared.NAME, "  Tea & more ", "Tea & more"),
        (declared.LOCALE, "en", "en"),
        (declared.LOCALE, "DE-at", "de-AT"),
        (declared.LOCALE, "ZH-hant-tw", "zh-Hant-TW"),
        (declared.LOCALE, "es-419", "es-419"),
        (declared.TIME_ZONE, "Europe/Vienna", "Europe/Vienna"),
        (declared.ALLOWED_ORIGINS, ["https://a.example", "https://a.example"], 1),
        (declared.WIDGET_COLOR, "#0F766E", "#0f766e"),
        (declared.WIDGET_LOGO, "https://a.example/logo.png?v=1", "https://a.example/logo.png?v=1"),
        (declared.WIDGET_LOGO, "/static/logo.png", "/static/logo.png"),
        (declared.WIDGET_GREETING, "Grüß Gott", "Grüß Gott"),
        (declared.WIDGET_POSITION, "left", "left"),
    ],
)
def test_good_values(setting: Setting[Any], given: Any, stored: Any) -> None:
    value = setting.read(given)
    assert (len(value) if stored == 1 else value) == stored


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        *((declared.NAME, value) for value in (3, "", " ", "a\nb", "x" * 81, "a\x00b", "\ud800")),
        *((declared.LOCALE, value) for value in ("", "e", "english", "de_AT", "de-", None)),
        *((declared.TIME_ZONE, value) for value in ("", "Vienna", "../../etc/passwd", "Europe")),
        *(
            (declared.ALLOWED_ORIGINS, value)
            for value in (
                "https://a.example",
                ["https://a.example/"],
                ["a.example"],
                ["*"],
                [f"https://{number}.example" for number in range(51)],
            )
        ),
        *((declared.WIDGET_COLOR, value) for value in ("red", "#fff", "#12345g", "#1234567", "")),
        *(
            (declared.WIDGET_LOGO, value)
            for value in (
                "http://a.example/logo.png",
                "javascript:alert(1)",
                "data:image/png;base64,AA",
                "//a.example/logo.png",
                "/\\a.example/logo.png",
                "https:///logo.png",
                "logo.png",
                "https://[",
                "https://a.example/a b",
                "/" + "x" * 2048,
                "",
            )
        ),
        *((declared.WIDGET_GREETING, value) for value in ("", "a\tb", "x" * 121)),
        (declared.WIDGET_POSITION, "top"),
        (THEME, "blue"),
    ],
)
def test_bad_values(setting: Setting[Any], value: Any) -> None:
    with pytest.raises(InvalidSettingError) as refused:
        setting.read(value)
    assert refused.value.field == setting.name


def test_texts_are_checked_however_deep() -> None:
    nested = Setting[dict[str, list[str]]](
        name="nested",
        type=dict[str, list[str]],
        default={},
        scope=Scope.ORGANIZATION,
        permission="settings.edit",
        edited_in="General",
        description="Words by their languages.",
    )
    assert nested.read({"en": ["tea"]}) == {"en": ["tea"]}
    for bad in ({"en": ["t\x00"]}, {"e\x00": []}):
        with pytest.raises(InvalidSettingError):
            nested.read(bad)


# Reading what is stored.


def test_what_another_version_has_stored_is_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    reader = Reader(SettingRegistry([MOST, THEME]))
    values = reader.values(
        Subject("tea"), Stored('{"most": 5, "later": {"x": 1}, "theme": "dark"}', 1)
    )
    assert values[MOST] == 5
    # The name of a setting of another scope counts for nothing.
    assert values[THEME] == "system"
    assert not caplog.records


def test_a_value_that_is_not_valid_any_more_gives_way_to_the_default(
    caplog: pytest.LogCaptureFixture,
) -> None:
    reader = Reader(SettingRegistry([MOST]))
    for _ in range(3):
        assert reader.values(Subject("tea"), Stored('{"most": "many"}', 1))[MOST] == 3
    assert len(caplog.records) == 1
    assert caplog.records[0].levelno == logging.WARNING
    for told in ("most", "tea", "3", "Expected `int`"):
        assert told in caplog.text
    # After it was good again, the next one is told too. Each organisation has its own.
    assert reader.values(Subject("tea"), Stored('{"most": 1}', 1))[MOST] == 1
    reader.values(Subject("tea"), Stored('{"most": "many"}', 1))
    reader.values(Subject("coffee"), Stored('{"most": "many"}', 1))
    assert len(caplog.records) == 3


def test_nothing_chosen() -> None:
    assert Reader(SETTINGS).values(Subject("tea"), NOTHING_STORED)[declared.LOCALE] == "en"


@pytest.mark.parametrize("stored", ["[1]", "{", "7", ""])
def test_a_row_that_was_damaged_by_hand(stored: str, caplog: pytest.LogCaptureFixture) -> None:
    assert Reader(SETTINGS).values(Subject("tea"), Stored(stored, 1))[declared.LOCALE] == "en"
    assert "the defaults count" in caplog.text


# In memory.


def test_what_is_used_least_is_forgotten_first() -> None:
    cache, values = SettingCache(2), SettingValues({})
    one, two, three = Subject("one"), Subject("two"), Subject("two", "agt_1")
    for subject in (one, two):
        cache.put(subject, values, cache.version(subject.organization))
    assert cache.get(one) is values
    cache.put(three, values, cache.version("two"))
    assert [cache.get(subject) is values for subject in (one, two, three)] == [True, False, True]
    cache.forget("two")
    assert [cache.get(subject) is values for subject in (one, two, three)] == [True, False, False]


def test_what_was_read_before_a_change_is_not_kept() -> None:
    cache, values, subject = SettingCache(2), SettingValues({}), Subject("tea")
    before = cache.version("tea")
    cache.forget("tea")
    cache.put(subject, values, before)
    assert cache.get(subject) is None
    # Also when so much was forgotten that nobody counts any more.
    before = cache.version("tea")
    for number in range(5):
        cache.forget(f"other {number}")
    cache.forget("tea")
    cache.put(subject, values, before)
    assert cache.get(subject) is None
    cache.put(subject, values, cache.version("tea"))
    assert cache.get(subject) is values


# Permissions.


def test_every_setting_names_a_permission() -> None:
    for setting in (*SETTINGS.of(Scope.ORGANIZATION), *SETTINGS.of(Scope.AGENT)):
        assert known_permission(setting.permission) in (SETTINGS_EDIT, OWN_SETTINGS_EDIT)


@pytest.mark.parametrize("role", Role)
def test_who_may_change_what(role: Role) -> None:
    actor = agent_actor(Agent(id="ada", name="Ada", role=role))
    assert can(actor, OWN_SETTINGS_EDIT)
    assert can(actor, SETTINGS_EDIT) is (role in (Role.OWNER, Role.ADMIN))


def test_a_visitor_may_change_nothing() -> None:
    mia = actor_of_visitor(Visitor(id="mia"))
    for permission in (SETTINGS_READ, SETTINGS_EDIT, OWN_SETTINGS_EDIT):
        assert not can(mia, permission)


# Colours.


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == contrast("#ffffff", "#000000") == 21
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#0000ff", "#ffffff") == pytest.approx(8.59, abs=0.01)
    assert mix("#000000", "#ffffff", 0.5) == "#808080"


@given(some.integers(0, 0xFFFFFF))
def test_every_text_can_be_read(number: int) -> None:
    found = palette_of(f"#{number:06x}")
    assert found.text in (palette.WHITE, palette.BLACK)
    for text, background in (
        (found.text, found.accent),
        (found.text, found.hover),
        (found.light_strong, palette.LIGHT_SURFACE),
        (found.light_strong, found.light_tint),
        (palette.LIGHT_MUTED, found.light_tint),
        (found.dark_strong, palette.DARK_SURFACE),
        (found.dark_strong, found.dark_tint),
        (palette.DARK_MUTED, found.dark_tint),
    ):
        assert contrast(text, background) >= palette.READABLE, (text, background)


def test_the_text_is_white_where_it_can_be() -> None:
    assert palette_of("#c2410c").text == palette.WHITE
    assert palette_of("#facc15").text == palette.BLACK


class Size(StrEnum):
    SMALL = "small"


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        (str, Form(control=Control.TEXT, nullable=False)),
        (str | None, Form(control=Control.TEXT, nullable=True)),
        (
            Annotated[str, msgspec.Meta(min_length=1, max_length=9)] | None,
            Form(control=Control.TEXT, nullable=True, minimum=1, maximum=9),
        ),
        (bool, Form(control=Control.SWITCH, nullable=False)),
        (bool | None, Form(control=Control.CHOICE, nullable=True, values=(True, False))),
        (Literal["b", "a"], Form(control=Control.CHOICE, nullable=False, values=("b", "a"))),
        (Literal["b", "a"] | None, Form(control=Control.CHOICE, nullable=True, values=("b", "a"))),
        (Size | None, Form(control=Control.CHOICE, nullable=True, values=("small",))),
        (
            Annotated[int, msgspec.Meta(ge=1, le=9)],
            Form(control=Control.NUMBER, nullable=False, minimum=1, maximum=9),
        ),
        (float | None, Form(control=Control.NUMBER, nullable=True)),
        (list[str], Form(control=Control.LIST, nullable=False)),
        (tuple[str, ...], Form(control=Control.LIST, nullable=False)),
        (list[int], Form(control=Control.JSON, nullable=False)),
        (dict[str, int] | None, Form(control=Control.JSON, nullable=True)),
        (int | str | None, Form(control=Control.JSON, nullable=True)),
    ],
)
def test_the_field_follows_from_the_type(kind: Any, form: Form) -> None:
    assert form_of(kind) == form


def test_every_setting_can_be_edited_by_a_field() -> None:
    for scope in Scope:
        for setting in SETTINGS.of(scope):
            assert setting.form.control is not Control.JSON, setting.name
            assert setting.label, f"{setting.name} has no name for the screen"
            assert setting.unset or not setting.form.nullable, setting.name
    assert MOST.title == "Most"
    assert THEME.choice("system") == "As the device"
    assert THEME.choice("dark") == "Dark"


def test_a_special_field_takes_the_place_of_the_one_of_the_type() -> None:
    assert declared.WIDGET_COLOR.form == Form(control=Control.COLOR, nullable=True)
