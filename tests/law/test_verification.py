"""11 CCR 7060-7062, 7024(a), (b): how sure of who asks, by kind and sensitivity; the next smaller answer; what is kept of it."""

from itertools import product

import pytest
from tests.answered import SIGNED, known
from tests.houses import (  # noqa: F401 - a fixture
    compiled,
    house,
    insider,
    published,
)
from tests.rights.test_desk import Office

from avow.audit.log import Log
from avow.definitions import IdentifierKind, Refusal, RequestKind, identifier
from avow.policy import law
from avow.rights import declaring, degrees, kinds, verification
from avow.rights.answers import NewRequest
from avow.rights.degrees import Degree
from avow.rights.states import State, Step
from avow.rights.verification import Link
from avow.store.control import request_proofs
from avow.store.events import Left
from avow.store.keys import RECORD

ROBIN = "robin@example.com"
CALIFORNIA = law.tables()["US-CA"]
LEVELS = ("none", "reasonable", "reasonably-high", "by-sensitivity")


@pytest.fixture
def office(published, tmp_path):  # noqa: F811
    return Office(published, Log(tmp_path / "public", tmp_path / "private", "marrowby.example"))


def filed(office, kind=RequestKind.KNOW, **more):
    """File a request, and let its message leave; return the token of its page."""
    token = office.desk.receive(NewRequest(kind, ROBIN, **more))
    office.walk()
    return token


def press(office, token, answers=None, signed=""):
    """Press the button behind the link, with answers; return the token of the page of who proved the address."""
    link = verification.link(Link.CONFIRM, token.partition("-")[0], office.house.store.vault.hmac)
    return office.desk.confirm(link, answers, signed)


def case_of(office, token):
    return office.cases.get(token.partition("-")[0])


def to_target(office, token):
    """Let the target day of a request come, and everything on it happen."""
    office.house.now = office.house.now.replace(hour=20) + (office.desk.status(token).answer_by - office.house.now.date())
    office.walk()


# -- 7060(b), 7062(b)-(d): what is needed ---------------------------------------------------------------------------------


def test_the_least_of_each_kind_is_that_of_the_law():
    """Two points for categories, three for specific pieces; by sensitivity to delete; nothing to opt out."""
    least = {
        ("know", "categories"): Degree.TWO_POINTS,
        ("know", "specific"): Degree.THREE_POINTS,
        ("know", ""): Degree.THREE_POINTS,
        ("delete", ""): Degree.LINK,
    }
    for (kind, pieces), degree in least.items():
        assert degrees.needed(RequestKind(kind), pieces, Degree.LINK, "by-sensitivity", CALIFORNIA) is degree
    assert degrees.needed(RequestKind.DELETE, "", Degree.THREE_POINTS, "by-sensitivity", CALIFORNIA) is Degree.THREE_POINTS
    assert (CALIFORNIA.know_categories_points, CALIFORNIA.know_specific_points, CALIFORNIA.needs_declaration) == (2, 3, True)


@pytest.mark.parametrize("kind", sorted(set(RequestKind)))
@pytest.mark.parametrize("table", law.tables().values(), ids=list(law.tables()))
def test_level_and_sensitivity_raise_and_never_lower(kind, table):
    """Whatever the policy says and whatever is found, no kind needs less than its least; opting out never needs anything."""
    for pieces, found, level in product(("", "categories"), Degree, LEVELS):
        needed = degrees.needed(kind, pieces, found, level, table)
        if kind.value in degrees.UNPROVED:
            assert needed is Degree.NONE
            continue
        assert needed >= degrees.needed(kind, pieces, Degree.NONE, "by-sensitivity", table)
        assert all(needed >= degrees.needed(kind, pieces, less, level, table) for less in Degree if less <= found)


def test_the_table_of_kinds_says_no_more_than_is_asked():
    """What a kind states as its least is never above what is really needed."""
    for name, kind in kinds.KINDS.items():
        assert kind.degree <= degrees.needed(name, "", Degree.LINK, "by-sensitivity", CALIFORNIA)


def test_sensitivity_is_that_of_what_a_point_takes():
    """Pages and a newsletter, what only its person knows, an application; a point that nobody knows is the highest."""
    rulebook = compiled()
    found = {name: degrees.sensitivity(point, rulebook.data) for name, point in rulebook.points.items()}
    assert (found["page-view"], found["contact-form"], found["job-application"]) == (
        Degree.LINK,
        Degree.TWO_POINTS,
        Degree.THREE_POINTS,
    )
    assert degrees.sensitivity(None, rulebook.data) is Degree.THREE_POINTS


# -- 7062(b), (c): what is proved -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "signed", "state"),
    [
        ((), "", State.VERIFYING),
        (("name",), SIGNED, State.VERIFYING),  # two points
        (("name", "company"), "", State.VERIFYING),  # three, and no declaration
        (("name", "company"), SIGNED, State.VERIFIED),
    ],
)
def test_specific_pieces_need_three_points_and_a_declaration(office, names, signed, state):
    """7062(c): three without a declaration fails, two with one fails."""
    office.house.write(ROBIN)
    token = filed(office)
    answers = {name: text for name, text in known(office.house.store, ROBIN, compiled()).items() if name in names}
    press(office, token, answers, signed)
    assert case_of(office, token).state is state


def test_what_was_confirmed_stays_confirmed(office):
    """One answer today, another tomorrow: each is kept as a mark, and none of what was typed."""
    office.house.write(ROBIN)
    token = filed(office)
    answer = press(office, token, {"name": "some name"})
    assert (office.desk.status(answer).asking.points, office.desk.status(answer).asking.wanted) == (2, 3)
    office.house.wait(days=1)
    assert office.desk.answered(answer, {"company": "Some Company."}, "") is None
    assert office.desk.answered(answer, {}, SIGNED) is None
    assert case_of(office, token).state is State.VERIFIED
    with office.house.store.control.reading() as tx:
        said = tx.exec_driver_sql("SELECT group_concat(detail, ' ') FROM request_events").scalar()
    assert "some" not in said.lower()
    assert SIGNED not in said


def test_a_planted_record_reaches_nothing_but_itself(office):
    """Who reads the mailbox writes to us with a name of their own, and answers by it: what another wrote stays unseen."""
    office.house.write(ROBIN, fields={"email": ROBIN, "name": "Robin Marlow", "company": "Acme", "message": "canary-of-robin"})
    office.house.wait(days=1)
    planted = {"email": ROBIN, "name": "Some Body", "company": "Elsewhere", "message": "canary-planted"}
    office.house.write(ROBIN, fields=planted)
    token = filed(office)
    answer = press(office, token, {"name": "some body", "company": "elsewhere"}, SIGNED)
    assert case_of(office, token).state is State.VERIFYING
    assert office.desk.narrow(answer) is None
    office.walk()
    shown = office.desk.download(answer, "archive.json").content
    assert (b"canary-planted" in shown, b"canary-of-robin" in shown) == (True, False)
    assert b"leave this as it is: Contact form [11 CCR 7024(a), (b)]" in office.desk.download(answer, "letter").content


# -- 7060(c), (f): the page, wrong tries, unknown people --------------------------------------------------------------------


def test_unknown_people_see_the_same_page(office):
    """What is asked is what the policy asks, of whatever is held: nobody learns from the page whether anything is."""
    unknown = office.desk.verification(_link(office, filed(office)))
    office.house.wait(hours=2)
    office.house.write(ROBIN)
    someone = office.desk.verification(_link(office, filed(office)))
    assert unknown.asking == someone.asking
    assert [one.name for one in unknown.asking.questions] == ["name", "company", "position"]


def test_five_wrong_tries_lock_the_request_and_not_its_person(office):
    """The right answer comes too late; another request of the same person takes it."""
    office.house.write(ROBIN)
    token = filed(office)
    answer = press(office, token)
    for number in range(CALIFORNIA.wrong_tries):
        assert office.desk.status(answer).asking.tries_left == CALIFORNIA.wrong_tries - number
        refused = office.desk.answered(answer, {"name": f"guess {number}"}, "")
        assert refused == verification.WRONG
    assert office.desk.answered(answer, known(office.house.store, ROBIN, compiled()), SIGNED) == verification.LOCKED
    assert case_of(office, token).entry(Step.LOCKED) is not None
    assert sum('"request.locked"' in entry for entry in office.house.logged()) == 1
    office.house.wait(hours=2)
    again = filed(office)
    press(office, again, known(office.house.store, ROBIN, compiled()), SIGNED)
    assert case_of(office, again).state is State.VERIFIED


def test_of_two_answers_at_once_one_is_counted_and_none_is_told(office):
    """Both read the request before either wrote: the second is asked to look again, whatever it guessed."""
    office.house.write(ROBIN)
    token = filed(office)
    press(office, token)
    seen, rulebook = case_of(office, token), office.house.versions.in_force()
    parts = office.tools.finder.parts_of(seen.contact, rulebook)
    said = [
        verification.answer(seen, {"name": text}, "", parts, rulebook, office.cases, office.house.now_ms())
        for text in ("wrong", "some name")
    ]
    assert said[0] == verification.WRONG
    assert isinstance(said[1], Refusal)
    assert said[1] != verification.WRONG
    assert verification.proved(case_of(office, token), office.cases).matches == {}


def test_the_code_is_the_same_proof_as_the_link(office):
    """Typed on the page of who filed; wrong ones are counted like wrong answers."""
    token = filed(office)
    code = verification.code(case_of(office, token), office.house.store.vault.hmac)
    assert isinstance(office.desk.confirm_by_code(token, "AAAA BBBB"), Refusal)
    assert not isinstance(office.desk.confirm_by_code(token, f"{code[:4].lower()}-{code[4:]}"), Refusal)
    assert [one.detail["by"] for one in case_of(office, token).history if one.step is Step.PROVED_BY] == ["code"]
    other = filed(office, RequestKind.DELETE)
    for _ in range(CALIFORNIA.wrong_tries):
        office.desk.confirm_by_code(other, "AAAA BBBB")
    right = verification.code(case_of(office, other), office.house.store.vault.hmac)
    assert office.desk.confirm_by_code(other, right) == verification.LOCKED


def test_a_link_followed_twice_changes_nothing(office):
    """Nor does the code after the link."""
    office.house.write(ROBIN)
    token = filed(office)
    first = press(office, token)
    before = case_of(office, token).history
    assert press(office, token) == first
    assert case_of(office, token).history == before


# -- 7024(a), (b), 7062(d): below it, the next smaller answer ----------------------------------------------------------------


def test_t06_below_specific_pieces_comes_an_answer_by_categories(office):
    """On the target day, by the clock: two points are enough for categories; the history and the letter name it."""
    office.house.write(ROBIN, fields={"email": ROBIN, "name": "Robin", "company": "Acme", "message": "canary"})
    token = filed(office)
    answer = press(office, token, {"name": "robin"})
    to_target(office, token)
    case = case_of(office, token)
    assert case.entry(Step.NARROWED).detail["to"] == "categories"
    assert case.state is State.CLOSED
    shown = office.desk.download(answer, "archive.json").content
    assert b"canary" not in shown
    assert b"Identifiers" in shown
    assert (
        b"an answer by categories, without the specific pieces [11 CCR 7024(a), (b)]"
        in office.desk.download(answer, "letter").content
    )


def test_t06_below_categories_come_the_words_of_the_policy(office):
    """One point: denied as unverified on the target day, and pointed to the policy."""
    office.house.write(ROBIN)
    token = filed(office)
    answer = press(office, token)
    to_target(office, token)
    case = case_of(office, token)
    assert (case.entry(Step.NARROWED).detail["to"], case.entry(Step.DENIED).detail["reason"]) == ("policy", "unverified")
    assert not [one for one in office.desk.status(answer).documents if "archive" in one.name]


def test_to_delete_needs_less_for_views_of_pages_than_for_an_application(office):
    """The cookie reaches what the browser left, and it is erased; the application is not, and the letter names it."""
    number = "ab" * 16
    rulebook = office.house.versions.in_force()
    office.house.view(number, "/barometers", rulebook)
    browser = office.house.store.vault.subjects_of([identifier(IdentifierKind.VISITOR, number)])
    office.house.store.events.left_of = lambda subjects: Left(len(browser & frozenset(subjects)), 0)
    application = {"email": ROBIN, "name": "Robin Marlow", "position": "Baker"}
    record = office.house.write(ROBIN, point="job-application", fields=application)
    token = filed(office, RequestKind.DELETE, visitor_id=number)
    answer = press(office, token)
    assert office.desk.narrow(answer) is None
    case = case_of(office, token)
    assert case.entry(Step.NARROWED).detail["beyond"] == ["job-application"]
    assert [one.kind.value for one in case.contact.identifiers()] == ["visitor"]
    office.house.store.events.left_of = lambda _subjects: Left(0, 0)  # the purge removed the row
    office.walk()
    assert office.house.store.submission(record) is not None
    assert office.house.store.vault.keys_of(browser) == {}
    letter = office.desk.download(answer, "letter").content.decode()
    assert "leave this as it is: Job application [11 CCR 7062(d)]" in letter


def test_to_delete_what_the_address_reaches_goes_point_by_point(office):
    """A message takes less than an application: it goes, with what the browser told, and the application is named."""
    number = "ab" * 16
    rulebook = office.house.versions.in_force()
    office.house.view(number, "/barometers", rulebook)
    browser = office.house.store.vault.subjects_of([identifier(IdentifierKind.VISITOR, number)])
    office.house.store.events.left_of = lambda subjects: Left(len(browser & frozenset(subjects)), 0)
    message = office.house.write(ROBIN, fields={"email": ROBIN, "name": "Robin Marlow", "message": "Good morning"})
    application = {"email": ROBIN, "name": "Robin Marlow", "position": "Baker"}
    record = office.house.write(ROBIN, point="job-application", fields=application)
    token = filed(office, RequestKind.DELETE, visitor_id=number)
    answer = press(office, token, {"name": "robin marlow"})
    assert office.desk.narrow(answer) is None
    case = case_of(office, token)
    assert case.entry(Step.NARROWED).detail["beyond"] == ["job-application"]
    assert "page-view" in case.contact.points
    office.walk()
    store = office.house.store
    assert (store.submission(message), store.submission(record) is not None) == (None, True)
    letter = office.desk.download(answer, "letter.txt").content.decode()
    assert "leave this as it is: Job application [11 CCR 7062(d)]" in letter
    assert case_of(office, token).state is State.CLOSED


# -- 7062(c), 7060(d): what is kept of it -------------------------------------------------------------------------------------


def test_the_signed_declaration_is_kept_with_the_record_and_nothing_else(office):
    """After the contact is forgotten the marks are gone; the declaration opens until the record goes."""
    office.house.write(ROBIN)
    token = filed(office)
    press(office, token, known(office.house.store, ROBIN, compiled()), SIGNED)
    office.walk()
    request_id = case_of(office, token).request_id
    assert set(office.cases.proofs(request_id)) == {request_proofs.MATCHES, request_proofs.DECLARATION}
    office.cases.forget_contact(request_id)
    kept = office.cases.proofs(request_id)
    assert set(kept) == {request_proofs.DECLARATION}
    signed = declaring.opened(office.house.store.unseal_for_record(request_id, kept[request_proofs.DECLARATION]))
    assert (signed.signed, "penalty of perjury under the laws of the State of California" in signed.text) == (SIGNED, True)
    office.cases.purge(request_id)
    assert office.cases.proofs(request_id) == {}
    assert request_id not in office.house.store.vault.names(RECORD)


def test_a_member_of_staff_who_knows_who_asks_says_why(office):
    """Sealed, with an entry that names who; the address has to be proved before."""
    office.house.write(ROBIN, fields={"email": ROBIN, "message": "nothing that can be asked"})
    token = filed(office)
    request_id = case_of(office, token).request_id
    why = "We called the number on their invoice, and they named its total."
    assert isinstance(office.desk.vouch(request_id, why, "s1"), Refusal)
    press(office, token)
    assert isinstance(office.desk.vouch(request_id, "I know them", "s1"), Refusal)
    assert office.desk.vouch(request_id, why, "s1") is None
    assert case_of(office, token).state is State.VERIFIED
    assert [entry for entry in office.house.logged() if '"means":"staff"' in entry and '"staff":"s1"' in entry]
    assert not any("invoice" in entry for entry in office.house.logged())


def test_t07_the_third_request_to_know_is_shown_to_staff_and_answered(office):
    """Two were answered within 12 months: the desk says so, after the contacts are forgotten too; the third is answered."""
    suggested = []
    for _ in range(3):
        token = filed(office)
        suggested.append(office.desk.detail(case_of(office, token).request_id, insider(), "answer-requests").who.owed)
        press(office, token)
        office.walk()
        assert case_of(office, token).answer["outcome"] == "granted"
        office.cases.forget_contact(case_of(office, token).request_id)
        office.house.wait(days=30)
    assert suggested[:2] == ["", ""]
    assert "answered 2 times" in suggested[2]
    assert "Nothing is refused by itself" in suggested[2]


@pytest.mark.parametrize("table", law.tables().values(), ids=list(law.tables()))
def test_a_table_that_was_stored_before_takes_the_values_of_today(table):
    """Fail closed: no law of an earlier version lets anybody in for less."""
    earlier = type(table)(table.code, table.name, table.law, {n: v for n, v in table.values.items() if "verification" not in n})
    assert degrees.values(earlier).high_points == table.high_points == 3


def _link(office, token):
    return verification.link(Link.CONFIRM, token.partition("-")[0], office.house.store.vault.hmac)
