"""What an entry of the audit log is, and how it is queued; the kinds are in `gate.entries`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar

from avow.audit.proof import canonical
from avow.store.control import Transaction, audit


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry; `kinds` are those that a class is for. One that is for several says with `what` which it is."""

    kinds: ClassVar[tuple[str, ...]] = ()

    def packed(self, at_ms: int) -> bytes:
        """Return the entry in its one form. Raises ValueError for a kind that its class is not for."""
        facts = {one.name.rstrip("_"): getattr(self, one.name) for one in fields(self)}
        what = facts.pop("what", None) or self.kinds[0]
        if what not in self.kinds:
            raise ValueError(f"{type(self).__name__} is no entry “{what}”")
        return canonical({"at": at_ms, "what": what, **{name: value for name, value in facts.items() if value is not None}})


def record(tx: Transaction, at_ms: int, entry: Entry) -> None:
    """Queue an entry in the transaction of what it speaks of."""
    audit.enqueue(tx, entry.packed(at_ms))


def by_whom(staff_id: str) -> dict[str, str]:
    """Return who did it: a member of staff by their id, "" for the command line."""
    return {"staff": staff_id} if staff_id else {"by": "command"}
