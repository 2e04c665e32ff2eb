from havre.mls import codec
from havre.mls.commit.apply import Applied
from havre.mls.commit.path import create_path, merge_update_path, take_path
from havre.mls.crypto.suite import CipherSuite, KeyPair, SignatureKeyPair, cipher_suite
from havre.mls.schedule.group_context import GroupContext
from havre.mls.state import PublicState
from havre.mls.tree import math
from havre.mls.tree.ratchet_tree import RatchetTree, decode_ratchet_tree
from havre.mls.tree.treekem import PrivateKeys, UpdatePath, derive_path, read_update_path
from havre.mls.tree.validation import GroupRequirements
from tests.mls.vectors.source import Case, cases, need, unhex


def private_keys(suite: CipherSuite, tree: RatchetTree, given: Case) -> dict[int, KeyPair]:
    own = 2 * given["index"]
    keys = {own: suite.provider.encryption_key(unhex(given["encryption_priv"]))}
    for entry in given["path_secrets"]:
        keys[entry["node"]] = derive_path(suite, unhex(entry["path_secret"]), 1).keys[0]
    for index, pair in keys.items():
        node = tree.node(index)
        assert node is not None
        assert node.encryption_key == pair.public
        assert math.is_below(own, index)
    return keys


def state(case: Case, tree: RatchetTree) -> tuple[PublicState, Applied]:
    suite = tree.suite
    hashes = tree.tree_hash(), unhex(case["confirmed_transcript_hash"])
    # The vectors' epoch is the one whose GroupContext encrypts the path, which is the one to come.
    context = GroupContext(suite.id, unhex(case["group_id"]), case["epoch"] - 1, *hashes, ())
    requirements = GroupRequirements.of(suite.id, ())
    return PublicState(suite, context, tree, b"", b""), Applied(tree, (), requirements, (), (), ())


def taken_by_all(
    public: PublicState, applied: Applied, update: UpdatePath, sender: int, members: dict[int, PrivateKeys]
) -> tuple[RatchetTree, set[bytes]]:
    merged = merge_update_path(public, applied, update, sender, public.tree.leaf(sender))
    secrets = {
        take_path(public, applied, merged, update, leaf, keys).commit_secret
        for leaf, keys in members.items()
        if leaf != sender
    }
    return merged.tree, secrets


@cases("treekem")
def test_paths(case: Case | None) -> None:
    case = need(case)
    suite = cipher_suite(case["cipher_suite"])
    tree = decode_ratchet_tree(suite, unhex(case["ratchet_tree"]))
    public, applied = state(case, tree)
    members: dict[int, PrivateKeys] = {
        given["index"]: private_keys(suite, tree, given) for given in case["leaves_private"]
    }
    signers = {given["index"]: unhex(given["signature_priv"]) for given in case["leaves_private"]}
    for given in case["update_paths"]:
        sender = given["sender"]
        update = codec.decode_all(unhex(given["update_path"]), read_update_path)
        assert update.encode().hex() == given["update_path"]
        after, secrets = taken_by_all(public, applied, update, sender, members)
        assert {secret.hex() for secret in secrets} == {given["commit_secret"]}
        assert after.tree_hash().hex() == given["tree_hash_after"]
        own = tree.leaf(sender)
        assert own is not None
        signer = SignatureKeyPair(signers[sender], own.signature_key)
        ours = create_path(public, applied, sender, own, signer)
        after, secrets = taken_by_all(public, applied, ours.update, sender, members)
        assert secrets == {ours.secrets.commit_secret}
        assert after.tree_hash() == ours.tree.tree_hash()


@cases("treekem")
def test_path_secrets(case: Case | None) -> None:
    case = need(case)
    suite = cipher_suite(case["cipher_suite"])
    tree = decode_ratchet_tree(suite, unhex(case["ratchet_tree"]))
    public, applied = state(case, tree)
    for given in case["update_paths"]:
        update = codec.decode_all(unhex(given["update_path"]), read_update_path)
        merged = merge_update_path(public, applied, update, given["sender"], tree.leaf(given["sender"]))
        for member in case["leaves_private"]:
            expected = given["path_secrets"][member["index"]]
            if member["index"] == given["sender"]:
                assert expected is None
                continue
            keys = private_keys(suite, tree, member)
            taken = take_path(public, applied, merged, update, member["index"], keys)
            shared = math.common_ancestor(2 * member["index"], 2 * given["sender"])
            above = [
                index
                for index in (shared, *math.direct_path(shared, tree.leaf_count))
                if merged.tree.node(index) is not None
            ]
            derived = derive_path(suite, unhex(expected), len(above)).keys
            assert [taken.private_keys[index] for index in above] == list(derived)
