"""What came by named collection points is erased, and nothing else: in the engine, the control store, the files; and for good."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_records import MORNING, Writer, open_parts
from tests.failing import WAYS, Failing

from avow.collection.arrival import Arrival
from avow.definitions import IdentifierKind, StoredFile, StoreUnavailable, identifier
from avow.store import named_points
from avow.store.control import deliveries, disclosures, mailings, subscriptions
from avow.store.control.deliveries import About, Delivery
from avow.store.control.disclosures import Disclosure
from avow.store.named_points import Part

ADA, BERTA = "a" * 32, "b" * 32
EMAIL = identifier(IdentifierKind.EMAIL, "ada@example.com")
BROWSER = identifier(IdentifierKind.VISITOR, ADA)
LATER = MORNING + 1_000


def part(*points, people=(EMAIL, BROWSER), until_ms=LATER):
    return Part(tuple(people), points, until_ms)


def erased(store, one, keep=lambda: None):
    return named_points.erase(one, store, keep)


def points_of(store, visitor):
    return sorted(one.point for one in store.find([identifier(IdentifierKind.VISITOR, visitor)]).events)


def test_events_of_the_named_points_go_and_every_other_stays(store, writer):
    """Of that person alone; keys are as they were, so that the rest can be read."""
    store.write([writer.batch(ADA, points=("page-view", "click", "click")), writer.batch(BERTA, points=("page-view", "click"))])
    assert erased(store, part("click")).events == 2
    assert (points_of(store, ADA), points_of(store, BERTA)) == (["page-view"], ["click", "page-view"])
    assert named_points.left(part("click"), store) == 0
    assert store.find([BROWSER]).events[0].fields["note"] == "n0"


def test_what_they_wrote_there_goes_with_its_files(store, writer):
    """A form of another point stays, with its own."""
    names = store.keep_files(writer.submission("ada@example.com"), [b"one", b"two"], MORNING)
    files = [StoredFile(item="cv", name="cv.pdf", kind="pdf", size=3, sha256="0" * 64, stored=name) for name in names]
    gone = writer.submission("ada@example.com", point="careers", files=files[:1])
    stays = writer.submission("ada@example.com", point="contact-form", files=files[1:])
    store.write([gone, stays])
    assert erased(store, part("careers")).forms == 1
    assert (store.submission(gone.record_id), store.submission(stays.record_id) is not None) == (None, True)
    assert [name in store.files.names("") for name in names] == [False, True]


def delivery(store, own_id, subject, **changes):
    """Keep something that goes, or went, to somebody."""
    about = About(subject, None, changes.pop("record", ""), "A")
    with store.control.transaction() as tx:
        made_ms = changes.pop("made_ms", MORNING)
        deliveries.add(tx, Delivery(own_id, changes.pop("kind", "notice"), made_ms, people=(about,), **changes))


def test_what_goes_or_went_for_it_is_forgotten_and_what_waits_is_withdrawn(store, writer):
    """A message about an erased record, a mailing of the list, a record on its way; a message of another point stays."""
    gone, stays = (writer.submission("ada@example.com", point=one) for one in ("newsletter", "contact-form"))
    store.write([gone, stays])
    (subject,) = store.vault.subjects_of([EMAIL])
    with store.control.transaction() as tx:
        mailings.add(tx, mailing("m1", "newsletter"))
        mailings.add(tx, mailing("m2", "offers"))
    delivery(store, "about", subject, record=gone.record_id)
    delivery(store, "listed", subject, kind="mailing", batch="m1")
    delivery(store, "record", subject, kind="disclosure", point="newsletter", connector="webhook")
    delivery(store, "other", subject, record=stays.record_id)
    delivery(store, "offers", subject, kind="mailing", batch="m2")
    assert erased(store, part("newsletter")).others == 3
    with store.control.reading() as tx:
        assert {one.id for one in deliveries.of_subjects(tx, [subject])} == {"other", "offers"}
        assert {deliveries.get(tx, one).state for one in ("about", "listed", "record")} == {"withdrawn"}


def mailing(own_id, point):
    return mailings.Mailing(
        id=own_id,
        point=point,
        measured_by="",
        rulebook_id="",
        subject_line="News",
        text="Text",
        links=(),
        created_ms=MORNING,
    )


def test_a_subscription_that_waits_goes_and_the_person_is_off_the_list(store, writer):
    """Whatever a restored list says: the end of a subscription is a mark."""
    store.write([writer.submission("ada@example.com")])
    (subject,) = store.vault.subjects_of([EMAIL])
    with store.control.transaction() as tx:
        subscriptions.add(tx, subscriptions.Pending("r1", "newsletter", subject, b"x", "", MORNING, LATER))
        subscriptions.add(tx, subscriptions.Pending("r2", "offers", subject, b"x", "", MORNING, LATER))
    erased(store, part("newsletter"))
    with store.control.reading() as tx:
        assert [one.record_id for one in subscriptions.every(tx)] == ["r2"]
    assert store.vault.ended_at(EMAIL, "newsletter") == LATER
    assert store.vault.ended_at(EMAIL, "offers") == -1


def test_whose_what_went_to_others_was_is_forgotten_and_that_it_went_is_not(store, writer):
    """The chart of twelve months counts it; nobody is named by it."""
    store.write([writer.submission("ada@example.com")])
    (subject,) = store.vault.subjects_of([EMAIL])
    with store.control.transaction() as tx:
        for point in ("newsletter", "contact-form"):
            went = Disclosure(MORNING, "carrier", "A", "answer", point, "", subject)
            disclosures.add(tx, replace(went, forget_on=date(2030, 1, 1)))
    erased(store, part("newsletter"))
    with store.control.reading() as tx:
        assert [one.point for one in disclosures.of_subjects(tx, [subject])] == ["contact-form"]
        assert sum(one.count for one in disclosures.totals(tx, 0)) == 2


# -- what comes late, and what comes back ------------------------------------------------------------------------------


def arrive(store, *records):
    Arrival(store, lambda _id: None).write(records)


def test_what_was_collected_before_and_comes_late_stays_away(store, writer):
    """From a spool, of the same person and point; what is collected afterwards is new."""
    store.write([writer.batch(ADA), writer.submission("ada@example.com", point="newsletter")])
    erased(store, part("click", "newsletter"))
    late = writer.batch(ADA, points=("page-view", "click"))
    form = writer.submission("ada@example.com", at_ms=MORNING + 1, point="newsletter")
    arrive(store, late, form, writer.event(ADA, point="click"), writer.batch(ADA, at_ms=LATER + 1, points=("click",)))
    assert points_of(store, ADA) == ["click", "page-view", "page-view"]
    assert store.submission(form.record_id) is None
    ids = {one.record_id for one in store.find([BROWSER]).events}
    assert late.record_id in ids


def test_where_nobody_named_a_point_nothing_is_looked_for(store, writer):
    """One question to the vault for a batch."""
    assert not store.vault.named.is_any()
    arrive(store, writer.batch(ADA, points=("page-view", "click")))
    assert points_of(store, ADA) == ["click", "page-view"]


def test_what_an_older_backup_brings_back_goes_again_before_anything_is_served(store, writer):
    """7022(d): by marks in the vault, which no backup of the data replaces."""
    records = [writer.batch(ADA, points=("page-view", "click")), writer.submission("ada@example.com", point="newsletter")]
    store.write(records)
    erased(store, part("click", "newsletter"))
    store.write([writer.batch(ADA, points=("click",)), writer.submission("ada@example.com", point="newsletter")])  # as restored
    assert named_points.left(part("click", "newsletter"), store) == 2
    assert named_points.again(store) == 2
    assert named_points.left(part("click", "newsletter"), store) == 0
    assert (points_of(store, ADA), named_points.again(store)) == (["page-view"], 0)


def test_what_an_older_backup_brings_back_of_many_goes_in_few_mutations(store, writer, monkeypatch):
    """One rewrites the table: after a restore there may be thousands of deletions. Each has a moment of its own."""
    browsers = [f"{number:032x}" for number in range(1, 2_101)]
    store.write([writer.batch(one, MORNING + 5, points=("click", "page-view")) for one in browsers])
    store.write([writer.batch(one, MORNING + 10, points=("click",)) for one in browsers[:2]])
    for number, one in enumerate(browsers):
        subjects = store.vault.own_subjects_of([identifier(IdentifierKind.VISITOR, one)])
        store.vault.named.note(subjects, ("click",), MORNING + (5 if number else 10))
    changes, change = [], store.events.change
    monkeypatch.setattr(store.events, "change", lambda name, **asked: (changes.append(name), change(name, **asked)))
    assert named_points.again(store) == 2_101
    assert changes == ["erase_marked", "erase_marked", "forget_mutation"]
    found = [points_of(store, one) for one in browsers[:3]]
    assert found == [["page-view"], ["click", "page-view"], ["page-view"]]
    assert named_points.again(store) == 0


@pytest.mark.parametrize("store", ["sqlite", "postgresql"], indirect=True)
def test_what_an_older_control_store_brings_back_names_nobody_again(store, writer):
    """What waits, what leaves and what went of a named point, also where no form came back; what came since stays."""
    store.write([writer.submission("ada@example.com", point="contact-form")])
    (subject,) = store.vault.subjects_of([EMAIL])
    erased(store, part("newsletter", "alerts"))
    with store.control.transaction() as tx:
        for when in ("before", "since"):
            mailings.add(tx, mailing(when, "newsletter"))
        for point, at_ms in (("newsletter", LATER), ("alerts", LATER + 1), ("offers", LATER)):
            subscriptions.add(tx, subscriptions.Pending(point, point, subject, b"x", "", at_ms, at_ms + 1_000))
    for when, at_ms in (("before", LATER), ("since", LATER + 1)):  # as restored, and as it came after the deletion
        planted(store, when, subject, at_ms)
    named_points.again(store)
    with store.control.reading() as tx:
        assert {one.record_id for one in subscriptions.every(tx)} == {"alerts", "offers"}
        assert {one.id for one in deliveries.of_subjects(tx, [subject])} == {"since-listed", "since-record"}
        went = [(one.point, one.at_ms) for one in disclosures.of_subjects(tx, [subject])]
        assert sorted(went) == [("contact-form", LATER), ("contact-form", LATER + 1), ("newsletter", LATER + 1)]
        assert sum(one.count for one in disclosures.totals(tx, 0)) == 4


def planted(store, when, subject, at_ms):
    """Keep what leaves and what went of a moment: of a named point, and of another."""
    delivery(store, f"{when}-listed", subject, kind="mailing", batch=when, made_ms=at_ms)
    delivery(store, f"{when}-record", subject, kind="disclosure", point="newsletter", connector="webhook", made_ms=at_ms)
    with store.control.transaction() as tx:
        for point in ("newsletter", "contact-form"):
            went = Disclosure(at_ms, "carrier", "A", "answer", point, "", subject)
            disclosures.add(tx, replace(went, forget_on=date(2030, 1, 1)))


def test_what_came_since_is_theirs_also_where_a_form_came_back(store, writer):
    """A form of before is in the older store: with it goes what is about it, and nothing of the next one."""
    old = writer.submission("ada@example.com", point="newsletter")
    store.write([old])
    erased(store, part("newsletter"))
    store.write([old, writer.submission("ada@example.com", LATER + 1, point="newsletter")])  # the first as restored
    (subject,) = store.vault.subjects_of([EMAIL])
    delivery(store, "about", subject, record=old.record_id, made_ms=LATER + 1)
    delivery(store, "other", subject, kind="disclosure", point="newsletter", connector="webhook", made_ms=LATER + 1)
    assert named_points.again(store) == 1
    with store.control.reading() as tx:
        assert {one.id for one in deliveries.of_subjects(tx, [subject])} == {"other"}


def test_what_came_since_in_the_same_retention_class_stays(store, writer):
    """It is readable; what was before goes with its row, and where nothing came since, with its key."""
    one = replace(part("careers"), classes=frozenset({"careers"}))
    before, since = (writer.submission("ada@example.com", at, point="careers", **CLASSED) for at in (LATER, LATER + 1))
    store.write([before, since])
    assert erased(store, one).forms == 1
    assert (store.submission(before.record_id), store.submission(since.record_id).fields) == (None, {"message": "hello"})
    assert named_points.left(one, store) == 0
    assert erased(store, replace(one, until_ms=LATER + 1)).forms == 1
    assert store.vault.classes_of([EMAIL]) == ()


CLASSED = {"retention_class": "careers"}


# -- a law, and what fails ---------------------------------------------------------------------------------------------

POINTS = ("page-view", "click", "newsletter", "contact-form")
SENT = st.lists(st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(POINTS)), min_size=1, max_size=6)


@settings(max_examples=15, deadline=None)
@given(SENT, st.sets(st.sampled_from(POINTS), min_size=1))
def test_exactly_what_was_named_is_gone(folder, sent, named):
    """Any records of two people, any points: what is left is what nobody named, of both."""
    store, writer = open_parts(folder), Writer()
    store.events.prepare()
    store.events.empty()
    for form in store.submissions_after("", 1000).held:
        store.erase_submissions([form.record_id])
    try:
        now = MORNING + writer_of_moments()
        written = [one_of(writer, whose, point, now) for whose, point in sent]
        store.write(written)
        erased(store, Part((EMAIL, BROWSER), tuple(sorted(named)), now))
        left = [(whose, point) for whose, point in sent if whose == "b" or point not in named]
        assert sorted(held(store)) == sorted(left)
    finally:
        store.close()


_moments = iter(range(10_000, 10_000_000, 10_000))


def writer_of_moments():
    """Return a moment that is later than that of every example before: what was deleted then stays away."""
    return next(_moments)


def one_of(writer, whose, point, at_ms):
    if point in {"newsletter", "contact-form"}:
        return writer.submission({"a": "ada@example.com", "b": "berta@example.com"}[whose], at_ms=at_ms, point=point)
    return writer.batch({"a": ADA, "b": BERTA}[whose], at_ms=at_ms, points=(point,))


def held(store):
    for whose, number, email in (("a", ADA, "ada@example.com"), ("b", BERTA, "berta@example.com")):
        found = store.find([identifier(IdentifierKind.VISITOR, number), identifier(IdentifierKind.EMAIL, email)])
        yield from ((whose, one.point) for one in (*found.events, *found.submissions))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("what", "write"), [("control", "transaction"), ("vault", "note_end"), ("events", "change"), ("files", "delete")]
)
def test_whatever_fails_doing_it_again_ends_it(store, writer, what, write, way):
    """Failed, and failed but done, whichever write: nothing of the points is left, and everything else is there."""
    at, is_over = 0, False
    while not is_over:
        at += 1
        email = f"ada{at}@example.com"
        people = (identifier(IdentifierKind.EMAIL, email), BROWSER)
        names = store.keep_files(writer.submission(email), [b"one"], MORNING)
        files = [StoredFile(item="cv", name="cv.pdf", kind="pdf", size=3, sha256="0" * 64, stored=name) for name in names]
        stays = writer.submission(email, at_ms=MORNING + at, point="contact-form")
        store.write([writer.submission(email, at_ms=MORNING + at, point="careers", files=files), stays])
        store.write([writer.batch(ADA, at_ms=MORNING + at, points=("page-view", "click"))])
        broken = Failing(getattr(store, what), write, way, at)
        one = part("careers", "click", people=people, until_ms=MORNING + at)
        with contextlib.suppress(StoreUnavailable):
            named_points.erase(one, replace(store, **{what: broken}), lambda: None)
        named_points.erase(one, store, lambda: None)
        assert named_points.left(one, store) == 0
        assert store.submission(stays.record_id) is not None
        assert "click" not in points_of(store, ADA)
        is_over = broken.left > 0
