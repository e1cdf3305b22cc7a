"""What changes for people, field by field; no difference is ever passed over in silence."""

from dataclasses import dataclass, field, fields, replace
from datetime import date
from types import MappingProxyType

import pytest

from avow import policy
from avow.policy.changes.diff import diff
from avow.policy.rulebook.rulebook import Contract, Retention, Right, Rulebook

from .conftest import MARROWBY, TODAY

RULEBOOK = policy.compile_text(MARROWBY, "policy.md", policy.law.tables(), TODAY).rulebook
#: Names by which a declaration is known, and where it stands: not what it says.
SILENT = {"name", "kind", "section"}


#: What stands for a list that the example leaves empty.
FILLED = {
    "also": ("B",),
    "duties": ("book-keeping",),
    "exceptions": ("D1",),
    "gives": ("access",),
    "jurisdictions": ("US-CA",),
    "on": frozenset({"shop"}),
    "only": MappingProxyType({"page": frozenset({"security"})}),
    "origins": ("https://post.example",),
    "recipients": frozenset({"mail-service"}),
    "required": frozenset({"page"}),
    "stores": ("avow_visitor",),
    "stops": frozenset({"audience-measurement"}),
}
EMPTY = ((), frozenset(), MappingProxyType({}))
_OTHER_WORDS = {
    "": "page",
    "page": "mail",
    "mail": "page",
    "service-provider": "contractor",
    "none": "consent",
    "opt-out": "none",
    "consent": "none",
}


def other(value, part=""):
    """Return another value of the same kind."""
    if isinstance(value, bool) or value is None:
        return Contract(date(2026, 9, 14), frozenset()) if part == "contract" else not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, Retention):
        return replace(value, months=None, years=None, days=3000)
    if isinstance(value, MappingProxyType):
        changed = {name: other(one) for name, one in value.items() if isinstance(one, Retention)}
        return MappingProxyType(changed if value else {"page": frozenset({"security"})})
    if value in _OTHER_WORDS:
        return _OTHER_WORDS[value]
    return {
        Contract: lambda: replace(value, clauses=frozenset()),
        frozenset: lambda: frozenset(sorted(value)[1:]),
        tuple: lambda: value[1:],
    }.get(type(value), lambda: f"{value} other")()


def declarations():
    """Yield kind, name and field of every declaration of the example policy."""
    for kind in ("data", "purposes", "points", "recipients", "signals", "rights"):
        for name, declared in getattr(RULEBOOK, kind).items():
            yield from ((kind, name, part.name) for part in fields(declared) if part.name not in SILENT)


@pytest.mark.parametrize(("kind", "name", "part"), list(declarations()))
def test_every_field_of_every_declaration_is_told(kind, name, part):
    """Whatever is changed in a declaration, something is said about it."""
    table = getattr(RULEBOOK, kind)
    facts = {
        part: other(getattr(table[name], part), part) if getattr(table[name], part) not in EMPTY else FILLED.get(part, "other")
    }
    if (kind, part) == ("points", "purposes"):  # each purpose has its period
        period = table[name].retention
        facts = {"purposes": frozenset({"security", "answer-questions"}) ^ facts["purposes"]}
        facts["retentions"] = MappingProxyType(dict.fromkeys(facts["purposes"], period))
    declared = replace(table[name], **facts)
    assert declared != table[name]
    changed = replace(RULEBOOK, id="other", **{kind: MappingProxyType({**table, name: declared})})
    assert diff(RULEBOOK, changed)


@pytest.mark.parametrize("part", ["name", "address", "email", "phone", "website", "online_only"])
def test_every_field_of_the_controller_is_told(part):
    """Who answers, and how to reach them."""
    who = RULEBOOK.controller
    assert diff(RULEBOOK, replace(RULEBOOK, id="other", controller=replace(who, **{part: other(getattr(who, part))})))


def test_a_declaration_of_a_later_language_is_told_and_material():
    """A kind of declaration that no function knows is told as it stands; so are its fields."""

    @dataclass(frozen=True)
    class Beacon:
        label: str
        reach: frozenset

    @dataclass(frozen=True, eq=False)
    class Later(Rulebook):
        beacons: MappingProxyType = field(default_factory=lambda: MappingProxyType({}))
        mode: str = "quiet"

    facts = {part.name: getattr(RULEBOOK, part.name) for part in fields(Rulebook) if part.init}
    old = Later(**facts, beacons=MappingProxyType({"a": Beacon("Lamp", frozenset({"yard"}))}))
    new = replace(
        old,
        id="other",
        mode="loud",
        beacons=MappingProxyType({"a": Beacon("Lamp", frozenset({"street"})), "b": Beacon("Bell", frozenset())}),
    )
    told = {change.words: change.material for change in diff(old, new)}
    assert told == {
        'New beacon: "Bell".': True,
        'Beacon "Lamp", reach: street; before: yard.': True,
        "Mode: loud; before: quiet.": True,
    }


def test_the_law_is_told_and_not_material():
    """New days in a law table are named with the old ones."""
    table = RULEBOOK.law["US-CA"]
    value = replace(table.values["respond"], value=30)
    law = MappingProxyType({"US-CA": replace(table, values=MappingProxyType({**table.values, "respond": value}))})
    (change,) = diff(RULEBOOK, replace(RULEBOOK, id="other", law=law))
    assert (change.words, change.material) == ("The law (US-CA) changes: respond is 30; before: 45.", False)


def test_a_lost_clause_is_material():
    """A contract that no longer forbids selling is told with the role it leads to."""
    name, mailer = next(iter(RULEBOOK.recipients.items()))
    poorer = replace(mailer, contract=replace(mailer.contract, clauses=mailer.contract.clauses - {"no_sale_or_sharing"}))
    changes = diff(RULEBOOK, replace(RULEBOOK, id="other", recipients=MappingProxyType({**RULEBOOK.recipients, name: poorer})))
    assert {change.material for change in changes} == {True}
    assert "no sale or sharing" in " ".join(change.words for change in changes)


@pytest.mark.parametrize(
    ("before", "after", "words", "material"),
    [
        ({}, {"keeps_days": 30}, "Harrow Post Relay keeps what it receives for 30 days; before: 0.", True),
        (
            {},
            {"instruct": "mail"},
            "Harrow Post Relay is told to delete, correct or stop by e-mail; before, nothing told it.",
            False,
        ),
        ({"instruct": "mail"}, {}, "Nothing tells Harrow Post Relay to delete, correct or stop any more.", True),
        ({}, {"same_business": True}, "becomes a company of the same business; before: service provider.", True),
        ({}, {"cross_context": True}, "Harrow Post Relay becomes a third party; before: service provider.", True),
        ({"role": "third-party"}, {"role": "third-party", "cross_context": True}, "serves advertising by what people do", True),
        ({"stops_when_lapsed": True}, {}, "gets what is declared while the review of its contract is overdue.", True),
        ({}, {"stops_when_lapsed": True}, "gets nothing while the review of its contract is overdue.", False),
        ({"second_person_above": 9}, {}, "No batch for Harrow Post Relay waits for a second member of our staff.", True),
        ({"second_person_above": 9}, {"second_person_above": 5}, "A batch of more than 5 records for Harrow Post", False),
        ({"needs_authorisation": "contact-form"}, {}, "about you needs no authorisation of yours any more.", True),
    ],
)
def test_what_a_recipient_may_do_more_is_material(before, after, words, material):
    """Who keeps longer, becomes a third party or is bound by less is told to people; what binds it more is not material."""
    mailer = RULEBOOK.recipients["mail-service"]
    old, new = (
        replace(RULEBOOK, id=name, recipients=MappingProxyType({**RULEBOOK.recipients, "mail-service": replace(mailer, **facts)}))
        for name, facts in (("old", before), ("new", after))
    )
    (change,) = diff(old, new)
    assert words in change.words
    assert change.material is material


def test_a_new_third_party_is_told_with_what_it_gets():
    """People read at once that their data is shared, and with whom."""
    network = replace(RULEBOOK.recipients["shop"], name="ads", label="Farsight Placements", cross_context=True)
    (change,) = diff(RULEBOOK, replace(RULEBOOK, id="new", recipients=MappingProxyType({**RULEBOOK.recipients, "ads": network})))
    told = "New recipient: Farsight Placements, a third party; what it gets is shared for advertising across websites."
    assert (change.words, change.material) == (told, True)


def test_a_purpose_across_businesses_is_told():
    """It makes a third party of whoever serves it."""
    measured = replace(RULEBOOK.purposes["newsletter"], cross_context=True)
    changed = replace(RULEBOOK, id="new", purposes=MappingProxyType({**RULEBOOK.purposes, "newsletter": measured}))
    (change,) = diff(RULEBOOK, changed)
    assert (change.words.endswith("is advertising by what people do with several businesses."), change.material) == (True, True)


@pytest.mark.parametrize(("kind", "right"), [("know", Right)])
def test_reopened_is_equal(kind, right):
    """A version that is opened again says the same about everything: nothing changes for people."""
    again = policy.reopen(RULEBOOK.text, RULEBOOK.name, policy.law.load(policy.law.dump(RULEBOOK.law)))
    assert again.id == RULEBOOK.id
    assert diff(RULEBOOK, again) == ()
    assert isinstance(again.rights[kind], right)
