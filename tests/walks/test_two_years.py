"""A year of requests by the real timetable, with a clock that is moved: the small sister of the bench `requests`."""

from datetime import UTC, datetime

import pytest
from bench.requests import World


@pytest.mark.timeout(900)  # a minute of a quiet machine; the others of a run may have it, too
def test_every_message_is_sent_on_or_before_its_target(tmp_path):
    """A hundred requests of every kind under seven laws, around a leap day; killed once, and off for a day."""
    world = World(tmp_path, 100, every_hours=24, first=datetime(2027, 12, 1, tzinfo=UTC), days=200, restarts=1, off=1)
    world.go()
    assert world.late == []
    assert world.kills == 1
    assert len(world.asked) >= 100
    assert not {one for one in world.refused if one.startswith("file:")}
    assert {"2028-02-29"} <= {one.received_on.isoformat() for one in world.asked.values()}
    assert {asked.kind for asked in world.asked.values()} >= {"know", "delete", "opt-out", "limit", "object", "restrict"}
