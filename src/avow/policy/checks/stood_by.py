"""What rights and standing promises ask of this version of the software, beyond what is collected and given away.

The keys here are printed for visitors whatever the software does. Each is carried out, said to be by people, or refused.
Rule: Bus. & Prof. Code § 22576 (breaking one's own policy). Why: decision 0059.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from avow.definitions import RequestKind, Technology
from avow.policy.findings.diagnostics import Diagnostic, diagnostic
from avow.policy.language.read import Entries, Entry
from avow.policy.language.vocabulary import DECLARED_EXCEPTIONS, METHODS, WEIGHED_EXCEPTIONS
from avow.policy.rulebook.own_pages import METRICS

_STAFF: Final = "add by_people = true, and take the right out of the form, if your staff carry it out"
_LINK: Final = '"by a link that we send to your e-mail address"'


#: Rights that this version carries out once it knows who asks.
VERIFIED: Final = frozenset(
    {RequestKind.KNOW, RequestKind.DELETE, RequestKind.CORRECT, RequestKind.RESTRICT, RequestKind.PORTABILITY}
)


@dataclass(frozen=True, slots=True)
class StoodBy:
    """What a version of the software does by itself about rights and standing promises.

    `exceptions` are the codes of those from deletion under which it keeps something back. `verification` are the words of what it
    does to verify somebody; None takes any words. `languages` are those of its pages; None takes any. `place` are the
    technologies by which people give their precise place themselves.
    """

    exceptions: frozenset[str]
    per_12_months: bool
    verification: re.Pattern[str] | None
    agents_by: frozenset[str]
    languages: frozenset[str] | None
    business_transfer: bool
    place: frozenset[str]


#: The words by which a policy may say that a link is mailed, that a browser is known by its cookie, that what somebody types is
#: compared with what is held, and that a declaration is signed: nothing else is done. What other words promise cannot be known,
#: so they are refused.
_BY_MAIL_AND_QUESTIONS: Final = re.compile(
    r"a|about|address|against|and|answer|answers|ask|asks|at|be|browser|by|click|clicking|comes|compare|compared|comparing|confirm"
    r"|confirmation|confirming|cookie|data|declaration|e-mail|email|follow|following|for|from|gave|has|have|held|hold|in|into|is|it"
    r"|its|link|mail|mailed|match|matches|matching|message|more|of|on|one|only|open|opening|penalty|perjury|points|question"
    r"|questions|said|same|send|sends|sensitive|sent|sign|signed|specific|that|the|things|this|through|to|told|type|typed|typing"
    r"|under|us|use|used|visit|visits|we|what|when|where|which|with|you|your"
)
_WORD: Final = re.compile(r"e-mail|[^\W\d_]+|\d+", re.IGNORECASE)
THIS_VERSION: Final = StoodBy(
    exceptions=DECLARED_EXCEPTIONS | WEIGHED_EXCEPTIONS,  # the latter by staff, for one request at a time
    per_12_months=False,
    verification=_BY_MAIL_AND_QUESTIONS,
    agents_by=frozenset(METHODS) - {"account"},
    languages=frozenset({"english"}),
    business_transfer=False,
    place=frozenset({Technology.FORM, Technology.CAREERS_PORTAL, Technology.FEED, "conversation"}),
)


def check_stood_by(entries: Entries, does: StoodBy) -> Iterator[Diagnostic]:
    """Find rights and standing promises of which this version does less than the policy page says.

    Rule: Bus. & Prof. Code § 22576. Why: decision 0059.
    """
    for right in entries.of("right"):
        if not right.values.get("by_people", False):
            yield from _right(right, does)
    for agents in entries.of("agents"):
        for place, method in enumerate(agents.values["methods"]):
            if method not in does.agents_by:
                message = f'this version has no way for agents to ask by "{method}"'
                yield diagnostic(
                    "AV0708", agents.at("methods", place), message, "name another way: there are no accounts of people yet"
                )
    yield from _languages(entries, does)
    for transfer in entries.of("business_transfer"):
        if not does.business_transfer and not transfer.values.get("by_people", False):
            message = "nothing in this version tells people that the business changes hands"
            yield diagnostic("AV0709", transfer.here, message, "add by_people = true if your staff tell them, or remove it")
    yield from _metrics(entries)
    yield from _precise_place(entries, does)


def _metrics(entries: Entries) -> Iterator[Diagnostic]:
    """Rule: 11 CCR 7102 (requests of a calendar year, counted and published by July 1)."""
    for policy in entries.of("policy"):
        address = urlsplit(policy.values.get("metrics", ""))
        sites = [one.values["address"] for one in entries.of("website")]
        sites += [one.values["website"] for one in entries.of("controller")]
        is_ours = address.path == METRICS and address.netloc in {urlsplit(one).netloc for one in sites}
        if address.netloc and not is_ours and not policy.values.get("metrics_by_people", False):
            message = f"the requests of a year are published at {METRICS} of a website of this policy, and nothing is there"
            mend = "write the address of that page, or metrics_by_people = true if your staff count and publish them elsewhere"
            yield diagnostic("AV0709", policy.at("metrics"), message, mend)


def _right(right: Entry, does: StoodBy) -> Iterator[Diagnostic]:
    """Rule: Cal. Civ. Code § 1798.105(d), § 1798.130(b); 11 CCR 7060-7062."""
    values, name = right.values, right.name
    for place, code in enumerate(values.get("exceptions", ())):
        if code not in does.exceptions or name != RequestKind.DELETE:
            message = f'this version keeps nothing back under the exception "{code}" when somebody uses the right "{name}"'
            yield diagnostic("AV0708", right.at("exceptions", place), message, f"remove it, or {_STAFF}")
    if "per_12_months" in values and not does.per_12_months:
        message = f'this version answers every request for the right "{name}": it counts none in 12 months'
        yield diagnostic("AV0708", right.at("per_12_months"), message, f"remove the limit, or {_STAFF}")
    if name not in VERIFIED:
        return  # a switch of the privacy centre asks nobody who they are, and the page says so
    if does.verification is None:
        return
    said = {word.lower() for word in _WORD.findall(values["verification"])}
    odd = sorted(word for word in said if not does.verification.fullmatch(word))
    if odd or "link" not in said or not said & {"e-mail", "email"}:
        because = f"; it does not know what is meant by: {', '.join(odd)}" if odd else ""
        message = f"this version verifies who asks by a link that it sends by e-mail, and by what is held{because}"
        yield diagnostic("AV0708", right.at("verification"), message, f"write {_LINK}, or {_STAFF}")


def _languages(entries: Entries, does: StoodBy) -> Iterator[Diagnostic]:
    """Rule: 11 CCR 7003(b)(2)."""
    for found in entries.of("accessibility"):
        for place, language in enumerate(found.values["languages"]):
            if does.languages is not None and language.lower() not in does.languages:
                message = f"this version has its pages and letters in English, and not in {language}"
                yield diagnostic("AV0709", found.at("languages", place), message, "name the languages in which they really are")


def _precise_place(entries: Entries, does: StoodBy) -> Iterator[Diagnostic]:
    """Rule: Cal. Civ. Code § 1798.140(w), (ae)(1)(C)."""
    places = {item.name for item in entries.of("data") if item.values.get("sensitive") == "S3"}
    for point in entries.of("collection"):
        if point.values["technology"] not in does.place and "collected_by" not in point.values:
            for number, name in enumerate(point.values["data"]):
                if name in places:
                    message = f'nothing in this version asks a browser for its precise place, so "{name}" is not taken here'
                    mend = "take it out, or ask for it in a form, where people write it themselves"
                    yield diagnostic("AV0709", point.at("data", number), message, mend)
