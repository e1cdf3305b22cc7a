"""What belongs to subscriptions by e-mail: those that wait to be confirmed, and messages of mailings; see `Store`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from avow.definitions import Identifier, StoreUnavailable
from avow.store import sealing
from avow.store.control import mail, mailings, subscriptions

if TYPE_CHECKING:
    from avow.store.control import Transaction
    from avow.store.keys import Vault

_PENDING_AAD: Final = b"pending-subscription"
_MAIL_AAD: Final = b"mail"


@dataclass(frozen=True, slots=True)
class Enclosed:
    """What the outbox keeps of a message to somebody, before it is sealed, and the website in whose name it goes."""

    site: str
    content: bytes


def await_confirmation(
    tx: Transaction, vault: Vault, person: Identifier, waiting: Mapping[str, str | int], record: bytes, message: bytes
) -> None:
    """Keep a subscription that waits and queue its message, both sealed for the person; see `Store.await_confirmation`."""
    asked_ms = int(waiting["asked_ms"])
    subject = vault.subjects_for([person], asked_ms)[person]
    key = vault.key_of(subject)
    if key is None:
        raise StoreUnavailable("the person's key was destroyed while a subscription was kept; try again")
    mail_id = mail.add(tx, sealing.seal(key, message, _MAIL_AAD), asked_ms, None, subject, site=str(waiting["site"]))
    sealed = sealing.seal(key, record, _PENDING_AAD)
    facts = (str(waiting["record_id"]), str(waiting["point"]), subject, sealed, mail_id, asked_ms, int(waiting["expires_ms"]))
    subscriptions.add(tx, subscriptions.Pending(*facts))


def open_pending(vault: Vault, waiting: subscriptions.Pending) -> bytes | None:
    """Return what `await_confirmation` was given as record; None when the person's key is gone."""
    key = vault.key_of(waiting.subject)
    return sealing.unseal(key, waiting.sealed, _PENDING_AAD) if key is not None else None


def pending_again(vault: Vault, person: Identifier, waiting: subscriptions.Pending, record: bytes) -> tuple[bytes, bytes]:
    """Return the pseudonym of whom a waiting subscription is of now, and another record of it, sealed for that person."""
    subject = vault.subjects_for([person], waiting.asked_ms)[person]
    key = vault.key_of(subject)
    if key is None:
        raise StoreUnavailable("the person's key was destroyed while a subscription was kept; try again")
    return subject, sealing.seal(key, record, _PENDING_AAD)


def seal_again(vault: Vault, row: mail.SealedMail, content: bytes) -> bytes:
    """Return another content of a message to a person, sealed under that person's key; see `Store.seal_mail_again`."""
    key = vault.key_of(row.subject) if row.subject else None
    if key is None:
        raise StoreUnavailable("the person's key was destroyed while a message was corrected")
    return sealing.seal(key, content, _MAIL_AAD)


def queue(tx: Transaction, vault: Vault, mailing_id: str, letters: Mapping[Identifier, Enclosed], created_ms: int) -> int:
    """Queue one message of a mailing for each of these people who has none; return how many; see `Store.queue_mailing`."""
    subjects = vault.lookup(letters)
    keys = vault.keys_of(subjects.values())
    count = 0
    for one, subject in subjects.items():
        if subject in keys and not mailings.has_message(tx, mailing_id, subject):
            sealed = sealing.seal(keys[subject], letters[one].content, _MAIL_AAD)
            mail.add(tx, sealed, created_ms, None, subject, mailing=mailing_id, site=letters[one].site)
            count += 1
    return count
