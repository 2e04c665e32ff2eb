"""The HTTP API, one row an endpoint; routing and documentation both come from this table."""

from __future__ import annotations

from typing import Final

from havre.relay.http import accounts, blobs, key_packages, names, status
from havre.relay.http.endpoint import Endpoint
from havre.wire.directory import (
    Named,
    NewBlob,
    Publish,
    Published,
    RelayInfo,
    SignUp,
    Stock,
    TakenAll,
    Upload,
)
from havre.wire.refusals import Code
from havre.wire.status import Readiness, Status

ACCOUNT: Final = "/v1/accounts/{account}"
DEVICE: Final = f"{ACCOUNT}/devices/{{device}}/key-packages"
NAME: Final = "/v1/names/{name}"
BLOB: Final = "/v1/blobs/{blob}"
_BAD: Final = (Code.MALFORMED, Code.SIGNATURE, Code.STALE, Code.UNKNOWN, Code.FULL, Code.BUSY)


ENDPOINTS: Final = (
    Endpoint("GET", "/healthz", status.health, "Whether the relay answers"),
    Endpoint("GET", "/readyz", status.ready, "Whether the relay takes everything; 503: not now", gives=Readiness),
    Endpoint("GET", "/status", status.status_page, "How the relay is, for people, in French or English"),
    Endpoint("GET", "/status.json", status.status, "How the relay is", gives=Status),
    Endpoint("GET", "/v1/relay", accounts.relay_info, "What to know before signing up", gives=RelayInfo),
    Endpoint(
        "PUT",
        ACCOUNT,
        accounts.sign_up,
        "Sign up: account, name, inbox and key packages at once; the same again is harmless",
        takes=SignUp,
        refuses=(*_BAD, Code.WAITING, Code.TAKEN, Code.NOT_ALLOWED, Code.OVERSIZED),
        signed=True,
    ),
    Endpoint(
        "GET",
        ACCOUNT,
        accounts.published,
        "An account's record, as its owner signed it",
        gives=Published,
        refuses=(Code.UNKNOWN,),
    ),
    Endpoint(
        "PUT",
        f"{ACCOUNT}/record",
        accounts.publish,
        "Replace the record by one with a higher sequence",
        takes=Publish,
        refuses=_BAD,
        signed=True,
    ),
    Endpoint(
        "DELETE",
        ACCOUNT,
        accounts.close,
        "Forget the account, its name, its key packages and its inbox",
        refuses=_BAD,
        signed=True,
    ),
    Endpoint("GET", NAME, names.find, "Whose name this is", gives=Named, refuses=(Code.UNKNOWN, Code.BUSY)),
    Endpoint(
        "PUT",
        NAME,
        names.claim,
        "Give an account this name instead of the one it has",
        takes=Named,
        refuses=(*_BAD, Code.TAKEN, Code.NOT_ALLOWED),
        signed=True,
    ),
    Endpoint("DELETE", NAME, names.free, "Free a name", refuses=_BAD, signed=True),
    *(
        Endpoint(
            method,
            DEVICE,
            key_packages.stock_up,
            "Add key packages of a device",
            takes=Upload,
            gives=Stock,
            refuses=_BAD,
            signed=True,
        )
        for method in ("PUT", "POST")
    ),
    Endpoint(
        "GET",
        DEVICE,
        key_packages.count,
        "How many one-time key packages a device has left",
        gives=Stock,
        refuses=(Code.MALFORMED, Code.SIGNATURE, Code.UNKNOWN),
        signed=True,
    ),
    Endpoint(
        "POST",
        f"{ACCOUNT}/key-packages/take",
        key_packages.take,
        "Take one key package of each device; a one-time one is handed out once",
        gives=TakenAll,
        refuses=(Code.UNKNOWN, Code.FULL, Code.BUSY),
    ),
    Endpoint(
        "POST",
        "/v1/blobs",
        blobs.reserve,
        "Reserve a name for an encrypted file; the same again is harmless",
        takes=NewBlob,
        refuses=(Code.MALFORMED, Code.OVERSIZED, Code.TAKEN, Code.FULL, Code.BUSY),
    ),
    Endpoint("HEAD", BLOB, blobs.progress, "How much of a file is here", refuses=(Code.UNKNOWN, Code.BUSY)),
    Endpoint(
        "PATCH",
        BLOB,
        blobs.upload,
        "The next bytes of a file, from Upload-Offset on; what arrived is kept",
        refuses=(Code.MALFORMED, Code.CAPABILITY, Code.UNKNOWN, Code.OFFSET, Code.OVERSIZED, Code.FULL, Code.BUSY),
    ),
    Endpoint("GET", BLOB, blobs.download, "A file, or a range of it", refuses=(Code.UNKNOWN, Code.OFFSET)),
    Endpoint("DELETE", BLOB, blobs.delete, "Forget a file", refuses=(Code.CAPABILITY, Code.UNKNOWN, Code.BUSY)),
)
