"""`make simulate SEEDS=n`: so many stories; the seed of one that ends badly is printed, and breaks the run."""

from __future__ import annotations

import sys
import tempfile
import time
import traceback
from pathlib import Path

from tests.simulation.chaos import tell_story


def main() -> int:
    """Run the stories of the seeds named on the command line: a count, and perhaps the first one."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    began = time.monotonic()
    for seed in range(first, first + count):
        with tempfile.TemporaryDirectory() as folder:
            try:
                tell_story(seed, Path(folder))
            except Exception:
                traceback.print_exc()
                print(f"seed {seed} broke; again with: make simulate SEEDS=1 FIRST={seed}")
                return 1
    print(f"{count} stories from seed {first} on, all well, in {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
