"""To take along what one gave: GDPR Art. 20, and the states' acts. With the pages as they are served, and the real stores."""

import json
import re
from datetime import date

import pytest
from jsonschema import Draft202012Validator
from tests.archives import packed_in
from tests.houses import compiled, house
from tests.law.test_know import ADA, office_under, titles
from tests.rights.test_own_records import answered
from tests.web.conftest import serving

from avow import policy
from avow.definitions import RequestKind
from avow.rights import clock, plan, verification
from avow.rights.answers import NewRequest
from avow.rights.states import State, Step
from avow.rights.verification import Link

__all__ = ["house", "serving"]
DAY = date(2026, 12, 18)
TAKEN = RequestKind.PORTABILITY
#: What is added to the example policy.
OFFERED = (
    "[right.correct]\n",
    (
        '[right.portability]\nmethods      = ["web", "email", "phone"]\n'
        'verification = "by a link that we send to your e-mail address, and by questions about what you told us"\n'
        'autopilot    = true\nlevel        = "by-sensitivity"\nform         = "rights-request"\n\n[right.correct]\n'
    ),
)
#: The same, under the law of Virginia alone, next to California's.
IN_VIRGINIA = (
    (OFFERED[0], OFFERED[1].replace("autopilot ", 'jurisdictions = ["US-VA"]\nautopilot ')),
    ('jurisdictions = ["US-CA"]', 'jurisdictions = ["US-CA", "US-VA"]'),
    (
        "[right.correct]\n",
        (
            '[right.appeal]\nmethods      = ["email", "phone"]\nverification = "by the reference of the request"\n'
            'level        = "none"\njurisdictions = ["US-VA"]\n\n[right.correct]\n'
        ),
    ),
)


def taken(office, **more):
    """Have somebody's request answered; return it with the archive's JSON."""
    case = answered(office, TAKEN, ADA, **more)
    return case, json.loads(packed_in(office, case)["archive.json"])


def test_it_has_what_the_person_gave_and_nothing_that_was_noted_of_them(house, tmp_path):
    """Art. 20(1): verified, put together and answered by the walk of its own kind; a letter says what is in it."""
    office = office_under(house, tmp_path, OFFERED)
    house.write(ADA)
    case, archive = taken(office)
    assert case.state is State.CLOSED
    assert [*titles(archive)] == ["Contact form"]
    assert "categories" not in archive
    letter = office.cases.letter(case.entry(Step.ANSWER_WRITTEN).detail["message"]).text
    assert "What you gave us yourself is in files that other programs can read" in letter


def test_it_is_json_with_its_schema_and_a_table(house, tmp_path):
    """Structured, commonly used, machine-readable: the schema lies next to what it describes."""
    office = office_under(house, tmp_path, OFFERED)
    house.write(ADA)
    packed = packed_in(office, taken(office)[0])
    schema = json.loads(packed["archive.schema.json"])
    Draft202012Validator(schema).validate(json.loads(packed["archive.json"]))
    assert packed["records.csv"].decode().startswith("section,record,at,collected_at,field,value\r\nContact form,1,")
    assert "What you gave" in packed["archive.html"].decode()


def test_what_is_not_proved_is_not_taken_along(house, tmp_path):
    """11 CCR 7062: as sure as for specific pieces. On its day the browser's own events go, and the rest is named."""
    office = office_under(house, tmp_path, OFFERED)
    house.write(ADA)
    token = office.ask(TAKEN, ADA)
    office.walk()
    request_id = token.partition("-")[0]
    office.desk.confirm(link(office, Link.CONFIRM, request_id), {}, "")
    office.walk()
    assert office.cases.get(request_id).state is State.VERIFYING
    assert office.desk.narrow(link(office, Link.ANSWER, request_id)) is None
    office.walk()
    case = office.cases.get(request_id)
    assert case.answer["outcome"] == "denied"
    assert case.entry(Step.NARROWED).detail["to"] == "policy"


def link(office, purpose, request_id):
    """Return the token of a link of ours."""
    return verification.link(purpose, request_id, office.house.store.vault.hmac)


@pytest.mark.parametrize("code", ["US-VA", "EU-GDPR", "US-IA"])
def test_its_days_are_those_of_the_law(code):
    """Of each law's own table; nothing is typed here."""
    table = policy.law.tables()[code]
    days = clock.deadlines(TAKEN, DAY, table)
    assert days == clock.deadlines(RequestKind.KNOW, DAY, table)


def test_it_counts_where_a_law_counts_it():
    """Va. Code 59.1-577(B)(3): what carries data is limited to two a year free of charge; in California it is not."""
    before = [(TAKEN, DAY), (TAKEN, DAY)]
    assert not clock.owed_free(TAKEN, DAY, before, policy.law.tables()["US-VA"]).is_owed
    assert clock.owed_free(TAKEN, DAY, before, policy.law.tables()["US-CA"]).is_owed


def test_its_plan_cites_its_own_rule():
    """It is shown before and after as what it is."""
    (task,) = plan.make(TAKEN, ("event store",), (), DAY)
    assert "GDPR Art. 20" in task.rule


def test_its_form_asks_and_follows_without_a_script(serving):
    """From the privacy centre to the archive, on pages alone."""
    served = serving(compiled(OFFERED))
    served.write(ADA)
    browser = served.browser()
    assert "/privacy/portability" in browser.get("/privacy").text
    assert "Take along what you gave us" in browser.get("/privacy/portability").text
    filed = browser.post("/privacy/portability", data={"email": ADA})
    assert filed.status_code == 303
    (case,) = served.cases()
    assert (case.kind, case.contact.visitor_id) == (TAKEN, "")
    assert filed.headers["location"].startswith("/privacy/requests/")


def test_where_it_is_offered_under_some_laws_the_form_asks_for_one_of_them(serving):
    """Whoever asks under another law is told so, by the form and by the room behind it; nothing is guessed."""
    served = serving(compiled(*IN_VIRGINIA))
    browser = served.browser()
    page = browser.get("/privacy/portability").text
    assert '<option value="US-VA"' in page
    assert '<option value="US-CA"' not in page
    assert browser.post("/privacy/portability", data={"email": ADA}).status_code == 422
    assert browser.post("/privacy/portability", data={"email": ADA, "jurisdiction": "US-CA"}).status_code == 422
    assert served.cases() == []
    assert browser.post("/privacy/portability", data={"email": ADA, "jurisdiction": "US-VA"}).status_code == 303
    (case,) = served.cases()
    assert case.jurisdiction == "US-VA"
    refused = served.rooms.rights.receive(NewRequest(TAKEN, ADA))
    assert "Virginia" in refused.reason


def test_staff_enter_one_that_came_by_telephone(serving):
    """With its day, as any other kind."""
    served = serving(compiled(OFFERED))
    staff = served.staff()
    page = staff.get("/console/requests/new").text
    assert 'value="portability"' in page
    token = re.search(r'name="token" value="([0-9a-f]{64})"', page)[1]
    sent = {"token": token, "kind": "portability", "channel": "phone", "received_on": "2026-11-23", "email": ADA}
    assert staff.post("/console/requests/new", data=sent).status_code == 303
    (case,) = served.cases()
    assert (case.kind, case.channel) == (TAKEN, "phone")
