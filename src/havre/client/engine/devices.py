"""My own devices: all of them are in all of my conversations, and whichever the account no longer names in none.

The account's record, signed by the account key, says which devices there are. Every device brings the conversations
that it is in into line with it, so a device that was offline, or died on the way, takes nothing with it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any, Final

from havre.client.engine import changes, chats, endings, kept_keys, outbox, sync
from havre.client.engine.device_intents import LinkDevice, MeetDevices, NameDevice, RevokeDevice
from havre.client.engine.direct import new_conversation
from havre.client.engine.effects import Answer, Failed, WakeAt
from havre.client.engine.groups import Group, Reason, Unusable
from havre.client.engine.session import Link, SentRotation
from havre.client.engine.terms import SELF, VERSION, Home, Terms, capabilities, encode_terms
from havre.client.engine.turn import Turn
from havre.client.engine.wishes import AddDevices, RemoveDevices
from havre.client.sentences import said
from havre.client.vault.devices import DeviceName, InboxRotation, SeenDevice
from havre.client.vault.kept import KeptPackage
from havre.client.vault.rows import ChatKind, Conversation, Purpose, Queue, QueueRole
from havre.wire.capability import Capabilities
from havre.wire.frames import WireError
from havre.wire.records import RECORD, SIGNED_RECORD
from havre.wire.sizes import DEDUPE_BYTES, QUEUE_BYTES, SECRET_BYTES
from havre.wire.stream import Commit, Refused, Rotate

ROTATING: Final = said(
    "DeviceLeaving", "Another device is being taken out of your account just now; try again in a moment."
)
NO_SUCH: Final = said("DeviceUnknown", "Your account has no such device.")


# --- what I do ------------------------------------------------------------------------------------------------


def link(turn: Turn, intent: LinkDevice) -> None:
    """Take a new device into the account: the record names it, and it is brought into every conversation."""
    if is_rotating(turn.vault.inbox_rotation()):
        turn.emit(Failed(intent.ticket, ROTATING))
        return
    try:
        adopt_record(turn, intent.record)
        _keep_packages(turn, [(intent.device, package) for package in intent.packages])
    except Unusable as error:
        turn.emit(
            Failed(
                intent.ticket,
                said("DeviceNotLinked", f"This device cannot be linked ({error.reason}); begin again on it."),
            )
        )
        return
    _call(turn, intent.device, intent.name)
    _bring_together(turn, intent.own_name)
    sync.tell(turn, sync.RECORD, b"", intent.record)
    turn.emit(Answer(intent.ticket, None))


def meet(turn: Turn, intent: MeetDevices) -> None:
    """Come together with devices that had this account before this one was made of a backup of it.

    What they had in common is over for this device. They take it back in once they have heard of it in what is founded
    here, where they also hear (`aftermath`) which device the record names no longer.
    """
    try:
        _keep_packages(turn, intent.packages)
    except Unusable as error:
        sentence = said("DevicesNotMet", f"Your other devices cannot be reached ({error.reason}); link them again.")
        turn.emit(Failed(intent.ticket, sentence))
        return
    _bring_together(turn, intent.own_name)
    turn.emit(Answer(intent.ticket, None))


def _bring_together(turn: Turn, own_name: str) -> None:
    """Bring my other devices, of which there are key packages, into all conversations: our own first of all."""
    if sync.own_conversation(turn) is None:
        _found_own(turn)
    _call(turn, turn.me.device, own_name)
    look_everywhere(turn)
    for conversation in turn.conversations():
        bring_into_line(turn, conversation)  # relay or no relay: what I say from now on waits until they can read it


def _call(turn: Turn, device: bytes, name: str) -> None:
    if turn.vault.device_name(device) is None:
        turn.vault.put_device_name(DeviceName(device, name, turn.now))


def _keep_packages(turn: Turn, packages: Sequence[tuple[bytes, bytes]]) -> None:
    account, until = turn.me.account, turn.now + kept_keys.VALID
    for device, package in packages:
        turn.groups.check_key_package(package, account, device, turn.seconds)
    for device, package in packages:
        kept_keys.keep(turn, KeptPackage(sha256(package).digest(), account, device, until, package))


def _found_own(turn: Turn) -> None:
    """Found the conversation of my own devices: with this one alone, the others come in as everywhere else."""
    home = Home(turn.me.relay, turn.entropy(QUEUE_BYTES))
    group = turn.groups.found(turn.entropy(QUEUE_BYTES), encode_terms(Terms(VERSION, SELF, [home])))
    opens = capabilities(group)
    queue = Queue(
        home.queue, home.relay, QueueRole.CONVERSATION, cursor=0, fence=0,
        read=opens.read, write=opens.write, manage=opens.manage,
    )  # fmt: skip
    turn.add_conversation(queue, new_conversation(turn, queue, turn.me.account, group, met=True, kind=SELF), group)
    chats.add(turn, turn.me.account, ChatKind.SELF)
    outbox.put_create(turn, queue)


def revoke(turn: Turn, intent: RevokeDevice) -> None:
    """Take a device out of the account: out of every conversation, and the inbox opens for it no longer."""
    try:
        adopt_record(turn, intent.record)
    except Unusable as error:
        turn.emit(Failed(intent.ticket, said("DeviceNotRevoked", f"This device cannot be revoked ({error.reason}).")))
        return
    rotation = InboxRotation(
        1, False, turn.entropy(DEDUPE_BYTES), turn.entropy(SECRET_BYTES), turn.entropy(SECRET_BYTES)
    )  # fmt: skip
    turn.vault.put_inbox_rotation(rotation)
    turn.touched[turn.me.inbox] = None
    sync.tell(turn, sync.RECORD, b"", intent.record)
    turn.emit(Answer(intent.ticket, None))


def name(turn: Turn, intent: NameDevice) -> None:
    """Call a device something."""
    if intent.device not in certified(turn):
        turn.emit(Failed(intent.ticket, NO_SUCH))
        return
    known = turn.vault.device_name(intent.device)
    turn.vault.put_device_name(DeviceName(intent.device, intent.name, known.at if known else turn.now))
    sync.tell(turn, sync.DEVICE, intent.device, intent.name)
    turn.emit(Answer(intent.ticket, None))


# --- what the account says ------------------------------------------------------------------------------------


def certified(turn: Turn) -> frozenset[bytes]:
    """Return the devices that the account's record names."""
    record = RECORD.decode(SIGNED_RECORD.decode(turn.me.record).record)
    return frozenset(certificate.device for certificate in record.devices)


def adopt_record(turn: Turn, encoded: bytes) -> None:
    """Go by a newer record of my account from now on; raises Unusable for one that the account has not signed."""
    me = turn.me
    try:
        signed = SIGNED_RECORD.decode(encoded)
    except WireError:
        raise Unusable(Reason.MALFORMED) from None
    record = turn.groups.check_record(signed, me.account)
    if record.sequence > me.sequence:
        # Only what was mine once is taken out: a device that this record does not name may be newer than it.
        for device in certified(turn) - {certificate.device for certificate in record.devices}:
            turn.vault.put_seen(SeenDevice(me.account, device, gone=True))
        turn.put_me(replace(me, record=encoded, sequence=record.sequence))
        turn.session.taken_out.clear()  # this is what told why
        look_everywhere(turn)


def look_everywhere(turn: Turn) -> None:
    """Have every conversation looked at: who of mine is in it, and who should be."""
    for conversation in turn.conversations():
        turn.touched[conversation.queue] = None


def bring_into_line(turn: Turn, conversation: Conversation) -> None:
    """Wish for devices of mine to be taken out of a conversation, or brought in, as the account's record has it."""
    queue = conversation.queue
    group = turn.group(queue, conversation.epoch)
    if group is None or turn.vault.pending(queue) is not None or turn.vault.wishes(queue):
        return
    here = {member.device for member in group.members if member.account == turn.me.account}
    there = certified(turn)
    gone = tuple(row.device for row in turn.vault.seen(turn.me.account) if row.gone and row.device in here - there)
    if turn.me.device not in there:
        return
    if gone:
        _wish(turn, conversation, RemoveDevices(gone))
    elif not endings.is_leaving(turn, conversation):
        # Who has just entered where one is that my record does not name expects the record that does.
        since = conversation.began_at if here - there else 0
        _bring(turn, conversation, _missing(turn, queue, there - here, since))


def _missing(turn: Turn, queue: bytes, absent: Collection[bytes], since: int) -> list[bytes]:
    """Return whom of the absent to bring in now. A newer record may be on its way that leaves them out: for a while
    after one was taken out, and for all after `since` (unix milliseconds; 0: none is expected).
    """
    out = turn.session.taken_out
    due = {device: max(since, out.get((queue, device), 0)) + turn.tuning.patience_step for device in absent}
    later = [at for at in due.values() if turn.now < at]
    if later:
        turn.emit(WakeAt(min(later)))
    return sorted(device for device, at in due.items() if turn.now >= at)


def _bring(turn: Turn, conversation: Conversation, missing: list[bytes]) -> None:
    able = (device for device in missing if conversation.kind == SELF or _is_to_spare(turn, device))
    found = (kept_keys.take_one(turn, turn.me.account, device) for device in able)
    packages = tuple((keys.device, keys.key_package) for keys in found if keys is not None)
    if packages:
        _wish(turn, conversation, AddDevices(packages))


def _is_to_spare(turn: Turn, device: bytes) -> bool:
    """Tell whether a key package of a device may go elsewhere: the last is for our own conversation, in which alone it
    hears what opens the inbox, and hands over more.
    """
    conversation = sync.own_conversation(turn)
    group = turn.group(conversation.queue, conversation.epoch) if conversation else None
    is_inside = group is not None and any(member.device == device for member in group.members)
    return is_inside or kept_keys.count(turn, turn.me.account, device) > 1


def _wish(turn: Turn, conversation: Conversation, wish: AddDevices | RemoveDevices) -> None:
    if changes.check(turn, conversation, wish) is None:
        changes.keep(turn, conversation, wish)


# --- the inbox ------------------------------------------------------------------------------------------------


def is_rotating(rotation: InboxRotation | None) -> bool:
    """Tell whether the inbox is about to get new capabilities, which a device linked now never hears of."""
    return rotation is not None and not rotation.done


def rotate_inbox(turn: Turn, link: Link, queue: Queue) -> None:
    """Have the relay give the inbox new capabilities, by which whoever was revoked cannot read it."""
    rotation = turn.vault.inbox_rotation()
    if rotation is None or rotation.done or not _all_will_hear(turn):
        return
    if link.is_under_way(SentRotation(rotation.dedupe)):
        return
    fresh = Capabilities(rotation.read, queue.write, rotation.manage).hashes()
    turn.ask(
        link,
        SentRotation(rotation.dedupe),
        lambda request: Commit(
            request, queue.queue, queue.write, rotation.dedupe, queue.fence, b"rotated", Rotate(queue.manage, fresh)
        ),
    )


def _all_will_hear(turn: Turn) -> bool:
    """Tell whether no device of mine is on its way into our own conversation, by a Welcome that only old capabilities
    lead to; one that cannot be brought in is not waited for.
    """
    conversation = sync.own_conversation(turn)
    group = turn.group(conversation.queue, conversation.epoch) if conversation else None
    if conversation is None or group is None:
        return True
    queue, vault = conversation.queue, turn.vault
    missing = certified(turn) - {member.device for member in group.members}
    if any(kept_keys.count(turn, turn.me.account, device) for device in missing):
        return False
    welcomes = any(item.purpose is Purpose.WELCOME for item in vault.lane(queue))
    return not welcomes and not vault.wishes(queue) and vault.pending(queue) is None


def on_rotated(turn: Turn, sent: SentRotation, cursor: int) -> None:
    """The inbox has its new capabilities; the other devices are told once the revoked one cannot hear it."""
    rotation, queue = turn.vault.inbox_rotation(), turn.queue(turn.me.inbox)
    if rotation is None or queue is None or rotation.dedupe != sent.dedupe or rotation.done:
        return
    turn.put_queue(replace(queue, read=rotation.read, manage=rotation.manage, fence=max(queue.fence, cursor)))
    turn.vault.put_inbox_rotation(replace(rotation, done=True))
    turn.opened[queue.queue] = None
    look_everywhere(turn)
    tell_rotation(turn)


def on_rotation_refused(turn: Turn, sent: SentRotation, refused: Refused) -> None:
    """The relay did not rotate: it asks to be asked later, or it has done so already and the answer was lost."""
    if refused.retry_after is None:
        on_rotated(turn, sent, cursor=0)


def tell_rotation(turn: Turn) -> None:
    """Tell my other devices what opens the inbox, as soon as only they can hear it."""
    rotation = turn.vault.inbox_rotation()
    if rotation is None or not rotation.done:
        return
    conversation = sync.own_conversation(turn)
    group = turn.group(conversation.queue, conversation.epoch) if conversation else None
    if group is not None and not _are_mine(turn, group):
        return
    sync.tell(turn, sync.INBOX, b"", [rotation.read, rotation.manage])
    turn.vault.drop_inbox_rotation()


def _are_mine(turn: Turn, group: Group) -> bool:
    return {member.device for member in group.members} <= certified(turn)


RULES: Final[Mapping[type, Callable[[Turn, Any], None]]] = {
    LinkDevice: link, MeetDevices: meet, RevokeDevice: revoke, NameDevice: name,
}  # fmt: skip
