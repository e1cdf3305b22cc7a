"""What a policy may let browsers keep is what this version keeps: chosen values, in stores of their own, for nobody else."""

import pytest

from avow import policy

DATA = 'data        = ["units"]'
STORES = 'stores      = ["marrowby_preferences"]'
PERIOD = '{ days = 180, until = "consent-withdrawn" }'


@pytest.mark.parametrize(
    ("declared", "instead"),
    [
        (DATA, 'data        = ["units", "visitor-id"]'),
        (DATA, 'data        = ["units", "country"]'),
        (STORES, 'stores      = ["avow_visitor"]'),
        (STORES, 'stores      = ["one", "two"]'),
        (STORES, 'stores      = ["one; Domain=elsewhere.example"]'),
        (PERIOD, '{ days = 180, after = "last-contact" }'),
        (PERIOD, '{ days = 180, then = "deidentify" }'),
        (STORES, STORES + '\nrecipients  = ["mail-service"]'),
    ],
)
def test_cookie_that_would_hold_more_is_not_served(compiled, marrowby_text, declared, instead):
    """An identifier, a field of the server's, a cookie of Avow's own, another period, a recipient: AV0704."""
    assert declared in marrowby_text
    compilation = compiled(marrowby_text.replace(declared, instead))
    assert compilation.rulebook is None
    assert "AV0704" in {one.code for one in compilation.diagnostics}


def test_yes_taken_back_ends_a_period_only_in_the_browser(compiled, marrowby_text):
    """A record on the server is not erased by it yet, so a policy cannot say so."""
    text = marrowby_text.replace("retention   = { months = 14 }", 'retention   = { months = 14, until = "consent-withdrawn" }')
    assert "AV0706" in {one.code for one in compiled(text).diagnostics}
    assert compiled(marrowby_text).rulebook


def test_notice_says_that_the_browser_keeps_it(compiled, marrowby_text):
    """What is in the visitor's own browser is not said to be on the server, and the request map looks there for nothing."""
    rulebook = compiled(marrowby_text).rulebook
    page = policy.notice.policy_page(rulebook, policy.Ledger())
    assert "Preferences (cookie): your own browser keeps units, and nothing else." in page
    stores = {target.point: target.store for target in policy.request_map.request_map(rulebook)}
    assert (stores["preferences"], stores["page-leave"]) == ("browser", "events")
