"""Who stores or carries for us all the time has what its points take in: once from-to, in chart, list and answer."""

from tests.houses import over_both, person
from tests.recipients.vendors import with_vendor

from avow.gate import disclosures
from avow.store.control import disclosures as rows

DAY_MS = 86_400_000


@over_both
def test_a_host_is_one_entry_from_to_for_each_point(house):
    """Noted every minute, it is one entry that grows; another version begins another one."""
    rulebook = with_vendor()
    house.publisher.first(rulebook, house.now_ms())
    first = house.now_ms()
    disclosures.stand(house.store, rulebook, ["crm", "nobody"], first)
    house.wait(days=3)
    disclosures.stand(house.store, rulebook, ["crm"], house.now_ms())
    with house.store.control.reading() as tx:
        (one,) = rows.standing(tx)
    assert (one.recipient, one.point, one.purpose, one.categories) == ("crm", "contact-form", "answer-questions", "ADI")
    assert (one.items, one.from_ms, one.until_ms) == ("company email message name", first, house.now_ms())
    (total,) = disclosures.totals(house.store, house.now_ms() - DAY_MS)
    assert (total.recipient, total.categories, total.count) == ("crm", "ADI", 1)
    assert disclosures.totals(house.store, house.now_ms() + DAY_MS) == ()


@over_both
def test_a_persons_list_names_it_for_what_is_held_of_them(house):
    """From when their record came, and for nobody of whom nothing is held, or who is erased."""
    rulebook = with_vendor()
    house.publisher.first(rulebook, house.now_ms())
    disclosures.stand(house.store, rulebook, ["crm"], house.now_ms())
    house.wait(hours=1)
    house.write("ada@example.com")
    written = house.now_ms()
    house.write("ben@example.com", point="job-application")
    house.wait(hours=1)
    disclosures.stand(house.store, rulebook, ["crm"], house.now_ms())
    (one,) = house.store.find([person("ada@example.com")]).disclosures
    assert (one.recipient, one.point, one.at_ms, one.items) == ("crm", "contact-form", written, "company email message name")
    assert house.store.find([person("ben@example.com")]).disclosures == ()
    house.store.erase([person("ada@example.com")], house.now_ms())
    assert house.store.find([person("ada@example.com")]).disclosures == ()
