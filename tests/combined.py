"""The invented company's policy with a purpose that combines: words for `tests.houses.compiled`, or a file, to put in."""

from __future__ import annotations

PURPOSE = "understanding-enquiries"
_VIEWS = """only        = { visitor-id = ["returning-visitors"] }
purposes    = ["audience-measurement", "returning-visitors"]"""
_MESSAGES = """data       = ["name", "email", "company", "message"]
required   = ["email", "message"]
purposes   = ["answer-questions"]"""
_APPLICATIONS = """required   = ["position", "name", "email", "resume"]
purposes   = ["recruiting"]"""
_DECLARED = """
[purpose.understanding-enquiries]
label            = "Understanding what you ask"
description      = "seeing which of our pages you read before you wrote"
choice           = "consent"
business_purpose = "Cal. Civ. Code § 1798.140(e)(5)"
combines         = ["page-view", "contact-form", "job-application"]

[purpose.answer-questions]"""
#: What the privacy officer of the example works for, who shall see this as well.
_OFFICER = '"answer-requests", "answer-questions", "recruiting",'
#: A purpose that puts visits, messages and applications of one person together, with what it needs of each.
COMBINED = (
    (
        _VIEWS,
        """only        = { visitor-id = ["returning-visitors", "understanding-enquiries"] }
purposes    = ["audience-measurement", "returning-visitors", "understanding-enquiries"]""",
    ),
    (
        _MESSAGES,
        """data       = ["name", "email", "company", "message", "visitor-id"]
required   = ["email", "message"]
only       = { visitor-id = ["understanding-enquiries"], company = ["answer-questions"] }
purposes   = ["answer-questions", "understanding-enquiries"]""",
    ),
    (
        _APPLICATIONS,
        """required   = ["position", "name", "email", "resume"]
only       = { resume = ["recruiting"], letter = ["recruiting"] }
purposes   = ["recruiting", "understanding-enquiries"]""",
    ),
    ("\n[purpose.answer-questions]", _DECLARED),
    (_OFFICER, f'{_OFFICER} "{PURPOSE}",'),
)


def combined(text: str) -> str:
    """Return the text of the policy with the purpose in it."""
    for old, new in COMBINED:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text
