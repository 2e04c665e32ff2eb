"""Nobody is locked in and nobody is locked out: backup and restore, export, another passphrase, deletion."""

from __future__ import annotations

import re
import shutil
import zipfile
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.stage import PASSPHRASE, App, Stage
from tests.browser.test_two_people import befriended


def privacy(app: App) -> None:
    """Open the page of privacy and data."""
    app.button("settings").click()
    app.button("privacy").click()


def test_a_backup_brings_everything_back_on_another_machine(stage: Stage, tmp_path: Path) -> None:
    alice, bob = befriended(stage)
    bob.write("Remember this")
    alice.bubble("Remember this").wait_for()
    privacy(alice)
    with alice.page.expect_download() as downloading:
        alice.button("backupMake").click()
    backup = tmp_path / "alice.backup"
    downloading.value.save_as(backup)
    key = alice.page.locator(".key code").inner_text()
    alice.page.keyboard.press("Escape")
    alice.end()
    shutil.rmtree(stage.folder / "people" / "alice")

    back = stage.start_app("Alice")
    back.button("haveBackup").click()
    back.field("restoreFile").set_input_files(backup)
    back.field("restoreSecret").fill(key)
    back.field("passphraseNew").fill(PASSPHRASE)
    back.button("restore").click()
    back.open("Bob")
    expect(back.bubble("Remember this")).to_be_visible()
    back.write("I am back")
    expect(bob.bubble("I am back")).to_be_visible()


def test_a_wrong_recovery_key_is_refused_in_the_readers_language(stage: Stage, tmp_path: Path) -> None:
    bob = stage.start_app("Bob", locale="fr-FR")
    rubbish = tmp_path / "backup"
    rubbish.write_bytes(b"no backup" * 100)
    bob.button("haveBackup").click()
    bob.field("restoreFile").set_input_files(rubbish)
    bob.field("restoreSecret").fill("mauvaise clé")
    bob.field("passphraseNew").fill(PASSPHRASE)
    bob.button("restore").click()
    expect(bob.page.get_by_text(bob.words["errorBackupDamaged"])).to_be_visible()


def test_an_export_can_be_read_without_havre(stage: Stage, tmp_path: Path) -> None:
    alice, bob = befriended(stage)
    bob.write("À garder")
    alice.bubble("À garder").wait_for()
    privacy(alice)
    with alice.page.expect_download() as downloading:
        alice.button("exportAll").click()
    archive = tmp_path / "export.zip"
    downloading.value.save_as(archive)
    with zipfile.ZipFile(archive) as exported:
        pages = [exported.read(name).decode() for name in exported.namelist() if name.endswith(".html")]
    assert any("À garder" in page for page in pages)


def test_another_passphrase_opens_from_then_on(stage: Stage) -> None:
    alice, _ = befriended(stage)
    privacy(alice)
    alice.field("passphraseOld").fill("not this one")
    alice.field("passphraseNew").fill("another passphrase")
    alice.button("passphraseChange").click()
    expect(alice.page.get_by_text(alice.words["errorWrongPassphrase"])).to_be_visible()
    alice.field("passphraseOld").fill(PASSPHRASE)
    alice.button("passphraseChange").click()
    expect(alice.page.get_by_text(alice.words["passphraseChanged"])).to_be_visible()
    alice.page.keyboard.press("Escape")
    alice.button("settings").click()
    alice.button("lock").click()
    alice.field("passphrase").fill("another passphrase")
    alice.button("unlock").click()
    alice.open("Bob")


def test_a_deleted_account_is_gone_here_and_at_the_relay(stage: Stage) -> None:
    alice, zoe = stage.start_app("Alice"), stage.start_app("Zoe")
    alice.sign_up()
    zoe.sign_up("zoe.martin")
    privacy(zoe)
    zoe.page.get_by_label(re.compile("to be sure")).fill("Zoe")
    zoe.button("deleteNow").click()
    zoe.field("yourName").wait_for()
    assert not list((stage.folder / "people" / "zoe").glob("vault*"))
    alice.button("newChat").click()
    alice.field("addLabel").fill("zoe.martin")
    alice.button("add").click()
    expect(alice.page.get_by_text(alice.words["errorNameUnknown"])).to_be_visible()


def test_a_chats_messages_are_cleared_here_alone(stage: Stage) -> None:
    alice, bob = befriended(stage)
    alice.button("settings").click()
    alice.button("storage").click()
    line = alice.page.locator("dialog li").filter(has_text="Bob")
    line.get_by_role("button").click()
    line.get_by_role("button", name=alice.words["clearSure"]).click()
    expect(line).to_have_count(0)
    alice.page.keyboard.press("Escape")
    expect(alice.bubble("Hello Bob")).to_have_count(0)
    expect(bob.bubble("Hello Bob")).to_be_visible()
    alice.write("A new beginning")
    expect(bob.bubble("A new beginning")).to_be_visible()
