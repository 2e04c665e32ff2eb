"""The folder of an export: `index.html`, and for each chat a page, a JSON file, and a folder with its files."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, tzinfo
from enum import Enum
from pathlib import Path
from typing import Any, Final

from havre.client.errors import FileNotWritten, NoSpace
from havre.client.export.dates import Language
from havre.client.export.page import chat_page, index_page
from havre.client.message_views import Message
from havre.client.views import Chat

_PLAIN: Final = re.compile(r"[^a-z0-9]+")
_LONGEST: Final = 40
_NO_ROOM: Final = 28
_HIDDEN: Final = frozenset({"row"})


def chat_name(number: int, title: str) -> str:
    """Return the name of a chat's files: its place, and of its title what every file system can write."""
    word = _PLAIN.sub("-", title.casefold())[:_LONGEST].strip("-")
    return f"{number:03}-{word}" if word else f"{number:03}"


def write_chat(
    folder: Path,
    name: str,
    chat: Chat,
    messages: list[Message],
    files: Mapping[str, str],
    language: Language,
    zone: tzinfo | None = None,
) -> None:
    """Write one chat's page and JSON; `files` has the path of each message's file, relative to `folder`.

    Raises FileNotWritten, NoSpace.
    """
    _write(folder / f"{name}.html", chat_page(chat, messages, files, language, zone))
    _write(folder / f"{name}.json", [json.dumps(_chat_json(chat, messages, files), ensure_ascii=False, indent=1), "\n"])


def write_index(folder: Path, pages: list[tuple[str, str]], language: Language) -> None:
    """Write the page that leads to all chats, given as titles and names."""
    _write(folder / "index.html", [index_page([(title, f"{name}.html") for title, name in pages], language)])


def make_folder(folder: Path) -> None:
    """Make the folder, which must be new or empty; raises FileNotWritten."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        occupied = any(folder.iterdir())
    except OSError as error:
        raise FileNotWritten(str(folder), error.strerror or type(error).__name__) from None
    if occupied:
        raise FileNotWritten(str(folder), "there is something in this folder already")


def _chat_json(chat: Chat, messages: list[Message], files: Mapping[str, str]) -> dict[str, Any]:
    return {
        "id": chat.id,
        "kind": chat.kind.value,
        "title": chat.title,
        "messages": [_message_json(message, files.get(message.id)) for message in messages],
    }


def _message_json(message: Message, file: str | None) -> dict[str, Any]:
    said = _plain(message)
    assert isinstance(said, dict)
    said["body"] = {"kind": type(message.body).__name__.removesuffix("Body").lower(), **said["body"]}
    said["at"] = _time(message.at)
    if file is not None:
        said["file"] = file
    return said


def _time(milliseconds: int) -> str:
    seconds, rest = divmod(min(max(milliseconds, 0), 253_402_300_799_999), 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:03}Z"


def _plain(value: object) -> Any:
    """Return a view as JSON has it, without what is not shown."""
    if is_dataclass(value) and not isinstance(value, type):
        shown = (field.name for field in fields(value) if field.name not in _HIDDEN)
        return {name: _plain(getattr(value, name)) for name in shown}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    if isinstance(value, bytes):
        return value.hex()
    return value


def _write(path: Path, pieces: Iterable[str]) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="replace", newline="\n") as file:
            file.writelines(pieces)
    except OSError as error:
        if error.errno == _NO_ROOM:
            raise NoSpace(str(path.parent)) from None
        raise FileNotWritten(str(path), error.strerror or type(error).__name__) from None
