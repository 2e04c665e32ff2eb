"""Whatever a page sends is one call or one refusal."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havre.client.errors import WrongPassphrase
from havre.desk import methods, rpc
from havre.desk.contract import METHODS, arguments

assert methods


def test_a_call_is_decoded_with_its_parameters() -> None:
    call, method, params = rpc.decode_call(
        '{"jsonrpc":"2.0","id":7,"method":"messages","params":{"chat":"ab","limit":3}}'
    )
    assert (call.id, method.name) == (7, "messages")
    assert arguments(params) == {"chat": "ab", "limit": 3, "before": None}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", rpc.PARSE),
        ("{", rpc.PARSE),
        ('{"jsonrpc":"2.0","id":1,"method":"profile","params":' + "[" * 100_000, rpc.PARSE),
        ("[]", rpc.INVALID),
        ('{"id":1}', rpc.INVALID),
        ('{"jsonrpc":"1.0","id":1,"method":"profile"}', rpc.INVALID),
        ('{"jsonrpc":"2.0","id":"1","method":"profile"}', rpc.INVALID),
        ('{"jsonrpc":"2.0","id":1,"method":"profile","more":1}', rpc.INVALID),
        ('{"jsonrpc":"2.0","id":1,"method":"__init__"}', rpc.NO_METHOD),
        ('{"jsonrpc":"2.0","id":1,"method":"messages","params":{"chat":"ab"}}', rpc.PARAMS),
        ('{"jsonrpc":"2.0","id":1,"method":"messages","params":{"chat":"ab","limit":501}}', rpc.PARAMS),
        ('{"jsonrpc":"2.0","id":1,"method":"messages","params":{"chat":"ab","limit":true}}', rpc.PARAMS),
        ('{"jsonrpc":"2.0","id":1,"method":"messages","params":{"chat":"ab","limit":1,"x":0}}', rpc.PARAMS),
        ('{"jsonrpc":"2.0","id":1,"method":"messages","params":[]}', rpc.PARAMS),
    ],
)
def test_what_is_no_call_is_refused_by_its_code(text: str, code: int) -> None:
    with pytest.raises(rpc.Refusal) as refusal:
        rpc.decode_call(text)
    assert refusal.value.code == code
    assert json.loads(rpc.encode_refusal(refusal.value))["error"]["code"] == code


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(
    st.binary()
    | _JSON.map(json.dumps)
    | st.builds(
        lambda name, params: json.dumps({"jsonrpc": "2.0", "id": 1, "method": name, "params": params}),
        st.sampled_from(sorted(METHODS)),
        _JSON,
    )
)
def test_nothing_but_a_refusal_escapes(text: str | bytes) -> None:
    with suppress(rpc.Refusal):
        rpc.decode_call(text)


def test_an_error_of_the_core_keeps_its_kind() -> None:
    refusal = rpc.refused(3, WrongPassphrase("/somewhere"))
    said = json.loads(rpc.encode_refusal(refusal))
    assert said["id"] == 3
    assert said["error"]["code"] == rpc.REFUSED
    assert said["error"]["data"] == {"kind": "WrongPassphrase"}
