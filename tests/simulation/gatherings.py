"""What people do in groups: found them, bring others in, take them out, leave, change roles and titles, all at once."""

from __future__ import annotations

from collections.abc import Callable

from havre.client.engine import effects, events
from havre.client.engine.message_intents import Amend
from havre.client.engine.terms import Door, Home, Invitation, Role, Terms, decode_terms
from havre.client.engine.wishes import Edit, GiveRole, RemovePeople, SetInvitation, SetSecondHome, Wish
from havre.client.vault.rows import Chat, ChatKind, Standing
from havre.content import Content, delete, edit, react
from tests.simulation.invariants import Ledger
from tests.simulation.world import Device, World

EMOJI = ("👍", "❤️", "😮")


class Gatherings:
    """Each is done by one device."""

    def __init__(self, world: World, ledger: Ledger) -> None:
        self.world, self.ledger, self.random = world, ledger, world.random
        self.links: list[tuple[bytes, str, Door, bytes]] = []
        self.weighted: list[tuple[int, Callable[[Device], None]]] = [
            (1, self.found),
            (6, self.say),
            (1, self.bring_in),
            (1, self.take_out),
            (1, self.leave),
            (1, self.change),
            (1, self.open_link),
            (2, self.come_by_link),
            (1, self.set_timer),
            (2, self.react),
            (1, self.edit),
            (1, self.delete),
        ]

    # --- groups -----------------------------------------------------------------------------------------------

    def found(self, device: Device) -> None:
        if len(self._groups(device)) < 2:
            guests = self._some_of([one for one in self._heads() if one.account != device.account])
            people = [self._reachable(guest) for guest in guests]
            answer = device.ask(lambda ticket: events.CreateGroup(ticket, "Choir", "", 0, people))
            assert isinstance(answer, effects.Answer)
            assert isinstance(answer.value, Chat)
            self.ledger.founders.add((device.account, answer.value.chat))
            # The founder may speak before they are in.
            self.ledger.came_later |= {(guest.account, answer.value.chat) for guest in guests}

    def bring_in(self, device: Device) -> None:
        chat = self._some_group(device)
        if chat is not None:
            # Perhaps somebody who was here before, or is here by now.
            guest = self.random.choice(self._heads())
            self.ledger.came_later.add((guest.account, chat.chat))
            people = [self._reachable(guest)]
            device.ask(lambda ticket: events.InvitePeople(ticket, chat.chat, people))

    def take_out(self, device: Device) -> None:
        if self.random.random() < 0.5:
            victim = self.random.choice(self._heads()).account
            self._wish(device, RemovePeople((victim,)), shaken=victim)

    def leave(self, device: Device) -> None:
        chat = self._some_group(device)
        if chat is not None and self.random.random() < 0.3:
            self.ledger.shaken.add((device.account, chat.chat))
            device.ask(lambda ticket: events.LeaveGroup(ticket, chat.chat))

    def change(self, device: Device) -> None:
        other = self.random.choice(self._heads()).account
        wishes: list[Wish] = [Edit(title=f"Choir {self.random.randint(1, 9)}"), GiveRole(other, Role.ADMIN)]
        self._wish(device, self.random.choice(wishes))

    def set_second_home(self, device: Device) -> None:
        """Give a chat a second home, or take it away."""
        chats = [chat for chat in device.vault.chats() if chat.standing is Standing.ACCEPTED]
        if not chats:
            return
        chat = self.random.choice(chats).chat
        home = Home(self.random.choice(sorted(self.world.relays)), self.random.randbytes(16))
        wish = SetSecondHome(home if self.random.random() < 0.8 else None)
        device.ask(lambda ticket: events.ChangeChat(ticket, chat, wish))

    def open_link(self, device: Device) -> None:
        """Whoever may opens a link, closes it, or puts another in its place."""
        chat = self._some_group(device)
        if chat is None or self.random.random() < 0.5:
            return
        secret = self.random.randbytes(32)
        link = None if self.random.random() < 0.2 else Invitation(secret, approval=False)
        done = device.ask(lambda ticket: events.ChangeChat(ticket, chat.chat, SetInvitation(link)))
        terms = self._terms(device, chat)
        if isinstance(done, effects.Answer) and terms is not None and terms.door is not None and link is not None:
            self.links.append((chat.chat, terms.homes[0].relay, terms.door, secret))

    def come_by_link(self, device: Device) -> None:
        """Somebody follows a link, which perhaps is open no longer; two may do so at once."""
        if not self.links:
            return
        chat, relay, door, secret = self.random.choice(self.links)
        self.ledger.came_later.add((device.account, chat))
        device.ask(lambda ticket: events.JoinByLink(ticket, relay, chat, door.queue, "Choir", door.secret, secret))

    def set_timer(self, device: Device) -> None:
        """Messages of a chat disappear from now on, or stay."""
        chats = [chat for chat in device.vault.chats() if chat.standing is Standing.ACCEPTED]
        if chats and self.random.random() < 0.5:
            chat = self.random.choice(chats)
            wish = Edit(timer=self.random.choice([0, 30, 300, 3600]))
            device.ask(lambda ticket: events.ChangeChat(ticket, chat.chat, wish))

    def _terms(self, device: Device, chat: Chat) -> Terms | None:
        for row in device.vault.conversations(chat.chat):
            group = device.group(row.queue)
            if group is not None:
                return decode_terms(group.terms)
        return None

    def _wish(self, device: Device, wish: Wish, shaken: bytes | None = None) -> None:
        chat = self._some_group(device)
        if chat is not None:
            if shaken is not None:
                self.ledger.shaken.add((shaken, chat.chat))
            device.ask(lambda ticket: events.ChangeChat(ticket, chat.chat, wish))

    # --- messages ---------------------------------------------------------------------------------------------

    def say(self, device: Device) -> None:
        chat = self._some_group(device)
        if chat is None:
            return
        self.ledger.say(device, chat.chat, self.ledger.next_words(device.name))

    def react(self, device: Device) -> None:
        self._amend(device, lambda target: react(b"", target, self.random.choice(EMOJI)), own=False)

    def edit(self, device: Device) -> None:
        words = f"{device.name} thinks better of it {self.random.randint(1, 999)}"
        self._amend(device, lambda target: edit(b"", target, words, device.now), own=True)

    def delete(self, device: Device) -> None:
        if self.random.random() < 0.3:
            self._amend(device, lambda target: delete(b"", target), own=True)

    def _amend(self, device: Device, make: Callable[[bytes], Content], own: bool) -> None:
        chats = [chat for chat in device.vault.chats() if chat.standing is Standing.ACCEPTED]
        if not chats:
            return
        rows = device.vault.last_messages(self.random.choice(chats).chat, 6)
        rows = [row for row in rows if row.id and (row.mine or not own) and row.state.value not in ("notice", "failed")]
        if rows:
            row = self.random.choice(rows)
            content = make(row.id)
            device.ask(lambda ticket: Amend(ticket, (row.queue, row.id), content))

    # --- who --------------------------------------------------------------------------------------------------

    def _groups(self, device: Device) -> list[Chat]:
        return [chat for chat in device.vault.chats() if chat.kind is ChatKind.GROUP]

    def _some_group(self, device: Device) -> Chat | None:
        groups = [chat for chat in self._groups(device) if chat.standing is Standing.ACCEPTED]
        return self.random.choice(groups) if groups else None

    def _heads(self) -> list[Device]:
        return [one for one in self.world.devices if not one.further]

    def _some_of(self, people: list[Device]) -> list[Device]:
        return self.random.sample(people, self.random.randint(1, len(people)))

    def _reachable(self, guest: Device) -> events.Reachable:
        me = guest.vault.me()
        keys = tuple(self.world.taken(one) for one in self.world.named(guest.account))
        return events.Reachable(me.account_key, me.relay, me.inbox, keys)
