"""Make the frozen values of the Rulebook out of sound entries. Nothing is judged here."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from avow.definitions import AfterRetention, IdentifierKind, RequestKind, Technology
from avow.policy.parse import Document
from avow.policy.read import Entry
from avow.policy.rulebook import (
    Changes,
    CollectionPoint,
    Contract,
    Controller,
    DataItem,
    Purpose,
    Recipient,
    Retention,
    Right,
    Signal,
)

#: Longest value of a data item that names no length, in characters: a line of text.
DEFAULT_MAX_LENGTH = 200


def data_item(entry: Entry) -> DataItem:
    """Return the declared data item. Rule: Cal. Civ. Code § 1798.140(v)(1)."""
    values = entry.values
    return DataItem(
        name=entry.name,
        label=values["label"],
        category=values["category"],
        sensitive=values.get("sensitive"),
        identifier=IdentifierKind(values["identifier"]) if "identifier" in values else None,
        max_length=values.get("max_length", DEFAULT_MAX_LENGTH),
        description=values.get("description", ""),
    )


def purpose(entry: Entry) -> Purpose:
    """Return the declared purpose. Rule: Cal. Civ. Code § 1798.140(e)."""
    values = entry.values
    return Purpose(
        name=entry.name,
        label=values["label"],
        description=values["description"],
        optional=values.get("optional", False),
        business_purpose=values.get("business_purpose", ""),
    )


def retention(values: dict[str, Any]) -> Retention:  # Any: TOML values, already judged by `read`
    """Return the declared retention. Rule: Cal. Civ. Code § 1798.100(a)(3)."""
    return Retention(
        days=values.get("days"),
        months=values.get("months"),
        years=values.get("years"),
        after=values.get("after", "collection"),
        then=AfterRetention(values.get("then", AfterRetention.ERASE)),
    )


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
        retention=retention(values["retention"]),
        cookie_days=values.get("cookie_days"),
        section=document.sections[entry.block.section].anchor,
    )


def recipient(entry: Entry) -> Recipient:
    """Return the declared recipient. Rule: Cal. Civ. Code § 1798.140(ag), (ai); 11 CCR 7051."""
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
    )


def signal(entry: Entry) -> Signal:
    """Return the declared answer to a signal. Rule: 11 CCR 7025."""
    return Signal(name=entry.name, stops=frozenset(entry.values["stops"]), sentence=entry.values["sentence"])


def right(entry: Entry) -> Right:
    """Return the declared right. Rule: Cal. Civ. Code § 1798.130(a)."""
    values = entry.values
    return Right(
        kind=RequestKind(entry.name),
        methods=tuple(values["methods"]),
        verification=values["verification"],
        form=values.get("form"),
    )


def changes(entry: Entry) -> Changes:
    """Return how changes are told. Rule: Bus. & Prof. Code § 22575(b)(3)."""
    return Changes(told_by=tuple(entry.values["told_by"]), days_before=entry.values["days_before"])


def controller(entry: Entry) -> Controller:
    """Return the controller. Rule: Cal. Civ. Code § 1798.140(d)."""
    values = entry.values
    return Controller(
        name=values["name"],
        address=values["address"],
        email=values["email"],
        phone=values.get("phone", ""),
        website=values["website"],
        online_only=values.get("online_only", False),
    )
