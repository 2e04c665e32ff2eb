"""Voice notes: recorded from the microphone, thrown away or sent, played, and what happens without a microphone."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.axe import findings
from tests.browser.stage import App, Stage
from tests.browser.test_two_people import befriended

SECOND = "[role=timer]:not(:text-is('0:00'))"
"""At least half a second was recorded."""


def record(app: App) -> None:
    """Begin a recording, and wait until there is something of it."""
    app.button("recordVoice").click()
    app.page.locator(SECOND).wait_for()


def test_a_voice_note_is_recorded_sent_played_and_moved_in(stage: Stage) -> None:
    alice, bob = befriended(stage)
    record(alice)
    assert findings(alice) == []
    alice.page.keyboard.press("Escape")
    expect(alice.composer).to_be_focused()
    expect(alice.page.locator(".voice")).to_have_count(0)
    record(alice)
    alice.button("pauseRecording").click()
    alice.button("goOnRecording").click()
    alice.button("pauseRecording").wait_for()
    alice.button("sendVoice").click()
    expect(alice.composer).to_be_focused()

    note = bob.page.locator("article .voice")
    expect(note.locator("rect").first).to_be_visible()
    place = note.get_by_role("slider")
    note.get_by_role("button", name=bob.words["play"], exact=True).click()
    bob.page.wait_for_function("() => document.querySelector('article audio').currentTime > 0", timeout=60_000)
    note.get_by_role("button", name=bob.words["speed"].replace("{n}", "1")).click()
    assert note.locator("audio").evaluate("audio => audio.playbackRate") == 1.5
    bob.page.wait_for_function("() => document.querySelector('article audio').ended", timeout=60_000)
    place.press("End")
    expect(place).to_have_attribute("aria-valuenow", str(place.get_attribute("aria-valuemax")))
    place.press("Home")
    expect(place).to_have_attribute("aria-valuenow", "0")
    assert findings(bob) == []


def test_without_a_microphone_one_sentence_says_so(stage: Stage) -> None:
    stage.take_devices_away()
    alice, _ = befriended(stage)
    alice.button("recordVoice").click()
    expect(alice.page.get_by_text(alice.words["microphoneRefused"])).to_be_visible()
    expect(alice.composer).to_be_visible()
