"""Files: encrypted and uploaded before their message is sent, fetched and checked on demand."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from havre.client import contacts, profiles
from havre.client.api.core import now
from havre.client.api.messages import NO_SALT, Messages
from havre.client.errors import FileChanged, FileDamaged, FileGone, FileTooLarge, HavreError
from havre.client.files.descriptor import FileDescriptor
from havre.client.files.download import Download
from havre.client.files.persistence import Progress, unseen
from havre.client.files.plan import PLAN, UploadPlan
from havre.client.files.source import SourceFile
from havre.client.files.upload import Upload, plan_upload
from havre.client.identity.address import RelayAddress
from havre.client.message_views import Message
from havre.client.parts import external_part, file_descriptor
from havre.client.pictures.preparing import Ready, prepare
from havre.client.sentences import said
from havre.client.vault.uploads import KeptUpload
from havre.client.views import Chat, Person
from havre.content import ContentError, File, Voice, decode, read, with_mark
from havre.content import file as content_file
from havre.content.kinds import ONCE, VOICE_TYPE
from havre.wire.sizes import MAX_TTL

_KEPT_FOR: Final = 7 * 24 * 3600 * 1000
"""Milliseconds for which an upload that was interrupted can be taken up again."""


class Files(Messages):
    """What `Havre` does with files."""

    async def send_file(
        self,
        to: Chat | Person,
        path: Path,
        progress: Progress | None = None,
        *,
        once: bool = False,
        exact: bool = False,
    ) -> Message:
        """Encrypt and upload a file of any size, then send it; `progress` is told bytes done and in all.

        It goes to the conversation's home, which the others use anyway: no relay of mine learns of them by it. Who
        was interrupted, be it by the end of the process, calls it again: it goes on where it was. A picture takes a
        thumbnail along, and leaves place and time behind that a camera has written into it, unless `exact`. `once`: it
        can be fetched once. Raises FileGone, FileChanged, FileTooLarge, NoRelay and its kin; then no message was sent.
        """
        async with self._folder() as folder:
            ready = await asyncio.to_thread(prepare, path, folder, exact, once)
            return await self._send_file(to, ready, progress, {ONCE: True} if once else {})

    async def send_voice(
        self, to: Chat | Person, path: Path, progress: Progress | None = None, *, once: bool = False
    ) -> Message:
        """Send a recording as a voice note, with its length and waveform: Ogg or WebM with Opus, or WAV.

        Raises HavreError when it is no such recording, and what `send_file` raises.
        """
        # Only who sends a voice note needs the libraries that decode sound, and they take a while to load.
        from havre.client.voice.recording import prepare_note

        async with self._folder() as folder:
            note, voice = await asyncio.to_thread(prepare_note, path, folder)
            ready = Ready(note, own=note == path)
            return await self._send_file(to, ready, progress, {ONCE: True} if once else {}, voice)

    @asynccontextmanager
    async def _folder(self) -> AsyncIterator[Path]:
        with TemporaryDirectory(dir=self._core.profile.folder, prefix=profiles.SENDING) as folder:
            yield Path(folder)

    async def _send_file(
        self,
        to: Chat | Person,
        ready: Ready,
        progress: Progress | None,
        marks: Mapping[str, object],
        voice: Voice | None = None,
    ) -> Message:
        core = self._core
        relay = contacts.home(core.vault, to.id)
        plan = await self._plan(bytes.fromhex(to.id), relay, ready)
        part = external_part(await self._upload(plan, relay, progress), now() // 1000 + MAX_TTL)
        if voice is not None:
            part = replace(part, content_type=VOICE_TYPE)
        content = content_file(NO_SALT, part, now(), voice=voice, picture=ready.picture)
        for name, value in marks.items():
            content = with_mark(content, name, value)
        return await self._send(to, content, plan.blob)

    async def _plan(self, chat: bytes, relay: RelayAddress, ready: Ready) -> UploadPlan:
        """Return what is to be uploaded: what an earlier call began with the same file, or else anew."""
        core = self._core
        if not ready.own:
            return await plan_upload(ready.path, profiles.random_bytes)
        begun = self._begun(chat, relay, ready.path)
        if begun is not None:
            return begun
        plan = await plan_upload(ready.path, profiles.random_bytes)
        with core.vault.transaction():
            core.vault.drop_uploads_before(now() - _KEPT_FOR)
            core.vault.put_upload(KeptUpload(plan.blob, chat, relay.url, plan.path, now(), PLAN.encode(plan)))
        return plan

    def _begun(self, chat: bytes, relay: RelayAddress, path: Path) -> UploadPlan | None:
        core = self._core
        with SourceFile(path) as source:
            now_there = source.fingerprint
        for kept in core.vault.uploads(chat, os.fsencode(path.absolute())):
            plan = PLAN.decode(kept.plan)
            if kept.relay == relay.url and plan.fingerprint == now_there and plan.blob not in core.uploading:
                return plan
        return None

    async def _upload(self, plan: UploadPlan, relay: RelayAddress, progress: Progress | None) -> FileDescriptor:
        core = self._core
        blobs = core.network.blobs(relay)
        upload = Upload(plan, relay, blobs, core.provider, core.jitter, progress=progress or unseen)
        core.uploading.add(plan.blob)
        try:
            return await upload.run()
        except (FileChanged, FileGone, FileTooLarge):
            with core.vault.transaction():
                core.vault.drop_upload(plan.blob)
            raise
        finally:
            core.uploading.discard(plan.blob)

    async def save_file(self, message: Message, folder: Path, progress: Progress | None = None) -> Path:
        """Fetch a message's file into `folder` and return where it lies; goes on where an earlier attempt stopped.

        Raises FileDamaged, FileExpired, NoSpace, NoRelay and its kin.
        """
        core = self._core
        try:
            body = read(decode(message.row.content))
        except ContentError:
            raise FileDamaged("", "the message cannot be read") from None
        if not isinstance(body, File):
            raise HavreError(said("NoFile", "There is no file in this message."))
        file = file_descriptor(body.part)
        contacts.check_place(core.vault, core.groups, message.chat, file)
        blobs = core.network.blobs(file.relay)
        fetching = Download(file, folder, blobs, core.provider, core.jitter, progress=progress or unseen)
        return await fetching.run()
