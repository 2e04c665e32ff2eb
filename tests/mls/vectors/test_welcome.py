from havre import mls
from havre.mls.crypto.suite import cipher_suite
from havre.mls.framing.message import decode_message
from havre.mls.group_info import Welcome
from havre.mls.key_package_bundle import KeyPackageBundle
from havre.mls.schedule.key_schedule import derive_epoch
from havre.mls.welcome import open_group_info, open_group_secrets
from tests.mls.vectors.source import Case, cases, need, unhex


@cases("welcome")
def test_opened(case: Case | None) -> None:
    case = need(case)
    suite = cipher_suite(case["cipher_suite"])
    key_package = mls.decode_key_package(unhex(case["key_package"]))
    bundle = KeyPackageBundle(
        key_package,
        unhex(case["init_priv"]),
        b"",
        mls.SignatureKeyPair(b"", key_package.leaf_node.signature_key),
    )
    welcome = decode_message(unhex(case["welcome"]))
    assert isinstance(welcome, Welcome)
    secrets = open_group_secrets(suite, welcome, bundle)
    info = open_group_info(suite, welcome, secrets, suite.zero)
    assert info.is_signed(suite, unhex(case["signer_pub"]))
    context = info.group_context
    epoch, _ = derive_epoch(suite, secrets.joiner_secret, suite.zero, context.encoded)
    assert suite.mac(epoch.confirmation_key, context.confirmed_transcript_hash) == info.confirmation_tag
