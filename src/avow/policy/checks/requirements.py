"""Check that the policy as a whole says what the law asks every policy to say, one rule for each element.

Rule: 11 CCR 7011(e); Cal. Civ. Code § 1798.130(a)(5); Bus. & Prof. Code § 22575(b); GDPR Art. 13.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Final

from avow.policy.checks.prose import SIGNAL_NAMES
from avow.policy.findings.diagnostics import Diagnostic, Span, diagnostic
from avow.policy.language.grammar import REQUIRED_TABLES
from avow.policy.language.parse import Document
from avow.policy.language.read import Entries, Entry, did_you_mean
from avow.policy.language.vocabulary import LEGAL_BASES, RIGHTS, SENSITIVE, SIGNALS, TAKEN_FOR_PEOPLE
from avow.policy.law import LawTable, rules
from avow.policy.law.counting import add_months

_TOLL_FREE: Final = re.compile(r"(?:\+?1[ .-]?)?\(?8(?:00|33|44|55|66|77|88)\)?[ .-]?\d{3}[ .-]?\d{4}")
_TABLE_EXAMPLES: Final = {
    "policy": 'add [policy] with title = "...", effective = 2026-11-01, updated = 2026-11-01',
    "controller": "add [controller] with name, address, email, phone, website",
    "changes": 'add [changes] with told_by = ["banner"], days_before = 30',
    "agents": 'add [agents] with asks = ["signed-permission"], and_one_of = ["confirm-permission"], methods = ["email"]',
    "children": 'add [children] with under = 13, directed = false, on_knowledge = "delete", contact = "privacy@..."',
    "accessibility": 'add [accessibility] with standard = "WCAG 2.2 AA", languages = ["English"]',
}
#: Rights that a policy offers where this law governs. Rule: Cal. Civ. Code §§ 1798.105, .106, .110; GDPR Art. 7, 15-21.
RIGHTS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "EU-GDPR": ("know", "delete", "correct", "portability", "restrict", "object", "withdraw-consent"),
    "US-IA": ("know", "delete"),
}
_USUAL_RIGHTS: Final = ("know", "delete", "correct")
#: A policy is reminded of its yearly review so many days before.
REMIND_DAYS: Final = 30

_NO_RETALIATION: Final = re.compile(
    r"\bretaliat|\bdiscriminat|\bwhether or not you (?:use|exercise)\b"
    r"|\btreat you (?:the same|no different|differently|worse|less)"
    r"|\btreated (?:differently|worse|less|the same)\b|\bpenali[sz]e|\bhold it against you\b"
    r"|\b(?:no|without) (?:\w+ )?(?:disadvantages?|consequences)\b"
    r"|\b(?:not|never) (?:refuse|deny|charge)\b[^.]{0,80}\b(?:because|for (?:using|exercising))\b",
    re.IGNORECASE,
)
_CROSS_SITE: Final = re.compile(
    r"\b(?:collect|track|follow)\w*\b[^.]{0,100}\b(?:across|other) (?:\w+ )?(?:web)?sites?\b", re.IGNORECASE
)
_COMPLAINT: Final = re.compile(r"\bsupervisory authority\b|\bdata protection authority\b", re.IGNORECASE)


def check_requirements(
    document: Document, entries: Entries, law: Mapping[str, LawTable], today: date, *, whole: bool
) -> Iterator[Diagnostic]:
    """Find each element that the law asks for and the policy lacks.

    Rule: 11 CCR 7011(e); Cal. Civ. Code § 1798.130(a)(5); Bus. & Prof. Code § 22575(b); GDPR Art. 6(1), 13.
    """
    for right in entries.of("right"):
        yield from _methods(entries, right)
    if whole and not entries.names:
        message = "this declares nothing: it has no avow block"
        yield diagnostic(
            "AV0601", _top(document), message, "begin with a copy of an example, and change one section after the other"
        )
        return
    if whole:
        yield from _declared(document, entries)
        yield from _shown(document, entries)
        yield from _rights(document, entries, law)
        yield from _sensitive(entries)
    yield from _bases(entries)
    yield from _law(entries, law, today)


def jurisdictions(entries: Entries) -> tuple[str, ...]:
    """Return the jurisdictions that the policy names, California when it names none."""
    policies = entries.of("policy")
    return tuple(policies[0].values.get("jurisdictions", ("US-CA",))) if policies else ("US-CA",)


def _methods(entries: Entries, right: Entry) -> Iterator[Diagnostic]:
    """Check by how many ways a right can be asked for. Rule: Cal. Civ. Code § 1798.130(a)(1); 11 CCR 7020."""
    methods = right.values["methods"]
    if right.values.get("by_people", False) and "web" in methods and right.name not in TAKEN_FOR_PEOPLE:
        message = f"the form of the privacy centre does not take requests to {right.name}: people carry this right out"
        mend = 'remove "web" from the methods'
        yield diagnostic("AV0624", right.at("methods", methods.index("web")), message, mend)
    controllers = entries.of("controller")
    if not controllers:
        return
    if controllers[0].values.get("online_only", False):
        if not methods:
            message = f'nobody can ask for the right "{right.name}"'
            yield diagnostic("AV0604", right.at("methods"), message, 'add methods = ["email"]')
        return
    if len(methods) < 2:  # noqa: PLR2004 - "two or more designated methods"
        message = f'the right "{right.name}" has {len(methods)} method; at least two must be offered'
        yield diagnostic("AV0604", right.at("methods"), message, 'write methods = ["web", "email", "phone"]')
    phone = controllers[0].values.get("phone", "")
    if "phone" not in methods:
        if right.name in _USUAL_RIGHTS:
            message = f'the right "{right.name}" cannot be asked for by telephone'
            mend = 'add "phone" to the methods, or online_only = true to [controller] if you deal with people online only'
            yield diagnostic("AV0605", right.at("methods"), message, mend)
    elif not _TOLL_FREE.fullmatch(phone.strip()):
        message = f'"{phone}" is not a toll-free number' if phone else "the controller has no telephone number"
        mend = 'write your number that is free to call, as phone = "1-800-555-0142"'
        yield diagnostic("AV0605", controllers[0].at("phone"), message, mend)


def _top(document: Document) -> Span:
    """Return where what is missing is reported: the policy's title."""
    return document.sections[1].span if len(document.sections) > 1 else Span(1, 1, 1)


def _declared(document: Document, entries: Entries) -> Iterator[Diagnostic]:
    """Find declarations that every policy must have. Rule: 11 CCR 7011(e); Bus. & Prof. Code § 22575(b)."""
    top = _top(document)
    for table, code in REQUIRED_TABLES.items():
        if table not in entries.declared(table):
            yield diagnostic(code, top, f"the policy has no [{table}]", _TABLE_EXAMPLES[table])
    for signal, called in SIGNALS.items():
        if signal not in entries.declared("signal"):
            mend = f"add [signal.{signal}] with stops = [...] (may be empty) and sentence"
            yield diagnostic("AV0607", top, f"the policy does not say what happens on {called}", mend)
    for controller in entries.of("controller"):
        if controller.values.get("large", False) and not any("metrics" in one.values for one in entries.of("policy")):
            message = "a business with 10,000,000 consumers a year publishes how many requests it answered"
            mend = 'add metrics = "https://..." to [policy], and metrics_by_people = true if your staff count them'
            yield diagnostic("AV0617", controller.at("large"), message, mend)
    for policy in entries.of("policy"):
        if policy.values.get("metrics_by_people", False) and "metrics" not in policy.values:
            message = "the policy says that staff publish how many requests were answered, and not where"
            yield diagnostic("AV0617", policy.at("metrics_by_people"), message, 'add metrics = "https://...", or remove it')


def _shown(document: Document, entries: Entries) -> Iterator[Diagnostic]:
    """Find what the visitor must be able to read and cannot. Rule: 11 CCR 7011(e); Bus. & Prof. Code § 22575(b)(6)."""
    top, shown = _top(document), {placeholder.name for placeholder in document.placeholders}
    said = "\n".join(prose.words for prose in document.prose if prose.kind == "paragraph")
    answered = all(SIGNAL_NAMES[name].search(said) for name in SIGNALS)
    elements = (
        ("AV0609", "chart", False, "the policy does not show the categories of the last 12 months"),
        ("AV0619", "retention", False, "the policy does not show how long each kind of record is kept"),
        ("AV0620", "rights", False, "the policy does not show the rights, how to ask and by when it is answered"),
        ("AV0621", "signals", answered, "the policy does not show what the signals stop"),
        ("AV0613", "cross-site", _CROSS_SITE.search(said), "the policy does not say whether others collect across websites"),
        ("AV0615", "contact", "@" in said, "the policy does not say whom to contact"),
    )
    for code, placeholder, is_said, message in elements:
        if placeholder not in shown and not is_said:
            yield diagnostic(code, top, message, f"put {{{{ {placeholder} }}}} on a line of its own")
    if not _NO_RETALIATION.search(said):
        mend = 'say, for example: "We treat you the same whether or not you use any of these rights."'
        yield diagnostic("AV0610", top, "the policy does not promise that using a right has no bad consequences", mend)
    if "EU-GDPR" in jurisdictions(entries) and not _COMPLAINT.search(said):
        mend = "say that people may complain to a supervisory authority"
        yield diagnostic("AV0622", top, "the policy does not tell of the right to complain", mend)


def _rights(document: Document, entries: Entries, law: Mapping[str, LawTable]) -> Iterator[Diagnostic]:
    """Find rights that a jurisdiction of the policy gives and the policy does not offer. Rule: see RIGHTS_OF."""
    offered: dict[str, set[str]] = {name: set() for name in entries.declared("right")}
    laws = jurisdictions(entries)
    for right in entries.of("right"):
        offered[right.name] = set(right.values.get("jurisdictions", laws))
        for place, code in enumerate(right.values.get("jurisdictions", ())):
            if code not in laws:
                message = f'the policy does not name the jurisdiction "{code}"'
                yield diagnostic("AV0213", right.at("jurisdictions", place), message, did_you_mean(code, laws))
                offered[right.name] = set(laws)
    wanted: dict[str, list[str]] = {}
    for code in laws:
        appeal = ("appeal",) if code in law and law[code].appeal else ()
        for right_name in (*RIGHTS_OF.get(code, _USUAL_RIGHTS), *appeal):
            if code not in offered.get(right_name, set()) and not (right_name in offered and not offered[right_name]):
                wanted.setdefault(right_name, []).append(code)
    for right_name, codes in wanted.items():
        mend = f'add [right.{right_name}] with methods = ["email", "phone"], verification and level'
        message = f"the right {RIGHTS[right_name]} is not offered in {', '.join(codes)}"
        yield diagnostic("AV0602", _top(document), message, mend)


def _sensitive(entries: Entries) -> Iterator[Diagnostic]:
    """Check uses of sensitive information. Rule: Cal. Civ. Code § 1798.121; 11 CCR 7027(m)."""
    if "limit" in entries.declared("right"):
        return
    sensitive = {
        item.name
        for item in entries.of("data")
        if item.values.get("sensitive") in SENSITIVE or "L" in (item.values["category"], *item.values.get("also", ()))
    }
    allowed = {purpose.name for purpose in entries.of("purpose") if "sensitive_use" in purpose.values}
    known = {purpose.name for purpose in entries.of("purpose")}
    for point in entries.of("collection"):
        for place, item in enumerate(point.values["data"]):
            if item not in sensitive:
                continue
            uses = set(point.values.get("only", {}).get(item, point.values["purposes"])) & known
            beyond = sorted(uses - allowed)
            if beyond:
                message = f'"{item}" is sensitive and used for {", ".join(beyond)}, and nobody can limit that use'
                mend = f"add [right.limit], or sensitive_use to the purpose if {rules.SENSITIVE_USES} allows it"
                yield diagnostic("AV0618", point.at("data", place), message, mend)


def _bases(entries: Entries) -> Iterator[Diagnostic]:
    """Check the legal basis of each purpose where GDPR governs. Rule: GDPR Art. 6(1), 7."""
    if not entries.of("policy") or "EU-GDPR" not in jurisdictions(entries):
        return
    for purpose in entries.of("purpose"):
        basis, choice = purpose.values.get("legal_basis"), purpose.values.get("choice", "none")
        if basis is None:
            message = f'the purpose "{purpose.name}" has no legal basis'
            yield diagnostic("AV0316", purpose.here, message, f"add legal_basis: {', '.join(LEGAL_BASES)}")
        elif (basis == "consent") != (choice == "consent"):
            message = f'"{purpose.name}" rests on {basis}, but its choice is "{choice}"'
            mend = 'consent is asked first: write choice = "consent" and legal_basis = "consent" together'
            yield diagnostic("AV0316", purpose.at("legal_basis"), message, mend)


def _law(entries: Entries, law: Mapping[str, LawTable], today: date) -> Iterator[Diagnostic]:
    """Check the policy's jurisdictions and age. Rule: Cal. Civ. Code § 1798.130(a)(5) (update every 12 months)."""
    for policy in entries.of("policy"):
        unknown = False
        for place, code in enumerate(policy.values.get("jurisdictions", ())):
            if code not in law:
                unknown = True
                message = f'there is no law table "{code}"'
                yield diagnostic("AV0608", policy.at("jurisdictions", place), message, did_you_mean(code, law))
        if unknown or not law:
            continue
        months = [months for code in jurisdictions(entries) if (months := law[code].policy_update_months)]
        if not months:
            continue
        updated = policy.values["updated"]
        due = add_months(updated, min(months))
        if updated > max(today, policy.values["effective"]):
            message = f"last updated {updated}: that day is yet to come, and later than the first day of the policy"
            yield diagnostic("AV0606", policy.at("updated"), message, "set updated to the day of the last review")
        elif today > due:
            message = f"last updated {updated}; it had to be updated by {due}"
            mend = "review the policy, then set updated to the day of the review"
            yield diagnostic("AV0606", policy.at("updated"), message, mend)
        elif today > due - timedelta(days=REMIND_DAYS):
            message = f"last updated {updated}; it must be updated by {due}"
            yield diagnostic(
                "AV0623", policy.at("updated"), message, "review the policy, then set updated to the day of the review"
            )
