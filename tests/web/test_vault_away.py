"""While the key vault does not answer, a page says so and nothing of a person: of a browser with a number too."""

import pytest
from tests.houses import compiled
from tests.web.conftest import serving  # noqa: F401 - a fixture
from tests.web.serving import VISITOR

from avow.definitions import StoreUnavailable
from avow.policy.checks.carried_out import EVERYTHING
from avow.store.keys import Vault

KNOWN = {"Cookie": f"avow_visitor={VISITOR}"}


@pytest.fixture
def away(serving, monkeypatch):  # noqa: F811 - the fixture
    """The example company whose vault answers nothing any more."""
    house = serving(compiled(does=EVERYTHING))

    def raises(*_arguments):
        raise StoreUnavailable("keys.db: the key vault does not answer (OperationalError: database is locked); try again")

    for name in ("_read", "_writing"):
        monkeypatch.setattr(Vault, name, raises)
    return house


@pytest.mark.parametrize("signal", [{}, {"Sec-GPC": "1"}])
@pytest.mark.parametrize("path", ["/privacy", "/privacy/choices", "/privacy/delete", "/privacy-policy", "/", "/avow/choices"])
def test_a_browser_with_a_number_is_told_to_come_again_and_nothing_else(away, path, signal):
    """What it opted out of is not known: no page guesses, makes a cookie, or names number, file or error."""
    answer = away.browser().get(path, headers={**KNOWN, **signal})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    shown = f"{answer.text} {answer.headers}"
    assert not [one for one in (VISITOR, "visitor number", "set-cookie", "keys.db", "OperationalError") if one in shown]
    assert "Please try again in a minute" in answer.text
    assert "no-store" in answer.headers.get("cache-control", "")


def test_the_policy_is_read_all_the_same_by_who_is_nobody_known(away):
    """Nothing of the page is decided by what a number has said."""
    assert away.browser().get("/privacy-policy").status_code == 200
