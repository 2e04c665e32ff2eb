from havre.mls.crypto.suite import HpkeCiphertext, cipher_suite
from tests.mls.vectors.source import Case, cases, need, unhex


@cases("crypto-basics")
def test_labelled_functions(case: Case | None) -> None:
    case = need(case)
    suite = cipher_suite(case["cipher_suite"])
    ref = case["ref_hash"]
    assert suite.ref_hash(ref["label"].encode(), unhex(ref["value"])).hex() == ref["out"]
    expand = case["expand_with_label"]
    expanded = suite.expand_with_label(
        unhex(expand["secret"]), expand["label"], unhex(expand["context"]), expand["length"]
    )
    assert expanded.hex() == expand["out"]
    derive = case["derive_secret"]
    assert suite.derive_secret(unhex(derive["secret"]), derive["label"]).hex() == derive["out"]
    tree = case["derive_tree_secret"]
    derived = suite.derive_tree_secret(unhex(tree["secret"]), tree["label"], tree["generation"], tree["length"])
    assert derived.hex() == tree["out"]


@cases("crypto-basics")
def test_signatures(case: Case | None) -> None:
    case = need(case)
    suite = cipher_suite(case["cipher_suite"])
    sign = case["sign_with_label"]
    public, content = unhex(sign["pub"]), unhex(sign["content"])
    assert suite.verify(public, sign["label"], content, unhex(sign["signature"]))
    ours = suite.sign(unhex(sign["priv"]), sign["label"], content)
    assert suite.verify(public, sign["label"], content, ours)
    assert not suite.verify(public, sign["label"], content + b"x", ours)
    assert not suite.verify(public, sign["label"] + "x", content, ours)


@cases("crypto-basics")
def test_public_key_encryption(case: Case | None) -> None:
    case = need(case)
    suite = cipher_suite(case["cipher_suite"])
    given = case["encrypt_with_label"]
    private, public = unhex(given["priv"]), unhex(given["pub"])
    label, context, plaintext = given["label"], unhex(given["context"]), unhex(given["plaintext"])
    theirs = HpkeCiphertext(unhex(given["kem_output"]), unhex(given["ciphertext"]))
    assert suite.decrypt_with_label(private, label, context, theirs) == plaintext
    ours = suite.encrypt_with_label(public, label, context, plaintext)
    assert suite.decrypt_with_label(private, label, context, ours) == plaintext
    assert suite.provider.encryption_key(private).public == public
