"""Submissions as they are kept: what a form sent, sealed. `Store` seals and unseals them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Select, and_, bindparam, delete, func, insert, or_, select, update

from avow.definitions import AfterRetention, after_retention
from avow.store import paging
from avow.store.control.database import Transaction
from avow.store.control.rows import add_missing
from avow.store.control.tables import submission_files, submission_subjects, submissions
from avow.store.paging import Page, Part, Place

State = Literal["new", "read", "answered"]
#: What real people sent: figures and messages leave the demonstration out (decision 0011).
_REAL: Final = submissions.c.demonstration.is_(False)


@dataclass(frozen=True, slots=True)
class SealedSubmission:
    """One row of `submissions`; `sealed` is empty once de-identified, `day_key` names its key when nobody is known."""

    record_id: str
    reference: str
    collected_ms: int
    site: str
    point: str
    rulebook_id: str
    sealed: bytes
    day_key: str
    delete_on: date
    then: AfterRetention
    demonstration: bool
    state: State = "new"
    decision: str = ""
    decided_on: date | None = None
    assigned_to: str = ""


@dataclass(frozen=True, slots=True)
class Sought:
    """Which submissions a list is of; "" and None stand for any. `without` are points that it leaves out.

    `assigned_to` "" are those that nobody looks after; `subjects` are the people of whom they are.
    """

    point: str = ""
    site: str = ""
    without: Collection[str] = ()
    state: str = ""
    reference: str = ""
    assigned_to: str | None = None
    decision: str = ""
    subjects: Collection[bytes] | None = None

    def rows(self) -> Select[Any]:  # Any: SQLAlchemy knows no types of a table's columns
        """Return the statement that finds them."""
        kept = submissions.c
        asked = {kept.point: self.point, kept.site: self.site, kept.state: self.state, kept.reference: self.reference}
        wanted = select(submissions).where(*(column == value for column, value in asked.items() if value))
        if self.decision:
            wanted = wanted.where(kept.decision == self.decision, kept.decision != "")  # the second is what its index is of
        if self.without:
            wanted = wanted.where(kept.point.not_in(self.without))
        if self.assigned_to is not None:
            wanted = wanted.where(kept.assigned_to == self.assigned_to)
        if self.subjects is not None:
            links = select(submission_subjects.c.record_id).where(submission_subjects.c.subject.in_(self.subjects))
            wanted = wanted.where(kept.record_id.in_(links))
        return wanted


def known(tx: Transaction, record_ids: Collection[str]) -> frozenset[str]:
    """Return those of the records that are stored already."""
    if not record_ids:
        return frozenset()
    return frozenset(tx.scalars(_KNOWN, {"records": list(record_ids)}))


def add(tx: Transaction, rows: Sequence[tuple[SealedSubmission, Mapping[bytes, bytes]]]) -> None:
    """Keep submissions with the subjects they belong to, each with its person's; those that are kept already stay as they are."""
    add_missing(tx, submissions, [asdict(row) for row, _ in rows])
    add_missing(tx, submission_subjects, [link for row, owners in rows for link in _links(row.record_id, owners)])


def _links(record_id: str, owners: Mapping[bytes, bytes]) -> list[dict[str, object]]:
    return [{"record_id": record_id, "subject": subject, "person": owners[subject]} for subject in sorted(owners)]


_IS_ONE: Final = submissions.c.record_id == bindparam("own")
_IS_ONE_OF: Final = submissions.c.record_id.in_(bindparam("records", expanding=True))
_OF_ONES: Final = submission_subjects.c.record_id.in_(bindparam("records", expanding=True))
_LINKS: Final = select(submission_subjects.c.record_id).where(
    submission_subjects.c.subject.in_(bindparam("subjects", expanding=True))
)
#: Statements that are put together once: to make one costs more than to run it.
_ONE: Final = select(submissions).where(_IS_ONE)
_OWNED: Final = (
    select(submissions, submission_subjects.c.subject.label("owner"))
    .outerjoin(submission_subjects, submission_subjects.c.record_id == submissions.c.record_id)
    .where(_IS_ONE)
)
_KNOWN: Final = select(submissions.c.record_id).where(_IS_ONE_OF)
_OWNERS: Final = select(submission_subjects).where(_OF_ONES)
_OF_SUBJECTS: Final = (
    select(submissions).where(submissions.c.record_id.in_(_LINKS)).order_by(submissions.c.collected_ms, submissions.c.record_id)
)
_REMOVE: Final = (
    delete(submissions).where(_IS_ONE_OF),
    delete(submission_subjects).where(_OF_ONES),
    delete(submission_files).where(submission_files.c.record_id.in_(bindparam("records", expanding=True))),
)
_DECIDE: Final = update(submissions).where(_IS_ONE).values(decision=bindparam("said"))
_DECIDE_FIRST: Final = (
    update(submissions)
    .where(_IS_ONE, submissions.c.decided_on.is_(None))
    .values(decision=bindparam("said"), decided_on=bindparam("day"))
)
_KEEP_UNTIL: Final = (
    update(submissions).where(_IS_ONE, submissions.c.delete_on < bindparam("day")).values(delete_on=bindparam("day"))
)
_RESEAL: Final = update(submissions).where(_IS_ONE, func.length(submissions.c.sealed) > 0).values(sealed=bindparam("content"))
_GIVE_UP: Final = delete(submission_subjects).where(submission_subjects.c.record_id == bindparam("own"))
_GIVE: Final = insert(submission_subjects)


def get(tx: Transaction, record_id: str) -> SealedSubmission | None:
    """Return one submission."""
    row = tx.execute(_ONE, {"own": record_id}).mappings().first()
    return None if row is None else _sealed(row)


def owned(tx: Transaction, record_id: str) -> tuple[SealedSubmission, frozenset[bytes]] | None:
    """Return one submission with the subjects that it belongs to, none for nobody known."""
    rows = tx.execute(_OWNED, {"own": record_id}).mappings().all()
    if not rows:
        return None
    owners = frozenset(row["owner"] for row in rows if row["owner"] is not None)
    return _sealed({name: value for name, value in rows[0].items() if name != "owner"}), owners


def listed(tx: Transaction, sought: Sought, at: Place, limit: int) -> Page[SealedSubmission]:
    """Return a page of submissions, the newest first."""
    rows = Part(sought.rows(), submissions.c.collected_ms, submissions.c.record_id)
    return paging.page(tx, [rows], at, limit).each(_sealed)


def assign(tx: Transaction, record_id: str, staff_id: str) -> bool:
    """Say who looks after a submission, "" for nobody; return whether that is another one than before."""
    row = submissions.c.record_id == record_id
    changed = update(submissions).where(row, submissions.c.assigned_to != staff_id).values(assigned_to=staff_id)
    return bool(tx.execute(changed).rowcount)


def of_subjects(tx: Transaction, subjects: Collection[bytes]) -> tuple[SealedSubmission, ...]:
    """Return the submissions that belong to any of these subjects, oldest first."""
    return tuple(_sealed(row) for row in tx.execute(_OF_SUBJECTS, {"subjects": list(subjects)}).mappings())


def last_site(tx: Transaction, subjects: Collection[bytes]) -> str:
    """Return the website of the newest submission that belongs to any of these subjects; "" for none."""
    links = select(submission_subjects.c.record_id).where(submission_subjects.c.subject.in_(subjects))
    wanted = (
        select(submissions.c.site)
        .where(submissions.c.record_id.in_(links))
        .order_by(submissions.c.collected_ms.desc(), submissions.c.record_id.desc())
    )
    return tx.execute(wanted.limit(1)).scalar() or ""


def owners(tx: Transaction, record_ids: Collection[str]) -> dict[str, frozenset[bytes]]:
    """Return the subjects of each submission; one that belongs to nobody known is absent."""
    found: dict[str, set[bytes]] = {}
    for row in tx.execute(_OWNERS, {"records": list(record_ids)}):
        found.setdefault(row.record_id, set()).add(row.subject)
    return {record_id: frozenset(subjects) for record_id, subjects in found.items()}


def people(tx: Transaction, record_ids: Collection[str]) -> dict[str, frozenset[bytes]]:
    """Return whose each submission is, by the subjects of their own; one that belongs to nobody known is absent."""
    found: dict[str, set[bytes]] = {}
    wanted = select(submission_subjects).where(submission_subjects.c.record_id.in_(record_ids))
    for row in tx.execute(wanted):
        found.setdefault(row.record_id, set()).add(row.person or row.subject)
    return {record_id: frozenset(persons) for record_id, persons in found.items()}


def named(tx: Transaction, record_ids: Collection[str]) -> frozenset[bytes]:
    """Return every subject that submissions name, and whose those are."""
    rows = tx.execute(_OWNERS, {"records": list(record_ids)}).all()
    return frozenset(one for row in rows for one in (row.subject, row.person) if one is not None)


def is_of(person: ColumnElement[bytes]) -> ColumnElement[bool]:
    """Return the condition that a submission is of somebody: under their own key, or that of a retention class of theirs."""
    return or_(submission_subjects.c.subject == person, submission_subjects.c.person == person)


def remove_of_subjects(tx: Transaction, wanted: Collection[bytes]) -> int:
    """Remove every submission that belongs to any of these subjects; return how many."""
    return remove(tx, list(tx.scalars(_LINKS.distinct(), {"subjects": list(wanted)})))


def remove(tx: Transaction, record_ids: Collection[str]) -> int:
    """Remove submissions and whose they were; return how many there were."""
    if not record_ids:
        return 0
    first, *_rest = [tx.execute(one, {"records": list(record_ids)}) for one in _REMOVE]
    return int(first.rowcount)


def decide(tx: Transaction, record_id: str, decision: str, decided_on: date) -> bool:
    """Keep the decision on an application; return whether it was the first. The day of the first one stays."""
    is_first = bool(tx.execute(_DECIDE_FIRST, {"own": record_id, "said": decision, "day": decided_on}).rowcount)
    if not is_first:
        tx.execute(_DECIDE, {"own": record_id, "said": decision})
    return is_first


def mark(tx: Transaction, record_id: str, state: State) -> bool:
    """Set the state; return whether there is such a submission."""
    return bool(tx.execute(update(submissions).where(submissions.c.record_id == record_id).values(state=state)).rowcount)


def after(tx: Transaction, record_id: str, limit: int, point: str = "") -> tuple[SealedSubmission, ...]:
    """Return the submissions after one in the order of their ids ("" begins), those of the demonstration left out.

    `point` "" is every point.
    """
    wanted = select(submissions).where(submissions.c.record_id > record_id, _REAL)
    if point:
        wanted = wanted.where(submissions.c.point == point)
    return tuple(_sealed(row) for row in tx.execute(wanted.order_by(submissions.c.record_id).limit(limit)).mappings())


def count(tx: Transaction) -> int:
    """Return how many submissions `after` goes through."""
    wanted = select(func.count()).select_from(submissions).where(_REAL)
    return int(tx.execute(wanted).scalar_one())


def keep_until(tx: Transaction, record_id: str, delete_on: date) -> bool:
    """Move the due date of a submission to a later day; return whether it moved. A date never moves back.

    For retention "after the last contact": each contact moves what came before it.
    """
    return bool(tx.execute(_KEEP_UNTIL, {"own": record_id, "day": delete_on}).rowcount)


def reseal(tx: Transaction, record_id: str, sealed: bytes, owners: Mapping[bytes, bytes] | None = None) -> bool:
    """Put another sealed content, of these owners or of the same, in the place of the one that is kept; False: there is none."""
    if not tx.execute(_RESEAL, {"own": record_id, "content": sealed}).rowcount:
        return False
    if owners is not None:
        tx.execute(_GIVE_UP, {"own": record_id})
        tx.execute(_GIVE, _links(record_id, owners))
    return True


def end(tx: Transaction, record_ids: Collection[str], today: date) -> int:
    """Let submissions be erased today at the latest, because what they were kept for has ended; return how many moved."""
    if not record_ids:
        return 0
    moved = update(submissions).where(submissions.c.record_id.in_(record_ids), submissions.c.delete_on > today)
    return int(tx.execute(moved.values(delete_on=today, then=AfterRetention.ERASE.value)).rowcount)


#: What still has to be done on a due date: erased, or de-identified and with a content yet.
_OUTSTANDING: Final = or_(
    submissions.c.then != AfterRetention.DEIDENTIFY.value,
    and_(submissions.c.then == AfterRetention.DEIDENTIFY.value, func.length(submissions.c.sealed) > 0),
)


def overdue(tx: Transaction, today: date) -> dict[str, int]:
    """Return by point how many submissions should have gone before today; the demonstration left out."""
    wanted = select(submissions.c.point, func.count()).where(submissions.c.delete_on < today, _OUTSTANDING, _REAL)
    return {point: count for point, count in tx.execute(wanted.group_by(submissions.c.point))}  # noqa: C416 - rows, not pairs


def due(tx: Transaction, today: date) -> tuple[SealedSubmission, ...]:
    """Return what is due to be erased, or to be de-identified and still has a content."""
    wanted = select(submissions).where(submissions.c.delete_on <= today, _OUTSTANDING)
    return tuple(_sealed(row) for row in tx.execute(wanted).mappings())


def deidentify(tx: Transaction, record_ids: Collection[str]) -> int:
    """Empty submissions and forget whose they were; that something was sent stays countable."""
    if not record_ids:
        return 0
    emptied = update(submissions).where(submissions.c.record_id.in_(record_ids)).values(sealed=b"", day_key="")
    tx.execute(delete(submission_subjects).where(submission_subjects.c.record_id.in_(record_ids)))
    tx.execute(delete(submission_files).where(submission_files.c.record_id.in_(record_ids)))
    return int(tx.execute(emptied).rowcount)


def day_keys(tx: Transaction) -> dict[str, date]:
    """Return the day keys that submissions still need, with the last due date of each."""
    wanted = select(submissions.c.day_key, func.max(submissions.c.delete_on)).where(submissions.c.day_key != "")
    return {name: last for name, last in tx.execute(wanted.group_by(submissions.c.day_key))}  # noqa: C416 - rows, not pairs


def demonstration(tx: Transaction) -> tuple[str, ...]:
    """Return the ids of the submissions of the demonstration."""
    return tuple(tx.scalars(select(submissions.c.record_id).where(submissions.c.demonstration)))


def evidence(tx: Transaction) -> dict[str, tuple[int, int]]:
    """Return by point how many submissions are held and the moment of the oldest; the demonstration left out."""
    wanted = select(submissions.c.point, func.count(), func.min(submissions.c.collected_ms)).where(_REAL)
    return {point: (count, oldest) for point, count, oldest in tx.execute(wanted.group_by(submissions.c.point))}


def collected(tx: Transaction, since_ms: int) -> dict[str, int]:
    """Return by point how many submissions came since a moment; the demonstration left out."""
    wanted = select(submissions.c.point, func.count()).where(submissions.c.collected_ms >= since_ms, _REAL)
    return {point: count for point, count in tx.execute(wanted.group_by(submissions.c.point))}  # noqa: C416 - rows, not pairs


def _sealed(row: Mapping[Any, Any]) -> SealedSubmission:  # Any: SQLAlchemy's rows
    """Return a row as a value with its own types."""
    return SealedSubmission(**{**row, "then": after_retention(row["then"])})
