"""People for tests: clients with keys, and groups of them that take in each other's messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from havre import mls

NOW = 1_700_000_000
LIFETIME = mls.Lifetime(NOW - 100, NOW + 100)
SUITE = mls.cipher_suite(mls.X25519_AES128GCM_SHA256_ED25519)
PRIVATE_EXTENSION = 0xF0A0


@dataclass(frozen=True)
class Client:
    """Somebody with a signature key."""

    name: str
    suite: mls.CipherSuite
    signer: mls.SignatureKeyPair = field(repr=False)

    @property
    def credential(self) -> mls.BasicCredential:
        return mls.BasicCredential(self.name.encode())

    @property
    def capabilities(self) -> mls.Capabilities:
        return mls.default_capabilities(self.suite, (PRIVATE_EXTENSION, mls.LAST_RESORT))

    def bundle(self, lifetime: mls.Lifetime = LIFETIME) -> mls.KeyPackageBundle:
        return mls.create_key_package(
            self.suite, self.credential, self.signer, lifetime, capabilities=self.capabilities
        )

    def create(self, extensions: Sequence[mls.Extension] = (), settings: mls.GroupSettings | None = None) -> mls.Group:
        return mls.create_group(
            self.suite,
            b"a group",
            self.credential,
            self.signer,
            extensions=extensions,
            capabilities=self.capabilities,
            settings=settings,
        )


@lru_cache(maxsize=256)
def _client(name: str, suite: mls.CipherSuite) -> Client:
    return Client(name, suite, suite.generate_signature_key())


def client(name: str, suite: mls.CipherSuite = SUITE) -> Client:
    """Give the client of a name, the same one each time."""
    return _client(name, suite)


class Party:
    """Members of one group, who all take in what one of them sends."""

    def __init__(self, groups: dict[str, mls.Group], settings: mls.GroupSettings | None = None) -> None:
        self.groups = groups
        self.settings = settings

    def __getitem__(self, name: str) -> mls.Group:
        return self.groups[name]

    def leaf(self, name: str) -> int:
        return self.groups[name].own_leaf

    def deliver(self, sender: str, message: bytes) -> dict[str, mls.Received]:
        """Give everybody else a message and let them keep what comes of it."""
        received = {}
        for name, group in list(self.groups.items()):
            if name == sender:
                continue
            received[name] = got = group.process(message, NOW)
            if got.group is None:
                del self.groups[name]
            else:
                self.groups[name] = got.group
        return received

    def commit(
        self,
        committer: str,
        add: Sequence[str] = (),
        remove: Sequence[str] = (),
        proposals: Sequence[mls.Proposal] = (),
        path: bool = True,
        public: bool = False,
    ) -> mls.CommitResult:
        """Commit, deliver, welcome the new ones, and check that all agree."""
        group = self.groups[committer]
        bundles = {name: client(name, group.suite).bundle() for name in add}
        result = group.commit(
            add=[bundle.key_package for bundle in bundles.values()],
            remove=[self.leaf(name) for name in remove],
            proposals=proposals,
            now=NOW,
            path=path,
            public=public,
        )
        self.deliver(committer, result.message)
        self.groups[committer] = result.group
        for name, bundle in bundles.items():
            assert result.welcome is not None
            self.groups[name] = mls.join(result.welcome, bundle, NOW, settings=self.settings).group
        self.check_agreement()
        return result

    def check_agreement(self) -> None:
        assert len({group.epoch for group in self.groups.values()}) == 1
        assert len({group.epoch_authenticator for group in self.groups.values()}) == 1
        assert len({group.export("test", b"context", 24) for group in self.groups.values()}) == 1

    def send(self, sender: str, data: bytes) -> bytes:
        """Encrypt, without delivering."""
        self.groups[sender], message = self.groups[sender].encrypt(data)
        return message


def party(*names: str, suite: mls.CipherSuite = SUITE, settings: mls.GroupSettings | None = None) -> Party:
    """Make a group; the first one creates it and adds the others."""
    made = Party({names[0]: client(names[0], suite).create(settings=settings)}, settings)
    if names[1:]:
        made.commit(names[0], add=names[1:])
    return made
