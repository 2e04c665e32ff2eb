"""Codes by camera: somebody is added by the code that they show, and is made sure of by another one."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import expect

from tests.browser.stage import App, Stage

SIZE = (640, 480)


def film(path: Path, app: App) -> None:
    """Write what a camera sees that is held before the code in somebody's window: two pictures in YUV4MPEG2."""
    code = Image.open(io.BytesIO(app.page.locator("dialog svg[role=img]").screenshot())).convert("L")
    seen = Image.new("L", SIZE, 255)
    seen.paste(code.resize((440, 440)), (100, 20))
    picture = b"FRAME\n" + seen.tobytes() + b"\x80" * (SIZE[0] * SIZE[1] // 2)
    path.write_bytes(b"YUV4MPEG2 W%d H%d F10:1 Ip A1:1 C420jpeg\n" % SIZE + picture * 2)


def verify(app: App) -> None:
    """Open the safety number of the chat that is open."""
    app.page.locator("section header .title").click()
    app.button("verify").click()
    app.page.locator("dialog .number").wait_for()


def test_codes_are_read_by_the_camera(stage: Stage, tmp_path: Path) -> None:
    bob = stage.start_app("Bob", locale="fr-FR")
    bob.sign_up()
    bob.button("settings").click()
    bob.button("myLink").click()
    seen = tmp_path / "camera.y4m"
    film(seen, bob)
    bob.page.keyboard.press("Escape")
    alice = stage.start_app("Alice", browser=stage.with_camera(seen))
    alice.sign_up()
    alice.page.context.grant_permissions([])
    alice.button("newChat").click()
    alice.button("scanLink").click()
    expect(alice.page.get_by_text(alice.words["cameraRefused"])).to_be_visible()
    alice.button("cameraStop").click()
    alice.page.context.grant_permissions(["camera"])
    alice.button("scanLink").click()
    alice.composer.wait_for()
    alice.write("Hello Bob")
    bob.button("accept").click()
    bob.bubble("Hello Bob").wait_for()
    verify(alice)
    alice.button("scanNumber").click()
    expect(alice.page.get_by_text(alice.words["numbersDiffer"].format(name="Bob"))).to_be_visible()
    verify(bob)
    film(seen, bob)
    alice.button("scanNumber").click()
    expect(alice.page.get_by_label(alice.words["verified"])).to_be_visible()
