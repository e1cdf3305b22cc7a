"""What rules keep when somebody asks to be deleted: planned, kept before the keys go, told, found by who asks to know."""

from dataclasses import replace
from datetime import date

import pytest
from tests.failing import WAYS, Failing
from tests.houses import compiled, house, over_both, person, published
from tests.rights.test_desk import Office, places_of

from avow.audit.log import Log
from avow.definitions import RequestKind, StoredFile, StoreUnavailable
from avow.policy.rulebook import keeping as rules_of
from avow.rights import execution, plan
from avow.rights.keeping import Keeper
from avow.rights.plan import Action
from avow.rights.states import State, Step
from avow.store.kept import KEPT

__all__ = ["house", "published"]
ROBIN, BERTA = "robin@example.com", "berta@example.com"
NAMED = ("email", "name", "position", "resume")
BOUND = (
    (
        """retention  = { years = 4, after = "decision" }
recipients = ["mail-service"]
""",
        """retention  = { years = 4, after = "decision" }
duties     = ["applications"]
recipients = ["mail-service"]

[duty.applications]
label   = "employers keep applications"
rule    = "Cal. Gov. Code § 12946"
fields  = ["position", "name", "email", "resume"]
purpose = "employment-records"
keeps   = { years = 4, after = "decision" }

[purpose.employment-records]
label       = "Showing how we chose"
description = "showing an authority how we chose, and nothing else"
""",
    ),
    (
        'level        = "by-sensitivity"\nform         = "rights-request"\n\n[right.opt-out]',
        'level        = "by-sensitivity"\nform         = "rights-request"\nexceptions   = ["D8"]\n\n[right.opt-out]',
    ),
    ('"page-improvement", "security",\n]', '"page-improvement", "security",\n  "employment-records",\n]'),
)


@pytest.fixture
def office(house, tmp_path):
    """An installation whose policy is bound to keep applications."""
    house.publisher.first(compiled(*BOUND), house.now_ms())
    return Office(house, Log(tmp_path / "public", tmp_path / "private", "marrowby.example"))


def apply(office, email=ROBIN, **changes):
    """Send an application with a file; return its id."""
    store, now_ms = office.house.store, office.house.now_ms()
    kept = (person(email), "job-application")
    subject = store.vault.subjects_kept({kept: now_ms})[kept]
    name = f"form-{now_ms:012x}{next(office.house.numbers):020x}-0"
    store.files.put(name, store.vault.seal(store.vault.key_of(subject), b"what I did", name.encode()))
    sent = StoredFile(item="resume", name="cv.pdf", kind="pdf", size=10, sha256="0" * 64, stored=name)
    fields = {"email": email, "name": "Robin", "position": "Tuner", "letter": "I would love to"}
    return office.house.write(email, point="job-application", fields=fields, files=[sent], **changes)


def deleted(office, email=ROBIN):
    """Ask to be deleted, and prove the address; return the request once it has gone as far as it goes."""
    filed = office.ask(RequestKind.DELETE, email)
    office.walk()
    office.press(filed)
    office.walk()
    return office.cases.get(filed.partition("-")[0])


def test_exactly_what_the_law_names_is_kept_and_the_rest_is_gone(office):
    """Of the application four items stay, for their purpose, until four years are over; the letter of it and the message go."""
    apply(office)
    office.house.write(ROBIN)
    case = deleted(office)
    assert case.state is State.CLOSED
    store = office.house.store
    assert store.find([person(ROBIN)]).submissions == ()
    (kept,) = store.kept.of([person(ROBIN)])
    assert (tuple(sorted({*kept.fields, "resume"})), kept.purpose, kept.until) == (
        NAMED,
        "employment-records",
        date(2030, 11, 24),
    )
    assert store.kept.open_file(kept, kept.files[0]) == b"what I did"
    assert "I would love to" not in str(kept)
    assert store.files.names("form-") == ()


def test_what_would_happen_is_what_happened(office):
    """The plan's lines, made before anything was destroyed, say the same as the outcome; the proof has both under its salt."""
    apply(office)
    case = deleted(office)
    lines = execution.lines_of(case)
    (keep,) = [one for one in lines if one.action is Action.KEEP]
    assert (keep.code, keep.rule, keep.fields, keep.until) == ("D8", "Cal. Gov. Code § 12946", NAMED, date(2030, 11, 24))
    (erased,) = [one for one in lines if one.action is Action.ERASE and one.point == "job-application"]
    assert erased.fields == ("letter",)
    assert execution.kept_of(case) == (replace(keep, version="", first_on=None, last_on=None),)
    assert '"until":"2030-11-24"' in case.entry(Step.PROVED).detail["found"].replace(" ", "")
    assert case.entry(Step.PROVED).detail["left"] == 0
    assert not any("employers keep" in entry or "12946" in entry for entry in office.house.logged())


def test_the_letter_names_rule_fields_purpose_and_date(office):
    """In plain words, and nobody is named in it."""
    apply(office)
    filed = office.ask(RequestKind.DELETE)
    office.walk()
    answer = office.press(filed)
    office.walk()
    letter = office.desk.download(answer, "letter.txt").content.decode()
    assert "Job application: E-mail address, Name, Position, Résumé. employers keep applications" in letter
    assert "[Cal. Gov. Code § 12946; Cal. Civ. Code 1798.105(d)(8)]" in letter
    assert "Used for this alone: Showing how we chose. Erased on 24 November 2030." in letter
    assert "found nothing of yours but what is kept as named above" in letter
    assert "robin" not in letter


def test_nothing_is_kept_of_what_no_duty_names(office):
    """A letter to us goes as a whole; the answer speaks of no exception."""
    office.house.write(BERTA)
    filed = office.ask(RequestKind.DELETE, BERTA)
    office.walk()
    answer = office.press(filed)
    office.walk()
    letter = office.desk.download(answer, "letter.txt").content.decode()
    assert "A law makes us keep" not in letter
    assert office.house.store.vault.names(KEPT) == ()


def test_who_asks_to_know_finds_what_is_kept_of_them(office):
    """After the deletion, by the marks: the fields, with the rule and the date; others find nothing of it."""
    apply(office)
    deleted(office)
    for email, is_there in ((ROBIN, True), (BERTA, False)):
        filed = office.ask(RequestKind.KNOW, email)
        office.walk()
        answer = office.press(filed)
        office.walk()
        archive = office.desk.download(answer, "archive.json").content.decode()
        assert ("Cal. Gov. Code § 12946 (D8)" in archive) is is_there
        assert ("2030-11-24" in archive) is is_there


def test_who_asks_once_more_is_told_of_it_again(office):
    """A second deletion keeps nothing new, and names what is kept."""
    apply(office)
    first = deleted(office)
    office.house.wait(hours=2)
    second = deleted(office)
    assert execution.kept_of(second) == execution.kept_of(first)
    assert len(office.house.store.vault.names(KEPT)) == 1


def test_a_period_that_is_over_keeps_nothing(office):
    """Four years after the decision the application goes like everything else."""
    apply(office)
    office.house.wait(days=4 * 366)
    case = deleted(office)
    assert execution.kept_of(case) == ()
    assert office.house.store.vault.names(KEPT) == ()


def test_a_law_reaches_back_and_an_exception_does_not(house):
    """A duty by law binds what came before the policy said so; an exception is a permission of which people are told before."""
    before, bound = compiled(), compiled(*BOUND)
    asked = ("job-application", NAMED, date(2026, 11, 24), date(2030, 11, 24), date(2026, 12, 1))
    (kept,) = rules_of.kept(before, bound, *asked)
    assert (kept.duty.name, kept.rulebook_id) == ("applications", bound.id)
    permitted = replace(bound, id="other", duties={"applications": replace(bound.duties["applications"], exception="D1")})
    assert rules_of.kept(before, permitted, *asked) == ()
    assert len(rules_of.kept(permitted, before, *asked)) == 1


def test_the_decision_moves_the_date_of_the_duty(office):
    """The four years count from the decision, as those of the record do."""
    apply(office, delete_on="2031-03-01")
    case = deleted(office)
    assert [one.until for one in execution.kept_of(case)] == [date(2031, 3, 1)]


def test_what_came_between_the_plan_and_the_keys_is_kept_as_well(office, monkeypatch):
    """An application that is stored after the first target was done is kept in the lock in which the keys are destroyed."""
    apply(office)
    erase = type(office.house.store).erase
    kept = []

    def late(store, identifiers, at_ms):
        kept.append(len(store.vault.names(KEPT)))
        return erase(store, identifiers, at_ms)

    lines = Keeper.lines

    def and_one_comes(keeper, people):
        if not kept:
            apply(office)
        return lines(keeper, people)

    monkeypatch.setattr(Keeper, "lines", and_one_comes)
    monkeypatch.setattr(type(office.house.store), "erase", late)
    assert deleted(office).state is State.CLOSED
    assert kept[0] > 1


@over_both
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("part", "write"), [("vault", "create_key"), ("files", "put"), ("vault", "destroy")])
def test_kept_once_and_never_lost_whatever_fails(house, tmp_path, part, write, way):
    """Each write of keeping and erasing fails once, before or after it is done; the request goes on, and all is kept once."""
    house.publisher.first(compiled(*BOUND), house.now_ms())
    office = Office(house, Log(tmp_path / "public", tmp_path / "private", "marrowby.example"))
    apply(office)
    filed = office.ask(RequestKind.DELETE)
    office.walk()
    office.press(filed)
    store = house.store
    failing = Failing(getattr(store, part), write, way)
    places, finder = places_of(replace(store, **{part: failing}), office.cases, house.versions)
    whole, office.tools = office.tools, replace(office.tools, targets=places, finder=finder)
    with pytest.raises(StoreUnavailable):
        office.walk()
    assert failing.left == 0
    office.tools = whole
    office.walk()
    case = office.cases.get(filed.partition("-")[0])
    assert case.state is State.CLOSED
    (kept,) = store.kept.of([person(ROBIN)])
    assert store.kept.open_file(kept, kept.files[0]) == b"what I did"
    assert len(store.vault.names(KEPT)) == 1
    assert store.find([person(ROBIN)]).submissions == ()


def test_a_plan_of_holdings_keeps_and_erases_each_field_once():
    """Of each record a field is kept or erased; what is kept since before is not erased."""
    keep = plan.Keep("D8", "d", "reason", "rule", "p", ("a", "b"), date(2030, 1, 1))
    holdings = [plan.Holding("x", "X", ("a", "b", "c"), 2, (keep,)), plan.Holding("x", "X", ("a",), 1, (keep,), earlier=True)]
    lines = plan.lines(RequestKind.DELETE, holdings, (), date(2027, 1, 1))
    assert [(one.action, one.fields, one.records) for one in lines] == [
        (Action.KEEP, ("a", "b"), 2),
        (Action.ERASE, ("c",), 2),
        (Action.KEEP, ("a", "b"), 1),
    ]


def test_no_other_kind_has_lines():
    """What nobody asked to erase is not planned to be."""
    with pytest.raises(ValueError, match="no plan"):
        plan.lines(RequestKind.CORRECT, (), (), date(2027, 1, 1))
