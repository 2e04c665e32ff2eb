"""What the description of the HTTP API promises, held against what the relay does with requests made from it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.relay.rig import RelayProcess

EXAMPLES = 30
"""Of requests for each endpoint."""
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def examine(relay: RelayProcess, examples: int) -> None:
    """Make requests for each endpoint, those that fit the description and those that do not."""
    document = httpx.get(f"{relay.http}/v1/openapi.json").json()
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=relay.http)
    seen = 0
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()
        seen += 1
        good = operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE)
        bad = operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)

        @given(case=good | bad)
        @settings(
            max_examples=examples,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def check(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate(checks=CHECKS, timeout=60)

        check()
    assert seen == sum(len(methods) for methods in document["paths"].values()), "no endpoint is left out"


@pytest.mark.long
def test_the_relay_does_what_its_description_says(relay: RelayProcess) -> None:
    examine(relay, EXAMPLES)
