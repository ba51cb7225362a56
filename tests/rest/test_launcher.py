"""The launcher, with the branding of the organisation that its address names."""

from __future__ import annotations

import re

import httpx
import pytest

from campfire_chat import Role
from campfire_chat.core.errors import StorageUnavailableError
from campfire_chat.core.runtime_settings import SettingValues
from campfire_chat.features.organizations import palette
from campfire_chat.features.organizations.branding import branding_of
from campfire_chat.features.organizations.organization_service import OrganizationService
from campfire_chat.http.application import STATIC
from campfire_chat.http.launcher import CSS_MARK, WORDS_MARK, Branding, branded
from tests.support.host import campfire_for, host_app
from tests.support.people import Desk
from tests.support.servers import ROOT, ThreadServer

FRONTEND = ROOT / "src" / "campfire_chat" / "frontend"


def built() -> str:
    return (STATIC / "widget.js").read_text("utf-8")


def test_the_built_launcher_has_a_place_for_it() -> None:
    assert built().count(CSS_MARK) == 1
    assert len(re.findall(f"[\"'`]{WORDS_MARK}[\"'`]", built())) == 1
    plain = branded(built(), Branding())
    assert CSS_MARK not in plain
    assert WORDS_MARK not in plain


def test_the_colours_are_those_of_the_panel() -> None:
    """The palette is made for these backgrounds."""
    css = (FRONTEND / "widget" / "style.css").read_text("utf-8")
    light, dark = css.split("#campfire.dark {")[0], css.split("#campfire.dark {")[1]
    assert "--surface: #fff;" in light
    assert f"--muted: {palette.LIGHT_MUTED};" in light
    assert f"--surface: {palette.DARK_SURFACE};" in dark.split("}")[0]
    assert f"--muted: {palette.DARK_MUTED};" in dark.split("}")[0]


def test_rules_fit_into_any_kind_of_text() -> None:
    chosen = {"widget_color": "#0f766e", "widget_position": "left", "widget_name": '"`</script>'}
    found = branding_of(SettingValues(chosen))
    assert not set("\"'`\\\n$") & set(found.css)
    script = branded(built(), found)
    assert script.count('"title":"\\"`</script>"') == 1


def test_nothing_chosen_is_no_branding() -> None:
    assert branding_of(SettingValues({})) == Branding()


def test_an_address_that_names_none_has_the_default_one(sqlite_database_url: str) -> None:
    campfire = campfire_for(sqlite_database_url, drain_on_signal=False)
    with ThreadServer(host_app(campfire)) as server:
        base = f"{server.url}/support"
        boss = Desk(base, "default").agent(role=Role.ADMIN)
        boss.patch("/settings", {"widget_name": "Default shop"})
        Desk(base, "tea").agent(role=Role.ADMIN).patch("/settings", {"widget_name": "Tea shop"})
        for path, name in {
            "": "Default shop",
            "/o/default": "Default shop",
            "/o/tea": "Tea shop",
        }.items():
            answer = httpx.get(f"{base}{path}/widget.js", timeout=60)
            assert answer.status_code == 200
            assert f'"title":"{name}"' in answer.text
            assert answer.headers["cache-control"] == "public, max-age=300"
            assert answer.headers["content-type"].startswith("text/javascript")
        assert 'title":' not in httpx.get(f"{base}/o/made-up/widget.js", timeout=60).text
        assert httpx.head(f"{base}/widget.js").status_code == 200


def test_a_browser_that_has_it_gets_nothing_again(sqlite_database_url: str) -> None:
    campfire = campfire_for(sqlite_database_url, drain_on_signal=False)
    with ThreadServer(host_app(campfire)) as server:
        url = f"{server.url}/support/widget.js"
        tag = httpx.get(url, timeout=60).headers["etag"]
        answer = httpx.get(url, headers={"If-None-Match": tag}, timeout=60)
        assert (answer.status_code, answer.content) == (304, b"")
        boss = Desk(f"{server.url}/support", "default").agent(role=Role.ADMIN)
        boss.patch("/settings", {"widget_color": "#0f766e"})
        answer = httpx.get(url, headers={"If-None-Match": tag}, timeout=60)
        assert answer.status_code == 200
        assert "#0f766e" in answer.text


def test_what_a_function_has_decided_is_for_one_caller(sqlite_database_url: str) -> None:
    campfire = campfire_for(
        sqlite_database_url, drain_on_signal=False, resolve_organization=lambda connection: "tea"
    )
    with ThreadServer(host_app(campfire)) as server:
        base = f"{server.url}/support"
        answer = httpx.get(f"{base}/widget.js", timeout=60)
        assert answer.headers["cache-control"] == "private, max-age=300"
        answer = httpx.get(f"{base}/o/tea/widget.js", timeout=60)
        assert answer.headers["cache-control"] == "public, max-age=300"


def test_without_the_database_the_button_is_plain(
    sqlite_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unavailable(self: OrganizationService, organization: str) -> Branding:
        raise StorageUnavailableError()

    monkeypatch.setattr(OrganizationService, "branding", unavailable)
    campfire = campfire_for(sqlite_database_url, drain_on_signal=False)
    with ThreadServer(host_app(campfire)) as server:
        answer = httpx.get(f"{server.url}/support/widget.js", timeout=60)
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-cache"
