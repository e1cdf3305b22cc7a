"""Printout for machines: the policy in JSON-LD, in the terms of the W3C Data Privacy Vocabulary, version 2.

Terms are those of DPV 2.0 and its extensions for personal data (pd), the GDPR (eu-gdpr) and laws of the United States
(legal-us); tests/policy/dpv_terms.txt lists the ones that were looked up there, and nothing else is printed. What the
vocabulary lacks has a name of its own: the statutory categories of California as `ccpa:`, and everything that this policy
declares as `this:`, which is new with every version of the policy.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TypeAlias

from avow.policy.language.vocabulary import (
    ACTS,
    CATEGORIES,
    METHODS,
    RIGHTS,
    SENSITIVE,
    SHORT_CATEGORIES,
    TECHNOLOGIES,
)
from avow.policy.law import LawTable
from avow.policy.printouts.dpv_terms import (
    ACROSS_CONTEXTS,
    BASIS_TERMS,
    CATEGORY_TERMS,
    CHOICE_TERMS,
    CONTEXT,
    LAW_TERMS,
    PEOPLE_TERMS,
    PURPOSE_TERMS,
    RECIPIENT_TERMS,
    RIGHT_TERMS,
    SAFEGUARD_TERMS,
    SENSITIVE_TERMS,
    SOURCE_TERMS,
)
from avow.policy.printouts.recipients import in_law
from avow.policy.rulebook.declarations import Incentive
from avow.policy.rulebook.incentives import categories
from avow.policy.rulebook.measures import measures
from avow.policy.rulebook.periods import periods
from avow.policy.rulebook.roles import Role
from avow.policy.rulebook.rulebook import CollectionPoint, DataItem, Purpose, Recipient, Right, Rulebook
from avow.policy.rulebook.seeing import Seeing, seeing

#: A node of the graph, as json.dumps takes it.
Node: TypeAlias = dict[str, object]


def json_ld(rulebook: Rulebook) -> str:
    """Return the policy as a JSON-LD document with its context; equal policies give equal texts."""
    graph = [
        _notice(rulebook),
        _controller(rulebook),
        *(_law(table) for _, table in sorted(rulebook.law.items())),
        *(_process(rulebook, point) for point in rulebook.points.values()),
        *(_data(item) for item in rulebook.data.values()),
        *_categories(rulebook),
        *(_purpose(purpose) for purpose in rulebook.purposes.values()),
        *(_combining(purpose) for purpose in rulebook.purposes.values() if purpose.combines),
        *(_recipient(recipient) for recipient in rulebook.recipients.values()),
        *(_right(right) for right in rulebook.rights.values()),
        *(_incentive(rulebook, one) for one in rulebook.incentives.values()),
        *(_role(rulebook, role) for role in _declared_roles(rulebook)),
    ]
    context = {**CONTEXT, "this": f"urn:avow:policy:{rulebook.id}:"}
    return json.dumps({"@context": context, "@graph": graph}, indent=1, ensure_ascii=False) + "\n"


def _notice(rulebook: Rulebook) -> Node:
    return {
        "@id": "this:policy",
        "@type": "dpv:Notice",
        "dct:title": rulebook.title,
        "dct:identifier": rulebook.id,
        "dct:language": "en",
        "dct:valid": _date(rulebook.effective.isoformat()),
        "dct:modified": _date(rulebook.updated.isoformat()),
        "dpv:hasDataController": _ref("this:controller"),
        "dpv:hasApplicableLaw": [_ref(f"this:law/{code}") for code in sorted(rulebook.law)],
        "dpv:hasProcess": [_ref(f"this:{one}") for one in _processes(rulebook)],
        "dpv:hasRight": [_ref(f"this:right/{name}") for name in rulebook.rights],
    }


def _processes(rulebook: Rulebook) -> Iterator[str]:
    """Yield every process of the notice: each collection point, and what each purpose puts together of several."""
    yield from (f"collection/{name}" for name in rulebook.points)
    yield from (f"combining/{name}" for name, one in rulebook.purposes.items() if one.combines)


def _controller(rulebook: Rulebook) -> Node:
    who = rulebook.controller
    ways = [f"mailto:{who.email}", *([f"tel:{who.phone}"] if who.phone else []), who.website]
    node: Node = {
        "@id": "this:controller",
        "@type": "dpv:DataController",
        "dpv:hasName": who.name,
        "dpv:hasAddress": who.address,
        "dpv:hasContact": ways,
    }
    if rulebook.declares_roles:
        node["dpv:hasOrganisationalUnit"] = [_ref(f"this:role/{role.name}") for role in _declared_roles(rulebook)]
    if who.representative:
        node["dpv:hasRepresentative"] = {"@type": "dpv:Representative", "dpv:hasName": who.representative}
    if who.data_protection_officer:
        node["dpv:hasDataProtectionOfficer"] = {"@type": "dpv:DataProtectionOfficer", "dpv:hasName": who.data_protection_officer}
    return node


def _law(table: LawTable) -> Node:
    node: Node = {"@id": f"this:law/{table.code}", "@type": "dpv:Law", "dct:title": table.law, "dct:identifier": table.code}
    if table.code in LAW_TERMS:
        node["skos:closeMatch"] = _ref(LAW_TERMS[table.code])
    return node


def _process(rulebook: Rulebook, point: CollectionPoint) -> Node:
    """Return one collection point with everything that is done with what it takes in."""
    purposes = [purpose for purpose in rulebook.purposes.values() if purpose.name in point.purposes]
    node: Node = {
        "@id": f"this:collection/{point.name}",
        "@type": "dpv:PersonalDataProcess",
        "dct:title": point.label,
        "dct:description": TECHNOLOGIES[point.technology],
        "dpv:hasDataController": _ref("this:controller"),
        "dpv:hasNotice": _ref("this:policy"),
        "dpv:hasDataSubject": _ref(PEOPLE_TERMS[point.people]),
        "dpv:hasDataSource": _ref(SOURCE_TERMS[rulebook.sources[point.source].kind]),
        "dpv:hasPersonalData": [_ref(f"this:data/{name}") for name in point.fields],
        "dpv:hasPurpose": [_ref(f"this:purpose/{purpose.name}") for purpose in purposes],
        "dpv:hasProcessing": [_ref(term) for term in _processing(point)],
        "dpv:hasStorageCondition": [*_storage(rulebook, point), *_removal(rulebook, point)],
    }
    taker = (point.collected_by,) if point.collected_by else ()
    many = {
        "dpv:hasRecipient": [f"this:recipient/{name}" for name in sorted({*point.recipients, *taker})],
        "dpv:isImplementedByEntity": [f"this:recipient/{name}" for name in taker],
        "dpv:hasTechnicalMeasure": [measure.term for measure in measures(rulebook, point)],
        "dpv:hasLegalBasis": _distinct(_basis(purpose) for purpose in purposes),
        "dpv:hasEntityInvolvement": _distinct(term for purpose in purposes for term in CHOICE_TERMS[purpose.choice]),
    }
    access = [_access(point, one) for one in seeing(rulebook, point)]
    if access:
        node["dpv:hasOrganisationalMeasure"] = access
    return node | {key: [_ref(term) for term in terms] for key, terms in many.items() if terms}


def _access(point: CollectionPoint, one: Seeing) -> Node:
    """Return who of the staff gets at the records of a point, for what, and to which of its data: an authorisation procedure."""
    node: Node = {
        "@type": "dpv:AuthorisationProcedure",
        "dct:description": _may(one.role),
        "dpv:hasOrganisationalUnit": _ref(f"this:role/{one.role.name}"),
        "dpv:hasPurpose": [_ref(f"this:purpose/{name}") for name in one.purposes],
    }
    if one.opens:
        node["dpv:hasPersonalData"] = [_ref(f"this:data/{name}") for name in point.fields if name not in one.hidden]
    return node


def _role(rulebook: Rulebook, role: Role) -> Node:
    node: Node = {
        "@id": f"this:role/{role.name}",
        "@type": "dpv:OrganisationalUnit",
        "dpv:hasName": role.label,
        "dct:description": _may(role),
    }
    many = {
        "dpv:hasProcess": [f"this:collection/{name}" for name in rulebook.points if name in role.points],
        "dpv:hasPurpose": [f"this:purpose/{name}" for name in rulebook.purposes if name in role.purposes],
    }
    return node | {key: [_ref(term) for term in terms] for key, terms in many.items() if terms}


def _declared_roles(rulebook: Rulebook) -> tuple[Role, ...]:
    """Return the roles of a policy that declares any, with the administrator that there always is."""
    return tuple(rulebook.roles.values()) if rulebook.declares_roles else ()


def _may(role: Role) -> str:
    return f"may {'; '.join(words for act, words in ACTS.items() if act in role.may)}"


def _processing(point: CollectionPoint) -> Iterator[str]:
    yield from ("dpv:Collect", "dpv:Store", "dpv:Use")
    if point.recipients:
        yield "dpv:Transmit"
    yield "dpv:Erase" if point.retention.then == "erase" else "dpv:Pseudonymise"


def _basis(purpose: Purpose) -> str:
    """Return the legal basis of a purpose; nothing where none is declared and nobody is asked."""
    return BASIS_TERMS["consent"] if purpose.needs_consent else BASIS_TERMS.get(purpose.legal_basis, "")


def _storage(rulebook: Rulebook, point: CollectionPoint) -> Iterator[Node]:
    """Yield each period of the point as an ISO 8601 duration, with the purposes that it is for."""
    for kept, purposes in periods(rulebook, point):
        units = ((kept.days, "D"), (kept.months, "M"), (kept.years, "Y"))
        number, unit = next((number, unit) for number, unit in units if number is not None)
        yield {
            "@type": "dpv:StorageDuration",
            "dpv:hasDuration": _duration(number, unit),
            "dpv:hasPurpose": [_ref(f"this:purpose/{name}") for name in purposes],
            "dct:description": kept.words,
        }


def _removal(rulebook: Rulebook, point: CollectionPoint) -> Iterator[Node]:
    """Yield how records go when they are due, and how long backups may still hold them."""
    by = "by who took it in" if point.collected_by else "by the software"
    yield {"@type": "dpv:StorageDeletion", "dct:description": f"{by}, on the day it is due"}
    if rulebook.backup_days is not None:
        yield {"@type": "dpv:StorageRestoration", "dpv:hasDuration": _duration(rulebook.backup_days, "D")}


def _duration(number: int, unit: str) -> Node:
    """Return a period as an ISO 8601 duration; the unit is D, M or Y."""
    return {"@type": "dpv:TemporalDuration", "rdf:value": {"@type": "xsd:duration", "@value": f"P{number}{unit}"}}


def _data(item: DataItem) -> Node:
    letters = [*item.categories, *([item.sensitive] if item.sensitive else [])]
    return {
        "@id": f"this:data/{item.name}",
        "@type": "dpv:SensitivePersonalData" if item.sensitive else "dpv:PersonalData",
        "skos:prefLabel": item.label,
        **({"skos:definition": item.description} if item.description else {}),
        "skos:broader": [_ref(term) for term in (*(f"ccpa:{letter}" for letter in letters), *_declared(item.dpv))],
    }


def _declared(term: str) -> tuple[str, ...]:
    """Return the term that the policy itself declares, if its prefix is one that this document explains."""
    return (term,) if term.partition(":")[0] in CONTEXT else ()


def _categories(rulebook: Rulebook) -> Iterator[Node]:
    """Yield the statutory categories that the policy uses, in the exact terms of the statute."""
    given = {letter for recipient in rulebook.recipients.values() for letter in recipient.categories}
    used = given | {letter for item in rulebook.data.values() for letter in (*item.categories, item.sensitive)}
    for terms, near, parent in ((CATEGORIES, CATEGORY_TERMS, "dpv:PersonalData"), (SENSITIVE, SENSITIVE_TERMS, "ccpa:L")):
        for letter in (one for one in terms if one in used or (one == "L" and used & set(SENSITIVE))):
            node: Node = {
                "@id": f"ccpa:{letter}",
                "@type": "skos:Concept",
                "skos:notation": letter,
                "skos:prefLabel": terms[letter],
            }
            if letter in SHORT_CATEGORIES:
                node["skos:altLabel"] = SHORT_CATEGORIES[letter]
            node["skos:broader"] = _ref(parent)
            if letter in near:
                node["skos:related"] = [_ref(term) for term in near[letter]]
            yield node


def _purpose(purpose: Purpose) -> Node:
    broader = next((term for rule, term in PURPOSE_TERMS.items() if rule in purpose.business_purpose), "dpv:Purpose")
    broader = ACROSS_CONTEXTS if purpose.cross_context else broader
    node: Node = {
        "@id": f"this:purpose/{purpose.name}",
        "@type": "dpv:Purpose",
        "skos:prefLabel": purpose.label,
        "skos:definition": purpose.description,
        "skos:broader": [_ref(term) for term in _declared(purpose.dpv) or (broader,)],
    }
    if purpose.business_purpose:
        node["dct:source"] = purpose.business_purpose
    return node


def _combining(purpose: Purpose) -> Node:
    """Return what a purpose puts together of one person, as a process over those of its collection points."""
    return {
        "@id": f"this:combining/{purpose.name}",
        "@type": "dpv:PersonalDataProcess",
        "dct:title": purpose.label,
        "dpv:hasDataController": _ref("this:controller"),
        "dpv:hasNotice": _ref("this:policy"),
        "dpv:hasPurpose": _ref(f"this:purpose/{purpose.name}"),
        "dpv:hasProcess": [_ref(f"this:collection/{name}") for name in purpose.combines],
        "dpv:hasProcessing": _ref("dpv:Combine"),
    }


def _recipient(recipient: Recipient) -> Node:
    node: Node = {
        "@id": f"this:recipient/{recipient.name}",
        "@type": RECIPIENT_TERMS.get(recipient.effective_role, "dpv:DataProcessor"),
        "dpv:hasName": recipient.label,
        "dct:description": f"{recipient.services}; {in_law(recipient)}",
        "dpv:hasLocation": {"@type": "dpv:Country", "skos:prefLabel": recipient.country},
        "dpv:hasPersonalData": [_ref(f"ccpa:{letter}") for letter in sorted(recipient.categories)],
        "dpv:hasPurpose": [_ref(f"this:purpose/{name}") for name in sorted(recipient.purposes)],
    }
    if recipient.safeguards:
        node["dpv:hasLegalBasis"] = _ref(SAFEGUARD_TERMS[recipient.safeguards])
    return node


def _incentive(rulebook: Rulebook, one: Incentive) -> Node:
    """Return the notice of a financial incentive. Rule: 11 CCR 7016(d)."""
    return {
        "@id": f"this:incentive/{one.name}",
        "@type": "dpv:Notice",
        "dct:title": one.label,
        "dct:description": f"You get {one.offers}. These are the terms: {one.terms}. The data are valued at {one.value}.",
        "dpv:hasPurpose": [_ref(f"this:purpose/{name}") for name in sorted(one.purposes)],
        "dpv:hasPersonalData": [_ref(f"ccpa:{letter}") for letter in categories(rulebook, one)],
    }


def _right(right: Right) -> Node:
    node: Node = {
        "@id": f"this:right/{right.name}",
        "@type": "dpv:DataSubjectRight",
        "skos:prefLabel": f"The right {RIGHTS[right.name]}",
        "dpv:isExercisedAt": {
            "@type": "dpv:RightExerciseNotice",
            "dct:description": [METHODS[method] for method in right.methods],
        },
    }
    if right.name in RIGHT_TERMS:
        node["skos:related"] = _ref(RIGHT_TERMS[right.name])
    return node


def _distinct(terms: Iterable[str]) -> list[str]:
    """Return the terms once each, in their order, without empty ones."""
    return [term for term in dict.fromkeys(terms) if term]


def _ref(iri: str) -> Node:
    return {"@id": iri}


def _date(iso: str) -> Node:
    return {"@type": "xsd:date", "@value": iso}
