"""The versions of the policy as people see them: the banner, the history, any version, any past day."""

import re

import pytest
from starlette.testclient import TestClient

from avow.web.assets import Assets
from avow.web.rendering import View

from .conftest import ANNOUNCED, FACTS, ORIGIN, FakeVersions, make_app, make_house


@pytest.fixture
def announcing(built):
    """A visitor's browser while a version is announced."""
    house = make_house(versions=FakeVersions(ANNOUNCED))
    return TestClient(make_app(house, built), headers={"Origin": ORIGIN}, follow_redirects=False)


@pytest.mark.parametrize(
    "path", ["/", "/contact", "/careers", "/privacy-policy", "/privacy", "/privacy/choices", "/privacy-policy/history"]
)
def test_the_banner_stands_on_every_page(announcing, path):
    """It says from when and what, and leads to the comparison; it is a region with a name."""
    page = announcing.get(path).text
    banner = re.search(r'<section class="announcement" aria-labelledby="announcement">.*?</section>', page, re.DOTALL)[0]
    assert '<time datetime="2026-12-24">' in banner
    assert "36 months" in banner
    assert 'href="/privacy-policy/history#next"' in banner
    assert "wording" not in banner  # what is minor stands in the history


@pytest.mark.parametrize("path", ["/", "/privacy", "/privacy-policy/history"])
def test_without_an_announcement_there_is_no_banner(visitor, path):
    """Nothing waits: nothing is said."""
    assert "announcement" not in visitor.get(path).text


def test_the_history_tells_every_version(announcing):
    """The announced one first, what is material marked in words, each with its address."""
    page = announcing.get("/privacy-policy/history").text
    assert page.index("9b2f9b2f9b2f") < page.index(FACTS.rulebook_id[:12])
    assert page.count('<span class="badge warn">material</span>') == 1
    assert "The wording of &#34;Children&#34; changes." in page
    assert "The first version." in page


def test_a_version_is_the_same_for_everybody_and_is_kept_by_caches(announcing):
    """No banner, no signal in it; a day in any cache."""
    answer = announcing.get(f"/privacy-policy/versions/{FACTS.rulebook_id}", headers={"Sec-GPC": "1"})
    assert "As of 7c1e" in answer.text
    assert "announcement" not in answer.text
    assert "signal honoured" not in answer.text
    assert answer.headers["cache-control"] == "public, max-age=86400"


def test_an_unknown_version_is_404(visitor):
    """Whatever is asked for, only published versions exist."""
    for name in ("0" * 64, "x", "..%2f..%2fetc"):
        assert visitor.get(f"/privacy-policy/versions/{name}").status_code == 404


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("", 200, "Choose a day"),
        ("?date=2026-11-05", 200, "As of 7c1e"),
        ("?date=2026-10-01", 200, "No version on that day"),
        ("?date=2026-12-01", 422, "still to come"),
        ("?date=yesterday", 422, "Please write the day as"),
    ],
)
def test_any_past_day_has_its_policy(visitor, query, status, words):
    """The version of that day, or why there is none."""
    answer = visitor.get(f"/privacy-policy/on{query}")
    assert answer.status_code == status
    assert words in answer.text


def test_the_console_lists_versions_and_what_waits(built):
    """Staff see the announced version and how far people are told."""
    house = make_house(versions=FakeVersions(ANNOUNCED))
    staff = TestClient(make_app(house, built), headers={"Origin": ORIGIN}, cookies={"avow_staff": "open-session"})
    page = staff.get("/console/policy").text
    assert "Announced for" in page
    assert "12 messages so far" in page
    assert "avow policy withdraw" in page


def test_a_template_is_compiled_once_for_all_versions(house, built):
    """Each version has views of its own: what an earlier one compiled is used again."""
    first, second = (View(house, Assets(built))._environment.get_template("base.html") for _ in range(2))
    assert first.root_render_func is not second.root_render_func
    assert first.root_render_func.__code__ is second.root_render_func.__code__
