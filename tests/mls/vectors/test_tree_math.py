from havre.mls.tree import math
from tests.mls.vectors.source import Case, cases, need


@cases("tree-math")
def test_relations(case: Case | None) -> None:
    case = need(case)
    leaves = case["n_leaves"]
    assert math.node_count(leaves) == case["n_nodes"]
    assert math.root(leaves) == case["root"]
    for node in range(case["n_nodes"]):
        is_leaf, is_root = node % 2 == 0, node == case["root"]
        assert (None if is_leaf else math.left(node)) == case["left"][node]
        assert (None if is_leaf else math.right(node)) == case["right"][node]
        assert (None if is_root else math.parent(node)) == case["parent"][node]
        assert (None if is_root else math.sibling(node)) == case["sibling"][node]
