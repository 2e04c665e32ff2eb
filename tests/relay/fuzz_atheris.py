"""Coverage-guided fuzzing of the relay: `python -m tests.relay.fuzz_atheris -max_total_time=60`.

Needs the wheel `atheris`, on a Python that it supports.
"""

from __future__ import annotations

import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any


def main() -> None:
    """Fuzz until stopped or out of time; the packages are imported late, to be instrumented."""
    atheris: Any = import_module("atheris")
    with atheris.instrument_imports(include=["havre.wire", "havre.relay"]):
        target = import_module("tests.relay.fuzz_input")
    corpus = Path(tempfile.mkdtemp())
    for number, example in enumerate(target.EXAMPLES):
        (corpus / str(number)).write_bytes(example)
    atheris.Setup([*sys.argv, str(corpus)], target.one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
