"""Versions of the policy: published, announced, in force at their midnight, withdrawn, and opened again unchanged."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from markupsafe import Markup
from tests.deliveries import planted
from tests.houses import FIRST_DAY, LONGER, ZONE, compiled, over_both

from avow.definitions import PolicyError, Refusal, StoreUnavailable
from avow.gate.versions import Versions, changes_of
from avow.local_days import midnight_ms
from avow.policy.changes.publication import Publication
from avow.publication.facts import PolicyInForce
from avow.publication.history import History
from avow.publication.publishing import Publisher
from avow.store.control import deliveries, rulebooks

MINOR = ("Port Lorne, California.", "Port Lorne, CA.")


def announced(house, days=30, *pairs):
    """Publish a material change that many days ahead."""
    return house.publish(compiled(*LONGER, *pairs, effective=house.versions.today() + timedelta(days=days)))


def test_before_anything_is_published_nothing_is_in_force(house):
    """A worker that comes before the first start says so, and guesses nothing."""
    with pytest.raises(PolicyError, match="no policy was published"):
        house.versions.in_force()


@over_both
def test_the_first_start_publishes_once(house):
    """Later starts leave what is in force, whatever the file says."""
    assert house.publisher.first(compiled(), house.now_ms())
    assert not house.publisher.first(compiled(MINOR), house.now_ms())
    assert house.versions.in_force() == compiled()


def test_a_minor_change_is_in_force_at_once(published):
    """Another process sees it when it refreshes."""
    other = Versions(published.store.control, ZONE, published.now_ms)
    assert other.in_force() == compiled()
    published.publish(compiled(MINOR))
    other.refresh()
    assert other.in_force() == compiled(MINOR)


@over_both
def test_an_announced_version_is_in_force_from_its_midnight(published):
    """In the business's zone, to the millisecond, without anybody asking the store again."""
    made = announced(published)
    start = midnight_ms(made.in_force_on, ZONE)
    assert (made.in_force_on, datetime.fromtimestamp(start / 1000, UTC).hour) == (date(2026, 12, 24), 8)
    published.now = datetime.fromtimestamp((start - 1) / 1000, UTC)
    assert published.versions.in_force() == compiled()
    published.wait(milliseconds=1)
    assert published.versions.in_force() == made.rulebook
    published.versions.refresh()
    assert published.versions.in_force() == made.rulebook
    assert published.versions.announced() is None


def test_a_store_that_does_not_answer_stops_no_midnight(published, monkeypatch):
    """What is known stays known, the announced version included."""
    made = announced(published)
    monkeypatch.setattr(published.store.control, "reading", lambda: (_ for _ in ()).throw(StoreUnavailable("away")))
    published.versions.refresh()
    published.wait(days=31)
    assert published.versions.in_force() == made.rulebook


@over_both
def test_a_withdrawn_version_never_comes_into_force(published):
    """Its day passes, and the version before stays."""
    announced(published)
    assert not isinstance(published.publisher.withdraw(published.now_ms()), Refusal)
    assert isinstance(published.publisher.withdraw(published.now_ms()), Refusal)
    published.wait(days=40)
    published.versions.refresh()
    assert published.versions.in_force() == compiled()


def test_a_minor_change_while_another_version_is_announced(published):
    """A misprint can be mended during the notice; the announced version then comes all the same."""
    made = announced(published, 30, MINOR)
    assert isinstance(published.publish(compiled(MINOR)), Publication)
    assert published.versions.in_force() == compiled(MINOR)
    published.wait(days=31)
    published.versions.refresh()
    assert published.versions.in_force() == made.rulebook


@over_both
def test_a_version_that_comes_back_has_its_old_name(published):
    """Going back to an earlier text is a publication of its own, of the same version."""
    published.publish(compiled(MINOR))
    published.publish(compiled())
    assert published.versions.in_force() == compiled()
    assert len(published.versions.publications()) == 3


@over_both
def test_two_who_publish_at_once(published):
    """The second one is told to look again: it judged against what is no longer in force."""
    slow = Publisher(published.store.control, Versions(published.store.control, ZONE, published.now_ms))
    judged = slow.judge(compiled(("Port Lorne, California.", "Port Lorne.")))
    published.publish(compiled(MINOR))
    assert isinstance(slow.publish(judged, published.now_ms()), Refusal)
    assert published.versions.in_force() == compiled(MINOR)


@pytest.mark.parametrize("pairs", [(MINOR,), LONGER])
def test_a_midnight_while_publishing(published, pairs):
    """Judged a second before midnight and kept after it: a day of notice would be missing, or a past day be rewritten."""
    published.now = datetime(2026, 11, 25, 7, 59, 59, tzinfo=UTC)
    effective = published.versions.today() + timedelta(days=30) if pairs is LONGER else None
    judged = published.publisher.judge(compiled(*pairs, effective=effective))
    published.wait(seconds=1)
    assert isinstance(published.publisher.publish(judged, published.now_ms()), Refusal)
    assert len(published.versions.publications()) == 1


def test_a_version_published_in_the_last_second_of_its_day(published):
    """It is in force at once and stays so; that day shows both, the next one it alone."""
    published.wait(days=3)
    published.now = published.now.replace(hour=7, minute=59, second=59)
    published.publish(compiled(MINOR))
    published.wait(seconds=2)
    published.versions.refresh()
    today = published.versions.today()
    assert published.versions.in_force() == compiled(MINOR)
    assert [len(published.versions.shown_on(today - timedelta(days=ago))) for ago in (0, 1)] == [1, 2]


def test_what_came_into_force_is_not_taken_back(published):
    """Its midnight passes while the command runs, or a clock is set back after it: it can only be replaced."""
    made = announced(published)
    published.wait(days=31)
    published.versions.refresh()
    published.publisher.note_in_force(published.now_ms())
    published.wait(days=-2)
    published.versions.refresh()
    assert isinstance(published.publisher.withdraw(published.now_ms()), Refusal)
    published.wait(days=2)
    published.versions.refresh()
    assert published.versions.in_force() == made.rulebook


def test_what_was_held_is_asked_again_by_a_version_that_came_into_force(published):
    """It may go now; what its recipient did not take keeps its pause."""
    announced(published)
    published.wait(days=31)
    published.versions.refresh()
    later_ms = published.now_ms() + 3_600_000
    with published.store.control.transaction() as tx:
        held, refused = (planted(tx, trouble=one, next_ms=later_ms) for one in ("held", "refused"))
    published.publisher.note_in_force(published.now_ms())
    with published.store.control.reading() as tx:
        assert [deliveries.get(tx, one).next_ms for one in (held, refused)] == [published.now_ms(), later_ms]


@over_both
def test_every_step_is_in_the_audit_log(published):
    """Published, told, in force: once each, with the version's id and nobody's name."""
    made = announced(published)
    published.publisher.note_in_force(published.now_ms())
    published.wait(days=31)
    published.versions.refresh()
    for _ in range(3):
        published.publisher.note_in_force(published.now_ms())
    steps = [
        (what, entry.count(made.rulebook.id))
        for entry in published.logged()
        for what in [entry.split('"what":"')[1].split('"')[0]]
    ]
    assert steps == [
        ("policy.published", 0),
        ("policy.published", 1),
        ("policy.notice", 1),
        ("policy.in_force", 0),
        ("policy.in_force", 1),
    ]


def test_any_past_day_can_be_shown(published):
    """A day has the version that was in force; a day of a change during the day has both, the last first."""
    published.wait(days=5)
    published.publish(compiled(MINOR))
    made = announced(published, 30, MINOR)
    published.wait(days=60)
    published.versions.refresh()

    def shown(days):
        return [one.rulebook_id for one in published.versions.shown_on(FIRST_DAY + timedelta(days=days))]

    assert shown(-1) == []
    assert shown(4) == [compiled().id]
    assert shown(5) == [compiled(MINOR).id, compiled().id]
    assert shown(34) == [compiled(MINOR).id]
    assert shown(35) == [made.rulebook.id]
    assert "36 months" in changes_of(published.versions.publications()[-1])[0].words


def test_a_log_line_belongs_to_the_version_of_its_day(published):
    """An old server log that is read in today stays under what was in force then; before the first version, under that."""
    published.wait(days=5)
    published.publish(compiled(MINOR))
    on = {days: published.versions.in_force_on(FIRST_DAY + timedelta(days=days)).id for days in (-90, 0, 4, 5)}
    assert on == {-90: compiled().id, 0: compiled().id, 4: compiled().id, 5: compiled(MINOR).id}


def test_a_stricter_compiler_leaves_old_versions_readable(published):
    """What this version would refuse, or does not know, is opened as it was published, under its own id."""
    stale = compiled().text.replace("months = 24, after", "months = 240, after").replace("[signal.dnt]", "[unheard.of]")
    with published.store.control.transaction() as tx:
        rulebooks.add(tx, rulebooks.StoredRulebook("f" * 64, stale, FIRST_DAY, 1, "policy.md", ""))
    opened = published.versions.rulebook("f" * 64)
    assert opened.id == "f" * 64
    assert opened.points["contact-form"].retention.months == 240


def test_a_request_keeps_the_law_it_was_filed_under(published):
    """A later law table moves none of its days, while the company's new address is used."""
    first = published.versions.in_force()
    published.publish(compiled(("1-800-555-0142", "1-800-555-0143")))
    mixed = published.versions.with_law_of(first.id, "")
    assert mixed.law is published.versions.rulebook(first.id).law
    assert mixed.controller.phone == "1-800-555-0143"


def test_what_earlier_versions_declared_can_still_be_named(published):
    """The answer to a person knows the data items of every version; what may be done is for each record's own."""
    published.wait(days=1)
    taken = ('data       = ["name", "email", "company", "message"]', 'data       = ["name", "email", "message"]')
    item = '[data.company]\nlabel      = "Company"\ncategory   = "I"\nmax_length = 160\nmatch      = "words"\n'
    gone = compiled(taken, (item, ""))
    published.publish(gone)
    assert "company" not in published.versions.in_force().data
    assert published.versions.everything_declared().data["company"].label == "Company"


def _first_day(house, rulebook):
    """What the page of a version says of its first day, in words."""
    page = History(house.store.control, house.versions).page(rulebook.id).policy
    return Markup(re.search(r'policy-dates">(.*?)\. Last', page)[1]).striptags()


def _in_words(day):
    return f"Effective {day:%B} {day.day}, {day.year}"


def test_the_page_says_the_day_since_which_its_version_is_in_force(published):
    """The first version may be older than the installation; a change is in force from its own day, whatever the file says."""
    assert _first_day(published, compiled()) == "Effective November 1, 2026"
    for version in (compiled(MINOR), compiled()):  # the first one again, two days later
        published.wait(days=2)
        published.publish(version)
        assert _first_day(published, version) == _in_words(published.versions.today())
        page = PolicyInForce(version, published.store, published.versions, published.now_ms).page()
        assert f'<p class="policy-dates">Effective <time datetime="{published.versions.today()}">' in page


def test_the_page_of_an_announced_version_says_when_it_comes_or_that_it_never_did(published):
    """What was taken back before its day was never effective."""
    made = announced(published)
    assert _first_day(published, made.rulebook) == _in_words(made.in_force_on)
    published.publisher.withdraw(published.now_ms())
    assert _first_day(published, made.rulebook) == "Announced for December 24, 2026, taken back, and never in force"
