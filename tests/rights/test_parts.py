"""A deletion that names collection points: it goes, but for what rules and staff keep of it; the rest is as it was."""

from datetime import date

from tests.houses import house, person
from tests.rights.test_keeping import BERTA, NAMED, ROBIN, apply, office

from avow.definitions import RequestKind
from avow.rights import execution, parts
from avow.rights.outcomes import Erasure, Located
from avow.rights.plan import Action
from avow.rights.states import State, Step
from avow.rights.targets import Waiting

__all__ = ["house", "office"]


def deleted(office, *points, email=ROBIN):
    """Ask to have deleted what came by some points, and prove the address; return the request and the token of its answer."""
    filed = office.ask(RequestKind.DELETE, email, points=points)
    office.walk()
    answer = office.press(filed)
    office.walk()
    return office.cases.get(filed.partition("-")[0]), answer


def test_what_a_duty_names_of_a_part_is_kept_and_the_rest_of_it_is_gone(office):
    """Plan, outcome and letter say so; a letter to us by another form stays, and can be read."""
    apply(office)
    stays = office.house.write(ROBIN)
    case, answer = deleted(office, "job-application")
    assert case.state is State.CLOSED
    store = office.house.store
    assert [one.record_id for one in store.find([person(ROBIN)]).submissions] == [stays]
    (kept,) = store.kept.of([person(ROBIN)])
    assert (tuple(sorted({*kept.fields, "resume"})), kept.until) == (NAMED, date(2030, 11, 24))
    assert store.files.names("form-") == ()
    assert {(one.action, one.point) for one in execution.lines_of(case)} >= {
        (Action.KEEP, "job-application"),
        (Action.ERASE, "job-application"),
    }
    assert "contact-form" not in {one.point for one in execution.lines_of(case)}
    assert [one.code for one in execution.kept_of(case)] == ["D8"]
    assert case.entry(Step.PROVED).detail["left"] == 0
    letter = office.desk.download(answer, "letter.txt").content.decode()
    assert "Job application: E-mail address, Name, Position, Résumé. employers keep applications" in letter


def test_what_no_duty_names_of_a_part_goes_and_what_a_duty_keeps_elsewhere_is_left_as_it_is(office):
    """Nothing is kept apart: the application is there as before."""
    applied, other = apply(office), office.house.write(ROBIN)
    deleted(office, "contact-form")
    store = office.house.store
    assert [one.record_id for one in store.find([person(ROBIN)]).submissions] == [applied]
    assert (store.submission(other), store.kept.of([person(ROBIN)])) == (None, ())


def test_answers_from_before_go_for_they_copy_what_goes(office):
    """Nobody can take a part out of an archive that is sealed; what they asked, and when, is still known."""
    office.house.write(ROBIN)
    asked = office.ask(RequestKind.KNOW)
    office.walk()
    answered = office.press(asked)
    office.walk()
    assert office.desk.download(answered, "archive.json") is not None
    office.house.wait(hours=2)
    case, _ = deleted(office, "contact-form")
    assert case.state is State.CLOSED
    assert office.desk.download(answered, "archive.json") is None
    assert office.cases.get(asked.partition("-")[0]).state is State.CLOSED


def test_nothing_is_done_while_what_was_accepted_before_is_not_stored(office):
    """As of a whole deletion: otherwise a duty would lose what waits in the spool."""
    record, (kept, *_) = apply(office), office.tools.targets
    waits = [1]
    aside = {"job-application", "contact-form"}  # by which points something of theirs is set aside
    waiting = Waiting(
        lambda _people, _ms, points: (waits[0], len(aside & set(points))),
        lambda _people, _ms, points: aside.difference_update(points),
    )
    store = office.house.store
    named = parts.NamedPoints(store, type(kept)(kept.keeper, waiting), None, ("job-application",))
    now_ms = office.house.now_ms()
    erasure = Erasure((person(ROBIN),), Located((), {}), now_ms)
    assert named.erase(erasure, now_ms) is None
    assert store.submission(record) is not None
    waits[0] = 0
    assert named.remaining(erasure) > 1
    assert named.erase(erasure, now_ms).records == 1
    assert named.remaining(erasure) == 0
    assert aside == {"contact-form"}


def test_nobody_elses_goes(office):
    """Of the same point."""
    office.house.write(ROBIN)
    hers = office.house.write(BERTA)
    deleted(office, "contact-form")
    store = office.house.store
    assert (store.find([person(ROBIN)]).submissions, store.submission(hers) is not None) == ((), True)


def test_who_comes_again_by_a_point_that_was_named_is_kept_as_before(office):
    """The mark ends with the moment of the deletion: nobody is shut out."""
    office.house.write(ROBIN)
    deleted(office, "contact-form")
    office.house.wait(hours=1)
    later = office.house.write(ROBIN)
    assert [one.record_id for one in office.house.store.find([person(ROBIN)]).submissions] == [later]
