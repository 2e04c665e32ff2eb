"""`havre relay` and `havre relay run`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from havre.cli.screen import CannotGoOn
from havre.client.errors import RelayDamaged

Data = Annotated[Path | None, typer.Option(help="The folder that holds everything. [default: var/relay]")]
File = Annotated[
    Path | None,
    typer.Option(envvar="HAVRE_RELAY_CONFIG", help="The file with the settings. [default: DATA/relay.toml]"),
]
Host = Annotated[str | None, typer.Option(help="The address to listen on. [default: 127.0.0.1]")]
Port = Annotated[int | None, typer.Option(help="The port; 0: any free one, written to DATA/port. [default: 8441]")]
Log = Annotated[str | None, typer.Option(help="json or console. [default: console]")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("run")(run)


def relay(
    context: typer.Context,
    data: Data = None,
    config: File = None,
    host: Host = None,
    port: Port = None,
    log: Log = None,
) -> None:
    """Run a relay in this terminal, with its embedded store; or, with a command, look after one that runs.

    What is said here wins over HAVRE_RELAY_... in the environment, and that over the file (see docs/operating.md).

    Examples: `havre relay`, `havre relay --data /srv/havre --port 8441 --log json`, `havre relay status`
    """
    if context.invoked_subcommand is None:
        _run(config, data=data, host=host, port=port, log=log)


def run(data: Data = None, config: File = None, host: Host = None, port: Port = None, log: Log = None) -> None:
    """Run a relay in this terminal until it is told to stop.

    Examples: `havre relay run --data /srv/havre`, `havre relay run --config /etc/havre/relay.toml`
    """
    _run(config, data=data, host=host, port=port, log=log)


def _run(file: Path | None, **flags: Any) -> None:
    # Imported here because the people's commands should not wait for a server to be loaded.
    from havre.relay.app import DamageError, StartError
    from havre.relay.config import ConfigError, sources
    from havre.relay.house import run as run_relay

    try:
        run_relay(sources(**flags), file)
    except DamageError as error:
        raise RelayDamaged(str(error)) from None
    except (ConfigError, StartError) as error:
        raise CannotGoOn(f"The relay cannot run: {error}") from None
