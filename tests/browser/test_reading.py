"""What counts as read: the unbroken run that was on the screen of somebody who can be reading."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from campfire_chat import Agent, Visitor
from tests.browser.conftest import NewPage
from tests.browser.screens import ConsoleScreen, WidgetScreen
from tests.support.people import Desk, Person
from tests.support.servers import ProcessServer, eventually

MIA = Visitor(id="mia", name="Mia Berger")
ADA = Agent(id="ada", name="Ada Lovelace")
TALL = "\n".join(f"line {number}" for number in range(12))
COUNT = 13


WATCH_MARKS = """() => {
    window.marked = new Set();
    new MutationObserver((records) => records.forEach(({ target }) => {
        if (target.textContent.includes("the needle")) window.marked.add("data-flash");
    })).observe(document, { attributeFilter: ["data-flash"], subtree: true });
}"""


class Talk:
    """A conversation in which one side has written much."""

    def __init__(self, server: ProcessServer) -> None:
        self.server = server
        self.desk = Desk(f"{server.url}/support", "default")
        self.mia = self.desk.visitor(MIA.id, name=MIA.name)
        self.ada = self.desk.agent(ADA.id, name=ADA.name)
        self.id = self.mia.begin("Message 1")["id"]
        self.ada.patch(f"/conversations/{self.id}", {"assignee_id": self.ada.id})

    def much_from(self, person: Person, first: int, last: int) -> None:
        for number in range(first, last + 1):
            person.write(self.id, f"Message {number}\n{TALL}")

    def read_by(self, kind: str) -> int:
        receipts = self.ada.get(f"/conversations/{self.id}")["receipts"]
        return max((r["read"] for r in receipts if r["participant"]["kind"] == kind), default=0)

    def seq_of(self, number: int) -> int:
        thread = self.ada.thread(self.id)
        return next(m["seq"] for m in thread if m["body"].split("\n")[0] == f"Message {number}")

    def wait_for(self, page: Page, kind: str, seq: int) -> None:
        """Until that side has read at least so far."""
        for _ in range(300):
            if self.read_by(kind) >= seq:
                return
            page.wait_for_timeout(50)
        raise AssertionError(f"read up to {self.read_by(kind)}, not {seq}")


def wait_until_read_as_seen(talk: Talk, page: Page, log: Locator, kind: str) -> int:
    """The last message in sight, once the mark has come to it, and not past what ever was.

    Something beside the thread may take from its height at any time, such as a word about the
    connection. What was in sight before that has been read.
    """
    for _ in range(300):
        last = max(seen_numbers(log))
        most = page.evaluate("mostSeen")
        if talk.seq_of(last) <= talk.read_by(kind) <= talk.seq_of(most):
            return last
        page.wait_for_timeout(50)
    raise AssertionError(f"read up to {talk.read_by(kind)}, seen {seen_numbers(log)}, most {most}")


#: The messages whose end is within a box now.
SEEN = """box => [...box.querySelectorAll("[data-message]")].filter(element => {
    const { bottom } = element.getBoundingClientRect();
    const frame = box.getBoundingClientRect();
    return bottom > frame.top && bottom <= frame.bottom + 1;
}).map(element => element.querySelector(".bubble-text, p.bubble").textContent)
    .map(text => Number(/Message (\\d+)/.exec(text)?.[1] ?? 0))"""


def seen_numbers(log: Locator) -> list[int]:
    return log.evaluate(SEEN)


def watch_sight(page: Page) -> None:
    """Keep the last message that ever was in sight, from before the thread opens."""
    page.evaluate(
        f"""() => {{
            const seen = {SEEN};
            window.mostSeen = 0;
            const look = () => {{
                const root = document.querySelector("campfire-chat")?.shadowRoot ?? document;
                const box = root.querySelector("[role=log]");
                if (box) mostSeen = Math.max(mostSeen, ...seen(box));
                requestAnimationFrame(look);
            }};
            look();
        }}"""
    )


def look_away(page: Page, away: bool) -> None:
    """Another window has the focus, or has it no longer."""
    page.evaluate(
        """away => {
            document.hasFocus = () => !away;
            dispatchEvent(new Event(away ? "blur" : "focus"));
        }""",
        away,
    )


def settle(page: Page) -> None:
    """Longer than it takes a page to say what was read."""
    page.wait_for_timeout(1000)


Read = tuple[Page, Locator, str]


def in_console(talk: Talk, open_page: NewPage, size: str) -> Read:
    page = open_page(f"{talk.server.url}/support/console/", ADA, size=size)
    console = ConsoleScreen(page)
    console.show("All")
    watch_sight(page)
    console.row("Mia Berger").first.click()
    expect(console.log).to_have_attribute("aria-busy", "false")
    return page, console.log, "agent"


def in_widget(talk: Talk, open_page: NewPage, size: str) -> Read:
    page = open_page(f"{talk.server.url}/home", MIA, size=size)
    widget = WidgetScreen(page)
    expect(widget.launcher).to_be_visible()
    watch_sight(page)
    widget.open()
    return page, widget.log, "visitor"


places = pytest.mark.parametrize(
    ("place", "size"),
    [("console", "desktop"), ("console", "phone"), ("widget", "desktop"), ("widget", "phone")],
)


def opened(place: str, talk: Talk, open_page: NewPage, size: str) -> Read:
    return (in_console if place == "console" else in_widget)(talk, open_page, size)


def writer(place: str, talk: Talk) -> Person:
    return talk.mia if place == "console" else talk.ada


@places
def test_a_thread_opens_at_the_first_unread_and_reads_what_is_seen(
    desk_server: ProcessServer, open_page: NewPage, place: str, size: str
) -> None:
    talk = Talk(desk_server)
    other = writer(place, talk)
    talk.much_from(other, 2, 4)
    reader = talk.ada if place == "console" else talk.mia
    reader.post(f"/conversations/{talk.id}/receipts", {"read": talk.seq_of(4)}, 200)
    talk.much_from(other, 5, COUNT)
    page, log, kind = opened(place, talk, open_page, size)
    expect(log.get_by_text("New", exact=True)).to_be_in_viewport()
    expect(log.get_by_text("Message 5")).to_be_in_viewport()
    assert 5 <= wait_until_read_as_seen(talk, page, log, kind) < COUNT
    # Screen by screen to the end: everything was seen by then.
    while COUNT not in seen_numbers(log):
        before = log.evaluate("box => box.scrollTop")
        log.evaluate("box => box.scrollBy({ top: box.clientHeight * 0.6, behavior: 'instant' })")
        assert log.evaluate("box => box.scrollTop") > before
        wait_until_read_as_seen(talk, page, log, kind)
    talk.wait_for(page, kind, talk.seq_of(COUNT))


@places
def test_what_was_jumped_over_stays_unread_until_the_jump_is_meant(
    desk_server: ProcessServer, open_page: NewPage, place: str, size: str
) -> None:
    talk = Talk(desk_server)
    talk.much_from(writer(place, talk), 2, COUNT)
    page, log, kind = opened(place, talk, open_page, size)
    # Nobody has to read what they wrote themselves.
    begin = "Message 1" if place == "console" else "Message 2\n"
    expect(log.get_by_text(begin, exact=place == "console")).to_be_in_viewport()
    first = wait_until_read_as_seen(talk, page, log, kind)
    most = log.evaluate(
        """box => {
            const most = mostSeen;
            box.scrollTo({ top: box.scrollHeight, behavior: 'instant' });
            return most;
        }"""
    )
    settle(page)
    assert COUNT in seen_numbers(log)
    jump = page.locator("button.jump")
    expect(jump).to_be_visible()
    # What had been in sight, and of the rest nothing.
    assert talk.seq_of(first) <= talk.read_by(kind) <= talk.seq_of(most) < talk.seq_of(COUNT)
    jump.click()
    expect(jump).to_have_count(0)
    talk.wait_for(page, kind, talk.seq_of(COUNT))


@places
def test_nobody_reads_in_a_window_without_the_focus(
    desk_server: ProcessServer, open_page: NewPage, place: str, size: str
) -> None:
    talk = Talk(desk_server)
    other = writer(place, talk)
    other.write(talk.id, "Message 2\nshort")
    page, log, kind = opened(place, talk, open_page, size)
    talk.wait_for(page, kind, talk.seq_of(2))
    look_away(page, True)
    read = talk.read_by(kind)
    talk.much_from(other, 3, COUNT)
    # Not "Message 1" with its time beside it, which begins with "3:" for an hour a day.
    expect(log.get_by_text(re.compile(rf"Message {COUNT}\s"))).to_have_count(1)
    settle(page)
    assert talk.read_by(kind) == read
    # They did not pass by unseen either: the first of them is in sight.
    expect(log.get_by_text("New", exact=True)).to_be_in_viewport()
    expect(log.get_by_text("Message 3")).to_be_in_viewport()
    look_away(page, False)
    assert 3 <= wait_until_read_as_seen(talk, page, log, kind) < COUNT


def test_the_first_unread_may_be_far_back(desk_server: ProcessServer, open_page: NewPage) -> None:
    talk = Talk(desk_server)
    for number in range(2, 180):
        talk.mia.write(talk.id, f"Message {number}\nshort")
    talk.ada.post(f"/conversations/{talk.id}/receipts", {"read": talk.seq_of(20)}, 200)
    page, log, _ = in_console(talk, open_page, "desktop")
    expect(log.get_by_text("Message 21\n")).to_be_in_viewport()
    expect(log.get_by_text("New", exact=True)).to_be_in_viewport()
    row: Any = page.locator("a.row")
    expect(row.locator(".count")).not_to_contain_text("159 unread")
    log.focus()
    page.keyboard.press("End")
    talk.wait_for(page, "agent", talk.seq_of(179))
    expect(row.locator(".count")).to_have_count(0)


def test_a_found_message_is_shown_and_what_is_unread_stays_so(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    talk = Talk(desk_server)
    talk.mia.write(talk.id, "Message 2\nthe needle")
    for number in range(3, 180):
        talk.mia.write(talk.id, f"Message {number}\nshort")
    talk.ada.post(f"/conversations/{talk.id}/receipts", {"read": talk.seq_of(100)}, 200)
    eventually(lambda: talk.ada.post("/search", {"q": "needle"}, 200)["items"])
    page = open_page(f"{desk_server.url}/support/console/", ADA)
    log = page.get_by_role("log", name="Messages")
    needle = log.locator("[data-message]", has_text="the needle")
    # The mark is there for a moment only.
    page.evaluate(WATCH_MARKS)
    # Once from the list, and once where the conversation is open already.
    for _ in range(2):
        expect(page.locator("a.row")).to_be_visible()
        page.keyboard.press("Control+k")
        page.get_by_role("combobox", name=re.compile("Search")).fill("needle")
        expect(page.get_by_role("option", name="the needle")).to_be_visible()
        page.keyboard.press("Enter")
        expect(needle).to_be_in_viewport()
        page.wait_for_function("() => window.marked?.has('data-flash')")
        expect(page.get_by_text(re.compile("^Message from Mia Berger: Message 2"))).to_be_attached()
        expect(log).to_be_focused()
        # By then what had been in sight would have been marked.
        expect(page.locator("[data-flash]")).to_have_count(0)
        expect(needle).to_be_in_viewport()
        assert talk.read_by("agent") == talk.seq_of(100)
        page.evaluate("window.marked.clear()")
        log.evaluate("box => box.scrollTop = box.scrollHeight / 4")
        expect(needle).not_to_be_in_viewport()
    log.focus()
    page.keyboard.press("End")
    talk.wait_for(page, "agent", talk.seq_of(179))


def test_a_thread_that_was_scrolled_far_up_opens_with_few_messages(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    """Thousands of messages would take seconds to show, at each opening."""
    talk = Talk(desk_server)
    for number in range(2, 180):
        talk.mia.write(talk.id, f"Message {number}\nshort")
    talk.mia.post(f"/conversations/{talk.id}/receipts", {"read": talk.seq_of(179)}, 200)
    page, log, _ = in_widget(talk, open_page, "desktop")
    widget = WidgetScreen(page)
    rows = log.locator("[data-message]")
    expect(log.get_by_text("Message 179\n")).to_be_in_viewport()
    few = rows.count()
    assert few < 60
    for _ in range(2):
        for _ in range(300):
            if rows.count() == 179:
                break
            log.evaluate("box => box.scrollTo({ top: 0, behavior: 'instant' })")
            page.wait_for_timeout(50)
        texts = [text.split("\n")[0] for text in widget.bubbles()]
        assert texts == [f"Message {number}" for number in range(1, 180)]
        widget.field.press("Escape")
        expect(widget.panel).to_be_hidden()
        widget.open()
        expect(log.get_by_text("Message 179\n")).to_be_in_viewport()
        expect(rows).to_have_count(few)


def test_stacked_marks_and_directions_stay_in_their_message(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    talk = Talk(desk_server)
    talk.mia.write(talk.id, "Z" + "\u0351\u036b\u0343" * 40)
    talk.mia.write(talk.id, "שלום, מה שלומך?")
    talk.ada.write(talk.id, "Hello")
    for page, log, _ in (
        in_console(talk, open_page, "desktop"),
        in_widget(talk, open_page, "desktop"),
    ):
        hebrew = log.get_by_text("שלום, מה שלומך?", exact=True)
        assert hebrew.evaluate("element => getComputedStyle(element).direction") == "rtl"
        stacked = log.get_by_text("Z\u0351").first
        clipped = "element => getComputedStyle(element.closest('.bubble')).overflowY"
        assert stacked.evaluate(clipped) == "clip"
        field = page.locator("textarea").first
        field.fill("שלום")
        assert field.evaluate("element => getComputedStyle(element).direction") == "rtl"
