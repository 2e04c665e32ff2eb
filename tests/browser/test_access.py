"""The app for everybody: axe finds nothing, small and zoomed windows work, and the keyboard reaches everything."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.axe import findings
from tests.browser.stage import App, Stage
from tests.browser.test_two_people import befriended

WAYS = (
    ("myLink",),
    ("shortcuts",),
    ("devices",),
    ("storage",),
    ("privacy",),
    ("privacy", "relayKnows"),
    ("privacy", "blockedTitle"),
)
"""What the settings lead to."""


def before_sign_up(app: App) -> list[str]:
    """Return what axe has against the screens that somebody sees who has no account here."""
    found = findings(app, "welcome")
    for opens, screen in (("haveBackup", "restore"), ("linkMe", "link")):
        app.button(opens).click()
        found += findings(app, screen)
        app.button("isNew").click()
    return found


def every_screen(app: App) -> list[str]:
    """Return what axe has against each screen that an open chat leads to."""
    found = findings(app, "chat")
    for opens in ("newChat", "settings", "profile"):
        app.button(opens).click()
        found += findings(app, opens)
        app.page.keyboard.press("Escape")
    app.button("attach").click()
    found += findings(app, "attach")
    app.page.keyboard.press("Escape")
    for opens in ("poll", "placeTitle", "cardTitle", "sendLater"):
        app.attach(opens)
        app.page.get_by_role("dialog").wait_for()
        found += findings(app, opens)
        app.page.keyboard.press("Escape")
    for way in WAYS:
        app.button("settings").click()
        for opens in way:
            app.button(opens).click()
        found += findings(app, way[-1])
        app.page.keyboard.press("Escape")
    app.button("newChat").click()
    app.button("newGroup").click()
    found += findings(app, "newGroup")
    app.page.keyboard.press("Escape")
    app.page.locator("section header .title").click()
    found += findings(app, "details")
    app.button("homes").click()
    app.page.locator("dialog li").wait_for()
    found += findings(app, "homes")
    app.page.keyboard.press("Escape")
    app.page.locator("section header .title").click()
    app.button("verify").click()
    app.page.locator("dialog .number").wait_for()
    found += findings(app, "verify")
    app.page.keyboard.press("Escape")
    app.button("emoji").click()
    app.page.locator(".picker .grid button").first.wait_for()
    found += findings(app, "emoji")
    app.page.keyboard.press("Escape")
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_screen(stage: Stage, scheme: str) -> None:
    alice = stage.start_app("Alice", color_scheme=scheme)
    bob = stage.start_app("Bob", locale="fr-FR", color_scheme=scheme)
    assert before_sign_up(alice) == []
    assert before_sign_up(bob) == []
    alice.sign_up()
    bob.sign_up()
    assert findings(alice, "noChats") == []
    alice.add(bob.my_link())
    alice.write("# A title\n\n> quoted\n\n```\ncode\n```\n[link](https://example.org)", shown="quoted")
    bob.button("accept").wait_for()
    assert findings(bob, "request") == []
    bob.button("accept").click()
    bob.write("Merci")
    alice.bubble("Merci").wait_for()
    assert every_screen(alice) == []
    assert every_screen(bob) == []


def test_a_window_of_360_pixels_shows_one_thing_at_a_time(stage: Stage) -> None:
    alice = stage.start_app("Alice", viewport={"width": 360, "height": 640})
    bob = stage.start_app("Bob")
    alice.sign_up()
    bob.sign_up()
    alice.add(bob.my_link())
    alice.write("a word " * 40, shown="a word")
    assert alice.page.evaluate("document.documentElement.scrollWidth") <= 360
    alice.picture("chat")
    expect(alice.page.locator("nav")).to_be_hidden()
    alice.button("back").click()
    expect(alice.page.locator("nav")).to_be_visible()
    expect(alice.page.locator("main")).to_be_hidden()
    alice.picture("chats")
    for way in (("settings",), ("settings", "devices"), ("settings", "storage"), ("settings", "privacy"), ("newChat",)):
        for opens in way:
            alice.button(opens).click()
        alice.picture(way[-1])
        assert alice.page.evaluate("document.documentElement.scrollWidth") <= 360
        alice.page.keyboard.press("Escape")


def test_the_keyboard_is_enough(stage: Stage) -> None:
    alice, bob = befriended(stage)
    keys = bob.page.keyboard
    keys.press("Escape")
    expect(bob.page.get_by_text(bob.words["pickChat"])).to_be_visible()
    keys.press("Alt+ArrowDown")
    expect(bob.composer).to_be_focused()
    keys.type("par le clavier")
    keys.press("Enter")
    expect(alice.bubble("par le clavier")).to_be_visible()
    keys.press("Control+k")
    expect(bob.page.locator("#search")).to_be_focused()
    keys.press("Tab")
    keys.press("?")
    expect(bob.page.get_by_role("dialog", name=bob.words["shortcuts"])).to_be_visible()
    keys.press("Escape")
    expect(bob.page.get_by_role("dialog")).to_have_count(0)


def test_a_new_message_is_read_aloud(stage: Stage) -> None:
    alice, bob = befriended(stage)
    bob.write("Écoute ceci")
    expect(alice.page.locator("[aria-live=polite].aloud")).to_have_text("Bob: Écoute ceci")


def test_the_layout_is_mirrored_for_right_to_left(stage: Stage) -> None:
    alice, _ = befriended(stage)
    alice.page.evaluate("localStorage.setItem('havre.language', 'mirror')")
    alice.page.reload()
    alice.page.locator("nav button.row").first.wait_for()
    assert alice.page.evaluate("document.documentElement.dir") == "rtl"
    side = alice.page.locator("nav").bounding_box()
    assert side is not None
    assert side["x"] > 400
    assert alice.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    alice.open("Bob")
    mine = alice.bubble("Hello Bob").locator(".bubble").bounding_box()
    assert mine is not None
    assert mine["x"] < 200


def test_the_language_changes_at_once(stage: Stage) -> None:
    alice, _ = befriended(stage)
    alice.button("settings").click()
    alice.page.get_by_label("Language").select_option("fr")
    expect(alice.page.get_by_role("heading", name="Réglages")).to_be_visible()
    assert alice.page.evaluate("document.documentElement.lang") == "fr"
