"""Chromium, and people in front of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect, sync_playwright

from campfire_chat import Agent, Visitor
from campfire_chat.http.application import STATIC
from tests.support import host
from tests.support.servers import ROOT, ProcessServer, process_server

#: Best the one without windows, tabs and address bar: pages are the same in it, and a new context
#: costs half the CPU.
CHROMIUM = (
    os.environ.get("CAMPFIRE_TEST_CHROMIUM")
    or shutil.which("chromium-headless-shell")
    or shutil.which("chromium")
)

#: Features that Chromium goes without. The first two draw the suggestions under the address bar as
#: pages, and load them anew for every window, although nobody sees them.
#: The others are those that Playwright turns off itself, because the last such list wins.
WITHOUT = (
    *("WebUIOmniboxPopup", "WebUIOmniboxAimPopup"),
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades"),
    *("HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "PaintHolding"),
    *("ThirdPartyStoragePartitioning", "AvoidCorsURLLoaderRestartOnRedirect"),
    *("TcpPortRandomizationWin", "OptimizationHints", "NetworkTimeServiceQuerying"),
    *("AimEnabled", "PreconnectToSearch"),
)

ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
    f"--disable-features={','.join(WITHOUT)}",
]

#: Milliseconds for anything on a screen; far more than it needs.
PATIENCE = 15_000
expect.set_options(timeout=PATIENCE)

Theme = Literal["light", "dark"]
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in Path(item.path).parts:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, for one module: Playwright keeps a loop running, in which no other test could."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed (Debian: chromium-headless-shell)")
    if not (STATIC / "widget.js").is_file():
        pytest.skip("the front end was not built: src/campfire_chat/frontend/build.py")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def desk_server(database_url: str) -> Iterator[ProcessServer]:
    """A host with the desk in a process of its own, which a test may kill."""
    with process_server(database_url, presence_beat=2.0, presence_life=6.0) as server:
        yield server


NewPage = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[NewPage]:
    """Opens a page as somebody; whatever goes wrong on it fails the test.

    `except_for` is what a library of that page itself complains of, and nobody's fault here.
    """
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def open_page(
        url: str,
        user: Agent | Visitor | None = None,
        *,
        size: str = "desktop",
        theme: Theme = "light",
        ready: str = "load",
        except_for: str | None = None,
        **options: Any,
    ) -> Page:
        def note(error: Error) -> None:
            if except_for is None or except_for not in str(error):
                problems.append(f"{url}: {error}")

        width, height = SIZES[size]
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=theme,
            has_touch=size == "phone",
            reduced_motion="reduce",
            locale="en-GB",
            timezone_id="Europe/Berlin",
            **options,
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        if user is not None:
            parts = urlsplit(url)
            origin = f"{parts.scheme}://{parts.netloc}"
            context.add_cookies(
                [{"name": host.COOKIE, "value": host.session_of(user), "url": origin}]
            )
        page = context.new_page()
        page.on("pageerror", note)
        page.goto(url, wait_until=ready)  # type: ignore[arg-type]
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture
def screenshot(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Writes a picture for the documentation when that was asked for."""

    def screenshot(page: Page, name: str) -> None:
        if request.config.getoption("--screenshots"):
            page.screenshot(path=ROOT / "docs" / "images" / f"{name}.png")

    return screenshot
