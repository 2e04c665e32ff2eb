from havre.mls.crypto.suite import cipher_suite
from havre.mls.schedule.psk import ExternalPskId, psk_secret
from tests.mls.vectors.source import Case, cases, need, unhex


@cases("psk_secret")
def test_psk_secret(case: Case | None) -> None:
    case = need(case)
    psks = [(ExternalPskId(unhex(psk["psk_id"]), unhex(psk["psk_nonce"])), unhex(psk["psk"])) for psk in case["psks"]]
    assert psk_secret(cipher_suite(case["cipher_suite"]), psks).hex() == case["psk_secret"]
