"""Signals, cookies, addresses, pages, agents: each read strictly."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avow.assurance import demonstration
from avow.collection import agents, events, places, signals, visits
from avow.policy import paths


@pytest.mark.parametrize(
    ("headers", "counts"), [(["1"], True), (["0"], False), (["0", "1"], True), (["1 , 0"], True), (["11"], False), ([], False)]
)
def test_gpc_is_exactly_one(headers, counts):
    """Any member that is exactly `1` counts (W3C GPC)."""
    assert ("gpc" in signals.read(headers, None, None).preferences) == counts


@given(st.text(max_size=200))
def test_no_cookie_is_trusted(text):
    """Whatever the cookie header holds, a visitor id is 32 hex digits or nothing."""
    found = signals.read([], None, text)
    assert found.visitor == "" or (len(found.visitor) == 32 and set(found.visitor) <= set("0123456789abcdef"))


def test_a_no_behind_the_cookies_of_others_counts():
    """However many a site has set before."""
    others = "".join(f"other{number}={'x' * 400}; " for number in range(60))
    assert signals.read([], None, f"{others}avow_choices=v1.ads").choices == {"ads"}


def test_of_several_choices_cookies_the_stricter_counts():
    """A no in one of them is a no; a yes is one in all of them, and never beside a no."""
    found = signals.read([], None, "avow_choices=v1.+ads.+news.+maps; avow_choices=v1.ads.+news.shop")
    assert (found.choices, found.consents) == ({"ads", "shop"}, {"news"})
    assert signals.read([], None, "avow_choices=v1.+ads; avow_choices=damaged").consents == frozenset()


def test_choices_survive_their_cookie():
    """What is written into the cookie is read from it."""
    said = signals.Said(frozenset({"audience-measurement", "ads"}), frozenset({"news"}), frozenset({"maps"}))
    value = signals.choices_cookie(said.opted_out, said.opted_in, said.allowed)
    assert signals.read([], None, f"avow_choices={value}").said == said


def test_what_was_allowed_is_no_consent():
    """A later policy may wait for a yes where an earlier one did not: `~` is not taken for one, also by a next answer."""
    found = signals.read([], None, "avow_choices=v1.~ads.~maps.+news")
    assert (found.choices, found.consents, found.allowed) == (frozenset(), {"news"}, {"ads", "maps"})
    then = found.said.then(frozenset({"maps"}), frozenset({"shop"})).where_waited_for(frozenset({"ads", "shop"}))
    assert then == signals.Said(frozenset({"maps"}), frozenset({"shop"}), frozenset({"news"}))


@pytest.mark.parametrize(
    ("sent", "kept"), [("https://A.example:8080/x?y", "a.example"), ("b.example", "b.example"), ("http://[bad", ""), ("", "")]
)
def test_referrer_is_a_host(sent, kept):
    """Only the host of a referrer is kept."""
    assert paths.referrer_host(sent) == kept


def test_address_comes_from_a_trusted_proxy_only():
    """X-Forwarded-For is read from the right, past trusted proxies; an untrusted peer cannot forge it."""
    trusted = frozenset({"10.0.0.1", "10.0.0.2"})
    assert visits.client_address("10.0.0.1", "6.6.6.6, 192.0.2.5, 10.0.0.2", trusted) == "192.0.2.5"
    assert visits.client_address("192.0.2.9", "6.6.6.6", trusted) == "192.0.2.9"
    assert visits.client_address("10.0.0.1", "nonsense", trusted) == ""


def test_address_of_ipv4_is_the_same_in_either_writing():
    """A proxy that listens on IPv6 writes both kinds as IPv6: country, visit and trust are those of the address itself."""
    trusted = frozenset({"10.0.0.1", "10.0.0.2"})
    assert visits.client_address("10.0.0.1", "::ffff:8.8.8.8", trusted) == "8.8.8.8"
    assert visits.client_address("10.0.0.1", "8.8.8.8, ::ffff:10.0.0.2", trusted) == "8.8.8.8"
    assert visits.client_address("10.0.0.1", "2001:DB8:0::1", trusted) == "2001:db8::1"


@pytest.mark.parametrize(
    ("agent", "device", "robot"),
    [
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1",
            "phone",
            False,
        ),
        ("Mozilla/5.0 (Linux; Android 16; SM-X200) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36", "tablet", False),
        ("Mozilla/5.0 (Linux; Android 11; CUBOT_X20_PRO) Chrome/142.0.0.0 Mobile Safari/537.36", "phone", False),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 16_0) Mobile/15E148 baiduboxapp/13.30 (Baidu; P2 16.0)", "phone", False),
        ("Mozilla/5.0 (compatible; Baiduspider/2.0)", "desktop", True),
        ("Mozilla/5.0 (compatible; some_bot_7)", "desktop", True),
        ("Mozilla/5.0 (compatible; Googlebot/2.1)", "desktop", True),
        ("curl/8.0", "desktop", True),
        ("", "", True),
    ],
)
def test_agents_are_told_apart(agent, device, robot):
    """Device class by the words that browsers agreed on, robots by keyword."""
    assert (agents.describe(agent).device, agents.describe(agent).is_robot) == (device, robot)


@pytest.mark.parametrize(
    ("field", "sent", "kept"),
    [
        ("campaign", "leaflet / print / spring", "leaflet / print / spring"),
        ("campaign", "leaflet / robin@example.com / spring", "leaflet / - / spring"),
        ("link-followed", "https://user:pass@a.example:8443/x?mail=robin@example.com#y", "https://a.example:8443/x"),
        ("link-followed", "https://a.example/people/robin@example.com", "https://a.example/people/-"),
        ("link-followed", "/files/card.csv?for=robin@example.com", "/files/card.csv"),
        ("link-followed", "https://a.example/cart;jsessionid=1A530/next;of=robin?x", "https://a.example/cart/next"),
        ("page", "/cart;jsessionid=1A530637289A03B07199A44E8D531427", "/cart"),
        ("page", ";jsessionid=1A530637289A03B07199A44E8D531427", "/"),
        ("link-followed", "javascript:alert(1)", ""),
        ("link-followed", "http://[", ""),
        ("engagement-time", "31", "31"),
        ("engagement-time", "999999", "86400"),
        ("engagement-time", "-1", ""),
        ("engagement-time", "½", ""),
        ("scroll-depth", "100", "100"),
        ("language", "zh-Hant-TW", "zh-Hant-TW"),
        ("language", "robin@example.com", ""),
        ("language", "my name is Robin", ""),
        ("scroll-depth", "101", ""),
    ],
)
def test_field_of_the_tag_is_cut_again_on_the_server(field, sent, kept):
    """Whatever a browser sends, only what the field means is kept."""
    assert events.CUTS[field](sent) == kept


@given(st.sampled_from(sorted(events.CUTS)), st.text(max_size=500))
def test_no_text_breaks_a_cut(field, text):
    """Any text is cut to text, and cutting again changes nothing."""
    cut = events.CUTS[field](text)
    assert events.CUTS[field](cut) == cut if cut else True


@pytest.mark.parametrize(("address", "code"), [("8.8.8.8", "US"), ("127.0.0.1", ""), ("10.1.2.3", ""), ("unknown", ""), ("", "")])
def test_country_of_an_address(address, code):
    """An address in no country, or none at all, has no country."""
    assert places.country(address) == code


def test_of_long_agents_little_is_remembered():
    """Agents of 64 kB, each another one, cost memory for what is looked at of them alone."""
    agents.describe("Mozilla/5.0")  # reads the published list
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    for number in range(50):
        agents.describe(f"Mozilla/5.0 {number} " + "x" * 60_000)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 500_000


ANDROID = (
    "Mozilla/5.0 (Linux; Android {}; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/137.0.1.1 Mobile Safari/537.36"
)
#: As browsers inside applications write them, on telephones whose model, build or code name holds a robot's word.
PEOPLE = [
    ANDROID.format("14; 22101316G Build/UP1A.230620.001") + " Instagram 311.0.0 Android (34/14; 1080x2176; Xiaomi; ruby; mt6877)",
    ANDROID.format("15; CPH2609 Build/AP3A.240617.008") + " [FB_IAB/FB4A;FBAV/510.0.0.53.109;]",
    ANDROID.format("13; SM-A536B") + " Viber/22.3.1.0",
    ANDROID.format("12; Spider X1 Build/Crawler"),
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Slack/4.38.125 Chrome/124.0.6367.207 Electron/30.0.9 Sonic Slack_SSB/4.38.125",
]


@pytest.mark.parametrize("agent", PEOPLE)
def test_people_inside_applications_are_no_robots(agent):
    """A robot's word in the name of a telephone or of an application makes no robot of who uses it."""
    assert not agents.describe(agent).is_robot


@pytest.mark.parametrize(
    "agent",
    [
        "Viber",
        "Mozilla/5.0 (compatible; Sonic/1.0; http://sonic.example)",
        ANDROID.format("8.0; Pixel 2 Build/OPD3.170816.012; Storebot-Google/1.0"),
        ANDROID.format("6.0.1; Nexus 5X Build/MMB29P") + " (compatible; Googlebot/2.1)",
        "python-requests/2.32",
        "Ruby",
        "libcurl/8.0",
    ],
)
def test_robots_stay_robots(agent):
    """Where they write their names themselves."""
    assert agents.describe(agent).is_robot


def test_published_robots_are_robots_and_browsers_are_not():
    """The list knows robots that no keyword gives away; browsers of people are not on it."""
    assert agents.describe("Mozilla/5.0 (compatible; Google-InspectionTool/1.0)").is_robot
    assert agents.describe("BUbiNG (+http://law.di.unimi.it/BUbiNG.html)").is_robot
    assert [agent for agent in demonstration._AGENTS if agents.describe(agent).is_robot] == []
