"""To correct: asked field by field, decided by a person, carried out everywhere, and it stays corrected."""

import json
from dataclasses import replace

import pytest
from tests.failing import WAYS, Failing
from tests.houses import compiled, insider
from tests.rights.test_desk import ROBIN, Office
from tests.rights.test_one_person import PHONE, sent
from tests.told import gone, policy_with

from avow.assurance.log_publication import publish
from avow.audit.log import Log
from avow.definitions import IdentifierKind, Refusal, RequestKind, StoreUnavailable, identifier
from avow.gate import instructions
from avow.rights import walk
from avow.rights.cases import Claim
from avow.rights.correcting.reviewing import Decision
from avow.rights.kept import Cases
from avow.rights.states import State, Step

TYPO = "robin@exmaple.example.com"
WHY = "The address was read to us on the telephone."
NAME = Claim("contact-form", "name", "Robyn", "Robin")
ADDRESS = Claim("contact-form", "email", TYPO, ROBIN)


@pytest.fixture
def office(house, tmp_path):
    """An installation under the example policy, with a recipient that is told by its page, and one by e-mail."""
    house.publisher.first(policy_with(), house.now_ms())
    return Office(house, Log(tmp_path / "public", tmp_path / "private", "marrowby.example"))


def write(office, name="Robyn", email=ROBIN, **changes):
    fields = {"name": name, "email": email, "company": "Tarn", "message": "m"}
    return office.house.write(email, fields=fields, **changes)


def asked(office, *claims):
    """File a request and confirm it; return the token of its answer."""
    filed = office.ask(RequestKind.CORRECT, claims=claims or (NAME,))
    office.walk()
    answer = office.press(filed)
    office.walk()
    return answer


def case(office):
    return office.cases.every()[-1]


def decide(office, number=0, outcome="corrected", member=None, **how):
    return office.desk.contested.reviewing.decide(case(office).request_id, number, Decision(outcome, **how), member or insider())


def agree(office, number, member=None):
    """The second person looks."""
    return office.desk.contested.reviewing.agree(case(office).request_id, number, member or insider("s2"))


def fields(office, record):
    return office.house.store.submission(record).fields


def letter(office, answer):
    return office.desk.download(answer, "letter.txt").content.decode()


def test_a_field_is_corrected_by_a_person_and_proved(office):
    """The walk: asked, confirmed, waits for a person, corrected, looked at again, answered with a proof."""
    record, other = write(office), write(office, email="kim@example.com")
    answer = asked(office)
    assert case(office).state is State.REVIEWING
    assert fields(office, record)["name"] == "Robyn"
    assert decide(office, records=(record,)) is None
    office.walk()
    assert case(office).state is State.CLOSED
    assert (fields(office, record)["name"], fields(office, other)["name"]) == ("Robin", "Robyn")
    assert "- Contact form: Name: corrected [Cal. Civ. Code § 1798.106(c)]" in letter(office, answer)
    assert [one.did for one in office.desk.proofs(answer)[0].outcomes] == ["corrected"]


def test_a_confirmed_request_is_never_denied_by_the_clock(office):
    """11 CCR 7021(b): whoever has to decide is late, for three years if need be, and the request waits."""
    write(office)
    asked(office)
    for _ in range(3):
        office.house.wait(days=365)
        office.walk()
        assert case(office).state is State.REVIEWING


def test_staff_see_before_and_after_for_a_purpose_alone(office):
    """Opened by the gate of reads, counted and logged; without a purpose nothing that is held is on the page."""
    record = write(office)
    asked(office)
    reviewing, request_id = office.desk.contested.reviewing, case(office).request_id
    closed = reviewing.compared(request_id, insider())
    assert [(one.record_id, one.value) for one in closed.lines[0].held] == [(record, "")]
    refused = reviewing.compared(request_id, insider(), "recruiting").lines[0].held[0]
    assert (refused.value, isinstance(refused.refusal, Refusal)) == ("", True)
    (line,) = reviewing.compared(request_id, insider(), "answer-questions").lines
    assert (line.called, line.wrong, line.right, line.held[0].value) == ("Contact form: Name", "Robyn", "Robin", "Robyn")
    assert sum('"submission.read"' in entry for entry in office.house.logged()) == 1


def test_neither_value_is_readable_in_a_history_or_the_log(office):
    """Sealed under the request's key; the log says that it was done."""
    record = write(office)
    asked(office)
    decide(office, records=(record,), reason="by a call")
    logged = "".join(office.house.logged())
    office.walk()
    written = json.dumps([entry.detail for entry in case(office).history]) + logged
    assert "Robyn" not in written
    assert "Robin" not in written
    assert '"request.claim-decided"' in logged


def test_a_denial_names_ground_and_reason_and_leaves_the_field(office):
    """Each field by itself: one corrected, one left as it is, and the letter says why."""
    record = write(office)
    answer = asked(office, NAME, Claim("contact-form", "company", "Tarn", "Tarn & Sons"))
    assert isinstance(decide(office, 1, "denied", reason=WHY), Refusal)
    assert isinstance(decide(office, 1, "denied", ground="accurate", reason="no"), Refusal)
    assert decide(office, 1, "denied", ground="accurate", reason=WHY) is None
    assert decide(office, records=(record,)) is None
    assert agree(office, 1) is None
    office.walk()
    assert (fields(office, record)["name"], fields(office, record)["company"]) == ("Robin", "Tarn")
    said = letter(office, answer)
    assert "- Contact form: Company: left as it is, because what we hold is, more likely than not, accurate" in said
    assert (WHY in said, case(office).answer["outcome"]) == (True, "partial")


def test_a_denial_of_a_field_waits_for_a_second_person(office):
    """Nobody is their own second person but who is alone, a day later; until somebody agrees it can be changed."""
    write(office)
    asked(office)
    decide(office, 0, "denied", ground="accurate", reason=WHY)
    office.walk()
    assert case(office).state is State.REVIEWING
    assert isinstance(agree(office, 0, insider("s1")), Refusal)
    office.house.wait(hours=23)
    assert isinstance(agree(office, 0, insider("s1")), Refusal)
    assert decide(office, 0, "denied", ground="by-law", reason=WHY) is None
    office.house.wait(hours=25)
    assert agree(office, 0, insider("s1")) is None
    assert isinstance(agree(office, 0), Refusal)  # once
    office.walk()
    assert (case(office).state, case(office).answer["outcome"]) == (State.CLOSED, "denied")
    approved = next(one for one in case(office).history if one.step is Step.APPROVED)
    assert approved.detail["alone"]


def test_the_clock_denies_nothing_that_a_person_has_to_decide(office):
    """A confirmed request that waits for staff is late, and waits. Rule: 11 CCR 7021(b)."""
    write(office)
    asked(office)
    office.house.wait(days=80)
    office.walk()
    assert case(office).state is State.REVIEWING
    assert office.desk._line(case(office)).is_late


def test_it_is_deleted_instead_only_with_consent_or_without_harm(office):
    """11 CCR 7023(e); and it stays deleted when another company sends it again."""
    record = write(office)
    asked(office)
    assert isinstance(decide(office, 0, "deleted", records=(record,)), Refusal)
    assert decide(office, 0, "deleted", records=(record,), harmless="Nothing is ever decided by the name of a company.") is None
    office.walk()
    assert "name" not in fields(office, record)
    late = write(office, collected_ms=office.house.now_ms() - 60_000)
    assert "name" not in fields(office, late)


def test_consent_of_the_person_is_enough(office):
    """They ticked that it may be deleted."""
    record = write(office)
    asked(office, Claim("contact-form", "name", "Robyn", "", may_delete=True))
    assert isinstance(decide(office, records=(record,)), Refusal)  # nothing was said to be right
    assert decide(office, 0, "deleted", records=(record,)) is None


def test_a_new_address_is_corrected_only_where_it_is_proved(office):
    """The link goes to the address that the person asks with: no other becomes theirs."""
    record = write(office)
    asked(office, Claim("contact-form", "email", ROBIN, "elsewhere@example.com"))
    refused = decide(office, records=(record,))
    assert (isinstance(refused, Refusal), "proved first" in refused.reason) == (True, True)


def test_a_corrected_address_finds_the_person_and_the_wrong_one_nobody(office):
    """What only the wrong address finds is theirs by what a member of staff knows; everything of the person follows."""
    store, record = office.house.store, write(office, email=TYPO)
    letter_of_news = office.house.write(TYPO, point="newsletter", fields={"email": TYPO})
    asked(office, ADDRESS)
    assert [
        one.is_proved for one in office.desk.contested.reviewing.compared(case(office).request_id, insider()).lines[0].held
    ] == [False]
    assert isinstance(decide(office, records=(record,)), Refusal)
    assert decide(office, records=(record,), known_by=WHY) is None
    office.walk()
    new, old = (identifier(IdentifierKind.EMAIL, one) for one in (ROBIN, TYPO))
    assert {one.record_id for one in store.submissions_of(new)} == {record, letter_of_news}
    assert store.submissions_of(old) == ()
    assert (fields(office, record)["email"], fields(office, letter_of_news)["email"]) == (ROBIN, ROBIN)
    assert store.vault.lookup([old]) == {}


def test_a_recipient_that_got_the_former_value_is_told_and_waited_for(office):
    """It is told what is wrong and what is right, and answers on its page; the letter names its answer."""
    record = write(office)
    gone(office.house, ROBIN, "crm")
    answer = asked(office)
    decide(office, records=(record,))
    office.walk()
    (one,) = office.cases.instructions(case(office).request_id)
    assert (case(office).state, one.what, one.recipient) == (State.DOWNSTREAM, "correct", "crm")
    link = instructions.link(office.house.store.vault.hmac, one.id)
    page = office.desk.told.pages.opened(link)
    assert [(each.item, each.before, each.after) for each in page.changes] == [("Name", "Robyn", "Robin")]
    assert [said for said, _ in page.answers] == ["corrected", "not-found", "cannot"]
    assert isinstance(office.desk.told.pages.answer(link, "erased", ""), Refusal)
    assert office.desk.told.pages.answer(link, "corrected", "") is None
    office.walk()
    assert "- Copperline Contacts: has confirmed that it corrected it" in letter(office, answer)


def test_a_recipient_is_not_told_of_what_it_never_got(office):
    """The category of the field never went there."""
    record = write(office)
    gone(office.house, ROBIN, "crm", categories="D")
    asked(office)
    decide(office, records=(record,))
    office.walk()
    assert (office.cases.instructions(case(office).request_id), case(office).state) == ((), State.CLOSED)


def test_silence_of_a_recipient_is_never_corrected(office):
    """On our day the letter names who has not confirmed it."""
    record = write(office)
    gone(office.house, ROBIN, "crm")
    answer = asked(office)
    decide(office, records=(record,))
    office.walk()
    office.house.wait(days=45)
    office.walk()
    assert "- Copperline Contacts: has not confirmed that it corrected it" in letter(office, answer)


def test_what_came_in_between_is_corrected_before_it_is_proved(office):
    """A record of before that arrived while recipients were waited for, by a way that knows of no marks."""
    record = write(office)
    gone(office.house, ROBIN, "crm")
    asked(office)
    decide(office, records=(record,))
    office.walk()
    held = office.house.store.submission(record)
    office.house.store.keep_again(held, {**held.fields, "name": "robyn "}, office.house.now_ms())
    (one,) = office.cases.instructions(case(office).request_id)
    office.desk.told.pages.answer(instructions.link(office.house.store.vault.hmac, one.id), "not-found", "")
    office.walk()
    assert fields(office, record)["name"] == "Robin"
    assert case(office).state is State.DOWNSTREAM
    office.walk()
    assert case(office).state is State.CLOSED


def test_what_was_corrected_is_shown_to_who_proved_the_address(office):
    """What it says now; logged, and no request to know. Who filed the request sees nothing. Rule: 11 CCR 7023(j)."""
    record = write(office)
    filed = office.ask(RequestKind.CORRECT, claims=(NAME,))
    office.walk()
    answer = office.press(filed)
    office.walk()
    decide(office, records=(record,))
    office.walk()
    assert office.desk.contested.corrected(filed) == ()
    assert [(one.called, [text for _, text in one.now]) for one in office.desk.contested.corrected(answer)] == [
        ("Contact form: Name", ["Robin"])
    ]
    assert sum('"request.corrected-shown"' in entry for entry in office.house.logged()) == 1


@pytest.mark.parametrize(("source", "said"), [("crm", "and we told them"), ("maps", "ask them to correct it as well")])
def test_where_it_came_from_is_named_or_told(house, tmp_path, source, said):
    """A company that is a recipient of ours is told, whatever went to it; any other is named. Rule: 11 CCR 7023(i)."""
    declared = f'[source.{source}]\nlabel = "the makers of lists"\nkind = "service-provider"\n\n[collection.contact-form]'
    data = 'data       = ["name", "email", "company", "message"]'
    replaced = (("[collection.contact-form]", declared), (f'source     = "consumer"\n{data}', f'source = "{source}"\n{data}'))
    house.publisher.first(policy_with(replaced=replaced), house.now_ms())
    office = Office(house, Log(tmp_path / "public", tmp_path / "private", "marrowby.example"))
    record = write(office)
    answer = asked(office)
    decide(office, records=(record,))
    office.walk()
    assert [one.recipient for one in office.cases.instructions(case(office).request_id)] == (["crm"] if source == "crm" else [])
    if source == "crm":  # it does not answer, and is named on our day
        office.house.wait(days=45)
        office.walk()
    assert f"It came to us from the makers of lists{',' if source == 'crm' else ';'} {said}." in letter(office, answer)


def failing_store(store, write, way, at):
    """Return the store with one write that fails once: of the vault, of its marks, or of the control store."""
    if write == "transaction":
        part = Failing(store.control, write, way, at)
        return replace(store, control=part), part
    vault = Failing(store.vault, write, way, at)
    if write in {"note", "note_former"}:
        vault.corrected = part = Failing(store.vault.corrected, write, way, at)
        return replace(store, vault=vault), part
    return replace(store, vault=vault), vault


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", ["readdress", "note_former", "note", "transaction"])
def test_a_correction_of_which_any_write_fails_goes_on(house, tmp_path, name, way):
    """Failed and failed but done, whichever of its writes: in the end every record says what is right, and each step is once."""
    house.publisher.first(policy_with(), house.now_ms())
    office = Office(house, Log(tmp_path / "public", tmp_path / "private", "marrowby.example"))
    at, is_over = 0, False
    while not is_over:
        at += 1
        former, right = f"typo{at}@example.com", f"robin{at}@example.com"
        record, news = write(office, email=former), house.write(former, point="newsletter", fields={"email": former})
        filed = office.ask(RequestKind.CORRECT, right, claims=(replace(ADDRESS, wrong=former, right=right), NAME))
        house.wait(hours=1)
        office.walk()
        office.press(filed)
        request_id = filed.partition("-")[0]
        walk.advance(office.cases.get(request_id), office.tools, house.now_ms())
        for number in range(2):
            wanted = Decision("corrected", (record,), known_by=WHY)
            assert office.desk.contested.reviewing.decide(request_id, number, wanted, insider()) is None
        store, part = failing_store(house.store, name, way, at)
        tools, failed = replace(office.tools, cases=Cases(store)), 0
        for _ in range(12):
            try:
                while walk.advance(Cases(house.store).get(request_id), tools, house.now_ms()):
                    pass
            except StoreUnavailable:
                failed += 1
        publish(house.store, office.log, 0)
        office.walk()
        closed = office.cases.get(request_id)
        new = identifier(IdentifierKind.EMAIL, right)
        assert {one.record_id for one in house.store.submissions_of(new)} == {record, news}, at
        assert (fields(office, record)["name"], fields(office, record)["email"], fields(office, news)["email"]) == (
            "Robin",
            right,
            right,
        )
        steps = [entry.step for entry in closed.history]
        assert {steps.count(step) for step in (Step.PLANNED, Step.PROVED, Step.ANSWER_WRITTEN, Step.CLOSED)} == {1}, at
        assert steps.count(Step.OUTCOME) == 2
        is_over = part.left > 0
        assert is_over or failed == 1
    assert at > 1


def test_two_requests_within_the_hour_lose_no_claim(office):
    """The second goes with the first, with what it says."""
    write(office)
    first = office.ask(RequestKind.CORRECT, claims=(NAME,))
    office.house.wait(seconds=1)
    office.ask(RequestKind.CORRECT, claims=(Claim("contact-form", "company", "Tarn", "Tarn & Sons"),))
    walk.advance(case(office), office.tools, office.house.now_ms())
    office.walk()
    office.press(first)
    office.walk()
    lead = next(one for one in office.cases.every() if one.state is State.REVIEWING)
    assert [one.field for one in lead.contact.claims] == ["name", "company"]
    assert lead.contact.contested == {"name", "company"}


def test_who_may_not_deny_denies_nothing(office):
    """Each outcome asks for its own act."""
    write(office)
    asked(office)
    assert isinstance(decide(office, 0, "denied", insider("s2", "administrator"), ground="accurate", reason=WHY), Refusal)
    assert [entry.step for entry in case(office).history].count(Step.DECIDED) == 0


def test_the_example_company_offers_it_without_by_people():
    """The policy says so, and the form takes it."""
    assert compiled().rights["correct"].by_form


def test_a_document_is_asked_for_with_why_and_destroyed_once_all_is_decided(office):
    """11 CCR 7023(d): only where needed, for this alone, sealed; gone with the last decision, from the disk as well."""
    record, pdf = write(office), b"%PDF-1.7\nan identity card\n%%EOF"
    answer = asked(office)
    desk, request_id, folder = office.desk, case(office).request_id, office.house.store.files._folder
    assert isinstance(desk.contested.send_document(answer, pdf), Refusal)  # nobody asked for one
    assert isinstance(desk.contested.ask_for_document(request_id, 0, "so", "s1"), Refusal)
    assert desk.contested.ask_for_document(request_id, 0, "The contract in our files has the other name in it.", "s1") is None
    assert desk.status(answer).wants_documents
    assert [desk.contested.send_document(answer, pdf) for _ in range(3)] == [None] * 3
    assert isinstance(desk.contested.send_document(answer, pdf), Refusal)  # three are enough
    assert desk.contested.documents(request_id) == ("document-1", "document-2", "document-3")
    assert pdf not in b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert desk.contested.read_document(request_id, "document-2", "s1") == pdf
    assert desk.contested.read_document(request_id, "archive.json", "s1") is None
    assert sum('"request.document-read"' in entry for entry in office.house.logged()) == 1
    decide(office, records=(record,))
    office.walk()
    assert (desk.contested.documents(request_id), desk.status(answer).wants_documents) == ((), False)
    assert not list(folder.rglob("*document-*"))


def numbered(house, tmp_path):
    """An installation whose contact form asks for a telephone number; Robin and another have written from the same one."""
    house.publisher.first(policy_with(replaced=PHONE), house.now_ms())
    office = Office(house, Log(tmp_path / "public", tmp_path / "private", "marrowby.example"))
    own = sent(house, email=ROBIN, name="Robyn", phone="+1 415 555 0100")
    return office, own, sent(house, email="kim@example.com", name="Kim", phone="(415) 555-0100")


def test_a_number_that_others_have_too_is_moved_only_by_what_staff_know(house, tmp_path):
    """A family's: the other records with it would say the new one and find nobody by the former."""
    office, own, other = numbered(house, tmp_path)
    answer = asked(office, Claim("contact-form", "phone", "+14155550100", "+14155550199"))
    prove(office, answer)
    refused = decide(office, records=(own.record_id,))
    assert (isinstance(refused, Refusal), "1 more record" in refused.reason) == (True, True)
    assert fields(office, other.record_id)["phone"] == other.fields["phone"]
    assert decide(office, records=(own.record_id,), known_by=WHY) is None


def prove(office, answer):
    """Let a member of staff say that they know who asks."""
    done = {"by": "staff", "what": "person"}
    assert office.cases.append(case(office), Step.PROVED_BY, office.house.now_ms(), done, None, None)
    office.walk()


def test_what_fraud_is_suspected_of_changes_nothing_until_it_is_cleared(office):
    """Decided already, and noted in the same minute: neither the record nor what a page shows of it."""
    record = write(office)
    answer = asked(office)
    request_id = case(office).request_id
    assert office.reviews.suspect(request_id, "The call came from another country.", "s1") is None
    decide(office, records=(record,))
    office.walk()
    assert (fields(office, record)["name"], office.desk.contested.corrected(answer)) == ("Robyn", ())
    assert office.reviews.suspect(request_id, "Called back: it is them.", "s2", is_cleared=True) is None
    office.walk()
    assert fields(office, record)["name"] == "Robin"


def test_two_fields_that_are_called_alike_are_both_corrected(house, tmp_path):
    """Of two websites, each with a contact form: what is said to be done is done of each."""
    called = ('label      = "Letter from Marrowby"', 'label      = "Contact form"')
    more = ('data       = ["email"]', 'data       = ["email", "name"]')
    house.publisher.first(policy_with(replaced=(called, more)), house.now_ms())
    office = Office(house, Log(tmp_path / "public", tmp_path / "private", "marrowby.example"))
    rulebook = house.versions.in_force()
    assert rulebook.points["newsletter"].label == rulebook.points["contact-form"].label
    first = write(office)
    second = house.write(ROBIN, point="newsletter", fields={"email": ROBIN, "name": "Robyn"})
    asked(office, NAME, replace(NAME, point="newsletter"))
    decide(office, 0, records=(first,))
    decide(office, 1, records=(second,))
    office.walk()
    assert [fields(office, one)["name"] for one in (first, second)] == ["Robin", "Robin"]
    assert case(office).state in {State.DOWNSTREAM, State.CLOSED}


def test_what_no_answer_shows_is_described_where_it_was_corrected(house, tmp_path):
    """11 CCR 7024(d): also to who has proved enough, and in free text."""
    never = ("[data.message]\n", '[data.message]\nnever_disclose = "social-security-number"\n')
    house.publisher.first(policy_with(replaced=(never,)), house.now_ms())
    office = Office(house, Log(tmp_path / "public", tmp_path / "private", "marrowby.example"))
    record = write(office)
    answer = asked(office, Claim("contact-form", "message", "It was mistyped", "078-05-1120"))
    prove(office, answer)
    decide(office, records=(record,))
    office.walk()
    assert fields(office, record)["message"] == "078-05-1120"
    (shown,) = office.desk.contested.corrected(answer)
    assert "078" not in str(shown.now)
    assert "social security number" in str(shown.now).lower()
