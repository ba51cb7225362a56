"""Runtime settings: what people change while campfire-chat runs.

A noun declares its settings beside the code that reads them, and the runtime gathers them. What
the developer sets in code, for the whole installation, is in :mod:`campfire_chat.settings`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any, Generic, TypeVar, cast

import msgspec
from msgspec import Struct

from campfire_chat.core import text
from campfire_chat.core.errors import InvalidError
from campfire_chat.core.setting_controls import Control, Form, form_of

T = TypeVar("T")


class InvalidSettingError(InvalidError):
    """The setting cannot have this value."""

    code = "invalid_setting"


class Scope(StrEnum):
    """Whose setting it is: everybody's in an organisation, or one agent's own."""

    ORGANIZATION = "organization"
    AGENT = "agent"


def _as_it_is(value: Any) -> Any:
    return value


class Setting(Struct, Generic[T], frozen=True, kw_only=True, eq=False):
    """A setting, as its noun declares it.

    Attributes:
        name: Its name in the API, in the database and in the documentation.
        type: Its type, as msgspec validates it.
        default: Its value until somebody changes it.
        scope: Whose setting it is.
        permission: The permission that a change needs.
        edited_in: Where a person edits it: the section of the settings in the console.
        description: What it does, in the words of the documentation.
        check: Checks what the type cannot say, and returns the value to store. It raises
            InvalidError.
        label: Its name on the screen. Without one, it is made from the name.
        control: The field in which a person edits it. Without one, it follows from the type.
        choices: What the values of a choice are called on the screen.
        unset: What counts while the value is null, in words for the screen.
        unit: The unit of a number, such as ``seconds``.
    """

    name: str
    type: Any
    default: T
    scope: Scope
    permission: str
    edited_in: str
    description: str
    check: Callable[[T], T] = _as_it_is
    label: str = ""
    control: Control | None = None
    choices: Mapping[Any, str] = {}
    unset: str = ""
    unit: str = ""

    @property
    def title(self) -> str:
        """Its name on the screen."""
        return self.label or self.name.replace("_", " ").capitalize()

    @property
    def form(self) -> Form:
        """How a person edits it."""
        form = form_of(self.type)
        return form if self.control is None else msgspec.structs.replace(form, control=self.control)

    def choice(self, value: Any) -> str:
        """What a value of a choice is called on the screen."""
        return self.choices.get(value) or str(value).replace("_", " ").capitalize()

    def read(self, value: Any) -> T:
        """The value of the setting from decoded JSON.

        Raises:
            InvalidSettingError: The setting cannot have this value; ``field`` names it.
        """
        try:
            converted = cast("T", msgspec.convert(value, self.type))
            _check_texts(value, field=self.name)
            return self.check(converted)
        except msgspec.ValidationError as error:
            raise InvalidSettingError(f"{self.name}: {error}.", field=self.name) from None
        except InvalidError as error:
            raise InvalidSettingError(error.message, field=self.name) from None


def _check_texts(value: Any, *, field: str) -> None:
    """Refuse texts that cannot be stored, however deep they are."""
    if isinstance(value, str):
        text.check_text(value, field=field)
    elif isinstance(value, Mapping):
        for key, item in cast("Mapping[str, Any]", value).items():
            text.check_text(key, field=field)
            _check_texts(item, field=field)
    elif isinstance(value, list | tuple):
        for item in cast("Iterable[Any]", value):
            _check_texts(item, field=field)


class SettingRegistry:
    """Every setting that a noun has declared, in the order of their declaration."""

    def __init__(self, settings: Iterable[Setting[Any]]) -> None:
        self._settings: dict[str, Setting[Any]] = {}
        for setting in settings:
            if setting.name in self._settings:
                raise AssertionError(f"there are two settings called {setting.name}")
            self._settings[setting.name] = setting

    def of(self, scope: Scope) -> list[Setting[Any]]:
        return [setting for setting in self._settings.values() if setting.scope is scope]

    def find(self, scope: Scope, name: str) -> Setting[Any] | None:
        """The setting of that name; None if this version has none in that scope."""
        found = self._settings.get(name)
        return found if found is not None and found.scope is scope else None


class SettingValues:
    """The settings of one organisation, or of one agent: a value for each of them.

    Args:
        chosen: The values that somebody has chosen, by the names of their settings.
        number: The number of the change that made them; 0 if nothing was ever chosen.
    """

    def __init__(self, chosen: Mapping[str, Any], number: int = 0) -> None:
        self._chosen = chosen
        self.number = number

    def __getitem__(self, setting: Setting[T]) -> T:
        return cast("T", self._chosen.get(setting.name, setting.default))
