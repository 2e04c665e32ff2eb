"""What is done to messages: reactions, edits, deletion, polls, forwarding, drafts; and a second device."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.browser.axe import findings
from tests.browser.stage import PASSPHRASE, App, Stage
from tests.browser.test_two_people import befriended


def act(app: App, text: str, *keys: str) -> None:
    """Choose from a message's actions: a button beside it, and perhaps what the menu that it opens offers."""
    choose_from(app, app.bubble(text), *keys)


def choose_from(app: App, bubble: Locator, button: str, *items: str) -> None:
    """Choose from the actions of the message in this bubble."""
    bubble.hover()
    bubble.get_by_role("button", name=app.words[button], exact=True).click()
    for item in items:
        app.page.get_by_role("menuitem", name=app.words[item], exact=True).click()


def test_a_reaction_is_seen_by_both_and_taken_back(stage: Stage) -> None:
    alice, bob = befriended(stage)
    act(bob, "Hello Bob", "react")
    bob.bubble("Hello Bob").get_by_role("button", name="👍").click()
    expect(alice.bubble("Hello Bob").locator(".reactions button")).to_have_text("👍 1")
    bob.bubble("Hello Bob").locator(".reactions button").click()
    expect(alice.bubble("Hello Bob").locator(".reactions button")).to_have_count(0)


def test_an_edit_shows_what_it_said_before(stage: Stage) -> None:
    alice, bob = befriended(stage)
    alice.composer.fill("half a thought")
    act(alice, "Hello Bob", "more", "edit")
    expect(alice.composer).to_have_value("Hello Bob")
    alice.composer.press("Escape")
    expect(alice.composer).to_have_value("half a thought")
    alice.composer.fill("")
    alice.composer.press("ArrowUp")
    expect(alice.composer).to_have_value("Hello Bob")
    alice.composer.fill("Hello Robert")
    alice.composer.press("Enter")
    changed = bob.bubble("Hello Robert")
    expect(changed).to_be_visible()
    changed.locator("summary").click()
    expect(changed.locator("details")).to_contain_text("Hello Bob")


def test_a_deleted_message_is_gone_for_everyone(stage: Stage) -> None:
    alice, bob = befriended(stage)
    act(alice, "Hello Bob", "more", "deleteForAll")
    expect(bob.page.locator("article").filter(has_text="Hello Bob")).to_have_count(0)
    expect(bob.page.locator("article .other")).to_contain_text("a supprimé")


def test_a_poll_is_asked_voted_on_and_closed(stage: Stage) -> None:
    alice, bob = befriended(stage)
    alice.attach("poll")
    alice.field("pollQuestion").fill("Quand ?")
    alice.page.get_by_label("Option 1").fill("samedi")
    alice.page.get_by_label("Option 2").fill("dimanche")
    alice.button("pollAsk").click()
    bob.bubble("Quand ?").get_by_role("radio", name="samedi").check()
    expect(alice.bubble("Quand ?").locator("label").filter(has_text="samedi")).to_contain_text("1 vote")
    alice.bubble("Quand ?").get_by_role("button", name=alice.words["pollClose"]).click()
    expect(bob.bubble("Quand ?")).to_contain_text(bob.words["pollClosed"])


def test_a_draft_outlives_the_window(stage: Stage) -> None:
    alice, _ = befriended(stage)
    alice.composer.press_sequentially("not yet", delay=5)
    alice.page.get_by_role("button", name=alice.words["send"]).wait_for()
    alice.page.wait_for_function("() => true")
    alice.page.keyboard.press("Escape")
    alice.open("Bob")
    expect(alice.composer).to_have_value("not yet")


def test_the_list_shows_drafts_and_pins_mutes_and_archives(stage: Stage) -> None:
    alice, bob = befriended(stage)
    alice.composer.fill("half a thought")
    alice.page.keyboard.press("Escape")
    row = alice.page.locator("nav .holder").filter(has_text="Bob")
    expect(row).to_contain_text(alice.words["draftLine"].replace("{text}", "half a thought"))
    row.locator("button.row").click(button="right")
    alice.page.get_by_role("menuitem", name=alice.words["pinChat"]).click()
    expect(row.get_by_label(alice.words["pinned"], exact=True)).to_be_visible()
    row.locator("button.row").focus()
    alice.page.keyboard.press("Shift+F10")
    expect(alice.page.get_by_role("menuitem").first).to_be_focused()
    assert findings(alice) == []
    alice.page.keyboard.press("ArrowUp")
    expect(alice.page.get_by_role("menuitem").last).to_be_focused()
    alice.page.keyboard.press("Escape")
    expect(alice.page.get_by_role("menu")).to_have_count(0)
    choose(alice, "muteAlways")
    expect(row.get_by_label(alice.words["mutedChat"])).to_be_visible()
    choose(alice, "archiveChat")
    expect(row).to_have_count(0)
    bob.write("hello, archive")
    alice.page.get_by_role("button", name=alice.words["archivedChats"].replace("{n}", "1")).click()
    expect(row).to_contain_text(alice.words["draftLine"].replace("{text}", "half a thought"))
    choose(alice, "unmute")
    bob.write("come back")
    expect(row).to_have_count(0)
    alice.button("allChats").click()
    expect(row).to_be_visible()
    choose(alice, "markAsRead")
    expect(row.locator(".unread")).to_have_count(0)


def choose(app: App, key: str) -> None:
    """Choose from the menu of the one chat that is in the list."""
    app.page.locator("nav .holder button.row").click(button="right")
    app.page.get_by_role("menuitem", name=app.words[key], exact=True).click()


def test_a_second_device_is_linked_and_sees_what_was_said(stage: Stage) -> None:
    alice, bob = befriended(stage)
    bob.write("Before the second device")
    alice.bubble("Before the second device").wait_for()
    laptop = stage.start_app("Laptop")
    laptop.button("linkMe").click()
    laptop.field("deviceName").fill("Laptop")
    laptop.field("passphrase").fill(PASSPHRASE)
    laptop.button("showCode").click()
    code = laptop.page.locator("form code").inner_text()
    alice.button("settings").click()
    alice.button("devices").click()
    alice.field("deviceCode").fill(code)
    alice.button("lookAtCode").click()
    alice.button("linkNow").click()
    laptop.open("Bob")
    expect(laptop.bubble("Before the second device")).to_be_visible()
    laptop.write("From my laptop")
    expect(bob.bubble("From my laptop")).to_be_visible()
    alice.page.get_by_role("button", name=alice.words["renameDevice"].format(name="Laptop")).click()
    alice.field("deviceName").fill("Kitchen")
    alice.button("save").click()
    expect(alice.page.locator("dialog li").filter(has_text="Kitchen")).to_be_visible()


LOOK_IN = """() => new Promise((resolve) => {
  const watch = new MutationObserver(() => {
    if (document.querySelector("section article") === null) return;
    watch.disconnect();
    document.querySelector("section .back").click();
    requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  });
  watch.observe(document.body, {childList: true, subtree: true});
  document.querySelector("nav button.row").click();
})"""
"""Opens the chat, and leaves it before what it shows is drawn; waits until it would have been."""


def only_what_was_on_the_screen_is_read(bob: App) -> None:
    """Have Bob look into a chat with 25 new messages, too many for the window, open it, and go on to the last."""
    row = bob.page.locator("nav button.row")
    expect(row.locator(".unread")).to_contain_text("25")
    bob.page.evaluate(LOOK_IN)
    expect(bob.page.locator("section article")).to_have_count(0)
    expect(row.locator(".unread")).to_contain_text("25")
    row.click()
    expect(bob.page.locator("section .unread")).to_be_in_viewport()
    expect(row.locator(".unread")).not_to_contain_text("25")
    expect(row.locator(".unread")).to_be_visible()
    bob.button("toLatest").click()
    expect(bob.bubble("number 24")).to_be_in_viewport()
    expect(row.locator(".unread")).to_have_count(0)


def test_a_message_is_found_without_its_accents_and_jumped_to(stage: Stage) -> None:
    alice, bob = befriended(stage)
    alice.write("Rendez-vous à l’été prochain")
    bob.bubble("prochain").wait_for()
    expect(bob.page.locator("nav .unread")).to_have_count(0)  # what was seen is counted as read
    bob.page.keyboard.press("Escape")
    for number in range(25):
        alice.write(f"Something else, number {number}")
    only_what_was_on_the_screen_is_read(bob)
    bob.page.locator("#search").fill("ete proch")
    bob.page.locator(".found button").filter(has_text="l’été prochain").click()
    expect(bob.page.locator("article.target")).to_contain_text("l’été prochain")
    expect(bob.page.locator("article.target")).to_be_in_viewport()
    bob.button("toLatest").click()
    expect(bob.bubble("number 24")).to_be_in_viewport()
    act(alice, "number 24", "more", "pin")
    bob.page.locator("section .pinned").filter(has_text="number 24").wait_for()
    bob.page.locator(".messages [tabindex]").first.press("Home")
    bob.page.locator("section .pinned").click()
    expect(bob.page.locator("article.target")).to_contain_text("number 24")
    expect(bob.page.locator("article.target")).to_be_in_viewport()
