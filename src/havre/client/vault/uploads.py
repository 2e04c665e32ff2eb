"""Files on their way to a relay, kept until the message that names them is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from havre.client.vault.tables import Connection, Table


@dataclass(frozen=True, slots=True)
class KeptUpload:
    """A file that is being sent to a chat, by way of a relay; `begun_at` in milliseconds, `plan` encoded."""

    blob: bytes
    chat: bytes
    relay: str
    path: bytes
    begun_at: int
    plan: bytes = field(repr=False)


_UPLOADS: Final = Table("upload", KeptUpload, "blob")


class UploadTables(Connection):
    """Keeps to `havre.client.vault.base.UploadRows`."""

    def put_upload(self, upload: KeptUpload) -> None:
        """Insert or replace by blob."""
        _UPLOADS.put(self, upload)

    def uploads(self, chat: bytes, path: bytes) -> Sequence[KeptUpload]:
        """Return what is under way to a chat of the file at a path, the latest first."""
        return _UPLOADS.select(self, "WHERE chat = ? AND path = ? ORDER BY begun_at DESC", chat, path)

    def drop_upload(self, blob: bytes) -> None:
        """Forget one: its message is stored, or it cannot be sent any more."""
        _UPLOADS.drop(self, blob)

    def drop_uploads_before(self, begun_at: int) -> None:
        """Forget those that nobody went on with."""
        self.execute("DELETE FROM upload WHERE begun_at < ?", (begun_at,))
