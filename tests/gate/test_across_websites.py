"""A person is one on every website: what they say on one holds on the others, and each row says where it came from."""

import json
from dataclasses import replace

import pytest
from tests.houses import compiled, insider, over_both, sites
from tests.messaging.test_mailings import TEXT, Spool, asked, subscribed

from avow.config import Website
from avow.definitions import IdentifierKind, identifier
from avow.gate import reads
from avow.gate.choices import Choices
from avow.gate.reads import Reads
from avow.gate.sites import name_earlier
from avow.messaging.mailings import Mailings
from avow.messaging.subscriptions import Subscriptions
from avow.store.control import audit, disclosures, integrity, mail, purpose_reads
from avow.store.control import choices as rows
from avow.store.control.integrity import Seen

ROBIN = identifier(IdentifierKind.EMAIL, "robin@example.com")
#: A letter that people may also say no to on the choices page.
OPTIONAL = ("[purpose.newsletter]\n", '[purpose.newsletter]\nchoice = "opt-out"\n')
BOTH = sites(Website("main", "https://www.example.com"), Website("shop", "https://shop.example.com"))
MAIN, SHOP = BOTH.all


@pytest.fixture
def published(house):
    """An installation whose letter is a choice."""
    house.publisher.first(compiled(OPTIONAL), house.now_ms())
    return house


def choices_at(house, site, people=(ROBIN,)):
    """Return what is said on a website, by the person whose link was confirmed."""
    return Choices(house.store, house.versions.in_force(), house.now_ms, lambda _token: people, site.name)


def subscriptions_at(house, site):
    facts = (house.versions.in_force(), house.versions, Spool(house), site, house.versions.timezone, house.now_ms)
    return Subscriptions(house.store, *facts)


def made_by(house, person):
    """Return what is kept of a person's choices."""
    with house.store.control.reading() as tx:
        return rows.of_subjects(tx, house.store.vault.subjects_of([person]))


def test_an_opt_out_on_one_website_narrows_what_comes_on_the_other(published):
    """A known person's, at the drain: for what they refused on the shop nothing is kept of what they send on the main site."""
    wanted = {"point": "newsletter", "purposes": ["newsletter"], "site": "main"}
    first = published.write(ROBIN.value, **wanted)
    assert published.store.submission(first).purposes == ("newsletter",)
    published.wait(seconds=1)
    assert choices_at(published, SHOP).say("robins", {"newsletter": True})
    assert [(one.purpose, one.site) for one in made_by(published, ROBIN)] == [("newsletter", "shop")]
    assert choices_at(published, MAIN).of_person("robins").opted_out == {"newsletter"}
    assert published.store.submission(published.write(ROBIN.value, **wanted)) is None
    other = identifier(IdentifierKind.EMAIL, "lee@example.com")
    assert published.store.submission(published.write(other.value, **wanted)) is not None


@pytest.mark.parametrize("name", ["main", "shop"])
def test_the_proof_of_a_choice_names_its_website_and_nobody(published, name):
    """In the audit log, once for one answer."""
    choices_at(published, BOTH.find(name)).record(None, {"audience-measurement": True}, "link", demonstration=False)
    with published.store.control.reading() as tx:
        (entry,) = [json.loads(one) for _, one in audit.pending(tx, 1000) if b'"choice"' in one]
    assert (entry["site"], entry["by"]) == (name, "link")


def test_a_form_hands_on_its_browsers_no_with_its_website(published):
    """The choice is of the website on which the form was sent."""
    published.write(ROBIN.value, site="shop", opted_out={"audience-measurement": "gpc"})
    assert [(one.source, one.site) for one in made_by(published, ROBIN)] == [("form-gpc", "shop")]


def test_a_no_on_one_website_keeps_a_mailing_of_the_other_back(published):
    """Who subscribed on the shop and refused the letter on the main site is not written to (11 CCR 7026(f))."""
    sender = Mailings(published.store, published.versions, "mail-service", BOTH)
    subscribed(published, subscriptions_at(published, SHOP), ROBIN.value)
    assert sender.plan("newsletter", "Rain", TEXT, published.now_ms()).allowed == 1
    published.wait(seconds=1)
    assert choices_at(published, MAIN).say("robins", {"newsletter": True})
    assert sender.plan("newsletter", "Rain", TEXT, published.now_ms()).allowed == 0


def test_a_mailing_is_for_one_website_or_for_all(published):
    """The same text for one is another mailing than for all; a website that there is not is refused with those that are."""
    sender = Mailings(published.store, published.versions, "mail-service", BOTH)
    subscribed(published, subscriptions_at(published, SHOP), ROBIN.value)  # the records of `asked` are of neither: the first's
    plans = {site: sender.plan("newsletter", "Rain", TEXT, published.now_ms(), site) for site in ("", "main", "shop")}
    assert {site: plan.subscribed for site, plan in plans.items()} == {"": 1, "main": 1, "shop": 0}
    assert {site: plan.allowed for site, plan in plans.items()} == {"": 1, "main": 1, "shop": 0}
    assert len({plan.mailing.id for plan in plans.values()}) == 3
    assert "main, shop" in sender.plan("newsletter", "Rain", TEXT, published.now_ms(), "blog").reason


def test_what_goes_out_of_a_website_is_noted_with_it(published):
    """A message that asks whether somebody subscribed, and the read of a form for a purpose."""
    link = asked(published, subscriptions_at(published, SHOP), ROBIN.value)
    assert link
    with published.store.control.reading() as tx:
        (waiting,) = mail.due(tx, published.now_ms(), 10)
    assert waiting.site == "marrowby"  # of the record's own website, whichever door hands it on
    record = published.store.submission(published.write(ROBIN.value, site="shop"))
    Reads(published.store, published.versions, published.now_ms).open_for(reads.submission(record), "answer-questions", insider())
    with published.store.control.reading() as tx:
        assert [(one.site, one.point) for one in purpose_reads.since(tx, published.now.date())] == [("shop", "contact-form")]


@over_both
def test_rows_of_before_get_the_name_of_the_first_website_once(published):
    """A mailing stays one to everybody; what has a name keeps it, and a later start looks at nothing."""
    store, today = published.store, published.now.date()
    no = rows.Choice(1, "ads", opted_out=True, source="link", rulebook_id="r", subject=b"s")
    with store.control.transaction() as tx:
        rows.add(tx, no)
        rows.add(tx, replace(no, site="shop"))
        disclosures.add(tx, disclosures.Disclosure(1, "post", "A", "ads", "p", "r", b"s"))
        mail.add(tx, b"sealed", 1, "r" * 24, None)
        purpose_reads.add(tx, today, "", "contact-form", "security", allowed=True)
        integrity.add(tx, today, "", [Seen(1, "/", "up", 200, 1, "")])
    for _ in range(2):
        name_earlier(store.control, BOTH)
    with store.control.reading() as tx:
        assert {one.site for one in rows.of_subjects(tx, [b"s"])} == {"main", "shop"}
        assert [one.site for one in disclosures.of_subjects(tx, [b"s"])] == ["main"]
        assert [one.site for one in mail.due(tx, 2, 10)] == ["main"]
        assert [one.site for one in purpose_reads.since(tx, today)] == ["main"]
        assert [one.address for one, _ in integrity.state(tx, "main")] == ["/"]
