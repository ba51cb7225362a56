"""The keys of the console: one model, on every keyboard, and no letter in a message by accident."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from campfire_chat import Agent
from tests.browser.conftest import NewPage
from tests.browser.screens import ConsoleScreen
from tests.support.people import Desk, Person
from tests.support.servers import ROOT, ProcessServer

ADA = Agent(id="ada", name="Ada Lovelace")


def opened(open_page: NewPage, server: ProcessServer) -> ConsoleScreen:
    """A conversation that was opened by Enter."""
    Desk(f"{server.url}/support", "default").visitor("mia", name="Mia Berger").begin("Do you ship?")
    console = ConsoleScreen(open_page(f"{server.url}/support/console/", ADA))
    console.show("All")
    expect(console.row("Mia Berger")).to_be_visible()
    console.page.keyboard.press("j")
    console.page.keyboard.press("Enter")
    expect(console.log).to_be_focused()
    return console


def press(page: Page, key: str, code: str, **more: object) -> None:
    """A key as a keyboard of another layout sends it, on whatever has the focus."""
    page.evaluate(
        """fields => document.activeElement.dispatchEvent(
            new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...fields })
        )""",
        {"key": key, "code": code, **more},
    )


def test_a_letter_after_opening_is_a_shortcut(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    console = opened(open_page, desk_server)
    page = console.page
    page.keyboard.type("rYes, we do.")
    expect(console.field).to_be_focused()
    assert console.field.input_value() == "Yes, we do."
    page.keyboard.press("Enter")
    expect(console.log.get_by_text("Yes, we do.", exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    expect(console.log).to_be_focused()
    page.keyboard.press("n")
    note = page.get_by_role("textbox", name="Private note for your team")
    expect(note).to_be_focused()
    assert note.input_value() == ""


def test_no_key_comes_before_its_place(desk_server: ProcessServer, open_page: NewPage) -> None:
    """The focus is moved before the browser can handle another key, not with the next frame."""
    console = opened(open_page, desk_server)
    page = console.page
    at_once = """async key => {
        const before = document.activeElement;
        const press = key => before.dispatchEvent(new KeyboardEvent(
            "keydown", { key, code: `Key${key.toUpperCase()}`, bubbles: true, cancelable: true }
        ));
        press(key);
        for (let turn = 0; turn < 20; turn++) await Promise.resolve();
        return document.activeElement.closest("[role=dialog], dialog, form, .composer")?.className
            ?? document.activeElement.className;
    }"""
    assert "composer" in page.evaluate(at_once, "r")
    page.keyboard.press("Escape")
    expect(console.log).to_be_focused()
    assert "menu" in page.evaluate(at_once, "t")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.evaluate("window.before = document.activeElement")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    assert page.evaluate(
        """async () => {
            const cancel = new Event("cancel", { cancelable: true });
            document.querySelector("dialog").dispatchEvent(cancel);
            for (let turn = 0; turn < 20; turn++) await Promise.resolve();
            return document.activeElement === window.before;
        }"""
    )


def test_after_editing_the_focus_is_where_it_was(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    console = opened(open_page, desk_server)
    page = console.page
    page.keyboard.press("r")
    page.keyboard.type("Yess.")
    page.keyboard.press("Enter")
    expect(console.tick("Sent")).to_be_visible()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("textbox", name="Edit the message")).to_be_focused()
    page.keyboard.press("Escape")
    expect(console.field).to_be_focused()
    page.keyboard.press("Escape")
    console.log.get_by_role("article", name="Ada Lovelace").hover()
    console.log.get_by_role("button", name="Message actions").last.click()
    page.get_by_role("menuitem", name="Edit").click()
    field = page.get_by_role("textbox", name="Edit the message")
    field.fill("Yes.")
    page.keyboard.press("Enter")
    expect(console.log.get_by_text("Yes.", exact=True)).to_be_visible()
    expect(console.log).to_be_focused()


def of_ada(open_page: NewPage, server: ProcessServer) -> tuple[ConsoleScreen, Person, str]:
    """An open conversation with a message of hers that was edited once."""
    console = opened(open_page, server)
    ada = Desk(f"{server.url}/support", "default").agent("ada", name="Ada Lovelace")
    (conversation,) = ada.get("/conversations")["items"]
    message = ada.write(conversation["id"], "Yess.")["id"]
    ada.patch(f"/messages/{message}", {"body": "Yes."})
    expect(console.log.get_by_text("Yes.", exact=True)).to_be_visible()
    return console, ada, message


def choose(console: ConsoleScreen, action: str) -> Locator:
    """One of the actions of her message, by keyboard; returns the button of its menu."""
    article = console.log.get_by_role("article", name="Ada Lovelace")
    button = article.get_by_role("button", name="Message actions")
    button.focus()
    console.page.keyboard.press("Enter")
    expect(console.page.get_by_role("menu", name="Message actions")).to_be_focused()
    console.page.keyboard.press(action[0].lower())
    console.page.keyboard.press("Enter")
    return button


@pytest.mark.parametrize("action", ["Earlier texts", "Delete"])
def test_a_dialog_of_a_message_gives_the_focus_back(
    desk_server: ProcessServer, open_page: NewPage, action: str
) -> None:
    console, ada, message = of_ada(open_page, desk_server)
    page = console.page
    dialog = page.get_by_role("dialog")
    for close in ("Escape", "Close" if action == "Earlier texts" else "Cancel"):
        button = choose(console, action)
        expect(dialog).to_be_visible()
        if close == "Escape":
            page.keyboard.press("Escape")
        else:
            dialog.get_by_role("button", name=close).click()
        expect(dialog).to_have_count(0)
        expect(button).to_be_focused()
    # Deleted elsewhere while the dialog is open: the dialog goes, and the keys work.
    choose(console, action)
    expect(dialog).to_be_visible()
    ada.delete(f"/messages/{message}")
    expect(dialog).to_have_count(0)
    expect(console.log).to_be_focused()
    page.keyboard.press("r")
    expect(console.field).to_be_focused()


def test_after_deleting_a_message_the_thread_has_the_focus(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    console, _, _ = of_ada(open_page, desk_server)
    choose(console, "Delete")
    console.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(console.log.get_by_text("Yes.", exact=True)).to_have_count(0)
    expect(console.log).to_be_focused()


def test_a_menu_of_a_message_that_was_deleted_gives_the_focus_to_the_thread(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    console, ada, message = of_ada(open_page, desk_server)
    article = console.log.get_by_role("article", name="Ada Lovelace")
    article.get_by_role("button", name="Message actions").focus()
    console.page.keyboard.press("Enter")
    expect(console.page.get_by_role("menu", name="Message actions")).to_be_focused()
    ada.delete(f"/messages/{message}")
    expect(console.log.get_by_text("Yes.", exact=True)).to_have_count(0)
    console.page.keyboard.press("Escape")
    expect(console.log).to_be_focused()


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("к", "KeyR"),  # Russian
        ("ρ", "KeyR"),  # Greek
        ("ق", "KeyR"),  # Arabic
        ("ר", "KeyR"),  # Hebrew, at another place: the place counts
        ("ㄱ", "KeyR"),  # Korean
        ("r", "KeyO"),  # Dvorak: the letter counts
        ("R", "KeyR"),
    ],
)
def test_a_shortcut_goes_by_letter_or_by_place(
    desk_server: ProcessServer, open_page: NewPage, key: str, code: str
) -> None:
    console = opened(open_page, desk_server)
    press(console.page, key, code)
    expect(console.field).to_be_focused()


def test_other_layouts_do_the_right_thing(desk_server: ProcessServer, open_page: NewPage) -> None:
    console = opened(open_page, desk_server)
    page = console.page
    dialog = page.get_by_role("dialog", name="Assign to…")
    # AZERTY: the key at the place of Q types an A.
    press(page, "a", "KeyQ")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    # And that at the place of A types a Q, which opens the search.
    page.locator("#thread-log").focus()
    press(page, "q", "KeyA")
    expect(page.get_by_role("heading", name="Search", exact=True)).to_be_visible()
    expect(dialog).to_have_count(0)
    page.go_back()
    expect(console.log).to_be_visible()
    page.locator("#thread-log").focus()
    # A German keyboard has a hyphen at the place of the slash.
    press(page, "-", "Slash")
    expect(console.log).to_be_focused()
    # A Russian one has its period there, and means the slash.
    press(page, "о", "KeyJ")
    press(page, ".", "Slash")
    expect(page.get_by_role("searchbox", name="Filter this list")).to_be_focused()
    page.locator("#thread-log").focus()
    press(page, "л", "KeyK", ctrlKey=True)
    expect(page.get_by_role("dialog", name="Search and commands")).to_be_visible()


def test_safaris_enter_after_a_composition_sends_nothing(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    console = opened(open_page, desk_server)
    page = console.page
    page.keyboard.press("r")
    page.keyboard.type("Kana")
    press(page, "Enter", "Enter", keyCode=229)
    press(page, "Enter", "Enter", isComposing=True)
    assert console.field.input_value() == "Kana"
    expect(console.log.locator("article.ours")).to_have_count(0)
    press(page, "Enter", "Enter", keyCode=13)
    expect(console.log.get_by_text("Kana", exact=True)).to_be_visible()


def test_help_and_reference_show_the_same_keys(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    page = open_page(f"{desk_server.url}/support/console/", ADA)
    expect(page.get_by_role("navigation", name="Views")).to_be_visible()
    page.keyboard.press("?")
    help = page.get_by_role("dialog", name="Keyboard shortcuts")
    # It is there only a moment after the key, and `all` does not wait.
    expect(help.locator("dl > div").first).to_be_visible()
    shown = {
        row.locator("dt").inner_text().lower(): [
            re.sub(r"\s+", " ", way.strip()) for way in row.locator("kbd").all_inner_texts()
        ]
        for row in help.locator("dl > div").all()
    }
    reference = (ROOT / "docs/reference/console.md").read_text("utf-8").split("## Keys")[1]
    documented = {
        what.strip(): [key for way in re.findall(r"`(.+?)`", keys) for key in way.split(" ")]
        for keys, what in re.findall(r"^\| (`.+?) \| (.+?) \|$", reference, re.M)
    }
    assert documented == shown
