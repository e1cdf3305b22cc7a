"""Events that are put right: in a column, among the readable fields, and inside what is sealed; with the real engine."""

from uuid import UUID

import pytest
from store_records import MORNING
from tests.conftest import wait_for

from avow.definitions import IdentifierKind, identifier
from avow.gate import corrected
from avow.store.corrected import Corrected

ADA, BERTA = "a" * 32, "b" * 32


def person(visitor):
    return identifier(IdentifierKind.VISITOR, visitor)


def said(store, visitor, field):
    """Return what a field says in somebody's events, in order."""
    return [one.fields.get(field, "") for one in store.find([person(visitor)]).events]


def subjects(store, visitor):
    return store.vault.subjects_of([person(visitor)])


@pytest.mark.parametrize("field", ["page", "other", "note"])
def test_a_value_is_put_right_wherever_it_is(store, writer, field):
    """At the named point alone, of that person alone; every other field, and every other value, stays."""
    store.write([writer.batch(ADA, points=("page-view", "page-view", "click")), writer.batch(BERTA)])
    was = said(store, ADA, field)
    others = [one.fields for one in store.find([person(BERTA)]).events]
    changed = store.correct_events(subjects(store, ADA), "page-view", field, f" {was[0].upper()} ", "right")
    events = store.find([person(ADA)]).events
    own = [one.fields[field] for one in events if one.point == "page-view"]
    assert own == (["right", "right"] if field == "other" else ["right", was[1]])
    assert changed == own.count("right")
    assert [one.fields[field] for one in events if one.point == "click"] == [was[2]]
    assert [one.fields for one in store.find([person(BERTA)]).events] == others
    assert all({"browser", "visitor-id"} <= one.fields.keys() for one in events)


@pytest.mark.parametrize("field", ["other", "note"])
def test_deleted_instead_the_field_is_gone(store, writer, field):
    """No empty text is left of it."""
    store.write([writer.batch(ADA)])
    before = said(store, ADA, field)[0]
    assert store.correct_events(subjects(store, ADA), "page-view", field, before, "") == 1
    (event,) = store.find([person(ADA)]).events
    assert field not in event.fields
    assert event.fields["page"] == "/0"


def test_any_number_of_sealed_events_is_put_right(store, writer):
    """What names them was put into an address of a statement, which took some hundred: the correction was tried for ever."""
    hidden = {"visitor-id": ADA, "note": "wrong"}
    store.write([writer.event(ADA, sealed=hidden | {"other": f"{number}"}) for number in range(800)])
    assert store.correct_events(subjects(store, ADA), "page-view", "note", "wrong", "right") == 800
    assert set(said(store, ADA, "note")) == {"right"}


def test_doing_it_again_changes_nothing(store, writer):
    """A crash repeats it."""
    store.write([writer.batch(ADA)])
    assert [store.correct_events(subjects(store, ADA), "page-view", "note", "n0", "right") for _ in range(2)] == [1, 0]


def test_the_former_value_leaves_the_disk(store, writer, folder):
    """As an erased row does; and the engine's own words about the change name neither it nor its person."""
    store.write([writer.batch(ADA), writer.batch(BERTA)])
    store.correct_events(subjects(store, ADA), "page-view", "other", "x", "the right value")
    assert store.events.await_removal()
    assert said(store, ADA, "other") == ["the right value"]
    (subject,) = subjects(store, ADA)
    named = (b"the right value", str(UUID(bytes=subject)).encode())
    texts = lambda: [one.read_bytes() for one in folder.rglob("mutation_*.txt")]  # noqa: E731 - one question
    wait_for(lambda: not any(name in text for text in texts() for name in named), what="the engine's removal of its last words")


def note(store, field, before, after, at_ms=MORNING):
    """Note that a field of Ada's events was corrected."""
    (subject,) = subjects(store, ADA)
    mark = Corrected(subject, "page-view", field, before, after, at_ms)
    store.vault.corrected.note([mark], store.vault.keys_of([subject]))


def test_what_a_browser_tells_again_is_put_right_whenever_it_comes(store, writer):
    """11 CCR 7023(c): the corrected value wins over later ones of before, in one event and in many; of nobody else."""
    store.write([writer.batch(ADA)])
    note(store, "other", "x", "right")
    records = [writer.batch(ADA, at_ms=MORNING + 1, points=("page-view", "click")), writer.batch(BERTA, at_ms=MORNING + 1)]
    records.append(writer.event(ADA, at_ms=MORNING + 2, fields={"page": "/", "other": " X"}))
    marked = corrected.of_browsers(store, records)
    assert marked.keys() == {ADA}
    store.write([corrected.told(store, one, marked[one.visitor]) if one.visitor in marked else one for one in records])
    told = {(one.point, one.fields["other"]) for one in store.find([person(ADA)]).events if one.collected_ms > MORNING}
    assert told == {("page-view", "right"), ("click", "x")}
    assert said(store, BERTA, "other") == ["x"]


def test_what_an_older_backup_brings_is_put_right_again(store, writer):
    """The marks are in the vault, which no backup of the data replaces."""
    store.write([writer.batch(ADA)])
    note(store, "note", "n0", "right")
    assert said(store, ADA, "note") == ["n0"]
    assert corrected.again(store, MORNING + 1) == 1
    assert said(store, ADA, "note") == ["right"]
    assert corrected.again(store, MORNING + 1) == 0


def test_where_nothing_was_corrected_nobody_is_looked_for(store, writer):
    """One question for a batch; no person, and no key, is asked for."""
    assert corrected.of_browsers(store, [writer.batch(ADA)]) == {}
