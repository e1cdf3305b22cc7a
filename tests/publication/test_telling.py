"""Telling people by e-mail of a material change: everybody once, whatever happens in between."""

import pytest
from tests.deliveries import addressees, composing
from tests.houses import EMAIL, LONGER, compiled, over_both, person, sites

from avow.config import Look, Website
from avow.policy.changes.publication import Publication
from avow.publication import telling
from avow.publication.telling import Teller
from avow.store.control import deliveries, publications


@pytest.fixture
def announced(house):
    """Return an installation that holds five people's addresses and announces a material change by e-mail."""
    house.publisher.first(compiled(EMAIL), house.now_ms())
    for number in range(5):
        house.write(f"person{number}@example.com")
        house.write(f"person{number}@example.com")
    house.write("invented@example.com", demonstration=True)
    assert isinstance(house.publish(compiled(EMAIL, *LONGER, effective="2026-12-24")), Publication)
    return house


def teller(house, recipient="mail-service"):
    return Teller(house.store, house.versions, recipient, sites())


def told(house):
    """Return the addresses of the queued messages."""
    with house.store.control.reading() as tx:
        rows = [row for row in deliveries.newest(tx, 100) if row.state != "withdrawn"]
    return addressees(house, rows)


def test_each_is_told_in_the_name_of_the_website_where_they_wrote_last(announced, monkeypatch):
    """Once, with its name and links, whichever batch they are met in; what is of no website comes from the first."""
    monkeypatch.setattr(telling, "BATCH", 3)
    shop = Website("shop", "https://shop.example", look=Look(name="Lorne Charts"))
    announced.write("person0@example.com", site="shop")
    announced.write("person1@example.com", site="shop")
    announced.wait(seconds=1)
    announced.write("person1@example.com", site="main")
    both = sites(Website("main", "https://www.example.com"), shop)
    assert Teller(announced.store, announced.versions, "mail-service", both).tell(announced.now_ms()) == 5
    with announced.store.control.reading() as tx:
        rows = deliveries.newest(tx, 100)
    read = composing(announced, places=both).read
    letters = {(message := read(row)).to: (row.site, message.text) for row in rows}
    assert {to: site for to, (site, _) in letters.items()} == dict.fromkeys(EVERYBODY, "main") | {"person0@example.com": "shop"}
    assert "you wrote to Lorne Charts," in letters["person0@example.com"][1]
    assert "https://shop.example/privacy-policy/history" in letters["person0@example.com"][1]
    assert "you wrote to Marrowby Instruments, Inc.," in letters["person1@example.com"][1]
    assert "https://www.example.com/privacy-policy/history" in letters["person1@example.com"][1]


EVERYBODY = [f"person{number}@example.com" for number in range(5)]


def test_everybody_is_told_once(announced):
    """However often somebody wrote; and never an invented person."""
    assert teller(announced).tell(announced.now_ms()) == 5
    assert told(announced) == EVERYBODY
    assert announced.versions.announced().noticed_ms is None
    announced.wait(minutes=2)
    assert teller(announced).tell(announced.now_ms()) == 0
    assert announced.versions.announced().noticed_ms is not None
    assert any('"by":"email"' in one and '"people":5' in one for one in announced.logged())


@over_both
def test_a_crash_between_two_batches_tells_nobody_twice(announced, monkeypatch):
    """The next run passes over those who have their message, and tells the others."""
    monkeypatch.setattr(telling, "BATCH", 3)

    def killed(_looked_at):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        teller(announced).tell(announced.now_ms(), killed)
    assert 0 < len(told(announced)) < 5
    teller(announced).tell(announced.now_ms())
    assert told(announced) == EVERYBODY


def test_progress_counts_every_submission(announced):
    """The bar of the command ends where it should."""
    seen = []
    teller(announced).tell(announced.now_ms(), seen.append)
    assert sum(seen) == 10


def test_who_wrote_just_before_is_told_as_well(announced):
    """A message that was still in the spool at the moment of publication is found by the next run."""
    teller(announced).tell(announced.now_ms())
    announced.write("late@example.com")
    announced.wait(minutes=2)
    assert teller(announced).tell(announced.now_ms()) == 1


def test_an_erased_person_is_not_told(announced):
    """The keys are gone, and with them the address."""
    announced.store.erase([person("person3@example.com")], announced.now_ms())
    teller(announced).tell(announced.now_ms())
    assert told(announced) == [one for one in EVERYBODY if "3" not in one]


@over_both
def test_withdrawing_takes_the_unsent_messages_back(announced):
    """Nobody hears of what will not happen, unless the message has left already."""
    teller(announced).tell(announced.now_ms())
    with announced.store.control.transaction() as tx:
        deliveries.sent(tx, deliveries.newest(tx, 1)[0].id, announced.now_ms())
    announced.publisher.withdraw(announced.now_ms())
    assert len(told(announced)) == 1
    assert any('"unsent":4' in entry for entry in announced.logged())


def test_a_later_version_tells_everybody_again(announced):
    """Once for each version, not once for ever."""
    teller(announced).tell(announced.now_ms())
    announced.publisher.withdraw(announced.now_ms())
    announced.publish(compiled(EMAIL, *LONGER, effective="2026-12-25"))
    assert teller(announced).tell(announced.now_ms()) == 5


def test_a_banner_alone_writes_to_nobody(house):
    """Where the policy promises only the banner, no address is used."""
    house.publisher.first(compiled(), house.now_ms())
    house.write("robin@example.com")
    house.publish(compiled(*LONGER, effective="2026-12-24"))
    assert teller(house).tell(house.now_ms()) == 0
    with house.store.control.reading() as tx:
        assert publications.every(tx)[-1].noticed_ms is not None
