"""Signing in to a running server, whose workers count together."""

import time

import pytest

PASSWORD = "a long sentence for tests"


@pytest.fixture
def officer(running):
    """A browser that is signed in, with the name of its account."""
    name, client = f"Robin {time.monotonic_ns()}", running.browser()
    link = "/console" + running.invite().partition("/console")[2]
    assert client.post(link, data={"name": name, "password": PASSWORD}).status_code == 303
    yield name, client
    client.close()


def sign_in(browser, name, password):
    return browser.post("/console/sign-in", data={"name": name, "password": password}).status_code


def test_strangers_are_refused_and_the_officer_is_not(running, officer):
    """Ten tries in both workers together; then no stranger gets in, and the browser that signed in before does."""
    name, known = officer
    answers = []
    for _ in range(12):
        with running.browser() as stranger:  # a connection of its own, so that either worker may have it
            answers.append(sign_in(stranger, name, "wrong"))
    with running.browser() as stranger:
        assert sign_in(stranger, name, PASSWORD) == 429
    assert answers == [403] * 10 + [429] * 2
    assert sign_in(known, name, PASSWORD) == 303


def test_who_is_removed_by_command_is_out_of_the_running_console(running, officer):
    """The next page asks to sign in."""
    name, known = officer
    assert known.get("/console").status_code == 200
    running.avow("staff", "remove", "--yes", name)
    assert known.get("/console").headers["location"].startswith("/console/sign-in")
