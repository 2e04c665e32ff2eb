"""Files: shown in place, saved, held on their way, and what is said when one does not come."""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode
from pathlib import Path

import numpy as np
import soundfile
from playwright.sync_api import expect

from tests.browser.axe import findings
from tests.browser.stage import App, Stage
from tests.browser.test_messages import choose_from
from tests.browser.test_two_people import befriended

PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>endobj
4 0 obj<</Length 46>>stream
BT /F 24 Tf 40 100 Td (Douze pains, 18 EUR) Tj ET
endstream endobj
5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj
trailer<</Root 1 0 R>>
"""
"""One page with a few words, in a font that every reader must bring along."""
SLOW_FETCH = """() => {
  const soon = window.fetch;
  window.fetch = async (...all) => {
    window.fetch = soon;
    await new Promise((go) => (window.letGo = go));
    return soon(...all);
  };
}"""
"""The page's next request goes out only when it is let go."""


def test_a_picture_is_shown_and_saved_byte_for_byte(stage: Stage, tmp_path: Path) -> None:
    alice, bob = befriended(stage)
    picture = tmp_path / "photo d’été.png"
    alice.page.screenshot(path=picture)
    alice.page.locator("input[type=file]").set_input_files(picture)
    shown = bob.page.locator("article img")
    expect(shown).to_be_visible()
    assert shown.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    with bob.page.expect_download() as fetching:
        bob.page.locator("article a.file").click()
    saved = tmp_path / "saved.png"
    fetching.value.save_as(saved)
    assert hashlib.sha256(saved.read_bytes()).digest() == hashlib.sha256(picture.read_bytes()).digest()
    pages_are_shown(alice, bob, tmp_path)
    what_did_not_come_is_said(stage, alice, bob, tmp_path)


def pages_are_shown(alice: App, bob: App, folder: Path) -> None:
    """Have Bob look at a PDF file in place, and be told of one that is none."""
    bill, fake = folder / "facture.pdf", folder / "piège.pdf"
    bill.write_bytes(PDF)
    fake.write_bytes(b"<script>window.caught = 1</script>" * 50)
    alice.page.locator("input[type=file]").set_input_files(bill)
    bob.bubble("facture.pdf").get_by_role("button", name=bob.words["showPdf"]).click()
    page = bob.page.get_by_role("figure", name=bob.words["pdfPage"].replace("{n}", "1").replace("{all}", "1"))
    expect(page).to_contain_text("Douze pains")
    dark = "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some(v => v < 99)"
    assert page.locator("canvas").evaluate(dark), "the words are drawn"
    assert findings(bob, "pdf") == []
    bob.page.keyboard.press("Escape")
    alice.page.locator("input[type=file]").set_input_files(fake)
    bob.bubble("piège.pdf").get_by_role("button", name=bob.words["showPdf"]).click()
    expect(bob.page.get_by_text(bob.words["pdfUnshown"])).to_be_visible()
    assert bob.page.evaluate("window.caught") is None
    bob.page.keyboard.press("Escape")


def what_did_not_come_is_said(stage: Stage, alice: App, bob: App, folder: Path) -> None:
    """Have a file be gone at the relay when Bob wants it, and be there again when he tries once more."""
    recipe = folder / "recette.txt"
    recipe.write_bytes(b"farine, eau, sel " * 1000)
    alice.page.locator("input[type=file]").set_input_files(recipe)
    file = bob.bubble("recette.txt")
    file.wait_for()
    blobs = stage.folder / "relay" / "blobs"
    blobs.rename(blobs.with_name("away"))
    file.locator("a.file").click()
    expect(file.get_by_role("alert")).to_have_text(bob.words["errorFileExpired"])
    blobs.with_name("away").rename(blobs)
    with bob.page.expect_download() as fetching:
        file.get_by_role("button", name=bob.words["retry"]).click()
    assert Path(fetching.value.path()).read_bytes() == recipe.read_bytes()
    expect(file.get_by_role("alert")).to_have_count(0)


FILM = """() => new Promise((resolve) => {
  const canvas = document.createElement("canvas");
  const pen = canvas.getContext("2d");
  const camera = new MediaRecorder(canvas.captureStream(), {mimeType: "video/webm"});
  camera.ondataavailable = ({data}) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.split(",")[1]);
    reader.readAsDataURL(data);
  };
  let frames = 0, begun = false;
  camera.onstart = () => (begun = true); // once there is something to film
  const draw = () => {
    pen.fillStyle = `hsl(${frames * 20}deg 60% 50%)`;
    pen.fillRect(0, 0, canvas.width, canvas.height);
    if (++frames < 20 || !begun) requestAnimationFrame(draw);
    else camera.stop();
  };
  camera.start();
  draw();
})"""
"""Films twenty colours or more, and returns the film in base64."""


def sent_all(alice: App, bob: App, folder: Path) -> None:
    """Have Alice send a picture, a film, a sound, a text file and a link."""
    photo, film, sound, notes = (folder / name for name in ("photo.png", "film.webm", "song.wav", "notes.txt"))
    alice.page.screenshot(path=photo)
    film.write_bytes(b64decode(alice.page.evaluate(FILM)))
    soundfile.write(sound, np.zeros(8000), 8000)
    notes.write_text("Douze pains")
    for file in (photo, film, sound, notes):
        alice.page.locator("input[type=file]").set_input_files(file)
        bob.bubble(file.name).wait_for()
    alice.write("look at https://example.org/bread", shown="look at")
    bob.bubble("look at").wait_for()


def look_through(app: App, name: str) -> None:
    """Open what was sent in the chat with somebody."""
    app.page.locator("section header .title").filter(has_text=name).click()
    app.button("shared").click()


def test_what_was_sent_is_looked_through(stage: Stage, tmp_path: Path) -> None:
    alice, bob = befriended(stage)
    sent_all(alice, bob, tmp_path)
    look_through(bob, "Alice")
    dialog = bob.page.get_by_role("dialog")
    expect(dialog.locator(".tile")).to_have_count(2)
    assert findings(bob, "shared") == []
    dialog.get_by_role("button", name="film.webm").click()
    bob.page.wait_for_function("() => document.querySelector('dialog video')?.videoWidth > 0")
    assert findings(bob, "film") == []
    bob.page.keyboard.press("ArrowLeft")
    expect(dialog.get_by_role("img", name="photo.png")).to_be_visible()
    bob.page.keyboard.press("Escape")
    shelves_by_keyboard(bob)

    dialog.get_by_role("button", name=bob.words["showInChat"]).click()
    expect(bob.page.locator("article.target")).to_contain_text("look at")
    bob.page.set_viewport_size({"width": 360, "height": 640})
    bob.page.emulate_media(color_scheme="dark")
    look_through(bob, "Alice")
    expect(dialog.locator(".tile")).to_have_count(2)
    assert findings(bob, "shared") == []
    assert bob.page.evaluate("document.documentElement.scrollWidth") <= 360
    choose_from(alice, alice.bubble("photo.png"), "more", "deleteForAll")
    expect(dialog.locator(".tile")).to_have_count(1)


def shelves_by_keyboard(app: App) -> None:
    """Go from shelf to shelf with the arrow keys."""
    dialog = app.page.get_by_role("dialog")
    dialog.get_by_role("tab", selected=True).press("ArrowRight")
    expect(dialog.locator("a.file")).to_have_text(re.compile("notes.txt"))
    app.page.keyboard.press("ArrowRight")
    expect(dialog.locator("audio")).to_have_count(1)
    assert findings(app, "audio") == []
    app.page.keyboard.press("ArrowRight")
    expect(dialog.get_by_role("link", name="https://example.org/bread")).to_be_visible()
    assert findings(app, "links") == []


def test_a_file_on_its_way_is_held_goes_on_and_is_called_back(stage: Stage, tmp_path: Path) -> None:
    alice, bob = befriended(stage)
    large = tmp_path / "film.bin"
    large.write_bytes(bytes(3_000_000))
    stage.hold_relay(True)
    alice.page.locator("input[type=file]").set_input_files(large)
    alice.button("pauseSending").click()
    alice.button("goOnSending").wait_for()
    stage.hold_relay(False)
    alice.write("A film is coming")
    bob.bubble("A film is coming").wait_for()
    expect(bob.page.locator("article a.file")).to_have_count(0)
    alice.button("goOnSending").click()
    expect(bob.page.locator("article a.file")).to_have_count(1)
    expect(alice.page.locator(".transfer")).to_have_count(0)
    stage.hold_relay(True)
    alice.page.evaluate(SLOW_FETCH)
    alice.page.locator("input[type=file]").set_input_files(large)
    row = alice.page.locator(".transfer").filter(has_text="film.bin")
    expect(row.get_by_role("progressbar")).to_be_visible()
    pausing = row.get_by_role("button", name=alice.words["pauseSending"])
    expect(pausing, "of what the core has not heard of yet it could hold nothing").to_have_count(0)
    alice.page.evaluate("letGo()")
    expect(pausing).to_be_visible()
    row.get_by_role("button", name=alice.words["cancel"]).click()
    expect(row).to_have_count(0)
    stage.hold_relay(False)
    alice.write("No film today")
    bob.bubble("No film today").wait_for()
    for app in (alice, bob):
        expect(app.page.locator("article a.file")).to_have_count(1)
