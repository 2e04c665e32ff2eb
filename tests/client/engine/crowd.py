"""People in a group, in the world of the simulation."""

from __future__ import annotations

from collections.abc import Sequence

from havre.client.engine import effects, events
from havre.client.engine.groups import Group
from havre.client.engine.terms import Terms, decode_terms
from havre.client.engine.wishes import Wish
from havre.client.vault.rows import Chat, Conversation, MessageState, Standing
from havre.content import text
from tests.simulation.world import Device, World, words_of

Outcome = effects.Answer | effects.Failed


def invited(world: World, other: Device) -> events.Reachable:
    """Return what the directory hands out about somebody."""
    me = other.vault.me()
    stock = world.packages[me.account]
    package = stock.pop(0) if stock else world.last_resorts[me.account]
    keys = (events.DeviceKeys(me.account, me.device, package),)
    return events.Reachable(me.account_key, me.relay, me.inbox, keys)


def create(founder: Device, others: Sequence[Device], title: str = "Choir") -> bytes:
    """Create a group, let everybody come in, and return the chat."""
    people = [invited(founder.world, other) for other in others]
    done = founder.ask(lambda ticket: events.CreateGroup(ticket, title, "", 0, people))
    assert isinstance(done, effects.Answer)
    assert isinstance(done.value, Chat)
    founder.world.settle()
    return done.value.chat


def invite(who: Device, chat: bytes, others: Sequence[Device]) -> Outcome:
    people = [invited(who.world, other) for other in others]
    return who.ask(lambda ticket: events.InvitePeople(ticket, chat, people))


def wish(who: Device, chat: bytes, what: Wish) -> Outcome:
    return who.ask(lambda ticket: events.ChangeChat(ticket, chat, what))


def leave(who: Device, chat: bytes) -> Outcome:
    return who.ask(lambda ticket: events.LeaveGroup(ticket, chat))


def say(who: Device, chat: bytes, words: str) -> Outcome:
    content = text(b"", words, who.world.now)
    return who.ask(lambda ticket: events.Send(ticket, chat, content))


def heard(who: Device, chat: bytes) -> list[tuple[str, str]]:
    """Return who wrote what, in the order shown, without notices."""
    found = who.vault.messages(chat)
    return [(who.world.name_of(row.sender), words_of(row)) for row in found if row.state is not MessageState.NOTICE]


def row(who: Device, chat: bytes) -> Conversation:
    (only,) = who.vault.conversations(chat)
    return only


def group(who: Device, chat: bytes) -> Group:
    """Return the group as the vault has it."""
    here = row(who, chat)
    states = who.vault.epoch(here.queue, here.epoch)
    assert states is not None
    return who.groups.load(*states)


def terms(who: Device, chat: bytes) -> Terms:
    return decode_terms(group(who, chat).terms)


def names(who: Device, chat: bytes) -> list[str]:
    """Return who is in the group, as this device has it."""
    return sorted({who.world.name_of(member.account) for member in group(who, chat).members})


def standing(who: Device, chat: bytes) -> Standing:
    found = who.vault.chat(chat)
    assert found is not None
    return found.standing


def agree(devices: Sequence[Device], chat: bytes) -> None:
    """All are in the same epoch of the same group."""
    assert len({group(device, chat).authenticator for device in devices}) == 1
