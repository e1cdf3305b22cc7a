"""A person's opt-outs hold on every device where the person is known, and nothing ties a browser to an address."""

import json
from dataclasses import dataclass, replace

import pytest

from avow.definitions import IdentifierKind, identifier
from avow.gate import choices
from avow.gate.choices import Choices
from avow.policy import Rulebook
from avow.store.control import audit
from avow.store.control import choices as rows

ROBIN = identifier(IdentifierKind.EMAIL, "robin@example.com")
VISITOR = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def kept(published):
    return Choices(published.store, published.versions.in_force(), published.now_ms, person_of, "marrowby")


def person_of(token):
    """The one link that was confirmed is Robin's."""
    return (ROBIN,) if token == "robins" else ()


def entries(house):
    with house.store.control.reading() as tx:
        return [entry for _, entry in audit.pending(tx, 1000) if b'"choice"' in entry]


def test_a_form_hands_its_browsers_opt_outs_to_its_sender(published):
    """Known by the address, the sender is opted out on other devices too (11 CCR 7025(c)(1)); once, with proof."""
    for _ in range(2):  # the drain writes at least once
        published.write(ROBIN.value, record_id="1" * 32, opted_out={"audience-measurement": "gpc", "returning-visitors": "link"})
    assert choices.opted_out_by(published.store, [ROBIN]) == {"audience-measurement", "returning-visitors"}
    with published.store.control.reading() as tx:
        assert {(one.purpose, one.source, one.count) for one in rows.counts(tx)} == {
            ("audience-measurement", "form-gpc", 1),
            ("returning-visitors", "form-link", 1),
        }
    assert len(entries(published)) == 2  # one for each source
    assert b"robin" not in b"".join(entries(published))


def test_a_form_without_a_signal_takes_no_opt_out_back(published):
    """A signal that is missing later is no consent (11 CCR 7025(c)(3))."""
    published.write(ROBIN.value, opted_out={"audience-measurement": "gpc"})
    published.write(ROBIN.value)
    assert choices.opted_out_by(published.store, [ROBIN]) == {"audience-measurement"}


def test_browser_and_person_meet_only_by_a_confirmed_link(published, kept):
    """The person's opt-outs come to the browser and the browser's to the person; a wrong link brings nothing."""
    published.write(ROBIN.value, opted_out={"audience-measurement": "gpc"})
    assert kept.meet("somebody's", frozenset()) == frozenset()
    assert kept.meet("robins", frozenset({"returning-visitors"})) == {"audience-measurement", "returning-visitors"}
    assert choices.opted_out_by(published.store, [ROBIN]) == {"audience-measurement", "returning-visitors"}


def test_an_opt_out_reaches_the_next_device_where_only_a_request_is_held(published, kept):
    """One device says no and confirms a request; the other, which confirms one too, gets the no (11 CCR 7025(c)(1))."""
    assert kept.meet("somebody's", frozenset({"returning-visitors"})) == frozenset()
    assert kept.meet("robins", frozenset()) == frozenset()
    assert kept.of_person("robins") is None  # who said nothing gets no pseudonym for it
    assert kept.meet("robins", frozenset({"returning-visitors", "security"})) == {"returning-visitors"}
    assert kept.meet("robins", frozenset()) == {"returning-visitors"}
    assert kept.of_person("robins").opted_out == {"returning-visitors"}
    assert len(entries(published)) == 1


def test_a_person_takes_back_what_they_opted_out_of_with_proof(published, kept):
    """Behind the confirmed link alone; a browser that still says no is heard, and makes it theirs again."""
    published.write(ROBIN.value, opted_out={"audience-measurement": "gpc", "returning-visitors": "link"})
    assert kept.say("somebody's", {"audience-measurement": False}) == {}
    assert kept.of_person("somebody's") is None
    assert kept.say("robins", {"audience-measurement": False, "security": False}) == {"audience-measurement": False}
    assert kept.of_person("robins").opted_out == {"returning-visitors"}
    assert b'"opted_out":false' in entries(published)[-1]
    published.write(ROBIN.value, record_id="2" * 32, opted_out={"audience-measurement": "gpc"})
    assert kept.of_person("robins").opted_out == {"audience-measurement", "returning-visitors"}


def test_an_address_of_which_nothing_is_held_has_said_nothing(published, kept):
    """Taking a choice makes no person known."""
    assert (kept.of_person("robins"), kept.say("robins", {"audience-measurement": True})) == (None, {})
    assert entries(published) == []


def test_a_choice_in_a_browser_does_not_reach_the_address(published, kept):
    """A visitor number is no person: what it chose stays with it."""
    kept.record(VISITOR, {"audience-measurement": True, "security": True}, "banner", demonstration=False)
    assert choices.opted_out_by(published.store, [ROBIN]) == frozenset()
    visitor = identifier(IdentifierKind.VISITOR, VISITOR)
    assert choices.opted_out_by(published.store, [visitor]) == {"audience-measurement"}  # security is nobody's to switch off


def test_each_choice_has_a_proof_that_names_nobody(published, kept):
    """The audit log holds the choice's id, purpose and way; the id is the row's."""
    kept.record(VISITOR, {"audience-measurement": False}, "script", demonstration=False)
    [entry] = entries(published)
    [said] = json.loads(entry)["said"]
    assert (said["purpose"], said["opted_out"], json.loads(entry)["by"]) == ("audience-measurement", False, "script")
    assert VISITOR.encode() not in entry


BOTH = {"audience-measurement": True, "returning-visitors": True}
NOBODY = {"let_in": lambda: False, "demonstration": False}


def test_an_answer_is_one_entry_and_the_same_answer_again_is_none(published, kept):
    """Or anybody makes the log longer for ever, by saying the same 270 times a second."""
    for _ in range(3):
        kept.record(VISITOR, BOTH, "link", demonstration=False)
    assert len(entries(published)) == 1
    kept.record(VISITOR, BOTH | {"returning-visitors": False}, "link", demonstration=False)
    [_, entry] = entries(published)
    assert [one["purpose"] for one in json.loads(entry)["said"]] == ["returning-visitors"]


def test_a_no_is_never_refused_and_a_yes_is_after_many_answers(published, kept):
    """A visitor who is known is heard whatever others of their network send; nobody new is made known."""
    kept.record(VISITOR, {"returning-visitors": False}, "link", demonstration=False)
    refused = kept.record(VISITOR, {"audience-measurement": True, "returning-visitors": False}, "link", **NOBODY)
    assert refused == frozenset()  # the yes stands already
    assert kept.record(VISITOR, {"audience-measurement": False}, "link", **NOBODY) == {"audience-measurement"}
    assert choices.opted_out_by(published.store, [identifier(IdentifierKind.VISITOR, VISITOR)]) == {"audience-measurement"}
    unknown = identifier(IdentifierKind.VISITOR, "e" * 32)
    assert kept.record(unknown.value, BOTH, "link", **NOBODY) == frozenset()
    assert published.store.vault.lookup([unknown]) == {}
    assert len(entries(published)) == 2


def test_who_says_nothing_new_is_not_counted(published, kept):
    """The count is of what is kept: a page that says the same at each visit costs its network nothing."""
    asked = []
    for _ in range(3):
        kept.record(VISITOR, BOTH, "link", demonstration=False, let_in=lambda: asked.append(1) is None)
    assert len(asked) == 1


def test_a_person_who_says_the_same_again_adds_nothing(published, kept):
    """Behind their own link as well."""
    published.write(ROBIN.value)
    for _ in range(2):
        kept.say("robins", {"audience-measurement": True})
    assert len(entries(published)) == 1


@pytest.mark.parametrize(
    ("purposes", "left"),
    [
        (["answer-questions", "returning-visitors"], [(("answer-questions",), False)]),
        (["answer-questions"], [(("answer-questions",), True)]),
        (["returning-visitors"], []),
    ],
)
def test_a_form_of_somebody_who_opted_out_is_narrowed(published, purposes, left):
    """What only a stopped purpose needs is not stored, and a form that serves nothing else is not stored at all."""
    published.write(ROBIN.value, opted_out={"returning-visitors": "link"}, demonstration=True)
    published.versions = Asking(optional_company(published.versions.in_force()))
    published.write(ROBIN.value, purposes=purposes, reference="LATER")
    found = [one for one in published.store.find([ROBIN]).submissions if one.reference == "LATER"]
    assert [(one.purposes, "company" in one.fields) for one in found] == left


@dataclass
class Asking:
    """One version, whatever is asked for."""

    only: Rulebook

    def in_force(self):
        return self.only

    def rulebook(self, _rulebook_id):
        return self.only


def optional_company(rulebook):
    """The contact form asks for the company for an optional purpose alone."""
    point = rulebook.points["contact-form"]
    both = frozenset({"answer-questions", "returning-visitors"})
    retentions = dict.fromkeys(both, point.retention)
    changed = replace(point, purposes=both, only={"company": frozenset({"returning-visitors"})}, retentions=retentions)
    return replace(rulebook, points={**rulebook.points, "contact-form": changed})
