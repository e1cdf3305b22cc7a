"""A company with two websites: what came on each says so, letters come from there, and a person is one on both."""

import re
import sqlite3
import subprocess
from contextlib import closing

import pytest
from tests.answered import typed
from tests.conftest import MARROWBY, Installation, Mailbox, wait_for
from tests.houses import MARROWBY as POLICY

MAIN, CHARTS = "http://www.instruments.example", "http://www.charts.example"
WEBSITES = f"""
[[websites]]
name = "main"
origin = "{MAIN}"
pages = "{MARROWBY / "site"}"
watched = ["/"]

[[websites]]
name = "charts"
origin = "{CHARTS}"
pages = "{MARROWBY / "site"}"
sender = "letters@charts.example"
sitemap = "/charts-sitemap.xml"
watched = ["/contact", "/"]

[websites.look]
name = "Lorne Charts"
"""
DECLARED = f"""
```avow
[website.main]
label   = "Instruments"
address = "{MAIN}"

[website.charts]
label   = "Charts"
address = "{CHARTS}"
```
"""
LETTER = "Read about [the rain gauge](https://rain.example/).\n"
OF_ONE = ("choices", "consumer_requests", "deliveries", "disclosures", "purpose_reads")


@pytest.fixture(scope="module")
def mailbox():
    made = Mailbox()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def house(tmp_path_factory, mailbox):
    """An installation that serves both."""
    folder = tmp_path_factory.mktemp("websites")
    (folder / "policy.md").write_text(POLICY + DECLARED, encoding="utf-8")
    made = Installation(folder, mail_port=mailbox.port, policy="policy.md", workers=1, websites=WEBSITES).start()
    yield made
    made.stop()


def at(house, origin):
    """Return a browser that looks at one of the websites."""
    return house.browser(Origin=origin, Host=origin.partition("//")[2])


def led(link):
    """Return the website that a link of a letter leads to, and the path there."""
    return re.fullmatch(r"(http://[^/]+)(/.*)", link).groups()


def subscribe(house, mailbox, origin, person):
    """Subscribe on a website and confirm by the letter's link; return the letter."""
    address, before = f"{person}@example.com", len(mailbox.messages)
    assert at(house, origin).post("/avow/forms/newsletter", data={"email": address}).status_code == 303
    letter = mailbox.to(address, "Please confirm", before)
    leads, path = led(re.search(r"http://\S+/avow/subscriptions/\S+", letter.get_body(("plain",)).get_content())[0])
    assert leads == origin
    assert "You are subscribed" in at(house, leads).post(path).text
    return letter


def write(house, origin, person):
    """Send the contact form of a website; return the reference."""
    form = {"name": person, "email": f"{person}@example.com", "message": f"canary-of-{person}-at-{origin}"}
    answer = at(house, origin).post("/avow/forms/contact-form", data=form)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("reference=")[2]


def sites_of(house, table):
    with closing(sqlite3.connect(f"file:{house.data / 'control.db'}?mode=ro", uri=True)) as control:
        return {row[0] for row in control.execute(f"SELECT site FROM {table}")}


def test_each_letter_comes_from_the_website_where_its_person_subscribed(house, mailbox):
    """Its sender, its name and its links; what cannot be delivered returns to the one sender of the installation."""
    kim, lee = subscribe(house, mailbox, CHARTS, "kim"), subscribe(house, mailbox, MAIN, "lee")
    assert (kim["From"], lee["From"]) == ("letters@charts.example", "privacy@marrowby.example")
    assert "somebody gave this address to Lorne Charts" in kim.get_body(("plain",)).get_content()
    assert "somebody gave this address to Marrowby Instruments, Inc." in lee.get_body(("plain",)).get_content()
    (house.folder / "letter.md").write_text(LETTER, encoding="utf-8")
    send = ("mail", "send", "--list", "newsletter", house.folder / "letter.md", "--subject")
    wait_for(lambda: " 2 may be written to" in house.avow(*send, "To all", "--dry-run"), what="both subscriptions")
    house.avow(*send, "To all")
    for person, origin, sender in (("kim", CHARTS, kim["From"]), ("lee", MAIN, lee["From"])):
        letter = mailbox.to(f"{person}@example.com", "To all")
        assert letter["From"] == sender
        assert letter["List-Unsubscribe"].startswith(f"<{origin}/avow/unsubscribe/")
        assert letter["Message-ID"].endswith(f"@{str(sender).partition('@')[2]}>")
        assert f"{origin}/privacy-policy" in letter.get_body(("plain",)).get_content()


def test_a_mailing_to_one_website_goes_to_nobody_else(house, mailbox):
    """By its name in the configuration; a name that there is not is refused with those that there are."""
    subscribe(house, mailbox, CHARTS, "ada")
    subscribe(house, mailbox, MAIN, "bo")
    send = ("mail", "send", "--list", "newsletter", house.folder / "letter.md", "--subject", "To charts", "--site")
    (house.folder / "letter.md").write_text(LETTER, encoding="utf-8")
    wait_for(lambda: house.avow(*send, "charts", "--dry-run").count("may be written to"), what="the plan")
    wait_for(lambda: "; 2 may be" in house.avow(*send, "charts", "--dry-run"), what="kim and ada")
    house.avow(*send, "charts")
    mailbox.to("ada@example.com", "To charts")
    assert "To charts" not in [one["Subject"] for one in mailbox.messages if one["To"] == "bo@example.com"]
    assert "there is main, charts" in house.avow(*send, "blog", status=1, stderr=subprocess.STDOUT)


def test_a_deletion_filed_on_one_website_erases_what_the_other_took(house, mailbox):
    """One person; and the letters come from the website on which it was filed."""
    reference = write(house, MAIN, "robin")
    officer = house.staff()
    wait_for(lambda: reference in officer.get("/console/inbox").text, what="the form")
    browser, before = at(house, CHARTS), len(mailbox.messages)
    assert browser.post("/privacy/delete", data={"email": "robin@example.com", "period": "everything"}).status_code == 303
    letter = mailbox.to("robin@example.com", "confirm", before)
    origin, path = led(re.search(r"http://\S+/privacy/verify/\S+", letter.get_body(("plain",)).get_content())[0])
    assert (origin, letter["From"]) == (CHARTS, "letters@charts.example")
    assert at(house, origin).post(path, data=typed(name="robin")).status_code == 303
    done = mailbox.to("robin@example.com", "done", before)
    assert done["From"] == "letters@charts.example"
    words = done.get_body(("plain",)).get_content()
    assert "Lorne Charts" in words
    assert f"{CHARTS}/privacy/requests/" in words
    assert house.avow("assurance", "residue", f"canary-of-robin-at-{MAIN}").startswith("0 found")
    assert reference not in officer.get("/console/inbox").text


def test_each_website_is_searched_and_looked_at_by_itself(house):
    """Pages of one are not found on the other, whose sitemap cannot be read; the console has a heading for each."""
    find = lambda origin: at(house, origin).get("/search", params={"q": "barometer"}).text  # noqa: E731 - one question
    wait_for(lambda: "/products/" in find(MAIN), what="the search of one")
    assert "/products/" not in find(CHARTS)
    names = {one.name for one in house.data.glob("search*.db")}
    assert len(names) == 1
    assert "search.db" not in names
    officer = house.staff()
    wait_for(lambda: officer.get("/console/integrity").text.count("What changed") == 2, what="a look at each")
    page = officer.get("/console/integrity").text
    assert ("<h2>main</h2>" in page, "<h2>charts</h2>" in page) == (True, True)
    assert page.partition("<h2>charts</h2>")[0].count("/contact</code>") == 0
    assert "/contact</code>" in page.partition("<h2>charts</h2>")[2]
    assert at(house, CHARTS).get("/avow/integrity").json()["state"] == "not-intact"
    assert "there is main, charts" in house.avow("integrity", "--site", "blog", status=1, stderr=subprocess.STDOUT)
    assert "/contact" not in house.avow("integrity", "--site", "main", status=1)


def test_invented_people_visit_the_first_website_and_are_removed(house):
    """Of what they left on it nothing stays, and what real people said is where it was."""
    assert at(house, CHARTS).post("/privacy/choices", data={"all": "out"}).status_code == 303
    wait_for(lambda: "charts" in sites_of(house, "choices"), what="the choice")
    assert "60 visitors" in house.avow("demo", "--visitors", "60")
    house.drain(Origin=MAIN, Host=MAIN.partition("//")[2])
    assert set(house.rows("SELECT site, toUInt32(count()) FROM events WHERE demonstration GROUP BY site")) == {"main"}
    house.avow("demo", "--remove")
    with closing(sqlite3.connect(f"file:{house.data / 'control.db'}?mode=ro", uri=True)) as control:
        assert {row[0] for row in control.execute("SELECT site FROM choices WHERE demonstration")} == set()
    assert "charts" in sites_of(house, "choices")


def test_every_row_names_a_website(house):
    """After people came by the doors of both."""
    browser = at(house, CHARTS)
    assert browser.post("/privacy/choices", data={"all": "out"}).status_code == 303
    wait_for(lambda: "charts" in sites_of(house, "choices"), what="the choice")
    found = {table: sites_of(house, table) for table in OF_ONE}
    assert set().union(*found.values()) == {"main", "charts"}
    assert found["deliveries"] == {"main", "charts"}
