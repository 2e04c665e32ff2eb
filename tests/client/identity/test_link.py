"""Contact links: what is written comes back, what is damaged is refused with a sentence, nothing else ever happens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from havre.client.errors import LinkInvalid
from havre.client.identity.address import RelayAddress
from havre.client.identity.link import ContactLink, decode_link, encode_link, encode_link_for_qr
from tests.client.identity.people import ALICE

RELAY = RelayAddress("relay.example", 443, tls=True)
LINK = ContactLink(RELAY, ALICE.account.id, "Alice")
QR_ALPHANUMERIC = set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")

hosts = st.from_regex(r"[a-z]([a-z0-9-]{0,20}[a-z0-9])?(\.[a-z]{2,8}){0,3}", fullmatch=True)
addresses = st.builds(RelayAddress, hosts, st.integers(1, 65535), st.just(True)) | st.builds(
    RelayAddress, st.sampled_from(["127.0.0.1", "localhost", "::1"]), st.integers(1, 65535), st.booleans()
)


@given(relay=addresses, account=st.binary(min_size=32, max_size=32), hint=st.text(max_size=100))
def test_round_trip(relay: RelayAddress, account: bytes, hint: str) -> None:
    text = encode_link(ContactLink(relay, account, hint))
    assert text.isascii()
    back = decode_link(text)
    assert (back.relay, back.account) == (relay, account)
    assert encode_link(back) == text


def test_what_it_looks_like() -> None:
    text = encode_link(LINK)
    assert text.startswith("havre://relay.example/")
    assert text.endswith("?n=Alice")
    assert len(text) == len("havre://relay.example/") + 58 + len("?n=Alice")


def test_loopback_without_tls() -> None:
    text = encode_link(ContactLink(RelayAddress("127.0.0.1", 8765, tls=False), ALICE.account.id))
    assert text.startswith("havre://127.0.0.1:8765/")
    assert text.endswith("?http=1")
    assert decode_link(text).relay.url == "http://127.0.0.1:8765"


@pytest.mark.parametrize("relay", [RELAY, RelayAddress("relay.example", 8443, tls=True)])
def test_qr_form_is_alphanumeric_and_reads_the_same(relay: RelayAddress) -> None:
    text = encode_link_for_qr(ContactLink(relay, ALICE.account.id, "Alice"))
    assert set(text) <= QR_ALPHANUMERIC
    assert decode_link(text) == ContactLink(relay, ALICE.account.id)


def test_unknown_parameters_are_passed_over() -> None:
    assert decode_link(encode_link(LINK) + "&later=1&x#fragment") == LINK
    assert decode_link(f"  {encode_link(LINK)}\n") == LINK


def test_cut_anywhere() -> None:
    text = encode_link(ContactLink(RELAY, ALICE.account.id))
    for end in range(len(text)):
        with pytest.raises(LinkInvalid):
            decode_link(text[:end])
    with pytest.raises(LinkInvalid, match="cut off"):
        decode_link(text[:-1])


def test_any_one_character_wrong() -> None:
    text = encode_link(ContactLink(RELAY, ALICE.account.id))
    for position, character in enumerate(text):
        wrong = "b" if character == "a" else "a"
        with pytest.raises(LinkInvalid):
            decode_link(text[:position] + wrong + text[position + 1 :])


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("", "does not begin"),
        ("https://relay.example/abc", "does not begin"),
        ("havre://relay.example/" + "1" * 58, "do not belong"),
        ("havre://relay.example/" + "a" * 58, "wrong"),
        ("havre://relay.example/" + "a" * 59, "do not belong"),
        ("havre:///" + "a" * 58, "missing"),
        ("havre://me@relay.example/" + "a" * 58, "host name"),
        ("havre://relay.example:0/" + "a" * 58, "port"),
        ("havre://relay.example:99999/" + "a" * 58, "host name"),
        ("havre://relay.example/" + "a" * 58 + "?http=1", "without TLS"),
        ("havre://relay.example/" + "a" * 58 + "?" + "x=1&" * 99, "question mark"),
        ("havre://" + "a" * 5000, "too long"),
    ],
)
def test_refused_with_a_reason(text: str, finding: str) -> None:
    with pytest.raises(LinkInvalid, match=finding) as caught:
        decode_link(text)
    assert "ask for it again" in str(caught.value)


@given(text=st.text() | st.text().map(lambda rest: "havre://" + rest) | st.binary().map(lambda b: b.decode("latin-1")))
def test_any_text_is_refused_and_nothing_else(text: str) -> None:
    with pytest.raises(LinkInvalid):
        decode_link(text)


@given(hint=st.text(max_size=300))
def test_hint_is_fit_to_be_shown(hint: str) -> None:
    shown = decode_link(encode_link(ContactLink(RELAY, ALICE.account.id, hint))).hint
    assert len(shown) <= 64
    assert shown.isprintable()


def test_hint_cannot_turn_text_around() -> None:
    raw = encode_link(ContactLink(RELAY, ALICE.account.id)) + "?n=Al%E2%80%AEice%1B%5B31m%0Ax"
    assert decode_link(raw).hint == "Alice[31m x"
