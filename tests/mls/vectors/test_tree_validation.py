from havre.mls.crypto.suite import cipher_suite
from havre.mls.tree.ratchet_tree import decode_ratchet_tree
from havre.mls.tree.validation import GroupRequirements, check_tree
from tests.mls.vectors.source import Case, cases, need, unhex


@cases("tree-validation")
def test_tree(case: Case | None) -> None:
    case = need(case)
    suite = cipher_suite(case["cipher_suite"])
    tree = decode_ratchet_tree(suite, unhex(case["tree"]))
    assert tree.encode().hex() == case["tree"]
    assert [tree.resolution(index) for index in range(len(case["resolutions"]))] == case["resolutions"]
    assert [tree.tree_hash(index).hex() for index in range(len(case["tree_hashes"]))] == case["tree_hashes"]
    check_tree(tree, unhex(case["group_id"]), GroupRequirements.of(suite.id, ()))
