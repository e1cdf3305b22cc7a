"""Requests that hold at once: Cal. Civ. Code § 1798.120, .121, § 1798.135(c)(4); 11 CCR 7026(d)-(h), 7027(e)-(m), 7028, 7060(b).

With the pages as they are served and the real stores.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from tests.houses import compiled, insider, person
from tests.law.test_opt_outs import SOLD, gave
from tests.reviewed import FIRST, SECOND
from tests.web.conftest import serving  # noqa: F401 - a fixture
from tests.web.policies import CLUB, SHARING
from tests.web.serving import VISITOR

import avow.rights
from avow.collection import signals
from avow.definitions import IdentifierKind, Refusal, RequestKind, identifier
from avow.gate import choices, disclosures, reads, refused
from avow.gate.disclosures import Leave
from avow.gate.handing_over import HandingOver
from avow.gate.opt_outs import OptOuts
from avow.policy import law
from avow.policy.checks.carried_out import EVERYTHING
from avow.policy.rulebook import refusals
from avow.rights import applying, kinds, sealed_words
from avow.rights.answers import NewRequest
from avow.rights.states import APPLIED_WALK, TABLES, State, Step

ROBIN = person("robin@example.com")
#: What is added to the example policy: a right to limit, and a sensitive item of the contact form.
LIMIT = (
    (
        "[right.correct]\n",
        (
            '[right.limit]\nmethods      = ["web", "email", "phone"]\nverification = "not at all"\nlevel        = "none"\n\n'
            "[right.correct]\n"
        ),
    ),
    ("[data.company]\n", '[data.company]\nsensitive  = "S8"\n'),
    ('max_length = 160\nmatch      = "words"\n', "max_length = 160\n"),  # nobody is asked for what is sensitive
)
RESTRICT = """[right.restrict]
methods      = ["web", "email", "phone"]
verification = "by a link that we send to your e-mail address"
level        = "by-sensitivity"

"""
BELIEF = "The same words came from one machine for forty people who know nothing of it."
APPLIED = pytest.mark.parametrize("kind", sorted(kind for kind, table in TABLES.items() if table is APPLIED_WALK))


@pytest.fixture
def house(serving):  # noqa: F811 - the fixture
    """The example company with a club whose addresses an advertising network gets, and a right to limit."""
    return serving(compiled(*SHARING, *CLUB, *LIMIT, does=EVERYTHING))


def case_of(house, token):
    """Return the request behind a status token, as it is now."""
    return house.rooms.rights.cases.get(token.partition("-")[0])


def test_an_opt_out_holds_in_the_same_answer_and_nobody_is_asked_who_they_are(house):
    """7026(d), (f): what finds the person is all that is asked, and no job has run yet."""
    token = house.ask(RequestKind.OPT_OUT)
    assert SOLD in choices.opted_out_by(house.store, [ROBIN])
    assert case_of(house, token).state is State.APPLYING
    assert house.messages("waiting") == []


def test_it_ends_confirmed_and_the_person_can_look_it_up(house):
    """7026(g): a status, and a message where an address is known; without one the page alone."""
    known, unknown = house.ask(RequestKind.OPT_OUT), house.ask(RequestKind.OPT_OUT, email="", visitor_id=VISITOR)
    house.run("opt-outs", "requests")
    states = [case_of(house, one).entry(Step.CONFIRMED) is not None for one in (known, unknown)]
    assert states == [True, True]
    assert len(house.messages("waiting")) == 1
    page = house.browser().get(f"/privacy/requests/{unknown}").text
    assert "wherever we know you" in page
    assert "open the link in that message" not in page


def test_it_waits_for_whom_is_to_be_told(house):
    """7026(f)(2), (3): confirmed is what holds everywhere; until a third party was told it holds here."""
    gave(house)
    token = house.ask(RequestKind.OPT_OUT)
    house.run("requests")
    assert case_of(house, token).state is State.APPLYING
    opt_outs = OptOuts(house.store, house.versions, house.now_ms)
    (one,) = opt_outs.open_ones()
    assert opt_outs.told(one.id, "place", "e-mail", "s1") is None
    house.wait(minutes=2)
    house.run("opt-outs", "requests")
    assert case_of(house, token).entry(Step.CONFIRMED) is not None


def test_its_days_are_those_of_an_opt_out(house):
    """T03: 15 business days from 23 December, and no confirmation of receipt is owed."""
    house.now = datetime(2026, 12, 23, 17, 0, tzinfo=UTC)
    gave(house)
    line = house.rooms.rights._line(case_of(house, house.ask(RequestKind.OPT_OUT)))
    assert (line.received_on, line.acknowledge_by, line.answer_by) == (date(2026, 12, 23), None, date(2027, 1, 12))


def test_a_limit_stops_sensitive_items_for_whatever_no_exception_names(house):
    """7027(a), (m): the rest of the form goes on; what comes in later has no such item at all."""
    before = house.write(ROBIN.value)
    house.ask(RequestKind.LIMIT)
    held = house.store.submission(before)
    opened = reads.Reads(house.store, house.versions, house.now_ms).open_for(
        reads.submission(held), "answer-questions", insider()
    )
    assert "company" not in opened.fields
    assert "message" in opened.fields
    later = house.store.submission(house.write(ROBIN.value))
    assert "company" not in later.fields
    assert "message" in later.fields


def test_a_limit_lives_through_an_erasure(house):
    """§ 1798.135(c)(4): the mark in the vault outlives the data."""
    house.write(ROBIN.value)
    house.ask(RequestKind.LIMIT)
    house.store.erase([ROBIN], house.now_ms())
    assert refusals.LIMIT in choices.opted_out_by(house.store, [ROBIN])


def test_what_a_permitted_use_needs_is_never_limited():
    """7027(m): a purpose that says which of the uses it is keeps its items."""
    rulebook = compiled(*LIMIT, does=EVERYTHING)
    item, purpose = rulebook.data["company"], rulebook.purposes["answer-questions"]
    assert refusals.is_limited({refusals.LIMIT}, item, [purpose])
    assert not refusals.is_limited({refusals.LIMIT}, rulebook.data["message"], [purpose])
    for use in ("expected-service", "security-incidents", "no-inference"):
        assert not refusals.is_limited({refusals.LIMIT}, item, [with_use(purpose, use)])


def with_use(purpose, use):
    """Return a purpose with a use of sensitive information that the law names."""
    return type(purpose)(**{name: getattr(purpose, name) for name in purpose.__slots__} | {"sensitive_use": use})


def test_a_fraudulent_opt_out_needs_a_belief_that_is_kept_sealed_and_its_person_is_told(house):
    """7026(e): documented, and told; what it did is taken back. Nobody reads the belief in the history or the log."""
    token = house.ask(RequestKind.OPT_OUT)
    rights, request_id = house.rooms.rights, token.partition("-")[0]
    reviews = house.rooms.reviews
    assert isinstance(reviews.deny(request_id, "fraudulent", "no", FIRST), Refusal)
    assert reviews.deny(request_id, "fraudulent", BELIEF, FIRST) is None
    assert SOLD in choices.opted_out_by(house.store, [ROBIN])  # until somebody else has looked
    assert reviews.agree(request_id, "", SECOND) is None
    assert SOLD not in choices.opted_out_by(house.store, [ROBIN])
    case = case_of(house, token)
    assert case.state is State.DENIED
    assert BELIEF not in str(case.history)
    assert sealed_words.decided(case, rights.cases) == BELIEF
    house.walk()
    assert case_of(house, token).entry(Step.RESPONDED) is not None
    assert "fraudulent" in house.browser().get(f"/privacy/requests/{token}").text


def test_a_no_that_was_there_before_a_fraudulent_one_stays(house):
    """7026(e): what somebody said themselves is not taken back with it."""
    house.ask(RequestKind.OPT_OUT)
    other = house.ask(RequestKind.OPT_OUT)
    assert house.rooms.reviews.deny(other.partition("-")[0], "fraudulent", BELIEF, FIRST) is None
    assert house.rooms.reviews.agree(other.partition("-")[0], "", SECOND) is None
    assert SOLD in choices.opted_out_by(house.store, [ROBIN])


def test_who_refused_is_not_asked_for_twelve_months(house):
    """§ 1798.135(c)(4), 7026(k): on any device that is known to be theirs; erased or not; on the day after, again."""
    california = law.tables()["US-CA"]
    house.now = datetime(2026, 12, 23, 17, 0, tzinfo=UTC)
    house.ask(RequestKind.OPT_OUT)
    asked = (house.store, [ROBIN], {SOLD}, california)
    assert choices.not_asked_before(*asked, house.now_ms()) == date(2027, 12, 23)
    house.store.erase([ROBIN], house.now_ms())
    assert choices.not_asked_before(*asked, house.now_ms()) == date(2027, 12, 23)
    house.now = datetime(2027, 12, 23, 17, 0, tzinfo=UTC)
    assert choices.not_asked_before(*asked, house.now_ms()) is None


@APPLIED
def test_nothing_of_it_imports_verification(kind):
    """7060(b): neither its module, nor what its steps call."""
    folder = Path(avow.rights.__file__).parent
    modules = {
        folder / "kinds" / f"{name}.py" for name in ("applied", "ending", "opt_out", "limit", "objection", "withdraw_consent")
    }
    steps, shared = kinds.of(kind).steps, kinds.of(RequestKind.OPT_OUT).steps
    assert {state for state, step in steps.items() if step is not shared[state]} <= {State.CLOSED}  # what ends with a consent
    for path in (*sorted(modules), folder / "applying.py"):
        named = {
            name.name
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in node.names
        }
        assert "verification" not in named, path


@APPLIED
def test_it_refuses_what_it_is_for(kind):
    """Each by the policy's own purposes, and one that is named alone."""
    rulebook = compiled(*SHARING, *CLUB, does=EVERYTHING)
    found = applying.refused_by(kind, (), rulebook)
    words = {RequestKind.LIMIT: {refusals.LIMIT}, RequestKind.OBJECT: {refusals.OBJECT}}
    assert found == words.get(kind, found)
    assert found
    if kind is RequestKind.OPT_OUT:
        assert applying.refused_by(kind, ("audience-measurement",), rulebook) == {"audience-measurement"}


def test_a_browsers_cookie_cannot_object_or_restrict():
    """It would switch off what security needs; a limit it may say for itself."""
    assert signals.choices_of("v1.-limit.-object.-restrict.returning-visitors") == {"-limit", "returning-visitors"}


def test_a_request_without_anything_that_finds_anybody_is_recorded_and_confirmed(house):
    """7101(a): a browser that is known by nothing keeps its no in its cookie; the request is counted all the same."""
    token = house.rooms.rights.receive(NewRequest(RequestKind.OPT_OUT, ""))
    house.run("requests")
    assert case_of(house, token).entry(Step.CONFIRMED) is not None
    assert choices.opted_out_by(house.store, [identifier(IdentifierKind.VISITOR, VISITOR)]) == frozenset()


def went(house, *items):
    """Note that items of a form of Robin's went to a third party for answering questions."""
    subject = house.store.vault.subjects_for([ROBIN], house.now_ms())[ROBIN]
    asked = ("place", "answer-questions", "contact-form", "I", "marrowby", subject, items, f"{len(items[0]):032x}")
    with house.store.control.transaction() as tx:
        disclosures.note(tx, Leave(house.versions.in_force(), *asked), house.now_ms())


@pytest.mark.parametrize(("item", "is_told"), [("company", True), ("message", False)])
def test_who_got_what_is_limited_is_told_and_nobody_else(house, item, is_told):
    """7027(g)(2), (3): who has a sensitive item for a use that no exception names; what went later is told too."""
    went(house, item)
    house.ask(RequestKind.LIMIT)
    opt_outs = OptOuts(house.store, house.versions, house.now_ms)
    assert [told.recipient for one in opt_outs.open_ones() for told in one.tells] == (["place"] if is_told else [])


def test_what_goes_of_somebody_who_limited_has_no_sensitive_item(house):
    """7027(g)(1): asked again when its turn comes, whenever it was queued."""
    held = house.store.submission(house.write(ROBIN.value))
    handing = HandingOver(house.store, house.versions, lambda *_: False, house.now_ms)
    assert "company" in handing.of_form(held, "customer-list", "answer-questions").fields
    house.ask(RequestKind.LIMIT)
    assert "company" not in handing.of_form(held, "customer-list", "answer-questions").fields


def test_an_objection_stops_what_rests_on_our_interests_and_no_security(house):
    """GDPR Art. 21(1): the purpose as a whole, for whoever would open a record for it."""
    rulebook = house.versions.in_force()
    ours = replace(rulebook.purposes["answer-questions"], legal_basis="legitimate-interests")
    assert refusals.stops({refusals.OBJECT}, ours)
    assert not refusals.stops({refusals.OBJECT}, replace(ours, sensitive_use="security-incidents"))
    assert not refusals.stops({refusals.OBJECT}, replace(ours, legal_basis="contract"))
    assert refusals.stops({refusals.RESTRICT}, replace(ours, legal_basis="contract"))
    assert not refusals.stops({refusals.RESTRICT}, replace(ours, legal_basis="legal-obligation"))


def test_to_restrict_is_proved_first_and_holds_then(serving):  # noqa: F811 - the fixture
    """GDPR Art. 12(6), 18: nobody stops somebody else's contract; nothing is planned and nothing erased."""
    house = serving(compiled(("[right.correct]\n", f"{RESTRICT}[right.correct]\n")))
    record, asked = house.write(ROBIN.value), house.rooms.rights.cases
    token = house.ask(RequestKind.RESTRICT)
    case = case_of(house, token)
    house.walk()
    assert choices.opted_out_by(house.store, [ROBIN]) == frozenset()
    house.confirm(token)
    house.walk()
    assert choices.opted_out_by(house.store, [ROBIN]) == {refusals.RESTRICT}
    assert asked.get(case.request_id).entry(Step.CONFIRMED) is not None
    held = house.store.submission(record)
    opened = reads.Reads(house.store, house.versions, house.now_ms).open_for(
        reads.submission(held), "answer-questions", insider()
    )
    assert isinstance(opened, Refusal)


def test_a_no_that_is_kept_twice_is_one(house):
    """A crash between the choice and the step: the next round keeps nothing again, and proves it once."""
    token = house.ask(RequestKind.OPT_OUT)
    case, store = case_of(house, token), house.store
    with store.control.transaction() as tx:
        again = refused.refuse(
            store,
            tx,
            [ROBIN],
            {SOLD},
            case.request_id,
            house.versions.in_force(),
            "marrowby",
            house.now_ms(),
            demonstration=False,
        )
    assert again == ()
    assert applying.apply(case, house.versions.in_force(), house.rooms.rights.cases, house.now_ms()) is False
