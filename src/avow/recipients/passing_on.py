"""Recipients are told of opt-outs by themselves: what is queued for whom, and what the computers of a recipient are told.

    queue    (a job) one delivery for each opt-out and recipient to be told, by its connection, else by e-mail to its contact;
             its id follows from both, so that a crash or a second process queues nothing twice
    compose  in its turn, from the log of disclosures as it is then; nothing to tell any more: it is withdrawn
    left     the recipient was told, in the transaction that notes that it left

Who has neither connection nor contact, or got what has no number of ours, is told by staff. What a recipient is told names
nobody, and nothing that it was not given, so nothing new is disclosed. The format is docs/specs/webhooks.md.
Rule: 11 CCR 7026(f)(2), (3), 7052(a); Cal. Civ. Code § 1798.135(f).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from avow.definitions import Refusal, moment
from avow.gate import deliveries, recipients, told
from avow.gate.deliveries import Delivery, OptedOut
from avow.gate.disclosures import Leave
from avow.gate.handing_over import NoMore
from avow.gate.opt_outs import PURPOSE, OptOut, OptOuts, ToTell
from avow.gate.parcels import Parcel, PassedOn
from avow.policy.law import rules
from avow.store.control import Transaction
from avow.store.control.opt_outs import OptOutRow

#: The queue of opt-outs, whose items may be set aside.
QUEUE: Final = "opt-outs"
#: Opt-outs that one round looks at.
ROUND: Final = 500
#: How a recipient was told, in the audit log.
BY_COMPUTER: Final = "its computers took it"
_OVER: Final = NoMore("it was told, or there is nothing of it to tell any more", rules.OPT_OUT_PASSED_ON)


@dataclass(frozen=True, slots=True)
class PassingOn:
    """What is told by itself; `connectors` are the ways of the recipients that the configuration has a connection to."""

    opt_outs: OptOuts
    connectors: Mapping[str, str]
    _seen: list[tuple[object, ...]] = field(default_factory=list)

    def once(self, now_ms: int) -> bool:
        """Do one round (a job); return whether there may be more to do at once."""
        return self._round(now_ms)[0] > 0

    def queue(self, now_ms: int) -> int:
        """Do one round; return how many recipients are newly queued to be told."""
        return self._round(now_ms)[1]

    def _round(self, now_ms: int) -> tuple[int, int]:
        """Queue what is still to be told; return how many opt-outs were looked at, and how much is new.

        Safe next to another process. At rest no opt-out is read. A round looks at a bounded number, so that a no that was said
        meanwhile is among the next ones.
        """
        store = self.opt_outs.store
        mark = self.opt_outs.mark()[1:]
        if self._seen != [mark]:  # at first, too: the configuration may connect others than before
            self.opt_outs.look_at_all()
            self._seen[:] = [mark]
        looked, new = [0], [0]

        def each(row: OptOutRow) -> None:
            new[0] += self._queue(row, now_ms)
            looked[0] += 1

        def waiting(aside: Collection[str]) -> Iterator[OptOutRow]:
            yield from self.opt_outs.of_names(sorted(aside))
            for row in self.opt_outs.due_rows():
                if looked[0] >= ROUND:
                    return
                if row.id not in aside:
                    yield row

        store.aside.each(QUEUE, waiting(store.aside.names(QUEUE)), lambda row: row.id, each, now_ms)
        if aside := store.aside.names(QUEUE):
            store.aside.only(QUEUE, [row.id for row in self.opt_outs.of_names(aside)])
        return looked[0], new[0]

    def compose(self, row: Delivery) -> Parcel | Refusal:
        """Return what leaves now; NoMore when there is nothing to tell any more."""
        found = self.opt_outs.to_tell(row.about.record, row.recipient)
        if found is None or not found[1].records:
            return _OVER
        one, to_tell = found
        said = PassedOn(one.id, row.recipient, to_tell.records)
        data = {
            "opt_out": one.id,
            "purpose": one.purpose,
            "records": list(to_tell.records),
            "categories": list(to_tell.categories),
            "act_by": one.act_by.isoformat(),
            "to_do": list(told.stops(is_third_party=to_tell.is_third_party)),
            "rule": told.stops_by_rule(is_third_party=to_tell.is_third_party),
        }
        kind = "sale-or-sharing" if to_tell.is_third_party else "suppression"
        stamp = moment(row.made_ms).isoformat(timespec="milliseconds")
        content = json.dumps({"type": f"opt-out.{kind}", "timestamp": stamp, "data": data}, ensure_ascii=False).encode()
        leave = Leave(self.opt_outs.rulebook(one), row.recipient, PURPOSE, "", "", row.site)
        return Parcel(row.id, row.kind, row.made_ms, content, leave, opt_out=said)

    def left(self, tx: Transaction, said: PassedOn, now_ms: int) -> None:
        """Note that a recipient was told, in the transaction that notes that it left."""
        self.opt_outs.left(tx, said, BY_COMPUTER, now_ms)

    def state(self, to_tell: ToTell) -> str:
        """Return how far what tells a recipient by itself is, "" where there is none."""
        with self.opt_outs.store.control.reading() as tx:
            row = deliveries.get(tx, to_tell.delivery)
        return row.state if row is not None else ""

    def _queue(self, row: OptOutRow, now_ms: int) -> int:
        """Queue what is new of one opt-out, and note where nobody is to be told of it; return how much is new."""
        with self.opt_outs.store.control.transaction() as tx:
            return deliveries.queue_opt_outs(tx, self._new(tx, row, self.opt_outs.settle(tx, row, now_ms)), now_ms)

    def _new(self, tx: Transaction, row: OptOutRow, one: OptOut) -> list[OptedOut]:
        """Return what is to be queued of an opt-out and is not."""
        found = []
        for to_tell in one.tells if row.subject is not None else ():
            name = to_tell.recipient
            connector = self.connectors.get(name, deliveries.MAIL.connector if recipients.contact(tx, name) else "")
            is_new = to_tell.told_on is None and to_tell.records and connector and deliveries.get(tx, to_tell.delivery) is None
            if row.subject is not None and is_new:
                found.append(OptedOut(to_tell.delivery, one.id, row.subject, name, connector, one.site, one.rulebook_id))
        return found
