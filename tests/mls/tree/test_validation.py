"""Work that a stranger's input can cause grows no faster than the input."""

from __future__ import annotations

import time

from havre import mls

NOW = 1_700_000_000


def checking(size: int) -> float:
    """Give the processor time it takes to check a key package with so many extensions, all listed."""
    suite = mls.cipher_suite(mls.X25519_AES128GCM_SHA256_ED25519)
    kinds = tuple(range(0x1000, 0x1000 + size))
    bundle = mls.create_key_package(
        suite,
        mls.BasicCredential(b"stranger"),
        suite.generate_signature_key(),
        mls.Lifetime(NOW, NOW + 60),
        leaf_extensions=[mls.Extension(kind, b"") for kind in kinds],
        capabilities=mls.Capabilities(extensions=kinds, cipher_suites=(suite.id,)),
    )
    times = []
    for _ in range(3):
        begun = time.process_time()
        mls.check_key_package(mls.decode_key_package(bundle.message), NOW)
        times.append(time.process_time() - begun)
    return min(times)


def test_a_leaf_with_many_extensions_takes_linear_time() -> None:
    assert checking(16_000) < 10 * checking(4_000)
