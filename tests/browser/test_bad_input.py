"""What people and disks can do to the app: hostile names and texts, far too much of it, and no room left."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.stage import Stage
from tests.browser.test_two_people import befriended

SMALL = 24 << 20
MARKS = "\u0301\u0327" * 5_000
OVERRIDE = "\u202egnp.exe\u202c"
BAIT = "<img src=x onerror='window.caught=1'><script>window.caught=1</script><iframe srcdoc='<p>x'></iframe>"


def test_hostile_names_and_texts_are_only_words(stage: Stage) -> None:
    mallory = stage.start_app("Mallory")
    mallory.name = f"<img src=x onerror=window.caught=1>{OVERRIDE}"
    bob = stage.start_app("Bob", locale="fr-FR")
    mallory.sign_up()
    bob.sign_up()
    mallory.add(bob.my_link())
    mallory.write("first")
    bob.page.locator("nav").get_by_text("onerror").first.wait_for()
    bob.button("accept").click()
    for text in (
        BAIT,
        "e" + MARKS,
        f"[a link](javascript:window.caught=1) {OVERRIDE}",
        "&#x202e;**x**" + "\u2067" * 500,
    ):
        mallory.composer.fill(text)
        mallory.composer.press("Enter")
    mallory.write("the last")
    bob.bubble("the last").wait_for()
    assert bob.page.evaluate("window.caught") is None
    assert bob.page.locator("article iframe, article script, article img, nav img").count() == 0
    assert bob.page.locator("article a[href^=javascript]").count() == 0
    for place in (".bubble", "nav button.row"):
        for found in bob.page.locator(place).all():
            box = found.bounding_box()
            assert box is not None
            assert box["height"] < 640, "marks and lines do not pour over the rest of the window"
    assert "\u202e" not in bob.page.locator("body").inner_text()


def test_a_megabyte_of_text_is_refused_in_the_readers_language_and_kept(stage: Stage) -> None:
    _, bob = befriended(stage)
    bob.composer.fill("long " * 200_000)
    bob.composer.press("Enter")
    expect(bob.page.get_by_text(bob.words["errorUnsendable"])).to_be_visible()
    assert bob.composer.input_value().startswith("long long")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """The folder of Bob's profile, on a disk of its own that is soon full."""
    folder = tmp_path / "people" / "bob"
    folder.mkdir(parents=True)
    options = ["-t", "tmpfs", "-o", f"size={SMALL}", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(["mount", *options], capture_output=True, check=False).returncode != 0:
        pytest.skip("mounting a small file system is not allowed here")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=False)


def test_a_full_disk_is_said_and_loses_nothing(small_disk: Path, stage: Stage, tmp_path: Path) -> None:
    alice, bob = befriended(stage)
    filler = small_disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096):
            try:
                while file.write(b"\xff" * size):
                    pass
            except OSError:
                continue
    bob.composer.fill("Est-ce que ça part ? " * 2_000)
    bob.composer.press("Enter")
    expect(bob.composer).to_have_value(re.compile("^Est-ce que ça part"))
    expect(bob.page.get_by_text(bob.words["errorNoSpace"]).first).to_be_visible()
    bob.page.get_by_role("alert").get_by_role("button").first.click()
    photo = tmp_path / "photo.bin"
    photo.write_bytes(os.urandom(300_000))
    bob.page.locator("input[type=file]").first.set_input_files(photo)
    expect(bob.page.locator(".transfer").get_by_text(bob.words["errorNoSpace"])).to_be_visible()
    filler.unlink()
    bob.composer.fill("De nouveau de la place")
    bob.composer.press("Enter")
    expect(alice.bubble("De nouveau de la place")).to_be_visible()
