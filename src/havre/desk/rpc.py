"""JSON-RPC 2.0, sans-IO: one text in, one request or one error out."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from havre.client.errors import HavreError
from havre.desk import shown
from havre.desk.contract import METHODS, Method

PARSE: Final = -32700
INVALID: Final = -32600
NO_METHOD: Final = -32601
PARAMS: Final = -32602
FAULT: Final = -32603
REFUSED: Final = 1
"""What was asked cannot be done; `data` says which kind of error, for the reader's language."""


class Call(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A request as it arrives; notifications (no id) are not part of this contract."""

    id: int
    method: str
    jsonrpc: Literal["2.0"] = "2.0"
    params: msgspec.Raw = msgspec.Raw(b"{}")


class Refusal(Exception):
    """A request that cannot be answered by a result."""

    def __init__(self, call: int | None, code: int, sentence: str, data: dict[str, Any] | None = None) -> None:
        super().__init__(sentence)
        self.call, self.code, self.sentence, self.data = call, code, sentence, data


_CALL: Final = msgspec.json.Decoder(Call)


def decode_call(text: str | bytes) -> tuple[Call, Method, msgspec.Struct]:
    """Return what is asked; raises Refusal."""
    try:
        call = _CALL.decode(text)
    except msgspec.ValidationError as error:
        raise Refusal(None, INVALID, str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refusal(None, PARSE, "This is no JSON.") from None
    wanted = METHODS.get(call.method)
    if wanted is None:
        raise Refusal(call.id, NO_METHOD, f"There is no method {call.method[:64]!r}.")
    try:
        return call, wanted, msgspec.json.decode(call.params, type=wanted.params)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Refusal(call.id, PARAMS, str(error), {"kind": "Params"}) from None


def refused(call: int, error: HavreError) -> Refusal:
    """Return a client error as a refusal: its kind for the page's own words, its sentence for everything else."""
    return Refusal(call, REFUSED, error.sentence, {"kind": shown.failure(error).error})


def encode_result(call: int, value: Any) -> bytes:
    """Return the answer to a call."""
    return msgspec.json.encode({"jsonrpc": "2.0", "id": call, "result": value})


def encode_refusal(refusal: Refusal) -> bytes:
    """Return the error that answers a call, or that answers what was none."""
    error: dict[str, Any] = {"code": refusal.code, "message": refusal.sentence}
    if refusal.data is not None:
        error["data"] = refusal.data
    return msgspec.json.encode({"jsonrpc": "2.0", "id": refusal.call, "error": error})


def encode_event(event: Any) -> bytes:
    """Return an event as a notification."""
    return msgspec.json.encode({"jsonrpc": "2.0", "method": "event", "params": event})
