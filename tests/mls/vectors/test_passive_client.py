from havre import mls
from tests.mls.vectors.source import Case, cases, need, unhex


def bundle_of(case: Case) -> mls.KeyPackageBundle:
    key_package = mls.decode_key_package(unhex(case["key_package"]))
    provider = mls.cipher_suite(case["cipher_suite"]).provider
    signer = provider.signature_key(unhex(case["signature_priv"]))
    leaf, init = unhex(case["encryption_priv"]), unhex(case["init_priv"])
    assert signer.public == key_package.leaf_node.signature_key
    assert provider.encryption_key(leaf).public == key_package.leaf_node.encryption_key
    assert provider.encryption_key(init).public == key_package.init_key
    return mls.KeyPackageBundle(key_package, init, leaf, mls.SignatureKeyPair(signer.private, signer.public))


def replay(case: Case) -> None:
    psks = mls.Psks({unhex(psk["psk_id"]): unhex(psk["psk"]) for psk in case["external_psks"]})
    tree = unhex(case["ratchet_tree"]) if case["ratchet_tree"] else None
    group = mls.join(unhex(case["welcome"]), bundle_of(case), None, tree, psks=psks).group
    assert group.epoch_authenticator.hex() == case["initial_epoch_authenticator"]
    for epoch in case["epochs"]:
        for message in epoch["proposals"]:
            received = group.process(unhex(message), psks=psks)
            assert isinstance(received, mls.ReceivedProposal)
            group = received.group
        staged = group.process(unhex(epoch["commit"]), psks=psks)
        assert isinstance(staged, mls.StagedCommit)
        assert staged.group is not None
        group = staged.group
        assert group.epoch_authenticator.hex() == epoch["epoch_authenticator"]


@cases("passive-client-welcome")
def test_welcome(case: Case | None) -> None:
    replay(need(case))


@cases("passive-client-handling-commit")
def test_handling_commit(case: Case | None) -> None:
    replay(need(case))


@cases("passive-client-random")
def test_random(case: Case | None) -> None:
    replay(need(case))
