"""What is sent besides texts: places, cards, previews of links, what can be viewed once, what is sent later."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from tests.browser.stage import REFUSED, App, Stage
from tests.browser.test_messages import act, choose_from
from tests.browser.test_two_people import befriended

_ASK = """([method, params]) => new Promise((resolve, reject) => {
  const socket = new WebSocket(`ws://${location.host}/rpc`);
  socket.onopen = () => socket.send(JSON.stringify({jsonrpc: "2.0", id: 1, method, params}));
  socket.onmessage = ({data}) => JSON.parse(data).id === 1 && resolve(JSON.parse(data).result ?? null);
  socket.onerror = reject;
})"""
PIXEL = (
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////"
    "////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA="
)
"""A JPEG of one point."""


def test_places_cards_and_previews_are_shown(stage: Stage) -> None:
    alice, bob = befriended(stage)
    bob.write("Bonjour")
    alice.bubble("Bonjour").wait_for()
    alice.attach("placeTitle")
    alice.page.context.set_geolocation({"latitude": 48.8606, "longitude": 2.3376})
    alice.page.context.grant_permissions(["geolocation"])
    alice.button("myPosition").click()
    expect(alice.field("longitude")).to_have_value("2.33760")
    alice.field("placeLabel").fill("At the pyramid")
    alice.page.get_by_role("dialog").get_by_role("button", name=alice.words["send"]).click()
    place = bob.bubble("At the pyramid")
    expect(place).to_contain_text("48.8606, 2.3376")
    assert "mlat=48.8606" in str(place.get_by_role("link").get_attribute("href"))

    alice.attach("cardTitle")
    alice.page.get_by_role("dialog").get_by_role("button", name="Bob").click()
    expect(bob.page.get_by_role("button", name=bob.words["writeTo"].replace("{name}", "Bob"))).to_be_visible()

    alice.composer.fill("look: http://127.0.0.1:9/private")
    ask = alice.words["previewAsk"].replace("{site}", "127.0.0.1:9")
    alice.page.get_by_role("button", name=ask).click()
    expect(alice.page.get_by_text(alice.words["errorNoPreview"])).to_be_visible()
    chat = alice.page.evaluate(_ASK, ["chats", {}])[0]
    seen = {"link": "https://example.org/a", "title": "A fair <b>page</b>", "description": "About it", "picture": PIXEL}
    text = {"chat": chat["id"], "text": "see https://example.org/a", "preview": seen}
    alice.page.evaluate(_ASK, ["sendText", text])
    card = bob.page.locator("a.preview")
    expect(card.locator("strong")).to_have_text("A fair <b>page</b>")
    expect(card).to_have_attribute("href", "https://example.org/a")
    own = bob.address.split("/open")[0]
    assert [url for url in bob.requests if not url.startswith((own, own.replace("http", "ws"), "data:"))] == []


def test_what_can_be_viewed_once_is_seen_once(stage: Stage, tmp_path: Path) -> None:
    alice, bob = befriended(stage)
    alice.attach("onceOn")
    alice.composer.fill("the cake is in the cellar")
    alice.composer.press("Enter")
    expect(alice.page.locator("article").get_by_text(alice.words["onceMine"])).to_be_visible()
    expect(alice.page.get_by_text("cellar")).to_have_count(0)
    view(bob)
    expect(bob.page.get_by_role("dialog").get_by_text("the cake is in the cellar")).to_be_visible()
    bob.page.keyboard.press("Escape")
    expect(bob.page.locator("article").get_by_text(bob.words["onceViewed"])).to_have_count(1)
    expect(bob.page.get_by_text("cellar")).to_have_count(0)

    picture = tmp_path / "photo.png"
    alice.page.screenshot(path=picture)
    alice.attach("onceOn")
    alice.page.locator("input[type=file]").set_input_files(picture)
    message = bob.page.locator("article").filter(has=bob.page.get_by_role("button", name=bob.words["onceOpen"]))
    name = str(message.get_attribute("data-message"))
    chat = bob.page.evaluate(_ASK, ["chats", {}])[0]["id"]
    bob.excused += (REFUSED,)
    status = "address => fetch(address).then(answer => answer.status)"
    assert bob.page.evaluate(status, f"/files/{chat}/{name}") == 409, "not without opening it"
    view(bob)
    shown = bob.page.get_by_role("dialog").get_by_role("img")
    assert shown.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    bob.page.keyboard.press("Escape")
    expect(bob.page.locator("article").get_by_text(bob.words["onceViewed"])).to_have_count(2)
    bob.page.wait_for_function(
        "address => fetch(address).then(answer => answer.status === 409)", arg=f"/files/{chat}/{name}"
    )


def view(app: App) -> None:
    """Open what can be viewed once."""
    app.page.get_by_role("button", name=app.words["onceOpen"]).click()


def test_what_is_sent_later_is_listed_and_taken_back(stage: Stage) -> None:
    alice, bob = befriended(stage)
    alice.composer.fill("Happy new year")
    alice.attach("sendLater")
    dialog = alice.page.get_by_role("dialog")
    expect(dialog.get_by_label(alice.words["writeHint"], exact=True)).to_have_value("Happy new year")
    alice.field("laterWhen").fill("2099-12-31T23:59")
    alice.button("laterSchedule").click()
    expect(dialog.locator("li")).to_contain_text("31 December 2099")
    alice.page.keyboard.press("Escape")
    expect(alice.composer).to_have_value("")
    alice.attach("sendLater")
    alice.page.get_by_role("button", name=alice.words["laterCancel"].replace("{text}", "Happy new year")).click()
    expect(dialog.locator("li")).to_have_count(0)
    alice.page.keyboard.press("Escape")
    alice.write("Now then")
    expect(bob.bubble("Now then")).to_be_visible()
    expect(bob.bubble("Happy new year")).to_have_count(0)


def test_several_are_copied_forwarded_and_deleted_and_one_pinned_and_starred(stage: Stage) -> None:
    alice, bob = befriended(stage)
    alice.write("and a second")
    act(alice, "Hello Bob", "more", "select")
    alice.bubble("and a second").get_by_role("checkbox").check()
    alice.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    alice.page.get_by_role("toolbar").get_by_role("button", name=alice.words["copy"], exact=True).click()
    pasted = alice.page.evaluate("navigator.clipboard.readText()")
    assert [line.split("] ")[1] for line in pasted.splitlines()] == ["Alice: Hello Bob", "Alice: and a second"]

    act(alice, "Hello Bob", "more", "select")
    alice.bubble("and a second").get_by_role("checkbox").check()
    alice.button("forward").click()
    alice.page.get_by_role("dialog").get_by_role("checkbox", name="Bob").check()
    alice.page.get_by_role("dialog").get_by_role("button", name=alice.words["forward"], exact=True).click()
    forwarded = bob.page.locator("article").filter(has_text=bob.words["forwardedMark"])
    expect(forwarded).to_have_count(2)
    expect(forwarded.last).to_contain_text("and a second")

    choose_from(alice, alice.page.locator("article").first, "more", "select")
    alice.page.get_by_role("toolbar").get_by_role("button", name=alice.words["deleteForMe"]).click()
    expect(alice.page.locator("article")).to_have_count(3)
    expect(bob.page.locator("article")).to_have_count(4)

    pinned = bob.page.locator("article").nth(1)
    choose_from(bob, pinned, "more", "pin")
    expect(alice.page.locator("article").first.get_by_label(alice.words["pinned"], exact=True)).to_be_visible()
    expect(alice.page.locator("button.pinned")).to_contain_text("and a second")
    choose_from(bob, pinned, "more", "star")
    expect(pinned.get_by_role("img", name=bob.words["star"])).to_be_visible()
    expect(alice.page.get_by_role("img", name=alice.words["star"])).to_have_count(0)
    bob.button("settings").click()
    bob.button("starredMessages").click()
    bob.page.locator("dialog li button").click()
    expect(bob.page.locator("dialog")).to_have_count(0)
