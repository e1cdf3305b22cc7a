"""The policy in JSON-LD: a valid document that uses only terms that exist, and says what the policy says."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from avow.policy.language.vocabulary import (
    CATEGORIES,
    LEGAL_BASES,
    PEOPLE,
    PURPOSE_CHOICES,
    RIGHTS,
    SAFEGUARDS,
    SENSITIVE,
    SOURCE_KINDS,
)
from avow.policy.printouts.dpv import json_ld
from avow.policy.printouts.dpv_terms import (
    BASIS_TERMS,
    CATEGORY_TERMS,
    CHOICE_TERMS,
    CONTEXT,
    PEOPLE_TERMS,
    RIGHT_TERMS,
    SAFEGUARD_TERMS,
    SENSITIVE_TERMS,
    SOURCE_TERMS,
)

LINES = (Path(__file__).parent / "dpv_terms.txt").read_text(encoding="utf-8").splitlines()
TERMS = {term for line in LINES if not line.startswith("#") for term in line.split()}


def named(node):
    """Yield every compact name of a node and what is in it: keys, types and references."""
    if isinstance(node, dict):
        yield from (key for key in node if not key.startswith("@"))
        yield from (node[key] for key in ("@id", "@type") if isinstance(node.get(key), str))
        for value in node.values():
            yield from named(value)
    elif isinstance(node, list):
        for one in node:
            yield from named(one)


@pytest.fixture
def printed(marrowby):
    """Return the document and its nodes by name."""
    document = json.loads(json_ld(marrowby))
    return document, {node["@id"]: node for node in document["@graph"]}


@pytest.mark.parametrize("which", ["small", "marrowby", "european", "complete"])
def test_every_term_was_looked_up(which, request):
    """Nothing is invented in a vocabulary that is not ours; what is ours is of this policy or of the statute."""
    document = json.loads(json_ld(request.getfixturevalue(which)))
    for name in named(document["@graph"]):
        prefix, colon, rest = name.partition(":")
        assert colon, name
        if prefix == "ccpa":
            assert rest in set(CATEGORIES) | set(SENSITIVE)
        elif prefix != "this":
            assert name in TERMS, name


def test_the_context_knows_every_prefix_and_each_is_an_iri(printed):
    """A reader needs nothing but the document: every prefix expands, and ends where a name can follow."""
    document, _ = printed
    context = document["@context"]
    assert {name.partition(":")[0] for name in named(document["@graph"])} <= set(context)
    assert set(context) == {*CONTEXT, "this"}
    assert all(iri.startswith(("https://", "http://", "urn:")) and iri[-1] in "#/:" for iri in context.values())


def test_every_reference_leads_to_a_node(printed):
    """What a process names of this policy is described in the same document, once."""
    document, nodes = printed
    assert len(nodes) == len(document["@graph"])
    own = {name for name in named(document["@graph"]) if name.startswith(("this:", "ccpa:"))}
    assert own == {name for name in nodes if name.startswith(("this:", "ccpa:"))}


def test_a_process_has_everything_the_policy_declares(printed, marrowby):
    """Data, purposes, recipients, retention and measures of each collection point."""
    _, nodes = printed
    for name, point in marrowby.points.items():
        process = nodes[f"this:collection/{name}"]
        assert [one["@id"] for one in process["dpv:hasPersonalData"]] == [f"this:data/{item}" for item in point.fields]
        assert {one["@id"] for one in process["dpv:hasPurpose"]} == {f"this:purpose/{one}" for one in point.purposes}
        assert len(process.get("dpv:hasRecipient", [])) == len(point.recipients)
        assert process["dpv:hasStorageCondition"][0]["dct:description"] == point.retention.words
    form = nodes["this:collection/contact-form"]
    assert form["dpv:hasStorageCondition"][0]["dpv:hasDuration"]["rdf:value"] == {"@type": "xsd:duration", "@value": "P24M"}
    assert {"@id": "dpv:Transmit"} in form["dpv:hasProcessing"]
    assert {"@id": "dpv:EncryptionAtRest"} in form["dpv:hasTechnicalMeasure"]


def test_categories_keep_the_words_of_the_statute(printed):
    """A category of California is its own term, near to one of the vocabulary and never the same."""
    _, nodes = printed
    assert nodes["ccpa:F"]["skos:prefLabel"] == CATEGORIES["F"]
    assert nodes["ccpa:F"]["skos:broader"] == {"@id": "dpv:PersonalData"}
    assert {"@id": "pd:BrowsingBehavior"} in nodes["ccpa:F"]["skos:related"]
    assert nodes["this:data/email"]["skos:broader"] == [{"@id": "ccpa:A"}]


def test_a_sensitive_item_says_so(european):
    """Sensitive personal information is of its own type, in every category that it has, beside the declared term."""
    nodes = {node["@id"]: node for node in json.loads(json_ld(european))["@graph"]}
    badge = nodes["this:data/badge"]
    assert badge["@type"] == "dpv:SensitivePersonalData"
    assert [one["@id"] for one in badge["skos:broader"]] == ["ccpa:A", "ccpa:I", "ccpa:S1"]
    assert nodes["ccpa:S1"]["skos:broader"] == {"@id": "ccpa:L"}
    assert nodes["this:data/email"]["skos:broader"] == [{"@id": "ccpa:A"}, {"@id": "pd:EmailAddress"}]


def test_what_gdpr_asks_for_has_its_terms(european):
    """Legal bases, people, choices, periods by purpose, safeguards, laws, officers and the articles of the rights."""
    nodes = {node["@id"]: node for node in json.loads(json_ld(european))["@graph"]}
    visit, letter = nodes["this:collection/visit"], nodes["this:collection/letter"]
    assert visit["dpv:hasLegalBasis"] == [{"@id": "dpv:LegitimateInterest"}, {"@id": "dpv:Consent"}]
    assert letter["dpv:hasLegalBasis"] == [{"@id": "dpv:Contract"}]
    assert [one["@id"] for one in visit["dpv:hasEntityInvolvement"]] == [
        "dpv:OptingOutFromProcess",
        "dpv:OptingInToProcess",
        "dpv:WithdrawingFromProcess",
    ]
    lasting = [
        one["dpv:hasDuration"]["rdf:value"]["@value"] for one in visit["dpv:hasStorageCondition"] if "dpv:hasDuration" in one
    ]
    assert lasting == ["P90D", "P13M"]
    assert letter["dpv:hasDataSubject"] == {"@id": "dpv:Customer"}
    assert nodes["this:recipient/post"]["dpv:hasLegalBasis"] == {"@id": "eu-gdpr:A46-2-c"}
    assert nodes["this:right/withdraw-consent"]["skos:related"] == {"@id": "eu-gdpr:A7-3"}
    assert nodes["this:controller"]["dpv:hasDataProtectionOfficer"]["dpv:hasName"] == "Robin Vale"
    assert nodes["this:law/US-CA"]["skos:closeMatch"] == {"@id": "legal-us:law-CA-CCPA"}
    assert nodes["this:purpose/count"]["skos:broader"] == [{"@id": "dpv:ServiceUsageAnalytics"}]


def test_a_declared_term_of_an_unknown_vocabulary_is_left_out(small):
    """A prefix that the document does not explain would make another IRI of it."""
    data = {**small.data, "email": replace(small.data["email"], dpv="schema:email")}
    assert "schema:email" not in json_ld(replace(small, data=data))


def test_the_same_policy_has_the_same_document(marrowby, compiled, marrowby_text):
    """Printed twice, it is the same text, so that it can be compared and signed."""
    assert json_ld(marrowby) == json_ld(compiled(marrowby_text).rulebook)


def test_every_word_of_a_policy_has_its_term():
    """A new word of the language does not print until it has a term, or is known to have none."""
    assert set(CATEGORY_TERMS) == set(CATEGORIES)
    assert set(SENSITIVE) - set(SENSITIVE_TERMS) == {"S10", "S11"}
    assert set(BASIS_TERMS) == set(LEGAL_BASES)
    assert set(SAFEGUARD_TERMS) == set(SAFEGUARDS)
    assert set(PEOPLE_TERMS) == set(PEOPLE)
    assert set(SOURCE_TERMS) == {"consumer", *SOURCE_KINDS}
    assert set(CHOICE_TERMS) == set(PURPOSE_CHOICES)
    assert set(RIGHTS) - set(RIGHT_TERMS) == {"opt-out", "limit", "appeal"}


def test_what_a_recipient_takes_in_itself_is_its_own_doing(complete):
    """Such a point names who implements it, and claims none of our measures."""
    nodes = {node["@id"]: node for node in json.loads(json_ld(complete))["@graph"]}
    taken = [point for point in complete.points.values() if point.collected_by]
    assert taken
    for point in taken:
        process = nodes[f"this:collection/{point.name}"]
        assert process["dpv:isImplementedByEntity"] == [{"@id": f"this:recipient/{point.collected_by}"}]
        assert "dpv:hasTechnicalMeasure" not in process
