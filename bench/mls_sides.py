"""The two sides of `bench.mls`, with the same verbs: ours, and mls-rs by its Python binding."""

from __future__ import annotations

import importlib
import importlib.util
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from havre import mls
from havre.mls.tree.nodes import ParentNode

NOW = 1_700_000_000
DATA = b"x" * 300


class Scene(Protocol):
    """A group of some size with its creator and one more member at hand; times in seconds."""

    added: float
    joined: float

    def encrypt(self) -> None: ...
    def decrypt(self) -> None: ...
    def commit(self) -> None: ...
    def process(self) -> None: ...


class Side(Protocol):
    """One implementation."""

    name: str

    def key_package(self) -> object: ...
    def create(self) -> object: ...
    def add(self, count: int) -> float: ...
    def join(self, size: int) -> float: ...
    def scene(self, size: int) -> Scene: ...


def clocked(action: Callable[[], Any]) -> tuple[float, Any]:
    """Give an action's time and result."""
    started = time.perf_counter()
    result = action()
    return time.perf_counter() - started, result


class Ours:
    """havre.mls."""

    def __init__(self, suite: int, name: str) -> None:
        self.name = name
        self.suite = mls.cipher_suite(suite)
        self.signer = self.suite.generate_signature_key()

    def _bundle(self, number: int) -> mls.KeyPackageBundle:
        signer = self.suite.generate_signature_key()
        credential = mls.BasicCredential(f"member {number}".encode())
        return mls.create_key_package(self.suite, credential, signer, mls.Lifetime(NOW - 1000, NOW + 1000))

    def key_package(self) -> object:
        credential = mls.BasicCredential(b"alice")
        lifetime = mls.Lifetime(NOW - 1000, NOW + 1000)
        return mls.create_key_package(self.suite, credential, self.signer, lifetime)

    def create(self) -> mls.Group:
        return mls.create_group(self.suite, b"a group", mls.BasicCredential(b"alice"), self.signer)

    def _add(self, count: int) -> tuple[float, mls.CommitResult, list[mls.KeyPackageBundle]]:
        bundles = [self._bundle(number) for number in range(count)]
        # The other side gets its key packages as objects too, but decodes them within.
        messages = [bundle.message for bundle in bundles]
        group = self.create()
        took, result = clocked(lambda: group.commit([mls.decode_key_package(message) for message in messages], now=NOW))
        return took, result, bundles

    def add(self, count: int) -> float:
        return self._add(count)[0]

    def join(self, size: int) -> float:
        _, result, bundles = self._add(size - 1)
        return clocked(lambda: mls.join(result.welcome or b"", bundles[0], NOW))[0]

    def scene(self, size: int) -> Scene:
        return OurScene(*self._add(size - 1))


class OurScene:
    """A group with its creator and its second member."""

    def __init__(self, added: float, result: mls.CommitResult, bundles: list[mls.KeyPackageBundle]) -> None:
        self.added = added
        self.creator = result.group
        self.joined, joined = clocked(lambda: mls.join(result.welcome or b"", bundles[0], NOW))
        self.member: mls.Group = joined.group
        self.messages: list[bytes] = []
        self.commits: list[bytes] = []

    def encrypt(self) -> None:
        self.creator, message = self.creator.encrypt(DATA)
        self.messages.append(message)

    def decrypt(self) -> None:
        self.member = self._taken(self.messages.pop(0))

    def commit(self) -> None:
        result = self.creator.commit()
        self.creator = result.group
        self.commits.append(result.message)

    def process(self) -> None:
        self.member = self._taken(self.commits.pop(0))

    def _taken(self, message: bytes) -> mls.Group:
        group = self.member.process(message, NOW).group
        assert group is not None
        return group


def fill_tree(scene: Scene) -> None:
    """Put a key on every blank parent, as if everybody had committed."""
    assert isinstance(scene, OurScene)
    tree = scene.creator.state.public.tree
    editor = tree.edit()
    provider = tree.suite.provider
    for index in range(1, 2 * tree.leaf_count - 1, 2):
        if editor.node(index) is None and editor.resolution(index):
            editor.set(index, ParentNode(provider.generate_encryption_key().public, b"", ()))
    full = editor.freeze()
    full.tree_hash()
    for name in ("creator", "member"):
        state = getattr(scene, name).state
        setattr(scene, name, mls.Group(replace(state, public=replace(state.public, tree=full))))


class Rust:
    """mls-rs."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.library: Any = importlib.import_module("mls_rs_uniffi")
        self.client = self._client(0)

    @staticmethod
    def is_here() -> bool:
        return importlib.util.find_spec("mls_rs_uniffi") is not None

    def _client(self, number: int) -> Any:
        library = self.library
        keys = library.generate_signature_keypair(library.CipherSuite.CURVE25519_AES128)
        return library.Client(f"member {number}".encode(), keys, library.client_config_default())

    def key_package(self) -> object:
        return self.client.generate_key_package_message()

    def create(self) -> Any:
        return self.client.create_group(None)

    def _add(self, count: int) -> tuple[float, Any, Any, list[Any]]:
        clients = [self._client(number) for number in range(1, count + 1)]
        packages = [client.generate_key_package_message() for client in clients]
        group = self.create()
        took, output = clocked(lambda: group.add_members(packages))
        group.process_incoming_message(output.commit_message)
        return took, group, output, clients

    def add(self, count: int) -> float:
        return self._add(count)[0]

    def join(self, size: int) -> float:
        _, _, output, clients = self._add(size - 1)
        return clocked(lambda: clients[0].join_group(None, output.welcome_message))[0]

    def scene(self, size: int) -> Scene:
        return RustScene(*self._add(size - 1))


class RustScene:
    """A group with its creator and its second member."""

    def __init__(self, added: float, group: Any, output: Any, clients: list[Any]) -> None:
        self.added = added
        self.creator = group
        self.joined, joined = clocked(lambda: clients[0].join_group(None, output.welcome_message))
        self.member: Any = joined.group
        self.messages: list[Any] = []
        self.commits: list[Any] = []

    def encrypt(self) -> None:
        self.messages.append(self.creator.encrypt_application_message(DATA))

    def decrypt(self) -> None:
        self.member.process_incoming_message(self.messages.pop(0))

    def commit(self) -> None:
        message = self.creator.commit().commit_message
        self.creator.process_incoming_message(message)
        self.commits.append(message)

    def process(self) -> None:
        self.member.process_incoming_message(self.commits.pop(0))
