"""What is corrected besides what people wrote: documents, what rules keep, what browsers told (11 CCR 7023(c)); decision 0089."""

import contextlib
from dataclasses import replace
from datetime import date
from hashlib import sha256

import pytest
from tests.failing import WAYS, Failing
from tests.houses import compiled, house, insider, person
from tests.rights.test_correcting import asked, case, decide, letter
from tests.rights.test_desk import ROBIN, Office
from tests.rights.test_keeping import BOUND, apply, deleted

from avow.audit.log import Log
from avow.definitions import (
    AfterRetention,
    IdentifierKind,
    Refusal,
    RequestKind,
    StoredFile,
    StoreUnavailable,
    Submission,
    Technology,
    identifier,
)
from avow.gate import corrected
from avow.rights import walk
from avow.rights.cases import Claim
from avow.rights.correcting import claims, held
from avow.rights.kept import Cases
from avow.rights.states import State, Step
from avow.store.holdings import HeldEvent

__all__ = ["house"]
RESUME = Claim("job-application", "resume", "It is that of 2019.", "")
NAME = Claim("job-application", "name", "Robin", "Robyn")
PDF = b"%PDF-1.7 what I have done since"
#: The token of the page of who proved the address, by request.
ANSWERS = {}
WHY = "What is there is seven years old; send us the one of today."


@pytest.fixture
def office(house, tmp_path):
    """An installation that a law makes keep applications."""
    house.publisher.first(compiled(*BOUND), house.now_ms())
    return Office(house, Log(tmp_path / "public", tmp_path / "private", "marrowby.example"))


def send(office, content=PDF):
    """Have staff ask for a document, and its person send one; return its name."""
    contested, request_id = office.desk.contested, case(office).request_id
    assert contested.ask_for_document(request_id, 0, WHY, "s1") is None
    assert contested.send_document(ANSWERS[request_id], content) is None
    return contested.documents(request_id)[0]


def ask(office, *what):
    """Ask for a correction and prove the address."""
    answer = asked(office, *what)
    ANSWERS[case(office).request_id] = answer
    return answer


def files(office, record):
    """Return the files of an application with their bytes."""
    form = office.house.store.submission(record)
    return [(one.item, one.sha256, office.house.store.open_file(form, one)) for one in form.files]


# -- documents ---------------------------------------------------------------------------------------------------------


def test_a_document_is_replaced_and_the_former_one_is_kept_by_its_rule_alone(office):
    """The right one is where the wrong one was; that is read for the rule's purpose, and for nothing else."""
    record = apply(office)
    store = office.house.store
    former = store.submission(record).files[0].stored
    answer = ask(office, RESUME)
    name = send(office)
    assert isinstance(decide(office, records=(record,)), Refusal)  # which document, nobody said
    assert decide(office, records=(record,), document=name) is None
    office.walk()
    assert case(office).state is State.CLOSED
    assert files(office, record) == [("resume", sha256(PDF).hexdigest(), PDF)]
    assert former not in store.files.names("")
    (kept,) = store.kept.of([person(ROBIN)])
    assert (kept.duty, kept.fields, [store.kept.open_file(kept, one) for one in kept.files]) == (
        "applications",
        {},
        [b"what I did"],
    )
    assert office.desk.contested.documents(case(office).request_id) == ()
    assert "Résumé" in letter(office, answer) or "resume" in letter(office, answer).lower()


def test_a_replaced_document_that_no_rule_keeps_is_gone(house, tmp_path):
    """Without a duty it leaves the disk."""
    house.publisher.first(compiled(), house.now_ms())
    office = Office(house, Log(tmp_path / "public", tmp_path / "private", "marrowby.example"))
    record = apply(office)
    ask(office, RESUME)
    decide(office, records=(record,), document=send(office))
    office.walk()
    assert house.store.kept.of([person(ROBIN)]) == ()
    assert [content for _, _, content in files(office, record)] == [PDF]
    assert b"what I did" not in b"".join(filter(None, (house.store.files.get(one) for one in house.store.files.names(""))))


def test_a_later_erasure_keeps_the_application_as_if_nothing_had_been_replaced(office):
    """What was kept of the former document takes nothing away from what is kept of the form."""
    record = apply(office)
    ask(office, RESUME)
    decide(office, records=(record,), document=send(office))
    office.walk()
    deleted(office)
    contents = {
        office.house.store.kept.open_file(one, file) for one in office.house.store.kept.of([person(ROBIN)]) for file in one.files
    }
    assert contents == {b"what I did", PDF}


def test_a_feed_that_brings_the_former_document_again_brings_nothing(office):
    """Known by the hash of its bytes; what its person sends afterwards is their own word."""
    record = apply(office)
    ask(office, RESUME)
    decide(office, records=(record,), document=send(office))
    office.walk()
    store, now_ms = office.house.store, office.house.now_ms()
    sent = StoredFile(item="resume", name="cv.pdf", kind="pdf", size=10, sha256="0" * 64, stored="form-" + "0" * 32 + "-0")
    form = replace_of(office, [sent], now_ms + 1)
    fed = office.house.versions.in_force()
    point = replace(fed.points["job-application"], technology=Technology.FEED)
    of_feed = replace(fed, points={**fed.points, "job-application": point})
    assert corrected.standing(store, form, of_feed).files == []
    assert corrected.standing(store, form, fed).files == [sent]
    assert corrected.standing(store, replace_of(office, [sent], now_ms - 10_000), fed).files == []


def replace_of(office, sent, at_ms):
    """Return an application of Robin's with files, as it comes."""
    return Submission(
        record_id="f" * 32,
        collected_ms=at_ms,
        site="marrowby",
        point="job-application",
        rulebook_id=office.house.versions.in_force().id,
        reference="AAAA-AAAA",
        fields={"email": ROBIN},
        identifiers=[("email", ROBIN)],
        purposes=["recruiting"],
        dropped=[],
        opted_out={},
        delete_on="2030-01-01",
        then=AfterRetention.ERASE,
        files=sent,
    )


def test_a_document_may_be_deleted_instead(office):
    """With consent; what the law orders to keep of it is kept."""
    record = apply(office)
    ask(office, replace(RESUME, may_delete=True))
    assert decide(office, outcome="deleted", records=(record,)) is None
    office.walk()
    assert files(office, record) == []
    assert len(office.house.store.kept.of([person(ROBIN)])) == 1


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("part", "write"), [("control", "transaction"), ("files", "put"), ("files", "delete")])
def test_whatever_write_fails_one_document_is_there_at_the_end(office, part, write, way):
    """Whichever of its writes fails, or is done and its answer lost: the right document, and the former one kept once."""
    at, is_over = 0, False
    while not is_over:
        at += 1
        email = f"robin{at}@example.com"
        record = apply(office, email)
        filed = office.ask(RequestKind.CORRECT, email, claims=(RESUME,))
        office.walk()
        ANSWERS[filed.partition("-")[0]] = office.press(filed)
        office.walk()
        assert decide(office, records=(record,), document=send(office)) is None
        store, request_id = office.house.store, case(office).request_id
        failing = Failing(getattr(store, part), write, way, at)
        broken = replace(store, **{part: failing})
        finder = replace(office.tools.finder, keeper=replace(office.tools.finder.keeper, store=broken))
        tools = replace(office.tools, cases=Cases(broken), finder=finder)
        for _ in range(4):
            with contextlib.suppress(StoreUnavailable):
                while walk.advance(office.cases.get(request_id), tools, office.house.now_ms()):
                    pass
        office.walk()
        assert case(office).state is State.CLOSED
        assert [content for _, _, content in files(office, record)] == [PDF], at
        (kept,) = store.kept.of([person(email)])
        assert [store.kept.open_file(kept, one) for one in kept.files] == [b"what I did"], at
        is_over = failing.left > 0


# -- what a rule keeps -------------------------------------------------------------------------------------------------


def test_what_a_rule_keeps_is_corrected_where_it_is(office):
    """Its person was erased and asks again: the kept field says what is right, for its purpose and until its day as before."""
    apply(office)
    deleted(office)
    store = office.house.store
    (before,) = store.kept.of([person(ROBIN)])
    ask(office, NAME)
    assert case(office).state is State.VERIFYING  # what a rule keeps of an application takes more than the link
    assert office.cases.append(case(office), Step.PROVED_BY, office.house.now_ms(), {"by": "staff", "what": "person"}, None, None)
    office.walk()
    (line,) = office.desk.contested.reviewing.compared(case(office).request_id, insider()).lines
    (found,) = line.held
    assert (found.record_id, found.value) == (f"{held.KEPT}{before.id}", "")
    seen = office.desk.contested.reviewing.compared(
        case(office).request_id, insider(), before.purpose, "To compare what is kept."
    )
    assert seen.lines[0].held[0].value == "Robin"
    other = office.desk.contested.reviewing.compared(case(office).request_id, insider(), "recruiting", "To compare what is kept.")
    assert isinstance(other.lines[0].held[0].refusal, Refusal)
    assert decide(office, records=(found.record_id,)) is None
    office.walk()
    (after,) = store.kept.of([person(ROBIN)])
    assert after.fields == {**before.fields, "name": "Robyn"}
    assert (after.until, after.purpose, after.id) == (before.until, before.purpose, before.id)


def test_an_older_backup_of_what_is_kept_is_corrected_again_and_its_mark_ends_with_it(office):
    """The mark is sealed under the key of what is kept, and goes with it."""
    apply(office)
    deleted(office)
    store = office.house.store
    (kept,) = store.kept.of([person(ROBIN)])
    store.kept.note_corrected(kept.id, kept.point, "name", ("Robin", "Robyn"), office.house.now_ms())
    assert corrected.again(store, office.house.now_ms()) == 1
    assert store.kept.of([person(ROBIN)])[0].fields["name"] == "Robyn"
    assert corrected.again(store, office.house.now_ms()) == 0
    store.kept.end([kept.id], office.house.now_ms())
    assert store.vault.corrected.subjects() == frozenset()


# -- what a browser told -----------------------------------------------------------------------------------------------


def test_what_a_browser_tells_of_somebody_can_be_contested(house):
    """What is told about them; not what our server sees, nor where the browser was."""
    found = {one.value for one in claims.correctable(compiled())}
    rulebook = compiled()
    told = {one.point for one in claims.correctable(rulebook) if claims.is_told(rulebook.points[one.point])}
    assert "contact-form/name" in found
    assert not {one for one in found if one.endswith(("/page", "/referrer", "/visitor-id", "/browser", "/country"))}
    assert all("visitor-id" in rulebook.points[one].fields for one in told)


def test_values_of_events_are_shown_and_corrected_value_by_value(office, monkeypatch):
    """Each text once, with how often it is there; what is decided names it by a keyed hash."""
    store = office.house.store
    number = "a" * 32
    visitor = identifier(IdentifierKind.VISITOR, number)
    store.vault.subjects_for([visitor], 1)
    events = [event("red"), event("red"), event("blue")]
    monkeypatch.setattr(type(store), "held_at", lambda _s, _p, _at: iter((one, (visitor,)) for one in events))
    done = []
    monkeypatch.setattr(type(store), "correct_events", lambda _s, *what: done.append(what) or 2)
    monkeypatch.setattr(type(store), "said_in_events", lambda _s, _one: iter(()))
    token = office.ask(RequestKind.CORRECT, claims=(Claim("page-view", "colour", "red", "green"),), visitor_id=number)
    office.walk()
    office.press(token)
    office.walk()
    (line,) = office.desk.contested.reviewing.compared(case(office).request_id, insider()).lines
    assert sorted(one.reference for one in line.held) == ["1 event", "2 events"]
    red = next(one.record_id for one in line.held if one.reference == "2 events")
    assert "red" not in red
    assert decide(office, records=(red,)) is None
    office.walk()
    ((subjects, point, field, before, after),) = done
    assert (point, field, before, after) == ("page-view", "colour", "red", "green")
    marks = store.vault.corrected.of_fields(subjects, "page-view", {"colour": "Red"}, store.vault.keys_of(subjects))
    assert marks["colour"].after == "green"
    assert case(office).entry(Step.OUTCOME).detail["outcomes"][0]["records"] == 2


def event(colour):
    """Return an event of a known browser."""
    facts = {"site": "marrowby", "point": "page-view", "rulebook_id": "", "name": "view"}
    ends = {"delete_on": date(2030, 1, 1), "then": AfterRetention.ERASE, "robot": False, "demonstration": False}
    return HeldEvent(record_id="0" * 32, collected_ms=1, fields={"colour": colour}, **facts, **ends)
