"""What reports of clicks said, over both databases: told apart, and forgotten with their records."""

from datetime import date

import pytest

from avow.store.control import Control, reports

DAY, LATER = date(2027, 1, 1), date(2027, 2, 1)


@pytest.fixture(params=["sqlite", "postgresql"])
def control(request, tmp_path):
    """A control store of its own."""
    server = request.getfixturevalue("postgresql") if request.param == "postgresql" else None
    url = server.database() if server else f"sqlite:///{tmp_path / 'control.db'}"
    opened = Control(url)
    yield opened
    opened.close()
    if server:
        server.drop(url)


def test_another_body_under_a_known_id_is_seen_until_its_record_is_due(control):
    """The first counts; the same again is the same; on its day nothing of it is left."""
    with control.transaction() as tx:
        assert reports.is_said(tx, b"one", b"body", DAY)
        assert reports.is_said(tx, b"two", b"body", LATER)
    with control.transaction() as tx:
        assert reports.is_said(tx, b"one", b"body", LATER)
        assert not reports.is_said(tx, b"one", b"other", DAY)
    with control.transaction() as tx:
        assert reports.sweep(tx, DAY) == 1
        assert reports.is_said(tx, b"one", b"other", LATER)
        assert not reports.is_said(tx, b"two", b"other", LATER)
