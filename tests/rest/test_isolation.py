"""Other sites get no answer of ours into their pages and processes, but for the widget."""

from __future__ import annotations

import httpx
import pytest

from campfire_chat.http.application import STATIC
from tests.support.host import campfire_for, host_app
from tests.support.people import Desk
from tests.support.servers import ThreadServer

CORP = "cross-origin-resource-policy"


def panel() -> str:
    return next(STATIC.glob("panel-*.js")).name


def test_the_widget_can_be_embedded_where_origins_are_allowed(desk: Desk) -> None:
    console = next((STATIC / "console" / "assets").glob("*.js")).name
    for path, policy in {
        "widget.js": "cross-origin",
        f"static/{panel()}": "cross-origin",
        "console/": "same-origin",
        f"static/console/assets/{console}": "same-origin",
        "static/console/index.html": "same-origin",
        "openapi.json": "same-origin",
        "api/v1/me": "same-origin",
        "nothing": "same-origin",
    }.items():
        answer = httpx.get(f"{desk.base}/{path}", timeout=60)
        assert answer.headers.get_list(CORP) == [policy], path
        assert answer.headers["x-content-type-options"] == "nosniff"
    page = httpx.get(f"{desk.base}/console/", timeout=60)
    assert page.headers["cross-origin-opener-policy"] == "same-origin"


@pytest.mark.parametrize("mount", ["/support", "/"])
def test_without_allowed_origins_nothing_leaves(sqlite_database_url: str, mount: str) -> None:
    campfire = campfire_for(sqlite_database_url, drain_on_signal=False)
    with ThreadServer(host_app(campfire, mount), mount=mount) as server:
        for path in ("widget.js", f"static/{panel()}"):
            answer = httpx.get(f"{server.url}{server.mount}/{path}", timeout=60)
            assert answer.status_code == 200
            assert answer.headers[CORP] == "same-origin"
