"""Firefox and WebKit, which Playwright drives only in builds of its own, behind one interface.

Debian's Firefox is driven by puppeteer-core over WebDriver BiDi, Debian's WebKitGTK by Selenium
through its MiniBrowser. A test says what to do by CSS selectors and visible text; both look into
the shadow roots of a page.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.support.node import NODE, install

ENGINES = Path(__file__).parents[1] / "browser" / "engines"
WIDTH, HEIGHT = 1280, 800
#: Seconds for anything on a screen; far more than it needs.
PATIENCE = 120.0

#: The first element that is shown, matches a selector and says a text, shadow roots included.
FIND = """([css, text]) => {
  const roots = [document];
  for (const root of roots) {
    for (const each of root.querySelectorAll("*")) if (each.shadowRoot) roots.push(each.shadowRoot);
  }
  const shown = (each) => each.getClientRects().length > 0;
  const says = (each) => (each.getAttribute("aria-label") ?? "") + "\\n" + each.textContent;
  return roots.flatMap((root) => [...root.querySelectorAll(css)])
    .find((each) => shown(each) && (text == null || says(each).includes(text))) ?? null;
}"""


class Tab(ABC):
    """A page of somebody with cookies of their own."""

    @abstractmethod
    def goto(self, url: str) -> None: ...

    @abstractmethod
    def evaluate(self, script: str) -> Any:
        """The value of a JavaScript expression in the page."""

    @abstractmethod
    def click(self, css: str, text: str | None = None) -> None:
        """Click as a mouse does."""

    @abstractmethod
    def type(self, css: str, keys: str) -> None:
        """Focus a field and press the keys of a text."""

    @abstractmethod
    def press(self, key: str) -> None:
        """Press a key by its name, wherever the focus is."""

    @abstractmethod
    def screenshot(self, path: Path) -> None: ...

    def sees(self, css: str, text: str | None = None) -> bool:
        return bool(self.evaluate(f"!!({FIND})({json.dumps([css, text])})"))

    def expect(self, css: str, text: str | None = None) -> None:
        """Wait until something is shown.

        Raises:
            AssertionError: It never was.
        """
        self.wait(lambda: self.sees(css, text), f"{css} {text or ''}")

    def wait(self, holds: Any, what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline, f"never shown: {what}"
            time.sleep(0.05)


class _Firefox:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, what: str, **fields: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": what, **fields}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "Firefox has ended; see above"
        answer = json.loads(line)
        if "error" in answer:
            raise AssertionError(answer["error"])
        return answer["value"]

    def open(self, url: str) -> FirefoxTab:
        return FirefoxTab(self, self.ask("open", url=url, width=WIDTH, height=HEIGHT))


class FirefoxTab(Tab):
    def __init__(self, firefox: _Firefox, page: int) -> None:
        self._firefox = firefox
        self._page = page

    def goto(self, url: str) -> None:
        self._firefox.ask("goto", page=self._page, url=url)

    def evaluate(self, script: str) -> Any:
        return self._firefox.ask("evaluate", page=self._page, script=script)

    def click(self, css: str, text: str | None = None) -> None:
        self.expect(css, text)
        self._firefox.ask("click", page=self._page, css=css, text=text)

    def type(self, css: str, keys: str) -> None:
        self.expect(css)
        self._firefox.ask("type", page=self._page, css=css, keys=keys)

    def press(self, key: str) -> None:
        self._firefox.ask("press", page=self._page, key=key)

    def screenshot(self, path: Path) -> None:
        self._firefox.ask("screenshot", page=self._page, path=str(path))


class WebKitTab(Tab):
    def __init__(self, driver: Any) -> None:
        self._driver = driver

    def goto(self, url: str) -> None:
        self._driver.get(url)

    def evaluate(self, script: str) -> Any:
        return self._driver.execute_script(f"return ({script})")

    def click(self, css: str, text: str | None = None) -> None:
        from selenium.webdriver import ActionChains

        self.expect(css, text)
        ActionChains(self._driver).move_to_element(self._element(css, text)).click().perform()

    def type(self, css: str, keys: str) -> None:
        from selenium.webdriver import ActionChains

        self.expect(css)
        self._driver.execute_script("arguments[0].focus()", self._element(css))
        ActionChains(self._driver).send_keys(keys).perform()

    def press(self, key: str) -> None:
        from selenium.webdriver import ActionChains, Keys

        named = getattr(Keys, key.upper(), key)
        ActionChains(self._driver).send_keys(named).perform()

    def screenshot(self, path: Path) -> None:
        self._driver.save_screenshot(str(path))

    def _element(self, css: str, text: str | None = None) -> Any:
        return self._driver.execute_script(f"return ({FIND})(arguments[0])", [css, text])


def firefox_path() -> str | None:
    return os.environ.get("CAMPFIRE_TEST_FIREFOX") or shutil.which("firefox-esr")


def webkit_paths() -> tuple[str, str, str] | None:
    """The WebDriver of WebKitGTK, its browser, and an X server without a screen."""
    driver, xvfb = shutil.which("WebKitWebDriver"), shutil.which("Xvfb")
    browsers = sorted(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"))
    if not driver or not xvfb or not browsers:
        return None
    return driver, str(browsers[-1]), xvfb


@contextlib.contextmanager
def firefox(path: str) -> Iterator[_Firefox]:
    install(ENGINES)
    process = subprocess.Popen(
        [NODE, ENGINES / "firefox.mjs", path, FIND],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ENGINES,
    )
    try:
        yield _Firefox(process)
    finally:
        # At the end of its input it closes the browser and ends.
        process.communicate(timeout=PATIENCE)


class _WebKit:
    """Each tab is a browser of its own, since a driver has one session."""

    def __init__(
        self, driver: str, browser: str, display: str, stack: contextlib.ExitStack
    ) -> None:
        self._driver = driver
        self._browser = browser
        self._environment = {**os.environ, "DISPLAY": display, "GDK_BACKEND": "x11"}
        self._stack = stack

    def open(self, url: str) -> WebKitTab:
        from selenium import webdriver
        from selenium.webdriver.webkitgtk.options import Options
        from selenium.webdriver.webkitgtk.service import Service

        options = Options()
        options.binary_location = self._browser
        options.add_argument("--automation")
        service = Service(self._driver, env=self._environment)
        driver = webdriver.WebKitGTK(options=options, service=service)
        self._stack.callback(driver.quit)
        driver.set_window_size(WIDTH, HEIGHT)
        driver.get(url)
        return WebKitTab(driver)


@contextlib.contextmanager
def webkit(driver: str, browser: str, xvfb: str) -> Iterator[_WebKit]:
    read, write = os.pipe()
    screen = f"{WIDTH + 100}x{HEIGHT + 200}x24"
    process = subprocess.Popen(
        [xvfb, "-displayfd", str(write), "-screen", "0", screen, "-nolisten", "tcp"],
        pass_fds=(write,),
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    try:
        with os.fdopen(read) as answer, contextlib.ExitStack() as stack:
            # It says which display it has got once it may be used.
            number = answer.readline().strip()
            assert number, "Xvfb did not start"
            yield _WebKit(driver, browser, f":{number}", stack)
    finally:
        process.terminate()
        process.wait(PATIENCE)
