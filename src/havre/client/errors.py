"""What can go wrong in front of a person: each error is one sentence that says what is wrong, where, and what to do.

    code  error            when
    ----  ---------------  ------------------------------------------------------------------------
       1  HavreError       anything without a code of its own
       2                   wrong usage of a command (typer's own)
      10  WrongPassphrase  the vault does not open with this passphrase
      11  VaultBusy        another process has the vault open
      12  VaultDamaged     the vault opens, but its content is not sound
      13  NoProfile        nobody has signed up in this profile yet
      14  ProfileExists    somebody has signed up in this profile already
      15  BackupDamaged    a file is no backup, or no longer the one that was written
      16  NoAccountKey     this device does not hold the account's key
      20  NoRelay          nothing answers at the relay's address
      21  NotHavre         something answers there that is no Havre relay, or breaks the protocol
      22  WrongVersion     the relay speaks another version of the protocol
      23  RelayRefused     the relay said no, or "not now"
      24  ProxyUnusable    the environment names a proxy that cannot be used
      25  RelayDamaged     the relay that was to be run has a damaged store
      30  LinkInvalid      a contact link is cut, mistyped or no contact link at all
      31  KeyMismatch      a relay handed out keys that are not the account's (somebody may be attacking)
      32  RecordStale      a relay handed out an older state of an account than was seen before
      33  NameTaken        the user name belongs to somebody else
      34  NameNotAllowed   the user name breaks the rules for names
      35  NameUnknown      nobody has this user name at that relay
      36  PersonUnknown    no such person among the contacts
      37  NamesUnsafe      the relay asks for a slow hash of names that is too weak or too costly
      38  ChatUnknown      no such person among the contacts, and no such group
      39  MessageUnknown   no such message in the chat
      40  FileChanged      a file changed while it was being sent
      41  FileGone         a file cannot be read (any longer)
      42  NoSpace          no room on the disk
      43  FileDamaged      a received file is not what its sender sent
      44  FileTooLarge     the relay does not take files of this size
      45  FileExpired      the relay no longer has the file
      46  FileNotWritten   a received file cannot be written where it should go
      47  Unsendable       a message that cannot be sent as it is: empty, or too long
      48  Oneself          a contact link or a user name is one's own

Attributes carry the parts of the sentence, so that a face can say it in another language. No error holds a secret.
"""

from __future__ import annotations

import math
from typing import ClassVar

from havre.client.identity.display import showable
from havre.client.sentences import kind_of
from havre.wire.refusals import Code, Place

_QUOTED = 300
"""Characters of somebody else's text that a sentence may quote."""
_LONGEST = 2000
"""Characters of a sentence; what paths and names bring along must not reach a terminal as commands."""


class HavreError(Exception):
    """Something that a person should be told, in one sentence; `exit_code` is what a command ends with."""

    exit_code: ClassVar[int] = 1

    def __init__(self, sentence: str) -> None:
        self.kind = kind_of(sentence, type(self).__name__)
        """What went wrong, for faces that say it in words of their own."""
        self.sentence = showable(sentence, _LONGEST)
        super().__init__(self.sentence)


# --- the vault ------------------------------------------------------------------------------------------------


class WrongPassphrase(HavreError):
    """The vault does not open with this passphrase (a damaged first page looks the same)."""

    exit_code = 10

    def __init__(self, vault: str) -> None:
        super().__init__(f"The passphrase does not open {vault}; check it and try again.")
        self.vault = vault


class VaultBusy(HavreError):
    """Another process has the vault open."""

    exit_code = 11

    def __init__(self, vault: str) -> None:
        super().__init__(f"Another Havre has {vault} open; close it, or use another profile.")
        self.vault = vault


class VaultDamaged(HavreError):
    """The vault opens, but its content is not sound."""

    exit_code = 12

    def __init__(self, vault: str, finding: str) -> None:
        super().__init__(f"The vault {vault} is damaged ({showable(finding, _QUOTED)}); restore it from a backup.")
        self.vault = vault


class NoProfile(HavreError):
    """Nobody has signed up in this profile yet."""

    exit_code = 13

    def __init__(self, profile: str) -> None:
        super().__init__(f"Nobody has signed up in {profile} yet; begin with `havre signup`.")
        self.profile = profile


class ProfileExists(HavreError):
    """Somebody has signed up in this profile already."""

    exit_code = 14

    def __init__(self, profile: str) -> None:
        super().__init__(f"There is an account in {profile} already; choose another profile for another account.")
        self.profile = profile


class BackupDamaged(HavreError):
    """A file is no backup, or no longer the one that was written."""

    exit_code = 15

    def __init__(self, path: str, finding: str) -> None:
        super().__init__(f"{path} cannot be used as a backup: {finding}.")
        self.path = path
        self.finding = finding


class NoAccountKey(HavreError):
    """This device does not hold the account's key, and so cannot do what only the account itself may."""

    exit_code = 16

    def __init__(self) -> None:
        super().__init__("This device does not hold your account's key; do this on the device that linked it.")


# --- the relay ------------------------------------------------------------------------------------------------


class NoRelay(HavreError):
    """Nothing answers at the relay's address; `reason` says how that showed."""

    exit_code = 20

    def __init__(self, address: str, reason: str) -> None:
        reason = showable(reason, _QUOTED)
        super().__init__(f"No relay answers at {address} ({reason}); check the address and the network, or try later.")
        self.address = address
        self.reason = reason


class NotHavre(HavreError):
    """Something answers at the address that is no Havre relay, or does not keep to the protocol."""

    exit_code = 21

    def __init__(self, address: str, reason: str) -> None:
        reason = showable(reason, _QUOTED)
        super().__init__(f"What answers at {address} is not a Havre relay ({reason}); check the address.")
        self.address = address
        self.reason = reason


class WrongVersion(HavreError):
    """The relay speaks another version of the protocol."""

    exit_code = 22

    def __init__(self, address: str, theirs: int, ours: int) -> None:
        older = "the relay" if theirs < ours else "Havre here"
        super().__init__(f"The relay {address} speaks version {theirs}, this program {ours}; {older} must be updated.")
        self.address = address
        self.theirs = theirs
        self.ours = ours


class RelayRefused(HavreError):
    """The relay said no; `code` says why, `retry_after` (seconds, or None) when trying again makes sense."""

    exit_code = 23

    def __init__(
        self, address: str, code: Code, message: str, retry_after: float | None = None, line: Place | None = None
    ) -> None:
        message = showable(message, _QUOTED).rstrip(".")
        retry_after = retry_after if retry_after is not None and math.isfinite(retry_after) else None
        later = "" if retry_after is None else f" Try again in {max(1, round(retry_after))} s."
        super().__init__(f"The relay {address} refused: {message or code.value}.{later}")
        self.kind = kind_of_refusal(code)
        self.address = address
        self.code = code
        self.retry_after = retry_after
        self.line = line
        """Where somebody stands who waits to sign up."""


def kind_of_refusal(code: str) -> str:
    """Return the name of what a relay says by a code."""
    return f"Relay{''.join(word.capitalize() for word in code.split('-'))}"


class ProxyUnusable(HavreError):
    """The environment names a proxy that cannot be used."""

    exit_code = 24

    def __init__(self) -> None:
        super().__init__(
            "The proxy that the environment names cannot be used: only http:// and https:// proxies can; "
            "set https_proxy to one of these, or no_proxy to the relay's name."
        )


class RelayDamaged(HavreError):
    """The relay that was to be run has a damaged store; trying again does not help."""

    exit_code = 25

    def __init__(self, finding: str) -> None:
        super().__init__(f"The relay cannot run: {finding}.")


# --- people ---------------------------------------------------------------------------------------------------


class LinkInvalid(HavreError):
    """A contact link is cut, mistyped, or no contact link at all."""

    exit_code = 30

    def __init__(self, finding: str) -> None:
        super().__init__(f"This contact link cannot be used: {finding}; ask for it again and copy the whole of it.")
        self.finding = finding


class KeyMismatch(HavreError):
    """A relay handed out keys that are not the account's: an attack, or a broken relay. Nothing of it was used."""

    exit_code = 31

    def __init__(self, finding: str) -> None:
        super().__init__(
            f"WARNING: the relay handed out false keys ({finding}). Somebody may be trying to read along; "
            "nothing was sent. Tell the person by another way, and do not go on with this relay."
        )
        self.finding = finding


class RecordStale(HavreError):
    """A relay handed out an older record of an account than this device has seen."""

    exit_code = 32

    def __init__(self, seen: int, given: int) -> None:
        super().__init__(
            f"The relay handed out an outdated record of this account (number {given}, number {seen} was seen before); "
            "nothing was sent. Try again later, and ask the relay's operator whether it was restored from a backup."
        )
        self.seen = seen
        self.given = given


class NameTaken(HavreError):
    """The user name belongs to somebody else."""

    exit_code = 33

    def __init__(self, name: str) -> None:
        super().__init__(f"The name {showable(name, 64)!r} is taken; choose another one.")
        self.name = name


class NameNotAllowed(HavreError):
    """The user name breaks the rules for names; `rule` says which."""

    exit_code = 34

    def __init__(self, name: str, rule: str) -> None:
        super().__init__(f"The name {showable(name, 64)!r} is not allowed: {rule}.")
        self.name = name
        self.rule = rule


class Oneself(HavreError):
    """A contact link or a user name is one's own."""

    exit_code = 48

    def __init__(self, what: str) -> None:
        super().__init__(f"This {what} is your own; give it to somebody else.")


class Unsendable(HavreError):
    """A message cannot be sent as it is."""

    exit_code = 47

    def __init__(self, finding: str) -> None:
        super().__init__(f"This cannot be sent: {finding}.")


class NameUnknown(HavreError):
    """Nobody has this user name at that relay."""

    exit_code = 35

    def __init__(self, name: str, address: str) -> None:
        super().__init__(f"Nobody is called {showable(name, 64)!r} at {address}; check the spelling and the relay.")
        self.name = name
        self.address = address


class PersonUnknown(HavreError):
    """No such person among the contacts."""

    exit_code = 36

    def __init__(self, person: str) -> None:
        super().__init__(f"There is no {showable(person, 64)!r} among your people; `havre people` lists them.")
        self.person = person


class ChatUnknown(HavreError):
    """No such person among the contacts, and no such group."""

    exit_code = 38

    def __init__(self, chat: str) -> None:
        super().__init__(f"There is no {showable(chat, 64)!r} among your people and groups; `havre people` lists them.")
        self.chat = chat


class MessageUnknown(HavreError):
    """No such message in the chat: it never was there, or has disappeared."""

    exit_code = 39

    def __init__(self, message: str) -> None:
        super().__init__(f"There is no message {showable(message, 64)!r} in this chat; it may have disappeared.")
        self.message = message


class NamesUnsafe(HavreError):
    """The relay asks for a slow hash of names that is too weak, or too costly, to be worked out."""

    exit_code = 37

    def __init__(self, address: str, finding: str) -> None:
        super().__init__(f"User names cannot be used at {address} ({finding}); use contact links, or another relay.")
        self.address = address
        self.finding = finding


# --- files ----------------------------------------------------------------------------------------------------


class FileChanged(HavreError):
    """A file changed while it was being sent; it was not sent."""

    exit_code = 40

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} changed while it was being sent, so it was not; send it again once it is complete.")
        self.path = path


class FileGone(HavreError):
    """A file that should be sent cannot be read (any longer); it was not sent."""

    exit_code = 41

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path} cannot be read ({reason}), so it was not sent; check that it is still there.")
        self.path = path
        self.reason = reason


class NoSpace(HavreError):
    """There is no room on the disk; what has arrived is kept, and going on later is possible."""

    exit_code = 42

    def __init__(self, folder: str) -> None:
        super().__init__(f"There is no room left in {folder}; make some and try again, it goes on where it stopped.")
        self.folder = folder


class FileDamaged(HavreError):
    """A received file is not what its sender sent; nothing of it was kept."""

    exit_code = 43

    def __init__(self, name: str, finding: str) -> None:
        name = showable(name, 80)
        super().__init__(f"The file {name!r} was not kept: {finding}; ask for it to be sent again.")
        self.name = name
        self.finding = finding


class FileTooLarge(HavreError):
    """The relay does not take files of this size (in bytes)."""

    exit_code = 44

    def __init__(self, path: str, size: int) -> None:
        super().__init__(f"{path} is larger than the relay takes ({size / 1e6:,.1f} MB); split or compress it.")
        self.path = path
        self.size = size


class FileExpired(HavreError):
    """The relay no longer has the file."""

    exit_code = 45

    def __init__(self, name: str, address: str) -> None:
        super().__init__(f"{address} no longer has the file {showable(name, 80)!r}; ask for it to be sent again.")
        self.name = name
        self.address = address


class FileNotWritten(HavreError):
    """A received file cannot be written where it should go."""

    exit_code = 46

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path} cannot be written ({reason}); choose another folder.")
        self.path = path
        self.reason = reason
