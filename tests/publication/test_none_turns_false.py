"""“Sold or shared: none” is true on no page a second after something was."""

from tests.houses import compiled, house
from tests.recipients.vendors import with_network

from avow.gate.disclosures import Leave, note
from avow.publication.facts import NAMED_MS, PolicyInForce

__all__ = ["house"]


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
