"""Checks of what a host app passes in, so that a mistake is found before the first request.

Each message says what was wrong and what to write instead. None shows a key, or a URL that may
hold a password.
"""

from __future__ import annotations

import inspect
import ipaddress
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, cast
from urllib.parse import urlsplit

from campfire_chat.core.attributes import Attribute, check_schema
from campfire_chat.core.errors import ConfigurationError, InvalidError
from campfire_chat.core.urls import scheme_of

#: Fewest characters of a secret key.
MIN_KEY = 16
_MAKE_A_KEY = "make one with `python -c 'import secrets; print(secrets.token_urlsafe())'`"
_DEFAULT_PORTS = {"http": 80, "https": 443}


def keys_of(secret_key: object) -> list[str]:
    """The secret keys, the newest first.

    Args:
        secret_key: A string, or a list or tuple of strings.

    Raises:
        ConfigurationError: It is something else, or a key is too short.
    """
    keys: list[Any] = (
        list(secret_key)  # pyright: ignore[reportUnknownArgumentType]
        if isinstance(secret_key, list | tuple)
        else [secret_key]
    )
    for key in keys:
        if not isinstance(key, str):
            raise ConfigurationError(
                "secret_key must be a string or a list of strings, "
                f"not {_kind(key)}.{_maybe_unset(key)}",
                field="secret_key",
            )
    if not keys or min(map(len, keys)) < MIN_KEY:
        raise ConfigurationError(
            f"secret_key needs at least {MIN_KEY} characters; {_MAKE_A_KEY}", field="secret_key"
        )
    return keys


def check_contact_attributes(attributes: Iterable[Attribute]) -> None:
    """
    Raises:
        ConfigurationError: They are no good schema.
    """
    # The host app's code may have put anything there, whatever the annotation says.
    items: list[object] = list(attributes)
    for item in items:
        if not isinstance(item, Attribute):
            raise ConfigurationError(
                "contact_attributes must be a tuple or a list of Attribute objects, such as "
                f"Attribute(key='plan'), not {item!r}",
                field="contact_attributes",
            )
    try:
        check_schema(attributes)
    except InvalidError as error:
        raise ConfigurationError(
            f"contact_attributes: {error.message}", field="contact_attributes"
        ) from None


def check_url_is_text(url: object, *, field: str, example: str) -> None:
    """
    Raises:
        ConfigurationError: The URL is not a string.
    """
    if not isinstance(url, str):
        raise ConfigurationError(
            f"{field} must be a string such as {example}, not {_kind(url)}.{_maybe_unset(url)}",
            field=field,
        )


def check_sqlite_url(url: str, *, field: str) -> None:
    """Refuse an SQLite URL that does not name the file that its author means.

    Raises:
        ConfigurationError: It has no path, a host, or a query.
    """
    path = url.partition("://")[2]
    if not path.strip("/") or path.lstrip("/").startswith(":memory:"):
        raise ConfigurationError(
            "An SQLite database needs a file, such as sqlite:///support.db: "
            "several connections share it.",
            field=field,
        )
    if not path.startswith("/"):
        raise ConfigurationError(
            "An SQLite URL needs three slashes, such as sqlite:///support.db for a file in the "
            "working directory, or four for an absolute path, such as sqlite:////srv/support.db.",
            field=field,
        )
    if "?" in path or "#" in path:
        raise ConfigurationError(
            "An SQLite URL takes no options, and the name of the file may not contain ? or #.",
            field=field,
        )


def named(scheme: str) -> str:
    """The scheme of a URL that is refused, for a message that must not show the URL."""
    return repr(scheme) if scheme else "a URL that does not begin with a scheme and ://"


def check_function(value: object, *, field: str, arguments: int, example: str) -> None:
    """
    Args:
        arguments: The number of positional arguments with which it is called.
        example: What to write.

    Raises:
        ConfigurationError: It is not a function, or cannot be called with so many arguments.
    """
    if not callable(value):
        raise ConfigurationError(
            f"{field} must be a function such as {example}, not {_kind(value)}", field=field
        )
    signature = _signature(value)
    if signature is None:
        return
    try:
        signature.bind(*[None] * arguments)
    except TypeError:
        takes = ("no argument", "one argument")[arguments]
        raise ConfigurationError(
            f"{field} is called with {takes}, such as {example}, "
            f"but yours is written as {signature}",
            field=field,
        ) from None


def check_origins(origins: Sequence[str]) -> None:
    """
    Raises:
        ConfigurationError: One of them is not an origin as a browser writes it, and so would
            never match.
    """
    for origin in origins:
        complaint = _origin_complaint(origin)
        if complaint is not None:
            raise ConfigurationError(
                f"allowed_origins: {origin!r} is not an origin as a browser sends it: {complaint}",
                field="allowed_origins",
            )


def check_networks(networks: Sequence[str]) -> None:
    """
    Raises:
        ConfigurationError: One of them is not a network such as ``10.1.0.0/16``.
    """
    if isinstance(networks, str):
        raise ConfigurationError(
            "webhook_networks is a tuple or a list of networks, such as "
            f"webhook_networks=({networks!r},)",
            field="webhook_networks",
        )
    for network in networks:
        try:
            ipaddress.ip_network(network)
        except ValueError as error:
            raise ConfigurationError(
                f"webhook_networks: {network!r} is not a network: {error}",
                field="webhook_networks",
            ) from None


def check_login_url(url: str | None) -> None:
    """
    Raises:
        ConfigurationError: It is no address of a page.
    """
    if url is None:
        return
    scheme = _scheme_before_colon(url)
    if not url.strip() or scheme not in (None, "http", "https"):
        raise ConfigurationError(
            "login_url must be a path such as /login, or an address with http:// or https://",
            field="login_url",
        )


def frozen_sets(given: Any) -> Any:
    """A mapping to collections as a dictionary to frozen sets. What is none stays as it is, such as
    a string, which would be a collection of letters."""
    if not isinstance(given, Mapping):
        return given
    mapping = cast("Mapping[Any, Any]", given)
    return {name: _frozen(each) for name, each in mapping.items()}


def _frozen(given: Any) -> Any:
    if not isinstance(given, set | frozenset | list | tuple):
        return given
    return frozenset(cast("Collection[Any]", given))


def check_mount_path(path: object) -> str:
    """A mount path, as it was given.

    Raises:
        ConfigurationError: It does not begin with a slash, or has parts that no path has.
    """
    if not isinstance(path, str):
        raise ConfigurationError(
            f"The mount path must be a string such as '/support', not {_kind(path)}", field="path"
        )
    if path and not path.startswith("/"):
        scheme = scheme_of(path)
        hint = " without scheme and host" if scheme else f"; write {'/' + path!r}"
        raise ConfigurationError(
            f"The mount path must begin with a slash, such as '/support'{hint}", field="path"
        )
    if any(character in path for character in "{}?#"):
        raise ConfigurationError(
            f"The mount path must be a fixed path such as '/support', not {path!r}: "
            "parameters, queries and fragments are not possible.",
            field="path",
        )
    return path


def _origin_complaint(origin: str) -> str | None:
    """What is wrong with an origin, and what to write; None when it is right."""
    try:
        parts = urlsplit(origin.strip())
        port = parts.port
    except ValueError:
        return "its port is not a number"
    if "*" in origin:
        return "wildcards are not possible; list each origin"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "write scheme and host, such as https://shop.example"
    if not parts.netloc.isascii():
        return (
            "write the host in its ASCII form, such as https://xn--mnchen-3ya.example; "
            "the console of the browser's developer tools shows it as location.origin"
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    shown = "" if port is None or port == _DEFAULT_PORTS[parts.scheme] else f":{port}"
    right = f"{parts.scheme}://{host}{shown}"
    return None if origin == right else f"write {right!r}"


def _scheme_before_colon(url: str) -> str | None:
    """The scheme of an address as a browser reads it, which ignores control characters."""
    visible = "".join(character for character in url if character > " ")
    before, colon, _ = visible.partition(":")
    if not colon or any(character in before for character in "/?#."):
        return None
    return before.lower()


def _signature(function: Callable[..., Any]) -> inspect.Signature | None:
    try:
        return inspect.signature(function)
    except (TypeError, ValueError):
        # Some functions written in C have none. They are called all the same.
        return None


def _kind(value: object) -> str:
    return "None" if value is None else type(value).__name__


def _maybe_unset(value: object) -> str:
    return " Is the environment variable set that it comes from?" if value is None else ""
