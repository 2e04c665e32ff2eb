"""Relay addresses: one form each, and nothing in the clear beyond this machine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havre.client.identity.address import RelayAddress


@pytest.mark.parametrize(
    ("text", "url", "stream"),
    [
        ("relay.example", "https://relay.example", "wss://relay.example/v1/stream"),
        ("Relay.Example:8443", "https://relay.example:8443", "wss://relay.example:8443/v1/stream"),
        ("https://relay.example:443/", "https://relay.example", "wss://relay.example/v1/stream"),
        ("127.0.0.1:8765", "http://127.0.0.1:8765", "ws://127.0.0.1:8765/v1/stream"),
        ("http://localhost", "http://localhost", "ws://localhost/v1/stream"),
        ("https://[::1]:9", "https://[::1]:9", "wss://[::1]:9/v1/stream"),
    ],
)
def test_one_form(text: str, url: str, stream: str) -> None:
    address = RelayAddress.parse(text)
    assert (address.url, address.stream_url, str(address)) == (url, stream, url)
    assert RelayAddress.parse(url) == address


@pytest.mark.parametrize(
    "text",
    ["", "http://relay.example", "ftp://relay.example", "https://", "https://a b", "https://a/b", "https://u:p@a.example",
     "a..example", "-a.example", "a.example:x", "a.example:", "http://10.0.0.1", "1.2.3", "https://[fe80::1%25eth0]"],
)  # fmt: skip
def test_refused(text: str) -> None:
    with pytest.raises(ValueError):
        RelayAddress.parse(text)


@given(text=st.text())
def test_any_text(text: str) -> None:
    try:
        address = RelayAddress.parse(text)
    except ValueError:
        return
    assert RelayAddress.parse(address.url) == address
