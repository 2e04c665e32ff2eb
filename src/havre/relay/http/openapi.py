"""The OpenAPI description, made from the route table and the wire's own types, and a page for people to read."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from html import escape
from typing import Any, Final

import msgspec

from havre.relay.http.endpoint import Endpoint
from havre.wire.directory import SEQUENCE_HEADER, SIGNATURE_HEADER
from havre.wire.refusals import STATUS, Code, Refusal
from havre.wire.sizes import ACCOUNT_BYTES, BLOB_BYTES, DEVICE_BYTES, HASH_BYTES

_ID_BYTES: Final = {"account": ACCOUNT_BYTES, "device": DEVICE_BYTES, "name": HASH_BYTES, "blob": BLOB_BYTES}
_REF: Final = "#/components/schemas/{name}"
_STYLE: Final = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "code,pre{font-family:ui-monospace,monospace}pre{overflow:auto;background:#f4f4f4;padding:1rem}"
    "section{border-top:1px solid #ccc;padding:.5rem 0}"
)
CSP: Final = (
    "default-src 'none'; style-src 'sha256-"
    + b64encode(sha256(_STYLE.encode()).digest()).decode()
    + "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def describe(endpoints: tuple[Endpoint, ...], version: str) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of these endpoints."""
    kinds = {kind for e in endpoints for kind in (e.takes, e.gives) if kind is not None} | {Refusal}
    _, components = msgspec.json.schema_components(sorted(kinds, key=lambda kind: kind.__name__), ref_template=_REF)
    paths: dict[str, Any] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Havre relay", "version": version},
        "paths": paths,
        "components": {"schemas": components},
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "summary": endpoint.summary,
        "parameters": [*_path_parameters(endpoint), *_headers(endpoint)],
        "responses": _responses(endpoint),
    }
    if endpoint.takes is not None:
        operation["requestBody"] = {"required": True, "content": _content(endpoint.takes)}
    return operation


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    good = {"description": endpoint.summary}
    if endpoint.gives is not None:
        good |= {"content": _content(endpoint.gives)}  # type: ignore[dict-item]  # JSON is not one type
    responses: dict[str, Any] = {"200" if endpoint.gives or endpoint.method in ("GET", "HEAD") else "204": good}
    for code in _refusals(endpoint):
        status = str(STATUS[code])
        former = responses.get(status, {}).get("description")
        words = f"{former}, {code.value}" if former else code.value
        responses[status] = {"description": words, "content": _content(Refusal)}
    return responses


def _refusals(endpoint: Endpoint) -> list[Code]:
    """Any request may come when the relay is busy, and any id in a path may be none."""
    always = [Code.BUSY] + [Code.MALFORMED] * ("{" in endpoint.path)
    return [*endpoint.refuses, *(code for code in always if code not in endpoint.refuses)]


def _content(kind: type) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": _REF.format(name=kind.__name__)}}}


def _path_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    names = [part[1:-1] for part in endpoint.path.split("/") if part.startswith("{")]
    return [{"name": name, "in": "path", "required": True, "schema": _hex(_ID_BYTES[name])} for name in names]


def _hex(size: int) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^[0-9a-f]{{{2 * size}}}$"}


def _headers(endpoint: Endpoint) -> list[dict[str, Any]]:
    if not endpoint.signed:
        return []
    return [
        {"name": SIGNATURE_HEADER, "in": "header", "required": True, "schema": {"type": "string"}},
        {"name": SEQUENCE_HEADER, "in": "header", "required": True, "schema": {"type": "integer"}},
    ]


def page(document: dict[str, Any]) -> str:
    """Return the document as an HTML page that needs no script."""
    sections = [
        _section(method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    schemas = escape(msgspec.json.format(msgspec.json.encode(document["components"]["schemas"])).decode())
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Havre relay: the HTTP API</title>'
        f"<style>{_STYLE}</style><h1>Havre relay: the HTTP API</h1>"
        '<p>For programs: <a href="/v1/openapi.json">openapi.json</a>.</p>'
        f"{''.join(sections)}<h2>Types</h2><pre>{schemas}</pre></html>"
    )


def _section(method: str, path: str, operation: dict[str, Any]) -> str:
    answers = "".join(
        f"<li><code>{status}</code> {escape(response['description'])}</li>"
        for status, response in operation["responses"].items()
    )
    headers = [p["name"] for p in operation["parameters"] if p["in"] == "header"]
    signed = f"<p>Headers: <code>{escape(', '.join(headers))}</code></p>" if headers else ""
    summary = escape(operation["summary"])
    return f"<section><h2><code>{method} {escape(path)}</code></h2><p>{summary}</p>{signed}<ul>{answers}</ul></section>"
