"""docs/operating.md works: its commands are run in order, and what lies in ops/ is tried where its program is there."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from havre.cli.main import app
from havre.wire.stream import Create, Done
from tests.relay.rig import Queue, Stream, run, running_relay
from tests.relay.test_tls import make_pair, put, trusting
from tests.relay.waiting import await_that

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/operating.md").read_text()
BLOCKS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = ("run", "check", "reload", "confirm", "rollback", "status", "drain", "inspect", "backup", "restore")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def here(text: str, folder: Path, port: int) -> str:
    """Put the page's folders and port into this test's own, and wait for what is started in the background."""
    text = text.replace("/var/lib/", f"{folder}/lib/").replace("/etc/havre", f"{folder}/etc").replace("8441", str(port))
    text = text.replace("9464", str(free_port()))
    until = r"\g<0>\nuntil havre relay status \1 >/dev/null 2>&1; do sleep 0.1; done"
    return re.sub(r"^havre relay run (--\w+ \S+).* &$", until, text, flags=re.MULTILINE)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a new environment with Havre's wheel; what Havre needs is taken from the one that runs us."""
    folder = tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, timeout=500)
    venv.create(folder / "venv", with_pip=False)
    python = folder / "venv/bin/python"
    (site,) = (folder / "venv/lib").glob("python*/site-packages")
    (site / "needs.pth").write_text(f"{sysconfig.get_path('purelib')}\n{sysconfig.get_path('platlib')}\n")
    (wheel,) = folder.glob("*.whl")
    install = ["-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run([sys.executable, *install], check=True, timeout=500)
    where = subprocess.run([python, "-c", "import havre; print(havre.__path__)"], capture_output=True, check=True)
    assert str(site).encode() in where.stdout
    return python.parent


@pytest.mark.long
def test_every_command_of_the_page_works(tmp_path: Path, installed: Path) -> None:
    script = "set -euo pipefail\n" + here("\n".join(BLOCKS), tmp_path, free_port())
    environment = os.environ | {"PATH": f"{installed}:{os.environ['PATH']}"}
    with (tmp_path / "said").open("wb") as said:
        process = subprocess.Popen(
            ["bash", "-c", script], env=environment, stdout=said, stderr=said, start_new_session=True
        )
        try:
            code = process.wait(timeout=500)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    words = (tmp_path / "said").read_text()
    assert code == 0, words
    assert words.count("is valid") == 3
    for part in ("Applied on trial (signups)", "holds a sound backup", "holds nothing about", "sends everybody away"):
        assert part in words


def test_every_command_is_on_the_page_and_has_an_example() -> None:
    for name in COMMANDS:
        assert f"havre relay {name}" in PAGE, name
        text = CliRunner().invoke(app, ["relay", name, "--help"], terminal_width=200)
        assert text.exit_code == 0
        assert f"havre relay {name}" in text.output, f"havre relay {name} --help shows no example"
    shown = CliRunner().invoke(app, ["relay", "--help"], terminal_width=200).output
    listed = set(re.findall(r"^[^\w]*(\w+) {2,}\S", shown.partition("Commands")[2], re.MULTILINE))
    assert listed == set(COMMANDS)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("unit", sorted((ROOT / "ops").glob("*.service")) + sorted((ROOT / "ops").glob("*.timer")))
def test_the_units_are_sound(unit: Path, tmp_path: Path) -> None:
    for one in (ROOT / "ops").glob("havre-*"):
        (tmp_path / one.name).write_text(one.read_text().replace("/opt/havre/bin/havre", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / unit.name)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    complaints = [line for line in done.stderr.splitlines() if "havre" in line]
    assert complaints == []


# --- proxies --------------------------------------------------------------------------------------------------


@contextmanager
def nginx(folder: Path, relay: int, port: int) -> Iterator[None]:
    server = (ROOT / "ops/nginx.conf").read_text()
    server = server.replace("listen 443", f"listen 127.0.0.1:{port}").replace("8441", str(relay))
    server = re.sub(r"/etc/letsencrypt/\S+/fullchain.pem", f"{folder}/certificate.pem", server)
    server = re.sub(r"/etc/letsencrypt/\S+/privkey.pem", f"{folder}/key.pem", server)
    paths = "".join(f"{one}_temp_path {folder}/{one};" for one in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;" if os.geteuid() == 0 else ""
    whole = f"daemon off; {user} pid {folder}/pid; error_log stderr; events {{}} http {{ {paths} {server} }}"
    (folder / "nginx.conf").write_text(whole)
    with running(["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")], folder, port):
        yield


@contextmanager
def caddy(folder: Path, relay: int, port: int) -> Iterator[None]:
    site = (ROOT / "ops/Caddyfile").read_text().replace("8441", str(relay))
    tls = f"tls {folder}/certificate.pem {folder}/key.pem"
    site = site.replace("relay.example.org {", f"https://127.0.0.1:{port} {{\n\tbind 127.0.0.1\n\t{tls}")
    options = "{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n}\n"
    (folder / "Caddyfile").write_text(options + site)
    with running(["caddy", "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")], folder, port):
        yield


@contextmanager
def running(command: list[str], folder: Path, port: int) -> Iterator[None]:
    with (folder / "proxy.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | {"HOME": str(folder)})
    try:
        await_that(lambda: is_open(port))
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


def is_open(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


@pytest.mark.parametrize("proxy", [nginx, caddy], ids=lambda proxy: str(proxy.__name__))
def test_a_proxy_in_front(proxy: Callable[[Path, int, int], AbstractContextManager[None]], tmp_path: Path) -> None:
    if shutil.which(proxy.__name__) is None:
        assert os.environ.get("CI") != "true", "CI installs what stands in front of a relay"
        pytest.skip(f"{proxy.__name__} is not installed")
    put(tmp_path, *make_pair(10))
    port, settings = free_port(), {"forwarded": '["127.0.0.1"]', "peer_look_ups": 2}
    with running_relay(tmp_path / "data", **settings) as relay, proxy(tmp_path, relay.port, port):
        check_budgets(f"https://127.0.0.1:{port}", trusting(tmp_path))
        run(check_stream(f"wss://127.0.0.1:{port}/v1/stream", trusting(tmp_path)))


def check_budgets(url: str, context: ssl.SSLContext) -> None:
    """Two neighbours behind the proxy have budgets of their own, and none gets another by claiming an address."""
    path = f"/v1/names/{os.urandom(32).hex()}"
    for neighbour in ("127.0.0.2", "127.0.0.3"):
        with httpx.Client(
            base_url=url, transport=httpx.HTTPTransport(verify=context, local_address=neighbour)
        ) as client:
            assert [client.get(path).status_code for _ in range(3)] == [404, 404, 429]
            claimed = [client.get(path, headers={"X-Forwarded-For": f"203.0.113.{n}"}).status_code for n in range(3)]
            assert claimed == [429] * 3


async def check_stream(url: str, context: ssl.SSLContext) -> None:
    stream, queue = await Stream.open(url, ssl_context=context), Queue()
    assert isinstance(await stream.ask(Create, queue.id, queue.hashes, 0), Done)
