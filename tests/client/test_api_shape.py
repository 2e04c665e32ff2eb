"""The api by itself is enough: all of it is documented, and every type in it can be imported from it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from typing import Any, get_args, get_type_hints

import pytest

from havre.client import api
from havre.client.api.backup import Backup
from havre.client.api.contacts import Contacts
from havre.client.api.devices import Devices
from havre.client.api.groups import Groups
from havre.client.api.homes import HomesPart
from havre.client.api.profile import MyProfile
from havre.client.api.settings import Settings

PARTS = (api.Havre, MyProfile, Contacts, Settings, Backup, Devices, Groups, HomesPart)


def public() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield what can be called, and what can be read, under its name."""
    for part in PARTS:
        for name, found in inspect.getmembers(part):
            read: Any = found.fget if isinstance(found, property) else found
            if not name.startswith("_"):
                yield f"{part.__name__}.{name}", read


def types_in(hint: object) -> Iterator[type]:
    """Yield the classes of which an annotation is made."""
    if isinstance(hint, list | tuple):
        for one in hint:
            yield from types_in(one)
    elif get_args(hint):
        yield from types_in(get_args(hint))
    elif isinstance(hint, type):
        yield hint


@pytest.mark.parametrize(("name", "found"), [pytest.param(*one, id=one[0]) for one in public()])
def test_everything_is_documented_and_its_types_are_there(name: str, found: Callable[..., Any]) -> None:
    assert inspect.getdoc(found), f"{name} says nothing of itself"
    ours = {one for hint in get_type_hints(found).values() for one in types_in(hint) if one.__module__[:5] == "havre"}
    assert {one.__name__ for one in ours} <= set(api.__all__)


def test_all_that_happens_can_be_told_apart() -> None:
    assert {one.__name__ for one in get_args(api.News)} <= set(api.__all__)
    assert {one.__name__ for one in get_args(api.Body)} <= set(api.__all__)
    assert all(inspect.getdoc(getattr(api, name)) for name in api.__all__ if inspect.isclass(getattr(api, name)))


def test_every_facet_is_looked_at() -> None:
    """What `Havre.__init__` makes public is one of the parts above."""
    made = [line.split("=")[1].split("(")[0].strip() for line in inspect.getsource(api.Havre.__init__).splitlines()
            if line.strip().startswith("self.") and not line.strip().startswith("self._")]  # fmt: skip
    assert sorted(made) == sorted(part.__name__ for part in PARTS[1:])
