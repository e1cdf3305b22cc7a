"""Records of every kind through one store: kept once, found by their person, erased for good."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from msgspec.structs import replace
from store_records import MORNING, browser, open_parts, person, view_row, visitor

from avow.definitions import AfterRetention, LogLine, StoreUnavailable
from avow.gate import deliveries
from avow.gate.deliveries import Reference
from avow.store import Counts, Holdings, Written
from avow.store.control import choices, disclosures, requests, set_aside

pytestmark = pytest.mark.parametrize("store", ["sqlite", "postgresql"], indirect=True)

NIGHT = MORNING + 40_000_000
TODAY = date(2026, 9, 21)


def test_fields_come_back_as_they_were_sent(store, writer):
    """Columns, numbers, other fields and sealed fields all return under the policy's names."""
    fields = {"page": "/a", "operating-system": "Linux", "status": "404", "bytes": "12", "plan": "gold"}
    store.write([writer.event(visitor(1), fields=fields)])
    (held,) = store.find([browser(1)]).events
    assert held.fields == fields | {"visitor-id": visitor(1)}


def test_a_repeated_batch_is_kept_once(store, writer):
    """The same records again, in one batch or in the next, add nothing."""
    batch = [writer.event(visitor(1)), writer.submission("ada@example.com")]
    assert store.write([*batch, *batch]) == Written(kept=2, erased=0, repeated=2)
    assert store.write(batch) == Written(kept=0, erased=0, repeated=2)


def test_the_events_of_one_request_are_rows_of_their_own(store, writer):
    """Each has what the request's events share and its own fields; a point that recognises nobody is nobody's."""
    batch = writer.batch(visitor(1), points=("page-view", "page-pixel", "page-view"))
    assert store.write([batch]) == Written(kept=3, erased=0, repeated=0)
    first = int(batch.record_id, 16)
    shared = {"browser": "Firefox", "visitor-id": visitor(1), "other": "x"}
    held = {one.record_id: one.fields for one in store.find([browser(1)]).events}
    assert held == {f"{first + place:032x}": {**shared, "page": f"/{place}", "note": f"n{place}"} for place in (0, 2)}
    assert store.erase([browser(1)], NIGHT)
    assert store.purge() == Counts(events=2)


def test_a_batch_of_which_a_part_is_stored_is_completed(store, writer):
    """Only the events that are not there yet are added, and the same batch again, whole or twice, adds nothing."""
    batch = writer.batch(visitor(1), points=("page-view", "download", "page-view"))
    store.write([writer.event(visitor(1), record_id=f"{int(batch.record_id, 16) + 2:032x}")])
    assert store.write([batch, batch]) == Written(kept=2, erased=0, repeated=4)
    assert store.write([batch]) == Written(kept=0, erased=0, repeated=3)
    assert len(store.find([browser(1)]).events) == 3


def test_a_batch_of_the_erased_leaves_what_is_nobodys(store, writer):
    """A batch from before the erasure brings back no event of its visitor; events of nobody known are kept."""
    store.erase([browser(1)], NIGHT)
    batch = writer.batch(visitor(1), points=("page-view", "page-pixel"))
    assert store.write([batch]) == Written(kept=1, erased=1, repeated=0)
    assert store.write([batch]) == Written(kept=0, erased=1, repeated=1)


def test_erased_people_are_unreadable_before_the_purge(store, writer):
    """Every way of reading excludes them as soon as `erase` returns."""
    form = writer.submission("ada@example.com")
    store.write([writer.event(visitor(1)), form])
    with store.control.transaction() as tx:
        people = {person("ada"): Reference("marrowby", form.record_id)}
        assert deliveries.queue_each(store, tx, "notice", "2", people, MORNING) == 1
    store.erase([browser(1), person("ada")], NIGHT)
    assert store.find([browser(1), person("ada")]) == Holdings()
    assert store.submissions_after("", 10).held == ()
    assert store.submission(form.record_id) is None


def test_purge_removes_rows_and_leaves_others(store, writer):
    """After the purge nothing of the erased is left, and the others' holdings are what they were."""
    store.write([writer.event(visitor(number % 3)) for number in range(30)] + [writer.submission("bea@example.com")])
    others = store.find([browser(0), browser(2), person("bea")])
    subjects = store.erase([browser(1)], NIGHT)
    assert store.remaining([browser(1)]).events == 10
    assert store.purge() == Counts(events=10)
    assert store.remaining([browser(1)], subjects) == Counts()
    assert store.find([browser(0), browser(2), person("bea")]) == others


def test_late_records_of_the_erased_are_dropped(store, writer):
    """An old spool cannot bring a person back; what they do afterwards is kept."""
    early, later = writer.event(visitor(1)), writer.event(visitor(1), NIGHT + 1)
    store.erase([browser(1)], NIGHT)
    assert store.write([early, later]) == Written(kept=1, erased=1, repeated=0)
    assert [held.record_id for held in store.find([browser(1)]).events] == [later.record_id]


def test_a_submission_of_two_identifiers_dies_with_either(store, writer):
    """What belongs to an address and a browser is unreadable when one of them is erased, and purged with it."""
    both = writer.submission(identifiers={"email": "ada@example.com", "visitor": visitor(1)})
    store.write([both])
    assert store.find([person("ada")]).submissions == store.find([browser(1)]).submissions != ()
    store.erase([browser(1)], NIGHT)
    assert store.find([person("ada")]).submissions == ()
    assert store.purge().submissions == 1


def test_choices_and_disclosures_forget_whose_they_were(store):
    """The fact stays countable (11 CCR 7101), the person does not."""
    subject = store.vault.subjects_for([browser(1)], MORNING)[browser(1)]
    with store.control.transaction() as tx:
        choices.add(
            tx, choices.Choice(MORNING, "audience-measurement", opted_out=True, source="link", rulebook_id="a", subject=subject)
        )
        disclosures.add(
            tx, disclosures.Disclosure(MORNING, "mail-service", "A", "answer-questions", "contact-form", "a", subject)
        )
    assert len(store.find([browser(1)]).choices) == len(store.find([browser(1)]).disclosures) == 1
    store.erase([browser(1)], NIGHT)
    assert store.purge() == Counts(choices=1, disclosures=1)
    with store.control.reading() as tx:
        assert choices.counts(tx)[0].count == disclosures.totals(tx, 0)[0].count == 1


def test_figures_leave_the_demonstration_out(store, writer):
    """What is held, overdue, collected and chosen is counted of real people alone (decision 0011)."""
    for is_invented in (False, True):
        past = {"demonstration": is_invented, "delete_on": "2026-10-01"}
        store.write([writer.event(visitor(1), **past), writer.submission("ada@example.com", **past)])
        with store.control.transaction() as tx:
            choices.add(
                tx, choices.Choice(MORNING, "visits", opted_out=True, source="link", rulebook_id="a", demonstration=is_invented)
            )
    points = {"page-view", "contact-form"}
    assert {point: one.records for point, one in store.evidence().items()} == dict.fromkeys(points, 1)
    assert store.overdue(date(2026, 10, 2)) == store.collected(0) == dict.fromkeys(points, 1)
    with store.control.reading() as tx:
        assert [one.count for one in choices.counts(tx)] == [1]


def test_due_rows_go_and_others_stay(store, writer):
    """On the day: what is to be erased is gone, what is to be de-identified keeps no person, tomorrow's is whole."""
    today, tomorrow = "2026-10-01", "2026-10-02"
    erased = writer.event(visitor(1), delete_on=today)
    kept = writer.event(visitor(2), delete_on=tomorrow)
    emptied = writer.event(visitor(3), delete_on=today, then=AfterRetention.DEIDENTIFY)
    store.write([erased, kept, emptied, writer.submission("ada@example.com", delete_on=today)])
    due = store.erase_due(date(2026, 10, 1))
    assert (due.erased, due.deidentified) == (2, 1)
    assert [held.record_id for held in store.find([browser(1), browser(2), browser(3)]).events] == [kept.record_id]
    assert store.evidence()["page-view"].records == 2
    assert store.erase_due(date(2026, 10, 1)).erased == 0


def test_keys_of_days_die_when_their_day_is_due(store, writer):
    """What belongs to nobody is sealed under its day's key, destroyed once everything of the day is due."""
    one = writer.event(
        point="server-log", sealed={"ip-address": "192.0.2.1"}, delete_on="2026-10-01", then=AfterRetention.DEIDENTIFY
    )
    two = writer.event(
        point="server-log", sealed={"ip-address": "192.0.2.2"}, delete_on="2026-10-05", then=AfterRetention.DEIDENTIFY
    )
    store.write([one, two])
    (name,) = store.vault.names("day")
    store.erase_due(date(2026, 10, 1))
    assert store.vault.names("day") == (name,)
    store.erase_due(date(2026, 10, 5))
    assert store.vault.names("day") == ()


def test_people_without_rows_are_forgotten(store, writer):
    """When the last row of a person was due, the vault knows nothing of them any more."""
    store.write([writer.event(visitor(1), delete_on="2026-10-01"), writer.event(visitor(2))])
    store.erase_due(date(2026, 10, 1))
    assert store.vault.lookup([browser(1), browser(2)]).keys() == {browser(2)}


def test_who_only_wrote_forms_is_forgotten_with_the_last_one(store, writer):
    """Whoever has another form, an event or a choice stays; only people of what was due are looked at."""
    everybody = [person(name) for name in ("ada", "berta", "cleo", "dora")]
    due = [writer.submission(one.value, delete_on="2026-10-01") for one in everybody]
    store.write([*due, writer.submission("berta@example.com"), writer.event(visitor(1))])
    subjects = store.vault.lookup(everybody)
    with store.control.transaction() as tx:
        choices.add(
            tx, choices.Choice(MORNING, "visits", opted_out=True, source="link", rulebook_id="a", subject=subjects[everybody[2]])
        )
    store.events.insert([view_row(5)._replace(subject=int.from_bytes(subjects[everybody[3]], "big"))])
    assert store.erase_due(date(2026, 10, 1)).keys == 1
    assert store.vault.lookup([*everybody, browser(1)]).keys() == {*everybody[1:], browser(1)}


def test_who_was_too_new_to_be_forgotten_is_forgotten_by_a_look_at_all(store, writer):
    """A key of today may belong to what is on its way; two days later nothing is."""
    store.write([writer.submission("ada@example.com", delete_on=TODAY.isoformat())])
    assert store.erase_due(TODAY).keys == 0
    assert store.forget_idle(TODAY) == 0
    assert store.forget_idle(TODAY + timedelta(days=3)) == 1
    assert store.vault.lookup([person("ada")]) == {}


def test_a_later_contact_moves_the_due_date(store, writer):
    """Retention after the last contact counts from the last one, and never moves back."""
    store.write([writer.submission("ada@example.com", delete_on="2026-10-01")])
    assert store.last_contact([person("ada")], lambda _: date(2027, 1, 1)) == 1
    assert store.last_contact([person("ada")], lambda _: date(2026, 12, 1)) == 0
    assert store.find([person("ada")]).submissions[0].delete_on == date(2027, 1, 1)


def test_the_demonstration_can_be_removed(store, writer):
    """One call removes what is marked, people and consumer requests included, and nothing else."""
    store.write(
        [
            writer.event(visitor(1), demonstration=True),
            writer.event(visitor(2)),
            writer.submission("x@example.com", demonstration=True),
        ]
    )
    sealed = store.seal_for_request("d" * 32, b"contact")
    asked = requests.StoredRequest("d" * 32, "know", MORNING, date(2026, 1, 1), "a", "web", sealed, demonstration=True)
    with store.control.transaction() as tx:
        requests.add(tx, asked)
    assert store.remove_demonstration() == Counts(events=1, submissions=1, consumer_requests=1)
    assert store.vault.lookup([browser(1), browser(2), person("x")]).keys() == {browser(2)}
    assert store.unseal_for_request("d" * 32, sealed) is None


def test_the_demonstration_takes_no_file_of_real_people_along(store, writer):
    """Only archives of its own requests go: files of forms, recordings and other requests stay."""
    real = ["form-0a-0", "recording-0b-1", f"{'e' * 32}-archive.zip"]
    for name in (*real, f"{'d' * 32}-archive.zip"):
        store.files.put(name, b"sealed")
    asked = requests.StoredRequest("d" * 32, "know", MORNING, date(2026, 1, 1), "a", "web", b"", demonstration=True)
    with store.control.transaction() as tx:
        requests.add(tx, asked)
    store.aside.put("drain", "1" * 32, "OverflowError", MORNING, b"poison", is_demonstration=True)
    store.aside.put("drain", "2" * 32, "OverflowError", MORNING, b"poison")
    store.remove_demonstration()
    assert sorted(store.files.names()) == sorted(real)
    with store.control.reading() as tx:
        assert list(set_aside.names(tx, "drain")) == ["2" * 32]


def test_mail_of_a_request_dies_with_its_key(store):
    """Forgetting the contact of a consumer request makes its messages unreadable."""
    with store.control.transaction() as tx:
        queued = deliveries.queue_letter(store, tx, "r" * 32, b"Dear Ada", MORNING)
    with store.control.reading() as tx:
        waiting = deliveries.get(tx, queued)
        assert deliveries.letter(store, tx, waiting) == b"Dear Ada"
        store.vault.destroy_key("request", "r" * 32)
        assert deliveries.letter(store, tx, waiting) is None


@pytest.mark.parametrize("stage", ["before rows", "before work list"])
def test_an_interrupted_purge_is_finished_by_the_next(store, writer, folder, monkeypatch, stage):
    """A crash anywhere between the erasure and the end of the purge leaves work that a restarted process does."""
    store.write([writer.event(visitor(1)), writer.submission("ada@example.com")])
    subjects = store.erase([browser(1), person("ada")], NIGHT)
    if stage == "before work list":
        monkeypatch.setattr(type(store.vault), "purged", lambda *_: (_ for _ in ()).throw(StoreUnavailable("crash")))
        with pytest.raises(StoreUnavailable):
            store.purge()
        monkeypatch.undo()
    restarted = open_parts(folder)
    restarted.purge()
    assert restarted.remaining(subjects=subjects) == Counts()
    assert restarted.vault.purging() == frozenset()
    restarted.close()


def test_a_line_that_an_earlier_version_stored_is_not_stored_again(store, writer):
    """It had another id; its neighbours, one of the same moment, are stored once."""
    before = writer.event(visit=1)
    store.write([before])
    said = {name: getattr(before, name) for name in before.__struct_fields__}
    ids = [f"{before.record_id[:12]}{number:020x}" for number in (900, 901, 902)]
    same, other, plain = (LogLine(**{**said, "record_id": one}) for one in ids)
    lines = [replace(same, former_id=before.record_id), replace(other, former_id=f"{before.record_id[:12]}{903:020x}"), plain]
    assert store.write(lines) == Written(kept=2, erased=0, repeated=1)
    assert store.write(lines) == Written(kept=0, erased=0, repeated=3)


@pytest.mark.parametrize("done", [False, True], ids=["failed", "failed but done"])
def test_a_failed_insert_can_be_repeated(store, writer, monkeypatch, done):
    """Whether the engine stored the batch before its answer was lost or not, the next try keeps each record once."""
    insert, batch = store.events.insert, [writer.event(visitor(1)), writer.submission("ada@example.com")]

    def lost(self, rows):
        if done:
            insert(rows)
        raise StoreUnavailable("no answer")

    monkeypatch.setattr(type(store.events), "insert", lost)
    with pytest.raises(StoreUnavailable):
        store.write(batch)
    monkeypatch.undo()
    store.write(batch)
    held = store.find([browser(1), person("ada")])
    assert (len(held.events), len(held.submissions)) == (1, 1)


def test_a_batch_overtaken_by_an_erasure_is_purged(store, writer, monkeypatch):
    """A person erased while their rows are on the way is put on the work list by the writer."""
    insert = store.events.insert

    def slow(self, rows):
        store.erase([browser(1)], NIGHT)
        store.vault.purged(store.vault.purging())  # the purge ran before the rows arrived
        insert(rows)

    monkeypatch.setattr(type(store.events), "insert", slow)
    store.write([writer.event(visitor(1))])
    monkeypatch.undo()
    assert store.find([browser(1)]) == Holdings()
    assert store.purge() == Counts(events=1)


def test_a_thorough_purge_finds_rows_without_keys(store, writer):
    """Rows whose key is gone and that no work list names are found by looking at every row."""
    store.write([writer.event(visitor(1)), writer.event(visitor(2))])
    store.erase([browser(1)], NIGHT)
    store.vault.purged(store.vault.purging())
    assert store.purge() == Counts()
    assert store.purge(thorough=True) == Counts(events=1)


def test_a_question_during_the_first_start_waits_for_the_tables(store):
    """The engine answers a moment before its tables are made: that is a wait, not a mistake."""
    store.events._call(lambda client: client.command("DROP TABLE events SYNC"))
    later = threading.Timer(0.5, store.events.prepare)
    later.start()
    assert store.evidence() == {}
    later.join()
