"""Subscriptions and clear GIFs: what this version carries out of them, and which clear GIF measures which list."""

import pytest

from avow import policy

GIF = 'data       = ["email", "mailing", "link-followed"]'
LIST = 'data       = ["email"]\nrequired   = ["email"]\npurposes   = ["newsletter"]'
ENDS = '{ years = 3, after = "last-contact", until = "unsubscribed" }'


@pytest.mark.parametrize(
    ("declared", "instead", "code"),
    [
        (GIF, 'data       = ["email", "link-followed"]', "AV0704"),
        (GIF, 'data       = ["email", "mailing", "page"]', "AV0704"),
        (GIF, 'data       = ["email", "mailing", "visitor-id"]', "AV0704"),
        ('label       = "Letter"\ncategory    = "F"', 'label       = "Letter"\ncategory    = "A"', "AV0704"),
        (LIST, 'data       = ["email"]\npurposes   = ["newsletter"]', "AV0704"),
        (LIST, LIST.replace('["email"]', '["email", "resume"]', 1), "AV0704"),
        ("retention  = { months = 12 }", 'retention  = { months = 12, until = "unsubscribed" }', "AV0706"),
        (ENDS, '{ years = 3, after = "last-contact", until = "opted-out" }', "AV0706"),
        ('choice           = "consent"\nbusiness_purpose = "Cal. Civ. Code § 1798.140(e)(7)"\n\n[data.mailing]',
         'choice           = "opt-out"\nbusiness_purpose = "Cal. Civ. Code § 1798.140(e)(7)"\n\n[data.mailing]', "AV0314"),
    ],
)  # fmt: skip
def test_what_nobody_would_carry_out_is_not_served(compiled, marrowby_text, declared, instead, code):
    """Items that a clear GIF cannot tell, a list without an address, an end that nobody sees, measuring without a yes."""
    assert declared in marrowby_text
    compilation = compiled(marrowby_text.replace(declared, instead))
    assert compilation.rulebook is None
    assert code in {one.code for one in compilation.diagnostics}


def test_a_list_and_its_measuring_are_served_and_found_again(marrowby):
    """The subscription is sealed whole and found by its address, and so is what its e-mails tell."""
    targets = {one.point: one for one in policy.request_map.request_map(marrowby)}
    assert (targets["newsletter"].store, targets["letter-opened"].store) == ("submissions", "events")
    assert {kind.value for kind in targets["letter-opened"].identifiers} == {"email"}
    assert marrowby.measuring("newsletter").name == "letter-opened"
    assert marrowby.measuring("contact-form") is not None  # on no message in particular, so on all
    assert marrowby.measuring("unheard-of") is None


def test_a_clear_gif_measures_the_list_of_its_own_messages(complete):
    """Where messages are declared, the two have one in common."""
    assert complete.measuring("subscription").name == "letter-opened"
    assert complete.measuring("unheard-of") is None
