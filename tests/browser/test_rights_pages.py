"""The pages of rights that other policies offer: no violation of axe, no line wider than a telephone, no mouse."""

import re
from contextlib import closing
from datetime import date

import pytest
from tests.browser.conftest import PERSON, signed_in
from tests.browser.test_accessible import violations
from tests.conftest import MARROWBY, Installation
from tests.law.test_appeals import BOTH
from tests.law.test_own_numbers import NUMBER
from tests.law.test_portability import OFFERED
from tests.rights.test_keeping import BOUND
from tests.web.test_ways_in import PROGRAM

from avow.config import load
from avow.definitions import IdentifierKind, identifier
from avow.main.installation import open_store
from avow.store.kept import Keeping

#: By form where the example policy takes what comes by mail and telephone.
AGENTS = ('methods    = ["email", "phone", "post"]', 'methods    = ["web", "email", "phone", "post"]')
KEPT_OF = identifier(IdentifierKind.EMAIL, "kept.person@example.com")
#: What of an application is kept.
ITEMS = frozenset({"name", "email", "message"})


@pytest.fixture(scope="module")
def house(tmp_path_factory, mailbox):
    """The example company, which offers every right that is asked for on a page of its own, under two laws."""
    folder = tmp_path_factory.mktemp("rights")
    text = (MARROWBY / "policy.md").read_text(encoding="utf-8")
    for old, new in (*BOTH, NUMBER, OFFERED, AGENTS, PROGRAM, *BOUND):
        assert old in text
        text = text.replace(old, new)
    (folder / "policy.md").write_text(text, encoding="utf-8")
    installation = Installation(folder, policy=folder / "policy.md", mail_port=mailbox.port, workers=1).start()
    yield installation
    installation.stop()


@pytest.fixture
def opened(chromium, house):
    """Open a page of somebody's own browser; every console error fails the test."""
    contexts, errors = [], []

    def new():
        contexts.append(chromium.new_context(base_url=house.base, user_agent=PERSON))
        page = contexts[-1].new_page()
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        return page

    yield new
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def inside(opened, house):
    """A signed-in page of the console."""
    return signed_in(opened(), house)


def wrong_on(page, path=""):
    """Return what axe finds in both widths, and where something is wider than the window; of the open page without a path."""
    if path:
        assert page.goto(path).ok, path
    found = []
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        found += [(width, path, one) for one in violations(page)]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append((width, path, "wider than the window"))
    return found


def asked(page, path, **fields):
    """Fill in a form and send it by keyboard; return the path of its request's page."""
    page.goto(path)
    for name, value in fields.items():
        field = page.locator(f"main [name='{name}']").first
        if field.evaluate("one => one.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    page.locator("main form button").last.press("Enter")
    page.wait_for_url(re.compile("/privacy/requests/"))
    return page.url.partition(page.url.split("/privacy")[0])[2]


def confirmed(page, mailbox, address, before):
    """Press the button behind the link of the message; the page is then that of the proved address."""
    message = mailbox.to(address, "confirm", before)
    page.goto(re.search(r"http://\S+/privacy/verify/\S+", message.get_body(("plain",)).get_content())[0])
    page.locator("main form button").last.press("Enter")
    page.wait_for_url(re.compile("/privacy/requests/"))


def test_the_forms_of_every_right_have_no_violation(opened):
    """To take along, to confirm a number, to appeal, of agents; each in both widths."""
    page = opened()
    paths = (
        "portability",
        "confirm-identifier",
        "appeal",
        "agents",
        "know",
        "delete",
        "correct",
        "opt-out",
        "status",
        "automated-decision",
    )
    assert [one for path in paths for one in wrong_on(page, f"/privacy/{path}")] == []
    assert wrong_on(page, "/privacy") == []


def test_to_take_along_and_to_confirm_a_number_are_asked_by_keyboard(opened, mailbox):
    """The request's page, the one behind the link with its questions, and the error of a form that lacks something."""
    page, before = opened(), len(mailbox.messages)
    address = "axe.taken@example.com"
    asked(page, "/privacy/portability", email=address)
    assert wrong_on(page) == []
    confirmed(page, mailbox, address, before)
    assert wrong_on(page) == []
    asked(page, "/privacy/confirm-identifier", **{"email": "axe.number@example.com", "number.message": "078-05-1120"})
    assert wrong_on(page) == []


def test_the_pages_of_an_appeal_have_no_violation(opened, house, mailbox, until):
    """From the page of a request that is answered, by its link: the form, and the page of the appeal itself."""
    page, before, address = opened(), len(mailbox.messages), "axe.appeal@example.com"
    house.browser().post("/avow/forms/contact-form", data={"name": "Al", "email": address, "message": "Hello"})
    house.drain()
    asked(page, "/privacy/portability", email=address, jurisdiction="US-VA")
    confirmed(page, mailbox, address, before)
    page.locator("form[action$=smaller-answer] button").press("Enter")  # less than was asked for
    appeal = page.get_by_role("link", name=re.compile("appeal", re.IGNORECASE)).and_(page.locator("main a"))
    until(lambda: page.reload() and appeal.count(), 30, "the way to an appeal")
    assert wrong_on(page) == []
    appeal.first.press("Enter")
    page.wait_for_url(re.compile("/privacy/appeal/"))
    assert wrong_on(page) == []
    page.locator("main [name=details]").fill("I said no to more than this, and your letter names one purpose.")
    page.locator("main form button").last.press("Enter")
    page.wait_for_url(re.compile("/privacy/requests/"))
    assert wrong_on(page) == []


@pytest.fixture
def kept(house):
    """The id of something that a rule keeps of somebody."""
    house.browser().post("/avow/forms/contact-form", data={"name": "Kit", "email": KEPT_OF.value, "message": "Keep it"})
    house.drain()
    with closing(open_store(load(house.config))) as store:
        for record, people in store.held_at([KEPT_OF], frozenset({"contact-form"})):
            named = ("D8", "applications", "Cal. Gov. Code § 12946", "employment-records", ITEMS, date(2030, 11, 24))
            store.keep(record, people, Keeping(*named, record.rulebook_id), record.collected_ms)
        return store.kept.of([KEPT_OF])[0].id


def test_the_pages_of_staff_have_no_violation(opened, inside, mailbox, kept, until):
    """Kept records closed and open, the form of what came by telephone, and the pages of a request to correct and to delete."""
    page, before, address = opened(), len(mailbox.messages), "axe.corrected@example.com"
    page.request.post("/avow/forms/contact-form", form={"name": "Kim", "email": address, "message": "Wrong"})
    page.goto("/privacy/correct")
    page.locator("main [name=email]").fill(address)
    fields = page.locator("main [name=field-1]")
    fields.select_option(index=1)
    for one in page.locator("main textarea").all()[:2]:
        one.fill("Kim is not my name")
    page.locator("main form button").last.press("Enter")
    page.wait_for_url(re.compile("/privacy/requests/"))
    own = page.url.rpartition("/")[2].partition("-")[0]
    confirmed(page, mailbox, address, before)
    assert wrong_on(page) == []
    paths = ["", "/new", f"/{own}", f"/{own}/corrections"]
    assert [one for path in paths for one in wrong_on(inside, f"/console/requests{path}")] == []
    assert wrong_on(inside, "/console/kept") == []
    assert wrong_on(inside, f"/console/kept/{kept}") == []
    inside.get_by_role("button", name=re.compile("Open")).first.press("Enter")
    inside.get_by_text("Keep it").wait_for()
    assert wrong_on(inside) == []
