"""The contract between the page and this process: methods and events, each by its types, and their JSON schema.

A method is an async function over `Desk`. Its parameters become a struct, so that what arrives is checked before it
runs; what it returns is encoded by its type. The page's TypeScript types are generated from `schema()`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, get_type_hints

import msgspec

Handler = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Method:
    """One method: its name on the wire, the struct of its parameters, the type of its result."""

    name: str
    params: type[msgspec.Struct]
    result: Any
    handler: Handler


METHODS: Final[dict[str, Method]] = {}


def method(handler: Handler) -> Handler:
    """Make a function `(desk, ...)` callable by the page, under its own name in camel case."""
    hints = get_type_hints(handler, include_extras=True)
    taken = list(inspect.signature(handler).parameters.values())[1:]
    name = _camel(handler.__name__)
    params = msgspec.defstruct(
        name[0].upper() + name[1:] + "Params",
        [_field(parameter, hints[parameter.name]) for parameter in taken],
        rename="camel",
        forbid_unknown_fields=True,
        frozen=True,
        kw_only=True,
    )
    METHODS[name] = Method(name, params, hints["return"], handler)
    return handler


def _field(parameter: inspect.Parameter, kind: Any) -> tuple[str, Any] | tuple[str, Any, Any]:
    if parameter.default is inspect.Parameter.empty:
        return parameter.name, kind
    return parameter.name, kind, parameter.default


def _camel(name: str) -> str:
    return re.sub(r"_(\w)", lambda found: found[1].upper(), name)


def arguments(params: msgspec.Struct) -> Mapping[str, Any]:
    """Return a parameter struct as keyword arguments."""
    return {name: getattr(params, name) for name in params.__struct_fields__}


def schema(event: Any, failure: Any) -> dict[str, Any]:
    """Return the JSON schema of every method, of the events, and of what a failed transfer answers."""
    names = sorted(METHODS)
    kinds: list[Any] = [event, failure]
    for name in names:
        kinds += [METHODS[name].params, METHODS[name].result]
    (shown, failed, *rest), definitions = msgspec.json.schema_components(kinds, ref_template="#/$defs/{name}")
    pairs = zip(rest[::2], rest[1::2], strict=True)
    methods = {name: {"params": params, "result": result} for name, (params, result) in zip(names, pairs, strict=True)}
    return {"$defs": dict(sorted(definitions.items())), "event": shown, "failure": failed, "methods": methods}
