"""The rules of accounts, names and key packages, one function a request. Each checks first and changes after."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from havre.relay.core import blobs
from havre.relay.core.effects import Party, Reply
from havre.relay.core.ledger import Ledger, RefusalError
from havre.relay.core.queues import make_queue
from havre.relay.core.requests import (
    ClaimName,
    CloseAccount,
    FreeName,
    Gone,
    Grown,
    NewFile,
    OpenAccount,
    Proven,
    PublishRecord,
    Request,
    Signer,
    StockUp,
    TakePackages,
)
from havre.relay.store.base import Directory
from havre.relay.store.rows import AccountRow, Head, Keys, StoredPackage
from havre.wire.capability import capability_hash, inbox_write
from havre.wire.directory import Stock, Taken, TakenAll, Upload
from havre.wire.records import RECORD, AccountRecord
from havre.wire.refusals import Code, Refusal
from havre.wire.sizes import MAX_KEY_PACKAGES, AccountId, DeviceId, Hash, QueueId
from havre.wire.stream import Hashes


def carry_out(ledger: Ledger, party: Party, request: Request) -> None:
    """Apply one request to the batch; its result, or its Refusal, becomes a Reply."""
    try:
        result = _RULES[type(request)](ledger, request)
    except RefusalError as no:
        result = Refusal(no.code, no.message, no.retry_after)
    ledger.effects.append(Reply(party, result))


def open_account(ledger: Ledger, request: OpenAccount) -> None:
    """Make account, name, inbox and key packages at once; the same again changes nothing."""
    account, record = request.signer.account, request.proven.record
    row = ledger.draft.account(account)
    if row is not None and _is_same(row, request):
        return
    _check_sign_up(ledger, request, row)
    _count(ledger, request.signer)
    make_queue(ledger, record.inbox, Keys(request.inbox, ledger.limits.ttl))
    ledger.draft.set_account(account, _row(request.proven, request.name))
    if request.name is not None:
        ledger.draft.set_name(request.name, account)
    _add_packages(ledger, account, record.devices[0].device, request.key_packages)


def publish_record(ledger: Ledger, request: PublishRecord) -> None:
    """Replace the record; devices that it no longer names lose their key packages."""
    account, row = request.signer.account, _account(ledger, request.signer.account)
    if row.record == request.proven.encoded:
        return
    if request.proven.record.sequence <= RECORD.decode(row.record).sequence:
        raise RefusalError(Code.STALE, "there is a newer record of this account; fetch it first")
    _check_sequence(ledger, request.signer)
    _count(ledger, request.signer)
    new = _row(request.proven, row.name)
    ledger.draft.set_account(account, new)
    for device in set(row.devices) - set(new.devices):
        ledger.draft.drop_device(account, device)


def close_account(ledger: Ledger, request: CloseAccount) -> None:
    """Forget the account; its sequence number stays, so that an old sign-up cannot be played back."""
    account, row = request.signer.account, _account(ledger, request.signer.account)
    _check_sequence(ledger, request.signer)
    _count(ledger, request.signer)
    ledger.draft.drop_account(account)
    if row.name is not None:
        ledger.draft.drop_name(row.name)
    for device in row.devices:
        ledger.draft.drop_device(account, device)
    if _is_own_inbox(ledger, row):
        ledger.bury(row.inbox)


def claim_name(ledger: Ledger, request: ClaimName) -> None:
    """Give the account a name; its former one is free again."""
    account, row = request.signer.account, _account(ledger, request.signer.account)
    if row.name == request.name:
        return
    _check_name(ledger, request.name, account)
    _check_sequence(ledger, request.signer)
    _count(ledger, request.signer)
    if row.name is not None:
        ledger.draft.drop_name(row.name)
    ledger.draft.set_name(request.name, account)
    ledger.draft.set_account(account, _renamed(row, request.name))


def free_name(ledger: Ledger, request: FreeName) -> None:
    """Take the account's name away."""
    account, row = request.signer.account, _account(ledger, request.signer.account)
    if row.name != request.name:
        raise RefusalError(Code.UNKNOWN, "this account has no such name")
    _check_sequence(ledger, request.signer)
    _count(ledger, request.signer)
    ledger.draft.drop_name(request.name)
    ledger.draft.set_account(account, _renamed(row, None))


def stock_up(ledger: Ledger, request: StockUp) -> Stock:
    """Add key packages and say how many one-time ones there are."""
    account, row = request.signer.account, _account(ledger, request.signer.account)
    _check_device(request, RECORD.decode(row.record))
    _check_sequence(ledger, request.signer)
    stock = ledger.draft.stock(account, request.device)
    if stock.next - stock.first + len(request.upload.one_time) > MAX_KEY_PACKAGES:
        raise RefusalError(Code.FULL, f"a device keeps at most {MAX_KEY_PACKAGES} one-time key packages here")
    _count(ledger, request.signer)
    _add_packages(ledger, account, request.device, request.upload)
    stock = ledger.draft.stock(account, request.device)
    return Stock(stock.next - stock.first)


def take_packages(ledger: Ledger, request: TakePackages) -> TakenAll:
    """Hand out one key package for each device: each one-time one once, the last resort when there is none to give."""
    row = _account(ledger, request.account)
    taken = (_take(ledger, request.account, device, request.one_time) for device in row.devices)
    return TakenAll([one for one in taken if one is not None])


def _take(ledger: Ledger, account: AccountId, device: DeviceId, one_time: bool) -> Taken | None:
    while one_time and ledger.draft.stock(account, device).first < ledger.draft.stock(account, device).next:
        package = ledger.draft.take_package(account, device)
        if package is not None and package.at + ledger.limits.ttl > ledger.now:
            return Taken(device, package.key_package, last_resort=False)
    last = ledger.draft.last_resort(account, device)
    return None if last is None else Taken(device, last, last_resort=True)


def _check_sign_up(ledger: Ledger, request: OpenAccount, row: AccountRow | None) -> None:
    if row is not None:
        raise RefusalError(Code.TAKEN, "this account exists already; publish a newer record instead")
    if not ledger.limits.signups:
        raise RefusalError(Code.NOT_ALLOWED, "this relay takes no new accounts")
    _check_sequence(ledger, request.signer)
    if request.name is not None:
        _check_name(ledger, request.name, request.signer.account)
    check_queue_free(ledger, request.proven.record.inbox, request.inbox)


def check_queue_free(ledger: Ledger, queue: bytes, hashes: Hashes) -> None:
    """RefusalError an inbox whose id is another queue's."""
    head = ledger.heads.get(queue)
    if head is not None and not (isinstance(head, Head) and head.keys == Keys(hashes, ledger.limits.ttl)):
        raise RefusalError(Code.TAKEN, "this inbox's queue id is used up; choose another at random")


def _is_same(row: AccountRow, request: OpenAccount) -> bool:
    return row.record == request.proven.encoded and row.name == request.name


def _is_own_inbox(ledger: Ledger, row: AccountRow) -> bool:
    """A record may name any queue as its inbox; closing the account must not take somebody else's queue along."""
    head = ledger.heads.get(row.inbox)
    key = RECORD.decode(row.record).account_key
    return isinstance(head, Head) and head.keys.hashes.write == capability_hash(inbox_write(key))


def _row(proven: Proven, name: Hash | None) -> AccountRow:
    devices = tuple(certificate.device for certificate in proven.record.devices)
    return AccountRow(proven.encoded, proven.signature, name, proven.record.inbox, devices)


def _renamed(row: AccountRow, name: Hash | None) -> AccountRow:
    return AccountRow(row.record, row.signature, name, row.inbox, row.devices)


def _account(ledger: Ledger, account: AccountId) -> AccountRow:
    row = ledger.draft.account(account)
    if row is None:
        raise RefusalError(Code.UNKNOWN, "there is no such account here")
    return row


def _check_sequence(ledger: Ledger, signer: Signer) -> None:
    if signer.sequence <= ledger.draft.sequence(signer.id):
        raise RefusalError(Code.STALE, "this request was made before; sign it anew with a higher sequence number")


def _count(ledger: Ledger, signer: Signer) -> None:
    ledger.draft.set_sequence(signer.id, signer.sequence)


def _check_name(ledger: Ledger, name: Hash, account: AccountId) -> None:
    if name in ledger.limits.reserved_names:
        raise RefusalError(Code.NOT_ALLOWED, "this name is not given away here")
    if ledger.draft.name(name) not in (None, account):
        raise RefusalError(Code.TAKEN, "this name belongs to somebody else")


def _check_device(request: StockUp, record: AccountRecord) -> None:
    keys = {certificate.device: certificate.device_key for certificate in record.devices}
    if request.device not in keys:
        raise RefusalError(Code.UNKNOWN, "this account has no such device")
    signer = request.signer
    if signer.device is not None and (signer.device != request.device or signer.device_key != keys[signer.device]):
        raise RefusalError(Code.SIGNATURE, "a device speaks for itself only")


def _add_packages(ledger: Ledger, account: AccountId, device: DeviceId, upload: Upload) -> None:
    for key_package in upload.one_time:
        ledger.draft.add_package(account, device, StoredPackage(ledger.now, key_package))
    if upload.last_resort is not None:
        ledger.draft.set_last_resort(account, device, upload.last_resort)


_RULES: Final[dict[type, Callable[[Ledger, Any], object]]] = {
    OpenAccount: open_account,
    PublishRecord: publish_record,
    CloseAccount: close_account,
    ClaimName: claim_name,
    FreeName: free_name,
    StockUp: stock_up,
    TakePackages: take_packages,
    NewFile: blobs.new_file,
    Grown: blobs.grown,
    Gone: blobs.gone,
}


def named(request: Request, stored: Directory) -> list[QueueId]:
    """Return the queues whose heads a request needs."""
    if isinstance(request, OpenAccount):
        return [request.proven.record.inbox]
    if isinstance(request, CloseAccount):
        row = stored.account(request.signer.account)
        return [] if row is None else [row.inbox]
    return []
