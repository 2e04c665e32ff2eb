"""`python -m tests.relay.faults.skewed`: a relay on a machine whose clock is off by what the file SKEW says (seconds).

The file is read at every look at the clock, so that a test can set the clock while the relay runs.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

_real = time.time


def _skewed() -> float:
    try:
        return _real() + float(Path(os.environ["SKEW"]).read_text() or 0)
    except OSError:
        return _real()


time.time = _skewed

if __name__ == "__main__":
    from havre.relay.__main__ import main

    sys.exit(main())
