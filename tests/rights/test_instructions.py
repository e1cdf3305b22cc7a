"""A recipient that may hold something of a person is told to erase it, answers on its page, and is named in the letter."""

import pytest
from tests.deliveries import planted
from tests.houses import insider, over_both, person
from tests.rights.test_desk import ROBIN, Office
from tests.told import gone, policy_with, sold

from avow.audit.log import Log
from avow.definitions import Refusal, RequestKind
from avow.gate import deliveries, disclosures, instructions
from avow.gate import told as words
from avow.gate.instructions import Answer
from avow.policy.law import rules
from avow.rights import downstream, walk
from avow.rights.reminding import Reminders
from avow.rights.states import State, Step

REASON = "The invoices of 2024 are kept for seven years, by Rev. & Tax. Code § 19530."


@pytest.fixture
def office(house, tmp_path):
    """An installation under a policy with a recipient that is told by its page, and one by e-mail."""
    house.publisher.first(policy_with(), house.now_ms())
    return Office(house, Log(tmp_path / "public", tmp_path / "private", "marrowby.example"))


def deleted(office, *names, kind=RequestKind.DELETE):
    """Have somebody write, what they wrote go to recipients, and a request of theirs carried out as far as it goes."""
    office.house.write(ROBIN)
    for name in names:
        gone(office.house, ROBIN, name)
    filed = office.ask(kind)
    office.walk()
    answer = office.press(filed)
    office.walk()
    return answer


def case(office):
    (found,) = office.cases.every()
    return found


def told(office):
    return office.cases.instructions(case(office).request_id)


def token(office, one):
    return instructions.link(office.house.store.vault.hmac, one.id)


def letter(office, answer):
    found = office.desk.download(answer, "letter.txt")
    return found.content.decode() if found else None


def test_a_recipient_that_keeps_data_is_told_and_waited_for(office):
    """The walk: told with the plan, erased here, waits; its page answered, then the letter names its answer."""
    answer = deleted(office, "crm")
    (one,) = told(office)
    assert (case(office).state, one.recipient, one.way, one.answer) == (State.DOWNSTREAM, "crm", "page", "")
    assert letter(office, answer) is None
    page = office.desk.told.pages.opened(token(office, one))
    assert (page.recipient, page.identifiers) == ("Copperline Contacts", (("e-mail address", ROBIN),))
    assert office.desk.told.pages.answer(token(office, one), "erased", "") is None
    office.walk()
    assert case(office).state is State.CLOSED
    assert "- Copperline Contacts: has confirmed that it erased it [Cal. Civ. Code § 1798.105(c)(1); 11 CCR 7022(b)(2)" in letter(
        office, answer
    )
    assert ROBIN not in letter(office, answer)


def test_the_plan_follows_what_this_persons_data_really_went_to(office):
    """Nobody is told of somebody whose data it never got; who keeps nothing holds nothing."""
    answer = deleted(office, "mail-service")
    assert (told(office), case(office).state) == ((), State.CLOSED)
    assert "- Harrow Post Relay: holds nothing after delivery" in letter(office, answer)
    assert "Copperline" not in letter(office, answer)


def test_who_stores_for_us_and_keeps_it_longer_is_told(office):
    """By what it has all the time, though nothing was ever sent: of who has a record at a point of theirs, and of nobody else."""
    house = office.house
    disclosures.stand(house.store, house.versions.in_force(), ["crm"], house.now_ms())
    house.wait(hours=1)
    house.write(ROBIN)
    disclosures.stand(house.store, house.versions.in_force(), ["crm"], house.now_ms())
    deleted(office)
    (one,) = told(office)
    assert (case(office).state, one.recipient, one.categories) == (State.DOWNSTREAM, "crm", "ADI")


def test_who_may_hold_it_no_more_is_not_told(office):
    """The recipient keeps it for 90 days; after 91 its contract has had it erase it."""
    gone(office.house, ROBIN, "post")
    office.house.wait(days=91)
    answer = deleted(office, "crm")
    assert [one.recipient for one in told(office)] == ["crm"]
    office.desk.told.pages.answer(token(office, told(office)[0]), "erased", "")
    office.walk()
    assert "- Dunlin Letters: holds nothing any more" in letter(office, answer)


def test_who_got_it_without_a_clause_is_asked_as_a_third_party_whatever_went_later(office):
    """No sale is undone by a mended contract; and of a third party nobody knows until when it holds something. 11 CCR 7051(c)."""
    sold(office.house, ROBIN, "post")
    office.house.wait(days=91)
    deleted(office)
    (one,) = told(office)
    planned = case(office).entry(Step.PLANNED).detail["tasks"]
    (task,) = [each for each in planned if each["target"] == "Dunlin Letters"]
    assert (one.recipient, rules.TELL_THIRD_PARTIES in task["rule"]) == ("post", True)


@pytest.mark.parametrize("is_sold", [True, False])
def test_what_it_has_to_do_is_what_it_was_when_it_got_something(office, is_sold):
    """The page names the duties of a third party where any of it was sold, and else those of who works for us."""
    (sold if is_sold else gone)(office.house, ROBIN, "crm")
    deleted(office)
    (one,) = told(office)
    page = office.desk.told.pages.opened(token(office, one))
    assert page.duties == (words.THIRD_PARTY if is_sold else words.PROVIDER)
    assert page.rule == words.by_rule(is_third_party=is_sold)


def test_silence_is_never_done(office):
    """On the day of our answer the letter names who has not confirmed; a late answer is noted, and shown."""
    answer = deleted(office, "crm", "post")
    crm, post = told(office)
    office.desk.told.pages.answer(token(office, post), "not-found", "")
    office.house.wait(days=40)
    office.walk()
    assert case(office).state is State.DOWNSTREAM
    office.house.wait(days=5)
    office.walk()
    said = letter(office, answer)
    assert "- Dunlin Letters: has confirmed that it holds nothing" in said
    assert "- Copperline Contacts: has not confirmed that it erased it, although we have tried to reach it" in said
    assert office.desk.told.pages.answer(token(office, crm), "erased", "") is None
    assert case(office).history[-1].step is Step.LATE
    assert [line.answer for line in office.desk.status(answer).told] == [
        "has confirmed that it erased it",
        "has confirmed that it holds nothing",
    ]


def test_a_page_that_is_opened_twice_answers_once(office):
    """Opening answers nothing; a second answer changes nothing, and the person is nowhere on the page any more."""
    deleted(office, "crm")
    pages, link = office.desk.told.pages, token(office, told(office)[0])
    assert [pages.opened(link).is_open for _ in range(2)] == [True, True]
    assert pages.answer(link, "kept", REASON) is None
    refused = pages.answer(link, "erased", "")
    assert (isinstance(refused, Refusal), "already" in refused.reason) == (True, True)
    again = pages.opened(link)
    assert (again.is_open, again.identifiers, again.answer) == (
        False,
        (),
        "has confirmed, and says that it has to keep some of it",
    )
    assert told(office)[0].answer == Answer.KEPT


@pytest.mark.parametrize("changed", [lambda one: one[:-1] + "g", lambda one: one.partition("-")[0], lambda _one: "é-1"])
def test_a_stranger_sees_nothing(office, changed):
    """A link that was not made here opens and answers nothing."""
    deleted(office, "crm")
    forged = changed(token(office, told(office)[0]))
    assert office.desk.told.pages.opened(forged) is None
    assert isinstance(office.desk.told.pages.answer(forged, "erased", ""), Refusal)
    assert told(office)[0].answer == ""


def test_a_link_is_over_with_the_contact_of_its_request(office):
    """A week after our answer nobody knows any more whom it was about: nothing is shown, and nothing can be answered."""
    deleted(office, "crm")
    link = token(office, told(office)[0])
    office.house.wait(days=45)
    office.walk()
    office.house.wait(days=90)
    office.walk()
    assert case(office).state is State.RECORD_ONLY
    page = office.desk.told.pages.opened(link)
    assert (page.is_open, page.identifiers, page.answer) == (False, (), "")
    assert "over" in office.desk.told.pages.answer(link, "erased", "").reason


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("kept", ""),
        ("cannot", "we do not want to"),
        ("erased", "x" * 1001),
        ("yes", ""),
        ("disproportionate", REASON),
        ("kept", 30 * "\0"),
        ("kept", "\ud800" + 30 * "a"),
        ("kept", 40 * "\u200b"),
    ],
)
def test_an_answer_that_says_nothing_is_not_taken(office, said, reason):
    """What is kept, and why nothing can be done, is said in words; what only we may say is no answer of a recipient."""
    deleted(office, "crm")
    (one,) = told(office)
    assert isinstance(office.desk.told.pages.answer(token(office, one), said, reason), Refusal)
    assert told(office)[0].answer == ""


def test_the_reason_reaches_the_person_and_no_log(office):
    """What a recipient keeps is in the letter, sealed where it lies, and in no entry."""
    answer = deleted(office, "crm")
    office.desk.told.pages.answer(token(office, told(office)[0]), "kept", f"{REASON} ({ROBIN})")
    office.walk()
    assert f"It says: {REASON} ({ROBIN})" in letter(office, answer)
    with office.house.store.control.reading() as tx:
        row = instructions.get(tx, told(office)[0].id)
    assert REASON.encode() not in row.words
    assert [ROBIN in one or "2024" in one for one in office.house.logged()] == [False] * len(office.house.logged())


def test_a_renamed_recipient_is_told_as_it_was_called(office):
    """Its name in the version of today is another one: it is told by what the version declares under which it got something."""
    gone(office.house, ROBIN, "crm")
    renamed = policy_with(
        names=("contacts", "post"),
        replaced=(("[recipient.crm", "[recipient.contacts"), ("effective     = 2026-11-01", "effective     = 2026-12-28")),
    )
    assert not isinstance(office.house.publish(renamed), Refusal)
    office.house.wait(days=60)
    office.house.versions.refresh()
    assert office.house.versions.in_force().id == renamed.id
    deleted(office, "contacts")
    assert [one.recipient for one in told(office)] == ["contacts", "crm"]
    outcomes = [task["target"] for task in case(office).entry(Step.PLANNED).detail["tasks"] if task["action"] == "instruct"]
    assert outcomes == ["Copperline Contacts", "Copperline Contacts (crm)"]


def test_to_know_and_invented_people_tell_nobody(office):
    """A request to know has nothing erased, and nobody is told to erase something of a demonstration."""
    gone(office.house, ROBIN, "crm", demonstration=True)
    deleted(office, kind=RequestKind.KNOW)
    office.ask(RequestKind.DELETE, "mina@example.com", demonstration=True)
    office.walk()
    assert [office.cases.instructions(one.request_id) for one in office.cases.every()] == [(), ()]


def test_staff_pass_a_link_on_and_what_left_was_received(office):
    """The delivery waits for a person, leaves by hand, and is received with the answer."""
    deleted(office, "crm")
    (one,), request_id = told(office), case(office).request_id
    states = lambda: [row.state for row in rows(office) if row.kind == "instruction"]  # noqa: E731
    assert states() == ["waiting"]
    assert isinstance(office.desk.told.pass_on(request_id, one.id, "pigeon", "s1"), Refusal)
    assert office.desk.told.pass_on(request_id, one.id, "its own form", "s1") is None
    assert (states(), told(office)[0].told_ms) == (["sent"], office.house.now_ms())
    assert isinstance(office.desk.told.pass_on(request_id, one.id, "other", "s1"), Refusal)
    office.desk.told.pages.answer(token(office, one), "erased", "")
    assert states() == ["received"]


def rows(office):
    with office.house.store.control.reading() as tx:
        return deliveries.of_request(tx, case(office).request_id)


def test_the_desk_shows_the_link_and_the_person_does_not_see_it(office):
    """Who works on requests passes it on; to its person the page shows who was told, and no link."""
    answer = deleted(office, "crm")
    (line,) = office.desk.detail(case(office).request_id, insider()).told
    assert line.link.startswith("https://www.marrowby.example/privacy/instructions/")
    assert [(one.recipient, one.link) for one in office.desk.status(answer).told] == [("Copperline Contacts", "")]


def test_recipients_of_everybody_are_told_before_anything_is_carried_out(office):
    """A plan tells recipients, and nobody knows how long they take: of two people the second is planned first."""
    filed = []
    for email in (ROBIN, "kim@example.com"):
        office.house.write(email)
        gone(office.house, email, "crm")
        filed.append(office.ask(RequestKind.DELETE, email))
        office.house.wait(seconds=1)
    office.walk()
    for one in filed:
        office.press(one)
    first, second = office.cases.every()
    assert walk.advance(first, office.tools, office.house.now_ms())
    assert [name for name, _ in office.cases.due(office.house.now_ms(), 10)] == [second.request_id, first.request_id]


@over_both
def test_two_storage_processes_tell_and_remind_once(house, tmp_path):
    """Both have read the same: what the second one does then changes nothing."""
    house.publisher.first(policy_with(), house.now_ms())
    office = Office(house, Log(tmp_path / "public", tmp_path / "private", "marrowby.example"))
    house.write(ROBIN)
    gone(house, ROBIN, "post")
    filed = office.ask(RequestKind.DELETE)
    office.walk()
    office.press(filed)
    stale = case(office)
    assert [walk.advance(stale, office.tools, house.now_ms()) for _ in range(2)] == [True, False]
    (one,) = told(office)
    office.desk.told.pass_on(one.request_id, one.id, "other", "s1")
    (one,) = told(office)
    house.wait(days=3)
    with house.store.control.transaction() as tx:
        assert [instructions.remind(tx, one, (3, 7, 14), house.now_ms()) for _ in range(2)] == [True, False]
    assert [row.state for row in rows(office) if row.kind == "instruction"] == ["sent", "waiting"]


@over_both
def test_of_two_answers_at_once_one_is_kept(house, tmp_path):
    """Both have seen the page open; history and row have the first."""
    house.publisher.first(policy_with(), house.now_ms())
    office = Office(house, Log(tmp_path / "public", tmp_path / "private", "marrowby.example"))
    deleted(office, "crm")
    (one,) = told(office)
    notes = [
        downstream.note(office.cases, one, said, REASON, "recipient", house.now_ms()) for said in (Answer.KEPT, Answer.ERASED)
    ]
    assert (notes[0], isinstance(notes[1], Refusal)) == (None, True)
    assert told(office)[0].answer == "kept"
    outcomes = [
        entry for entry in case(office).history if entry.step in {Step.OUTCOME, Step.LATE} and "Copper" in str(entry.detail)
    ]
    assert len(outcomes) == 1


def test_what_is_being_handed_over_is_waited_for(office):
    """Nobody knows yet whether a record went: the plan is made once the connector has said so."""
    record = office.house.write(ROBIN)
    filed = office.ask(RequestKind.DELETE)
    office.walk()
    subject = next(iter(office.house.store.vault.lookup([person(ROBIN)]).values()))
    with office.house.store.control.transaction() as tx:
        one = planted(tx, office.house.now_ms(), "disclosure", subject=subject, record=record, state="leaving", holder="other")
    office.press(filed)
    office.walk()
    assert case(office).state is State.VERIFIED
    gone(office.house, ROBIN, "crm")
    with office.house.store.control.transaction() as tx:
        deliveries.sent(tx, one, office.house.now_ms())
    office.walk()
    assert (case(office).state, [row.recipient for row in told(office)]) == (State.DOWNSTREAM, ["crm"])


def test_no_reminder_is_queued_of_what_staff_pass_on(office):
    """Nobody would carry it: from its day on they see to it, and neither they nor its person are told that it was reminded."""
    deleted(office, "crm")
    (one,) = told(office)
    office.desk.told.pass_on(one.request_id, one.id, "other", "s1")
    reminders, seen = Reminders(office.house.store, (3, 7, 14), lambda: True, office.house.now_ms), []
    for _ in range(16):
        office.house.wait(days=1)
        reminders.once()
        seen.append(instructions.count_left(office.house.store, office.house.versions.today(), office.house.now_ms()))
    assert seen == [0, 0, *[1] * 14]
    assert [row.state for row in rows(office) if row.kind == "instruction"] == ["sent"]
    (line,) = office.desk.told.lines(case(office), for_staff=True)
    assert (line.reminders, told(office)[0].reminders) == (0, 0)


def test_a_reminder_counts_once_it_has_left(office):
    """What is queued, or could not be handed over, is none for its person."""
    deleted(office, "post")
    (one,) = told(office)
    office.desk.told.pass_on(one.request_id, one.id, "other", "s1")
    office.house.wait(days=3)
    Reminders(office.house.store, (3, 7, 14), lambda: True, office.house.now_ms).once()

    def counted():
        (line,) = office.desk.told.lines(case(office), for_staff=True)
        return line.reminders, told(office)[0].reminders

    assert counted() == (0, 1)
    office.desk.told.pass_on(one.request_id, one.id, "other", "s1")
    assert counted() == (1, 1)


def test_what_would_be_told_of_an_event_is_taken_back_before_the_plan(office):
    """Between the plan and the erasure it would go to somebody whom nobody tells; what goes at another point stays."""
    office.house.write(ROBIN)
    filed = office.ask(RequestKind.DELETE)
    office.walk()
    subject = next(iter(office.house.store.vault.lookup([person(ROBIN)]).values()))
    with office.house.store.control.transaction() as tx:
        one = planted(tx, office.house.now_ms(), "conversion", subject=subject, record="ab" * 16, connector="conversion")
    office.press(filed)
    (verified,) = office.cases.every()
    assert verified.state is State.VERIFIED
    assert walk.advance(verified, office.tools, office.house.now_ms())
    with office.house.store.control.reading() as tx:
        row = deliveries.get(tx, one)
    assert (row.state, row.people) == ("withdrawn", ())
    assert row.why.startswith("its person is being erased (Cal. Civ. Code")
