"""A number that goes out with a counted link is a disclosure, whatever becomes of the record of its click."""

import msgspec
import pytest
from tests.houses import compiled

from avow.definitions import Event, IdentifierKind, identifier
from avow.gate import disclosures
from avow.policy.checks.carried_out import EVERYTHING
from avow.store import named_points
from avow.store.control import disclosures as rows
from avow.store.named_points import Part

VISITOR = "0123456789abcdef0123456789abcdef"
BROWSER = identifier(IdentifierKind.VISITOR, VISITOR)


@pytest.fixture
def house(house):
    """The example company, whose shop gets a number with each click on a link to it."""
    house.publisher.first(compiled(does=EVERYTHING), house.now_ms())
    return house


def clicked(house):
    """Return a click on a link to the shop, as it is in the spool."""
    rulebook = house.versions.in_force()
    permit = rulebook.permit("shop-click", frozenset(), house.now.date(), frozenset(rulebook.purposes))
    number = f"{house.now_ms():012x}{next(house.numbers):020x}"
    facts = {"record_id": number, "collected_ms": house.now_ms(), "site": "marrowby", "visit": 0}
    click = Event.under(permit, {"page": "/"}, visitor=VISITOR, demonstration=False, **facts)
    return msgspec.structs.replace(click, sealed={"click-id": number, "visitor-id": VISITOR})


def counted(house):
    """Return how many disclosures to the shop there are, and of how many it is known whose they were."""
    whose = house.store.vault.subjects_of([BROWSER])
    with house.store.control.reading() as tx:
        named = rows.of_subjects(tx, whose)
    return sum(one.count for one in disclosures.totals(house.store, 0) if one.recipient == "shop"), len(named)


def test_what_left_of_a_point_that_was_deleted_since_is_counted_and_names_nobody(house):
    """Drained late: the record stays away, for a mark says so; its number did leave, and is on the chart once."""
    first, late = clicked(house), clicked(house)
    house.take_in([first])
    assert counted(house) == (1, 1)
    named_points.erase(Part((BROWSER,), ("shop-click",), house.now_ms()), house.store, lambda: None)
    assert counted(house) == (1, 0)
    stored = []
    house.store.events.insert = stored.extend
    house.take_in([late])
    house.take_in([late])
    assert (counted(house), stored) == ((2, 0), [])
    house.wait(seconds=1)
    house.take_in([clicked(house)])
    assert (counted(house), len(stored)) == ((3, 1), 1)
