"""An installation whose pages are served, and browsers of visitors and staff in front of it."""

from __future__ import annotations

import json

import pytest
from tests.houses import compiled

from avow.web.assets import built_folder

from .serving import serve


@pytest.fixture
def serving(tmp_path):
    """Serve an installation of a test's own: `serving(*rulebooks, pages=..., extra=...)`."""
    made = []

    def serve_here(*rulebooks, **configured):
        made.append(serve(tmp_path, *(rulebooks or (compiled(),)), **configured))
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
    house.record("ab" * 16, "/products/rain-gauge", "0123456789abcdef0123456789abcdef")
    filed = house.ask()
    house.run("requests")
    ids = {"request": filed.partition("-")[0], "message": house.messages("waiting")[0], "account": house.account("kim").staff_id}
    return ids | {"recording": "ab" * 16}


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The built browser part; where it was not built yet, a folder that has its names."""
    if (built_folder() / "manifest.json").exists():
        return built_folder()
    folder = tmp_path_factory.mktemp("build")
    names = ("tag.js", "search.js", "recorder.js", "replay.js", "console.js", "console.css", "player.js", "player.css")
    for name in names:
        (folder / name).write_text("/* not built */")
    (folder / "manifest.json").write_text(json.dumps({name: name for name in names}))
    return folder
