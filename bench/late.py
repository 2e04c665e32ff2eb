"""A relay whose clock is ahead: `python -m bench.late HOURS ...` is `python -m havre.relay ...` that much later."""

from __future__ import annotations

import sys
import time

from havre.relay.__main__ import main


def put_forward(hours: float) -> None:
    """Set this process' clock forward."""
    now = time.time
    time.time = lambda: now() + hours * 3600


if __name__ == "__main__":
    put_forward(float(sys.argv[1]))
    sys.exit(main(sys.argv[2:]))
