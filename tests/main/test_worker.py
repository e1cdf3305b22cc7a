"""A worker's doors: one for each version, the announced one ready before its midnight."""

import gc
import importlib
from datetime import timedelta

from tests.houses import LONGER, compiled

from avow.main.worker import DoorInForce


class Door:
    """Answers with the version it was built from."""

    def __init__(self, rulebook, answers):
        self.rulebook, self.answers = rulebook, answers

    def way(self, exchange):
        self.answers.append((exchange, self.rulebook.id))


def test_each_request_goes_through_the_door_of_its_moment(published):
    """The last one before midnight through the old door, the first one after through the new, with nothing built between."""
    answers, built = [], []

    def build(rulebook):
        built.append(rulebook.id)
        return Door(rulebook, answers)

    made = published.publish(compiled(*LONGER, effective=published.versions.today() + timedelta(days=30)))
    doors = DoorInForce(published.versions, build)
    doors.prepare()
    assert built == [compiled().id, made.rulebook.id]
    doors.way("before")
    published.wait(days=30)
    doors.way("after")
    assert answers == [("before", compiled().id), ("after", made.rulebook.id)]
    assert len(built) == 2
    doors.prepare()
    assert list(doors._doors) == [made.rulebook.id]


def test_what_is_built_ahead_is_not_looked_at_again():
    """Or the collector of garbage would copy all of it into each process that is forked."""
    from avow.main import ahead  # noqa: PLC0415 - it builds, which takes each process of the tests half a second

    gc.unfreeze()
    importlib.reload(ahead)
    assert gc.get_freeze_count() > 1000
