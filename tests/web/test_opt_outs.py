"""Opt-outs to pass on, in the console: what goes by itself, what staff tell, and who may."""

import re

import pytest
from tests.houses import compiled, person
from tests.web.policies import CLUB, SHARING

from avow.gate import choices, disclosures
from avow.gate.choices import Choice
from avow.gate.disclosures import Leave

PAGE = "/console/recipients/opt-outs"
ROBIN = person("robin@example.com")
SOLD = "counting-readers"
RECORD = "0" * 31 + "7"


@pytest.fixture
def sharing(serving):
    """A person opted out of what an advertising network got, to which nothing connects."""
    house = serving(compiled(*SHARING, *CLUB))
    rulebook, subject = house.versions.in_force(), house.store.vault.subjects_for([ROBIN], house.now_ms())[ROBIN]
    leave = Leave(rulebook, "place", SOLD, "weather-club", "A", "marrowby", subject, ("email",), RECORD)
    said = {"source": "web", "rulebook_id": rulebook.id, "subject": subject, "site": "marrowby"}
    with house.store.control.transaction() as tx:
        disclosures.note(tx, leave, house.now_ms())
        choices.keep(house.store, tx, [Choice(house.now_ms(), SOLD, opted_out=True, **said)])
    house.run("opt-outs")
    return house


def post(browser, **fields):
    page = browser.get(PAGE).text
    hidden = dict(re.findall(r'<input type="hidden" name="(token|opt_out|recipient)" value="([^"]+)">', page))
    return browser.post(f"{PAGE}/told", data={**hidden, **fields})


def test_staff_tell_whom_nothing_reaches(sharing):
    """With the last day and the records; noted, it is over, and says so."""
    staff = sharing.staff()
    page = staff.get(PAGE)
    assert page.status_code == 200
    assert all(words in page.text for words in ("Farsight Placements", "third party", RECORD, "Nothing tells it by itself"))
    assert ROBIN.value not in page.text
    assert 'href="/console/recipients/opt-outs"' in staff.get("/console/recipients").text
    wrong = post(staff, how="by owl")
    assert (wrong.status_code, "Say how it was told" in wrong.text) == (409, True)
    assert post(staff, how="telephone").headers["location"] == f"{PAGE}?done=told"
    assert "Nobody is still to be told" in staff.get(PAGE).text
    assert any('"opt-out.told"' in one for one in sharing.logged())


def test_who_does_not_work_on_requests_is_kept_out(sharing):
    """By a role that reads and answers letters; the form, too."""
    kim = sharing.account("kim", roles=("support",))
    support = sharing.browser(cookies={"avow_staff": sharing.session(kim)})
    assert support.get(PAGE).status_code == 403
    assert sharing.rooms.recipients.opt_outs.open_ones() != ()
