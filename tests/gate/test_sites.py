"""Which website a request is of: by the page that sent it, else by the host that was asked, and never by a guess."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avow.config import Configuration, Website
from avow.definitions import ConfigurationError
from avow.gate.sites import Sites, require_declared

SHOP = Website("shop", "https://shop.example.com", ("https://www.shop.example",))
MAIN = Website("main", "https://www.example.com/")


def configuration(*websites, **more):
    return Configuration(Path("data"), Path("policy.md"), "America/Los_Angeles", websites=websites, **more)


SITES = Sites(configuration(MAIN, SHOP))


@pytest.mark.parametrize(
    ("origin", "page", "host", "name"),
    [
        ("", "", "www.example.com", "main"),
        ("", "", "WWW.Example.com:443", "main"),
        ("", "", "shop.example.com", "shop"),
        ("", "", "www.shop.example", "shop"),
        ("https://shop.example.com", "", "127.0.0.1:8400", "shop"),
        ("https://shop.example.com", "", "www.example.com", "shop"),
        ("null", "", "www.example.com", "main"),
        ("https://elsewhere.example", "", "www.example.com", "main"),
        ("", "https://www.shop.example/basket?a=1", "www.example.com", "shop"),
        ("", "https://sam@www.shop.example/", "", "shop"),
        ("", "android-app://mail", "www.example.com", "main"),
        ("", "http://[", "www.example.com", "main"),
        ("", "", "www.example.com.", "main"),
        ("", "", "www.example.com.:443", "main"),
        ("https://shop.example.com.", "", "", "shop"),
        ("", "", "127.0.0.1:8400", ""),
        ("", "", "", ""),
        ("https://elsewhere.example", "", "elsewhere.example", ""),
        ("", "", "www.example.com.evil.example", ""),
        ("", "", "shop.example.com:8443", ""),
    ],
)
def test_the_first_word_that_names_a_website_decides(origin, page, host, name):
    """Ports that a scheme has anyway and letters in either case make no other website."""
    found = SITES.of(origin, page, host)
    assert (found.name if found else "") == name


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_whatever_headers_say_is_one_of_the_websites_or_none(origin, page, host):
    """No text of a stranger raises or makes a website."""
    assert SITES.of(origin, page, host) in (*SITES.all, None)


@pytest.mark.parametrize(
    ("host", "name"), [("a.example", "a"), ("A.example.:9480", "a"), ("a.example:80", ""), ("b.example", "")]
)
def test_a_line_of_a_log_may_leave_the_port_out(host, name):
    """Where one website alone has the host; a port that is there has to be the right one."""
    origins = {"a": "http://a.example:9480", "b1": "http://b.example:1", "b2": "http://b.example:2"}
    found = Sites(configuration(*(Website(one, origin) for one, origin in origins.items()))).of_line(host)
    assert (found.name if found else "") == name


def test_one_website_is_everything_there_is():
    """Whatever host a proxy hands on, as before there were several."""
    only = Sites(configuration(MAIN))
    assert only.of("", "", "127.0.0.1:8400") is only.first
    assert only.of("https://elsewhere.example", "", "x") is only.first


def test_a_record_of_a_website_that_is_gone_is_the_first_ones():
    """Its name stays in the record; letters about it come from a website that is there."""
    assert SITES.named("closed-last-year") is SITES.first


def test_the_policy_names_each_of_several_websites(complete_policy):
    """Of several, here or in the policy, each is a [website.NAME], or nothing says what is collected there."""
    with pytest.raises(ConfigurationError, match="“any name” is no"):
        require_declared(Sites(configuration(Website("any name", "https://x.example"))), [complete_policy])
    require_declared(SITES, [complete_policy])
    old = Website("www.example.com", "https://x.example", declared_as="main")
    require_declared(Sites(configuration(old, SHOP)), [complete_policy])
    assert Sites(configuration(old, SHOP)).first.website(complete_policy) == "main"
    with pytest.raises(ConfigurationError, match="“blog” is no"):
        require_declared(Sites(configuration(MAIN, Website("blog", "https://blog.example"))), [complete_policy])


def test_a_website_is_known_by_its_name_or_address(complete_policy):
    """The short form of the configuration has a name of its own choice."""
    by_address = Sites(configuration(Website("any", "https://www.lornecharts.example"))).first
    assert by_address.website(complete_policy) == "shop"
    assert SITES.all[0].website(complete_policy) == "main"


def test_an_only_website_says_which_of_several_it_will_be_before_there_are(complete_policy, published):
    """While a version that tells websites apart is announced, both hold: the one in force, which tells none apart, and it."""
    only = Sites(configuration(Website("www.example.com", "https://x.example", declared_as="main")))
    in_force = published.versions.in_force()
    require_declared(only, [in_force, complete_policy])
    assert (only.first.website(in_force), only.first.website(complete_policy)) == ("", "main")
    with pytest.raises(ConfigurationError, match="“main” is no"):
        require_declared(only, [in_force])


def test_a_website_that_a_version_does_not_name_takes_in_what_is_of_all_alone(complete_policy):
    """A version that was published while the server runs may have dropped it: nothing of the others comes in there."""
    dropped = Sites(configuration(MAIN, Website("blog", "https://blog.example"))).all[1]
    here = complete_policy.on_website(dropped.website(complete_policy))
    assert any(point.on for point in complete_policy.points.values())
    assert all(not point.on or point.on & set(complete_policy.messages) for point in here.points.values())
