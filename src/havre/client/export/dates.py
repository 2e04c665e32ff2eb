"""Dates as people write them, in English and in French; times are those of this machine's time zone."""

from __future__ import annotations

from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Final


class Language(StrEnum):
    """The language of an export's own words."""

    ENGLISH = "en"
    FRENCH = "fr"


_MONTHS: Final = {
    Language.ENGLISH: (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ),
    Language.FRENCH: (
        "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
        "décembre",
    ),
}  # fmt: skip
_DAYS: Final = {
    Language.ENGLISH: ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    Language.FRENCH: ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
}


def local(milliseconds: int, zone: tzinfo | None = None) -> datetime:
    """Return the local time of unix milliseconds; what no calendar holds is the earliest or latest that one does."""
    seconds = min(max(milliseconds, 0) // 1000, 253_402_300_799 - 86_400)
    return datetime.fromtimestamp(seconds, zone).astimezone(zone)


def day_words(at: datetime, language: Language) -> str:
    """Return the day: `Sunday 22 November 2026`, `dimanche 22 novembre 2026`, `mardi 1er décembre 2026`."""
    number = "1er" if language is Language.FRENCH and at.day == 1 else str(at.day)
    return f"{_DAYS[language][at.weekday()]} {number} {_MONTHS[language][at.month - 1]} {at.year}"


def time_words(at: datetime) -> str:
    """Return the time of day, which both languages write alike here."""
    return f"{at.hour:02}:{at.minute:02}"
