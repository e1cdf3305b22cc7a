"""A member of staff looks at a file that nobody else could read, and releases it or holds it back, with a reason.

Rule: 11 CCR 7024(d): what cannot be read may hold what is never disclosed. Why: decision 0081.
"""

from __future__ import annotations

from typing import Final

from avow.definitions import Refusal
from avow.gate import entries
from avow.policy.law import rules
from avow.rights import sent_files
from avow.rights.answers import FileToLookAt
from avow.rights.cases import Case
from avow.rights.kept import Cases
from avow.rights.states import Step
from avow.store.store import Store

#: Longest reason, characters.
REASON_LENGTH: Final = 1_000


def decide(case: Case, file: str, reason: str, by: str, cases: Cases, now_ms: int, *, is_released: bool) -> Refusal | None:
    """Note what a member of staff decided about a file; once none waits any more, the request goes on by itself.

    `file` is the name under which it is stored. The reason is sealed under the key of the request: one for holding a file back is
    in the archive, and so the person reads it. Rule: 11 CCR 7024(d), (e).
    """
    words = reason.strip()[:REASON_LENGTH]
    if not words:
        return Refusal("say why, in words that the person can read", rules.NEVER_DISCLOSED)
    if case.contact is None or file not in sent_files.waiting(case):
        return Refusal("this file waits for nobody any more", rules.NEVER_DISCLOSED)
    detail = {"file": file, "released": is_released, "by": by, "reason": cases.seal_words(case.request_id, words)}
    what = "request.file.released" if is_released else "request.file.held-back"
    entry = entries.FileLookedAt(what, case.request_id, **entries.by_whom(by))
    is_ours = cases.append(case, Step.LOOKED, now_ms, detail, entry, None)
    return None if is_ours else Refusal("this request has gone on meanwhile; look at it again", rules.NEVER_DISCLOSED)


def files(case: Case, store: Store, cases: Cases) -> tuple[FileToLookAt, ...]:
    """Return the files of a request that waited, or wait, for a member of staff."""
    named = {name for one in case.history if one.step is Step.LOOK_WANTED for name in one.detail["files"]}
    if not named or case.contact is None:
        return ()
    released = sent_files.looked_at(case)
    sent = sent_files.of(store.find_apart(case.contact.identifiers())[0].submissions)
    return tuple(
        FileToLookAt(
            one.file.stored,
            one.form.record_id,
            one.form.reference,
            one.file.kind,
            one.file.size,
            released.get(one.file.stored),
            cases.reason_of_look(case, one.file.stored),
        )
        for one in sent
        if one.file.stored in named
    )
