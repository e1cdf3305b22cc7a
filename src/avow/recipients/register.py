"""The register of recipients: what is known of each one's contract besides what the policy says, and what stands of it today.

What is noted here counts at once, wherever something leaves, and what was held has its turn once it may go. The document of a
contract is sealed under a key of its own and kept among the files, with the hash of what was given; it is evidence, and no
consumer's.
Rule: 11 CCR 7051, 7053; Cal. Civ. Code § 1798.100(d), § 1798.140(ag)(1)(D), (j).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Final

from avow import addresses
from avow.definitions import Refusal
from avow.gate import deliveries, disclosures, entries, recipients
from avow.gate.disclosures import DisclosureTotal
from avow.gate.messages import Trouble
from avow.gate.recipients import Registered, Standing
from avow.gate.versions import Versions
from avow.policy.language.vocabulary import CLAUSES, THIRD_PARTY_CLAUSES
from avow.policy.law import rules
from avow.store import sealing
from avow.store.control import Transaction, opt_outs
from avow.store.control import contract_gaps as gaps
from avow.store.control import recipients as rows
from avow.store.control.database import alone
from avow.store.store import Store

#: The scope of the keys of contracts, by the recipient's name.
CONTRACT: Final = "contract"
#: Before the name of a document among the files.
_PREFIX: Final = "contract-"
#: Bytes of a contract's document.
DOCUMENT_BYTES: Final = 32 * 1024 * 1024
_NAMES: Final = 200
_NAME_LENGTH: Final = 200
#: Days outside of these are slips, and nothing can be counted from them.
_FIRST: Final = date(1970, 1, 1)
_LAST: Final = date(2200, 1, 1)
_RULE: Final = "docs/guide/recipients.md"


@dataclass(frozen=True, slots=True)
class Changes:
    """What is written down of a recipient; None leaves what is there."""

    contact: str | None = None
    signed: date | None = None
    review_on: date | None = None
    sub_processors: tuple[str, ...] | None = None
    document: bytes | None = None


@dataclass(frozen=True, slots=True)
class RecipientLine:
    """A recipient that the version in force declares, with what stands of it and what is registered."""

    name: str
    label: str
    standing: Standing
    registered: Registered
    is_warned: bool


@dataclass(frozen=True, slots=True)
class Register:
    """What stands of every recipient; `by` is the member of staff who writes it down, "" a command. Each change is logged."""

    store: Store
    versions: Versions
    now_ms: Callable[[], int]

    def lines(self) -> tuple[RecipientLine, ...]:
        """Return every recipient of the version in force, in its order."""
        in_force, today = self.versions.in_force(), self.versions.today()
        with self.store.control.reading() as tx:
            known = rows.every(tx)
        found = []
        for name, declared in in_force.recipients.items():
            kept = known.get(name, Registered(name))
            standing = recipients.standing_of(in_force, name, kept, today)
            found.append(RecipientLine(name, declared.label, standing, kept, standing.is_warned(today)))
        return tuple(found)

    def line(self, name: str) -> RecipientLine | None:
        """Return one of them."""
        return next((one for one in self.lines() if one.name == name), None)

    def went(self, name: str, since: date) -> tuple[DisclosureTotal, ...]:
        """Return what went there since a day (UTC), by point, purpose and categories, whatever version it went under.

        Rule: Cal. Civ. Code § 1798.130(a)(5)(C).
        """
        since_ms = int(datetime.combine(since, time(), UTC).timestamp() * 1000)
        counted: Counter[DisclosureTotal] = Counter()
        for one in disclosures.totals(self.store, since_ms):
            if one.recipient == name:
                counted[replace(one, rulebook_id="", count=0)] += one.count
        return tuple(replace(one, count=count) for one, count in counted.most_common())

    def change(self, name: str, changes: Changes, by: str) -> Refusal | None:
        """Write down what is known of a recipient's contract."""
        refusal = self._unknown(name) or _wrong(changes)
        if refusal is not None:
            return refusal
        given = {key: getattr(changes, key) for key in ("contact", "signed", "review_on", "sub_processors")}
        new = {key: value for key, value in given.items() if value is not None}
        if changes.document is not None:
            new["sha256"] = hashlib.sha256(changes.document).hexdigest()
            new["document"] = self._keep(name, changes.document, new["sha256"])
        with self.store.control.transaction() as tx:
            alone(tx, "recipient", name)  # each writes the whole row, with what the other has just noted
            before = rows.get(tx, name) or Registered(name)
            review_on = changes.review_on.isoformat() if changes.review_on else None
            self._put(tx, replace(before, **new), "recipient.registered", by, document=new.get("sha256"), review_on=review_on)
        if changes.document is not None and before.document not in {"", new["document"]}:
            self.store.files.delete(before.document)
        return None

    def clause(self, name: str, clause: str, by: str, *, is_missing: bool, by_mistake: bool = False) -> Refusal | None:
        """Write down that a clause is missing from the contract, or that it is there now.

        What went until then went to a third party, and stays so on the chart; unless it was noted `by_mistake`, and the clause
        was there all along. Where the policy says that the contract has it, the policy is untrue from now on: it is not
        published so again.
        Rule: 11 CCR 7051(c), 7053(c).
        """
        known = {*CLAUSES, *THIRD_PARTY_CLAUSES}
        if clause not in known:
            return Refusal(
                f"there is no clause “{clause}”; there are {', '.join(sorted(known))}", rules.SERVICE_PROVIDER_CONTRACT
            )
        if (unknown := self._unknown(name)) is not None:
            return unknown
        with self.store.control.transaction() as tx:
            alone(tx, "recipient", name)  # each writes the whole row, with what the other has just noted
            before, was_ours = rows.get(tx, name) or Registered(name), not self._standing(tx, name).is_third_party
            missing = {*before.missing, clause} if is_missing else {*before.missing} - {clause}
            what = "recipient.clause-missing" if is_missing else "recipient.clause-mended"
            self._put(tx, replace(before, missing=tuple(sorted(missing))), what, by, clause=clause)
            if by_mistake and not is_missing:
                gaps.take_back(tx, name, clause)
            else:
                (gaps.begin if is_missing else gaps.end)(tx, name, clause, self.now_ms())
            if is_missing:
                is_ours = self._standing(tx, name).role not in {"", "third-party"}
                opt_outs.reopen_of(tx, name, self.now_ms(), was_ours=was_ours and not is_ours)
        return None

    def withdraw(self, name: str, by: str) -> Refusal | None:
        """Write down that the contract has ended: from this moment nothing goes there. Rule: 11 CCR 7051(c), 7053(c)."""
        return self._ended(name, by, self.now_ms())

    def renew(self, name: str, by: str) -> Refusal | None:
        """Write down that there is a contract again."""
        return self._ended(name, by, None)

    def document(self, name: str) -> bytes | None:
        """Return the document of a contract as it was given; None where there is none. Raises one of `messages.DAMAGED`."""
        with self.store.control.reading() as tx:
            kept = rows.get(tx, name)
        sealed = self.store.files.get(kept.document) if kept and kept.document else None
        key = self.store.vault.get_key(CONTRACT, name)
        return sealing.unseal(key, sealed, name.encode()) if sealed is not None and key is not None else None

    def _ended(self, name: str, by: str, at_ms: int | None) -> Refusal | None:
        if (unknown := self._unknown(name)) is not None:
            return unknown
        with self.store.control.transaction() as tx:
            alone(tx, "recipient", name)  # each writes the whole row, with what the other has just noted
            before = rows.get(tx, name) or Registered(name)
            if (before.withdrawn_ms is None) == (at_ms is None):
                return Refusal("that is what is written down already", _RULE)
            what = "recipient.renewed" if at_ms is None else "recipient.withdrawn"
            self._put(tx, replace(before, withdrawn_ms=at_ms), what, by)
            (gaps.end if at_ms is None else gaps.begin)(tx, name, gaps.CONTRACT, self.now_ms())
        return None

    def _put(self, tx: Transaction, one: Registered, what: str, by: str, **more: str | None) -> None:
        now_ms, was = self.now_ms(), self._standing(tx, one.name)
        rows.put(tx, replace(one, changed_ms=now_ms))
        if not was.may_get and self._standing(tx, one.name).may_get:
            deliveries.hasten_held(tx, Trouble.HELD, now_ms)
        entries.record(tx, now_ms, entries.RecipientChanged(what, one.name, **more, **entries.by_whom(by)))

    def _standing(self, tx: Transaction, name: str) -> Standing:
        return recipients.standing(tx, self.versions.in_force(), name, self.versions.today())

    def _unknown(self, name: str) -> Refusal | None:
        """Return why nothing is written down of a name; what a version once declared may be, since data went there."""
        if name in self.versions.everything_declared().recipients:
            return None
        known = ", ".join(sorted(self.versions.in_force().recipients)) or "none"
        return Refusal(f"no version of the policy declares a recipient “{name}”; the one in force declares {known}", _RULE)

    def _keep(self, name: str, document: bytes, sha256: str) -> str:
        """Keep a document, sealed; return its name among the files."""
        key = self.store.vault.create_key(CONTRACT, name)
        stored = f"{_PREFIX}{hashlib.sha256(name.encode()).hexdigest()[:16]}-{sha256[:32]}"
        self.store.files.put(stored, sealing.seal(key, document, name.encode()))
        return stored


def _wrong(changes: Changes) -> Refusal | None:
    """Return what is wrong with what is to be written down."""
    if changes.contact and addresses.address_of(changes.contact) is None:
        return Refusal("the contact is no e-mail address", _RULE)
    days = (one for one in (changes.signed, changes.review_on) if one is not None)
    if any(not _FIRST <= one <= _LAST for one in days):
        return Refusal(f"a day lies between {_FIRST} and {_LAST}", _RULE)
    names = changes.sub_processors or ()
    if len(names) > _NAMES or any(not one.strip() or len(one) > _NAME_LENGTH or not one.isprintable() for one in names):
        return Refusal(f"write at most {_NAMES} names of sub-processors, each of 1 to {_NAME_LENGTH} characters", _RULE)
    if changes.document is not None and not 0 < len(changes.document) <= DOCUMENT_BYTES:
        return Refusal(f"the document is empty, or larger than {DOCUMENT_BYTES // 1024 // 1024} MiB", _RULE)
    return None
