"""A part that staff withhold: kept beyond a deletion or left out of an answer, by its code; the rest goes meanwhile."""

from dataclasses import replace
from datetime import date

import pytest
from tests.houses import house, over_both, person
from tests.reviewed import FIRST, SECOND
from tests.rights.test_keeping import apply
from tests.rights.test_reviewing import BY_HAND, account, office_of, seen, verified

from avow.definitions import Refusal, RequestKind
from avow.rights import execution, verification, walk, withheld, withholding
from avow.rights.states import State, Step
from avow.rights.verification import Link
from avow.rights.withholding import Wanted
from avow.store.kept import KEPT

__all__ = ["house"]
ROBIN = "robin@example.com"
NEVER_ALONE = (*BY_HAND, *((old.replace("opt-out", "delete"), new.replace("opt-out", "delete")) for old, new in BY_HAND))
WHY = "You sued us over what you wrote in this message."
CLAIM = Wanted("H2", "contact-form", ("message",), (), "answer-questions", date(2028, 1, 1), reason=WHY)
OF_ANOTHER = Wanted("H4", "contact-form", ("message",), reason="It says where another person lives, and who they live with.")
FACTS = (
    "The logs of our old shop, kept on tapes in a salt mine.",
    "The machine that could read these tapes was scrapped in 2024.",
    "Another machine would have to be built, for about a million dollars.",
)


@pytest.fixture
def office(house, tmp_path):
    """An office of two, whose policy leaves what is verified to staff; Robin wrote to it."""
    made = office_of(house, tmp_path, *NEVER_ALONE)
    account(made, "kim")
    account(made, "lee")
    house.write(ROBIN)
    return made


def want(office, case, wanted=CLAIM, member=FIRST):
    """Name a part, and return its number."""
    assert office.reviews.want(case.request_id, wanted, member) is None
    return withheld.pending(office.cases.get(case.request_id))[-1].number


def carried_out(office, case):
    """Have the rest carried out, as far as it goes."""
    assert office.reviews.carry_out(case.request_id, seen(office, case).digest, FIRST) is None
    return walked(office, case)


def walked(office, case):
    office.walk()
    return office.cases.get(case.request_id)


def letter(office, case, name="letter.txt"):
    token = verification.link(Link.ANSWER, case.request_id, office.house.store.vault.hmac)
    found = office.desk.download(token, name)
    return found.content.decode() if found else None


def test_what_is_named_is_kept_and_the_rest_goes_at_once(office):
    """Two letters: the rest with what is still decided, and then what was decided; what is kept is locked, and has a date."""
    case = verified(office)
    number = want(office, case)
    assert [(one.action, one.fields) for one in seen(office, case).lines if "H2" in one.rule] == [("keep", ("Your message",))]
    case = carried_out(office, case)
    assert (case.state, case.answered_ms) == (State.DECIDING, None)
    assert office.house.store.find([person(ROBIN)]).submissions == ()
    first = letter(office, case, "rest.txt")
    assert "Contact form of 24 November 2026: Your message: code H2 (Cal. Civ. Code 1798.145(a)(5)" in first
    assert "You will hear from us about it by 7 January 2027" in first
    assert "This is our answer to most of your request" in first
    assert "nothing of yours but what is not decided about yet, and kept until it is, as named above" in first
    assert WHY not in first
    assert "proof.tlog-proof" in [one.name for one in office.desk.status(answer_of(office, case)).documents]
    assert isinstance(office.reviews.look(case.request_id, number, FIRST, agrees=True), Refusal)
    assert office.reviews.look(case.request_id, number, SECOND, agrees=True) is None
    case = walked(office, case)
    assert (case.state, case.answer["outcome"]) == (State.CLOSED, "partial")
    second = letter(office, case)
    assert f"Exercise or defend legal claims: {WHY} [Cal. Civ. Code 1798.145(a)(5)] (code H2)" in second
    assert "Erased on 1 January 2028" in second
    assert "On 24 November 2026 we answered the rest of your request" in second
    (kept,) = office.house.store.kept.of([person(ROBIN)])
    assert (list(kept.fields), kept.code, kept.purpose, kept.until) == (["message"], "H2", "answer-questions", date(2028, 1, 1))
    assert not any("sued" in entry for entry in office.house.logged())


def answer_of(office, case):
    return verification.link(Link.ANSWER, case.request_id, office.house.store.vault.hmac)


def test_a_part_of_what_was_named_is_withheld_as_of_a_whole_deletion(office):
    """What is kept and falls is destroyed, and what was erased is counted as before."""
    filed = office.ask(RequestKind.DELETE, points=("contact-form",))
    office.walk()
    office.press(filed)
    case = walked(office, office.cases.get(filed.partition("-")[0]))
    number = want(office, case)
    case = carried_out(office, case)
    (kept,) = office.house.store.kept.of([person(ROBIN)])
    assert (case.state, list(kept.fields)) == (State.DECIDING, ["message"])
    assert office.house.store.find([person(ROBIN)]).submissions == ()
    assert office.reviews.look(case.request_id, number, SECOND, agrees=False) is None
    case = walked(office, case)
    assert (case.state, office.house.store.kept.of([person(ROBIN)])) == (State.CLOSED, ())
    assert [(one["target"], one["records"]) for one in execution.outcomes_of(case)] == [("what was named", 1)]


def test_what_was_decided_before_goes_with_one_letter(office):
    """Who looks while it waits for staff keeps nobody waiting."""
    case = verified(office)
    assert office.reviews.look(case.request_id, want(office, case), SECOND, agrees=True) is None
    case = carried_out(office, case)
    assert (case.state, letter(office, case, "rest.txt")) == (State.CLOSED, None)
    assert f"Exercise or defend legal claims: {WHY}" in letter(office, case)
    assert "we answered the rest" not in letter(office, case)


def test_what_the_second_does_not_agree_to_is_destroyed(office):
    """Its key at once; the second letter says that it is erased, too, and the proof has nothing kept."""
    case = verified(office)
    number = want(office, case)
    case = carried_out(office, case)
    assert len(office.house.store.kept.of([person(ROBIN)])) == 1
    assert office.reviews.look(case.request_id, number, SECOND, agrees=False) is None
    case = walked(office, case)
    assert (case.state, case.answer["outcome"]) == (State.CLOSED, "granted")
    assert (office.house.store.kept.of([person(ROBIN)]), office.house.store.vault.names(KEPT)) == ((), ())
    assert execution.kept_of(case) == ()
    assert "This is erased now, too: Contact form of 24 November 2026: Your message." in letter(office, case)
    assert "legal claims" not in letter(office, case)
    assert "legal" not in case.entry(Step.PROVED).detail["found"]


def test_an_answer_leaves_out_what_is_named_and_says_so(office):
    """What is held of it is named, by its code; once it is decided also why. The rest is in the archive at once."""
    case = verified(office, RequestKind.KNOW)
    number = want(office, case, OF_ANOTHER)
    case = carried_out(office, case)
    assert case.state is State.DECIDING
    archive = letter(office, case, "archive.json")
    assert "some message" not in archive
    assert "some name" in archive
    assert "(held, and not shown here: code H4)" in archive
    assert OF_ANOTHER.reason not in archive + letter(office, case, "rest.txt")
    assert office.reviews.look(case.request_id, number, SECOND, agrees=True) is None
    case = walked(office, case)
    assert case.answer["outcome"] == "partial"
    assert "some message" not in letter(office, case, "archive.json")
    assert OF_ANOTHER.reason in letter(office, case, "archive.json")
    assert "Contact form of 24 November 2026: Your message: code H4 (Cal. Civ. Code 1798.145(k)" in letter(office, case)
    assert f"Why: {OF_ANOTHER.reason}" in letter(office, case)


def test_what_is_shown_after_all_is_in_a_second_archive(office):
    """With a second letter, which says so; nothing is left out of it."""
    case = verified(office, RequestKind.KNOW)
    number = want(office, case, OF_ANOTHER)
    case = carried_out(office, case)
    assert office.reviews.look(case.request_id, number, SECOND, agrees=False) is None
    case = walked(office, case)
    assert case.answer["outcome"] == "granted"
    assert "some message" in letter(office, case, "archive.json")
    assert "This is in our answer now, too: Contact form of 24 November 2026: Your message." in letter(office, case)
    assert len([one for one in execution.outcomes_of(case) if one["target"] == "Contact form"]) == 1


def test_of_two_messages_the_one_that_is_named_is_kept(office):
    """By its reference, as the inbox shows it; the other goes, and so does what comes in later."""
    office.house.wait(minutes=1)
    second = office.house.write(ROBIN)
    case = verified(office)
    held = {one.point: one.records for one in seen(office, case).offer.held}["contact-form"]
    assert [record for record, _ in held][1] == second
    assert f"{second[-6:]} of 24 November 2026" in held[1][1]
    want(office, case, replace(CLAIM, records=(second,)))
    assert [one.records for one in seen(office, case).parts] == [(held[1][1],)]
    carried_out(office, case)
    assert [one.record_id for one in office.house.store.kept.of([person(ROBIN)])] == [second]


def test_who_is_alone_agrees_a_day_later(house, tmp_path):
    """Noted as that, in the audit log and for the evidence; the rest did not wait for it."""
    office = office_of(house, tmp_path, *NEVER_ALONE)
    me = account(office, "kim")
    house.write(ROBIN)
    case = verified(office)
    number = want(office, case, member=me)
    case = carried_out(office, case)
    assert case.state is State.DECIDING
    assert "a day later" in office.reviews.look(case.request_id, number, me, agrees=True).reason
    house.wait(hours=25)
    assert office.reviews.look(case.request_id, number, me, agrees=True) is None
    assert office.reviews.second_looks() == (1, 1)
    assert any('"request.part-decided"' in one and '"alone":true' in one for one in house.logged())
    assert walked(office, case).answer["outcome"] == "partial"


def test_of_a_deletion_of_one_form_a_part_is_kept_as_well(office):
    """What was asked about goes but for the part; everything else stays as it is, under the person's own key."""
    office.house.write(ROBIN, point="newsletter")
    filed = office.ask(RequestKind.DELETE, points=("contact-form",))
    office.walk()
    office.press(filed)
    case = walked(office, office.cases.get(filed.partition("-")[0]))
    assert [one.point for one in seen(office, case).offer.held] == ["contact-form"]
    number = want(office, case)
    case = carried_out(office, case)
    assert (case.state, len(office.house.store.kept.of([person(ROBIN)]))) == (State.DECIDING, 1)
    assert [one.point for one in office.house.store.find([person(ROBIN)]).submissions] == ["newsletter"]
    assert office.reviews.look(case.request_id, number, SECOND, agrees=False) is None
    assert walked(office, case).answer["outcome"] == "granted"
    assert office.house.store.kept.of([person(ROBIN)]) == ()


@over_both
def test_what_is_kept_for_one_request_leads_back_to_none(office):
    """On the evidence parts of one code are together, and no name of theirs holds anything of their request."""
    case = verified(office)
    number = want(office, case)
    case = carried_out(office, case)
    assert office.reviews.look(case.request_id, number, SECOND, agrees=True) is None
    walked(office, case)
    (kept,) = office.house.store.kept.of([person(ROBIN)])
    assert case.request_id[:6] not in kept.duty
    (shown,) = office.reviews.kept_by_staff()
    assert (shown.code, shown.records, shown.last) == ("H2", 1, date(2028, 1, 1))


def test_a_file_that_is_named_is_not_in_the_archive(house, tmp_path):
    """The other files are; which one it was is said by its field, and not by its name."""
    office = office_of(house, tmp_path, *NEVER_ALONE)
    account(office, "kim")
    apply(office)
    case = verified(office, RequestKind.KNOW)
    want(office, case, replace(OF_ANOTHER, point="job-application", fields=("resume",)))
    page = seen(office, case)
    assert page.needs_two
    assert office.reviews.carry_out(case.request_id, page.digest, FIRST) is None
    assert office.reviews.agree(case.request_id, page.digest, SECOND) is None
    case = walked(office, case)
    archive = letter(office, case, "archive.json")
    assert (case.state, "cv.pdf" in archive) == (State.DECIDING, False)
    assert "Job application: Résumé” is held and not shown: code H4" in archive


def test_two_who_decide_at_once_decide_once(office):
    """The other one is told that it has gone on."""
    case = verified(office)
    number = want(office, case)
    stale = office.cases.get(case.request_id)
    assert office.reviews.look(case.request_id, number, SECOND, agrees=False) is None
    second, now_ms = office.reviews.second, office.house.now_ms()
    late = withholding.look(stale, number, SECOND, second, office.cases, now_ms, agrees=True)
    assert "gone on" in late.reason
    assert withheld.of(office.cases.get(case.request_id)) == ()


@pytest.mark.parametrize("kind", [RequestKind.DELETE, RequestKind.KNOW])
def test_what_is_decided_while_the_rest_is_under_way_is_in_one_letter(office, kind):
    """Between the plan and the proof: nothing of it is left behind, and no letter about the rest is written."""
    case = verified(office, kind)
    number = want(office, case, CLAIM if kind is RequestKind.DELETE else OF_ANOTHER)
    assert office.reviews.carry_out(case.request_id, seen(office, case).digest, FIRST) is None
    while (case := office.cases.get(case.request_id)).entry(Step.OUTCOME) is None:
        assert walk.advance(case, office.tools, office.house.now_ms())
    assert office.reviews.look(case.request_id, number, SECOND, agrees=False) is None
    case = walked(office, case)
    assert (case.state, case.answer["outcome"], case.entry(Step.REST_WRITTEN)) == (State.CLOSED, "granted", None)
    assert office.house.store.vault.names(KEPT) == ()
    assert kind is RequestKind.DELETE or "some message" in letter(office, case, "archive.json")
