"""Subscriptions by e-mail that wait to be confirmed, sealed under their person's key; see `Store`."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from avow.definitions import Identifier, StoreUnavailable
from avow.store import sealing
from avow.store.control import subscriptions

if TYPE_CHECKING:
    from avow.store.control import Transaction
    from avow.store.keys import Vault

_PENDING_AAD: Final = b"pending-subscription"
_NO_KEY: Final = "the person's key was destroyed while a subscription was kept; try again"


def await_confirmation(tx: Transaction, vault: Vault, waiting: subscriptions.Pending, record: bytes) -> None:
    """Keep a subscription that waits, its record sealed for its person; see `Store.await_confirmation`."""
    key = vault.key_of(waiting.subject)
    if key is None:
        raise StoreUnavailable(_NO_KEY)
    subscriptions.add(tx, replace(waiting, sealed=sealing.seal(key, record, _PENDING_AAD)))


def open_pending(vault: Vault, waiting: subscriptions.Pending) -> bytes | None:
    """Return what `await_confirmation` was given as record; None when the person's key is gone."""
    key = vault.key_of(waiting.subject)
    return sealing.unseal(key, waiting.sealed, _PENDING_AAD) if key is not None else None


def pending_again(vault: Vault, person: Identifier, waiting: subscriptions.Pending, record: bytes) -> tuple[bytes, bytes]:
    """Return the pseudonym of whom a waiting subscription is of now, and another record of it, sealed for that person."""
    subject = vault.subjects_for([person], waiting.asked_ms)[person]
    key = vault.key_of(subject)
    if key is None:
        raise StoreUnavailable(_NO_KEY)
    return subject, sealing.seal(key, record, _PENDING_AAD)
