"""This account, other people, key packages, settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

from havre.client.errors import NoProfile
from havre.client.vault.rows import KeyPackage, Me, Person
from havre.client.vault.tables import Connection, Table


@dataclass(frozen=True, slots=True)
class Setting:
    """What I have chosen, by a name."""

    name: str
    value: str


_ME: Final = Table("me", Me, "one", calm=True)
_PEOPLE: Final = Table("person", Person, "account", calm=True)
_SETTINGS: Final = Table("setting", Setting, "name", calm=True)
_PACKAGES: Final = Table("key_package", KeyPackage, "ref")


class PeopleTables(Connection):
    """Keeps to `havre.client.vault.base.PeopleRows`."""

    def me(self) -> Me:
        """Return this device and its account; raises NoProfile before the sign-up."""
        found = _ME.select(self, "WHERE one = 1")
        if not found:
            raise NoProfile("this vault")
        return found[0]

    def put_me(self, me: Me) -> None:
        """Store this device and its account."""
        columns = ", ".join(field.name for field in fields(Me))
        marks = ", ".join("?" for _ in fields(Me))
        sql = f"INSERT OR REPLACE INTO me (one, {columns}) VALUES (1, {marks})"  # noqa: S608  # names from the code
        self.execute(sql, _ME.values(me))

    def put_person(self, person: Person) -> None:
        """Insert or replace by account."""
        _PEOPLE.put(self, person)

    def person(self, account: bytes) -> Person | None:
        """Return the person with this account."""
        return _PEOPLE.get(self, account)

    def people(self) -> Sequence[Person]:
        """Return everybody, in the order in which they came."""
        return _PEOPLE.select(self, "ORDER BY added_at, account")

    def put_key_package(self, package: KeyPackage) -> None:
        """Insert or replace by reference."""
        _PACKAGES.put(self, package)

    def key_package(self, ref: bytes) -> KeyPackage | None:
        """Return the key package with this reference."""
        return _PACKAGES.get(self, ref)

    def key_packages(self) -> Sequence[KeyPackage]:
        """Return all, oldest first."""
        return _PACKAGES.select(self, "ORDER BY made_at, ref")

    def drop_key_package(self, ref: bytes) -> None:
        """Delete it with its private half."""
        _PACKAGES.drop(self, ref)

    def put_setting(self, name: str, value: str) -> None:
        """Store a setting."""
        _SETTINGS.put(self, Setting(name, value))

    def setting(self, name: str) -> str | None:
        """Return a setting, if it was ever stored."""
        found = _SETTINGS.get(self, name)
        return found.value if found else None
