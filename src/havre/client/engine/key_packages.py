"""The stock of key packages in the directory: some to be used once, and one that stays when they have run out."""

from __future__ import annotations

from typing import Final

from havre.client.engine.effects import PublishKeyPackages
from havre.client.engine.groups import Groups
from havre.client.engine.turn import Turn
from havre.client.vault.rows import KeyPackage

LIFETIME: Final = 90 * 24 * 3600
"""Seconds for which a key package may be used."""
KEPT: Final = LIFETIME + 30 * 24 * 3600
"""Seconds after which its private half is deleted: a Welcome that used it has left the inbox by then."""
RENEWED: Final = LIFETIME // 2
"""Seconds after which the last resort is replaced."""


def fresh(groups: Groups, now: int, last_resort: bool) -> KeyPackage:
    """Return a new key package, not yet published; `now` in milliseconds."""
    bundle = groups.key_package(now // 1000, last_resort)
    return KeyPackage(bundle.ref, bundle.message, last_resort, published=False, made_at=now, bundle=bundle.encoded)


def on_stock(turn: Turn, left: int) -> None:
    """Make up for what was taken.

    Packages of which the upload was not confirmed are never uploaded again: they may have arrived, and one that is
    handed out twice would make the second Welcome useless. Only the last resort may be.
    """
    packages = turn.vault.key_packages()
    for package in packages:
        if turn.now - package.made_at > KEPT * 1000:
            turn.vault.drop_key_package(package.ref)
    missing = turn.tuning.key_packages - left if left <= turn.tuning.key_packages_low else 0
    made = [fresh(turn.groups, turn.now, last_resort=False) for _ in range(missing)]
    if not any(_is_good_last_resort(package, turn.now) for package in packages):
        made.append(fresh(turn.groups, turn.now, last_resort=True))
    for package in made:
        turn.vault.put_key_package(package)
    _publish(turn, made)


def _is_good_last_resort(package: KeyPackage, now: int) -> bool:
    return package.last_resort and package.published and now - package.made_at < RENEWED * 1000


def _publish(turn: Turn, packages: list[KeyPackage]) -> None:
    if not packages:
        return
    one_time = tuple(package.message for package in packages if not package.last_resort)
    last_resort = next((package.message for package in reversed(packages) if package.last_resort), None)
    refs = tuple(package.ref for package in packages)
    turn.emit(PublishKeyPackages(refs, one_time, last_resort))


def on_published(turn: Turn, refs: tuple[bytes, ...]) -> None:
    """The directory has them; what was used in the meantime stays gone."""
    for package in turn.vault.key_packages():
        if package.ref in refs:
            turn.vault.put_key_package(
                KeyPackage(
                    package.ref, package.message, package.last_resort, True, package.made_at, package.bundle
                )
            )  # fmt: skip
