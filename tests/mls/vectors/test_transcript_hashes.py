from havre.mls import codec
from havre.mls.crypto.suite import cipher_suite
from havre.mls.framing.content import read_authenticated_content
from havre.mls.schedule.transcript import confirmed_transcript_hash, interim_transcript_hash
from tests.mls.vectors.source import Case, cases, need, unhex


@cases("transcript-hashes")
def test_hashes(case: Case | None) -> None:
    case = need(case)
    suite = cipher_suite(case["cipher_suite"])
    content = codec.decode_all(unhex(case["authenticated_content"]), read_authenticated_content)
    assert content.encode().hex() == case["authenticated_content"]
    before = unhex(case["interim_transcript_hash_before"])
    confirmed = confirmed_transcript_hash(suite, before, content.wire_format, content.framed.encoded, content.signature)
    assert confirmed.hex() == case["confirmed_transcript_hash_after"]
    tag = suite.mac(unhex(case["confirmation_key"]), confirmed)
    assert tag == content.confirmation_tag
    assert interim_transcript_hash(suite, confirmed, tag).hex() == case["interim_transcript_hash_after"]
