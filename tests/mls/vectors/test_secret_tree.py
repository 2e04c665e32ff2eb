from havre.mls.crypto.suite import cipher_suite
from havre.mls.framing.private import sender_data_key
from havre.mls.schedule.secret_tree import RatchetLimits, RatchetType, SecretTree
from tests.mls.vectors.source import Case, cases, need, unhex


@cases("secret-tree")
def test_message_keys(case: Case | None) -> None:
    case = need(case)
    suite = cipher_suite(case["cipher_suite"])
    given = case["sender_data"]
    key, nonce = sender_data_key(suite, unhex(given["sender_data_secret"]), unhex(given["ciphertext"]))
    assert (key.hex(), nonce.hex()) == (given["key"], given["nonce"])
    tree = SecretTree(suite, len(case["leaves"]), unhex(case["encryption_secret"]))
    for leaf, generations in enumerate(case["leaves"]):
        for expected in generations:
            for kind in RatchetType:
                tree, taken = tree.take(leaf, kind, expected["generation"], RatchetLimits())
                assert taken.key.hex() == expected[f"{kind.value}_key"]
                assert taken.nonce.hex() == expected[f"{kind.value}_nonce"]
