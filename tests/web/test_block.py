"""The one block that `avow tag` prints for pages that Avow does not serve."""

from __future__ import annotations

import re

import pytest
from tests.houses import compiled

from avow.policy.rulebook.page_duties import page_duties
from avow.web.assets import Assets
from avow.web.block import block

from .serving import policy_of


def printed(rulebook, website="", *, pinned=True):
    return str(block(rulebook, website, Assets(), pinned=pinned))


def scripts(text):
    """Return the files of the scripts, without their hashes."""
    return [re.sub(r"\.[0-9a-f]{16}\.", ".", one) for one in re.findall(r'<script src="([^"]+)"', text)]


def test_everything_that_the_policy_has_is_in_one_script():
    """Tag, preferences, choices, recorder and forms; the links of the footer, and the pixel for who runs no script."""
    text = printed(compiled())
    assert scripts(text) == ["/avow/static/page.js"]
    assert 'data-parts="tag preferences choices recorder forms" data-points="page-view:' in text
    links = re.findall(r'<a href="([^"]+)">([^<]+)</a>', text)
    assert links[:2] == [("/privacy-policy", "Privacy policy"), ("/avow/notices/page-view", "Notice at collection: Page visits")]
    assert '<a href="/privacy/choices">Your Privacy Choices <img src="/avow/privacy-choices.svg"' in text
    assert ("/avow/notices/contact-form", "Notice at collection: Contact form") in links
    assert text.endswith('<noscript><img src="/avow/pixel.gif" alt="" width="1" height="1"></noscript>')


def test_what_the_policy_lacks_is_left_out():
    """A policy with a tag alone has the tag's own script, no pixel, and no link to choices."""
    text = printed(policy_of("minimal"))
    assert "avow/pixel" not in text
    assert "/privacy/choices" not in text
    assert '<a href="/privacy-policy">' in text
    assert all("data-parts" not in line or "recorder" not in line for line in text.splitlines())


def test_each_website_has_its_own():
    """A point that is declared on another website is in no part of this one's block."""
    complete = policy_of("complete")
    assert set(complete.websites) == {"main", "shop"}
    both = {name: printed(complete, name) for name in complete.websites}
    assert both["main"] != both["shop"]
    away = [point.name for point in complete.points.values() if point.on and not point.is_on("shop", complete.messages)]
    assert away
    assert not [name for name in away if f"/avow/notices/{name}" in both["shop"] or f"{name}:" in both["shop"]]


def test_who_sells_has_the_link_with_its_title_and_icon(visitor):
    """Title and icon are the regulation's, next to each other (11 CCR 7015(b)); the icon is served."""
    complete = policy_of("complete")
    assert page_duties(complete, "main").choices_rule
    text = printed(complete, "main")
    assert (
        '<a href="/privacy/choices">Your Privacy Choices <img src="/avow/privacy-choices.svg" alt="" width="30" height="14"></a>'
        in text
    )
    icon = visitor.get("/avow/privacy-choices.svg")
    assert (icon.status_code, icon.headers["content-type"].partition(";")[0]) == (200, "image/svg+xml")


@pytest.mark.parametrize("name", ["page.js", "stub.js", "form.js", "tag.js", "preferences.js", "choices.js", "replay.js"])
def test_scripts_are_there_under_names_that_stay(visitor, name):
    """What pages name by hand, the lines of before among it."""
    answer = visitor.get(f"/avow/{name}")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "public, max-age=3600")


def test_unpinned_nothing_of_this_build_is_named(visitor):
    """No hash in any line, and each script and image is there under the name that stays."""
    text = printed(policy_of("complete"), "main", pinned=False)
    found = re.findall(r'src="([^"]+\.(?:js|svg))"', text)
    assert {"/avow/page.js", "/avow/privacy-choices.svg"} <= set(found)
    assert "integrity" not in text
    assert {visitor.get(one).status_code for one in found} == {200}


def test_each_notice_that_is_linked_is_a_page(visitor):
    """Whoever follows the link reads the notice of just that, with what it says of selling and keeping."""
    for address in re.findall(r'"(/avow/notices/[^"]+)"', printed(compiled())):
        text = visitor.get(address).text
        assert 'class="notice-at-collection"' in text
        assert "Notice at collection" in text
    assert visitor.get("/avow/notices/nobody").status_code == 404
