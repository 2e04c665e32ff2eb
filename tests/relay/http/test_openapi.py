"""The description that programs read and the page that people read."""

from __future__ import annotations

import re
from typing import Any

import httpx

from havre.relay.http.routes import ENDPOINTS
from havre.wire.refusals import STATUS


def references(value: Any) -> set[str]:
    """Return the names of all types that a document refers to."""
    if isinstance(value, dict):
        own = {value["$ref"].rsplit("/", 1)[1]} if "$ref" in value else set()
        return own.union(*map(references, value.values()))
    return set().union(*map(references, value)) if isinstance(value, list) else set()


def test_every_endpoint_is_described_and_every_type_defined(http: httpx.Client) -> None:
    document = http.get("/v1/openapi.json").json()
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert described == {(endpoint.method, endpoint.path) for endpoint in ENDPOINTS}
    assert references(document) <= set(document["components"]["schemas"])
    signup = document["paths"]["/v1/accounts/{account}"]["put"]
    assert {parameter["name"] for parameter in signup["parameters"]} == {
        "account",
        "Havre-Signature",
        "Havre-Sequence",
    }
    assert set(signup["responses"]) >= {"204", "400", "401", "409"}


def test_statuses_are_those_of_the_codes(http: httpx.Client) -> None:
    document = http.get("/v1/openapi.json").json()
    for methods in document["paths"].values():
        for operation in methods.values():
            for status, response in operation["responses"].items():
                if int(status) >= 400:
                    codes = set(response["description"].split(", "))
                    assert codes <= {code.value for code, number in STATUS.items() if number == int(status)}


def test_the_page_needs_nothing_from_elsewhere_and_runs_no_script(http: httpx.Client) -> None:
    answer = http.get("/docs")
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "script" not in answer.text.lower().replace("description", "")
    assert not re.search(r"(src|href)=\"(https?:)?//", answer.text)
    assert all(endpoint.path in answer.text for endpoint in ENDPOINTS)
