"""`make simulate SEEDS=n`: so many stories; the seeds of those that end badly are printed, and break the run."""

from __future__ import annotations

import sys
import tempfile
import time
import traceback
from pathlib import Path

from tests.simulation.chaos import tell_story

EVERY = 100
"""Stories after which a long run says how far it has come."""


def main() -> int:
    """Run the stories of the seeds named on the command line: a count, and perhaps the first one."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    began, broken = time.monotonic(), []
    for done, seed in enumerate(range(first, first + count), start=1):
        if not _ends_well(seed):
            broken.append(seed)
        if done % EVERY == 0 and done < count:
            print(f"{done} stories, {len(broken)} of them broken, {_spent(began)}", flush=True)
    if broken:
        print(f"{len(broken)} of {count} stories from seed {first} on broke, {_spent(began)}: {broken}")
        return 1
    print(f"{count} stories from seed {first} on, all well, {_spent(began)}")
    return 0


def _ends_well(seed: int) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        try:
            tell_story(seed, Path(folder))
        except Exception:
            traceback.print_exc()
            print(f"seed {seed} broke; again with: make simulate SEEDS=1 FIRST={seed}", flush=True)
            return False
    return True


def _spent(began: float) -> str:
    return f"in {time.monotonic() - began:.0f} s ({time.process_time():.0f} s of one core)"


if __name__ == "__main__":
    sys.exit(main())
