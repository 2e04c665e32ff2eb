from havre.mls import codec
from havre.mls.crypto.suite import cipher_suite
from havre.mls.schedule import key_schedule as schedule
from havre.mls.schedule.group_context import GroupContext, read_group_context
from tests.mls.vectors.source import Case, cases, need, unhex


@cases("key-schedule")
def test_epochs(case: Case | None) -> None:
    case = need(case)
    suite = cipher_suite(case["cipher_suite"])
    init_secret = unhex(case["initial_init_secret"])
    for number, epoch in enumerate(case["epochs"]):
        context = GroupContext(
            suite.id,
            unhex(case["group_id"]),
            number,
            unhex(epoch["tree_hash"]),
            unhex(epoch["confirmed_transcript_hash"]),
            (),
        )
        assert context.encoded.hex() == epoch["group_context"]
        assert codec.decode_all(context.encoded, read_group_context) == context
        joiner = schedule.joiner_secret(suite, init_secret, unhex(epoch["commit_secret"]), context.encoded)
        psk_secret = unhex(epoch["psk_secret"])
        secrets, encryption_secret = schedule.derive_epoch(suite, joiner, psk_secret, context.encoded)
        assert joiner.hex() == epoch["joiner_secret"]
        assert schedule.welcome_secret(suite, joiner, psk_secret).hex() == epoch["welcome_secret"]
        assert encryption_secret.hex() == epoch["encryption_secret"]
        for name in schedule.EpochSecrets.__slots__:
            assert getattr(secrets, name).hex() == epoch[name], name
        assert schedule.external_key_pair(suite, secrets).public.hex() == epoch["external_pub"]
        asked = epoch["exporter"]
        exported = schedule.exporter(suite, secrets, asked["label"], unhex(asked["context"]), asked["length"])
        assert exported.hex() == asked["secret"]
        init_secret = secrets.init_secret
