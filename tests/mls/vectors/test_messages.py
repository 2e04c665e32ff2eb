from collections.abc import Callable
from typing import Any

from havre.mls import codec
from havre.mls import proposals as p
from havre.mls.commit.syntax import read_commit
from havre.mls.crypto.suite import cipher_suite
from havre.mls.framing.message import decode_message, encode_message
from havre.mls.group_info import read_group_secrets
from havre.mls.tree.ratchet_tree import decode_ratchet_tree
from tests.mls.vectors.source import Case, cases, need, unhex

MESSAGES = (
    "mls_welcome",
    "mls_group_info",
    "mls_key_package",
    "public_message_application",
    "public_message_proposal",
    "public_message_commit",
    "private_message",
)
PROPOSALS = {
    "add_proposal": 1,
    "update_proposal": 2,
    "remove_proposal": 3,
    "pre_shared_key_proposal": 4,
    "re_init_proposal": 5,
    "external_init_proposal": 6,
    "group_context_extensions_proposal": 7,
}
OTHERS: dict[str, Callable[[bytes, int], tuple[Any, int]]] = {
    "group_secrets": read_group_secrets,
    "commit": read_commit,
}


@cases("messages")
def test_decoded_and_encoded_again(case: Case | None) -> None:
    case = need(case)
    for name in MESSAGES:
        assert encode_message(decode_message(unhex(case[name]))).hex() == case[name], name
    for name, kind in PROPOSALS.items():
        encoded = kind.to_bytes(2, "big") + unhex(case[name])
        assert p.encode_proposal(codec.decode_all(encoded, p.read_proposal)) == encoded, name
    for name, reader in OTHERS.items():
        assert codec.decode_all(unhex(case[name]), reader).encode().hex() == case[name], name
    tree = decode_ratchet_tree(cipher_suite(1), unhex(case["ratchet_tree"]))
    assert tree.encode().hex() == case["ratchet_tree"]
