"""The widget and the console as people use them: by role and by what is written on things."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect


class WidgetScreen:
    """The chat on a page of the host."""

    def __init__(self, page: Page, *, title: str = "Chat with us") -> None:
        self.page = page
        self.launcher = page.get_by_role("button", name=re.compile("^Open chat"))
        self.panel = page.get_by_role("dialog", name=title)
        self.field = self.panel.get_by_role("textbox", name="Write a message…")
        self.log = self.panel.get_by_role("log", name="Messages")

    def open(self) -> None:
        self.launcher.click()
        expect(self.panel).to_be_visible()
        expect(
            self.panel.get_by_text(re.compile("Online|Away|Busy right now|Not here now"))
        ).to_be_visible()

    def write(self, text: str) -> None:
        self.field.fill(text)
        self.field.press("Enter")
        expect(self.log.get_by_text(text, exact=True)).to_be_visible()

    def tick(self, label: str) -> Locator:
        """Ticks of that kind on the screen."""
        return self.log.get_by_role("img", name=label, exact=True)

    def expect_sent(self) -> None:
        """The server has everything that is on the screen."""
        expect(self.log.locator(".mine").last).to_be_visible()
        expect(self.tick("Sending")).to_have_count(0)

    @property
    def typing(self) -> Locator:
        return self.log.get_by_role("img", name=re.compile("is typing$"))

    def bubbles(self) -> list[str]:
        """The text of every message on the screen, from top to bottom."""
        return self.log.locator("p.bubble").all_inner_texts()

    def expect_bubbles(self, *texts: str) -> None:
        """These messages and no others come on the screen, from top to bottom."""
        expect(self.log.locator("p.bubble")).to_have_text(texts)


class ConsoleScreen:
    """The agents' console."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.log = page.get_by_role("log", name="Messages")
        self.field = page.get_by_role("textbox", name="Reply to the visitor")

    def show(self, view: str) -> None:
        """Go to one of the views: Mine, Unassigned, All."""
        self.page.get_by_role("navigation", name="Views").get_by_text(view, exact=True).click()

    def row(self, name: str) -> Locator:
        return self.page.locator("a.row").filter(has_text=name)

    def enter(self, name: str) -> None:
        self.row(name).first.click()
        expect(self.field).to_be_visible()

    def answer(self, text: str) -> None:
        self.field.fill(text)
        self.field.press("Enter")
        expect(self.log.get_by_text(text, exact=True)).to_be_visible()

    def be(self, availability: str) -> None:
        """Online, Away, Busy or Offline."""
        button = self.page.get_by_role("button", name="Change your availability")
        button.click()
        self.page.get_by_role("option", name=availability).click()
        expect(button).to_have_accessible_name(re.compile(f"^You are {availability.lower()}"))

    def tick(self, label: str) -> Locator:
        return self.log.get_by_role("img", name=label, exact=True)

    @property
    def typing(self) -> Locator:
        return self.page.get_by_text(re.compile("is typing$"))

    def bubbles(self) -> list[str]:
        return self.log.locator(".bubble-text").all_inner_texts()
