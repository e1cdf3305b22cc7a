"""No later version widens what may be done with an earlier record: read for, passed on to, kept until (MISSION A4)."""

import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.conftest import control_in
from tests.deliveries import leased
from tests.houses import EMAIL, FIRST_DAY, LONGER, MARROWBY, ZONE, House, NoEvents, compiled, insider, sites

from avow import policy
from avow.definitions import Refusal
from avow.gate.contacts import LastContact
from avow.messaging.inbox import Inbox
from avow.policy.changes.publication import Publication
from avow.publication.telling import Teller
from avow.store.control import deliveries, disclosures
from avow.store.files import Files
from avow.store.keys import Vault
from avow.store.store import Store

PURPOSES = ("answer-questions", "answer-requests", "security")
FORM = MARROWBY[MARROWBY.index("Our contact form asks") : MARROWBY.index("[purpose.answer-questions]")]


def text(fields, purposes, only, months, after, then, recipients, told_by):
    """Return the example policy with another contact form."""

    def names(values):
        return "[" + ", ".join(f'"{value}"' for value in values) + "]"

    narrow = f"only = {{ {only} = {names(purposes[:1])} }}\n" if only in fields else ""
    form = f"""We use what you write for what is declared here.

```avow
[collection.contact-form]
label      = "Contact form"
technology = "form"
source     = "consumer"
data       = {names(fields)}
purposes   = {names(purposes)}
{narrow}retention  = {{ months = {months}, after = "{after}", then = "{then}" }}
recipients = {names(recipients)}

"""
    plain = MARROWBY.replace('max_length = 160\nmatch      = "words"\n', "max_length = 160\n")  # no form has to have a company
    return plain.replace(FORM, form).replace('["banner"]', told_by)


versions = st.builds(
    text,
    st.lists(st.sampled_from(["name", "company", "message"]), unique=True).map(lambda more: ["email", *more]),
    st.lists(st.sampled_from(PURPOSES), min_size=1, unique=True).filter(lambda some: PURPOSES[0] in some),  # or none compiles
    st.sampled_from(["", "company", "message"]),
    st.integers(1, 60),
    st.sampled_from(["collection", "last-contact"]),
    st.sampled_from(["erase", "deidentify"]),
    st.sampled_from([[], ["mail-service"]]),
    st.sampled_from(['["banner"]', '["banner", "email"]']),
)


def opened(source):
    return policy.compile_text(source, "policy.md", policy.law.tables(), FIRST_DAY).rulebook


def readable(house, record_id):
    """Return what a member of staff can read of a record, by purpose."""
    inbox = Inbox(house.store, house.versions.in_force(), house.versions, ZONE, house.now_ms)
    views = {purpose: inbox.read(record_id, purpose, insider()) for purpose in (*PURPOSES, "audience-measurement")}
    return {purpose: set() if isinstance(view, Refusal) else set(view.fields) for purpose, view in views.items()}


@settings(max_examples=25)
@given(versions, versions)
def test_no_later_version_widens_what_may_be_done(older, newer):
    """For any two versions: fields by purpose, recipients and the due date stay within what the record's own version says."""
    old, new = opened(older), opened(newer)
    assume(old is not None and new is not None and old != new)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(
            control_in(folder),
            NoEvents(),
            Vault(Path(folder) / "keys.db"),
            Files(Path(folder) / "files"),
        )
        house = House(store)
        house.publisher.first(old, house.now_ms())
        record = house.write("robin@example.com")
        before, due = readable(house, record), store.submission(record).delete_on
        day = house.versions.today() + timedelta(days=40)
        house.publisher.publish(Publication(new, (), day, is_announced=True, by_email=True), house.now_ms())
        told = Teller(store, house.versions, "mail-service", sites()).tell(house.now_ms())
        house.wait(days=40)
        house.versions.refresh()
        box, now = leased(house), house.now_ms()
        leaving = sum(box.open(one.message_id, now) is not None for one in box.due(now, 10))
        LastContact(store, house.versions.rulebook).answered(house.write("robin@example.com"))
        after, held = readable(house, record), store.submission(record)
        store.close()
    assert all(after[purpose] <= before[purpose] for purpose in before)
    carries = "mail-service" in old.points["contact-form"].recipients and "email" in old.changes.told_by
    assert told == leaving == int(carries)
    declared = old.points["contact-form"].retention
    limit = declared.due(house.now.date()) if declared.after == "last-contact" else due
    assert held.delete_on == max(due, limit) if declared.after == "last-contact" else held.delete_on == due
    assert held.then == declared.then
    assert set(held.purposes) <= old.points["contact-form"].purposes


def test_a_longer_retention_moves_no_earlier_record(published):
    """Who wrote under 24 months, and is answered under 36, keeps 24 months for the first, counted from the second."""
    first = published.write("robin@example.com")
    published.wait(days=10)
    published.publisher.publish(
        Publication(compiled(*LONGER), (), published.versions.today(), is_announced=False, by_email=False), published.now_ms()
    )
    second = published.write("robin@example.com")
    LastContact(published.store, published.versions.rulebook).answered(second)
    due = {one: published.store.submission(one).delete_on.isoformat() for one in (first, second)}
    assert due == {first: "2028-12-04", second: "2029-12-04"}


def test_a_record_whose_version_is_missing_is_neither_read_nor_kept_longer(published):
    """No answer is a no."""
    record = published.write("robin@example.com", rulebook_id="f" * 64)
    due = published.store.submission(record).delete_on
    published.wait(days=10)
    LastContact(published.store, published.versions.rulebook).answered(published.write("robin@example.com"))
    assert published.store.submission(record).delete_on == due
    assert readable(published, record) == {purpose: set() for purpose in (*PURPOSES, "audience-measurement")}


def test_a_new_carrier_gets_no_earlier_address(house):
    """A message to somebody who wrote before the new mail service was declared does not leave through it."""
    house.publisher.first(compiled(EMAIL), house.now_ms())
    house.write("robin@example.com")
    other = [("[recipient.mail-service", "[recipient.other-post"), ('["mail-service"', '["other-post"')]
    days = house.versions.today().replace(month=12, day=24)
    assert isinstance(house.publish(compiled(EMAIL, *other, effective=days)), Publication)
    assert Teller(house.store, house.versions, "other-post", sites()).tell(house.now_ms()) == 0
    house.versions.refresh()


@pytest.mark.parametrize(("recipient", "leaves"), [("mail-service", 1), ("other-post", 0)])
def test_a_message_leaves_only_through_who_was_declared(house, recipient, leaves):
    """The outbox keeps what may not go through the configured recipient, and hands over the rest as a disclosure."""
    house.publisher.first(compiled(EMAIL), house.now_ms())
    house.write("robin@example.com")
    house.publish(compiled(EMAIL, *LONGER, effective="2026-12-24"))
    assert Teller(house.store, house.versions, "mail-service", sites()).tell(house.now_ms()) == 1
    box = leased(house, recipient)
    due = [box.open(one.message_id, house.now_ms()) for one in box.due(house.now_ms(), 10)]
    assert sum(one is not None for one in due) == leaves
    for one in filter(None, due):
        box.sent(one, house.now_ms(), "250 OK")
    with house.store.control.reading() as tx:
        assert [(one.purpose, one.count) for one in disclosures.totals(tx, 0)] == [("changes", 1)] * leaves
        assert [one.state for one in deliveries.newest(tx, 10)] == ["sent" if leaves else "waiting"]
