"""`python -m havre.relay`: a relay in this terminal."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from havre.relay.app import StartError
from havre.relay.config import ConfigError, sources
from havre.relay.house import run


def main(arguments: list[str] | None = None) -> int:
    """Run a relay; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m havre.relay", description="A Havre relay.")
    parser.add_argument("--data", type=Path, help="the folder that holds everything")
    parser.add_argument("--host", help="the address to listen on")
    parser.add_argument("--port", help="the port to listen on; 0: any free one, written to DATA/port")
    parser.add_argument("--ready-fd", dest="ready_fd", help="a file descriptor on which to say when it listens")
    parser.add_argument("--log", choices=["json", "console"])
    parser.add_argument("--config", type=Path, help="the file with the settings [DATA/relay.toml]")
    options = vars(parser.parse_args(arguments))
    file = options.pop("config")
    try:
        run(sources(**options), file)
    except (ConfigError, StartError) as error:
        print(f"havre relay: {error}", file=sys.stderr)
        return error.exit_code if isinstance(error, StartError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
