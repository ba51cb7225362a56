"""Mistakes in what a host app passes in: each is refused at once, and says what to write."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from starlette.applications import Starlette

from campfire_chat import Agent, Campfire, ConfigurationError

SECRET = "a key that only this test knows"


def make(url: Any = "sqlite:///never-opened.db", **settings: Any) -> Campfire:
    return Campfire(url, **{"secret_key": SECRET, **settings})


def refused(field: str, *args: Any, **settings: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        make(*args, **settings)
    assert caught.value.field == field
    return caught.value.message


@pytest.mark.parametrize("key", [None, [None], [SECRET, None]])
def test_a_key_from_a_variable_that_is_not_set(key: Any) -> None:
    message = refused("secret_key", secret_key=key)
    assert "not None" in message
    assert "environment variable" in message


@pytest.mark.parametrize("key", [b"x" * 32, 5, {"a": 1}, [SECRET, b"x" * 32]])
def test_a_key_is_text_and_is_not_shown(key: Any) -> None:
    message = refused("secret_key", secret_key=key)
    assert "a string or a list of strings" in message
    assert "xxxx" not in message
    assert SECRET not in message


@pytest.mark.parametrize("keys", [[], (), "", ["short"], [SECRET, ""]])
def test_a_key_is_long_enough(keys: Any) -> None:
    assert "16 characters" in refused("secret_key", secret_key=keys)


@pytest.mark.parametrize("url", [None, 5, Path("support.db"), b"sqlite:///x.db"])
def test_urls_are_text(url: Any) -> None:
    assert "sqlite:///support.db" in refused("database_url", url)
    if url is not None:
        assert "redis://" in refused("bus_url", bus_url=url)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("sqlite://support.db", "three slashes"),
        ("sqlite://me:secret@support.db", "three slashes"),
        ("sqlite:///support.db?mode=ro", "takes no options"),
        ("sqlite:///support.db#1", "takes no options"),
        ("sqlite:///", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
        ("support.db", "Write sqlite:///support.db"),
        ("sqlite:/support.db", "Write sqlite:///support.db"),
        ("postgresql+psycopg2://u:secret@h/d", "without the name of a driver"),
        ("mysql://u:secret@h/d", "'mysql'"),
    ],
)
def test_database_urls_that_name_no_database(url: str, says: str) -> None:
    message = refused("database_url", url)
    assert says in message
    assert "secret" not in message


@pytest.mark.parametrize(
    ("origin", "says"),
    [
        ("https://a.example/", "write 'https://a.example'"),
        ("https://a.example/shop?x=1", "write 'https://a.example'"),
        ("HTTPS://A.example", "write 'https://a.example'"),
        ("https://A.example", "write 'https://a.example'"),
        (" https://a.example", "write 'https://a.example'"),
        ("https://a.example:443", "write 'https://a.example'"),
        ("http://a.example:80", "write 'http://a.example'"),
        ("https://u:p@a.example", "write 'https://a.example'"),
        ("https://a.example:port", "port"),
        ("https://a.example:", "write 'https://a.example'"),
        ("a.example", "scheme and host"),
        ("//a.example", "scheme and host"),
        ("https//a.example", "scheme and host"),
        ("ftp://a.example", "scheme and host"),
        ("https://", "scheme and host"),
        ("null", "scheme and host"),
        ("*", "wildcards"),
        ("https://*.a.example", "wildcards"),
        ("https://münchen.example", "ASCII"),
    ],
)
def test_origins_that_could_never_match(origin: str, says: str) -> None:
    message = refused("allowed_origins", allowed_origins=[origin])
    assert says in message
    assert repr(origin) in message


@pytest.mark.parametrize(
    "origin",
    [
        "https://a.example",
        "http://127.0.0.1:3000",
        "http://[::1]:3000",
        "https://xn--mnchen-3ya.example",
        "http://localhost:443",
    ],
)
def test_origins_as_browsers_send_them(origin: str) -> None:
    assert make(allowed_origins=[origin]).settings.allowed_origins == (origin,)


@pytest.mark.parametrize(
    "function", ["x", 5, Agent(id="1", name="Ada"), lambda: None, lambda a, b: None]
)
def test_authenticate_is_a_function_of_one_argument(function: Any) -> None:
    assert "def authenticate(connection)" in refused("authenticate", authenticate=function)


def test_functions_of_every_kind_are_accepted() -> None:
    class Accounts:
        async def __call__(self, connection: Any, extra: int = 0) -> None: ...

        async def user(self, connection: Any) -> None: ...

    for function in (Accounts(), Accounts().user, lambda *a: None, lambda connection, x=1: None):
        make(authenticate=function)


@pytest.mark.parametrize("clock", [5, None, lambda now: now])
def test_the_clock_is_a_function(clock: Any) -> None:
    refused("clock", clock=clock)


@pytest.mark.parametrize(
    "url", ["", " ", "javascript:alert(1)", "java\nscript:alert(1)", "data:text/html,x", "\tdata:x"]
)
def test_login_url_is_a_page(url: str) -> None:
    refused("login_url", login_url=url)


@pytest.mark.parametrize(
    "url",
    ["/login", "../../login", "/login?next=/support/console/#a:b", "https://a.example/in", "in"],
)
def test_login_urls(url: str) -> None:
    assert make(login_url=url).settings.login_url == url


def test_the_values_that_exist_are_named() -> None:
    assert "'auto' or 'check' or 'off'" in refused("migrate", migrate="Auto")
    assert "a number, not" in refused("heartbeat", heartbeat=datetime.timedelta(seconds=5))
    assert "True or False" in refused("assign_on_reply", assign_on_reply="yes")


@pytest.mark.parametrize("path", [None, 5, "support", "https://a.example/s", "/{x}/s", "/s?a", "s"])
def test_mount_paths_are_fixed_paths(path: Any) -> None:
    campfire = make()
    for mount in (campfire.mount_to, campfire.wrap):
        with pytest.raises(ConfigurationError, match="mount path") as caught:
            mount(Starlette(), path)
        assert caught.value.field == "path"


def test_apps_of_other_frameworks_are_wrapped_not_mounted() -> None:
    for app in (Litestar(), make(), "/support", None, Starlette().router):
        with pytest.raises(ConfigurationError, match=r"campfire\.wrap"):
            make().mount_to(app, "/support")  # pyright: ignore[reportArgumentType]
    for app in ("/support", None):
        with pytest.raises(ConfigurationError, match="an ASGI app"):
            make().wrap(app, "/support")  # pyright: ignore[reportArgumentType]
