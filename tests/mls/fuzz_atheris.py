"""Coverage-guided fuzzing: `python -m tests.mls.fuzz_atheris -max_total_time=60`.

Needs the wheel `atheris`, on a Python that it supports.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any


def main() -> None:
    """Fuzz until stopped or out of time; the package is imported late, to be instrumented."""
    atheris: Any = import_module("atheris")
    with atheris.instrument_imports(include=["havre.mls"]):
        target = import_module("tests.mls.fuzz_input")
    target.scene()
    atheris.Setup(sys.argv, target.one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
