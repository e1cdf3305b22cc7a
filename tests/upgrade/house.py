"""What people do in an old house, when it was made and when it is opened again."""

from __future__ import annotations

import re

from tests.answered import carried_out, reference, vouch

#: An old house keeps its address for ever: the audit log is named by it. Nobody asks the name; the test is at its port.
ORIGIN = "http://marrowby.example"


def reached(house, link):
    """Return the address at which this machine reaches a link of a message."""
    return link.replace(ORIGIN, house.base)


def file_request(house, mailbox, browser, kind, address, mailed=""):
    """File a consumer request; return the link that confirms it. `mailed` is what mail is written to, where it is another."""
    before = len(mailbox.messages)
    answer = browser.post(f"/privacy/{kind}", data={"email": address, "period": "everything"})
    assert answer.status_code == 303, answer.text
    text = mailbox.to(mailed or address, "confirm", before).get_body(("plain",)).get_content()
    return reached(house, re.search(r"http://\S+/privacy/verify/\S+", text)[0])


def _sure(house, page):
    """Let staff know who asks where the policy of the house asks too little; earlier versions never asked. Return the page."""
    text = house.browser().get(page).text
    staff = getattr(house, "officer", None) or house.staff()
    if 'id="who"' in text:
        vouch(staff, reference(text))
    carried_out(reference(text), staff)
    return page


def confirmed(house, mailbox, browser, kind, address, mailed=""):
    """File a consumer request, confirm it, and wait for the answer; return its page and the words of its message."""
    link, before = file_request(house, mailbox, browser, kind, address, mailed), len(mailbox.messages)
    page = _sure(house, reached(house, browser.post(link).headers["location"]))
    return page, mailbox.to(mailed or address, "done", before).get_body(("plain",)).get_content()


def confirmed_each(house, mailbox, kind, people):
    """Do the same for several people at once; `people` is what each types, by what mail to them is written to."""
    before = len(mailbox.messages)
    links = {
        mailed: (browser := house.browser(), file_request(house, mailbox, browser, kind, typed, mailed))
        for mailed, typed in people.items()
    }
    pages = {mailed: _sure(house, reached(house, who.post(link).headers["location"])) for mailed, (who, link) in links.items()}
    return {
        mailed: (page, mailbox.to(mailed, "done", before).get_body(("plain",)).get_content()) for mailed, page in pages.items()
    }
