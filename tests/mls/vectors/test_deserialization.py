from havre.mls import codec
from tests.mls.vectors.source import Case, cases, need, unhex


@cases("deserialization")
def test_vector_length(case: Case | None) -> None:
    case = need(case)
    header = unhex(case["vlbytes_header"])
    assert codec.read_varint(header, 0) == (case["length"], len(header))
    assert codec.varint(case["length"]) == header
