"""Every diagnostic stands at its word: each case breaks the small policy in one place.

That there is no code without an example, which shows it alone, is held by test_explanations; these cases are about places, and
about the several ways into one code.
"""

import re
from datetime import date

import pytest

from avow import policy
from avow.policy.findings.diagnostics import Severity

#: How the small policy declares the right to know.
VERIFIED = 'verification = "by a link sent to your e-mail address"\nlevel        = "reasonable"\n'
KNOW = f'methods      = ["web", "phone"]\n{VERIFIED}form'

#: code, what is replaced, by what, and the words that must be underlined.
CASES = [
    ("AV0101", 'label    = "Page"', 'label    = "Page', 'label    = "Page'),
    ("AV0101", "keeps_days = 0", "keeps_days = ", "keeps_days ="),
    ("AV0101", 'label    = "Page"', 'label    = "Page" F', "F"),
    ("AV0102", "[signal.dnt]", "[signall.dnt]", "signall"),
    ("AV0102", "[right.delete]", "[right.forget]", "forget"),
    ("AV0103", 'source      = "device"', 'source      = "device"\nlable = "x"', "lable"),
    ("AV0103", "checks                  = true", "cheks = true", "cheks"),
    ("AV0103", "{ months = 13 }", "{ months = 13, befor = 1 }", "befor"),
    ("AV0104", 'services   = "delivers e-mail"\n', "", "post"),
    ("AV0104", "signed                  = 2026-01-15\n", "", "contract"),
    ("AV0105", 'technology  = "tag"', 'technology  = "tga"', "tga"),
    ("AV0105", "max_length = 32", 'max_length = "32"', "32"),
    ("AV0105", "max_length = 32", "max_length = 0", "0"),
    ("AV0105", "{ months = 13 }", "{ months = 13, days = 3 }", "{ months = 13, days = 3 }"),
    ("AV0105", 'choice      = "opt-out"\n\n[purpose.return]', "choice = 1\n\n[purpose.return]", "1"),
    ("AV0105", "effective = 2026-03-01", 'effective = "soon"', "soon"),
    ("AV0105", "effective = 2026-03-01", "effective = 9999-12-31", "9999-12-31"),
    ("AV0105", 'required   = ["email"]', 'required   = "email"', "email"),
    ("AV0105", "```avow\n[changes]", "```avow\ndata = 3\n[changes]", "data"),
    ("AV0105", "{ months = 13 }", "13", "13"),
    ("AV0105", '{ visitor-id = ["return"] }', '"return"', "return"),
    ("AV0105", "signed                  = 2026-01-15", 'signed = "soon"', "soon"),
    ("AV0105", "checks                  = true", 'checks = "yes"', "yes"),
    (
        "AV0105",
        "keeps_days = 0",
        'keeps_days = 0\norigins = ["https://post.example; img-src *"]',
        "https://post.example; img-src *",
    ),
    ("AV0106", "[data.text]", '[data.text]\nlabel = "T"\ncategory = "D"\n```\n\n```avow\n[data.text]', "text"),
    ("AV0106", 'required   = ["email"]', 'required   = ["email", "email"]', "email"),
    ("AV0107", "{{ technologies }}", "{{ technologys }}", "{{ technologys }}"),
    ("AV0107", "{{ technologies }}", "See {{ technologies }} here.", "{{ technologies }}"),
    ("AV0108", 'languages = ["English"]\n```', 'languages = ["English"]', "```avow"),
    ("AV0109", "[data.browser]", '[data."Web Browser"]', "Web Browser"),
    ("AV0110", "## Letters {#letters}", "## Letters {#visits}", "Letters"),
    ("AV0115", 'label    = "Page"', 'label    = "Pa\u202ege"', "\u202e"),
    ("AV0115", "## Letters {#letters}", "## Let\u2066ters {#letters}", "\u2066"),
    ("AV0115", "You may ask to know", "You may \u202dask to know", "\u202d"),
    ("AV0115", 'label    = "Page"', 'label    = "Pa\\u202Ege"', "\\u202E"),
    ("AV0115", "You may ask to know", "You may &#8238;ask to know", "&#8238;"),
    ("AV0115", "You may ask to know", "You may \u200fask to know", "\u200f"),
    ("AV0201", '"page", "browser", "visitor-id"', '"page", "browser", "visitor-id", "pge"', "pge"),
    ("AV0202", 'purposes   = ["answer"]\nretention', 'purposes   = ["answer", "anser"]\nretention', "anser"),
    ("AV0203", 'recipients = ["post"]', 'recipients = ["post", "pots"]', "pots"),
    ("AV0204", 'form         = "letter"', 'form         = "leter"', "leter"),
    ("AV0205", "[data.text]", '[data.unused]\nlabel = "U"\ncategory = "D"\n[data.text]', "unused"),
    ("AV0206", "[purpose.answer]", '[purpose.idle]\nlabel = "I"\ndescription = "i"\n[purpose.answer]', "idle"),
    ("AV0207", 'recipients = ["post"]\n', "", "post"),
    ("AV0208", 'label    = "Page"\ncategory = "F"', 'label    = "Page"\ncategory = "Z"', "Z"),
    ("AV0208", 'categories = ["A", "D"]', 'categories = ["A", "D", "Q"]', "Q"),
    ("AV0209", "max_length = 2000", 'sensitive = "S12"', "S12"),
    ("AV0301", 'purposes   = ["answer"]\nretention', "purposes = []\nretention", "[]"),
    ("AV0301", 'purposes    = ["count", "return"]\n', "", "visit"),
    ("AV0302", 'retention  = { years = 2, after = "last-contact" }\n', "", "letter"),
    ("AV0302", "{ months = 13 }", '{ after = "collection" }', '{ after = "collection" }'),
    ("AV0303", "{ months = 13 }", '"as long as necessary"', "as long as necessary"),
    ("AV0303", "{ months = 13 }", '{ months = "some" }', "some"),
    ("AV0304", "Records are erased after 13 months.", "Records are erased periodically.", "periodically"),
    (
        "AV0304",
        "Records are erased",
        "We keep logs for as long as reasonably necessary. Records are erased",
        "for as long as reasonably necessary",
    ),
    ("AV0304", "Write to hello", "We retain letters indefinitely. Write to hello", "indefinitely"),
    ("AV0305", 'required   = ["email"]', 'required   = ["emial"]', "emial"),
    ("AV0305", '{ visitor-id = ["return"] }', '{ visitr-id = ["return"] }', "visitr-id"),
    ("AV0305", '{ visitor-id = ["return"] }', '{ visitor-id = ["answer"] }', "answer"),
    ("AV0306", 'categories = ["A", "D"]', 'categories = ["A"]', "post"),
    ("AV0306", 'purposes   = ["answer"]\ncountry', 'purposes   = ["count"]\ncountry', "post"),
    ("AV0308", 'choice      = "opt-out"\n\n[data.page]', 'choice = "none"\n\n[data.page]', "return"),
    ("AV0401", "checks                  = true", "checks                  = false", "not sell"),
    ("AV0703", "keeps_days = 0", "keeps_days = 30", "30"),
    ("AV0404", "We do not sell or share personal information.", "We do not sell personal information.", "not sell"),
    (
        "AV0501",
        "This page tells you what our shop in the village does with information about you. {.statement}",
        "We lock it.",
        "We lock it.",
    ),
    ("AV0501", "{{ chart }}", "{{ chart }}\n\n## Care {#care}\n\nIt is kept safe.", "It is kept safe."),
    ("AV0502", "erased after 13 months", "erased after 14 months", "14 months"),
    ("AV0502", "a cookie of 90 days", "a cookie of twelve weeks", "twelve weeks"),
    ("AV0502", "within 45 days", "within 45 business days", "45 business days"),
    ("AV0503", "We honor the Global Privacy Control.", "We do not honor the Global Privacy Control.", "not honor"),
    ("AV0503", "We honor the Global Privacy Control.", "Global privacy controls are not honored.", "not honored"),
    ("AV0503", "We do not respond to Do Not Track.\n\n", "We respond to Do Not Track.\n\n", "respond"),
    ("AV0504", "to know what we hold, twice", "to know or delete what we hold, twice", "twice"),
    ("AV0505", "Write to hello@tarn.example", "Write to hallo@tarn.example", "hallo@tarn.example"),
    ("AV0505", "or call 1-888-555-0101.", "or call 1-888-555-0102.", "1-888-555-0102"),
    ("AV0506", "You may ask to know", "You may ask to limit the use of it. You may ask to know", "ask to limit the use"),
    (
        "AV0506",
        "You may ask to know",
        "You have the right to opt out of the sale. You may ask to know",
        "right to opt out of the sale",
    ),
    ("AV0507", "We count visits", "We use it for other purposes. We count visits", "for other purposes"),
    (
        "AV0701",
        "[right.correct]",
        '[right.automated-decision]\nmethods = ["email", "post"]\nverification = "x"\nlevel = "none"\n[right.correct]',
        "automated-decision",
    ),
    (
        "AV0604",
        KNOW,
        'methods = ["phone"]\nverification = "by a link sent to your e-mail address"\nlevel = "reasonable"\nform',
        '["phone"]',
    ),
    (
        "AV0605",
        KNOW,
        'methods = ["web", "email"]\nverification = "by a link sent to your e-mail address"\nlevel = "reasonable"\nform',
        '["web", "email"]',
    ),
    (
        "AV0607",
        '[signal.gpc]\nstops    = ["count", "return"]\nsentence = "We honor the signal."\n',
        "",
        "Privacy at Tarn Lanterns",
    ),
    ("AV0608", "updated   = 2026-03-01", 'updated   = 2026-03-01\njurisdictions = ["US-XX"]', "US-XX"),
    ("AV0609", "{{ chart }}", "Soon.", "Privacy at Tarn Lanterns"),
    ("AV0114", "## Visits {#visits}", "## Visits {#visits site=shop}", "Visits"),
    ("AV0114", "## Visits {#visits}", "## Visits {#visits law=US-VA}", "Visits"),
    ("AV0210", 'source      = "device"', 'source      = "divice"', "divice"),
    ("AV0211", 'source      = "device"', 'source      = "device"\non = ["shop"]', "shop"),
    ("AV0212", 'required   = ["email"]', 'duties = ["tax"]', "tax"),
    ("AV0213", 'verification = "by a call back"', 'verification = "by a call back"\njurisdictions = ["US-VA"]', "US-VA"),
    (
        "AV0318",
        'choice      = "opt-out"\n\n[data.page]',
        'choice = "consent"\n\n[choice.both]\nlabel = "Both"\nstops = ["count", "return"]\n\n[data.page]',
        '["count", "return"]',
    ),
    ("AV0308", "[right.know]", '[choice.all]\nlabel = "All"\nstops = ["answer"]\n[right.know]', "answer"),
    ("AV0309", "{ months = 13 }", "{ count = { months = 13 } }", "return"),
    ("AV0310", "{ months = 13 }", "{ count = { months = 13 }, return = { days = 90 } }", "visitor-id"),
    ("AV0406", "keeps_days = 0", 'keeps_days = 0\ndisclosure = "sale"', "sale"),
    ("AV0508", "You may ask to know", "We obey subpoenas. You may ask to know", "subpoenas"),
    ("AV0508", "You may ask to know", "If our business is sold, we tell you. You may ask to know", "business is sold"),
    ("AV0508", "You may ask to know", "We keep résumés. You may ask to know", "résumés"),
    (
        "AV0504",
        "You may ask to know",
        "You may ask two (2) times in twelve (12) months for each of these requests. You may ask to know",
        "two (2) times",
    ),
    ("AV0509", "Records are erased", "We do not use cookies. Records are erased", "cookies"),
    ("AV0510", "Records are erased", "We use session replay. Records are erased", "session replay"),
    ("AV0511", "You may ask to know", "We share it with our partners. You may ask to know", "partners"),
    (
        "AV0512",
        "We tell you by a banner",
        "We may change this policy at any time. We tell you by a banner",
        "may change this policy",
    ),
    ("AV0513", "by_people    = true", 'by_people    = true\nexceptions = ["D9"]', "D9"),
    ("AV0514", "You may ask to know", "To opt out you must verify your identity. You may ask to know", "verify"),
    ("AV0515", 'level        = "reasonable"\nby_people', 'level = "none"\nby_people', "none"),
    ("AV0516", "children under 13", "children under 14", "14"),
    (
        "AV0517",
        "You may ask to know",
        "B. Electronic network activity: no. You may ask to know",
        "Electronic network activity",
    ),
    ("AV0522", "by_people    = true", "by_people    = true\nautopilot    = true", "true"),
    ("AV0610", "We treat you the same whether or not you use these rights. ", "", "Privacy at Tarn Lanterns"),
    ("AV0613", "{{ cross-site }}", "Soon.", "Privacy at Tarn Lanterns"),
    ("AV0616", "by_people    = true", "by_people    = true\nper_12_months = 2", "2"),
    ("AV0617", "[controller]", "metrics_by_people = true\n\n[controller]", "true"),
    ("AV0617", 'website = "https://tarn.example"', 'website = "https://tarn.example"\nlarge = true', "true"),
    ("AV0618", "max_length = 2000", 'sensitive = "S8"', "text"),
    ("AV0619", "{{ retention }}", "Soon.", "Privacy at Tarn Lanterns"),
    ("AV0624", '["email", "phone"]\nverification = "by a call back"', '["web", "phone"]\nverification = "by a call back"', "web"),
    ("AV0704", 'technology  = "tag"', 'technology  = "conversation"', "conversation"),
    ("AV0706", "{ months = 13 }", '{ months = 13, after = "contract-end" }', "contract-end"),
    ("AV0708", KNOW, KNOW.replace("\nform", "\nper_12_months = 2\nform"), "2"),
    ("AV0708", KNOW, KNOW.replace("\nform", '\nexceptions = ["D1"]\nform'), "D1"),
    (
        "AV0708",
        KNOW,
        KNOW.replace("address", "address and your passport"),
        "by a link sent to your e-mail address and your passport",
    ),
    ("AV0708", KNOW, KNOW.replace("by a link sent to your e-mail address", "by post"), "by post"),
    ("AV0708", 'methods    = ["email", "phone"]\n', 'methods    = ["email", "account"]\n', "account"),
    ("AV0709", 'languages = ["English"]', 'languages = ["English", "Spanish"]', "Spanish"),
    ("AV0709", "[controller]", 'metrics = "https://tarn.example/figures"\n\n[controller]', "https://tarn.example/figures"),
    (
        "AV0709",
        "[controller]",
        'metrics = "https://x.example/privacy/metrics"\n\n[controller]',
        "https://x.example/privacy/metrics",
    ),
    ("AV0706", "{ months = 13 }", '{ months = 13, until = "opted-out" }', "opted-out"),
    ("AV0706", "{ months = 13 }", '{ months = 13, until = "consent-withdrawn" }', "consent-withdrawn"),  # of a tag
    # what is usually slipped in a block, by somebody who does not know TOML
    ("AV0101", 'label    = "Page"', "label    = Page", "P"),
    ("AV0101", 'label    = "Page"', "label    = \u201cPage\u201d", "\u201c"),
    ("AV0101", 'label    = "Page"', 'label    : "Page"', ":"),
    ("AV0101", "{ months = 13 }", "{ months: 13 }", ":"),
    ("AV0101", "checks                  = true", "checks                  = True", "T"),
    ("AV0101", "effective = 2026-03-01", "effective = 03/01/2026", "3"),
    ("AV0101", 'required   = ["email"]', 'required   = ["email"', 'required   = ["email"'),
    ("AV0101", 'label    = "Page"', 'label    = "Page"\nlabel    = "Pages"', 'label    = "Pages"'),
    ("AV0102", "[changes]\n", "", "told_by"),
    ("AV0103", "{ months = 13 }", "{ weeks = 56 }", "weeks"),
    ("AV0105", "effective = 2026-03-01", 'effective = "2026-03-01"', "2026-03-01"),
    ("AV0105", 'email   = "hello@tarn.example"', 'email   = "hello.tarn.example"', "hello.tarn.example"),
    ("AV0104", "[recipient.post.contract]", "[recipient.pots.contract]", "pots"),
    ("AV0107", "{{ chart }}", "Here: {{ chart }}", "{{ chart }}"),
    ("AV0107", "{{ chart }}", "{{ chrat }}", "{{ chrat }}"),
    ("AV0107", "{{ technologies }}", "{{ includes shared.md }}", "{{ includes shared.md }}"),
    ("AV0108", "days_before = 30\n```", "days_before = 30\n", "```avow"),
    # marks that only look right
    ("AV0115", "```avow\n[changes]", "```Avow\n[changes]", "```Avow"),
    ("AV0115", "```avow\n[changes]", "```toml\n[changes]", "```toml"),
    ("AV0115", "```avow\n[changes]", "``avow\n[changes]", "``avow"),
    ("AV0115", "```avow\n[changes]", "    ```avow\n[changes]", "```avow"),
    ("AV0115", "## Visits {#visits}", "##Visits {#visits}", "##"),
    ("AV0115", "## Visits {#visits}", "## Visits {#visits", "{#visits"),
    ("AV0115", "## Visits {#visits}", "## Visits {#visits sites=shop}", "{#visits sites=shop}"),
    ("AV0115", "{{ chart }}", "{ chart }", "{ chart }"),
    ("AV0115", "{{ chart }}", "{{ chart }", "{{ chart }"),
    ("AV0115", "{.statement}", "{.statment}", "{.statment}"),
    ("AV0115", "## Visits {#visits}", "<!-- to do -->\n\n## Visits {#visits}", "<!-- to do -->"),
    ("AV0115", "We count visits", "We\x00 count visits", "\x00"),
    ("AV0115", "We count visits", "We <b>count</b> visits", "<b>"),
    ("AV0115", "We count visits", '<img src="x" onerror="alert(1)">We count visits', '<img src="x" onerror="alert(1)">'),
    # tables that are none, and rows that nobody sees
    ("AV0115", "We count visits", "| What | How long |\n| Visits | 13 months |\n\nWe count visits", "| What | How long |"),
    (
        "AV0115",
        "We count visits",
        "| What | How long |\n\n|---|---|\n| Visits | 13 months |\n\nWe count visits",
        "| What | How long |",
    ),
    ("AV0115", "We count visits", "| What | How long |\n|---|\n| Visits | 13 months |\n\nWe count visits", "| What | How long |"),
    ("AV0115", "We count visits", "What | How long\nVisits | 13 months\n\nWe count visits", "What | How long"),
    ("AV0115", "We count visits", "    | What | How long |\n    |---|---|\n\nWe count visits", "| What | How long |"),
    ("AV0115", "We count visits", "| What |\n|---|\n| Visits | 13 months |\n\nWe count visits", "| Visits | 13 months |"),
    (
        "AV0115",
        "We count visits",
        "| What | How |\n|---|---|\n| Visits | By tag |\nThat is all.\n\nWe count visits",
        "That is all.",
    ),
    # a line that is missing
    ("AV0101", "[data.browser]\n", "", 'label    = "Browser"'),
    ("AV0103", "[recipient.post.contract]\n", "", "signed"),
    ("AV0203", 'recipients = ["post"]', 'recipients = ["pots"]', "pots"),
    ("AV0208", 'label    = "Page"\ncategory = "F"', 'label    = "Page"\ncategory = "f"', "f"),
    ("AV0606", "updated   = 2026-03-01", "updated   = 2027-03-01", "2027-03-01"),
    ("AV0502", 'after = "last-contact"', 'after = "collection"', "2 years after our last exchange"),
]


def _underlined(found, text):
    return text.splitlines()[found.line - 1][found.column - 1 : found.column - 1 + found.length]


@pytest.mark.parametrize(("code", "old", "new", "words"), CASES)
def test_a_mistake_is_reported_once_at_its_word(compiled, small_text, code, old, new, words):
    """One mistake gives diagnostics of one code only, the first of them under the very words."""
    assert small_text.count(old) >= 1
    text = small_text.replace(old, new, 1)
    found = compiled(text).diagnostics
    # An unused purpose, recipient or data item may follow of what the case takes away.
    assert {item.code for item in found if item.code == code or item.severity is Severity.ERROR} == {code}
    assert words in [_underlined(item, text) for item in found if item.code == code]
    assert all(item.rule and item.mend and item.message for item in found)


#: How a slip in a block is written, and the words of its mend.
SLIPS = [
    ("label    = Page", 'write label = "Page"'),
    ("label    = \u201cPage\u201d", 'write straight quotes: label    = "Page"'),
    ("label    = 'Page", "end it with a quote on the same line"),
    ("label    =", "write one behind the equals sign"),
    ('label    : "Page"', "write an equals sign"),
    ('label "Page"', "write an equals sign"),
    ("label\u00a0= 2", "type the space of this line again"),
    ('label    = "Pa\x07ge"', "type the line again"),
    ("label    = yes", "write label = true"),
    ("label    = 2026-2-30", "year, month and day"),
    ('label    = ["Page"', "] at its end"),
    ("label    = { days = 2", "closed with }"),
    ("// a note", "begin a comment with #"),
    ('[data.pages two]\nlabel = "Page"', "words joined by hyphens"),
    ('[data.page]\nlabel = "Page"', "another name"),
]


@pytest.mark.parametrize(("written", "mend"), SLIPS)
def test_a_slip_in_a_block_is_told_in_plain_words(compiled, small_text, written, mend):
    """Who writes a policy need not know TOML: the mend says what to write, and the message has none of the reader's terms."""
    (found,) = compiled(small_text.replace('label    = "Page"', written, 1)).diagnostics
    assert found.code == "AV0101"
    assert mend in found.mend
    assert found.message.startswith("this block cannot be read: ")
    assert "TOML" not in found.message


def test_front_matter_is_no_part_of_a_policy(compiled, small_text):
    """Keys between dashes belong to other tools; visitors would read them."""
    (found,) = compiled(f"---\ntitle: Tarn\n---\n\n{small_text}").diagnostics
    assert (found.code, found.line) == ("AV0115", 1)


@pytest.mark.parametrize("text", ["", "\n \n", "# Hello\n", "We lock our shop at night. {.statement}\n"])
def test_a_file_without_a_block_has_one_finding(compiled, text):
    """Somebody who has just begun is told how to begin, not everything that is missing."""
    (found,) = compiled(text).diagnostics
    assert (found.code, "no avow block" in found.message) == ("AV0601", True)


def test_the_form_takes_what_is_asked_of_a_decision_and_people_carry_it_out(compiled, small_text):
    """The mend is no more than to say so; the form of any other right that people carry out is none."""
    offered = '[right.automated-decision]\nmethods = ["web", "phone"]\nverification = "x"\nlevel = "none"\n'
    (found,) = compiled(small_text.replace("[right.correct]", f"{offered}[right.correct]")).diagnostics
    assert (found.code, 'take "web" out' in found.mend) == ("AV0701", False)
    mended = compiled(small_text.replace("[right.correct]", f"{offered}by_people = true\n[right.correct]"))
    assert mended.diagnostics == ()
    assert mended.rulebook.rights["automated-decision"].by_form


def test_the_small_policy_has_no_finding(compiled, small_text):
    """The policy that every case breaks is itself without a finding."""
    assert compiled(small_text).diagnostics == ()


def _codes(compilation):
    return [item.code for item in compilation.diagnostics]


def test_a_missing_controller_is_reported(compiled, small_text):
    """A policy says who answers for it."""
    start, end = small_text.index("[controller]"), small_text.index('website = "https://tarn.example"\n')
    text = small_text[:start] + small_text[end + len('website = "https://tarn.example"\n') :]
    assert _codes(compiled(text)) == ["AV0601"]


def test_a_visitor_number_needs_a_cookie_lifetime(compiled, small_text):
    """An identifier in a cookie has a declared last day."""
    text = small_text.replace(" by a cookie of 90 days", "").replace("cookie_days = 90\n", "")
    assert _codes(compiled(text)) == ["AV0307"]


DENIAL = "We do not sell or share personal information."


OF_THE_YOUNG = [
    "We do not sell or share the personal information of people under 16.",
    "We do not sell or share information about anybody whom we know to be under 16, and ask nobody's age.",
    "We do not sell or share the information of children, or of minors.",
]
OF_EVERYBODY = [
    "We do not sell or share information about anybody, so we do not do it with people under 16 either.",
    "We do not sell or share your personal information, including that of children.",
    "We do not sell or share your personal information whether you are under 16 or not.",
    "We do not sell or share personal information (or that of minors).",
]


@pytest.mark.parametrize("sentence", [*OF_THE_YOUNG, *OF_EVERYBODY])
def test_a_denial_is_of_the_young_alone_where_it_says_so_of_the_information(compiled, small_text, sentence):
    """What is said of people of some age behind a denial for everybody excuses nothing. Rule: Cal. Civ. Code § 1798.120(c)."""
    text = small_text.replace(DENIAL, sentence).replace('role       = "service-provider"', 'role       = "third-party"')
    assert ("AV0401" in _codes(compiled(text))) is (sentence in OF_EVERYBODY)


def test_a_provider_without_a_compliant_contract_is_a_third_party(compiled, small_text):
    """The lack of one clause is enough, where no prose denies sale."""
    text = small_text.replace(DENIAL, "").replace("no_other_use            = true\n", "")
    assert _codes(compiled(text)) == ["AV0402"]


def test_a_provider_that_uses_data_for_itself_is_none(compiled, small_text):
    """A contract does not help when the data serves the recipient's own purposes."""
    text = small_text.replace(DENIAL, "").replace("keeps_days = 0", "keeps_days = 0\nown_use = true")
    assert _codes(compiled(text)) == ["AV0406"]


def test_a_third_party_is_owed_clauses_an_opt_out_and_the_signal(compiled, small_text):
    """Each is reported."""
    text = small_text.replace(DENIAL, "").replace('role       = "service-provider"', 'role       = "third-party"')
    assert set(_codes(compiled(text))) == {"AV0405", "AV0408", "AV0409"}


def test_a_declared_third_party_contradicts_the_denial(compiled, small_text):
    """The role is enough, whatever the contract says."""
    found = compiled(small_text.replace('role       = "service-provider"', 'role       = "third-party"')).diagnostics
    assert [item.code for item in found] == ["AV0401"]
    assert "it is declared as one" in found[0].message


def test_a_missing_right_is_reported(compiled, small_text):
    """To know and to delete are offered by everyone."""
    text = small_text.replace(f'[right.delete]\nmethods      = ["web", "phone"]\n{VERIFIED}', "")
    assert _codes(compiled(text)) == ["AV0602"]


def test_a_state_that_knows_appeals_wants_one_offered(compiled, small_text):
    """Colorado lets people appeal when a request is refused; California does not."""
    text = small_text.replace("updated   = 2026-03-01", 'updated   = 2026-03-01\njurisdictions = ["US-CA", "US-CO"]')
    (found,) = compiled(text).diagnostics
    assert (found.code, "appeal" in found.message, "US-CO" in found.message) == ("AV0602", True, True)


@pytest.mark.parametrize(("today", "codes"), [(date(2027, 1, 15), []), (date(2027, 3, 2), ["AV0606"])])
def test_a_policy_must_be_updated_within_twelve_months(compiled, small_text, today, codes):
    """The last good day is the same day of the next year."""
    text = small_text.replace("keeps_days = 0", "keeps_days = 0\nchecked = 2027-01-15")
    assert _codes(compiled(text, today)) == codes


def test_the_yearly_review_and_the_check_of_a_contract_are_reminded_of(compiled, small_text):
    """Thirty days before the policy is a year old, and when a contract was not checked for as long."""
    found = compiled(small_text, date(2027, 2, 1)).diagnostics
    assert [(item.code, item.severity) for item in found] == [("AV0623", "warning"), ("AV0407", "warning")]


def test_a_number_that_costs_money_is_not_enough(compiled, small_text):
    """The toll-free number is one that is free to call; the error stands at the number."""
    text = small_text.replace("1-888-555-0101", "1-415-555-0101")
    found = compiled(text).diagnostics
    assert {(item.code, _underlined(item, text)) for item in found} == {("AV0605", "1-415-555-0101")}


def test_a_business_that_is_online_only_needs_one_method(compiled, small_text):
    """E-mail alone suffices for a business that deals with people online only."""
    text = small_text.replace('website = "https://tarn.example"', 'website = "https://tarn.example"\nonline_only = true')
    assert _codes(compiled(text.replace('["web", "phone"]', '["email"]'))) == []


def test_somebody_who_is_online_only_still_needs_a_method(compiled, small_text):
    """A right that nobody can ask for is not offered."""
    text = small_text.replace('website = "https://tarn.example"', 'website = "https://tarn.example"\nonline_only = true')
    assert _codes(compiled(text.replace('["web", "phone"]', "[]"))) == ["AV0604", "AV0604"]


def test_a_contract_is_a_table(compiled, small_text):
    """A sentence about a contract is not its clauses."""
    start, end = small_text.index("[recipient.post.contract]"), small_text.index("```\n\n## Signals")
    text = small_text[:start] + 'contract = "we have one"\n' + small_text[end:]
    assert _codes(compiled(text)) == ["AV0105"]


def test_several_mistakes_are_reported_in_one_run(compiled, small_text):
    """Each of three mistakes is found, in the order of the file."""
    text = small_text.replace('label    = "Page"', 'lable    = "Page"').replace("keeps_days = 0", "keeps_days = 9")
    found = compiled(text.replace("twice in 12 months", "twice in 12 months, or delete")).diagnostics
    assert [item.code for item in found] == ["AV0103", "AV0703", "AV0504"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [('"anser"', 'did you mean "answer"?'), ('"zzz"', "known: answer, count, return")],
)
def test_an_unknown_name_is_told_what_it_may_have_meant(compiled, small_text, written, meant):
    """A close name is suggested; otherwise the known names are listed."""
    found = compiled(
        small_text.replace('purposes   = ["answer"]\nretention', f'purposes   = ["answer", {written}]\nretention')
    ).diagnostics
    assert meant in found[0].mend


@pytest.mark.parametrize(
    "harmless",
    [
        "We periodically review how our shop looks.",
        "We do not use letters for other purposes.",
        "You may ask to know what we hold twice in 12 months; you may ask to delete as often as you like.",
        "We never keep letters indefinitely.",
        "Our lanterns are not made for children under 13 years of age.",
    ],
)
def test_a_harmless_sentence_is_left_alone(compiled, small_text, harmless):
    """Words that resemble a mistake are not one."""
    assert _codes(compiled(small_text.replace("You may ask to know", f"{harmless} You may ask to know"))) == []


@pytest.mark.parametrize("sentence", ["We respond to neither GPC nor DNT.", "We ignore the Global Privacy Control."])
def test_a_denied_signal_contradicts_its_declaration(compiled, small_text, sentence):
    """However the prose says that the signal is ignored, the declaration stops purposes."""
    assert "AV0503" in _codes(compiled(small_text.replace("We honor the Global Privacy Control.", sentence)))


def test_text_output_underlines_the_words(compiled, small_text):
    """The text names place, rule and mend, and underlines exactly the words."""
    text = small_text.replace('technology  = "tag"', 'technology  = "tga"')
    shown = policy.diagnostics.as_text(compiled(text).diagnostics, {"policy.md": text}, colour=False)
    line = text[: text.index('"tga"')].count("\n") + 1
    assert "error[AV0105]: \"technology\" cannot be 'tga'\n" in shown
    assert f"--> policy.md:{line}:16\n" in shown
    assert f'{line} | technology  = "tga"\n{" " * len(str(line))} | {" " * 15}^^^\n' in shown
    assert "= rule: " in shown
    assert 'did you mean "tag"?' in shown
    assert shown.endswith("1 error, 0 warnings\n")


def test_colour_changes_no_words(compiled, small_text):
    """The coloured text is the plain text with colours."""
    text = small_text.replace("keeps_days = 0", "keeps_days = 9")
    found = compiled(text).diagnostics
    painted = policy.diagnostics.as_text(found, {"policy.md": text}, colour=True)
    assert "\x1b[1;31merror[AV0703]" in painted
    assert re.sub(r"\x1b\[[0-9;]*m", "", painted) == policy.diagnostics.as_text(found, {"policy.md": text}, colour=False)


def test_a_table_of_prose_is_no_slip(compiled, small_text):
    """With marks in its cells, without outer bars, directly below a line of words: what Markdown shows as a table."""
    table = "What is kept:\n| *What* | How long |\n|---|:-:|\n| Visits \\| views | 13 months |\n| | |\n\n"
    table += "What | How\n--- | ---\nA visit | by tag\n\n"
    assert compiled(small_text.replace("We count visits", f"{table}We count visits")).diagnostics == ()
