"""The company's own pages, with the policy beside what it governs."""

import re

import pytest
from starlette.datastructures import Headers

from avow.web.assets import Assets
from avow.web.site import CompanySite

#: Pages that may be recorded: without a form, and with nothing that asks for a choice in its place.
RECORDED = {"/", "/products/rain-gauge"}
PAGES = ["/", "/products/field-barometer", "/products/rain-gauge", "/contact", "/careers", "/privacy-policy"]


@pytest.fixture
def site(house):
    return CompanySite(house.rooms, Assets())


@pytest.mark.parametrize("path", PAGES)
def test_every_page_carries_tag_pixel_and_privacy_links(visitor, path):
    """Tag, pixel for no script, the policy and the choices are on every page."""
    text = visitor.get(path).text
    assert text.count("<script ") == 2 + (path in RECORDED)
    points, choices = re.search(r'<script [^>]*data-points="([^"]+)" data-choices="([^"]+)" defer>', text).groups()
    assert points.startswith("page-view:dnt,gpc:page,referrer,campaign,language page-leave:dnt,gpc:page,")
    assert choices.startswith("audience-measurement returning-visitors campaign-measurement ")
    assert "<noscript><img" in text
    assert "/avow/pixel.gif?page=" in text
    assert '<a href="/privacy-policy">Privacy policy</a>' in text
    assert '<a href="/privacy/choices">Your Privacy Choices <img src="/avow/privacy-choices.svg"' in text


def test_notice_stands_beside_the_contact_form(visitor):
    """The notice at collection is on the page of the form (11 CCR 7012(c)), whose action is the collector."""
    text = visitor.get("/contact").text
    assert "Notice at collection" in text
    assert 'action="/avow/forms/contact-form"' in text


@pytest.mark.parametrize(("value", "shown"), [("1", True), ("0", False), ("11", False), (" 1x", False), ("true", False)])
def test_signal_is_shown_only_for_exactly_one(visitor, value, shown):
    """Sec-GPC counts only when it is exactly 1, and then the page says so (11 CCR 7025(c)(6))."""
    assert ("Opt-out preference signal honoured" in visitor.get("/", headers={"Sec-GPC": value}).text) is shown


def test_form_again_keeps_what_was_typed(site):
    """A form that was incomplete comes back with its values, escaped, and the words beside the field."""
    text = site.form_again("contact-form", {"message": "<b>rain</b>", "email": "robin"}, {"email": "Please give an address."})
    assert "&lt;b&gt;rain&lt;/b&gt;" in text
    assert 'value="robin"' in text
    assert "Please give an address." in text
    assert "rain</b>" not in text
    assert "data-point" not in text  # shown under the collector's address, it is no page view


def test_form_again_shows_the_signal_too(site):
    """The page after an incomplete form says as well that the signal was honoured."""
    assert "signal honoured" in site.form_again("contact-form", {}, {"": "Again."}, Headers({"sec-gpc": "1"}))


def test_thanks_page_shows_reference_and_dropped_names(visitor, site):
    """The reference number and the names of dropped fields are shown, escaped and limited."""
    query = {"reference": "MB-4F7Q2", "dropped": ["favourite-colour", "<script>alert(1)</script>"]}
    text = visitor.get(site.thanks_page("contact-form"), params=query).text
    assert "MB-4F7Q2" in text
    assert "favourite-colour" in text
    assert "<script>alert" not in text


def test_thanks_page_ignores_a_reference_that_is_none(visitor):
    """Only what looks like a reference number is shown."""
    assert "Your reference number" not in visitor.get("/contact/thanks", params={"reference": "call 555 now"}).text


@pytest.mark.parametrize(
    "path", ["/_layout", "/_layout.html", "/../conftest", "/%2e%2e/policy", "/contact.html", "/404", "/assets/site.css"]
)
def test_what_is_no_page_is_not_found(visitor, path):
    """Layouts, files outside and unhashed names are not served, and the answer is the company's page."""
    response = visitor.get(path)
    assert response.status_code == 404
    assert response.headers["content-security-policy"]


def test_assets_are_immutable_under_their_hash(visitor, site):
    """A style sheet's address holds its hash, so it may be cached for ever."""
    response = visitor.get(site._asset("site.css"))
    assert response.headers["cache-control"].endswith("immutable")
    assert response.headers["content-type"].startswith("text/css")


def test_gpc_file_tells_that_the_signal_is_honoured(visitor):
    """/.well-known/gpc.json follows the policy."""
    assert visitor.get("/.well-known/gpc.json").json() == {"gpc": True, "lastUpdate": "2026-11-01"}


def test_without_a_company_site_the_first_page_is_the_privacy_centre(serving):
    """An installation that only serves Avow's own pages still has a first page."""
    assert serving(pages=None).browser().get("/").headers["location"] == "/privacy"


def test_pages_of_the_site_ask_for_reports_beside_what_they_refuse(visitor):
    """The strict policy stays enforced; what follows from the privacy policy is report-only, and not for Avow's own pages."""
    headers = visitor.get("/contact").headers
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["content-security-policy-report-only"].startswith("default-src 'self'; ")
    assert headers["content-security-policy-report-only"].endswith("; report-uri /avow/csp-reports")
    assert "content-security-policy-report-only" not in visitor.get("/privacy").headers
