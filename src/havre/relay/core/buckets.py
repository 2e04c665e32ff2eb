"""Token buckets: how much of something one party may have, now and over time. The clock is handed in."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rate:
    """What may come at once, and how much comes back a second; both above 0."""

    burst: float
    per_second: float

    @classmethod
    def hourly(cls, amount: float) -> Rate:
        """Return the rate of `amount` an hour, which may come all at once."""
        return cls(amount, amount / 3600)


class Bucket:
    """What one party has left. A draw larger than the whole bucket is given to a full one, which then owes the rest."""

    __slots__ = ("_at", "_level")

    def __init__(self, rate: Rate, now: float) -> None:
        self._level = rate.burst
        self._at = now

    def draw(self, rate: Rate, amount: float, now: float) -> float:
        """Take `amount` and return 0; or take nothing and return the seconds after which it would be there."""
        if now > self._at:
            self._level = min(rate.burst, self._level + (now - self._at) * rate.per_second)
        self._at = now  # a clock that was set back gives nothing, and takes nothing away
        missing = min(amount, rate.burst) - self._level
        if missing > 0:
            return missing / rate.per_second
        self._level -= amount
        return 0.0


class Buckets:
    """The buckets of many parties, of which at most `size` are kept: the one heard of longest ago is forgotten."""

    def __init__(self, rate: Rate, size: int) -> None:
        self.rate = rate
        """May change at any time; what was used up stays used up."""
        self._size = size
        self._kept: OrderedDict[bytes, Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def draw(self, party: bytes, amount: float, now: float) -> float:
        """Take `amount` from this party's bucket and return 0, or return how many seconds to wait."""
        bucket = self._kept.get(party)
        if bucket is None:
            bucket = self._kept[party] = Bucket(self.rate, now)
            if len(self._kept) > self._size:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(party)
        return bucket.draw(self.rate, amount, now)
