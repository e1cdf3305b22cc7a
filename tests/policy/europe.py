"""The small policy under the laws of California, Colorado and the Union, with what these ask for."""

#: What is replaced in the small policy, and by what.
CHANGES = (
    ("updated   = 2026-03-01", 'updated   = 2026-03-01\njurisdictions = ["US-CA", "US-CO", "EU-GDPR"]'),
    (
        'website = "https://tarn.example"',
        'website = "https://tarn.example"\nrepresentative = "Tarn Europe SA"\ndata_protection_officer = "Robin Vale"',
    ),
    ('data       = ["email", "text"]', 'data       = ["email", "text", "badge"]\npeople     = "customers"'),
    ('retention  = { years = 2, after = "last-contact" }', 'retention  = { answer = { years = 2, after = "last-contact" } }'),
    ("retention   = { months = 13 }", "retention   = { count = { days = 90 }, return = { months = 13 } }"),
    ("Records are erased after 13 months.", "Records are erased after 13 months, and after 90 days."),
    (
        'description = "counting visits"\nchoice      = "opt-out"',
        """description = "counting visits"
choice      = "opt-out"
dpv         = "dpv:ServiceUsageAnalytics"
legal_basis = "legitimate-interests"
""".strip(),
    ),
    (
        'description = "telling a first visit from a later one"\nchoice      = "opt-out"',
        'description = "telling a first visit from a later one"\nchoice      = "consent"\nlegal_basis = "consent"',
    ),
    (
        'description = "reading and answering letters"',
        'description = "reading and answering letters"\nlegal_basis = "contract"\nsensitive_use = "expected-service"',
    ),
    (
        "[data.email]",
        (
            '[data.badge]\nlabel     = "Badge"\ncategory  = "A"\nalso      = ["I"]\nsensitive = "S1"\n'
            'never_disclose = "government-id"\n\n[data.email]'
        ),
    ),
    ('identifier = "email"', 'identifier = "email"\ndpv        = "pd:EmailAddress"'),
    ('categories = ["A", "D"]', 'categories = ["A", "D", "I"]\nsafeguards = "standard-contractual-clauses"'),
    (
        "[right.correct]",
        "".join(
            f'[right.{name}]\nmethods      = ["email", "phone"]\nverification = "by a call back"\nlevel        = "{level}"\n'
            "by_people    = true\n"
            for name, level in (
                ("portability", "reasonable"),
                ("restrict", "reasonable"),
                ("object", "none"),
                ("withdraw-consent", "none"),
                ("appeal", "reasonable"),
            )
        )
        + "[right.correct]",
    ),
    ("Write to hello@tarn.example", "You may complain to a supervisory authority. Write to hello@tarn.example"),
)


def europe(text: str) -> str:
    """Return the text of the small policy, changed."""
    for old, new in CHANGES:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text
