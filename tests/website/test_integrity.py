"""The site from outside: a proxy that changes the tag, an old line on a page and a page that is gone are each told apart."""

import hashlib
from base64 import b64encode

import pytest

from avow.policy.rulebook.page_duties import LIMIT_TITLE, OPT_OUT_TITLE, PageDuties
from avow.website.fetching import Fetcher
from avow.website.integrity import PINNED_PAGE, PINNED_TAG, STABLE_PAGE, BuiltTag, Outcome, looks

TAG = "(() => {})();"
WITHIN = BuiltTag("/avow/static/page.0c0d.js", "sha384-" + b64encode(hashlib.sha384(TAG.encode()).digest()).decode())
BUILT = BuiltTag("/avow/static/tag.0a1b.js", "sha384-" + b64encode(hashlib.sha384(TAG.encode()).digest()).decode(), WITHIN)
LINE = '<script src="{}" integrity="{}" defer></script>'


#: What pages of a company must have that has a tag and sells something.
DUTIES = PageDuties("rule of choices", has_tag=True, policy_rule="rule of the policy")
NOTHING = PageDuties()
LINKS = '<footer><a href="/privacy-policy">Privacy policy</a><a href="/privacy/choices">Your Privacy Choices<img></a></footer>'


def look(fetcher, pages, duties=NOTHING):
    """Look at every address."""
    return tuple(step() for step in looks(fetcher, pages, BUILT, duties).values())


@pytest.fixture
def served(site):
    """A site as it was built, and a function that looks at it."""
    scripts = (BUILT.address, "/avow/tag.js", WITHIN.address, "/avow/page.js")
    site |= dict.fromkeys(scripts, TAG) | {"/": LINE.format(BUILT.address, BUILT.integrity)}
    return site, lambda *pages, **given: look(Fetcher(site.origin), pages or ("/",), **given)


def outcomes(seen):
    return {one.address: one.outcome for one in seen}


def test_site_as_built_is_up(served):
    """The tag under both addresses, and the page with its line."""
    _, looked = served
    assert set(outcomes(looked()).values()) == {Outcome.UP}


@pytest.mark.parametrize("changed", [TAG + "\n", "", "document.write('<img src=//other.example>')"])
def test_changed_tag_is_altered(served, changed):
    """A single byte more is another tag; the hash of what is served is told."""
    site, looked = served
    site[BUILT.address] = changed
    looks = looked()
    assert outcomes(looks)[PINNED_TAG] is Outcome.ALTERED
    assert BUILT.integrity in looks[0].detail
    assert outcomes(looks)["/avow/tag.js"] is Outcome.UP


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        (LINE.format("/avow/static/tag.9999.js", BUILT.integrity), Outcome.OLD_LINE),
        (LINE.format(BUILT.address, "sha384-other"), Outcome.OLD_LINE),
        (LINE.format("/avow/tag.js", "sha384-other"), Outcome.OLD_LINE),
        (LINE.format("/avow/tag.js", ""), Outcome.UP),
        (LINE.format("/avow/static/page.9999.js", WITHIN.integrity), Outcome.OLD_LINE),
        (LINE.format("/avow/page.js", "sha384-other"), Outcome.OLD_LINE),
        (LINE.format(WITHIN.address, WITHIN.integrity), Outcome.UP),
        (LINE.format("https://other.example/avow/tag.js", "sha384-x"), Outcome.UP),
        ("no tag at all", Outcome.UP),
    ],
)
def test_old_line_of_the_tag_is_told(served, line, outcome):
    """A page whose line is of an earlier build measures nothing, and nobody would notice."""
    site, looked = served
    site["/"] = line
    assert outcomes(looked())["/"] is outcome


def test_page_that_does_not_answer_is_down(served):
    """A missing page, an error of the server, one that leads to another host, and no server at all."""
    site, looked = served
    site |= {"/broken": (500, {}, ""), "/away": (302, {"Location": "https://other.example/"}, "")}
    found = {one.address: (one.outcome, one.status) for one in looked("/gone", "/broken", "/away")}
    assert (found["/gone"], found["/broken"], found["/away"]) == ((Outcome.DOWN, 404), (Outcome.DOWN, 500), (Outcome.DOWN, 0))
    nowhere = look(Fetcher("http://127.0.0.1:9"), ("/",))
    assert {one.outcome for one in nowhere} == {Outcome.DOWN}


def test_whom_a_page_loads_from_is_seen(served):
    """Script, style, frame, pixel and font of other origins, by what they are; not its own, nor where a link leads."""
    site, looked = served
    site["/"] = """<base-x><script src="//cdn.example/a.js"></script><script src="/own.js"></script>
        <link rel="preload stylesheet" href="https://fonts.example:8443/f.css"><link rel=canonical href="https://c.example/">
        <iframe src=" HTTPS://Frames.example/x "></iframe><img src="data:image/gif;base64,x"><img src="https://p.example/x.gif">
        <a href="https://linked.example/">x</a><img src="http://[broken"><object data="javascript:0"></object>"""
    (look,) = (one for one in looked() if one.address == "/")
    assert look.loads == {
        ("http://cdn.example", "script-src-elem"),
        ("https://fonts.example:8443", "default-src"),
        ("https://frames.example", "frame-src"),
        ("https://p.example", "img-src"),
    }


@pytest.mark.parametrize("address", [PINNED_PAGE, STABLE_PAGE])
def test_changed_script_of_all_parts_is_altered(served, address):
    """It has the tag within, and is looked at as the tag is."""
    site, looked = served
    site[WITHIN.address if address == PINNED_PAGE else address] = TAG + " "
    assert outcomes(looked())[address] is Outcome.ALTERED


@pytest.mark.parametrize(
    ("page", "told"),
    [
        (LINE.format("/avow/page.js", "") + LINKS, []),
        (LINE.format("/avow/tag.js", "") + LINKS.replace("/privacy-policy", "https://other.example/privacy-policy"), ["policy"]),
        (LINE.format("/avow/tag.js", "") + LINKS.replace('"/privacy', '"./privacy').replace("/choices", "/choices/?a=b#c"), []),
        (LINE.format("/avow/tag.js", "") + LINKS.replace("Your Privacy Choices", "More"), ["choices"]),
        (LINE.format("/avow/tag.js", "") + LINKS.replace("Your Privacy Choices", '<img alt="Your Privacy  choices">'), []),
        (LINE.format("/avow/tag.js", "") + LINKS.replace("<img>", ""), ["choices"]),
        (LINE.format("/avow/tag.js", "") + LINKS.replace("Your Privacy Choices<img>", f"{OPT_OUT_TITLE}"), []),
        (LINE.format("/avow/tag.js", "") + LINKS.replace("Your Privacy Choices<img>", f"{LIMIT_TITLE}"), ["choices"]),
        (LINE.format("/avow/tag.js", "") + f"<!-- {LINKS} -->", ["policy", "choices"]),
        (LINKS, ["tag"]),
        ("", ["policy", "choices", "tag"]),
    ],
)
def test_page_without_what_it_must_have_is_told_with_the_rule(served, page, told):
    """The links that the law asks for, by where they lead and what they are called, and the tag."""
    site, looked = served
    site["/"] = page
    found = looked(duties=DUTIES)[-1]
    words = {"policy": "rule of the policy", "choices": "rule of choices", "tag": "no tag"}
    assert [name for name, one in words.items() if one in found.detail] == told
    assert found.outcome is (Outcome.LACKING if told else Outcome.UP)


def test_of_two_duties_one_title_is_half(served):
    """Who sells and uses sensitive information has both links, or the one with the icon that does for both (11 CCR 7015)."""
    site, looked = served
    both = PageDuties("rule of opting out", "rule of limiting")
    site["/"] = f'<a href="/privacy/choices">{OPT_OUT_TITLE}</a>'
    assert "rule of limiting" in looked(duties=both)[-1].detail
    assert "rule of opting out" not in looked(duties=both)[-1].detail
    for links in (f'{site["/"]}<a href="/privacy/choices">{LIMIT_TITLE}</a>', LINKS):
        site["/"] = links
        assert looked(duties=both)[-1].outcome is Outcome.UP


def test_only_what_is_asked_is_missed(served):
    """Where nothing is sold a page needs no link to the choices, and without a tag in the policy none."""
    site, looked = served
    site["/"] = '<a href="/privacy-policy">Privacy</a>'
    assert looked(duties=PageDuties(policy_rule="rule of the policy"))[-1].outcome is Outcome.UP


def test_pages_of_avow_itself_are_where_the_links_lead(served):
    """The privacy centre and the policy have no tag, and need no link to themselves; a page whose name begins alike does."""
    site, looked = served
    site |= dict.fromkeys(("/privacy", "/privacy/choices", "/privacy-policy", "/privacy-news"), "<p>Words</p>")
    found = outcomes(looked("/privacy", "/privacy/choices", "/privacy-policy", "/privacy-news", duties=DUTIES))
    assert [found[path] is Outcome.LACKING for path in ("/privacy", "/privacy/choices", "/privacy-policy", "/privacy-news")] == [
        *([False] * 3),
        True,
    ]
