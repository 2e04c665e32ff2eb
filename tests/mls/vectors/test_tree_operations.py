from havre.mls import codec
from havre.mls.commit.apply import apply
from havre.mls.commit.collect import CommittedProposal, ProposalList
from havre.mls.crypto.suite import cipher_suite
from havre.mls.framing.content import FromMember
from havre.mls.proposals import read_proposal
from havre.mls.schedule.group_context import GroupContext
from havre.mls.state import PublicState
from havre.mls.tree.ratchet_tree import decode_ratchet_tree
from tests.mls.vectors.source import Case, cases, need, unhex


@cases("tree-operations")
def test_proposal_applied(case: Case | None) -> None:
    case = need(case)
    suite = cipher_suite(case["cipher_suite"])
    tree = decode_ratchet_tree(suite, unhex(case["tree_before"]))
    assert tree.tree_hash().hex() == case["tree_hash_before"]
    proposal = codec.decode_all(unhex(case["proposal"]), read_proposal)
    public = PublicState(suite, GroupContext(suite.id, b"", 0, b"", b"", ()), tree, b"", b"")
    listed = ProposalList((CommittedProposal(proposal, FromMember(case["proposal_sender"]), None),))
    after = apply(public, listed).tree
    assert after.encode().hex() == case["tree_after"]
    assert after.tree_hash().hex() == case["tree_hash_after"]
    assert tree.tree_hash().hex() == case["tree_hash_before"], "the old tree is as it was"
