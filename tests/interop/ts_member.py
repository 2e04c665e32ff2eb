"""A member by ts-mls, in a node process that many members share."""

from __future__ import annotations

import base64
import itertools
import json
import subprocess
from collections.abc import Sequence
from typing import Any

from tests.interop.member import CONTEXT, LABEL, LENGTH, Agreement, Committed, Identity
from tests.interop.node import PEERS, find_node


class TsError(Exception):
    """What ts-mls refused, in its words."""


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


class TsProcess:
    """The node process; one request, one answer."""

    def __init__(self) -> None:
        node = find_node()
        if node is None or not (PEERS / "node_modules" / "ts-mls").is_dir():
            raise FileNotFoundError("ts-mls is not installed")
        self._ids = itertools.count()
        self._process = subprocess.Popen(
            [str(node), "ts_member.mjs"], cwd=PEERS, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def new_id(self) -> int:
        """Give a number for a new member."""
        return next(self._ids)

    def call(self, op: str, id: int, **arguments: Any) -> dict[str, Any]:
        """Have one operation done; raises `TsError`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"op": op, "id": id, **arguments}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the ts-mls process ended with {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise TsError(answer["error"])
        return answer

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=60)


class TsMember:
    """One member of one group by ts-mls."""

    kind = "ts-mls"

    def __init__(self, process: TsProcess, name: str, suite: int = 1) -> None:
        self._process = process
        self._id = process.new_id()
        made = process.call("member", self._id, suite=suite, name=_text(name.encode()))
        self.identity = Identity(name, base64.b64decode(made["key"]))

    def _call(self, op: str, **arguments: Any) -> dict[str, Any]:
        return self._process.call(op, self._id, **arguments)

    def _give(self, field: str, op: str, **arguments: Any) -> bytes:
        return base64.b64decode(self._call(op, **arguments)[field])

    def key_package(self) -> bytes:
        return self._give("keyPackage", "keyPackage")

    def create(self, group: bytes) -> None:
        self._call("create", group=_text(group))

    def join(self, welcome: bytes) -> None:
        self._call("join", welcome=_text(welcome))

    def commit(
        self,
        adds: Sequence[bytes] = (),
        removes: Sequence[Identity] = (),
        public: bool = False,
        path: bool = False,
        psks: Sequence[bytes] = (),
        reinit: bytes | None = None,
    ) -> Committed:
        more = {} if reinit is None else {"reinit": _text(reinit)}
        made = self._call(
            "commit",
            adds=[_text(add) for add in adds],
            removes=[_text(identity.key) for identity in removes],
            psks=[_text(psk) for psk in psks],
            public=public,
            **more,
        )
        welcome = made.get("welcome")
        return Committed(base64.b64decode(made["commit"]), base64.b64decode(welcome) if welcome else None)

    def accept(self) -> None:
        self._call("accept")

    def propose(self, add: bytes | None = None, remove: Identity | None = None, public: bool = False) -> bytes:
        if add is not None:
            return self._give("message", "propose", adds=[_text(add)], public=public)
        if remove is not None:
            return self._give("message", "propose", removes=[_text(remove.key)], public=public)
        raise NotImplementedError("ts-mls has no place for the new key of an Update proposal")

    def process(self, message: bytes) -> None:
        self._call("process", message=_text(message))

    def encrypt(self, data: bytes) -> bytes:
        return self._give("message", "encrypt", data=_text(data))

    def decrypt(self, message: bytes) -> bytes:
        return self._give("data", "process", message=_text(message))

    def agreement(self) -> Agreement | None:
        secrets = self._call("secrets", label=LABEL, context=_text(CONTEXT), length=LENGTH)
        return Agreement(base64.b64decode(secrets["authenticator"]), base64.b64decode(secrets["secret"]))

    def agrees(self, other: Agreement) -> bool:
        return self.agreement() == other

    def group_info(self) -> bytes:
        """Give what somebody outside needs to join by an external commit."""
        return self._give("groupInfo", "groupInfo")

    def join_external(self, group_info: bytes, resync: bool = False) -> bytes:
        """Join by an external commit, which is given."""
        return self._give("commit", "joinExternal", groupInfo=_text(group_info), resync=resync)

    def add_psk(self, psk: bytes, secret: bytes) -> None:
        """Know an external pre-shared key from now on."""
        self._call("psk", psk=_text(psk), secret=_text(secret))

    def succeed(self) -> None:
        """Turn to the successor of the group that was reinitialised."""
        self._call("succeed")
