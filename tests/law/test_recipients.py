"""Who receives data is what the law makes of it: each clause of a contract, each use, and whose company it is.

The rows are those of LAW.md, section 2.8 (SPC-01 to SPC-05) and POL-03, OPT-01; the companies are invented.
"""

from datetime import date
from pathlib import Path

import pytest

from avow import policy
from avow.policy.checks.carried_out import EVERYTHING, THIS_VERSION
from avow.policy.language.vocabulary import CLAUSES as DECLARED
from avow.policy.language.vocabulary import THIRD_PARTY_CLAUSES as DECLARED_OF_THIRD_PARTIES

#: 11 CCR 7051(a), § 1798.100(d), § 1798.140(ag): what the contract with a service provider says.
CLAUSES = (
    "no_sale_or_sharing",
    "specific_purposes",
    "no_other_use",
    "no_combining",
    "same_protection",
    "checks",
    "notice_if_unable",
    "stop_and_mend",
    "helps_with_requests",
    "same_for_subcontractors",
)
#: 11 CCR 7053(a), § 1798.100(d)(1)-(5): what the contract with a third party says.
THIRD_PARTY_CLAUSES = (
    "specific_purposes",
    "same_protection",
    "forwards_opt_outs",
    "checks",
    "notice_if_unable",
    "stop_and_mend",
)
SMALL = (Path(__file__).parents[1] / "policy" / "small.md").read_text(encoding="utf-8")
DENIAL = "We do not sell or share personal information."
KEPT = "keeps_days = 0"
ANSWERING = 'label       = "Answering you"'
START = SMALL.index("[recipient.post.contract]")
END = SMALL.index("```", START)
CONTRACT = SMALL[START:END]
THIRD = ('role       = "service-provider"', 'role       = "third-party"')
OPT_OUT = '[right.opt-out]\nmethods      = ["web", "email"]\nverification = "not at all"\nlevel        = "none"\n\n[right.know]'
#: What else a third party needs, besides its contract.
STOPPED = (
    (DENIAL, ""),
    (ANSWERING, f'{ANSWERING}\nchoice      = "opt-out"'),
    ('stops    = ["count", "return"]', 'stops    = ["count", "return", "answer"]'),
    ("[right.know]", OPT_OUT),
)


def _changed(*changes):
    text = SMALL
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def _judged(*changes, does=EVERYTHING):
    return policy.compile_text(_changed(*changes), "policy.md", policy.law.tables(), date(2026, 11, 24), does=does).diagnostics


def _found(*changes):
    return [item.code for item in _judged(*changes)]


def _post(*changes):
    return policy.reopen(_changed(*changes), "policy.md", policy.law.tables()).recipients["post"]


def _contract(clauses):
    lines = "".join(f"{clause} = true\n" for clause in clauses)
    return f"[recipient.post.contract]\nsigned = 2026-01-15\n{lines}"


def test_the_language_has_the_clauses_of_the_law_and_no_others():
    """SPC-01, SPC-03: what is asked is what is listed here."""
    assert (set(DECLARED), set(DECLARED_OF_THIRD_PARTIES)) == (set(CLAUSES), set(THIRD_PARTY_CLAUSES))


@pytest.mark.parametrize("clause", CLAUSES)
def test_each_clause_of_a_service_provider_counts(clause):
    """SPC-01, SPC-02: one clause less, and it is a third party to whom data is sold; "we do not sell" does not compile."""
    less = (CONTRACT, _contract([one for one in CLAUSES if one != clause]))
    assert (_post(less).effective_role, _post(less).effective_disclosure) == ("third-party", "sale")
    assert _found(less) == ["AV0401"]
    assert _found(less, (DENIAL, "")) == ["AV0402"]


@pytest.mark.parametrize("clause", THIRD_PARTY_CLAUSES)
def test_each_clause_of_a_third_party_counts(clause):
    """SPC-03: what is sold is bound as well, notice within five business days included (§ 1798.100(d)(4))."""
    assert _found(THIRD, (CONTRACT, _contract(THIRD_PARTY_CLAUSES)), *STOPPED) == []
    less = (CONTRACT, _contract([one for one in THIRD_PARTY_CLAUSES if one != clause]))
    assert _found(THIRD, less, *STOPPED) == ["AV0405"]


def test_no_contract_makes_a_service_provider_of_advertising_across_contexts():
    """11 CCR 7050(b): with every clause, what it gets is shared, and "we do not share" is false."""
    crossing = (ANSWERING, f'{ANSWERING}\nchoice      = "opt-out"\ncross_context = true')
    assert (_post(crossing).effective_role, _post(crossing).effective_disclosure) == ("third-party", "sharing")
    assert _found(crossing) == ["AV0401"]


def test_a_company_of_the_same_business_is_no_third_party():
    """§ 1798.140(d)(2): control and common branding; a company of the group under another brand is what its contract says."""
    none = (CONTRACT, "")
    assert _post(none).effective_role == "third-party"
    assert _post(none, (KEPT, f"{KEPT}\nsame_business = true")).effective_role == "same-business"
    assert _found(none, (KEPT, f"{KEPT}\nsame_business = true")) == []


def test_own_use_makes_a_third_party():
    """SPC-05: whoever uses data for itself is no service provider, whatever its contract says."""
    assert _post((KEPT, f"{KEPT}\nown_use = true")).effective_role == "third-party"


def test_the_link_leads_to_a_form():
    """OPT-01, 11 CCR 7026(a): by e-mail alone nobody stops it; the form behind the link and the signal are two ways."""
    by_mail = (
        OPT_OUT,
        OPT_OUT.replace('["web", "email"]', '["email", "phone"]').replace('"none"', '"none"\nby_people    = true'),
    )
    third = (THIRD, (CONTRACT, _contract(THIRD_PARTY_CLAUSES)), *STOPPED)
    (found,) = _judged(*third, by_mail, does=THIS_VERSION)
    assert (found.code, "leads to no form" in found.message) == ("AV0702", True)
