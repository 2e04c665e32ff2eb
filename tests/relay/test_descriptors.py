"""How descriptors are shared out: the store never goes short."""

from __future__ import annotations

import pytest

from havre.relay.descriptors import MANY, RESERVED, Descriptors


@pytest.mark.parametrize("most", [64, 256, 1024, 4096, 65536, MANY])
def test_connections_and_files_leave_enough_for_the_store(most: int) -> None:
    shares = Descriptors(most)
    assert 0 < shares.for_connections < shares.for_blobs < most
    assert 0 < shares.for_store < most - shares.for_blobs
    assert most - shares.for_connections <= RESERVED
