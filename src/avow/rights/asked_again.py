"""Several requests of one kind with one address: nobody's mailbox is filled, and nobody's right is lost.

Anybody can file a request with anybody's address. To each address goes one link an hour for each kind; what comes meanwhile
waits, each request with its own words and its own date. What waits from one day goes together: the first of it leads, gets the
next link, and finds by what all of them named; the others are answered with it.

    first request      ─► link at once                              expires by its own date
    second, third, ... ─► the second leads ─► link after an hour    expires by its own date, which is the third's as well

A request that somebody else filed takes no other along when it expires: only requests of one day, whose link is still to be
sent, go together.
Rule: 11 CCR 7021 (each request has its clock), 7060(d) (no more than is needed), 7062.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from avow.gate import entries
from avow.rights.cases import Case, Contact
from avow.rights.kept import Cases
from avow.rights.states import ANSWERED, State, Step

#: An address gets at most one link for each kind of request in this time.
AGAIN: Final = timedelta(hours=1)
_AGAIN_MS: Final = AGAIN // timedelta(milliseconds=1)
#: Most browsers' visitor numbers that requests which go together look for.
VISITORS: Final = 10


def join(case: Case, lead: Case, cases: Cases, now_ms: int) -> bool:
    """Let a request go with an earlier one of the same day, kind and address, whose link is still to be sent.

    What is to be confirmed goes alone: each request has one try for each number. Rule: 11 CCR 7060(d), (f).
    """
    if case.contact is None or lead.contact is None:
        return False
    entry = entries.RequestJoined(case.request_id, lead.request_id)
    return cases.join(case, lead, _both(lead.contact, case.contact), now_ms, entry)


def has_to_wait(asked_ms: int, now_ms: int) -> bool:
    """Return whether the address got a link of this kind within the hour; a moment by a clock that was ahead holds nothing.

    Rule: 11 CCR 7021(a): ten business days are left for it.
    """
    return 0 <= now_ms - asked_ms < _AGAIN_MS


def tell_joined(lead: Case, cases: Cases) -> None:
    """Note of those that go with a request what its messages told their one address: the receipt, and the longer period.

    Rule: 11 CCR 7021(a), (b).
    """
    told = [entry for entry in lead.history if entry.step in {Step.ACKNOWLEDGED, Step.EXTENDED}]
    for case in cases.joined_to(lead) if told and lead.state not in ANSWERED else ():
        for entry in told:
            joined = cases.get(case.request_id)
            if joined is not None and joined.state is State.JOINED and joined.entry(entry.step) is None:
                until = {"until": entry.detail["until"]} if "until" in entry.detail else {}
                said = entries.RequestTold(f"request.{entry.step}", case.request_id, with_=lead.request_id, **until)
                cases.append(joined, entry.step, entry.at_ms, {**until, "with": lead.request_id}, said, None)


def answer_joined(lead: Case, cases: Cases, now_ms: int) -> bool:
    """Answer those that go with a request by its answer, which went to the same address; False: the caller goes on.

    Rule: Cal. Civ. Code § 1798.130(a)(2)(A).
    """
    answer = lead.answer
    for case in cases.joined_to(lead) if lead.state in ANSWERED else ():
        if case.state is State.JOINED:
            said: dict[str, str] = {name: answer[name] for name in ("outcome", "reason") if name in answer}
            told = entries.RequestTold("request.responded", case.request_id, with_=lead.request_id, **said)
            cases.append(case, Step.RESPONDED, lead.answered_ms or now_ms, {**said, "with": lead.request_id}, told, None)
    return False


def purge_left_alone(case: Case, cases: Cases) -> bool:
    """Remove a request that waits for one whose record is gone. Rule: 11 CCR 7101(a)."""
    joined = case.entry(Step.JOINED)
    if joined is None or cases.get(joined.detail["to"]) is not None:
        return False
    cases.purge(case.request_id)
    return True


def _both(lead: Contact, other: Contact) -> Contact:
    """Return the first contact with whatever finds more by the second: its browser, the longer of the two times, all it names.

    The words of both are read together; a part joins a part, and everything joins anything (11 CCR 7022(g)).
    """
    seen = [one for one in (lead.visitor_id, *lead.more_visitors, other.visitor_id, *other.more_visitors) if one]
    visitors = tuple(dict.fromkeys(seen))[:VISITORS]
    since = min(lead.since, other.since) if lead.since and other.since else ""
    claims = {(one.point, one.field): one for one in (*lead.claims, *other.claims)}  # what was said last of a field
    return replace(
        lead,
        name=lead.name or other.name,
        details="\n\n".join(dict.fromkeys(one for one in (lead.details, other.details) if one)),
        visitor_id=visitors[0] if visitors else "",
        more_visitors=visitors[1:],
        since=since,
        until=max(lead.until, other.until) if lead.until and other.until else "",
        points=tuple(dict.fromkeys((*lead.points, *other.points))) if lead.points and other.points else (),
        pieces=lead.pieces if lead.pieces == other.pieces else "both",
        claims=tuple(claims.values()),
    )
