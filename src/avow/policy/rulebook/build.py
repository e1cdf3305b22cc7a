"""Make the frozen values of the Rulebook out of sound entries. Nothing is judged here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

from avow.definitions import AfterRetention, IdentifierKind, Technology
from avow.policy.language.grammar import RETENTION_UNITS
from avow.policy.language.parse import Document
from avow.policy.language.read import Entries, Entry
from avow.policy.language.vocabulary import LEGAL_OBLIGATION, NEVER_DISCLOSED_BY, NONE_OF_THEM, SOURCES, USUAL_PEOPLE
from avow.policy.rulebook.declarations import (
    Accessibility,
    Agents,
    AutomatedDecision,
    Children,
    Choice,
    CollectionPoint,
    Contact,
    Contract,
    Controller,
    DataItem,
    Dataset,
    Duty,
    ExternalLink,
    FileLimits,
    Incentive,
    Incidents,
    LegalProcess,
    Messages,
    Purpose,
    Recipient,
    Retention,
    Right,
    Signal,
    Source,
    Told,
    Unsearched,
    Website,
)
from avow.policy.rulebook.roles import Act, Role

#: Longest value of a data item that names no length, in characters: a line of text.
DEFAULT_MAX_LENGTH = 200

_Made = TypeVar("_Made")


def every(entries: Entries, kind: str, make: Callable[[Entry], _Made]) -> Mapping[str, _Made]:
    """Return every declaration of a kind by its name, in the order of the policy."""
    return MappingProxyType({entry.name: make(entry) for entry in entries.of(kind)})


def only(entries: Entries, kind: str, make: Callable[[Entry], _Made]) -> _Made | None:
    """Return the one declaration of a kind, or None when the policy has none."""
    found = entries.of(kind)
    return make(found[0]) if found else None


def role(entry: Entry) -> Role:
    """Return the declared role. Rule: Cal. Civ. Code § 1798.100(c), (e)."""
    values = entry.values
    return Role(
        name=entry.name,
        label=values["label"],
        may=frozenset(Act(word) for word in values["may"]),
        points=frozenset(values.get("points", ())),
        purposes=frozenset(values.get("purposes", ())),
        hides=frozenset(values.get("hides", ())),
        formerly=frozenset(values.get("formerly", ())),
    )


def data_item(entry: Entry) -> DataItem:
    """Return the declared data item. Rule: Cal. Civ. Code § 1798.140(v)(1)."""
    values = entry.values
    return DataItem(
        name=entry.name,
        label=values["label"],
        category=values["category"],
        also=tuple(values.get("also", ())),
        sensitive=values.get("sensitive"),
        identifier=IdentifierKind(values["identifier"]) if "identifier" in values else None,
        region=values.get("region", ""),
        max_length=values.get("max_length", DEFAULT_MAX_LENGTH),
        description=values.get("description", ""),
        dpv=values.get("dpv", ""),
        file=_file(values["file"]) if "file" in values else None,
        never=tuple(values.get("never", ())),
        on_found=values.get("on_found", "mask"),
        never_disclose=_never_disclose(values),
        says_age=values.get("says_age", ""),
        match=values.get("match", ""),
    )


def _never_disclose(values: dict[str, Any]) -> str:  # Any: as above
    """Return which of the eight kinds an item is; what an earlier version did not say is told by its categories.

    Rule: 11 CCR 7024(d).
    """
    said = values.get("never_disclose")
    if said is not None:
        return "" if said == NONE_OF_THEM else str(said)
    return NEVER_DISCLOSED_BY.get(values.get("sensitive", "")) or NEVER_DISCLOSED_BY.get(values["category"], "")


def _unsearched(values: dict[str, Any]) -> Unsearched | None:  # Any: as above
    """Return why records are not searched; None where one of the four facts is not said. Rule: 11 CCR 7024(c)."""
    facts = [str(values.get(key, "")) for key in ("not_searched", "not_searchable", "legal_only", "no_commercial_use")]
    return Unsearched(*facts) if all(facts) else None


def _file(values: dict[str, Any]) -> FileLimits:  # Any: TOML values, already judged by `read`
    return FileLimits(tuple(values["types"]), values["max_bytes"], values.get("max_files", 1))


def purpose(entry: Entry) -> Purpose:
    """Return the declared purpose. Rule: Cal. Civ. Code § 1798.140(e); GDPR Art. 6(1)."""
    values = entry.values
    return Purpose(
        name=entry.name,
        label=values["label"],
        description=values["description"],
        choice=values.get("choice", "none"),
        business_purpose=values.get("business_purpose", ""),
        legal_basis=values.get("legal_basis", ""),
        sensitive_use=values.get("sensitive_use", ""),
        combines=tuple(values.get("combines", ())),
        written_reason=values.get("written_reason", False),
        cross_context=values.get("cross_context", False),
        dpv=values.get("dpv", ""),
    )


def retention(values: dict[str, Any]) -> Retention:  # Any: TOML values, already judged by `read`
    """Return the declared period. Rule: Cal. Civ. Code § 1798.100(a)(3)."""
    return Retention(
        days=values.get("days"),
        months=values.get("months"),
        years=values.get("years"),
        after=values.get("after", "collection"),
        then=AfterRetention(values.get("then", AfterRetention.ERASE)),
        until=values.get("until"),
    )


def retentions(entry: Entry) -> Mapping[str, Retention]:
    """Return a collection point's period for each purpose. Rule: Cal. Civ. Code § 1798.100(a)(3)."""
    values, purposes = entry.values["retention"], entry.values["purposes"]
    if set(values) & set(RETENTION_UNITS):
        return MappingProxyType({name: retention(values) for name in purposes})
    return MappingProxyType({name: retention(values[name]) for name in purposes if name in values})


def periods(point: Entry) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:  # Any: TOML values
    """Yield the way and the values of each period of a collection point. Rule: Cal. Civ. Code § 1798.100(a)(3)."""
    values = point.values["retention"]
    if all(isinstance(period, dict) for period in values.values()):
        yield from ((("retention", purpose), period) for purpose, period in values.items())
    else:
        yield ("retention",), values


def point(entry: Entry, document: Document) -> CollectionPoint:
    """Return the declared collection point. Rule: Cal. Civ. Code § 1798.100(a)."""
    values = entry.values
    return CollectionPoint(
        name=entry.name,
        label=values["label"],
        technology=Technology(values["technology"]),
        source=values["source"],
        fields=tuple(values["data"]),
        required=frozenset(values.get("required", ())),
        only=MappingProxyType({item: frozenset(needs) for item, needs in values.get("only", {}).items()}),
        purposes=frozenset(values["purposes"]),
        recipients=frozenset(values.get("recipients", ())),
        retentions=retentions(entry),
        cookie_days=values.get("cookie_days"),
        stores=tuple(values.get("stores", ())),
        on=frozenset(values.get("on", ())),
        people=people(entry),
        duties=tuple(values.get("duties", ())),
        section=document.sections[entry.block.section].anchor,
        collected_by=values.get("collected_by"),
        loads=values.get("loads", ""),
        authorised_by=values.get("authorised_by"),
        is_security=values.get("security", False),
        unsearched=_unsearched(values),
        admt=values.get("admt"),
    )


def people(entry: Entry) -> str:
    """Return whom a collection point concerns, by its technology when it does not say. Rule: GDPR Art. 30(1)(c)."""
    return str(entry.values.get("people", USUAL_PEOPLE.get(entry.values["technology"], "visitors")))


def automated_decision(entry: Entry) -> AutomatedDecision:
    """Return a declared automated decision. Rule: 11 CCR 7220."""
    values = entry.values
    texts = (values["logic"], values["output"], values["instead"])
    return AutomatedDecision(entry.name, values["label"], values["decides"], tuple(values["collections"]), *texts)


def incentive(entry: Entry) -> Incentive:
    """Return a declared financial incentive. Rule: 11 CCR 7016(d)."""
    values = entry.values
    return Incentive(
        name=entry.name,
        label=values["label"],
        offers=values["offers"],
        terms=values["terms"],
        purposes=frozenset(values["purposes"]),
        value=values["value"],
        method=values["method"],
        calculation=values["calculation"],
        related=values["related"],
        asks_again_months=values["asks_again_months"],
    )


def backups(entry: Entry) -> int:
    """Return the days until the last backup that may hold an erased record is gone. Rule: 11 CCR 7022(d)."""
    return int(entry.values["days"])


def duty(entry: Entry) -> Duty:
    """Return the declared duty, or exception, to keep fields of records. Rule: Cal. Civ. Code § 1798.105(d), § 1798.145."""
    values = entry.values
    return Duty(
        name=entry.name,
        label=values["label"],
        rule=values["rule"],
        exception=values.get("exception", LEGAL_OBLIGATION),
        fields=frozenset(values["fields"]),
        purpose=values["purpose"],
        keeps=retention(values["keeps"]),
    )


def dataset(entry: Entry) -> Dataset:
    """Return the declared data set. Rule: Cal. Civ. Code § 1798.140(b), (m)."""
    values = entry.values
    points = frozenset(values["collections"])
    return Dataset(entry.name, values["label"], values["description"], values["method"], values["least_people"], points)


def across_contexts(entries: Entries) -> frozenset[str]:
    """Return the purposes that are advertising across contexts. Rule: Cal. Civ. Code § 1798.140(k)."""
    return frozenset(entry.name for entry in entries.of("purpose") if entry.values.get("cross_context", False))


def recipients(entries: Entries) -> Mapping[str, Recipient]:
    """Return every declared recipient by its name. Rule: Cal. Civ. Code § 1798.140(ag), (ai); 11 CCR 7050, 7051, 7053."""
    crossing = across_contexts(entries)
    return every(entries, "recipient", lambda entry: _recipient(entry, crossing))


def _recipient(entry: Entry, crossing: frozenset[str]) -> Recipient:
    values = entry.values
    agreed = values.get("contract")
    contract = None
    if agreed is not None:
        contract = Contract(signed=agreed["signed"], clauses=frozenset(name for name, held in agreed.items() if held is True))
    return Recipient(
        name=entry.name,
        label=values["label"],
        role=values["role"],
        contract=contract,
        services=values["services"],
        categories=frozenset(values["categories"]),
        purposes=frozenset(values["purposes"]),
        country=values["country"],
        keeps_days=values["keeps_days"],
        disclosure=values.get("disclosure", "business-purpose"),
        own_use=values.get("own_use", False),
        checked=values.get("checked"),
        origins=tuple(values.get("origins", ())),
        opt_out=values.get("opt_out", ""),
        safeguards=values.get("safeguards", ""),
        instruct=values.get("instruct", ""),
        same_business=values.get("same_business", False),
        second_person_above=values.get("second_person_above"),
        stops_when_lapsed=values.get("stops_when_lapsed", False),
        needs_authorisation=values.get("needs_authorisation", ""),
        cross_context=not crossing.isdisjoint(values["purposes"]),
    )


def signal(entry: Entry) -> Signal:
    """Return the declared answer to a signal. Rule: 11 CCR 7025."""
    return Signal(name=entry.name, stops=frozenset(entry.values["stops"]), sentence=entry.values["sentence"])


def choice(entry: Entry) -> Choice:
    """Return the declared switch. Rule: 11 CCR 7026."""
    values = entry.values
    return Choice(entry.name, values["label"], values.get("description", ""), frozenset(values["stops"]))


def choices(entries: Entries, purposes: Mapping[str, Purpose]) -> Mapping[str, Choice]:
    """Return every switch; a purpose that a person decides about and no declared switch stops has one of its own.

    Rule: 11 CCR 7026; GDPR Art. 7.
    """
    declared = every(entries, "choice", choice)
    switched = frozenset().union(*(one.stops for one in declared.values()))
    alone = {
        name: Choice(name, one.label, one.description, frozenset({name}))
        for name, one in purposes.items()
        if one.optional and name not in switched
    }
    return MappingProxyType({**declared, **alone})


def right(entry: Entry) -> Right:
    """Return the declared right. Rule: Cal. Civ. Code § 1798.130(a); 11 CCR 7060-7062."""
    values = entry.values
    return Right(
        name=entry.name,
        methods=tuple(values["methods"]),
        verification=values["verification"],
        level=values["level"],
        form=values.get("form"),
        by_people=values.get("by_people", False),
        autopilot=values.get("autopilot", False),
        exceptions=tuple(values.get("exceptions", ())),
        per_12_months=values.get("per_12_months"),
        jurisdictions=tuple(values.get("jurisdictions", ())),
        gives=tuple(values.get("gives", ())),
    )


def agents(entry: Entry) -> Agents:
    """Return what is asked of authorized agents. Rule: 11 CCR 7063."""
    values = entry.values
    return Agents(tuple(values["asks"]), tuple(values.get("and_one_of", ())), tuple(values["methods"]))


def children(entry: Entry) -> Children:
    """Return what holds for children. Rule: 16 CFR 312; Cal. Civ. Code § 1798.120(c)."""
    values = entry.values
    return Children(values["under"], values["directed"], values["on_knowledge"], values["contact"])


def incidents(entry: Entry) -> Incidents:
    """Return who is told of a breach. Rule: Cal. Civ. Code § 1798.82; GDPR Art. 33, 34."""
    return Incidents(tuple(entry.values["tells"]), entry.values["contact"])


def legal_process(entry: Entry) -> LegalProcess:
    """Return how lawful demands are answered. Rule: Cal. Civ. Code § 1798.145(a)(1)."""
    return LegalProcess(entry.values["reviewed_by"], entry.values["tells_people"])


def told(entry: Entry) -> Told:
    """Return how people are told beforehand. Rule: Bus. & Prof. Code § 22575(b)(3); Cal. Civ. Code § 1798.140(ah)(2)(C)."""
    values = entry.values
    return Told(tuple(values["told_by"]), values["days_before"], values.get("by_people", False))


def external_link(entry: Entry) -> ExternalLink:
    """Return the declared link to another company's site."""
    values = entry.values
    named = (values.get(key, "") for key in ("clicks", "recipient", "parameter", "reports"))
    return ExternalLink(entry.name, values["label"], values["address"], values.get("notice", False), *named)


def accessibility(entry: Entry) -> Accessibility:
    """Return the accessibility standard. Rule: 11 CCR 7003."""
    values = entry.values
    return Accessibility(values["standard"], tuple(values["languages"]), values.get("contact", ""))


def website(entry: Entry) -> Website:
    """Return a website that the policy covers."""
    return Website(entry.name, entry.values["label"], entry.values["address"], entry.values.get("brand"))


def messages(entry: Entry) -> Messages:
    """Return messages that the policy covers."""
    values = entry.values
    return Messages(entry.name, values["label"], values["kind"], values["sender"], values.get("brand"))


def brand(entry: Entry) -> str:
    """Return the name of a brand."""
    return str(entry.values["label"])


def contact(entry: Entry) -> Contact:
    """Return somebody to turn to."""
    values = entry.values
    return Contact(entry.name, values["label"], values.get("email", ""), values.get("phone", ""), values.get("address", ""))


def source(entry: Entry) -> Source:
    """Return a declared source. Rule: Cal. Civ. Code § 1798.110(a)(2)."""
    return Source(entry.name, f"from {entry.values['label']}", entry.values["kind"])


def usual_sources() -> dict[str, Source]:
    """Return the sources that every policy has. Rule: Cal. Civ. Code § 1798.110(a)(2)."""
    return {name: Source(name, words, "consumer") for name, words in SOURCES.items()}


def controller(entry: Entry) -> Controller:
    """Return the controller. Rule: Cal. Civ. Code § 1798.140(d); GDPR Art. 30(1)(a)."""
    values = entry.values
    return Controller(
        name=values["name"],
        address=values["address"],
        email=values["email"],
        phone=values.get("phone", ""),
        website=values["website"],
        online_only=values.get("online_only", False),
        representative=values.get("representative", ""),
        data_protection_officer=values.get("data_protection_officer", ""),
    )
