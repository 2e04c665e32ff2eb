"""A relay and apps as processes of their own, and a real browser that drives them. Nothing here waits a fixed time."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserType, Locator, Page, expect, sync_playwright

PASSPHRASE = "correct horse battery"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
HAVRE = [sys.executable, "-m", "havre.cli.main"]
PATIENCE = int(os.environ.get("HAVRE_PATIENCE", "60")) * 1000
"""Milliseconds that whatever comes may take to come, on a machine that is busy."""
ARGUMENTS = ["--no-sandbox"] if os.geteuid() == 0 else []
FAKES = ["--use-fake-device-for-media-stream"]
GONE, UNLOADED, REFUSED = "WebSocket connection to", "net::ERR_", "status of 409"
"""What the browser itself says in the console of a process that has ended, and of an answer that is a refusal."""
PICTURES = Path(__file__).parents[2] / "var" / "screenshots"
"""What windows looked like; kept when the tests have run."""
WORDS = Path(__file__).parents[2] / "web" / "src" / "words"


def find_browser() -> str | None:
    """Return the machine's Chromium."""
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def launch(kind: BrowserType, *more: str) -> Browser:
    """Run a real browser; its sandbox needs more than a container gives to root."""
    return kind.launch(executable_path=find_browser(), args=[*ARGUMENTS, *more])


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run a browser without a screen that has a camera and a microphone and lets every page use them."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = launch(playwright.chromium, *FAKES, "--use-fake-ui-for-media-stream")
        yield browser
        browser.close()


@dataclass
class App:
    """One person's app: its process, its window, and what its window has asked of the network."""

    name: str
    process: subprocess.Popen[str]
    address: str
    page: Page
    words: dict[str, str]
    requests: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    excused: tuple[str, ...] = ()

    def unexcused(self) -> list[str]:
        """Return what went wrong in the window and was not brought about by the test."""
        return [fault for fault in self.faults if not any(words in fault for words in self.excused)]

    def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End the process; the browser may then say that it does not find it."""
        self.excused += (GONE, UNLOADED)
        self.process.send_signal(how)
        self.process.wait()

    def button(self, key: str) -> Locator:
        """Return the button of these words."""
        return self.page.get_by_role("button", name=self.words[key], exact=True).first

    def field(self, key: str) -> Locator:
        """Return the field of this label."""
        return self.page.get_by_label(self.words[key], exact=True)

    def picture(self, screen: str) -> None:
        """Keep how the window looks, for people to look at."""
        size = self.page.viewport_size or {"width": 0}
        scheme = "dark" if self.page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") else "light"
        language = self.page.evaluate("document.documentElement.lang")
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{language}-{scheme}-{size['width']}-{screen}.png")

    def sign_up(self, user_name: str = "") -> None:
        """Make an account as a newcomer would."""
        self.field("yourName").fill(self.name)
        self.field("userName").fill(user_name)
        self.field("passphrase").fill(PASSPHRASE)
        self.field("passphraseAgain").fill(PASSPHRASE)
        self.button("createAccount").click()
        self.page.locator("nav").wait_for()

    def my_link(self) -> str:
        """Copy the contact link out of its dialog."""
        self.button("settings").click()
        self.button("myLink").click()
        link = self.page.locator("dialog code").inner_text()
        self.page.keyboard.press("Escape")
        return link

    def add(self, link: str) -> None:
        """Begin a chat by link or user name."""
        self.button("newChat").click()
        self.field("addLabel").fill(link)
        self.button("add").click()
        self.composer.wait_for()

    @property
    def composer(self) -> Locator:
        """Where one writes."""
        return self.page.locator("section > form textarea")

    def write(self, text: str, shown: str | None = None) -> None:
        """Write into the open chat and send; `shown`: what is seen of it, if that is something else."""
        self.composer.fill(text)
        self.composer.press("Enter")
        self.bubble(shown or text).wait_for()

    def bubble(self, text: str) -> Locator:
        """Return the message that says this."""
        return self.page.locator("article").filter(has_text=text)

    def attach(self, key: str) -> None:
        """Choose what is sent besides a text."""
        self.button("attach").click()
        self.page.get_by_role("menuitem", name=self.words[key], exact=True).click()

    def open(self, title: str) -> None:
        """Open a chat from the list."""
        self.page.locator("nav button.row").filter(has_text=title).click()
        self.composer.wait_for()


class Stage:
    """A folder with a relay and as many people as a test wants."""

    def __init__(self, folder: Path, browser: Browser) -> None:
        self.folder, self._browser = folder, browser
        self._ends = ExitStack()
        self._apps: list[App] = []
        self.relay = ""
        self._relay: subprocess.Popen[str] | None = None

    def hold_relay(self, held: bool) -> None:
        """Have the relay answer nobody for now, or again; it keeps its connections."""
        assert self._relay is not None
        self._relay.send_signal(signal.SIGSTOP if held else signal.SIGCONT)

    def start_relay(self, name: str = "relay") -> None:
        """Start a relay on a free port; whoever comes next is at home there."""
        log = self._ends.enter_context((self.folder / f"{name}.log").open("ab"))
        data = self.folder / name
        process = subprocess.Popen(
            [sys.executable, "-m", "havre.relay", "--data", str(data), "--port", "0", "--ready-fd", "1"],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        self._ends.callback(_end, process)
        self._relay = process
        assert process.stdout is not None
        assert process.stdout.readline(), (self.folder / f"{name}.log").read_text()
        self.relay = f"http://127.0.0.1:{(data / 'port').read_text().strip()}"

    def take_devices_away(self) -> None:
        """Have windows that are opened from now on find neither microphone nor camera."""
        self._browser = launch(self._browser.browser_type)
        self._ends.callback(self._browser.close)

    def with_camera(self, seen: Path) -> Browser:
        """Return another browser, whose camera sees a film, and which has to be allowed to use it."""
        browser = launch(self._browser.browser_type, *FAKES, f"--use-file-for-fake-video-capture={seen}")
        self._ends.callback(browser.close)
        return browser

    def start_app(self, name: str, locale: str = "en-GB", browser: Browser | None = None, **context: Any) -> App:
        """Start somebody's app, and open its window."""
        process, address = self.start_process(name)
        window = (browser or self._browser).new_context(locale=locale, **context)
        window.set_default_timeout(PATIENCE)
        page = window.new_page()
        app = App(name, process, address, page, words_of(locale[:2]))
        page.on("request", lambda request: app.requests.append(request.url))
        page.on("websocket", lambda socket: app.requests.append(socket.url))
        page.on("pageerror", lambda error: app.faults.append(str(error)))
        page.on("console", lambda said: app.faults.append(said.text) if said.type == "error" else None)
        page.goto(address)
        self._apps.append(app)
        self._ends.callback(page.context.close)
        return app

    def start_process(self, name: str) -> tuple[subprocess.Popen[str], str]:
        """Start an app's process and return the first window's address."""
        log = self._ends.enter_context((self.folder / f"{name}.log").open("ab"))
        process = subprocess.Popen(
            [*HAVRE, "app", "--no-browser", "--json", "--profile", name.lower(), "--relay", self.relay],
            env={**os.environ, "HAVRE_HOME": str(self.folder / "people")},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        self._ends.callback(_end, process)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, (self.folder / f"{name}.log").read_text()
        return process, json.loads(line)["address"]

    def faults(self) -> list[str]:
        """Return what went wrong in any window: an error in its console is a fault, whatever the page looks like."""
        return [f"{app.name}: {fault}" for app in self._apps for fault in app.unexcused()]

    def close(self) -> None:
        """End everything."""
        self._ends.close()


def words_of(language: str) -> dict[str, str]:
    """Return the page's own words in a language."""
    text = "".join(file.read_text(encoding="utf-8") for file in WORDS.glob(f"*{language}.ts"))
    return {key: json.loads(value) for key, value in re.findall(r'^  (\w+):\s+(".*"),$', text, re.MULTILINE)}


def _end(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGCONT)  # who is held would not hear of it
    process.wait(timeout=60)
    if process.stdout is not None:
        process.stdout.close()
