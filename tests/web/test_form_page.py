"""Avow's own page of a form, for a site that has none, and what a form on a page of others asks for."""

from __future__ import annotations

import re

import pytest

from .serving import MINUTE, policy_of

POST = "/avow/forms/contact-form"


@pytest.fixture
def foreign(serving):
    """An installation whose pages others serve."""
    return serving(pages=None)


def test_a_form_is_rendered_from_the_policy(foreign):
    """Labels, kinds, limits and what is required, with the guard and the notice at collection (11 CCR 7012)."""
    text = foreign.browser().get(POST).text
    assert re.search(r'<input type="email" autocomplete="email" maxlength="254" value="" name="email" required>', text)
    assert re.search(r'<textarea rows="7" maxlength="5000" name="message" required>', text)
    assert 'name="avow-token" value="' in text
    assert 'class="notice-at-collection"' in text
    assert "<style" not in text


def test_a_form_from_there_is_taken(foreign):
    """Filled in after some seconds, it ends on the page of thanks."""
    assert foreign.send(POST, "contact-form", email="robin@example.com", message="Hello").startswith(f"{POST}/thanks?reference=")


def test_a_form_without_script_comes_back_with_what_was_typed(foreign):
    """Sent from a page of others without a token: the words are next to the field, what was typed is kept, escaped."""
    answer = foreign.browser().post(POST, data={"email": "robin", "message": "<b>rain</b>"})
    assert answer.status_code == 422
    assert "&lt;b&gt;rain&lt;/b&gt;</textarea>" in answer.text
    assert 'value="robin" name="email" required aria-invalid="true" aria-describedby="email-error" autofocus>' in answer.text
    assert answer.text.count('role="alert"') == 1


def test_a_form_with_files_says_so(serving):
    """It is sent as multipart/form-data, names the kinds of files, and cannot put one back."""
    house = serving(pages=None)
    address = "/avow/forms/job-application"
    text = house.browser().get(address).text
    assert 'enctype="multipart/form-data"' in text
    assert re.search(r'<input type="file" accept="\.pdf[^"]*" name="resume"', text)


def test_a_subscription_has_its_boxes(foreign):
    """To be measured waits for a yes of its own, and no box is ticked."""
    text = foreign.browser().get("/avow/forms/newsletter").text
    assert '<input type="checkbox" name="avow-agree" value="email-measurement">' in text
    assert "checked" not in text


@pytest.mark.parametrize("point", ["nobody", "page-view"])
def test_what_is_no_form_has_neither_page_nor_token(visitor, point):
    """No address that somebody makes up is a page of ours."""
    assert [visitor.get(f"/avow/forms/{point}{what}").status_code for what in ("", "/token")] == [404, 404]


def test_forms_of_the_privacy_centre_are_its_own(serving):
    """What a right is asked for with is no form of the company's pages."""
    house = serving(policy_of("complete"), pages=None)
    forms = {point for point in house.facts.forms.values() if point}
    assert all(house.browser().get(f"/avow/forms/{point}").status_code == 404 for point in forms)


def test_a_token_is_handed_out_to_pages_of_the_site_alone(foreign):
    """A cached page asks for it when somebody begins to write; no cache keeps it, and no page of others is given one."""
    browser = foreign.browser()
    answer = browser.get(f"{POST}/token", headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.headers["cache-control"] == "no-store"
    assert browser.get(f"{POST}/token", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    foreign.wait(seconds=MINUTE // 1000)
    fields = {"email": "robin@example.com", "message": "Hello", "avow-token": answer.json()["token"]}
    assert browser.post(POST, data=fields).status_code == 303


def test_a_script_is_answered_with_words_by_field(foreign):
    """As a problem (RFC 9457), and nothing of what was typed is in it."""
    answer = foreign.browser().post(POST, data={"email": "robin"}, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert set(answer.json()["errors"]) == {"email", "message"}
    assert "robin" not in answer.text


def test_a_script_is_told_the_page_of_thanks(foreign):
    """Where it leads a person afterwards, with the reference and what was dropped."""
    fields = {"email": "robin@example.com", "message": "Hello", "colour": "blue"}
    told = foreign.browser().post(POST, data=fields, headers={"Accept": "application/json"}).json()
    assert told["thanks"] == f"{POST}/thanks?reference={told['reference']}&dropped=colour"
