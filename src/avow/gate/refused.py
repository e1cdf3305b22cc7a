"""What people refuse by a consumer request, kept as their standing choice; and before when nobody who refused is asked again.

A no needs no proof: it is kept for whatever finds the person, and the vault's mark of it outlives an erasure. What was refused is
not asked about for the months of the law table, on any site or device on which the person is known; a browser that nobody is
known by has its no in its own cookie, which is made new for as long as the browser comes back.
Rule: Cal. Civ. Code § 1798.120(d), § 1798.121(b), § 1798.135(c)(4); 11 CCR 7026(d), (k), 7027(e), (l), 7028, 7060(b).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable

from avow.definitions import Identifier
from avow.gate import choices
from avow.gate.choices import Choice
from avow.policy import Rulebook
from avow.store.control import Transaction
from avow.store.control import choices as rows
from avow.store.store import Store

#: The source of a choice that somebody made by a consumer request, and of one that was taken back as fraudulent.
REQUEST = "request"
NOT_THEIRS = "request-denied"


def refuse(  # what a choice is made of
    store: Store,
    tx: Transaction,
    people: Collection[Identifier],
    refused: Iterable[str],
    request_id: str,
    rulebook: Rulebook,
    site: str,
    now_ms: int,
    *,
    demonstration: bool,
) -> tuple[str, ...]:
    """Keep a no to purposes, or of `policy.rulebook.refusals`, for these people, in the caller's transaction; return its ids.

    Of whom nothing is held a pseudonym is kept, under which the no finds what comes later. What stands already is not kept
    again, and a repetition adds nothing. Rule: 11 CCR 7026(d), 7027(e) (no proof), 7026(f)(1), 7027(g)(1) (at once).
    """
    named = sorted(refused)
    made = {
        _id(request_id, purpose, subject): Choice(
            now_ms,
            purpose,
            opted_out=True,
            source=REQUEST,
            rulebook_id=rulebook.id,
            subject=subject,
            site=site,
            demonstration=demonstration,
        )
        for subject in sorted(set(store.vault.subjects_for(list(people), now_ms).values()) if people else ())
        for before in (rows.opted_out(tx, subject),)
        for purpose in named
        if purpose not in before
    }
    choices.keep(store, tx, list(made.values()), list(made))
    return tuple(made)


def take_back(
    store: Store, tx: Transaction, request_id: str, rulebook: Rulebook, people: Collection[Identifier], now_ms: int
) -> int:
    """Take back what a request that was nobody's own had refused; return how much. What the person said since stays.

    Rule: 11 CCR 7026(e), 7027(f).
    """
    made = []
    for subject in sorted(store.vault.own_subjects_of(people)):
        last = {one.purpose: one for one in rows.of_subjects(tx, [subject])}
        for purpose, one in last.items():
            if one.opted_out and one.source == REQUEST and rows.is_kept(tx, _id(request_id, purpose, subject)):
                said = Choice(
                    now_ms, purpose, opted_out=False, source=NOT_THEIRS, rulebook_id=rulebook.id, subject=subject, site=one.site
                )
                made.append(said)
    choices.keep(store, tx, made)
    return len(made)


def _id(request_id: str, purpose: str, subject: bytes) -> str:
    """Return the id of a choice of a request, which may be made again after a crash."""
    return hashlib.blake2b(f"{request_id} {purpose}".encode() + subject, digest_size=16).hexdigest()
