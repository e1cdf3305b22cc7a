"""Between submissions and their rows: what is sealed, under which key, and back again. No I/O; keys come as arguments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import msgspec
from cryptography.exceptions import InvalidTag

from avow.definitions import StoredFile, Submission, people_named
from avow.store import sealing
from avow.store.control.submissions import SealedSubmission
from avow.store.holdings import HeldSubmission


class _Content(msgspec.Struct, frozen=True):
    """What is inside a sealed submission."""

    fields: dict[str, str]
    identifiers: list[tuple[str, str]] | dict[str, str]
    purposes: list[str]
    dropped: list[str]
    files: list[StoredFile] = []


def sealed_submission(submission: Submission, key: bytes, name_of_day_key: str) -> SealedSubmission:
    """Return the row of a submission, every field sealed and bound to its record id."""
    content = _Content(submission.fields, submission.identifiers, submission.purposes, submission.dropped, submission.files)
    return SealedSubmission(
        record_id=submission.record_id,
        reference=submission.reference,
        collected_ms=submission.collected_ms,
        site=submission.site,
        point=submission.point,
        rulebook_id=submission.rulebook_id,
        sealed=sealing.seal(key, msgspec.json.encode(content), submission.record_id.encode()),
        day_key=name_of_day_key,
        delete_on=date.fromisoformat(submission.delete_on),
        then=submission.then,
        demonstration=submission.demonstration,
    )


def sealed_again(held: HeldSubmission, fields: Mapping[str, str], key: bytes) -> bytes:
    """Return the sealed content of a submission with these fields, as `sealed_submission` makes it."""
    named = [(one.kind.value, one.value) for one in held.people]
    content = _Content(dict(fields), named, list(held.purposes), list(held.dropped), list(held.files))
    return sealing.seal(key, msgspec.json.encode(content), held.record_id.encode())


def held_submission(row: SealedSubmission, keys: Iterable[bytes | None]) -> HeldSubmission | None:
    """Return a submission, unsealed with the keys of all its people; None when one of them is gone."""
    content = _Content({}, [], [], [])
    if row.sealed:
        present = [key for key in keys if key is not None]
        try:
            plain = sealing.unseal(sealing.joint_key(present), row.sealed, row.record_id.encode()) if present else None
        except InvalidTag:  # one of several keys was destroyed: as unreadable as with none
            plain = None
        if plain is None:
            return None
        content = msgspec.json.decode(plain, type=_Content)
    return HeldSubmission(
        record_id=row.record_id,
        reference=row.reference,
        collected_ms=row.collected_ms,
        site=row.site,
        point=row.point,
        rulebook_id=row.rulebook_id,
        fields=content.fields,
        people=people_named(content.identifiers),
        purposes=tuple(content.purposes),
        dropped=tuple(content.dropped),
        delete_on=row.delete_on,
        then=row.then,
        state=row.state,
        demonstration=row.demonstration,
        files=tuple(content.files),
        decision=row.decision,
        assigned_to=row.assigned_to,
    )
