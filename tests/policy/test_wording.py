"""The linter knows how policies usually say things: what a lawyer would stop at is reported, what is harmless is left alone.

All sentences are invented; each stands for a way of saying something that was met in real policies (decision 0023).
"""

from datetime import date

import pytest

from avow import policy
from avow.policy.checks.carried_out import EVERYTHING

#: The code, and a sentence that gives it, in the small policy.
FLAGGED = [
    # a period that no day ends
    ("AV0304", "We keep the list of lamps you took home for as long as your account is open."),
    ("AV0304", "The order book stays with us: we keep it forever."),
    ("AV0304", "We hold letters only as long as we have a reason to."),
    ("AV0304", "We throw nothing away early, but delete a letter when we no longer need it."),
    ("AV0304", "We keep your papers until the job is filled."),
    ("AV0304", "We retain orders as necessary to settle quarrels."),
    ("AV0304", "Orders are kept for the time necessary to deliver a lamp."),
    ("AV0304", "Notes are stored for a limited time."),
    ("AV0304", "Erased letters may remain in copies until overwritten."),
    ("AV0304", "We may continue to keep a letter after you ask us to erase it."),
    ("AV0304", "We may keep an order after you leave the lamp club."),
    ("AV0304", "We keep letters no longer than necessary."),
    ("AV0304", "There are criteria used to determine how long the periods are for which we keep a letter."),
    ("AV0304", "We hold your order until you ask us to erase it."),
    ("AV0304", "We erase old letters on a regular basis."),
    ("AV0304", "We keep orders for a couple of weeks."),
    ("AV0304", "Letters are erased after a few years."),
    # lengths and numbers that nothing declares
    ("AV0502", "Letters are kept for 3 yrs."),
    ("AV0502", "We hold orders for 13 mos. in a drawer."),
    ("AV0505", "Call us on +44 20 7946 0958."),
    # dates of the policy
    ("AV0519", "This page was last updated on March 2, 2025."),
    ("AV0519", "This policy is effective as of 1 January 2020."),
    ("AV0519", "Last revised 2025-02-30; effective 2026-03-01."),
    # purposes left open
    ("AV0507", "We use letters to make better lamps, among other things."),
    ("AV0507", "We use letters for any other lawful purpose."),
    ("AV0507", "We read letters for our legitimate business purposes."),
    ("AV0507", "We count visits for various purposes."),
    ("AV0507", "We count visits for purposes such as better lamps."),
    ("AV0507", "We use it for purposes compatible with the craft."),
    (
        "AV0507",
        "We use it as otherwise described to you at the counter, or when it comes in, or as explained to you when you buy.",
    ),
    # recipients that nobody can name
    ("AV0511", "We pass orders to our service providers and marketing partners."),
    ("AV0511", "We sell lists of callers to data brokers."),
    ("AV0511", "We let third parties look after our visitor book."),
    ("AV0511", "Third parties may collect what you look at in our shop window."),
    ("AV0511", "We share what you buy with advertisers."),
    # changes that nobody is told of
    ("AV0512", "Your further use of the shop after a change is your yes to it."),
    ("AV0512", "This notice may be amended."),
    ("AV0512", "Changes to this policy hold when posted."),
    ("AV0512", "Look in now and then and check this page for any changes to our policy."),
    # consent
    ("AV0518", "By using our shop you agree to this."),
    ("AV0518", "Your continued use of the lamp room means your acceptance of these words."),
    # identity, exceptions
    ("AV0514", "Bring a government ID to opt out."),
    ("AV0513", "We may refuse to erase a letter for other internal and lawful uses."),
    # technologies
    ("AV0510", "We record mouse movements at the lamp page."),
    ("AV0510", "We record your visits and look at them again."),
    # subjects
    ("AV0508", "In the event of a breach we write to you."),
    ("AV0508", "After unauthorized access to the order book we notify you."),
    ("AV0508", "We answer lawful requests of the sheriff."),
    ("AV0508", "We hand papers to public authorities when we must."),
    ("AV0508", "If Tarn is acquired by a larger lamp maker, your orders go there."),
    ("AV0508", "Should we merge with the lamp maker next door, we say so."),
    ("AV0508", "Our pages have links to websites that we do not run."),
    ("AV0508", "We publish information that has been aggregated."),
    ("AV0508", "When you apply for one of our open jobs, we read your letter."),
    ("AV0508", "Candidates are asked to light a lamp."),
    ("AV0508", "An erased order remains on our backups."),
    ("AV0508", "We receive addresses of lamp lovers from third parties."),
    ("AV0508", "We sell your personal information to whoever asks."),
    ("AV0508", "We show personalized ads for lamps elsewhere."),
    ("AV0508", "Our app would ask for your precise location."),
    ("AV0508", "We record biometric marks of buyers."),
    ("AV0508", "The GDPR gives you more."),
    ("AV0508", "Residents of Colorado have a word to say as well."),
    # transfers
    ("AV0410", "We have joined the Privacy Shield."),
    # rights
    ("AV0506", "You have the right to data portability."),
    ("AV0506", "You may object to our counting of visits."),
    ("AV0506", "Object to how we count."),
    ("AV0506", "You may ask us to restrict the use of a letter."),
    ("AV0506", "Ask us to limit the processing of a letter."),
    ("AV0506", "You may withdraw your consent at the counter."),
    ("AV0506", "You have the right not to be judged by automated means."),
    ("AV0506", "You can appeal when we refuse."),
    ("AV0506", "You may opt out of targeted advertising."),
    # addresses behind a link
    ("AV0505", "Please [write to the lamp room](mailto:lamps@tarn.example)."),
]

HARMLESS = [
    "We lit our first lamp 120 years ago.",
    "Our shop is open 5 days a week.",
    "This policy is effective as of March 1, 2026, and was last updated on March 1, 2026.",
    "Our lamp of January 1, 2020 was our last.",
    "We do not sell or share your personal information, and never did.",
    "We sell personal care lamps.",
    "A letter is erased 2 years after our last message.",
    "We keep the list as long as your account is open, at most 2 years.",
    "We keep no letter forever.",
    "We don’t keep letters for a reasonable time but for 2 years.",  # noqa: RUF001 - the typeset apostrophe is the case
    "Our lamps are kept dry as needed.",
    "We periodically review what we keep.",
    "We use it for no other purpose.",
    "We ask you before we use a letter for any other purpose.",
    "We no longer do this for the lamps that are actively sold and mended.",
    "We do not sell lamps to schools.",
    "You may provide a photograph of your lamp to third parties.",
    "We pass letters to third parties that act on our behalf.",
    "A letter is given only to those who must read it to protect the village or third parties.",
    "Nothing is disclosed to partners.",
    "What hangs in our window may be used by third parties.",
    "If our craft should change, we will change this policy.",
    "Reading this page is no consent to anything.",
    "We collect no information about protected characteristics of our buyers.",
    "We do not collect biometric information.",
    "We never ask for your social security number.",
    "We keep no backups of letters.",
    "Records of visits are counted by hand.",
    "[hello@tarn.example](mailto:hello@tarn.example) reaches us.",
]


def _found(text):
    """Return the codes that the text gives, judged as a text alone."""
    return {
        item.code
        for item in policy.compile_text(text, "policy.md", policy.law.tables(), date(2026, 11, 23), does=EVERYTHING).diagnostics
    }


def _with(small_text, sentence):
    return small_text.replace("You may ask to know", f"{sentence} You may ask to know")


@pytest.mark.parametrize(("code", "sentence"), FLAGGED)
def test_what_a_lawyer_would_stop_at_is_reported(small_text, code, sentence):
    """Nothing in the small policy carries such a sentence out, or the law forbids it."""
    assert code in _found(_with(small_text, sentence))


@pytest.mark.parametrize("sentence", HARMLESS)
def test_what_is_harmless_is_left_alone(small_text, sentence):
    """Words that resemble a mistake are not one."""
    assert _found(_with(small_text, sentence)) == set()


@pytest.mark.parametrize(
    "promise",
    [
        "We never treat you worse because you used a right.",
        "You will not be treated differently for it.",
        "We do not penalize you for it.",
        "It has no bad consequences for you.",
        "We will not refuse you a lamp, or charge you more, because you used a right.",
        "We will never hold it against you.",
    ],
)
def test_a_promise_not_to_retaliate_may_be_put_in_many_ways(small_text, promise):
    """The law asks for the promise, not for a sentence of ours."""
    assert _found(small_text.replace("We treat you the same whether or not you use these rights.", promise)) == set()


@pytest.mark.parametrize(
    ("sentence", "codes"),
    [
        ("This page says what we collect in our shop, and why.", set()),
        ("This privacy policy explains to whom our lamps go.", {"AV0501"}),
        ("This policy describes how the lamp room (“we”) handles letters.", set()),
        ("This page says that we lock our letters away.", {"AV0501"}),
        ("This page says what we collect. We lock our letters away.", {"AV0501"}),
    ],
)
def test_a_sentence_about_the_policy_itself_promises_nothing(small_text, sentence, codes):
    """What the page says is judged where it says it; what stands beside is judged as ever."""
    assert _found(f"{small_text}\n## About\n\n{sentence}\n") == codes


def test_a_period_counts_from_the_day_that_the_prose_says(small_text):
    """The same number from another day is another promise."""
    text = small_text.replace("after our last exchange", "after collection")
    assert text != small_text
    assert _found(text) == {"AV0502"}
    assert _found(text.replace('after = "last-contact"', 'after = "collection"')) == set()


def test_a_right_is_missed_once_however_often_it_is_named(compiled, small_text):
    """The first mention stands for all."""
    text = _with(small_text, "You may object to this. You may object to that.")
    assert [item.code for item in compiled(text).diagnostics] == ["AV0506"]


def test_the_shield_is_reported_once(compiled, small_text):
    """A section about it has one mistake, not one for each of its sentences."""
    text = _with(small_text, "We joined the Privacy Shield.\n\nThe Privacy Shield is old.")
    assert [item.code for item in compiled(text).diagnostics] == ["AV0410"]


def test_a_wrong_address_is_reported_once_in_words_and_link(compiled, small_text):
    """The link's words and its address are one mistake."""
    text = _with(small_text, "[lamps@tarn.example](mailto:lamps@tarn.example) reaches us.")
    assert [item.code for item in compiled(text).diagnostics] == ["AV0505"]


def test_a_denied_kind_of_information_contradicts_its_declaration(compiled, small_text):
    """Who declares a fingerprint cannot write that none is taken."""
    text = _with(small_text, "We do not collect biometric information.").replace(
        'category   = "D"', 'category   = "E"\nnever_disclose = "none"'
    )
    text = text.replace('categories = ["A", "D"]', 'categories = ["A", "E"]')
    assert [item.code for item in compiled(text).diagnostics] == ["AV0509"]


def test_days_in_backups_may_be_counted_in(small_text):
    """Who writes when the last copy is gone adds the days of the backups to the period, and no others."""
    text = small_text.replace("{ months = 13 }", "{ days = 60 }").replace(
        "after 13 months", "after 60 days, and gone after 95 days"
    )
    assert _found(text) == {"AV0502"}
    assert _found(text.replace("{{ technologies }}", "```avow\n[backups]\ndays = 35\n```\n\n{{ technologies }}")) == set()


def test_a_consent_that_has_a_switch_can_be_withdrawn(small_text):
    """A purpose that waits for a yes has a switch of its own, which takes the yes back."""
    text = _with(small_text, "You may withdraw your consent.").replace('choice      = "opt-out"', 'choice      = "consent"')
    assert "AV0506" not in _found(text)
