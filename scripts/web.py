"""Runs npm in `web/`, installing what its lock file names first: `python scripts/web.py run check`."""

from __future__ import annotations

import subprocess
import sys

from build_page import NoNode, run

if __name__ == "__main__":
    try:
        run(*sys.argv[1:])
    except NoNode as error:
        sys.exit(str(error))
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
