"""A policy with something that is kept for a consent alone: a pool of people whom the company may write to about positions."""

POOL, PURPOSE = "talent-pool", "later-positions"
_TEXT = """### When you want to hear of later positions {#talent-pool}

If you say yes to it, we keep your name and your address for 24 months and write to you when a position fits. You can take your
yes back at any time; what you sent for it goes with it.

```avow
[collection.talent-pool]
label      = "Talent pool"
technology = "form"
source     = "consumer"
data       = ["name", "email", "message"]
required   = ["email"]
purposes   = ["later-positions"]
retention  = { months = 24, until = "consent-withdrawn" }

[purpose.later-positions]
label            = "Writing to you about later positions"
description      = "keeping who you are, to write to you when a position fits"
choice           = "consent"
business_purpose = "Cal. Civ. Code § 1798.140(e)(5)"
```

"""
_RIGHT = """[right.withdraw-consent]
methods      = ["web", "email"]
verification = "not at all"
level        = "none"
form         = "rights-request"

"""
_WRITE, _DELETE = "### When you write to us {#contact-form}", "[right.delete]"
#: What is replaced in the example policy (`tests.houses.compiled`).
PAIRS = (
    (_WRITE, _TEXT + _WRITE),
    (_DELETE, _RIGHT + _DELETE),
    (
        'points   = ["job-application", "background-agreement"]',
        'points   = ["job-application", "background-agreement", "talent-pool"]',
    ),
    ('purposes = ["recruiting"]\n\n[role.support]', 'purposes = ["recruiting", "later-positions"]\n\n[role.support]'),
)
