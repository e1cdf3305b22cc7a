"""The invented company's policy with something that it does not declare: words for `tests.houses.compiled` to put in."""

from __future__ import annotations

_BEFORE = "### When you ask about your information {#rights-form}"
_PLACE = """### How many see our pages {#counting}

Unless you opt out, another company's script sees which of our pages you look at. It keeps what it sees for one day.

```avow
[collection.place-script]
label        = "Counting script"
technology   = "tag"
source       = "device"
data         = ["page"]
purposes     = ["counting-readers"]
retention    = { days = 1 }
collected_by = "place"
loads        = "https://place.farsight.example/seen.js"
stores       = ["_farsight"]

[purpose.counting-readers]
label            = "Counting readers"
description      = "counting how many people look at our pages"
choice           = "opt-out"
business_purpose = "Cal. Civ. Code § 1798.140(e)(7)"

[recipient.place]
label      = "Farsight Placements"
role       = "service-provider"
services   = "counts the readers of our pages"
categories = ["F"]
purposes   = ["counting-readers"]
country    = "United States"
keeps_days = 0
origins    = ["https://place.farsight.example"]
opt_out    = "https://farsight.example/opt-out"

[recipient.place.contract]
signed                  = 2026-06-30
no_sale_or_sharing      = true
specific_purposes       = true
no_other_use            = true
no_combining            = true
same_protection         = true
checks                  = true
notice_if_unable        = true
stop_and_mend           = true
helps_with_requests     = true
same_for_subcontractors = true
```

"""
#: Another company's script, which loads until somebody opts out or their browser says so by a signal.
PLACE = ((_BEFORE, _PLACE + _BEFORE), ("stops    = [", 'stops    = ["counting-readers",'))
#: A policy whose right to delete is carried out by people, who are written to or called.
BY_PEOPLE = (
    (
        """[right.delete]
methods      = ["web", "email", "phone"]
verification = "by a link that we send to your e-mail address, and by questions about what you told us; \
for visits, by the cookie of the browser that asks"
autopilot    = true
level        = "by-sensitivity"
form         = "rights-request"
""",
        """[right.delete]
methods      = ["email", "phone"]
verification = "by the e-mail address that we hold"
level        = "by-sensitivity"
by_people    = true
""",
    ),
)
#: A switch of its own name for the use that waits for a yes.
RECORDING = (
    (
        "[purpose.page-improvement]",
        """[choice.recording]
label       = "Session recording"
description = "watching how a page is used"
stops       = ["page-improvement"]

[purpose.page-improvement]""",
    ),
)
#: No signal stops that a browser is recognised.
RECOGNISED = (('"audience-measurement", "returning-visitors", "campaign', '"audience-measurement", "campaign'),)

_NETWORK = _PLACE.partition("[recipient.place]")[0].replace("counting how many", "advertising, by how many")
_CONTRACT = """[recipient.place]
label      = "Farsight Placements"
role       = "third-party"
services   = "shows our advertisements on other websites"
categories = ["F"]
purposes   = ["counting-readers"]
country    = "United States"
keeps_days = 1
disclosure = "sharing"
own_use    = true
origins    = ["https://place.farsight.example"]
opt_out    = "https://farsight.example/opt-out"

[recipient.place.contract]
signed            = 2026-06-30
specific_purposes = true
same_protection   = true
forwards_opt_outs = true
checks            = true
notice_if_unable  = true
stop_and_mend     = true
```

"""
#: The same script, of a company that uses what it sees for itself: what people do is shared with it.
SHARING = (
    (_BEFORE, _NETWORK + _CONTRACT + _BEFORE),
    ("stops    = [", 'stops    = ["counting-readers",'),
)

_CLUB = """### When you join the weather club {#club}

Who joins our weather club gives an e-mail address and the year of birth. We send what the club measured, and delete both 12
months after our last exchange. Unless you opt out, an advertising network gets the address.

```avow
[collection.weather-club]
label      = "Weather club"
technology = "form"
source     = "consumer"
data       = ["email", "birth-year"]
required   = ["email", "birth-year"]
only       = { birth-year = ["weather-club"] }
purposes   = ["weather-club", "counting-readers"]
retention  = { months = 12, after = "last-contact" }
recipients = ["place"]

[purpose.weather-club]
label            = "Running the weather club"
description      = "sending members of the weather club what it measured"
business_purpose = "Cal. Civ. Code § 1798.140(e)(5)"

[data.birth-year]
label      = "Year of birth"
category   = "B"
max_length = 4
says_age   = "birth-year"
```

"""
#: With `SHARING`: a form that asks for an age, and gives its address to the company.
CLUB = (
    (_BEFORE, _CLUB + _BEFORE),
    ("keeps_days = 1\ndisclosure", 'keeps_days = 1\ninstruct   = "page"\ndisclosure'),
    ('categories = ["F"]\npurposes   = ["counting-readers"]', 'categories = ["A", "B", "F"]\npurposes   = ["counting-readers"]'),
    (
        'points   = ["contact-form"]\npurposes = ["answer-questions"]',
        'points   = ["contact-form", "weather-club"]\npurposes = ["answer-questions", "weather-club"]',
    ),
)

_INCENTIVE = """### The gauge club {#gauge-club}

Members of the gauge club get something for their data. You are in it only if you say yes, and you can leave at any time.

```avow
[incentive.gauge-club]
label             = "the gauge club"
offers            = "a new measuring glass each year"
terms             = "the glass is sent in March, and nothing has to be bought"
purposes          = ["gauge-club"]
value             = "about 5 dollars a year for each member"
method            = "incentive-expenses"
calculation       = "what glasses and postage cost us last year, divided by the number of members"
related           = "glass and postage cost us about as much"
asks_again_months = 18

[collection.gauge-club]
label      = "Form of the gauge club"
technology = "form"
source     = "consumer"
data       = ["name", "email"]
required   = ["email"]
purposes   = ["gauge-club"]
retention  = { months = 24, after = "last-contact" }

[collection.gauge-shelf]
label      = "Member's shelf"
technology = "tag"
source     = "device"
data       = ["page"]
purposes   = ["gauge-club"]
retention  = { months = 14 }

[purpose.gauge-club]
label            = "The gauge club"
description      = "sending members their glass, and learning how many there are"
choice           = "consent"
business_purpose = "Cal. Civ. Code § 1798.140(e)(5)"

[right.withdraw-consent]
methods      = ["web", "email", "phone"]
verification = "not at all"
level        = "none"
form         = "rights-request"
```

"""
_ANALYSED = '  "shop-click", "shop-purchase", "site-search", "server-log", "gauge-shelf",\n]\npurposes = ["gauge-club", '
#: A financial incentive: who says yes to it gives data, and gets something.
INCENTIVE = (
    (_BEFORE, _INCENTIVE + _BEFORE),
    (
        'points   = ["contact-form"]\npurposes = ["answer-questions"]',
        'points   = ["contact-form", "gauge-club"]\npurposes = ["answer-questions", "gauge-club"]',
    ),
    ('  "shop-click", "shop-purchase", "site-search", "server-log",\n]\npurposes = [', _ANALYSED),
)
