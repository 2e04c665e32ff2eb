"""Metrics: all that they may say is listed here, and none of it says anything about anybody."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import httpx
import pytest
from picows import WSError
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from havre.relay.metrics import SECONDS, SIZES
from havre.wire.refusals import Code
from havre.wire.status import State
from havre.wire.stream import Append, Create, Subscribe, Subscription
from tests.relay.crowd import crowd, strained_relay
from tests.relay.rig import Person, Queue, RelayProcess, Stream, run, running_relay, visit
from tests.relay.test_process import assert_one_sentence, start
from tests.relay.waiting import await_that

ALLOWED: dict[str, dict[str, set[str]]] = {
    "havre_state": {"state": {state.value for state in State}},
    "havre_refusals": {"code": {code.value for code in Code}},
    "havre_commands": {},
    "havre_sign_ups_admitted": {},
    "havre_sign_ups_lined_up": {},
    "havre_connections": {},
    "havre_queues_followed": {},
    "havre_pending": {},
    "havre_loop_lag_seconds": {},
    "havre_sign_ups_waiting": {},
    "havre_sign_up_rate": {},
    "havre_uploads": {},
    "havre_peers": {},
    "havre_memory_bytes": {},
    "havre_disk_free_bytes": {},
    "havre_store_bytes": {},
    "havre_commit_seconds": {"le": {str(float(bound)) for bound in SECONDS} | {"+Inf"}},
    "havre_commit_seconds_created": {},
    "havre_batch_size": {"le": {str(float(bound)) for bound in SIZES} | {"+Inf"}},
    "havre_batch_size_created": {},
}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        port: int = one.getsockname()[1]
        return port


def scrape(port: int) -> dict[str, Metric]:
    answer = httpx.get(f"http://127.0.0.1:{port}/metrics")
    assert answer.status_code == 200
    return {metric.name: metric for metric in text_string_to_metric_families(answer.text)}


def value(metrics: dict[str, Metric], name: str, **labels: str) -> float:
    samples = [one for one in metrics[name].samples if labels.items() <= one.labels.items()]
    return float(samples[0].value)


def test_nothing_is_said_but_what_is_listed_and_all_of_that(tmp_path: Path) -> None:
    person, queue = Person(), Queue()

    async def scene(url: str) -> None:
        stream = await Stream.open(url)
        await stream.ask(Create, queue.id, queue.hashes, 0)
        await stream.ask(Subscribe, [Subscription(queue.id, queue.secrets.read, 0)])
        await stream.ask(Append, queue.id, queue.secrets.write, os.urandom(16), b"x")
        await stream.ask(Append, queue.id, bytes(32), os.urandom(16), b"x")
        metrics = scrape(port)
        assert value(metrics, "havre_connections") == 1
        assert value(metrics, "havre_queues_followed") == 1
        assert value(metrics, "havre_refusals", code="capability") == 1

    port = free_port()
    with running_relay(tmp_path / "data", metrics_port=port) as relay, visit(relay.http) as http:
        person.join(http)
        http.get(f"/v1/names/{os.urandom(32).hex()}")
        run(scene(relay.stream))
        metrics = scrape(port)
    assert set(metrics) == set(ALLOWED)
    for name, metric in metrics.items():
        for sample in metric.samples:
            assert set(sample.labels) <= set(ALLOWED[name])
            assert all(said in ALLOWED[name][label] for label, said in sample.labels.items())
    assert value(metrics, "havre_refusals", code="unknown") == 1
    assert value(metrics, "havre_sign_ups_admitted") == 1
    assert sum(value(metrics, "havre_state", state=state.value) for state in State) == 1
    assert value(metrics, "havre_commands") >= 5
    assert value(metrics, "havre_commit_seconds", le="+Inf") >= 4
    assert value(metrics, "havre_store_bytes") > 0
    assert value(metrics, "havre_disk_free_bytes") > 0
    assert value(metrics, "havre_memory_bytes") > 10_000_000


def test_every_refusal_is_counted_whoever_gives_it(tmp_path: Path) -> None:
    """By a handler, by the table of routes, by the gate to a connection and to a stream, by a full house."""
    port = free_port()

    def refused(code: str) -> float:
        return value(scrape(port), "havre_refusals", code=code)

    async def turned_away(url: str) -> None:
        with pytest.raises(WSError):
            await Stream.connect(url)

    async def scene(relay: RelayProcess) -> None:
        await Stream.open(relay.stream)
        await turned_away(relay.stream)  # the house is full
        assert refused("busy") == 1
        with socket.create_connection(("127.0.0.1", relay.port)):
            await turned_away(relay.stream)  # so is the place of this network
        assert refused("busy") >= 2, "who left may be counted among its peer's connections for a moment"

    bounds = {"max_connections": 1, "peer_connections": 2}
    with running_relay(tmp_path / "data", metrics_port=port, **bounds) as relay:
        with visit(relay.http) as http:
            assert http.get("/v1/nothing").status_code == 404
            assert refused("unknown") == 1
            assert http.delete("/v1/relay").status_code == 405
            assert refused("not-allowed") == 1
        await_that(lambda: value(scrape(port), "havre_peers") == 0)
        run(scene(relay))


def test_who_waits_is_counted(tmp_path: Path) -> None:
    port = free_port()
    with strained_relay(tmp_path, metrics_port=port) as relay, visit(relay.http) as http:
        for _ in range(100):  # they are called meanwhile, all of them if nobody comes for a while
            crowd(http, 5)
            if value(metrics := scrape(port), "havre_sign_ups_waiting"):
                break
    assert value(metrics, "havre_state", state="busy") == 1
    assert value(metrics, "havre_sign_ups_lined_up") >= 5
    assert value(metrics, "havre_sign_ups_waiting") >= 1
    assert value(metrics, "havre_sign_up_rate") >= 1
    assert value(metrics, "havre_refusals", code="waiting") >= 5


def test_the_public_port_has_none(http: httpx.Client) -> None:
    assert http.get("/metrics").status_code == 404


def test_a_port_for_them_that_is_taken_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = start("--data", str(tmp_path), "--port", "0", metrics_port=str(port))
    assert_one_sentence(result, f"cannot serve metrics on 127.0.0.1 port {port}: Address already in use")


@pytest.mark.parametrize("host", ["nowhere", "localhost"])
def test_their_address_is_an_address(tmp_path: Path, host: str) -> None:
    assert_one_sentence(start("--data", str(tmp_path), "--port", "0", metrics_host=host), "metrics_host")
