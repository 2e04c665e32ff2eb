"""mls-rs's side of a mixed group, by the wheel `agentvault-mls-rs-uniffi`."""

from __future__ import annotations

import importlib
from typing import Any

from tests.mls.interop.history import Sent


class RustPeer:
    """A member by mls-rs."""

    def __init__(self, name: str) -> None:
        self.library: Any = importlib.import_module("mls_rs_uniffi")
        self.name = name
        keys = self.library.generate_signature_keypair(self.library.CipherSuite.CURVE25519_AES128)
        self.client = self.library.Client(name.encode(), keys, self.library.client_config_default())
        self.group: Any = None
        self.known: dict[str, Any] = {}

    def key_package(self) -> bytes:
        return bytes(self.client.generate_key_package_message().to_bytes())

    def create(self) -> None:
        self.group = self.client.create_group(None)

    def join(self, welcome: bytes) -> None:
        self.group = self.client.join_group(None, self.message(welcome)).group

    def message(self, data: bytes) -> Any:
        return self.library.Message.from_bytes(data)

    def process(self, message: bytes) -> bytes | None:
        got = self.group.process_incoming_message(self.message(message))
        if not got.is_application_message():
            return None
        data = bytes(got.data)
        if data.startswith(b"member "):
            self.known[data.decode()] = got.sender
        return data

    def encrypt(self, data: bytes) -> bytes:
        return bytes(self.group.encrypt_application_message(data).to_bytes())

    def commit(self, add: list[bytes], remove: list[str]) -> Sent:
        if add:
            output = self.group.add_members([self.message(key_package) for key_package in add])
        elif remove:
            output = self.group.remove_members([self.known[name] for name in remove])
        else:
            output = self.group.commit()
        welcome = output.welcome_message
        return Sent(bytes(output.commit_message.to_bytes()), welcome and bytes(welcome.to_bytes()))

    def commit_accepted(self, sent: Sent) -> None:
        self.group.process_incoming_message(self.message(sent.commit))

    def propose_remove(self, name: str) -> bytes:
        return bytes(self.group.propose_remove_members([self.known[name]])[0].to_bytes())

    def propose_add(self, key_package: bytes) -> bytes:
        return bytes(self.group.propose_add_members([self.message(key_package)])[0].to_bytes())

    def propose_update(self) -> bytes | None:
        return None

    def agreed(self) -> list[bytes]:
        return [bytes(self.group.export_secret(b"interop", b"context", 32))]
