"""Working through the inbox: the list keeps still, and the next conversation is the next one."""

from __future__ import annotations

import re

from playwright.sync_api import Page, Route, WebSocketRoute, expect

from campfire_chat import Agent
from tests.browser.conftest import NewPage
from tests.browser.screens import ConsoleScreen
from tests.browser.test_navigation import wait_for
from tests.support.people import Desk
from tests.support.servers import ProcessServer, eventually

ADA = Agent(id="ada", name="Ada Lovelace")
UNASSIGNED = re.compile(r"/conversations\?.*assignee=unassigned")
NAMES = ["Anna Alt", "Ben Braun", "Cleo Cruz", "Dan Dorn", "Eve Ernst"]


def desk_of(server: ProcessServer) -> Desk:
    return Desk(f"{server.url}/support", "default")


def five_who_wait(server: ProcessServer) -> dict[str, str]:
    """Name → conversation, who has waited longest first."""
    desk = desk_of(server)
    return {
        name: desk.visitor(name[0].lower(), name=name).begin(f"Hello from {name}")["id"]
        for name in NAMES
    }


def console_of(open_page: NewPage, server: ProcessServer, view: str) -> ConsoleScreen:
    console = ConsoleScreen(open_page(f"{server.url}/support/console/", ADA))
    console.show(view)
    page = console.page
    # All of them, which an agent comes to, are as many.
    expect(page.get_by_role("heading", name=view, exact=True)).to_be_visible()
    expect(page.locator("a.row")).to_have_count(len(NAMES))
    # Rows that another list has loaded are shown in this one before it has come. Nothing is on its
    # way any more when the lists of all views are there.
    page.wait_for_load_state("networkidle")
    return console


def names(page: Page) -> list[str]:
    # Not the inner texts: a row that was just added is not rendered until the next frame.
    return page.locator("li:not(.leaving) > a.row .row-name").all_text_contents()


def open_name(page: Page) -> str:
    return page.locator(".thread-title h2").inner_text()


def expect_open(page: Page, name: str) -> None:
    expect(page.locator(".thread-title h2")).to_have_text(name)
    expect(page.locator("#thread-log")).to_be_focused()


def test_answering_one_after_the_other_reaches_everybody_once(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    five_who_wait(desk_server)
    console = console_of(open_page, desk_server, "All")
    page = console.page
    expected = names(page)
    assert sorted(expected) == NAMES
    page.keyboard.press("j")
    answered: list[str] = []
    for name in expected:
        page.keyboard.press("Enter")
        expect_open(page, name)
        page.keyboard.press("r")
        expect(console.field).to_be_focused()
        page.keyboard.type("Yes, we do.")
        page.keyboard.press("Enter")
        expect(console.log.get_by_text("Yes, we do.", exact=True)).to_be_visible()
        answered.append(open_name(page))
        assert names(page) == expected
        page.keyboard.press("Escape")
        expect(page.locator("#thread-log")).to_be_focused()
        page.keyboard.press("Escape")
        expect(console.row(name)).to_be_focused()
        assert names(page) == expected
        page.keyboard.press("j")
    assert answered == expected
    ada = desk_of(desk_server).agent("ada")
    # An answer is on the screen before the server has it.
    eventually(
        lambda: all(one["counts"]["agent"] for one in ada.get("/conversations")["items"]),
    )
    for conversation in ada.get("/conversations")["items"]:
        assert conversation["counts"] == {"visitor": 1, "agent": 1}
        assert conversation["last_message"]["text"] == "Yes, we do."


def test_after_resolving_comes_the_neighbour_and_undo_goes_back(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    five_who_wait(desk_server)
    console = console_of(open_page, desk_server, "All")
    page = console.page
    order = names(page)
    console.row(order[1]).click()
    expect_open(page, order[1])
    page.keyboard.press("e")
    expect_open(page, order[2])
    expect(console.row(order[1])).to_have_count(0)
    assert names(page) == [order[0], *order[2:]]
    page.get_by_role("button", name="Undo").click()
    expect_open(page, order[1])
    expect(page.locator("li:not(.leaving) > a.row")).to_have_count(5)
    assert names(page) == order
    # Of the last one in the list the neighbour is above.
    console.row(order[4]).click()
    expect_open(page, order[4])
    page.keyboard.press("e")
    expect_open(page, order[3])


def test_a_late_notice_does_not_take_an_undo_back(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    five_who_wait(desk_server)
    page = open_page("about:blank")
    page.context.add_cookies(open_page(f"{desk_server.url}/home", ADA).context.cookies())
    late: list[tuple[WebSocketRoute, str | bytes]] = []
    holding = False

    def opened(route: WebSocketRoute) -> None:
        def said(message: str | bytes) -> None:
            if holding:
                late.append((route, message))
            else:
                route.send(message)

        route.connect_to_server().on_message(said)

    page.route_web_socket(re.compile(r"/support/ws$"), opened)
    page.goto(f"{desk_server.url}/support/console/")
    console = ConsoleScreen(page)
    console.show("All")
    expect(page.locator("a.row")).to_have_count(len(NAMES))
    order = names(page)
    console.row(order[1]).click()
    expect_open(page, order[1])
    holding = True
    page.keyboard.press("e")
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    # The server has yet to confirm the undo when the notice of the first change comes.
    waiting: list[Route] = []
    page.route("**/api/v1/conversations/*", lambda route: waiting.append(route))
    undo.click()
    expect_open(page, order[1])
    desk_of(desk_server).visitor("z", name="Zoe Zander").begin("I am new here")
    wait_for(page, lambda: any("Zoe Zander" in str(message) for _, message in late))
    # What comes meanwhile comes after it.
    while late:
        route, message = late.pop(0)
        route.send(message)
    holding = False
    expect(page.get_by_role("button", name="Show 1 new conversation")).to_be_visible()
    assert names(page) == order
    for held in waiting:
        held.continue_()
    page.unroute("**/api/v1/conversations/*")
    expect(page.get_by_role("button", name="Resolve", exact=True)).to_be_visible()
    assert names(page) == order


def test_send_and_resolve_goes_on_to_the_neighbour(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    conversations = five_who_wait(desk_server)
    console = console_of(open_page, desk_server, "All")
    page = console.page
    order = names(page)
    console.row(order[0]).click()
    expect_open(page, order[0])
    page.keyboard.press("r")
    page.keyboard.type("Done.")
    page.keyboard.press("Control+Shift+Enter")
    expect_open(page, order[1])
    expect(console.row(order[0])).to_have_count(0)
    # The heads of the lists have that word as well. The toast says that the server has done it.
    expect(page.locator(".toast").get_by_text("Resolved", exact=True)).to_be_visible()
    ada = desk_of(desk_server).agent("ada")
    done = ada.get(f"/conversations/{conversations[order[0]]}")
    assert (done["status"], done["last_message"]["text"]) == ("resolved", "Done.")
    # The key is held a moment too long: nothing of it lands in the next conversation.
    page.keyboard.type("x")
    assert console.field.input_value() == ""


def test_send_and_resolve_outlives_the_page(desk_server: ProcessServer, open_page: NewPage) -> None:
    """The message goes out after a reload, and is stored before any list is loaded."""
    conversations = five_who_wait(desk_server)
    page = open_page("about:blank")
    page.context.add_cookies(open_page(f"{desk_server.url}/home", ADA).context.cookies())
    losing = True

    def opened(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def said(message: str | bytes) -> None:
            if not (losing and "message.send" in str(message)):
                server.send(message)

        route.on_message(said)

    page.route_web_socket(re.compile(r"/support/ws$"), opened)
    page.goto(f"{desk_server.url}/support/console/")
    console = ConsoleScreen(page)
    expect(page.locator("a.row")).to_have_count(len(NAMES))
    name = names(page)[0]
    console.row(name).click()
    expect_open(page, name)
    page.keyboard.press("r")
    page.keyboard.type("Done.")
    page.keyboard.press("Control+Shift+Enter")
    expect(console.row(name)).to_have_count(0)
    losing = False
    lists: list[Route] = []
    page.route(re.compile(r"/api/v1/conversations\?"), lambda route: lists.append(route))
    page.reload()
    ada = desk_of(desk_server).agent("ada")
    path = f"/conversations/{conversations[name]}"
    wait_for(page, lambda: ada.get(path)["status"] == "resolved")
    assert ada.get(path)["last_message"]["text"] == "Done."


def test_newcomers_are_announced_and_move_nothing(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    conversations = five_who_wait(desk_server)
    console = console_of(open_page, desk_server, "All")
    page = console.page
    order = names(page)
    console.row(order[2]).click()
    expect_open(page, order[2])
    desk = desk_of(desk_server)
    desk.visitor("z", name="Zoe Zander").begin("I am new here")
    desk.visitor(order[4][0].lower(), name=order[4]).write(conversations[order[4]], "Anybody?")
    new = page.get_by_role("button", name="Show 2 new conversations")
    expect(new).to_be_visible()
    assert names(page) == order
    new.click()
    expect(console.row("Zoe Zander")).to_be_visible()
    assert set(names(page)[:2]) == {order[4], "Zoe Zander"}
    expect(console.row(order[2])).to_have_attribute("aria-current", "true")


def test_unassigned_begins_with_who_waits_longest_and_newcomers_come_below(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    five_who_wait(desk_server)
    console = console_of(open_page, desk_server, "Unassigned")
    page = console.page
    expect(page.locator("a.row .row-name")).to_have_text(NAMES)
    console.row("Ben Braun").click()
    expect_open(page, "Ben Braun")
    desk_of(desk_server).visitor("z", name="Zoe Zander").begin("I am new here")
    expect(console.row("Zoe Zander")).to_be_visible()
    assert names(page) == [*NAMES, "Zoe Zander"]
    page.get_by_role("combobox", name="Order").select_option("Latest activity")
    expect(page.locator("a.row .row-name").first).to_have_text("Zoe Zander")
    page.reload()
    expect(page.locator("a.row .row-name").first).to_have_text("Zoe Zander")


def test_a_reply_takes_the_conversation_and_the_list_keeps_still(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    conversations = five_who_wait(desk_server)
    console = console_of(open_page, desk_server, "Unassigned")
    page = console.page
    console.row("Ben Braun").click()
    expect_open(page, "Ben Braun")
    page.keyboard.press("r")
    page.keyboard.type("Let me see.")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Assigned to Ada Lovelace")).to_be_visible()
    ada = desk_of(desk_server).agent("ada")
    assert ada.get(f"/conversations/{conversations['Ben Braun']}")["assignee"]["id"] == ada.id
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    expect_open(page, "Cleo Cruz")
    expect(page.locator("a.row")).to_have_count(4)
    assert names(page) == [name for name in NAMES if name != "Ben Braun"]


def test_who_answers_before_the_list_has_come_goes_on_below(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    """Rows that another list has loaded are shown, and can be answered, at once."""
    five_who_wait(desk_server)
    page = open_page(f"{desk_server.url}/home", ADA)
    late: list[Route] = []
    page.route(UNASSIGNED, lambda route: late.append(route))
    page.goto(f"{desk_server.url}/support/console/")
    console = ConsoleScreen(page)
    console.show("All")
    expect(page.locator("a.row")).to_have_count(len(NAMES))
    console.show("Unassigned")
    expect(page.locator("a.row .row-name")).to_have_text(NAMES)
    console.row("Ben Braun").click()
    expect_open(page, "Ben Braun")
    page.keyboard.press("r")
    page.keyboard.type("Let me see.")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Assigned to Ada Lovelace")).to_be_visible()
    leaving = page.locator("li.leaving > a.row .row-name")
    expect(leaving).to_have_text("Ben Braun")
    wait_for(page, lambda: bool(late))
    with page.expect_response(UNASSIGNED):
        for route in late:
            route.continue_()
    expect(page.locator("a.row .row-name")).to_have_text(NAMES)
    expect(leaving).to_have_text("Ben Braun")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    expect_open(page, "Cleo Cruz")
    expect(page.locator("a.row .row-name")).to_have_text([one for one in NAMES if one[0] != "B"])


def test_one_key_takes_who_waits_longest(desk_server: ProcessServer, open_page: NewPage) -> None:
    five_who_wait(desk_server)
    console = console_of(open_page, desk_server, "All")
    page = console.page
    for name in NAMES:
        page.keyboard.press("w")
        expect_open(page, name)
        expect(page.get_by_role("button", name="Assigned to Ada Lovelace")).to_be_visible()
    page.keyboard.press("w")
    expect(page.get_by_text("Nobody is waiting.")).to_be_visible()


def test_the_head_says_who_asks(desk_server: ProcessServer, open_page: NewPage) -> None:
    desk = desk_of(desk_server)
    conversations = {
        "A visitor who has not signed in": desk.anonymous().begin("Hello?"),
        "Signed in on your site": desk.visitor("m", name="Mia Berger").begin("Hello?"),
        "mia@example.com": desk.visitor("e", email="mia@example.com").begin("Hello?"),
        "A kettle": desk.visitor("s", email="s@example.com").begin("Hello?", subject="A kettle"),
    }
    page = open_page(f"{desk_server.url}/support/console/", ADA)
    for said, conversation in conversations.items():
        page.locator(f"a.row[href$='{conversation['id']}']").click()
        expect(page.locator(".thread-title p")).to_have_text(said)


def test_the_numbers_are_the_servers(desk_server: ProcessServer, open_page: NewPage) -> None:
    desk = desk_of(desk_server)
    ada = desk.agent("ada")
    visitor = desk.visitor("m", name="Mia")
    for number in range(120):
        conversation = visitor.begin(f"Number {number}")["id"]
        if number < 55:
            ada.patch(f"/conversations/{conversation}", {"assignee_id": ada.id})
    views = open_page(f"{desk_server.url}/support/console/", ADA).get_by_role(
        "navigation", name="Views"
    )
    for name, count in (("Mine", 55), ("Unassigned", 65), ("All", 120)):
        button = views.get_by_role("button", name=re.compile(name))
        expect(button).to_contain_text(f"{count} open, {count} waiting for an answer")
    visitor.begin("One more")
    expect(views.get_by_role("button", name=re.compile("All"))).to_contain_text("121 open")


def test_the_palette_finds_what_no_list_has_loaded(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    desk = desk_of(desk_server)
    old = desk.visitor("u", name="Ursula Ümit").begin("Long ago", subject="The broken lamp")["id"]
    ada = desk.agent("ada")
    ada.patch(f"/conversations/{old}", {"status": "resolved"})
    wanted = {"q": "broken", "in": ["conversations"]}
    eventually(lambda: ada.post("/search", wanted, 200)["items"])
    visitor = desk.visitor("m", name="Mia")
    for number in range(60):
        visitor.begin(f"Number {number}")
    page = open_page(f"{desk_server.url}/support/console/", ADA)
    expect(page.locator("a.row").first).to_be_visible()
    # "#1" first: once it was open, its row would be loaded. #10 to #19 and #61 are not meant.
    for typed in ("#1", "1", "ümit", "BROKEN lamp", old):
        page.keyboard.press("Control+k")
        page.get_by_role("combobox", name=re.compile("Search")).fill(typed)
        expect(page.get_by_role("option", name="Ursula Ümit")).to_be_visible()
        expect(page.locator("#palette-list [aria-selected=true]")).to_contain_text("Ursula Ümit")
        page.keyboard.press("Enter")
        expect_open(page, "Ursula Ümit")
        expect(page.locator(".thread-number")).to_have_text("#1")
        page.keyboard.press("Escape")
        expect(page.locator(".thread-title")).to_have_count(0)


def test_the_palette_finds_what_was_said(desk_server: ProcessServer, open_page: NewPage) -> None:
    desk = desk_of(desk_server)
    ada = desk.agent("ada")
    lamp = desk.visitor("u", name="Ursula Ümit").begin("The <b>lamp</b> flickers")["id"]
    ada.write(lamp, "Her lamp was flickering before", visibility="internal")
    desk.visitor("m", name="Mia").begin("Something else")
    eventually(lambda: len(ada.post("/search", {"q": "lamp flicker"}, 200)["items"]) == 2)
    page = open_page(f"{desk_server.url}/support/console/", ADA)
    expect(page.locator("a.row").first).to_be_visible()
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name=re.compile("Search"))
    field.fill("lamp flick")
    said = page.get_by_role("group", name="Messages and notes").get_by_role("option")
    expect(said).to_have_count(2)
    expect(said.filter(has_text="The <b>lamp</b> flickers")).to_contain_text("#1 · Ursula Ümit")
    expect(said.filter(has_text="Note: Her lamp was flickering")).to_have_count(1)
    # While an operator is being typed, nothing is found, and nothing fails.
    field.fill("lamp status:op")
    expect(page.get_by_text("No conversation or command matches.")).to_be_visible()
    field.fill("lamp status:open is:note")
    expect(said).to_have_count(1)
    page.keyboard.press("Enter")
    expect_open(page, "Ursula Ümit")


def test_an_answer_of_the_server_does_not_change_what_enter_does(
    desk_server: ProcessServer, open_page: NewPage
) -> None:
    desk = desk_of(desk_server)
    ada = desk.agent("ada")
    said = desk.visitor("u", name="Ursula").begin("Can you snooze the alarm?")["id"]
    eventually(lambda: ada.post("/search", {"q": "snooze", "in": ["messages"]}, 200)["items"])
    # No longer in the list: only the server knows what was said there.
    ada.patch(f"/conversations/{said}", {"status": "resolved"})
    desk.visitor("m", name="Mia").begin("Something else")
    page = open_page(f"{desk_server.url}/support/console/", ADA)
    page.locator("a.row").first.click()
    expect_open(page, "Mia")
    held: list[Route] = []
    page.route("**/api/v1/search", lambda route: held.append(route))
    page.route("**/api/v1/contacts?*", lambda route: route.fulfill(status=503, body="{}"))
    page.keyboard.press("Control+k")
    field = page.get_by_role("combobox", name=re.compile("Search"))
    field.fill("snooze")
    chosen = page.locator("#palette-list [aria-selected=true]")
    expect(chosen).to_have_text(re.compile("^Snooze until"))
    # Conversations are asked for, and messages and notes.
    wait_for(page, lambda: len(held) == 2)
    for route in held:
        route.continue_()
    options = page.locator("#palette-list").get_by_role("option")
    expect(options.filter(has_text="Can you snooze the alarm?")).to_be_visible()
    # Below, and something else is active no more than before.
    expect(options.first).to_have_text(re.compile("^Snooze until"))
    expect(options.nth(-2)).to_contain_text("Can you snooze the alarm?")
    expect(options.last).to_contain_text("Search for")
    expect(chosen).to_have_text(re.compile("^Snooze until"))
    # What failed is told beside what was found.
    expect(page.get_by_text("A part of the search has failed.")).to_be_visible()
    page.unroute("**/api/v1/search")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Snooze until…").first).to_be_visible()
    expect(page.locator(".thread-title")).to_contain_text("Mia")
