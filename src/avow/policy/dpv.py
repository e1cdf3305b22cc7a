"""Printout for machines: the policy in JSON-LD, in the terms of the W3C Data Privacy Vocabulary, version 2.

Terms are those of DPV 2.0 and its extensions for personal data (pd), the GDPR (eu-gdpr) and laws of the United States
(legal-us); tests/policy/dpv_terms.txt lists the ones that were looked up there, and nothing else is printed. What the
vocabulary lacks has a name of its own: the statutory categories of California as `ccpa:`, and everything that this policy
declares as `this:`, which is new with every version of the policy.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

from avow.policy.law import LawTable
from avow.policy.measures import measures
from avow.policy.rulebook import CollectionPoint, DataItem, Purpose, Recipient, Retention, Right, Rulebook
from avow.policy.vocabulary import CATEGORIES, METHODS, RIGHTS, SENSITIVE, SHORT_CATEGORIES, TECHNOLOGIES

#: A node of the graph, as json.dumps takes it.
Node: TypeAlias = dict[str, object]

CONTEXT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "dpv": "https://w3id.org/dpv#",
        "pd": "https://w3id.org/dpv/pd#",
        "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
        "legal-us": "https://w3id.org/dpv/legal/us#",
        "dct": "http://purl.org/dc/terms/",
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "skos": "http://www.w3.org/2004/02/skos/core#",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
        "ccpa": "urn:avow:ccpa:",
    }
)
#: Statutory category -> what it is near to in the vocabulary.
_CATEGORY_TERMS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "A": ("pd:Identifying", "pd:Identifier"),
        "B": ("pd:Contact", "pd:Financial"),
        "C": ("pd:Demographic",),
        "D": ("pd:Transactional", "pd:Purchase"),
        "E": ("pd:Biometric",),
        "F": ("pd:BrowsingBehavior", "pd:DeviceBased"),
        "G": ("pd:Location",),
        "H": ("pd:Picture", "pd:VoiceCommunicationRecording"),
        "I": ("pd:Professional",),
        "J": ("pd:Education",),
        "K": ("dpv:InferredPersonalData",),
        "L": ("dpv:SensitivePersonalData",),
    }
)
#: Sensitive category -> what it is near to; S10 and S11 have nothing of their kind there.
_SENSITIVE_TERMS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "S1": ("pd:OfficialID",),
        "S2": ("pd:FinancialAccount", "pd:Password"),
        "S3": ("pd:GPSCoordinate",),
        "S4": ("pd:EthnicOrigin", "pd:Citizenship", "pd:ReligiousBelief", "pd:PhilosophicalBelief", "pd:TradeUnionMembership"),
        "S5": ("pd:EmailContent", "pd:Communication"),
        "S6": ("pd:Genetic",),
        "S7": ("pd:Biometric",),
        "S8": ("pd:Health",),
        "S9": ("pd:Sexual",),
    }
)
#: Business purpose of Cal. Civ. Code § 1798.140(e) by its number -> the purpose of the vocabulary that contains it.
_PURPOSE_TERMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "(e)(1)": "dpv:Advertising",
        "(e)(2)": "dpv:EnforceSecurity",
        "(e)(3)": "dpv:RepairImpairments",
        "(e)(4)": "dpv:ServiceProvision",
        "(e)(5)": "dpv:ServiceProvision",
        "(e)(6)": "dpv:Marketing",
        "(e)(7)": "dpv:ResearchAndDevelopment",
        "(e)(8)": "dpv:ImproveExistingProductsAndServices",
    }
)
#: Right -> the article of the GDPR that gives the same.
_RIGHT_TERMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "know": "eu-gdpr:A15",
        "correct": "eu-gdpr:A16",
        "delete": "eu-gdpr:A17",
        "restrict": "eu-gdpr:A18",
        "portability": "eu-gdpr:A20",
        "object": "eu-gdpr:A21",
        "withdraw-consent": "eu-gdpr:A7-3",
    }
)
#: Law tables whose law has a term of its own.
_LAW_TERMS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "US-CA": "legal-us:law-CA-CCPA",
        "US-CO": "legal-us:law-CO-CPA",
        "US-CT": "legal-us:law-CT-CTPA",
        "US-UT": "legal-us:law-UT-UCPA",
        "US-VA": "legal-us:law-VA-VCDPA",
    }
)


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
        *(_recipient(recipient) for recipient in rulebook.recipients.values()),
        *(_right(right) for right in rulebook.rights.values()),
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
        "dpv:hasProcess": [_ref(f"this:collection/{name}") for name in rulebook.points],
        "dpv:hasRight": [_ref(f"this:right/{kind}") for kind in rulebook.rights],
    }


def _controller(rulebook: Rulebook) -> Node:
    who = rulebook.controller
    ways = [f"mailto:{who.email}", *([f"tel:{who.phone}"] if who.phone else []), who.website]
    return {
        "@id": "this:controller",
        "@type": "dpv:DataController",
        "dpv:hasName": who.name,
        "dpv:hasAddress": who.address,
        "dpv:hasContact": ways,
    }


def _law(table: LawTable) -> Node:
    node: Node = {"@id": f"this:law/{table.code}", "@type": "dpv:Law", "dct:title": table.law, "dct:identifier": table.code}
    if table.code in _LAW_TERMS:
        node["skos:closeMatch"] = _ref(_LAW_TERMS[table.code])
    return node


def _process(rulebook: Rulebook, point: CollectionPoint) -> Node:
    """Return one collection point with everything that is done with what it takes in."""
    purposes = [purpose for purpose in rulebook.purposes.values() if purpose.name in point.purposes]
    recipients = sorted(point.recipients)
    node: Node = {
        "@id": f"this:collection/{point.name}",
        "@type": "dpv:PersonalDataProcess",
        "dct:title": point.label,
        "dct:description": TECHNOLOGIES[point.technology],
        "dpv:hasDataController": _ref("this:controller"),
        "dpv:hasNotice": _ref("this:policy"),
        "dpv:hasDataSubject": _ref("dpv:Visitor"),
        "dpv:hasDataSource": _ref("dpv:DataSubjectDataSource"),
        "dpv:hasPersonalData": [_ref(f"this:data/{name}") for name in point.fields],
        "dpv:hasPurpose": [_ref(f"this:purpose/{purpose.name}") for purpose in purposes],
        "dpv:hasProcessing": [_ref(term) for term in _processing(point)],
        "dpv:hasStorageCondition": _storage(point.retention),
        "dpv:hasTechnicalMeasure": [_ref(measure.term) for measure in measures(rulebook, point)],
    }
    if recipients:
        node["dpv:hasRecipient"] = [_ref(f"this:recipient/{name}") for name in recipients]
    if any(purpose.optional for purpose in purposes):
        node["dpv:hasEntityInvolvement"] = _ref("dpv:OptingOutFromProcess")
    return node


def _processing(point: CollectionPoint) -> Iterator[str]:
    yield from ("dpv:Collect", "dpv:Store", "dpv:Use")
    if point.recipients:
        yield "dpv:Transmit"
    yield "dpv:Erase" if point.retention.then == "erase" else "dpv:Pseudonymise"


def _storage(retention: Retention) -> list[Node]:
    number, unit = next(
        (n, u) for n, u in ((retention.days, "D"), (retention.months, "M"), (retention.years, "Y")) if n is not None
    )
    length: Node = {"@type": "dpv:TemporalDuration", "rdf:value": {"@type": "xsd:duration", "@value": f"P{number}{unit}"}}
    lasting: Node = {"@type": "dpv:StorageDuration", "dpv:hasDuration": length, "dct:description": retention.words}
    return [lasting, {"@type": "dpv:StorageDeletion", "dct:description": "by the software, on the day it is due"}]


def _data(item: DataItem) -> Node:
    return {
        "@id": f"this:data/{item.name}",
        "@type": "dpv:SensitivePersonalData" if item.sensitive else "dpv:PersonalData",
        "skos:prefLabel": item.label,
        **({"skos:definition": item.description} if item.description else {}),
        "skos:broader": [_ref(f"ccpa:{letter}") for letter in (item.category, item.sensitive) if letter],
    }


def _categories(rulebook: Rulebook) -> Iterator[Node]:
    """Yield the statutory categories that the policy uses, in the exact terms of the statute."""
    used = {letter for item in rulebook.data.values() for letter in (item.category, item.sensitive)}
    for terms, near, parent in ((CATEGORIES, _CATEGORY_TERMS, "dpv:PersonalData"), (SENSITIVE, _SENSITIVE_TERMS, "ccpa:L")):
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
    broader = next((term for rule, term in _PURPOSE_TERMS.items() if rule in purpose.business_purpose), "dpv:Purpose")
    node: Node = {
        "@id": f"this:purpose/{purpose.name}",
        "@type": "dpv:Purpose",
        "skos:prefLabel": purpose.label,
        "skos:definition": purpose.description,
        "skos:broader": _ref(broader),
    }
    if purpose.business_purpose:
        node["dct:source"] = purpose.business_purpose
    return node


def _recipient(recipient: Recipient) -> Node:
    kind = "dpv:ThirdParty" if recipient.effective_role == "third-party" else "dpv:DataProcessor"
    return {
        "@id": f"this:recipient/{recipient.name}",
        "@type": kind,
        "dpv:hasName": recipient.label,
        "dct:description": recipient.services,
        "dpv:hasLocation": {"@type": "dpv:Country", "skos:prefLabel": recipient.country},
        "dpv:hasPersonalData": [_ref(f"ccpa:{letter}") for letter in sorted(recipient.categories)],
        "dpv:hasPurpose": [_ref(f"this:purpose/{name}") for name in sorted(recipient.purposes)],
    }


def _right(right: Right) -> Node:
    node: Node = {
        "@id": f"this:right/{right.kind}",
        "@type": "dpv:DataSubjectRight",
        "skos:prefLabel": f"The right {RIGHTS[right.kind]}",
        "dpv:isExercisedAt": {
            "@type": "dpv:RightExerciseNotice",
            "dct:description": [METHODS[method] for method in right.methods],
        },
    }
    if right.kind in _RIGHT_TERMS:
        node["skos:related"] = _ref(_RIGHT_TERMS[right.kind])
    return node


def _ref(iri: str) -> Node:
    return {"@id": iri}


def _date(iso: str) -> Node:
    return {"@type": "xsd:date", "@value": iso}
