"""Two people with an app each, one in English and one in French, through a real relay."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.axe import findings
from tests.browser.stage import App, Stage


def befriended(stage: Stage) -> tuple[App, App]:
    """Return Alice and Bob in an open chat with each other."""
    alice, bob = stage.start_app("Alice"), stage.start_app("Bob", locale="fr-FR")
    alice.sign_up()
    bob.sign_up()
    alice.add(bob.my_link())
    alice.write("Hello Bob")
    bob.button("accept").click()
    bob.bubble("Hello Bob").wait_for()
    return alice, bob


def test_they_sign_up_find_each_other_and_talk(stage: Stage, tmp_path: Path) -> None:
    alice, bob = befriended(stage)
    bob.write("Bonjour **Alice**, مرحبا", shown="Bonjour Alice, مرحبا")
    expect(alice.bubble("Bonjour Alice")).to_be_visible()
    expect(alice.bubble("Bonjour").locator("strong")).to_have_text("Alice")
    expect(bob.bubble("Bonjour").get_by_label(bob.words["stateRead"], exact=True)).to_be_visible()
    learn_nothing(alice)
    bob.write("Tu as lu ?")
    alice.bubble("Tu as lu ?").wait_for()
    alice.write("That I keep to myself")  # stands behind the receipt that there would be
    bob.bubble("That I keep").wait_for()
    expect(bob.bubble("Tu as lu ?").get_by_label(bob.words["stateDelivered"], exact=True)).to_be_visible()
    change_looks(alice, tmp_path / "alice.png")
    expect(bob.page.locator("nav button.row")).to_contain_text("Alice Martin")
    seen = bob.page.locator("nav button.row .avatar img")
    assert seen.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0


def change_looks(app: App, picture: Path) -> None:
    """Have somebody called Alice be called Alice Martin, and look like a picture of her window."""
    app.page.screenshot(path=picture)
    app.button("profile").click()
    app.field("yourName").fill("Alice Martin")
    app.button("save").click()
    expect(app.page.get_by_text(app.words["profileSaved"])).to_be_visible()
    app.page.locator("dialog input[type=file]").set_input_files(picture)
    app.button("removePicture").wait_for()
    app.page.keyboard.press("Escape")
    expect(app.page.get_by_role("heading", level=1)).to_have_text("Alice Martin")


def learn_nothing(app: App) -> None:
    """Have nobody learn what is read, and messages of new chats disappear; the vault keeps it."""
    for wanted in (True, False):
        app.button("settings").click()
        app.button("privacy").click()
        expect(app.field("readReceipts")).to_be_checked(checked=wanted)
        app.field("readReceipts").set_checked(False)
        app.field("newChatsTimer").select_option("3600")
        app.page.keyboard.press("Escape")
    app.button("settings").click()
    app.button("privacy").click()
    expect(app.field("newChatsTimer")).to_have_value("3600")
    app.page.keyboard.press("Escape")


def test_a_user_name_is_enough_to_be_found(stage: Stage) -> None:
    alice, zoe = stage.start_app("Alice"), stage.start_app("Zoe")
    alice.sign_up()
    zoe.sign_up("zoe.martin")
    alice.add("zoe.martin")
    alice.write("Found you")
    zoe.button("accept").click()
    expect(zoe.bubble("Found you")).to_be_visible()
    zoe.page.locator("section header .title").click()
    zoe.button("blockThem").click()
    expect(zoe.page.get_by_text(zoe.words["youBlocked"].format(name="Alice"))).to_be_visible()
    expect(zoe.composer).to_have_count(0)
    assert findings(zoe, "blocked") == []
    zoe.button("settings").click()
    zoe.button("privacy").click()
    zoe.button("blockedTitle").click()
    listed = zoe.page.get_by_role("dialog").get_by_role("button")
    listed.filter(has_text=zoe.words["unblock"].replace("{name}", "Alice")).click()
    expect(zoe.page.get_by_text(zoe.words["nobodyBlocked"])).to_be_visible()
    zoe.page.keyboard.press("Escape")
    zoe.composer.wait_for()
    alice.write("Friends again?")
    expect(zoe.page.locator("nav").get_by_text("Friends again?")).to_be_visible()


def test_a_reply_shows_what_it_answers(stage: Stage) -> None:
    alice, bob = befriended(stage)
    bob.bubble("Hello Bob").hover()
    bob.bubble("Hello Bob").get_by_role("button", name=bob.words["reply"]).click()
    bob.write("À toi aussi")
    expect(alice.bubble("À toi aussi").locator("blockquote")).to_contain_text("Hello Bob")
    alice.bubble("À toi aussi").locator("blockquote button").click()
    expect(alice.page.locator("article.target")).to_have_attribute("aria-label", re.compile("^You"))
    assert findings(alice) == []


def test_a_page_in_a_message_is_never_run(stage: Stage, tmp_path: Path) -> None:
    alice, bob = befriended(stage)
    bait = tmp_path / "invoice.svg"
    bait.write_text("<svg xmlns='http://www.w3.org/2000/svg'><script>window.top.caught = 1</script></svg>")
    alice.page.locator("input[type=file]").set_input_files(bait)
    alice.write("<script>window.caught = 1</script><img src=x onerror='window.caught = 1'>")
    bob.page.locator("article a.file").wait_for()
    bob.page.locator("article").filter(has_text="onerror").wait_for()
    address = str(bob.page.locator("article a.file").get_attribute("href")).removesuffix("?save")
    kind, disposition = bob.page.evaluate(
        "address => fetch(address).then(answer => "
        "[answer.headers.get('content-type'), answer.headers.get('content-disposition')])",
        address,
    )
    assert kind == "application/octet-stream"
    assert disposition.startswith("attachment")
    assert bob.page.evaluate("window.caught") is None


def test_both_see_the_same_safety_number(stage: Stage) -> None:
    alice, bob = befriended(stage)
    numbers = []
    for app, other in ((alice, "Bob"), (bob, "Alice")):
        app.page.locator("section header .title").filter(has_text=other).click()
        app.button("verify").click()
        numbers.append(app.page.locator("dialog .number").inner_text())
        app.button("markVerified").click()
        expect(app.page.get_by_label(app.words["verified"])).to_be_visible()
    assert numbers[0] == numbers[1]


def test_nothing_is_asked_of_anybody_else(stage: Stage) -> None:
    alice, _ = befriended(stage)
    alice.write("a link that is not followed: https://example.org/x.png")
    own = alice.address.split("/open")[0].removeprefix("http://")
    assert [url for url in alice.requests if not url.startswith((f"http://{own}/", f"ws://{own}/"))] == []


def test_the_process_ends_and_comes_back_and_the_draft_is_there(stage: Stage) -> None:
    alice, bob = befriended(stage)
    alice.composer.fill("half a thought")
    alice.end()
    expect(alice.page.get_by_text(alice.words["coreAway"])).to_be_visible()
    expect(alice.composer).to_have_value("half a thought")
    bob.write("Are you there?")
    _, address = stage.start_process("Alice")
    alice.page.goto(address)
    alice.field("passphrase").fill("correct horse battery")
    alice.button("unlock").click()
    alice.open("Bob")
    expect(alice.bubble("Are you there?")).to_be_visible()


def test_a_second_start_opens_a_window_onto_the_first(stage: Stage) -> None:
    alice, bob = befriended(stage)
    second, address = stage.start_process("Alice")
    assert second.wait(timeout=60) == 0
    window = alice.page.context.new_page()
    window.goto(address)
    window.locator("nav button.row").filter(has_text="Bob").click()
    alice.write("seen in both windows")
    expect(window.locator("article").filter(has_text="seen in both windows")).to_be_visible()
    window.keyboard.press("Escape")
    bob.write("read in one, read in both")
    alice.bubble("read in both").wait_for()
    expect(window.locator("nav button.row").filter(has_text="read in both")).to_be_visible()
    expect(window.locator("nav button.row .unread")).to_have_count(0)
    alice.composer.press_sequentially("begun in one window")
    window.locator("nav button.row").filter(has_text="Bob").click()
    expect(window.locator("form textarea")).to_have_value("begun in one window")
