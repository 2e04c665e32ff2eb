"""Seeded random lives of groups whose members are by different implementations."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from havre.mls import registries
from tests.interop.havre_member import HavreMember
from tests.interop.history import Factory, History
from tests.interop.ts_member import TsMember, TsProcess

pytestmark = pytest.mark.interop

Record = Callable[[str, object], None]
SEEDS = range(int(os.environ.get("INTEROP_SEEDS", "20")))
STEPS = 200
TS_STRICT = frozenset({"ts-mls"})
CLASSICAL = registries.X25519_AES128GCM_SHA256_ED25519
POST_QUANTUM = registries.MLKEM768X25519_AES128GCM_SHA256_ED25519


def ts_factory(process: TsProcess, suite: int) -> Factory:
    """Give what makes members by ts-mls."""
    return lambda name: TsMember(process, name, suite)


def havre_factory(suite: int) -> Factory:
    """Give what makes members of ours."""
    return lambda name: HavreMember(name, suite)


def mls_rs_factory() -> Factory:
    """Give what makes members by mls-rs, which only `make interop` installs."""
    from tests.interop.mls_rs_member import MlsRsMember

    return MlsRsMember


def run(
    group: str,
    seed: int,
    factories: dict[str, Factory],
    request: pytest.FixtureRequest,
    record_property: Record,
) -> None:
    """Run one history and leave its account for the summary; a failure says how to repeat it alone."""
    try:
        report = History(seed, factories, TS_STRICT).run(STEPS)
    except Exception as error:
        environment = f"HAVRE_INTEROP=required INTEROP_SEEDS={len(SEEDS)}"
        error.add_note(f"seed {seed}; alone: {environment} .venv/bin/pytest '{request.node.nodeid}'")
        raise
    record_property("history", group)
    for name, count in report.counts().items():
        record_property(name, count)


@pytest.mark.usefixtures("mls_rs")
@pytest.mark.parametrize("seed", SEEDS)
def test_with_mls_rs(seed: int, request: pytest.FixtureRequest, record_property: Record) -> None:
    factories = {"havre": havre_factory(CLASSICAL), "mls-rs": mls_rs_factory()}
    run("Havre and mls-rs", seed, factories, request, record_property)


@pytest.mark.parametrize("seed", SEEDS)
def test_with_ts_mls(seed: int, ts_mls: TsProcess, request: pytest.FixtureRequest, record_property: Record) -> None:
    factories = {"havre": havre_factory(CLASSICAL), "ts-mls": ts_factory(ts_mls, CLASSICAL)}
    run("Havre and ts-mls", seed, factories, request, record_property)


@pytest.mark.parametrize("seed", SEEDS[: max(1, len(SEEDS) // 5)])
def test_post_quantum_with_ts_mls(
    seed: int, ts_mls: TsProcess, request: pytest.FixtureRequest, record_property: Record
) -> None:
    factories = {"havre": havre_factory(POST_QUANTUM), "ts-mls": ts_factory(ts_mls, POST_QUANTUM)}
    run("Havre and ts-mls, post-quantum", seed, factories, request, record_property)


@pytest.mark.usefixtures("mls_rs")
@pytest.mark.parametrize("seed", SEEDS[: max(1, len(SEEDS) // 5)])
def test_with_both(seed: int, ts_mls: TsProcess, request: pytest.FixtureRequest, record_property: Record) -> None:
    factories = {
        "havre": havre_factory(CLASSICAL),
        "mls-rs": mls_rs_factory(),
        "ts-mls": ts_factory(ts_mls, CLASSICAL),
    }
    run("Havre, mls-rs and ts-mls", seed, factories, request, record_property)
