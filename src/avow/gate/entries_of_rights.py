"""The kinds of entries of the audit log about consumer requests; `gate.entries` has them with all others."""

from __future__ import annotations

from dataclasses import dataclass

from avow.gate.entry import Entry


@dataclass(frozen=True, slots=True)
class RequestReceived(Entry):
    """A consumer request was filed, `on` the date of receipt; `request` is a random id."""

    kinds = ("request.received",)
    kind: str
    request: str
    on: str


@dataclass(frozen=True, slots=True)
class RequestMessage(Entry):
    """A message was put into the outbox; nobody has it yet."""

    kinds = ("request.link-written", "request.extension-written", "request.answer-written", "request.rest-written")
    what: str
    request: str
    until: str | None = None
    outcome: str | None = None
    reason: str | None = None
    staff: str | None = None


@dataclass(frozen=True, slots=True)
class RequestTold(Entry):
    """A message has left, and its person was told.

    `how` is `the mail server took it`, or `passed on by hand: ` and `post`, `telephone` or `other`, with `staff` where a person
    did; `by` (`link`) where the link was followed; `with`, where the message of another request tells it; `after`, the earlier
    request for the same. Without `how` and `with`: of a version before 0058, when the message was put into the outbox, or of the
    demonstration.
    """

    kinds = ("request.acknowledged", "request.extended", "request.responded", "request.rest-told")
    what: str
    request: str
    how: str | None = None
    staff: str | None = None
    by: str | None = None
    with_: str | None = None
    until: str | None = None
    outcome: str | None = None
    reason: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True)
class RequestStep(Entry):
    """A request was closed; what said how to reach its person was destroyed, and nobody had looked for what is left of them.

    Or it is carried on, after it was decided about a part of it.
    """

    kinds = ("request.closed", "request.contact.forgotten", "residue.missed", "request.resumed")
    what: str
    request: str


@dataclass(frozen=True, slots=True)
class RequestJoined(Entry):
    """The same was asked with the same address within the hour, and is answered together with the request that leads."""

    kinds = ("request.joined",)
    request: str
    to: str


@dataclass(frozen=True, slots=True)
class RequestVerified(Entry):
    """Enough was proved of who asks: `by` says in words what. Before 0079 the address alone."""

    kinds = ("request.verified",)
    request: str
    by: str


@dataclass(frozen=True, slots=True)
class RequestDenied(Entry):
    """A request was denied."""

    kinds = ("request.denied",)
    request: str
    reason: str


@dataclass(frozen=True, slots=True)
class RequestCorrected(Entry):
    """A link goes to another address."""

    kinds = ("request.address.corrected",)
    request: str
    staff: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class RequestReviewed(Entry):
    """Staff looked at a request: it waits for them, one asks, another approves; fraud is suspected, or cleared.

    `about` is `carry-out` or `denial`, `code` the ground of a denial, `fraudulent`, or `stays` for a program's decision; `alone`:
    by who asked for it, a day later, because there is nobody else.
    """

    kinds = ("request.review-wanted", "request.approved", "request.suspected", "request.cleared")
    what: str
    request: str
    about: str | None = None
    code: str | None = None
    alone: bool | None = None
    staff: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class RequestPart(Entry):
    """A part of a request is to be withheld, by a code of the law; and what was decided about it, as the second look.

    `alone`: by who asked for it, a day later, because there is nobody else.
    """

    kinds = ("request.part-wanted", "request.part-decided")
    what: str
    request: str
    code: str
    agrees: bool | None = None
    alone: bool | None = None
    staff: str | None = None


@dataclass(frozen=True, slots=True)
class RequestApplied(Entry):
    """A request that asks nobody who they are holds here; and everywhere, and its person can see so. `kind` is what was asked."""

    kinds = ("request.applied", "request.confirmed")
    what: str
    request: str
    kind: str


@dataclass(frozen=True, slots=True)
class RequestDecided(Entry):
    """A member of staff decided a request: `outcome` is granted, partial or denied, `reason` a code."""

    kinds = ("request.decided",)
    request: str
    outcome: str
    reason: str | None = None
    staff: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class RequestScoped(Entry):
    """A member of staff read what the person wrote, and said what the request covers: these points, without them everything."""

    kinds = ("request.scoped",)
    request: str
    points: str | None = None
    staff: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class RequestPlanned(Entry):
    """A plan was made, of so many tasks."""

    kinds = ("request.planned",)
    request: str
    tasks: int


@dataclass(frozen=True, slots=True)
class RequestTarget(Entry):
    """A place did its part; before 0058 also with `did` and `records`."""

    kinds = ("request.target",)
    request: str
    target: str
    rule: str


@dataclass(frozen=True, slots=True)
class RequestInstructed(Entry):
    """A recipient is to be told what to do with what it was given; was told; is reminded; has answered, or staff for it.

    Or it is not told any more: the permission of the agent who asked had ended.

    `instruction` is a random id, `recipient` a name that the policy declares.
    """

    kinds = (
        *("request.instructed", "request.instruction-told", "request.reminded", "request.instruction-answered"),
        "request.instruction-taken-back",
    )
    what: str
    request: str
    instruction: str
    recipient: str
    answer: str | None = None
    how: str | None = None
    staff: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class RequestDisclosed(Entry):
    """What is held of somebody was put together for them; before 0058 also with `records`."""

    kinds = ("request.disclosed",)
    request: str


@dataclass(frozen=True, slots=True)
class RequestDone(Entry):
    """The statement of what was done, which names the request under a salt alone.

    Before 0058 `targets` (`{name: {did, records}}`) in place of `found`.
    """

    kinds = (
        *("request.know.done", "request.portability.done", "request.confirm-identifier.done"),
        *("request.delete.done", "request.correct.done"),
    )
    what: str
    about: str
    rulebook: str
    left: int
    found: str


@dataclass(frozen=True, slots=True)
class ClaimDecided(Entry):
    """A member of staff decided about one contested field: `corrected`, `deleted` or `denied`, by a ground."""

    kinds = ("request.claim-decided",)
    request: str
    outcome: str
    staff: str
    ground: str | None = None


@dataclass(frozen=True, slots=True)
class RequestDocument(Entry):
    """A document about what is contested was asked for, came, was opened by a member of staff; all of them were destroyed.

    Or its person was told what a request lacks and how to mend it; a member of staff added what a correction lacked.
    """

    kinds = (
        *("request.document-wanted", "request.document-kept", "request.document-read", "request.documents-destroyed"),
        *("request.mending-wanted", "request.mended"),
    )
    what: str
    request: str
    staff: str | None = None


@dataclass(frozen=True, slots=True)
class RecordRead(Entry):
    """A member of staff looked at so many lines of the record of consumer requests."""

    kinds = ("request.record-read",)
    lines: int
    staff: str


@dataclass(frozen=True, slots=True)
class RequestPermission(Entry):
    """The file by which an agent shows its permission came, was opened by a member of staff, was destroyed on its day."""

    kinds = ("request.permission-kept", "request.permission-read", "request.permission-destroyed")
    what: str
    request: str
    staff: str | None = None


@dataclass(frozen=True, slots=True)
class CorrectedShown(Entry):
    """Its person asked to see what is held now in the fields that were corrected; it counts as no request to know."""

    kinds = ("request.corrected-shown",)
    request: str


@dataclass(frozen=True, slots=True)
class StatementAdded(Entry):
    """A person's statement was put to a field that was not corrected; `recipients` are told of it where they asked for that."""

    kinds = ("request.statement-added",)
    request: str
    recipients: int


@dataclass(frozen=True, slots=True)
class ResidueSearched(Entry):
    """Every file was searched for an erased person, who was found `left` times; where is under the salt, as the request is."""

    kinds = ("residue.searched",)
    about: str
    left: int
    found: str


@dataclass(frozen=True, slots=True)
class RequestRestored(Entry):
    """Answered (`answered` is the moment) after the backup that was put back, and closed again."""

    kinds = ("request.restored",)
    request: str
    answered: int | None


@dataclass(frozen=True, slots=True)
class FilesUnread(Entry):
    """So many files that a person sent cannot be read, and have to be looked at before the answer. Rule: 11 CCR 7024(d)."""

    kinds = ("request.files.look-wanted",)
    request: str
    files: int


@dataclass(frozen=True, slots=True)
class FileLookedAt(Entry):
    """A member of staff looked at a file that nobody could read, and released it or held it back."""

    kinds = ("request.file.released", "request.file.held-back")
    what: str
    request: str
    staff: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class AgentStep(Entry):
    """An authorized agent is in the register; its key is another one than the pinned one; was pinned; has a new token; has ended.

    `agent` is our random id of it. `key` is the first 16 hex digits of the SHA-256 of a public key.
    """

    kinds = ("agent.added", "agent.key-differs", "agent.key-pinned", "agent.token", "agent.terms", "agent.ended")
    what: str
    agent: str
    source: str | None = None
    key: str | None = None
    staff: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class AnswerFetched(Entry):
    """A file of the answer to a request was fetched: which of its files, never what is in it. Rule: 11 CCR 7024(g)."""

    kinds = ("request.answer.fetched",)
    request: str
    file: str


@dataclass(frozen=True, slots=True)
class RequestByAgent(Entry):
    """An authorized agent sent a request; its permission is shown, or does not hold; it took the request back.

    `authority` is `signed permission` or `power of attorney`, `reason` why it does not hold.
    """

    kinds = ("request.by-agent", "request.permitted", "request.unpermitted", "request.withdrawn")
    what: str
    request: str
    agent: str
    authority: str | None = None
    reason: str | None = None
    staff: str | None = None
    by: str | None = None


@dataclass(frozen=True, slots=True)
class KeptRead(Entry):
    """A member of staff opened what a rule keeps beyond an erasure, for its purpose, or was refused; `kept` is a keyed hash."""

    kinds = ("kept.read", "kept.read.refused")
    what: str
    kept: str
    purpose: str
    staff: str
