"""The app in a real window: `python -m bench.app [--json FILE] [--quick] [--hour]`.

Chromium, the page, the process of `havre app` with 500 chats and 100,000 messages, a relay, and somebody who writes.
Times are taken inside the page, from the moment of the press or the call until the frame that shows its effect is done.
The relay and the one who writes are other machines in life, so they go behind the browser and the app here.
Stops by itself; the chats are made once (`bench/app_town.py`).
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import linear_regression, median, quantiles
from typing import Final, TypeVar

from playwright.sync_api import Browser, CDPSession, Page
from tests.browser.stage import HAVRE, chromium

from bench.app_talker import Talker
from bench.app_town import LONGEST, PORT, SECRET, TOWN, VILLAGE, Size, made
from bench.fill import cache
from bench.machine import give_way, precede_with_children, precedence, resident_kb, threads_of
from bench.relay import Relay
from bench.tables import Row, parser, show, store
from havre.desk.window import ask_for_window

T = TypeVar("T")
HERE: Final = Path(__file__).parents[1]
PROBES: Final = Path(__file__).with_name("app_probes.js").read_text(encoding="utf-8")
PATIENCE_MS: Final = 180_000
WINDOWS: Final = 5
SWITCHES: Final = 20
KEYS: Final = 100
RATE: Final = 50
"""Messages that arrive in a second while keys are pressed."""
PIXELS: Final = 2_000
"""How far the wheel turns in a frame."""
FRAME: Final = 50
PART: Final = 100
"""Messages between two looks at the memory."""
FEW: Final = 400
HOUR: Final = 3_600
"""Messages of an hour in which somebody writes every second; they come as fast as they can."""
HOURLY: Final = 400
SIDES: Final = ("page", "process")
FIRST_ROW: Final = "nav button.row"
"""What shows that the list of chats is there."""


class App:
    """One process of the app on a copy of the town, and windows onto it."""

    def __init__(self, folder: Path, relay: str) -> None:
        secret = folder / "secret"
        secret.write_text(SECRET.text)
        self._profile = folder / "people" / "alice"
        environment = os.environ | {"HAVRE_HOME": str(folder / "people"), "HAVRE_PASSPHRASE_FILE": str(secret)}
        command = [*HAVRE, "app", "--no-browser", "--json", "--profile", "alice", "--relay", relay]
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.first = str(json.loads(self.process.stdout.readline())["address"])

    def address(self) -> str:
        """Return the address of one more window."""
        return ask_for_window(self._profile)

    def stop(self) -> None:
        """End the process."""
        self.process.terminate()
        self.process.wait(timeout=30)


@contextmanager
def standing(size: Size) -> Iterator[tuple[App, Talker]]:
    """Give a relay, the app and the one who writes, on a copy of the cached town."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=cache(), prefix="run-")))
        shutil.copytree(made(size), folder, dirs_exist_ok=True)
        relay = Relay(folder / "relay")
        relay.port = int((folder / PORT).read_text())  # the vaults know it by this address
        relay.start()
        give_way(threads_of(relay.pid))
        stack.callback(relay.stop)
        app = App(folder, f"http://127.0.0.1:{relay.port}")
        stack.callback(app.stop)
        talker = Talker(folder / "people" / "bob", SECRET)
        stack.callback(talker.stop)
        yield app, talker


class Watched:
    """A window of the app."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.page = browser.new_context().new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.add_init_script(PROBES)
        self.page.goto(address)
        self.page.locator(FIRST_ROW).first.wait_for()

    def arrived(self) -> int:
        """Return how many messages have come into it."""
        return int(self.page.evaluate("probes.arrived"))

    def open(self, title: str) -> None:
        """Open a chat, which the search brings into view."""
        self.page.locator("#search").fill(title)
        self.page.locator(FIRST_ROW).filter(has_text=title).first.click()
        self.page.locator("#search").fill("")
        self.page.locator("form textarea").wait_for()


# --- the measurements -----------------------------------------------------------------------------------------


def opening(browser: Browser, app: App) -> tuple[list[float], float]:
    """Return milliseconds from asking for a window to its list of chats, and the KB of compressed script it took."""
    taken, scripts = [], 0.0
    for number in range(WINDOWS):
        context = browser.new_context()
        page = context.new_page()
        page.add_init_script(PROBES)
        page.goto(app.first if number == 0 else app.address(), wait_until="commit")
        taken.append(float(page.evaluate(f"probes.shown({FIRST_ROW!r})")))
        if number == 0:
            scripts = sum(_compressed(page, url) for url in page.evaluate("probes.scripts()")) / 1000
        context.close()
    return taken[1:], scripts


def _compressed(page: Page, url: str) -> int:
    return len(gzip.compress(page.request.get(url).body()))


def switching(window: Watched) -> list[float]:
    """Return milliseconds from a click on a chat to its messages."""
    return [float(window.page.evaluate(f"probes.switched({number % 10})")) for number in range(SWITCHES)]


def typing(window: Watched, talker: Talker) -> tuple[list[float], float]:
    """Return milliseconds from key presses to their echo while messages arrive in the chat, and their rate."""
    window.open("Bob")
    composer = window.page.locator("form textarea")
    composer.click()
    window.page.evaluate("probes.listen()")
    talker.talk(RATE)
    before, began = window.arrived(), time.perf_counter()
    for number in range(KEYS):
        window.page.keyboard.press("abcdefghij"[number % 10])
        window.page.wait_for_timeout(40)
    rate = (window.arrived() - before) / (time.perf_counter() - began)
    echoes = window.page.evaluate("probes.echoes")
    talker.pause()
    composer.fill("")
    return [float(one) for one in echoes], rate


def scrolling(window: Watched) -> list[float]:
    """Scroll the longest chat to its beginning, and return how many milliseconds each frame took."""
    window.open(LONGEST)
    return [float(one) for one in window.page.evaluate(f"probes.scrolled({PIXELS})")]


def memory(window: Watched, app: App, talker: Talker, messages: int, part: int) -> list[Row]:
    """Return the memory of page and process after each part of much traffic in the open chat."""
    window.open("Bob")
    session = window.page.context.new_cdp_session(window.page)
    rows = []
    for said in range(0, messages + 1, part):
        if said:
            last = talker.say(part)
            window.page.locator(f"[data-message='{last}']").wait_for(timeout=120_000)
        rows.append(_memory(session, app, said))
    return rows


def _memory(session: CDPSession, app: App, messages: int) -> Row:
    session.send("HeapProfiler.collectGarbage")
    heap = session.send("Runtime.getHeapUsage")["usedSize"]
    return {
        "messages": messages,
        "page_MB": round(heap / 1e6, 1),
        "process_MB": round(resident_kb(app.process.pid) / 1000, 1),
    }


# --- the whole ------------------------------------------------------------------------------------------------


def measured(browser: Browser, size: Size, messages: int, part: int) -> dict[str, list[Row]]:
    """Return the table of times and the table of memory."""
    precede_with_children()
    with standing(size) as (app, talker):
        opened, scripts = _said("windows are opened", lambda: opening(browser, app))
        window = Watched(browser, app.address())
        switched = _said("chats are switched", lambda: switching(window))
        frames = _said("a long chat is scrolled through", lambda: scrolling(window))
        echoes, rate = _said("keys are pressed while messages arrive", lambda: typing(window, talker))
        traffic = _said("much is said", lambda: memory(window, app, talker, messages, part))
    over = sum(one > FRAME for one in frames)
    rows = [
        row("window to list of chats, ms", opened, "1,000"),
        row("click on a chat to its messages, ms", switched, "100"),
        row(f"key press to echo at {rate:.0f} messages/s, ms", echoes, "50 (p95)"),
        row(f"frames while scrolling through {size.longest:,} messages, ms", frames, "50"),
        row(f"of {len(frames):,} such frames over {FRAME} ms", [over], "0"),
        row("script at start, KB gzip", [scripts], "200"),
    ]
    return {"app": rows, "memory": traffic, "slope": [_slope(traffic)]}


def _said(what: str, work: Callable[[], T]) -> T:
    began = time.perf_counter()
    done = work()
    print(f"{what}: {time.perf_counter() - began:.0f} s", flush=True)
    return done


def row(what: str, values: Sequence[float], target: str) -> Row:
    """Return one line of the table."""
    p95 = quantiles(values, n=100, method="inclusive")[94] if len(values) > 1 else values[0]
    figures = {"median": median(values), "p95": p95, "worst": max(values)}
    return {"what": what, **{name: round(value, 1) for name, value in figures.items()}, "target": target}


def _slope(rows: Sequence[Row]) -> Row:
    """Return the growth of both sides in KB for 1,000 messages, by least squares over the second half."""
    late = rows[len(rows) // 2 :]
    at = [one["messages"] for one in late]
    return {
        "KB more per 1,000 messages": "second half",
        **{side: round(1e6 * linear_regression(at, [one[f"{side}_MB"] for one in late]).slope) for side in SIDES},
    }


def main() -> int:
    """Measure, print, and write the figures; returns the exit code."""
    said = parser(__doc__)
    said.add_argument("--hour", action="store_true", help=f"look at the memory over {HOUR:,} messages, not {FEW:,}")
    options = said.parse_args()
    size = VILLAGE if options.quick else TOWN
    messages, part = (HOUR, HOURLY) if options.hour else (FEW, PART)
    subprocess.run([sys.executable, "scripts/build_page.py"], cwd=HERE, check=True)
    made(size)  # before the browser is driven: its driver runs a loop in this thread
    with precedence(), chromium() as browser:
        figures = measured(browser, size, messages, part)
    show("The app", figures["app"])
    show("Memory", figures["memory"])
    show("Growth", figures["slope"])
    store(options.json, figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
