"""Messages and consumer requests are opened for a purpose, as records are; with a reason where the policy asks for one."""

import re
from datetime import timedelta

from tests.houses import compiled, insider

from avow.definitions import Refusal
from avow.gate import reads
from avow.gate.letters import BY_LAW, Closed, Letter, Letters
from avow.rights.kept import Cases
from avow.store.control import purpose_reads, read_reasons

REASON = "Robin called and asked what became of it"
ASKED = ("[purpose.answer-requests]\n", "[purpose.answer-requests]\nwritten_reason = true\n")
BOTH = (
    'required   = ["email", "request-kind"]\npurposes   = ["answer-requests"]',
    'required   = ["email", "request-kind"]\npurposes   = ["answer-requests", "answer-questions"]',
)
SUPPORT = (
    'may      = ["read", "answer", "assign"]\npoints   = ["contact-form"]',
    'may      = ["read", "answer", "assign", "decide"]\npoints   = ["contact-form", "rights-request"]',
)
FORM = 'form         = "rights-request"\n'


def filed(house):
    """File a request, and return its id and that of its message."""
    request_id = house.ask().partition("-")[0]
    house.run("requests")
    return request_id, house.messages("waiting")[0]


def pages(house):
    request_id, message_id = filed(house)
    return f"/console/requests/{request_id}", f"/console/outbox/{message_id}"


def counted(house):
    """Return how often each purpose was read at each point."""
    with house.store.control.reading() as tx:
        return {
            (one.point, one.purpose): (one.allowed, one.refused)
            for one in purpose_reads.since(tx, house.now.date() - timedelta(days=2))
        }


def test_one_purpose_opens_it_and_is_counted(house):
    """The page says for what; the log and the figures do, too."""
    staff = house.staff()
    for page in pages(house):
        assert "Opened for: Answering privacy requests" in staff.get(page).text
    assert counted(house) == {(BY_LAW, "answer-requests"): (2, 0)}
    read = [one for one in house.logged() if '"request.read"' in one or '"message.read"' in one]
    assert ['"answer-requests"' in one for one in read] == [True, True]


def test_of_several_purposes_one_is_chosen(serving):
    """Nothing is shown, counted or logged before; another purpose than these is refused, counted and logged."""
    house = serving(compiled(BOTH))
    staff = house.staff()
    for page in pages(house):
        asked = staff.get(page)
        assert "Choose a purpose" in asked.text
        assert "robin@example.com" not in asked.text
        assert counted(house).get((BY_LAW, "answer-requests"), (0, 0))[0] == (1 if "outbox" in page else 0)
        assert "Opened for: Answering privacy requests" in staff.get(f"{page}?purpose=answer-requests").text
        for other in ("recruiting", "no-such-purpose"):
            refused = staff.get(f"{page}?purpose={other}")
            assert refused.status_code == 403
            assert "o role of yours opens this" in refused.text
    assert counted(house)[BY_LAW, "recruiting"] == (0, 2)
    assert sum("read.refused" in one for one in house.logged()) == 4


def test_a_role_opens_it_for_its_own_purposes(serving):
    """Who works on requests for one purpose has no other, by address or by form."""
    house = serving(compiled(BOTH, SUPPORT))
    page, _ = pages(house)
    support = house.browser(cookies={"avow_staff": house.session(house.account("kim", roles=("support",)))})
    assert "Opened for: Answering your questions" in support.get(page).text
    assert support.get(f"{page}?purpose=answer-requests").status_code == 403


def test_a_reason_is_asked_kept_and_gone_with_the_request(serving):
    """Once a working day; sealed under the request's key, in no log."""
    house = serving(compiled(ASKED))
    staff = house.staff()
    page, message = pages(house)
    request_id = page.rpartition("/")[2]
    asked = staff.get(page).text
    assert "Why do you open it?" in asked
    assert "robin@example.com" not in asked
    token = re.search(r'name="token" value="([^"]+)"', asked)[1]
    given = {"token": token, "purpose": "answer-requests"}
    assert staff.post(page, data={**given, "why": "so"}).status_code == 403
    assert REASON in staff.post(page, data={**given, "why": REASON}).text
    assert "Why do you open it?" not in staff.get(message).text  # written today
    assert not any("Robin called" in one for one in house.logged())
    with house.store.control.reading() as tx:
        [kept] = read_reasons.of_record(tx, request_id, 9)
    assert REASON.encode() not in kept.sealed
    house.wait(hours=13)
    assert "Why do you open it?" in house.staff("kim").get(page).text
    Cases(house.store).forget_contact(request_id)
    with house.store.control.reading() as tx:
        assert read_reasons.of_record(tx, request_id, 9) == ()


def test_who_is_untrained_opens_it_all_the_same(serving):
    """11 CCR 7100(a): to say why one looks is to look; nothing is sent again by them."""
    house = serving(compiled(ASKED))
    kim = house.account("kim", roles=("privacy-officer",), trained=False)
    browser = house.browser(cookies={"avow_staff": house.session(kim)})
    page, message = pages(house)
    token = re.search(r'name="token" value="([^"]+)"', browser.get(page).text)[1]
    given = {"token": token, "purpose": "answer-requests"}
    assert REASON in browser.post(page, data={**given, "why": REASON}).text
    assert "Opened for" in browser.get(message).text
    assert browser.post(f"{message}/again", data=given).status_code == 403


def test_without_a_form_of_rights_the_law_is_the_purpose(serving):
    """A policy that names none declares no purpose for requests: who works on them opens them, and it is counted."""
    house = serving(compiled((FORM, "")))
    page, _ = pages(house)
    assert "Opened for: what the law asks for" in house.staff().get(page).text
    assert counted(house) == {(BY_LAW, BY_LAW): (1, 0)}


def test_who_has_nothing_to_do_with_it_is_told_so(house):
    """By a role that answers applications alone; counted and logged, whatever they say it is for."""
    request_id, _ = filed(house)
    gate = Letters(reads.Reads(house.store, house.versions, house.now_ms))
    letter = Letter("request", request_id, "", "", request_id)
    for purpose in ("", "recruiting", "answer-requests"):
        assert isinstance(gate.look(letter, insider("s1", "recruiter"), purpose), Refusal)
    assert not isinstance(gate.look(letter, insider()), Closed | Refusal)
    assert sum("request.read.refused" in one for one in house.logged()) == 3
