"""Whether a screen can be used by everybody, by day and by night.

The colours are all that is different at night. So a screen is opened once for each size of window,
by day, and what depends on colours is looked at once more at night. That the first look at night is
right too, `test_looks.py` sees for the widget and for the console.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

#: A folder here gets a picture of each screen that is looked at.
PICTURES = "CAMPFIRE_TEST_PICTURES"

#: The rules of axe that ask for a colour.
ABOUT_COLOURS = ("color-contrast", "link-in-text-block")

_FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"

#: Console and widget, as far as they are on the page, have the colours of the night or of the day.
_IS_NIGHT = """night => {
    const console = document.documentElement.dataset.theme;
    const widget = document.querySelector("campfire-chat")?.shadowRoot.querySelector("#campfire");
    return (!console || (console === "dark") === night)
        && (!widget || widget.classList.contains("dark") === night)
        && matchMedia("(prefers-color-scheme: dark)").matches === night;
}"""


def violations(page: Page, rules: Sequence[str] | None = None) -> list[str]:
    """What axe finds, in the colours that the page has now; by these rules of it or by all."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    options = {"resultTypes": ["violations"], **({"runOnly": list(rules)} if rules else {})}
    found = page.evaluate("async options => (await axe.run(options)).violations", options)
    return [
        f"{item['id']} ({item['impact']}): {item['help']}: "
        + "; ".join(str(node["target"]) for node in item["nodes"][:5])
        for item in found
    ]


@contextmanager
def night(page: Page) -> Iterator[None]:
    """The device has dark colours meanwhile."""
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(_IS_NIGHT, arg=True)
    yield
    page.emulate_media(color_scheme="light")
    page.wait_for_function(_IS_NIGHT, arg=False)


def look_at(page: Page, name: str) -> None:
    """Axe finds nothing by day and at night, and nothing is wider than the window."""
    assert violations(page) == []
    assert page.evaluate(_FITS)
    _keep(page, f"{name}-light")
    with night(page):
        assert violations(page, ABOUT_COLOURS) == []
        _keep(page, f"{name}-dark")


def _keep(page: Page, name: str) -> None:
    if (folder := os.environ.get(PICTURES)) and (size := page.viewport_size):
        page.screenshot(path=Path(folder) / f"{name}-{size['width']}.png", full_page=True)
