"""What is kept of a search: only where policy, signals and choices permit it, and never what could say who somebody is."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.collection.taking import Taking

from avow.collection import signals
from avow.collection.accept import Collector
from avow.collection.refusals import Refusals
from avow.collection.search_terms import MASK, search_results, search_term
from avow.collection.signals import Sender
from avow.definitions import Refusal, moment

from .test_accept import AGENT, Visits, records, take

EVENT = {"point": "site-search", "search-term": "Rain  Gauge", "search-results": "3"}
PURPOSES = ("audience-measurement", "returning-visitors", "personalisation", "page-improvement")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Rain\n Gauge ", "rain gauge"),
        ("robin@example.com order", f"{MASK} order"),
        ("robin%40example.com", MASK),
        ("robin@kim@example.com", MASK),
        ("4111 1111 1111 1111 refund", f"{MASK} refund"),
        ("123-45-6789", MASK),
        ("call +1 (800) 555-0142", f"call {MASK}"),
        ("model 1960 hpa 1013", "model 1960 hpa 1013"),
        ("card 41111111/11111111", f"card {MASK}"),
    ],
)
def test_addresses_and_long_numbers_are_masked(typed, kept):
    """Words stay, and so do years and pressures."""
    assert search_term(typed) == kept


@given(st.text())
def test_nothing_that_looks_like_an_address_or_a_number_stays(typed):
    """Whatever is typed; and masking what is masked changes nothing."""
    kept = search_term(typed)
    assert not re.search(r"[^\s@]@[^\s@]|\d{6}", kept)
    assert search_term(kept) == kept


@pytest.mark.parametrize(("sent", "kept"), [("0", "0"), ("12", "12"), ("-1", ""), ("many", ""), ("99999999", "")])
def test_count_of_results_is_a_count(sent, kept):
    """Anything else is nothing."""
    assert search_results(sent) == kept


@given(
    gpc=st.booleans(),
    dnt=st.booleans(),
    refused=st.sets(st.sampled_from(PURPOSES)),
    agreed=st.sets(st.sampled_from(PURPOSES)),
)
def test_term_is_kept_only_when_permitted(rulebook, now_ms, gpc, dnt, refused, agreed):
    """For every combination of signals and choices: exactly when the Rulebook permits it, and then only declared fields."""
    cookie = "avow_choices=" + signals.choices_cookie(frozenset(refused), frozenset(agreed))
    who = Sender("203.0.113.9", AGENT, signals.read(["1"] if gpc else [], ["1"] if dnt else None, cookie), demonstration=False)
    collector = Collector(rulebook, "marrowby.example", None, Visits(), Refusals())
    answer = take(Taking(collector), [{**EVENT, "page": "/search", "email": "robin@example.com"}], who, now_ms)
    may = not (gpc or dnt or "audience-measurement" in refused)
    assert isinstance(collector.permit("site-search", who, moment(now_ms).date()), Refusal) is not may
    assert [one.fields for one in records(answer)] == ([{"search-term": "rain gauge", "search-results": "3"}] if may else [])
