"""The policy in JSON-LD: a valid document that uses only terms that exist, and says what the policy says."""

import json
from pathlib import Path

import pytest

from avow.policy.dpv import CONTEXT, json_ld
from avow.policy.vocabulary import CATEGORIES, SENSITIVE

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


@pytest.mark.parametrize("which", ["small", "marrowby"])
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


def test_a_sensitive_item_says_so(compiled, small_text):
    """Sensitive personal information is of its own type, and in both categories."""
    text = small_text.replace('category   = "A"', 'category   = "A"\nsensitive  = "S1"', 1)
    nodes = {node["@id"]: node for node in json.loads(json_ld(compiled(text).rulebook))["@graph"]}
    found = [node for node in nodes.values() if node.get("@type") == "dpv:SensitivePersonalData"]
    assert [{"@id": "ccpa:A"}, {"@id": "ccpa:S1"}] in [node["skos:broader"] for node in found]
    assert nodes["ccpa:S1"]["skos:broader"] == {"@id": "ccpa:L"}
    assert "ccpa:L" in nodes


def test_the_same_policy_has_the_same_document(marrowby, compiled, marrowby_text):
    """Printed twice, it is the same text, so that it can be compared and signed."""
    assert json_ld(marrowby) == json_ld(compiled(marrowby_text).rulebook)
