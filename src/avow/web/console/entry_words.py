"""What the kinds of the audit log's entries mean to staff, a sentence for each; a test holds it against `gate.entries`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: Kind -> what happened. The fields of an entry say with whom, what and when.
SENTENCES: Final[Mapping[str, str]] = {
    "policy.published": "A version of the policy was published.",
    "policy.notice": "People are told of an announced version of the policy.",
    "policy.in_force": "A version of the policy came into force.",
    "policy.withdrawn": "An announced version of the policy was taken back.",
    "choice": "Somebody made a choice.",
    "disclosure": "Data of somebody left for a recipient.",
    "request.received": "A consumer request was filed.",
    "request.link-written": "The link that confirms a request's address was written; it has not left yet.",
    "request.extension-written": "The message about a longer period was written; it has not left yet.",
    "request.answer-written": "The answer to a request was written; it has not left yet.",
    "request.acknowledged": "The person was sent the link that confirms the address.",
    "request.extended": "The period of a request was extended, and the person told.",
    "request.responded": "A consumer request was answered.",
    "request.closed": "A consumer request was closed.",
    "request.contact.forgotten": "What said how to reach a request's person was destroyed.",
    "request.joined": "A request was joined to another of the same address.",
    "request.verified": "The address of a request was confirmed.",
    "request.denied": "A consumer request was denied.",
    "request.address.corrected": "The address of a request was corrected.",
    "request.planned": "The plan of a request was made.",
    "request.target": "One place did its part of a request.",
    "request.instructed": "A recipient is to be told to erase what it was given of a person.",
    "request.instruction-told": "A recipient was told to erase what it was given of a person.",
    "request.reminded": "A recipient that has not answered is reminded.",
    "request.instruction-answered": "A recipient answered what it was told, or staff noted its answer.",
    "request.disclosed": "What is held of somebody was put together for them.",
    "request.know.done": "A request to know was carried out: this is its statement.",
    "request.delete.done": "A request to delete was carried out: this is its statement.",
    "request.restored": "A request that was answered after the backup that was put back was closed again.",
    "submission.read": "A submission was opened for a purpose.",
    "submission.read.refused": "A submission was not shown for a purpose.",
    "submission.file": "A file of a submission was opened for a purpose.",
    "submission.file.refused": "A file of a submission was not handed out for a purpose.",
    "submission.related": "What belongs to the writer of a submission was opened next to it.",
    "submission.related.refused": "What belongs to the writer of a submission was not shown.",
    "recording.watched": "A session recording was watched for a purpose.",
    "recording.watched.refused": "A session recording was not shown for a purpose.",
    "submission.marked.new": "A submission was marked as new.",
    "submission.marked.read": "A submission was marked as read.",
    "submission.marked.answered": "A submission was marked as answered.",
    "submission.decided.hired": "An application was decided: hired.",
    "submission.decided.not-hired": "An application was decided: not hired.",
    "submission.decided.withdrawn": "An application was withdrawn.",
    "submission.assigned": "It was said who looks after a submission.",
    "person.sought": "What one person sent was looked for by their address.",
    "message.read": "A message of the outbox was opened.",
    "message.read.refused": "A message of the outbox was not shown.",
    "request.read": "A consumer request was opened on the desk.",
    "request.read.refused": "A consumer request was not shown.",
    "act.refused": "A page or an act of the console was refused, because no role allows it.",
    "message.passed-on": "A message was passed on by hand.",
    "message.again": "A message is sent again.",
    "message.corrected": "A message goes to another address.",
    "aside.retried": "An item that could not be handled is tried again.",
    "aside.discarded": "An item that could not be handled was given up.",
    "subscription.confirmed": "A subscription was confirmed.",
    "subscription.ended": "Somebody unsubscribed.",
    "mailing.begun": "A mailing was begun.",
    "mailing.queued": "All messages of a mailing are in the outbox.",
    "log-import.confirmed": "An uploaded server log is taken in.",
    "log-import.done": "An uploaded server log was taken in.",
    "log-import.discarded": "An uploaded server log was given up.",
    "staff.invited": "Somebody was invited to make an account.",
    "staff.added": "An account was made.",
    "staff.signed-in": "A member of staff signed in.",
    "staff.signed-out": "A member of staff signed out.",
    "staff.password-changed": "A member of staff chose a new password.",
    "staff.sign-in-failed": "Sign-ins failed.",
    "staff.password-invited": "A link to a new password was made.",
    "staff.sessions-ended": "Sessions of an account were ended.",
    "staff.removed": "An account was removed.",
    "staff.roles-changed": "An account got other roles.",
    "staff.factor-added": "A second factor was set up.",
    "staff.factor-removed": "A second factor was removed.",
    "staff.factors-reset": "All second factors of an account were removed.",
    "staff.recovery-codes-made": "Recovery codes were made.",
    "staff.recovery-code-used": "A recovery code was used.",
    "staff.passkey-cloned": "A passkey's counter went back, as a copy's does; it is refused since.",
    "staff.trained": "A training was noted.",
    "staff.training-removed": "A training that was noted by mistake was removed.",
    "retention.swept": "What was due was erased or deidentified.",
    "retention.confirmed": "The sweep was told to go although it waited.",
    "restore.acknowledged": "What came after a backup that was put back was read.",
    "log.begun": "This log began where an earlier one was lost.",
}
#: Groups of kinds, by the beginning of their names, as the list of kinds shows them.
GROUPS: Final[Mapping[str, str]] = {
    "policy": "Policy",
    "choice": "Choices and disclosures",
    "disclosure": "Choices and disclosures",
    "request": "Consumer requests",
    "submission": "Submissions and recordings",
    "recording": "Submissions and recordings",
    "person": "Submissions and recordings",
    "message": "Messages and mailings",
    "subscription": "Messages and mailings",
    "mailing": "Messages and mailings",
    "staff": "Staff",
    "act": "Staff",
    "aside": "The installation",
    "log-import": "The installation",
    "retention": "The installation",
    "restore": "The installation",
    "log": "The installation",
}


def sentence(what: str) -> str:
    """Return what an entry of this kind says; of a kind that only another version knows, its name."""
    return SENTENCES.get(what, f"An entry of the kind “{what}”, which this version does not know.")


def grouped() -> dict[str, dict[str, str]]:
    """Return kinds with their sentences by group, in order."""
    groups: dict[str, dict[str, str]] = {}
    for what, words in SENTENCES.items():
        groups.setdefault(GROUPS[what.partition(".")[0]], {})[what] = words
    return groups
