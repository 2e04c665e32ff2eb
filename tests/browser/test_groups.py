"""Groups through the app: made with people, entered by link, governed, left."""

from __future__ import annotations

import re
import signal
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.axe import findings
from tests.browser.stage import App, Stage
from tests.browser.test_two_people import befriended


def make_group(app: App, title: str, *people: str) -> None:
    """Make a group with some of one's people, and wait until they are in."""
    app.button("newChat").click()
    app.button("newGroup").click()
    app.field("groupTitle").fill(title)
    for person in people:
        app.page.get_by_role("checkbox", name=person).check()
    app.button("createGroup").click()
    app.page.locator("section header .title").filter(has_text=title).wait_for()
    for person in people:
        app.page.locator(".notice").filter(has_text=person).wait_for()


def details(app: App, title: str) -> None:
    """Open a group's details from its conversation."""
    app.page.locator("section header .title").filter(has_text=title).click()


def test_a_group_is_made_and_both_write_in_it(stage: Stage, tmp_path: Path) -> None:
    alice, bob = befriended(stage)
    make_group(alice, "Fête du quartier", "Bob")
    alice.write("Who brings the cake?")
    bob.open("Fête du quartier")
    expect(bob.bubble("Who brings the cake?")).to_be_visible()
    bob.write("Moi !")
    expect(alice.bubble("Moi !")).to_be_visible()
    alice.page.screenshot(path=tmp_path / "cake.png")
    details(alice, "Fête du quartier")
    alice.page.locator("dialog input[type=file]").set_input_files(tmp_path / "cake.png")
    alice.button("removePicture").wait_for()
    alice.page.keyboard.press("Escape")
    expect(bob.page.locator("section header .avatar img")).to_be_visible()
    alice.composer.press_sequentially("Thanks, @b")
    expect(alice.page.get_by_role("option", name="Bob")).to_have_attribute("aria-selected", "true")
    assert findings(alice) == []
    alice.composer.press("Enter")
    expect(alice.composer).to_have_value("Thanks, @Bob ")
    alice.composer.press("Enter")
    expect(bob.bubble("Thanks, @Bob")).to_be_visible()


def test_somebody_comes_in_by_the_link_while_nobody_else_is_there(stage: Stage) -> None:
    alice, bob = befriended(stage)
    make_group(alice, "Open house", "Bob")
    details(alice, "Open house")
    alice.button("openLink").click()
    link = alice.page.locator("dialog code").inner_text()
    alice.page.keyboard.press("Escape")
    zoe = stage.start_app("Zoe")
    zoe.sign_up()
    alice.end(signal.SIGTERM)
    bob.end(signal.SIGTERM)
    zoe.add(link)
    zoe.write("Anybody home?")
    expect(zoe.bubble("Anybody home?").get_by_label(zoe.words["stateSent"])).to_be_visible()


def test_somebody_asks_by_the_link_and_is_let_in(stage: Stage) -> None:
    alice, bob = befriended(stage)
    make_group(alice, "Committee", "Bob")
    details(alice, "Committee")
    alice.button("openLinkToAsk").click()
    link = alice.page.locator("dialog code").inner_text()
    zoe = stage.start_app("Zoe")
    zoe.sign_up()
    zoe.button("newChat").click()
    zoe.field("addLabel").fill(link)
    zoe.button("add").click()
    alice.page.get_by_role("button", name=alice.words["letIn"].replace("{name}", "Zoe")).click()
    expect(alice.page.locator("dialog li").filter(has_text="Zoe")).to_have_count(1)
    assert findings(alice) == []
    alice.page.keyboard.press("Escape")
    zoe.open("Committee")
    zoe.write("Thank you")
    expect(bob.page.locator("nav").get_by_text("Thank you")).to_be_visible()


def test_admins_alone_write_and_who_is_banned_reads_nothing_more(stage: Stage) -> None:
    alice, bob = befriended(stage)
    make_group(alice, "Committee", "Bob")
    alice.write("before")
    bob.open("Committee")
    bob.bubble("before").wait_for()
    details(alice, "Committee")
    alice.field("mayWrite").select_option("admin")
    expect(bob.page.locator(".notice").last).to_have_text(bob.words["noticeRules"].format(who="Alice"))
    expect(bob.page.get_by_text(bob.words["adminsWrite"])).to_be_visible()
    expect(bob.composer).to_have_count(0)
    assert findings(bob, "adminsWrite") == []
    role = alice.page.get_by_label(alice.words["roleOf"].format(name="Bob"))
    role.select_option("admin")
    bob.write("I may")
    role.select_option("member")
    expect(bob.composer).to_have_count(0)
    alice.page.get_by_role("button", name=alice.words["banMember"].replace("{name}", "Bob")).click()
    expect(bob.page.get_by_text(bob.words["outOf"])).to_be_visible()
    back = alice.page.get_by_role("button", name=alice.words["unbanMember"].replace("{name}", "Bob"))
    back.wait_for()
    assert findings(alice) == []
    back.click()
    expect(back).to_have_count(0)
    expect(alice.page.locator("dialog li")).to_have_count(1)
    alice.page.keyboard.press("Escape")
    alice.write("after")
    expect(alice.bubble("after").get_by_label(alice.words["stateSent"])).to_be_visible()
    expect(bob.bubble("after")).to_have_count(0)


def test_the_timer_is_agreed_on_and_what_was_read_is_gone_on_both_sides(stage: Stage) -> None:
    alice, bob = befriended(stage)
    details(alice, "Bob")
    alice.field("timer").select_option("30")
    alice.page.keyboard.press("Escape")
    expect(bob.page.locator(".notice").filter(has_text="30 secondes")).to_be_visible()
    expect(alice.page.locator(".notice").filter(has_text="30 seconds")).to_be_visible()
    alice.write("not for long")
    for app in (alice, bob):
        expect(app.bubble("not for long").get_by_role("timer")).to_be_visible()
    a_second_relay_stands_by(stage, bob)
    for app in (alice, bob):
        expect(app.bubble("not for long")).to_have_count(0)
    expect(alice.page.locator(".notice").last).to_contain_text("http://127.0.0.1")


def a_second_relay_stands_by(stage: Stage, bob: App) -> None:
    """Have Bob give the chat with Alice a second relay, after an address that is none and the first one's."""
    first = stage.relay
    stage.start_relay("second")
    details(bob, "Alice")
    bob.button("homes").click()
    expect(bob.page.locator("dialog li")).to_have_text(re.compile(re.escape(first)))
    for relay, said in (("ftp://relay", "errorRelayAddress"), (first, "errorHomeAlready")):
        bob.field("homeAdd").fill(relay)
        bob.button("homeAdd").click()
        expect(bob.page.get_by_text(bob.words[said])).to_be_visible()
    bob.field("homeAdd").fill(stage.relay)
    bob.button("homeAdd").click()
    expect(bob.page.locator("dialog li")).to_have_count(2)
    bob.page.keyboard.press("Escape")
