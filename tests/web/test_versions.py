"""The versions of the policy as people see them: the banner, the history, any version, any past day."""

import re

import pytest
from tests.houses import EMAIL, LONGER, compiled

from avow.web.assets import Assets
from avow.web.rendering import View

MAIL = '[mail]\nhost = "127.0.0.1"\nrecipient = "mail-service"\nsender = "privacy@marrowby.example"'
#: A paragraph that no declaration carries out is worded anew, which is minor; a longer period is material.
CHILDREN = ("it is not meant for children under 13", "it is not made for children under 13")


@pytest.fixture
def announced(serving):
    """An installation with an announced version, of which people are told by e-mail."""
    return serving(compiled(EMAIL), compiled(EMAIL, *LONGER, CHILDREN, effective="2026-12-24"), extra=MAIL)


@pytest.fixture
def announcing(announced):
    """A visitor's browser while a version is announced."""
    return announced.browser()


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


def test_the_history_tells_every_version(announced, announcing):
    """The announced one first, what is material marked in words, each with its address."""
    page = announcing.get("/privacy-policy/history").text
    assert page.index(announced.versions.following().id[:12]) < page.index(announced.facts.rulebook_id[:12])
    assert page.count('<span class="badge warn">material</span>') == 1
    assert "The wording of &#34;Children&#34; changes." in page
    assert "The first version." in page


def test_a_version_is_the_same_for_everybody_and_is_kept_by_caches(announced, announcing):
    """No banner, no signal in it; a day in any cache."""
    answer = announcing.get(f"/privacy-policy/versions/{announced.facts.rulebook_id}", headers={"Sec-GPC": "1"})
    assert "24 months after our last exchange" in answer.text
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
        ("?date=2026-11-25", 200, "24 months after our last exchange"),
        ("?date=2026-10-01", 200, "No version on that day"),
        ("?date=2026-12-01", 422, "still to come"),
        ("?date=yesterday", 422, "Please write the day as"),
    ],
)
def test_any_past_day_has_its_policy(house, visitor, query, status, words):
    """The version of that day, or why there is none."""
    house.wait(days=7)
    answer = visitor.get(f"/privacy-policy/on{query}")
    assert answer.status_code == status
    assert words in answer.text


def test_the_console_lists_versions_and_what_waits(announced):
    """Staff see the announced version and how far people are told."""
    announced.write("robin@example.com")
    announced.write("kim@example.com")
    announced.run("telling")
    page = announced.staff().get("/console/policy").text
    assert "Announced for" in page
    assert "2 messages so far" in page
    assert "avow policy withdraw" in page


def test_a_template_is_compiled_once_for_all_versions(house):
    """Each version has views of its own: what an earlier one compiled is used again."""
    first, second = (View(house.rooms, Assets())._environment.get_template("base.html") for _ in range(2))
    assert first.root_render_func is not second.root_render_func
    assert first.root_render_func.__code__ is second.root_render_func.__code__
