"""The policy as Content-Security-Policy and Permissions-Policy: what is declared, nothing else, and nothing injected."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avow.definitions import Technology
from avow.policy.rulebook.audience import Audience
from avow.policy.rulebook.browser_policy import (
    FEATURES,
    as_apache,
    as_header,
    as_meta,
    as_nginx,
    content_security_policy,
    headers,
    is_origin,
    permissions_policy,
)

ADS = "https://place.farsight.example"
NOT_ORIGINS = [
    "https://pixel.example; script-src *",
    "https://pixel.example\r\nSet-Cookie: a=b",
    "https://pixel.example\n",
    "https://pixel.example'",
    'https://pixel.example"',
    "https://pixel.example/",
    "https://pixel.example/path",
    "https://*.example",
    "https://user@pixel.example",
    "https://pixel.example:99999",
    "https://Pixel.example",
    "https://-.example",
    "http://pixel.example",
    "pixel.example",
    "https:",
    "*",
    "",
]


def with_origins(rulebook, *origins):
    """Return the rulebook as if one recipient had these origins."""
    name, recipient = next(iter(rulebook.recipients.items()))
    return replace(rulebook, recipients={**rulebook.recipients, name: replace(recipient, origins=origins)})


def test_pages_load_from_themselves_and_from_declared_origins(complete, marrowby):
    """Each declared origin, and none where none is declared."""
    assert content_security_policy(complete)["script-src"] == ("'self'", ADS)
    assert ADS not in repr(content_security_policy(marrowby))
    assert content_security_policy(with_origins(marrowby, ADS))["default-src"] == ("'self'", ADS)


@pytest.mark.parametrize(
    ("technology", "needs"),
    [
        (Technology.TAG, {"script-src", "connect-src", "img-src"}),
        (Technology.PIXEL, {"img-src"}),
        (Technology.FORM, {"form-action"}),
        (Technology.COOKIE, {"default-src", "img-src"}),
    ],
)
def test_an_origin_may_do_what_its_declared_technology_needs(complete, technology, needs):
    """A declared script is no frame, no font and no target of a form; what says no element of a page may be any."""
    taken = {
        name: replace(point, technology=technology) if point.collected_by == "ad-network" else point
        for name, point in complete.points.items()
    }
    policy = content_security_policy(replace(complete, points=taken))
    assert {directive for directive, sources in policy.items() if ADS in sources} == needs


def test_a_website_loads_from_the_recipients_of_its_own_points(complete):
    """An origin that no collection point of the website leads to is not there."""
    for website in complete.websites:
        points = Audience(website).points(complete)
        named = any("ad-network" in point.recipients or point.collected_by == "ad-network" for point in points)
        assert (ADS in repr(content_security_policy(complete, Audience(website)))) is named


def test_reports_go_to_our_own_origin_by_both_ways(marrowby):
    """report-to with its endpoint over TLS, report-uri always; plain HTTP would lose what report-to takes."""
    over_tls = headers(marrowby)
    assert over_tls["Reporting-Endpoints"] == 'avow="/avow/csp-reports"'
    assert over_tls["Content-Security-Policy-Report-Only"].endswith("report-uri /avow/csp-reports; report-to avow")
    plain = headers(marrowby, over_tls=False)
    assert "Reporting-Endpoints" not in plain
    assert plain["Content-Security-Policy-Report-Only"].endswith("report-uri /avow/csp-reports")
    assert set(headers(marrowby, report_only=False)) >= {"Content-Security-Policy", "Permissions-Policy"}


def test_what_no_point_declares_is_switched_off(marrowby):
    """Every feature, until a collection point takes data that needs it."""
    assert permissions_policy(marrowby) == dict.fromkeys(FEATURES, ())
    located = replace(marrowby.data["page"], sensitive="S3")
    moved = replace(marrowby, data={**marrowby.data, "page": located})
    assert [name for name, who in permissions_policy(moved).items() if who] == ["geolocation"]
    assert "geolocation=(self);report-to=avow" in headers(moved)["Permissions-Policy-Report-Only"]
    assert "camera=();report-to=avow" in headers(moved)["Permissions-Policy-Report-Only"]


def test_meta_has_no_directive_that_it_ignores(complete):
    """Neither reports nor frame-ancestors; it stands escaped in its attribute."""
    element = as_meta(complete, Audience())
    assert not re.search(r"frame-ancestors|report-", element)
    assert "script-src &#39;self&#39; https://place.farsight.example;" in element


def test_snippets_hold_the_header_values(complete):
    """nginx and Apache set what the header printout says, each value in one pair of quotes."""
    for line in as_header(complete, Audience()).splitlines():
        name, _, value = line.partition(": ")
        apache = value.replace('"', '\\"')
        assert f'Header always set {name} "{apache}"' in as_apache(complete, Audience())
        nginx = f"""'{value.replace("'", chr(92) + "'")}'""" if '"' in value else f'"{value}"'
        assert f"add_header {name} {nginx} always;" in as_nginx(complete, Audience())


@pytest.mark.parametrize("text", NOT_ORIGINS)
def test_what_is_no_origin_comes_into_no_header(marrowby, text):
    """Neither through the check nor from a version that was published before it."""
    assert not is_origin(text)
    assert headers(with_origins(marrowby, text)) == headers(marrowby)


@given(st.text(max_size=60).map(lambda text: f"https://{text}") | st.text(max_size=40))
def test_no_text_is_an_origin_and_more(text):
    """Whatever passes has no sign that ends a source, a directive, a quoted value or a line."""
    if is_origin(text):
        assert re.fullmatch(r"https://[a-z0-9.-]+(:[0-9]+)?", text)


def test_origins_are_origins(complete):
    """Host, port, punycode."""
    for text in (ADS, "https://a.example:8443", "https://xn--bcher-kva.example", "https://127.0.0.1:1"):
        assert is_origin(text)


@pytest.mark.parametrize(
    ("address", "is_plain", "names"), [("https", False, True), ("http", False, False), ("https", True, False)]
)
def test_over_plain_http_reports_go_to_their_address(marrowby, address, is_plain, names):
    """Browsers ignore `report-to` there, and with it `report-uri`; the website's address says it, or the installation's."""
    rulebook = replace(marrowby, controller=replace(marrowby.controller, website=f"{address}://www.marrowby.example"))
    for printer in (as_header, as_nginx, as_apache):
        printed = printer(rulebook, Audience(over_plain_http=is_plain))
        assert ("report-to" in printed, "Reporting-Endpoints" in printed, "report-uri /avow" in printed) == (names, names, True)
