"""Which commands there are; the module of one is imported when it is called, so that no other's libraries are loaded.

A new command is one line here. Its module has `register(app)`, which adds it, or `app`, for a group of commands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

MARKUP: Final = "markdown"


@dataclass(frozen=True, slots=True)
class Entry:
    """A command: its module in `havre.cli`, and the first sentence of its help."""

    module: str
    summary: str


MENU: Final[Mapping[str, Entry]] = {
    "signup": Entry("signup", "Make an account and the vault that holds it."),
    "link": Entry("link", "Show your contact link, and its QR code."),
    "add": Entry("add", "Find a person by contact link or user name, and begin a conversation."),
    "people": Entry("people", "List the people you talk with, and how many of their messages you have not read."),
    "send": Entry("send", "Send a message, a file, a voice note, a place or a contact, end-to-end encrypted."),
    "read": Entry("read", "Fetch and show new messages, and let their senders know that they were read."),
    "save": Entry(
        "save", "Fetch a file that somebody sent, check it, and put it into a folder. Nothing is ever overwritten."
    ),
    "chat": Entry("chat", "Talk with somebody, live. Without a terminal, each line of standard input is a message."),
    "poll": Entry("poll", "Ask a question; `havre message vote` answers it, `havre message close` ends it."),
    "search": Entry("search", "Search all messages; case, accents and ligatures make no difference."),
    "draft": Entry("later", "Keep what you began to write, or show it."),
    "later": Entry("later", "Show the messages that are to be sent later: `havre send CHAT TEXT --at TIME` makes one."),
    "settings": Entry("settings", "Show the settings, or change one."),
    "verify": Entry("verify", "Show the safety number that both of you see when nobody is in between."),
    "timer": Entry("timer", "Have messages disappear some time after they were read, for everybody in the chat."),
    "block": Entry("block", "Hear nothing more of a person: no requests, no direct messages. They are not told."),
    "unblock": Entry("block", "Let somebody be heard again whom you blocked or declined."),
    "blocked": Entry("block", "List those whom you declined or blocked."),
    "backup": Entry("backup", "Write everything into one encrypted file: account, people, chats, messages."),
    "restore": Entry("backup", "Make a new installation of a backup, in a profile in which nobody has signed up."),
    "export": Entry(
        "export",
        "Write your chats as pages to read and as JSON, with their files. Nothing of it is encrypted any more.",
    ),
    "app": Entry("desk", "Open the messenger in a window of its own, in the browser of this machine."),
    "demo": Entry("demo", "Show all of it on this machine: a relay, Alice and Bob, their messages and a file."),
    "message": Entry(
        "message", "React to a message, edit, delete, forward, pin or star it, vote; see what was done to it."
    ),
    "device": Entry("device", "Your devices: link, list, name and revoke them."),
    "profile": Entry("profile", "What you are called and look like, for those whom you talk with."),
    "profiles": Entry("profiles", "List your accounts on this machine, and which of them a program has open."),
    "account": Entry("account", "Your account itself."),
    "group": Entry("group", "Groups: make them, change them, leave them."),
    "homes": Entry("homes", "Relays on which chats live: the first, and a second for when it is away."),
    "request": Entry("request", "Let strangers in, or not. They are never told what you decide."),
    "relay": Entry(
        "relay", "Run a relay in this terminal, with its embedded store; or, with a command, look after one that runs."
    ),
}


class Menu(TyperGroup):
    """All commands, by name."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names in the order in which `--help` shows them."""
        return list(MENU)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return a command that is loaded when it is called; none: there is none of this name."""
        entry = MENU.get(cmd_name)
        return None if entry is None else _Unloaded(cmd_name, entry)


class _Unloaded(TyperCommand):
    """Stands in `--help` for a command, whose own module parses the arguments and runs it."""

    def __init__(self, name: str, entry: Entry) -> None:
        super().__init__(name, callback=None, help=entry.summary, rich_markup_mode=MARKUP)
        self._entry = entry

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Have the command itself take the arguments."""
        assert self.name is not None
        return load(self.name).make_context(info_name, args, parent, **extra)


def load(name: str) -> Any:
    """Import a command's module and return the command."""
    module = import_module(f"havre.cli.{MENU[name].module}")
    app = typer.Typer(rich_markup_mode=MARKUP)
    app.callback()(_nothing)
    if hasattr(module, "register"):
        module.register(app)
    else:
        app.add_typer(module.app, name=name)
    return get_group(app).commands[name]


def _nothing() -> None:
    """Nothing comes before a command."""
