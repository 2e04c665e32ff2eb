"""`havre relay`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from havre.cli.screen import CannotGoOn

app = typer.Typer(invoke_without_command=True)


@app.callback()
def relay(
    data: Annotated[Path | None, typer.Option(help="The folder that holds everything. [default: var/relay]")] = None,
    host: Annotated[str | None, typer.Option(help="The address to listen on. [default: 127.0.0.1]")] = None,
    port: Annotated[
        int | None, typer.Option(help="The port; 0: any free one, written to DATA/port. [default: 8441]")
    ] = None,
    log: Annotated[str | None, typer.Option(help="json or console. [default: console]")] = None,
) -> None:
    """Run a relay in this terminal, with its embedded store.

    HAVRE_RELAY_... in the environment sets what has no option here (docs/protocol.md lists the limits).

    Examples: `havre relay`, `havre relay --data /srv/havre --port 8441 --log json`
    """
    # Imported here because the people's commands should not wait for a server to be loaded.
    from havre.relay.app import StartError, run
    from havre.relay.config import ConfigError, load

    try:
        run(load(data=data, host=host, port=port, log=log))
    except (ConfigError, StartError) as error:
        raise CannotGoOn(f"The relay cannot run: {error}") from None
