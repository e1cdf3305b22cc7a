"""Check who receives data: contracts clause by clause, sale and sharing as computed facts, transfers abroad.

Rule: Cal. Civ. Code § 1798.100(d), § 1798.120, § 1798.135, § 1798.140(ag), (ai); 11 CCR 7051, 7053.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from datetime import date
from typing import Final

from avow.policy.checks.selling import contradicted, is_third_party, third_party_because
from avow.policy.findings.diagnostics import Diagnostic, diagnostic
from avow.policy.language.parse import Document
from avow.policy.language.read import Entries, Entry
from avow.policy.language.vocabulary import CATEGORIES, CLAUSES, EEA
from avow.policy.law import rules
from avow.policy.law.counting import add_months
from avow.policy.rulebook import build
from avow.policy.rulebook.declarations import Contract, Recipient

#: A contract is checked at least so often. Rule: Cal. Civ. Code § 1798.140(ag)(1)(D); 11 CCR 7053(b).
CHECK_MONTHS: Final = 12


def check_disclosures(document: Document, entries: Entries, today: date, *, whole: bool) -> Iterator[Diagnostic]:
    """Find what is wrong with recipients, and with what the policy owes to people whose data is sold or shared.

    Rule: Cal. Civ. Code § 1798.100(d), § 1798.120, § 1798.135, § 1798.140(ag), (ai); 11 CCR 7051, 7053; GDPR Art. 44-46.
    """
    denied = contradicted(document, entries)  # the contradiction is reported there, once
    for point in entries.of("collection"):
        yield from _given(entries, point)
    known = build.recipients(entries)
    for recipient in entries.of("recipient"):
        yield from _role(entries, recipient, known[recipient.name], denied=recipient.name in denied)
        yield from _checked(recipient, known[recipient.name].contract, today)
        yield from _abroad(entries, recipient)
    if whole:
        yield from _sold(entries, denied)


def _given(entries: Entries, point: Entry) -> Iterator[Diagnostic]:
    """Check that what a point gives to a recipient lies within its declaration. Rule: 11 CCR 7051(a) (specific purposes)."""
    data = {item.name: {item.values["category"], *item.values.get("also", ())} for item in entries.of("data")}
    recipients = {entry.name: entry for entry in entries.of("recipient")}
    for place, name in enumerate(point.values.get("recipients", ())):
        if name not in recipients:
            continue
        declared = recipients[name].values
        if point.values["purposes"] and not set(declared["purposes"]) & set(point.values["purposes"]):
            message = f'"{name}" serves no purpose of collection point "{point.name}"'
            mend = "add one of the point's purposes to the recipient, or remove the recipient from the point"
            yield diagnostic("AV0306", point.at("recipients", place), message, mend)
        given = set().union(*(data[item] for item in point.values["data"] if item in data))
        beyond = sorted((given & set(CATEGORIES)) - set(declared["categories"]))
        if beyond:
            message = f'"{name}" is given category {", ".join(beyond)} by "{point.name}" but is not declared for it'
            mend = "add the category to the recipient, if its contract covers it, or remove the recipient from the point"
            yield diagnostic("AV0306", point.at("recipients", place), message, mend)


def _role(entries: Entries, entry: Entry, recipient: Recipient, *, denied: bool) -> Iterator[Diagnostic]:
    """Check that role, contract and use go together. Rule: 11 CCR 7050, 7051(a), (c), 7053(a)."""
    if recipient.role != "third-party" and recipient.disclosure != "business-purpose":
        message = f'"{entry.name}" is declared a {recipient.role} and is given it by {recipient.disclosure}; it cannot be both'
        yield diagnostic("AV0406", entry.at("disclosure"), message, 'declare role = "third-party", or end that use by contract')
    elif recipient.same_business and (recipient.cross_context or recipient.role == "third-party"):
        yield _of_the_group(entry, recipient)
    elif denied:
        return
    elif recipient.role == "third-party":
        missing = recipient.contract.missing_for_third_party if recipient.contract else None
        if missing is None or missing:
            lacks = f"lacks {', '.join(missing)}" if missing else "is missing"
            message = f'the contract with the third party "{entry.name}" {lacks}'
            mend = f"agree on the clauses of {rules.THIRD_PARTY_CONTRACT}, and declare them in [recipient.{entry.name}.contract]"
            yield diagnostic("AV0405", entry.at("contract"), message, mend)
    elif recipient.own_use and not recipient.same_business:
        message = f'"{entry.name}" is declared a {recipient.role} and uses the data for itself; it cannot be both'
        yield diagnostic("AV0406", entry.at("own_use"), message, 'declare role = "third-party", or end that use by contract')
    elif recipient.cross_context:
        message = f'"{entry.name}" is declared a {recipient.role} but is a third party by law: {third_party_because(recipient)}'
        mend = 'declare role = "third-party" and disclosure = "sharing", or take the purpose from the recipient'
        yield diagnostic("AV0402", entry.at("purposes"), message, mend)
    elif is_third_party(entries, recipient):
        message = f'"{entry.name}" is declared a {recipient.role} but is a third party by law: {third_party_because(recipient)}'
        mend = f"declare [recipient.{entry.name}.contract] with {len(CLAUSES)} clauses"
        yield diagnostic("AV0402", entry.here, message, mend)


def _of_the_group(entry: Entry, recipient: Recipient) -> Diagnostic:
    """Return what a company of the same business cannot be. Rule: Cal. Civ. Code § 1798.140(d)(2), (k), (ai)."""
    if recipient.role == "third-party":
        message = f'"{entry.name}" is declared of the same business and a third party; it cannot be both'
        mend = 'declare the role that its contract would give it, as "service-provider", or remove same_business'
        return diagnostic("AV0406", entry.at("same_business"), message, mend)
    message = f'"{entry.name}" is declared of the same business, and serves advertising across businesses; it cannot be both'
    mend = "take the purpose from the recipient, or remove same_business"
    return diagnostic("AV0406", entry.at("purposes"), message, mend)


def _checked(entry: Entry, contract: Contract | None, today: date) -> Iterator[Diagnostic]:
    """Remind of the yearly check. Rule: Cal. Civ. Code § 1798.140(ag)(1)(D); 11 CCR 7053(b)."""
    checked = entry.values.get("checked")
    if contract is None:
        return
    last = max(contract.signed, checked or contract.signed)
    if today > add_months(last, CHECK_MONTHS):
        message = f'nobody has checked since {last} whether "{entry.name}" keeps to its contract'
        mend = f"check it, then write checked = {today} in [recipient.{entry.name}]"
        yield diagnostic("AV0407", entry.at("checked"), message, mend)


def _abroad(entries: Entries, recipient: Entry) -> Iterator[Diagnostic]:
    """Check that a transfer out of the EEA has safeguards, where GDPR applies. Rule: GDPR Art. 44-46."""
    policies = entries.of("policy")
    if not policies or "EU-GDPR" not in policies[0].values.get("jurisdictions", ()):
        return
    country = recipient.values["country"]
    if country not in EEA and "safeguards" not in recipient.values:
        message = f'"{recipient.name}" is in {country}, outside the EEA, and no safeguards are declared'
        mend = 'add safeguards = "...", what the transfer really rests on, as "standard-contractual-clauses"'
        yield diagnostic("AV0410", recipient.at("country"), message, mend)


def _sold(entries: Entries, denied: Container[str]) -> Iterator[Diagnostic]:
    """Check what is owed where data is sold or shared. Rule: Cal. Civ. Code § 1798.120, § 1798.135(a); 11 CCR 7025(c)(1)."""
    known = build.recipients(entries)
    declared = [entry for entry in entries.of("recipient") if known[entry.name].role == "third-party"]
    third = [entry for entry in declared if entry.name not in denied and known[entry.name].effective_role == "third-party"]
    gpc = next((set(entry.values["stops"]) for entry in entries.of("signal") if entry.name == "gpc"), None)
    for recipient in third:
        called = f'"{recipient.name}" is a third party'
        if "opt-out" not in entries.declared("right"):
            mend = 'add [right.opt-out] with methods and level = "none", or end the disclosure'
            yield diagnostic("AV0408", recipient.here, f"{called}, and nobody can opt out of sale and sharing", mend)
        if gpc is not None:
            for place, purpose in enumerate(recipient.values["purposes"]):
                if purpose not in gpc:
                    message = f'{called}, and the Global Privacy Control does not stop "{purpose}"'
                    mend = f'add "{purpose}" to the stops of [signal.gpc]'
                    yield diagnostic("AV0409", recipient.at("purposes", place), message, mend)
