"""Openings: one file each, shown in the company's layout, with a JobPosting while they are open."""

import json
import re
from datetime import date

import pytest

from avow.definitions import ConfigurationError
from avow.web import openings

OPENING = """
title = "Rain </script><b>reader"
summary = "s"
description = ["Reads & writes."]
posted = 2026-11-01
closes = 2026-11-30
employment = "FULL_TIME"
point = "job-application"
place = { locality = "Port Lorne", region = "CA", country = "US" }
pay = { least = 31, most = 36, currency = "USD", per = "HOUR" }
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "openings").mkdir()
    return tmp_path


def written(folder, text, name="reader.toml"):
    (folder / "openings" / name).write_text(text, encoding="utf-8")
    return folder


def test_an_opening_is_a_job_posting(folder):
    """What search engines read is JSON that no text can break out of."""
    (opening,) = openings.load(written(folder, OPENING)).values()
    block = str(openings.posting(opening, "Marrowby", "https://www.example.com/careers/reader"))
    assert block.count("</script>") == 1
    data = json.loads(re.fullmatch(r'<script type="application/ld\+json">(.*)</script>', block)[1])
    assert (data["@type"], data["title"], data["validThrough"]) == ("JobPosting", opening.title, "2026-11-30T23:59")
    assert data["description"] == "<p>Reads &amp; writes.</p>"
    assert data["baseSalary"]["value"]["unitText"] == "HOUR"


@pytest.mark.parametrize(("day", "is_open"), [(date(2026, 11, 30), True), (date(2026, 12, 1), False)])
def test_an_opening_closes_after_its_last_day(folder, day, is_open):
    """`closes` is the last day on which applications are taken."""
    assert openings.load(written(folder, OPENING))["reader"].is_open(day) is is_open


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (OPENING.replace("posted = 2026-11-01\n", ""), "a.toml"),
        (OPENING.replace("2026-11-30", "2026-10-30"), "a.toml"),
        (OPENING.replace("FULL_TIME", "SOMETIMES"), "a.toml"),
        (OPENING + 'hat = "x"\n', "a.toml"),
        ("not toml", "a.toml"),
        (OPENING, "A b.toml"),
    ],
)
def test_a_wrong_opening_stops_the_start_by_its_name(folder, text, name):
    """The message says which file."""
    with pytest.raises(ConfigurationError, match=re.escape(name)):
        openings.load(written(folder, text, name))


def test_a_site_without_openings_has_none(tmp_path):
    """Neither the folder nor the site is needed."""
    assert openings.load(tmp_path) == openings.load(None) == {}
