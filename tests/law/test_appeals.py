"""Appeals by the person themself: Va. Code § 59.1-577(C), C.R.S. 6-1-1306(3) and the like. By the pages as they are served."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from tests.houses import compiled, insider
from tests.rights.test_reviewing import BY_HAND
from tests.rights.test_withholding import CLAIM
from tests.web.conftest import serving

from avow import policy
from avow.definitions import Refusal, RequestKind
from avow.rights import appealing, clock, due, verification
from avow.rights.answers import NewRequest
from avow.rights.cases import Claim
from avow.rights.correcting.reviewing import Decision
from avow.rights.states import State, Step
from avow.rights.verification import Link

__all__ = ["serving"]
ROBIN = "robin@example.com"
WHY = "You say that nothing is held, and I have your letter of May about my order."
REASON = "The letter of May was found in the second archive after all."
RIGHT = (
    '[right.appeal]\nmethods      = ["web", "email", "phone"]\nverification = "by the reference of the request"\n'
    'level        = "none"\nform         = "rights-request"\n\n[right.correct]\n'
)
#: The example policy under the law of Virginia next to California's, with a form for appeals.
BOTH = (('jurisdictions = ["US-CA"]', 'jurisdictions = ["US-CA", "US-VA"]'), ("[right.correct]\n", RIGHT))


@pytest.fixture
def house(serving):
    """The example company, under two laws, of which one knows appeals."""
    return serving(compiled(*BOTH))


def refused(house, law="US-VA", **more):
    """Have a request denied, because nobody proved the address; return it."""
    token = house.ask(RequestKind.KNOW, jurisdiction=law, **more)
    house.walk()
    (case,) = [one for one in house.cases() if one.request_id == token.partition("-")[0]]
    house.now += due.table(case, policy.law.tables()[law])[due.What.ANSWER].target - house.now.date() + timedelta(hours=6)
    house.walk()
    return one_of(house, case.request_id)


def one_of(house, request_id):
    """Return a request as it is now."""
    return next(one for one in house.cases() if one.request_id == request_id)


def answer_of(house, case):
    """Return the answer to a request as it was sent."""
    return house.rooms.rights.cases.letter(case.entry(Step.ANSWER_WRITTEN).detail["message"]).text


def link_in_letter(house, case):
    """Return the path of the appeal as the letter names it."""
    return re.search(r"https?://[^/\s]+(/privacy/appeal/[0-9a-f-]+)", answer_of(house, case))[1]


def appeals(house):
    """Return the appeals that were filed."""
    return [one for one in house.cases() if one.kind is RequestKind.APPEAL]


def test_the_letter_that_refuses_leads_to_the_form(house):
    """No account, no script, and nothing to type but why: the link says which request it is about."""
    case = refused(house)
    path, browser = link_in_letter(house, case), house.browser()
    page = browser.get(path)
    assert page.status_code == 200
    assert case.reference in page.text
    assert "<script" not in page.text.partition("<main")[2]
    assert browser.post(path, data={"details": " "}).status_code == 422
    assert appeals(house) == []
    filed = browser.post(path, data={"details": WHY})
    assert filed.status_code == 303
    (appeal,) = appeals(house)
    assert (appeal.parent, appeal.contact.email, appeal.contact.details, appeal.channel) == (case.request_id, ROBIN, WHY, "web")
    followed = browser.get(filed.headers["location"]).text
    assert case.reference in followed
    assert "open the link in that message" not in followed


def test_the_page_of_the_request_leads_there_too(house):
    """Who filed it has that page alone; the answer of the appeal goes to the address of the request."""
    case = refused(house)
    status = verification.link(Link.STATUS, case.request_id, house.store.vault.hmac)
    browser = house.browser()
    path = re.search(r'href="(/privacy/appeal/[0-9a-f-]+)"', browser.get(f"/privacy/requests/{status}").text)[1]
    assert browser.post(path, data={"details": WHY, "email": "someone.else@example.com"}).status_code == 303
    (appeal,) = appeals(house)
    assert appeal.contact.email == ROBIN


def test_who_filed_and_proved_nothing_gets_no_link_that_counts_for_the_address(house):
    """A stranger files with somebody's address: once that is forgotten, an address of their own is not taken for the person's."""
    case = refused(house)
    status = verification.link(Link.STATUS, case.request_id, house.store.vault.hmac)
    browser = house.browser()
    path = re.search(r'href="(/privacy/appeal/[0-9a-f-]+)"', browser.get(f"/privacy/requests/{status}").text)[1]
    in_letter = link_in_letter(house, case)
    assert path != in_letter
    while one_of(house, case.request_id).contact is not None:
        house.now += timedelta(days=1)
        house.walk()
    assert browser.post(path, data={"details": WHY, "email": "someone.else@example.com"}).status_code == 422
    assert appeals(house) == []
    assert browser.post(in_letter, data={"details": WHY, "email": ROBIN}).status_code == 303


def test_reference_and_code_lead_there_as_well(house):
    """For who has a letter of before, or took notes; a wrong code leads nowhere."""
    case, browser = refused(house), house.browser()
    code = house.rooms.rights.status(verification.link(Link.STATUS, case.request_id, house.store.vault.hmac)).code
    assert browser.post("/privacy/appeal", data={"reference": case.reference, "code": "AAAAA-AAAAA"}).status_code == 404
    found = browser.post("/privacy/appeal", data={"reference": case.reference, "code": code})
    assert (found.status_code, browser.get(found.headers["location"]).status_code) == (303, 200)


@pytest.mark.parametrize("code", [code for code, table in policy.law.tables().items() if table.appeal is not None])
def test_it_is_decided_within_the_days_of_the_law_of_its_request(serving, code):
    """45 or 60 days from its own receipt, as that law's table says; its page and the desk show the same day."""
    house = serving(compiled((BOTH[0][0], f'jurisdictions = ["US-CA", "{code}"]'), BOTH[1]))
    case = refused(house, code)
    path, browser = link_in_letter(house, case), house.browser()
    shown = browser.get(path).text
    filed = browser.post(path, data={"details": WHY})
    (appeal,) = appeals(house)
    table = policy.law.tables()[code]
    dates = clock.appeal_dates(appeal.received_on, table)
    assert appeal.jurisdiction == code
    assert due.table(appeal, table)[due.What.ANSWER].target == dates.decide_target
    assert (dates.decide_outer - appeal.received_on).days in {45, 60, table.appeal.number}
    day = f"{dates.decide_target.day} {dates.decide_target:%B %Y}"
    assert day in shown
    assert day in browser.get(filed.headers["location"]).text


def test_california_knows_none(house):
    """There the letter has no such link, and who comes to the page reads where to complain."""
    case, browser = refused(house, "US-CA"), house.browser()
    assert "/privacy/appeal" not in answer_of(house, case)
    token = verification.link(Link.STATUS, case.request_id, house.store.vault.hmac)
    assert "/privacy/appeal/" not in browser.get(f"/privacy/requests/{token}").text
    assert "knows no appeal" in browser.get(f"/privacy/appeal/{token}").text
    assert browser.post(f"/privacy/appeal/{token}", data={"details": WHY}).status_code == 422
    assert appeals(house) == []


def test_one_is_heard_for_each_request_and_a_second_names_the_authority(house):
    """Who sends it twice is led to the first; once it was decided, the authority is the next."""
    case, browser = refused(house), house.browser()
    path = link_in_letter(house, case)
    first, second = (browser.post(path, data={"details": WHY}).headers["location"] for _ in range(2))
    assert first == second
    (appeal,) = appeals(house)
    house.walk()
    assert house.rooms.reviews.decide(appeal.request_id, "denied", REASON, insider()) is None
    house.walk()
    assert one_of(house, appeal.request_id).state in {State.RESPONDED, State.CLOSED}
    again = browser.post(path, data={"details": WHY})
    assert again.status_code == 422
    assert policy.law.tables()["US-VA"].authority in again.text
    assert len(appeals(house)) == 1


def test_two_tabs_file_one(house):
    """What both were shown before either sent it is filed once, and the other is led to it; staff enter no second one either."""
    case = refused(house)
    path, together = link_in_letter(house, case), threading.Barrier(4)

    def send():
        browser = house.browser()
        together.wait(30)
        return browser.post(path, data={"details": WHY}).headers["location"]

    with ThreadPoolExecutor(4) as tabs:
        ways = {tab.result() for tab in [tabs.submit(send) for _ in range(4)]}
    assert len(ways) == len(appeals(house)) == 1
    asked = NewRequest(RequestKind.APPEAL, case.contact.email, channel="phone", parent=case.request_id)
    assert isinstance(house.rooms.rights.file(asked), Refusal)
    assert len(appeals(house)) == 1


def test_what_is_not_answered_has_no_appeal_yet(house):
    """The page says so; nothing is filed."""
    token = house.ask(RequestKind.KNOW, jurisdiction="US-VA")
    assert "not answered yet" in house.browser().get(f"/privacy/appeal/{token}").text
    assert isinstance(house.rooms.rights.appeals.file(token, WHY, ""), Refusal)


def test_after_the_address_is_forgotten_the_link_of_the_letter_still_counts(house):
    """It went to the address; who filed alone never proved it, and is sent to the letter."""
    case = refused(house)
    path, browser = link_in_letter(house, case), house.browser()
    for _ in range(2):
        house.wait(days=9)
        house.walk()
    assert one_of(house, case.request_id).contact is None
    token = verification.link(Link.STATUS, case.request_id, house.store.vault.hmac)
    assert browser.post(f"/privacy/appeal/{token}", data={"details": WHY, "email": "other@example.com"}).status_code == 422
    assert browser.post(path, data={"details": WHY}).status_code == 422
    assert browser.post(path, data={"details": WHY, "email": ROBIN}).status_code == 303
    (appeal,) = appeals(house)
    assert appeal.contact.email == ROBIN


def test_a_link_that_is_none_of_ours_opens_nothing(house):
    """Nor does that of an agent, or the one that proves the address."""
    case, browser = refused(house), house.browser()
    keyed = house.store.vault.hmac
    for purpose in (Link.CONFIRM, Link.AGENT):
        assert browser.get(f"/privacy/appeal/{verification.link(purpose, case.request_id, keyed)}").status_code == 404
    assert browser.get(f"/privacy/appeal/{'0' * 24}-{'0' * 32}").status_code == 404
    opened = verification.link(Link.APPEAL, case.request_id, keyed)
    assert browser.get(f"/privacy/requests/{opened}").status_code == 404


def test_who_decided_before_does_not_hear_it_where_somebody_else_can(serving):
    """The letter says so, and it is so: another member decides, or who is alone, a day later, and that is told."""
    house = serving(compiled(*BOTH, *BY_HAND))
    kim, lee = (insider(house.account(name).staff_id) for name in ("kim", "lee"))
    case = denied_by(house, kim, lee)
    house.browser().post(link_in_letter(house, case), data={"details": WHY})
    (appeal,) = appeals(house)
    house.walk()
    reviews = house.rooms.reviews
    assert isinstance(reviews.hears(appeal.request_id, kim), Refusal)
    assert isinstance(reviews.hears(appeal.request_id, lee), Refusal)
    alex = insider(house.account("alex").staff_id)
    assert not reviews.hears(appeal.request_id, alex).is_alone
    assert reviews.decide(appeal.request_id, "denied", REASON, alex) is None
    house.walk()
    text = answer_of(house, one_of(house, appeal.request_id))
    assert "A person who did not decide before has looked at it again" in text


def test_who_denied_a_correction_does_not_hear_it_either(serving):
    """Field by field is decided elsewhere; it is a decision all the same."""
    house = serving(compiled(*BOTH, *BY_HAND))
    kim, lee = (insider(house.account(name).staff_id) for name in ("kim", "lee"))
    record = house.write(ROBIN, fields={"email": ROBIN, "name": "Robyn", "message": "m"})
    assert record
    token = house.ask(RequestKind.CORRECT, jurisdiction="US-VA", claims=(Claim("contact-form", "name", "Robyn", "Robin"),))
    house.walk()
    request_id = token.partition("-")[0]
    house.rooms.rights.confirm(house.link(request_id))
    house.walk()
    reviewing = house.rooms.rights.contested.reviewing
    denied = Decision("denied", ground="accurate", reason="They wrote it like this themselves, twice.")
    assert reviewing.decide(request_id, 0, denied, kim) is None
    assert reviewing.agree(request_id, 0, lee) is None
    house.walk()
    case = one_of(house, request_id)
    house.browser().post(link_in_letter(house, case), data={"details": WHY})
    (appeal,) = appeals(house)
    house.walk()
    assert [isinstance(house.rooms.reviews.hears(appeal.request_id, one), Refusal) for one in (kim, lee)] == [True, True]


def test_of_two_who_decide_at_once_the_letter_gives_the_reason_of_the_one_that_counts(house):
    """The other is told that it went on meanwhile, and their words are nowhere."""
    case = refused(house)
    house.browser().post(link_in_letter(house, case), data={"details": WHY})
    (appeal,) = appeals(house)
    house.walk()
    rights, seen = house.rooms.rights, one_of(house, appeal.request_id)
    assert house.rooms.reviews.decide(appeal.request_id, "granted", REASON, insider()) is None
    late = appealing.decide(seen, "denied", "Nothing was found in the second archive.", "s2", rights.cases, house.now_ms())
    assert isinstance(late, Refusal)
    house.walk()
    text = answer_of(house, one_of(house, appeal.request_id))
    assert (REASON in text, "Nothing was found" in text) == (True, False)


def test_who_decided_about_a_part_does_not_hear_it_either(serving):
    """Who named it, and who agreed to it: what is kept is what is appealed against."""
    house = serving(compiled(*BOTH, *BY_HAND))
    kim, lee, alex, max_ = (insider(house.account(name).staff_id) for name in ("kim", "lee", "alex", "max"))
    house.write(ROBIN)
    case, reviews = waiting(house), house.rooms.reviews
    assert reviews.want(case.request_id, CLAIM, kim) is None
    page = reviews.page(case.request_id, lee)
    assert reviews.look(case.request_id, page.parts[0].number, lee, agrees=True) is None
    assert reviews.carry_out(case.request_id, page.digest, alex) is None
    house.walk()
    case = one_of(house, case.request_id)
    assert case.answer["outcome"] == "partial"
    house.browser().post(link_in_letter(house, case), data={"details": WHY})
    (appeal,) = appeals(house)
    house.walk()
    hears = {one.staff_id: reviews.hears(appeal.request_id, one) for one in (kim, lee, alex, max_)}
    assert [one.staff_id for one in (kim, lee, alex, max_) if not isinstance(hears[one.staff_id], Refusal)] == [max_.staff_id]


def test_who_is_alone_hears_it_a_day_later_and_says_so(serving):
    """A business with one trained person has appeals all the same."""
    house = serving(compiled(*BOTH, *BY_HAND))
    kim = insider(house.account("kim").staff_id)
    case = denied_by(house, kim, kim)
    house.browser().post(link_in_letter(house, case), data={"details": WHY})
    (appeal,) = appeals(house)
    house.walk()
    hears = house.rooms.reviews.hears(appeal.request_id, kim)
    assert hears.is_alone
    assert house.rooms.reviews.decide(appeal.request_id, "denied", REASON, kim) is None
    house.walk()
    assert "We have looked at it once more, a day later" in answer_of(house, one_of(house, appeal.request_id))


def waiting(house):
    """Return a verified request to delete, which waits for staff."""
    filed = house.ask(RequestKind.DELETE, jurisdiction="US-VA")
    house.walk()
    house.confirm(filed)
    house.walk()
    return one_of(house, filed.partition("-")[0])


def denied_by(house, first, second):
    """Have a verified request denied by two looks; return it, answered."""
    request_id, reviews = waiting(house).request_id, house.rooms.reviews
    assert reviews.deny(request_id, "unfounded", "The same was asked and answered in full twice this week.", first) is None
    if first is second:
        house.wait(hours=25)
    assert reviews.agree(request_id, "", second) is None
    house.walk()
    if first is second:
        house.wait(hours=25)
    return one_of(house, request_id)
