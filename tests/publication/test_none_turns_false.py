"""“Sold or shared: none” is true on no page a second after something was."""

import pytest
from tests.houses import compiled, house, over_both
from tests.recipients.vendors import with_network, with_vendor

from avow.gate.disclosures import Leave, note
from avow.policy.printouts import chart
from avow.publication.facts import NAMED_MS, PolicyInForce
from avow.recipients.register import Register
from avow.store.control import disclosures

__all__ = ["house", "over_both"]


def test_the_chart_says_what_was_shared_within_a_second(house):
    """A version without third parties says what went under an earlier one; figures are counted every half minute."""
    rulebook = with_network()
    house.publisher.first(rulebook, house.now_ms())
    policy = PolicyInForce(compiled(), house.store, house.versions, house.now_ms)
    before = policy.page()
    assert NAMED_MS < 1000
    with house.store.control.transaction() as tx:
        note(tx, Leave(rulebook, "network", "campaign-measurement", "enquiry", "F", "marrowby"), house.now_ms())
    assert policy.page() == before
    house.wait(milliseconds=NAMED_MS + 1)
    after = policy.page()
    assert after != before
    ledger = policy._counted()
    (one,) = ledger.disclosed
    assert (one.recipient, one.count) == ("network", 1)
    with house.store.control.transaction() as tx:
        note(tx, Leave(rulebook, "network", "campaign-measurement", "enquiry", "F", "marrowby"), house.now_ms())
    house.wait(milliseconds=NAMED_MS + 1)
    assert policy._counted() is ledger


def went(house, purpose="answer-questions"):
    """Note that a letter of somebody went to the vendor."""
    with house.store.control.transaction() as tx:
        note(tx, Leave(house.versions.in_force(), "crm", purpose, "contact-form", "A", "marrowby"), house.now_ms())


def sold(house):
    """Return how much of what went to the vendor is on the list of what is sold or shared, and how much on the other one."""
    policy = PolicyInForce(house.versions.in_force(), house.store, house.versions, house.now_ms)
    lists = (chart.disclosures(policy.rulebook, policy._counted(), sold_or_shared=one) for one in (True, False))
    return tuple(sum(one.count for one in found) for found in lists)


@over_both
def test_what_went_keeps_the_role_that_its_recipient_had_by_version_and_contract_of_its_day(house):
    """A clause that is missing was never there; mended, what went before stays a sale, and what goes now is none."""
    house.publisher.first(with_vendor(), house.now_ms())
    register = Register(house.store, house.versions, house.now_ms)
    went(house)
    assert sold(house) == (0, 1)
    house.wait(days=10)
    went(house)
    register.clause("crm", "no_combining", "s1", is_missing=True)
    assert sold(house) == (2, 0)
    house.wait(days=2)
    register.clause("crm", "no_combining", "s1", is_missing=False)
    house.wait(days=1)
    went(house)
    assert sold(house) == (2, 1)
    house.wait(days=1)
    register.clause("crm", "no_combining", "s1", is_missing=True)
    assert sold(house) == (3, 0)
    register.clause("crm", "no_combining", "s1", is_missing=False, by_mistake=True)
    assert sold(house) == (2, 1)


def test_a_contract_that_ended_at_noon_makes_no_sale_of_the_morning(house):
    """Nothing goes from its end on; a new one makes nothing of it either. Its own person reads the same of it."""
    house.publisher.first(with_vendor(), house.now_ms())
    register = Register(house.store, house.versions, house.now_ms)
    went(house)
    house.wait(hours=1)
    register.withdraw("crm", "s1")
    house.wait(days=2)
    assert sold(house) == (0, 1)
    register.renew("crm", "s1")
    house.wait(days=1)
    went(house)
    assert sold(house) == (0, 2)


def test_a_later_version_makes_no_third_party_of_what_went_before(house):
    """And no service provider of a third party: each is as its own version declared it."""
    house.publisher.first(with_vendor(), house.now_ms())
    went(house)
    house.wait(days=1)
    policy = PolicyInForce(with_network(), house.store, house.versions, house.now_ms)
    (one,) = chart.disclosures(policy.rulebook, policy._counted(), sold_or_shared=False)
    assert (one.recipient, one.own.effective_role) == ("crm", "service-provider")


@pytest.mark.parametrize("change", ["missing", "mended"])
def test_a_clause_that_is_found_to_be_missing_is_on_the_chart_within_a_second(house, change):
    """In the page that is served already, though nothing new went."""
    house.publisher.first(with_vendor(), house.now_ms())
    policy = PolicyInForce(house.versions.in_force(), house.store, house.versions, house.now_ms)
    went(house)
    register = Register(house.store, house.versions, house.now_ms)
    if change == "mended":
        register.clause("crm", "checks", "s1", is_missing=True)
    assert ("sold no personal information and shared none" in policy.page()) == (change == "missing")
    register.clause("crm", "checks", "s1", is_missing=change == "missing", by_mistake=change == "mended")
    house.wait(milliseconds=NAMED_MS + 1)
    assert ("sold no personal information and shared none" in policy.page()) == (change == "mended")
    with house.store.control.reading() as tx:
        assert [one.lacked for one in disclosures.totals(tx, 0)] == [("checks",) if change == "missing" else ()]
