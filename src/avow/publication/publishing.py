"""Publishing: the policy's versions get into force by `avow policy publish`, and at the first start; each step is logged.

Every step is one transaction with its audit entry, and may be repeated: a crash leaves a version published or not.
Rule: Bus. & Prof. Code § 22575(b)(3); LAW.md POL-08, CAL-04.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from avow.definitions import Refusal
from avow.gate import deliveries, entries, recipients
from avow.gate.messages import Trouble
from avow.gate.versions import Versions, changes_of
from avow.policy import Rulebook, law, publication
from avow.policy.changes.diff import Change, diff
from avow.policy.changes.publication import Publication
from avow.policy.law import rules
from avow.publication.answers import Published
from avow.store.control import Control, Transaction, publications, rulebooks
from avow.store.control.publications import Stored

_RULE: Final = rules.MATERIAL_CHANGES


@dataclass(frozen=True, slots=True)
class Publisher:
    """Publishes over a control store."""

    control: Control
    versions: Versions

    def first(self, rulebook: Rulebook, now_ms: int) -> bool:
        """Publish the configured policy of a new installation; False when something was published before."""
        with self.control.transaction() as tx:
            publications.hold(tx)
            if publications.every(tx):
                return False
            _keep(tx, publication.first(rulebook, self.versions.today()), now_ms, {})
        self.versions.refresh()
        return True

    def judge(self, rulebook: Rulebook) -> Publication | Refusal:
        """Return how the policy would be published today, or why it may not be.

        What it says of a contract must not be known to be untrue. Rule: Bus. & Prof. Code § 22576; 11 CCR 7051(c).
        """
        with self.control.reading() as tx:
            untrue = recipients.broken(rulebook, recipients.registered(tx))
        if untrue:
            words = "; ".join(f"“{name}”: {why}" for name, why in untrue)
            return Refusal(f"the policy says otherwise of a contract than what is written down ({words})", rules.WITHOUT_CONTRACT)
        announced = self.versions.announced()
        untold = None if announced is None else self._untold(rulebook, announced)
        return publication.judge(self.versions.in_force(), rulebook, self.versions.today(), untold)

    def standing(self) -> str:
        """Return a name for what is published now, which changes with each version that is published or taken back."""
        self.versions.refresh()
        return hashlib.sha256(repr(_state(self.versions.publications())).encode()).hexdigest()[:16]

    def publish(self, made: Publication, now_ms: int, staff_id: str = "") -> Refusal | None:
        """Publish what `judge` allowed; the running server takes it within a second, or at the midnight of its day.

        `staff_id` is who publishes, "" for the command line.

        Its day is looked at again once nobody else can write: what was allowed before midnight is a day of notice short after.
        """
        judged = _state(self.versions.publications())
        with self.control.transaction() as tx:
            publications.hold(tx)
            if _state(publications.every(tx)) != judged:
                return Refusal("another version was published or taken back at this moment; look, and try again", _RULE)
            if not publication.still_stands(made, self.versions.in_force(), self.versions.today()):
                return Refusal("the day ended at this moment, and a day of notice with it; look, and try again", _RULE)
            _keep(tx, made, now_ms, entries.by_whom(staff_id))
        self.versions.refresh()
        return None

    def take(self, rulebook: Rulebook, now_ms: int, staff_id: str = "", *, dry_run: bool = False) -> Published | Refusal:
        """Judge and publish a version, or only say what that would do; an announced one is not published again."""
        announced = self.versions.announced()
        if announced is not None and announced.rulebook_id == rulebook.id:
            facts = (changes_of(announced), announced.in_force_on, True, announced.by_email)
            return Published(Publication(rulebook, *facts), is_new=False)
        made = self.judge(rulebook)
        if isinstance(made, Refusal):
            return made
        refusal = None if dry_run else self.publish(made, now_ms, staff_id)
        return refusal or Published(made, is_new=True)

    def withdraw(self, now_ms: int, staff_id: str = "", wanted: str = "") -> Stored | Refusal:
        """Take the announced version back before its day; messages about it that still wait are not sent.

        `wanted` is the version that is meant, "" for whichever it is; `staff_id` as in `publish`.
        """
        announced = self.versions.announced()
        if announced is None:
            return Refusal("no version is announced; what is in force can only be replaced", _RULE)
        if wanted and announced.rulebook_id != wanted:
            return Refusal("another version is announced meanwhile; look at it first", _RULE)
        with self.control.transaction() as tx:
            publications.hold(tx)
            if announced.in_force_ms is not None or announced.in_force_on <= self.versions.today():
                return Refusal("the announced version came into force at this moment; it can only be replaced", _RULE)
            if publications.withdraw(tx, announced.seq, now_ms):
                unsent = deliveries.withdraw_batch(tx, str(announced.seq))
                entries.record(tx, now_ms, entries.PolicyWithdrawn(announced.rulebook_id, unsent, **entries.by_whom(staff_id)))
        self.versions.refresh()
        return announced

    def note_in_force(self, now_ms: int) -> bool:
        """Write into the audit log which version came into force; once for each. Returns False: nothing waits.

        What could not leave under the one before has its turn: it is asked again by this one.
        """
        current = self.versions.current()
        if current is not None and current.in_force_ms is None:
            with self.control.transaction() as tx:
                if publications.came_into_force(tx, current.seq, now_ms):
                    entries.record(tx, now_ms, entries.PolicyInForce(current.rulebook_id, current.in_force_on.isoformat()))
                    deliveries.hasten_held(tx, Trouble.HELD, now_ms)
            self.versions.refresh()
        return False

    def _untold(self, rulebook: Rulebook, announced: Stored) -> tuple[Change, ...]:
        """Return what the announced version would change after this one, other than what people were told."""
        following = self.versions.rulebook(announced.rulebook_id)
        told = {words for _, words, _ in json.loads(announced.changes)}
        return tuple(change for change in diff(rulebook, following) if change.words not in told) if following else ()


def _state(found: Sequence[Stored]) -> list[tuple[int, bool]]:
    return [(one.seq, one.withdrawn_ms is None) for one in found]


def changes_text(changes: Sequence[Change]) -> str:
    """Return changes as they are kept."""
    return json.dumps([[one.kind, one.words, one.material] for one in changes], ensure_ascii=False)


def _keep(tx: Transaction, made: Publication, now_ms: int, by: Mapping[str, str]) -> None:
    """Keep the version and its publication. Notice by the banner begins with it; by e-mail it ends when all are told."""
    rulebook = made.rulebook
    kept = rulebooks.StoredRulebook(rulebook.id, rulebook.text, rulebook.effective, now_ms, rulebook.name, law.dump(rulebook.law))
    rulebooks.add(tx, kept)
    publications.add(
        tx,
        rulebook.id,
        changes_text(made.changes),
        made.in_force_on,
        now_ms,
        by_email=made.by_email,
        noticed_ms=None if made.by_email else now_ms,
    )
    days = (str(rulebook.effective), str(made.in_force_on))
    entries.record(tx, now_ms, entries.PolicyPublished(rulebook.id, *days, made.is_material, **by))
    if made.is_announced:
        entries.record(tx, now_ms, entries.PolicyNotice(rulebook.id, "banner"))
