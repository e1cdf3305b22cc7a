"""An installation whose pages are served, and browsers of visitors and staff in front of it."""

from __future__ import annotations

import pytest
from tests.houses import compiled

from .serving import VISITOR, serve


@pytest.fixture
def serving(tmp_path):
    """Serve an installation of a test's own: `serving(*rulebooks, pages=..., extra=...)`."""
    made = []

    def serve_here(*rulebooks, **configured):
        folder = tmp_path / f"house-{len(made)}"
        folder.mkdir()
        made.append(serve(folder, *(rulebooks or (compiled(),)), **configured))
        return made[-1]

    yield serve_here
    for one in made:
        one.close()


@pytest.fixture
def house(serving):
    """An installation with the example policy in force, and the invented company's pages."""
    return serving()


@pytest.fixture
def visitor(house):
    """A browser without cookies, that sends forms from this origin."""
    return house.browser()


@pytest.fixture
def staff(house):
    """The browser of a member of staff who is signed in."""
    return house.staff()


@pytest.fixture
def places(house):
    """The ids of a recording, a consumer request, a message and an account: something for each page of the console."""
    house.record("ab" * 16, "/products/rain-gauge", VISITOR)
    filed = house.ask()
    house.run("requests")
    ids = {"request": filed.partition("-")[0], "message": house.messages("waiting")[0], "account": house.account("kim").staff_id}
    return ids | {"recording": "ab" * 16}


@pytest.fixture
def sent(house):
    """The token of a link that was sent to Robin's address and that nobody followed yet."""
    filed = house.ask()
    house.walk()
    return house.link(filed)
