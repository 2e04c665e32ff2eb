"""Times as a person types them, in the zone that this machine is set to."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from havre.cli.screen import WrongUsage

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def moment(words: str, now: datetime | None = None) -> int:
    """Return a time in unix milliseconds: `18:30` (the next one), `2026-12-24 18:00`, `2026-12-24`, `+2h`.

    Raises WrongUsage. `now` is for tests.
    """
    now = now or datetime.now()
    later = re.fullmatch(r"\+(\d{1,5})([mhd])", words)
    if later:
        return _milliseconds(now + timedelta(**{_UNITS[later[2]]: int(later[1])}))
    for shape in ("%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d"):
        try:
            found = datetime.strptime(words, shape)
        except ValueError:
            continue
        return _milliseconds(_next(found, now) if shape == "%H:%M" else found)
    raise WrongUsage('Say when: 18:30, "2026-12-24 18:00", 2026-12-24, or +2h.')


def _next(hour: datetime, now: datetime) -> datetime:
    today = now.replace(hour=hour.hour, minute=hour.minute, second=0, microsecond=0)
    return today if today > now else today + timedelta(days=1)


def _milliseconds(local: datetime) -> int:
    return int(local.astimezone().timestamp() * 1000)
