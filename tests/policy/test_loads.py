"""Another company's script: declared with where it comes from, and loaded only for whom all of its purposes are allowed."""

from dataclasses import replace

import pytest

from avow.policy.rulebook.declarations import Purpose

AD = """
```avow
[collection.ad-script]
label        = "Advertising script"
technology   = "tag"
source       = "device"
data         = ["page"]
purposes     = ["audience-measurement"]
retention    = { days = 180 }
collected_by = "mail-service"
loads        = "https://place.farsight.example/seen.js"
```
"""
ORIGIN = 'keeps_days = 0\norigins = ["https://place.farsight.example"]'


@pytest.fixture
def checked(compiled, marrowby_text):
    """Check the example policy with the script declared, some words of the declaration replaced."""

    def check(old="", new="", origin=ORIGIN):
        text = marrowby_text.replace("## Signals from", AD.replace(old, new) + "\n## Signals from")
        return compiled(text.replace("keeps_days = 0", origin))

    return check


@pytest.mark.parametrize(
    ("old", "new", "origin", "said"),
    [
        ('collected_by = "mail-service"\n', "", ORIGIN, "nobody is said to take in"),
        ('technology   = "tag"', 'technology   = "form"', ORIGIN, "only a script or an image is loaded"),
        ("", "", "keeps_days = 0", "has no such origin"),
        ("place.farsight.example/", "place.farsight.example.other.example/", ORIGIN, "has no such origin"),
    ],
)
def test_what_is_loaded_comes_from_a_declared_origin(checked, old, new, origin, said):
    """Each mistake is named at its place."""
    found = [one for one in checked(old, new, origin).diagnostics if one.code == "AV0105"]
    assert len(found) == 1
    assert said in found[0].message


def test_one_stopped_purpose_stops_all_of_it(marrowby):
    """Nobody can take single fields from what another company's script collects."""
    point = replace(marrowby.points["page-view"], loads="https://place.farsight.example/seen.js", collected_by="mail-service")
    rulebook = replace(marrowby, points={"page-view": point})
    yes = frozenset()
    assert rulebook.may_load("page-view", frozenset(), yes) is None
    assert rulebook.may_load("page-view", frozenset({"returning-visitors"}), yes).rule == "11 CCR 7025(c)(1)"
    assert rulebook.may_load("contact-form", frozenset(), yes) is not None
    assert rulebook.may_load("no-such", frozenset(), yes) is not None


def test_what_waits_for_a_yes_is_not_loaded_without_one(marrowby):
    """A closed banner is no consent (11 CCR 7004(a)(4))."""
    point = replace(marrowby.points["page-pixel"], loads="https://place.farsight.example/seen.js", collected_by="mail-service")
    purpose: Purpose = replace(marrowby.purposes["audience-measurement"], choice="consent")
    rulebook = replace(marrowby, points={"page-pixel": point}, purposes={**marrowby.purposes, purpose.name: purpose})
    assert rulebook.may_load("page-pixel", frozenset(), frozenset()) is not None
    assert rulebook.may_load("page-pixel", frozenset(), frozenset({purpose.name})) is None
    assert rulebook.may_load("page-pixel", frozenset({purpose.name}), frozenset({purpose.name})) is not None


def test_choices_cannot_stop_what_is_nobodys_to_choose(marrowby):
    """A forged cookie does not switch off security."""
    assert marrowby.stops(frozenset({"gpc"}), frozenset({"security"})) == marrowby.signals["gpc"].stops
