"""What the policy says of a recipient, and what the law makes of it: roles and disclosures by computation."""

import json
from dataclasses import replace
from types import MappingProxyType

import pytest

from avow import policy
from avow.policy.checks.carried_out import EVERYTHING
from avow.policy.evidence import Facts, Verdict, disclosed
from avow.policy.evidence.findings import findings
from avow.policy.language.vocabulary import CLAUSES, INSTRUCTS, THIRD_PARTY_CLAUSES
from avow.policy.printouts.dpv import json_ld
from avow.policy.printouts.notice import notice_at_collection, rights_list
from avow.policy.printouts.recipients import recipients_table
from avow.policy.printouts.register import register
from avow.policy.rulebook.audience import Audience

from .conftest import SMALL, TODAY

KEPT = "keeps_days = 0"


def rulebook_of(*changes, text=SMALL):
    """Compile the small policy with changes, as if the software carried out all of it, whatever is found."""
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return policy.reopen(text, "policy.md", policy.law.tables())


def codes(*changes, text=SMALL):
    """The codes that the language finds in the small policy with changes, without what a version carries out."""
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    found = policy.compile_text(text, "policy.md", policy.law.tables(), TODAY, does=EVERYTHING).diagnostics
    return [item.code for item in found]


def test_each_key_is_in_the_rulebook():
    """How it is told, when a second person is asked, when it gets nothing, and by which form an order is authorised."""
    said = (
        'keeps_days = 30\ninstruct = "page"\nsecond_person_above = 40\nstops_when_lapsed = true\nneeds_authorisation = "letter"'
    )
    post = rulebook_of((KEPT, said)).recipients["post"]
    assert (post.instruct, post.second_person_above, post.stops_when_lapsed) == ("page", 40, True)
    assert post.needs_authorisation == "letter"


def test_what_is_not_said_is_none():
    """A recipient that says nothing of it is told by nobody, and is asked no second person for."""
    post = rulebook_of().recipients["post"]
    assert (post.instruct, post.second_person_above, post.stops_when_lapsed) == ("", None, False)
    assert (post.needs_authorisation, post.same_business, post.cross_context) == ("", False, False)


def test_an_item_may_say_an_age():
    """A form's item of which the law wants to know what it tells."""
    data = rulebook_of(('label      = "Your words"', 'label      = "Your words"\nsays_age = "birth-year"')).data
    assert (data["text"].says_age, data["page"].says_age) == ("birth-year", "")


def test_advertising_across_businesses_makes_a_third_party_whatever_its_contract_says():
    """11 CCR 7050(b): the same contract, another purpose; what it gets is shared."""
    answering = 'label       = "Answering you"'
    post = rulebook_of((answering, f"{answering}\ncross_context = true")).recipients["post"]
    assert not post.contract.missing
    assert (post.cross_context, post.effective_role, post.effective_disclosure) == (True, "third-party", "sharing")


@pytest.mark.parametrize("said", ["own_use = true", "own_use = false"])
def test_what_is_of_the_same_business_is_no_third_party(said):
    """Cal. Civ. Code § 1798.140(d)(2): control and common branding; a contract is not asked for."""
    contract = SMALL.index("[recipient.post.contract]")
    text = SMALL[:contract] + SMALL[SMALL.index("```", contract) :]
    alone = rulebook_of((KEPT, f"{KEPT}\n{said}"), text=text).recipients["post"]
    group = rulebook_of((KEPT, f"{KEPT}\n{said}\nsame_business = true"), text=text).recipients["post"]
    assert (alone.effective_role, alone.effective_disclosure) == ("third-party", "sale")
    assert (group.effective_role, group.effective_disclosure) == ("same-business", "business-purpose")


def test_an_authorisation_is_a_collection_point():
    """A name that nothing declares is no authorisation."""
    assert "AV0204" in codes((KEPT, f'{KEPT}\nneeds_authorisation = "nothing"'))


NETWORK = """
[recipient.ads]
label      = "Weir Placements"
role       = "third-party"
services   = "shows our advertisements elsewhere"
categories = ["A", "F"]
purposes   = ["count"]
country    = "United States"
keeps_days = 0
disclosure = "DISCLOSURE"

[recipient.ads.contract]
signed            = 2026-01-15
specific_purposes = true
same_protection   = true
forwards_opt_outs = true
checks            = true
notice_if_unable  = true
stop_and_mend     = true
"""
OPT_OUT = '[right.opt-out]\nmethods      = ["web", "email"]\nverification = "not at all"\nlevel        = "none"\n\n[right.know]'
DENIAL = "We do not sell or share personal information."


def with_network(disclosure, sentence):
    """The small policy in which an advertising network gets what visits tell."""
    network = NETWORK.replace("DISCLOSURE", disclosure)
    return (
        (DENIAL, sentence),
        ('purposes    = ["count", "return"]', 'purposes    = ["count", "return"]\nrecipients  = ["ads"]'),
        ("[recipient.post]", f"{network}\n[recipient.post]"),
        ("[right.know]", OPT_OUT),
    )


SHARING = "We do not sell personal information; we share it for advertising, and you can opt out."
TRUE_OF_SHARING = [
    SHARING,
    "We do not sell; we share, and you can opt out.",
    "We do not sell your personal information, but we share it for cross-context behavioral advertising.",
    "We do not sell your information. We do share some of it for advertising, and you can opt out of that.",
    "We sell or share what visits tell us.",
]
FALSE_OF_SHARING = {
    DENIAL: ["AV0401"],
    "We do not sell personal information.": ["AV0401", "AV0404"],
    "We do not share personal information.": ["AV0401"],
    "We do not sell your personal information, and we do not share it for advertising.": ["AV0401"],
    "We sell your personal information.": ["AV0411"],
}


@pytest.mark.parametrize("sentence", TRUE_OF_SHARING)
def test_what_is_said_of_sharing_compiles_when_it_is_true(sentence):
    """Cal. Civ. Code § 1798.140(ah): sharing is no sale, and saying so is no denial of it."""
    assert codes(*with_network("sharing", sentence)) == []


@pytest.mark.parametrize(("sentence", "found"), FALSE_OF_SHARING.items())
def test_what_is_said_of_sharing_is_refused_when_it_is_false(sentence, found):
    """A denial of one is read as a denial of both, unless the other is said next to it."""
    assert codes(*with_network("sharing", sentence)) == found


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        (SHARING, ["AV0401", "AV0411"]),
        ("We do not share personal information.", ["AV0401"]),
        ("We sell your personal information and do not share it for advertising.", []),
        ("We sell your personal information.", []),
    ],
)
def test_a_sale_is_no_sharing(sentence, found):
    """Cal. Civ. Code § 1798.140(ad): for value; who says that it is only shared says nothing true."""
    assert codes(*with_network("sale", sentence)) == found


@pytest.mark.parametrize("sentence", [*TRUE_OF_SHARING, "We sell your personal information."])
def test_nobody_admits_what_nobody_does(sentence):
    """A policy that says that it shares, with a mail service alone, is refused."""
    assert "AV0411" in codes((DENIAL, sentence))


@pytest.mark.parametrize(
    "sentence",
    [
        "We share your letter with the company that delivers our mail. {.statement}",
        "We share it only with companies that work for us. {.statement}",
        "We sell lanterns, and we share what we know about them. {.statement}",
        "Neither do we share it for advertising. {.statement}",
    ],
)
def test_to_share_is_also_a_word_of_everyday_life(sentence):
    """What goes to who works for the company is not shared as the law means it."""
    assert codes((DENIAL, f"{DENIAL}\n\n{sentence}")) == []


def test_what_is_shared_for_value_is_sold_as_well():
    """Both lists of the law, both denials false."""
    crossing = ('label       = "Counting visits"', 'label       = "Counting visits"\ncross_context = true')
    ads = rulebook_of(*with_network("sale", ""), crossing).recipients["ads"]
    assert (ads.is_sold_to, ads.is_shared_with) == (True, True)
    ads = rulebook_of(*with_network("sharing", ""), crossing).recipients["ads"]
    assert (ads.is_sold_to, ads.is_shared_with) == (False, True)


def test_a_false_we_do_not_share_does_not_compile_however_good_the_contract_is():
    """11 CCR 7050(b): the clauses of a service provider do not excuse advertising across contexts."""
    answering = 'label       = "Answering you"'
    crossing = (answering, f'{answering}\ncross_context = true\nchoice      = "opt-out"')
    assert codes(crossing) == ["AV0401"]
    assert codes(crossing, (DENIAL, ""))[0] == "AV0402"


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("same_business = true", []),
        ("same_business = true\nown_use = true", []),
        ('same_business = true\nrole = "third-party"', ["AV0406"]),
    ],
)
def test_a_company_of_the_same_business_needs_no_clauses(said, found):
    """It is no third party, so that the denial stays true; and it cannot be declared both."""
    contract = SMALL.index("[recipient.post.contract]")
    text = SMALL[:contract] + SMALL[SMALL.index("```", contract) :]
    text = text.replace('role       = "service-provider"\n', "") if "role" in said else text
    assert codes((KEPT, f"{KEPT}\n{said}"), text=text) == found


def test_the_same_business_serves_no_advertising_across_businesses():
    """What is across businesses is not within one."""
    answering = 'label       = "Answering you"'
    changes = ((answering, f"{answering}\ncross_context = true"), (KEPT, f"{KEPT}\nsame_business = true"), (DENIAL, ""))
    assert codes(*changes) == ["AV0406"]


def test_an_order_is_authorised_by_a_form_that_finds_its_person():
    """15 U.S.C. 1681b(b)(2): what no person writes, and what names nobody, authorises nothing."""
    assert codes((KEPT, f'{KEPT}\nneeds_authorisation = "letter"')) == []
    assert codes((KEPT, f'{KEPT}\nneeds_authorisation = "visit"')) == ["AV0320"]
    required = ('required   = ["email"]\n', "")
    assert "AV0320" in codes(required, (KEPT, f'{KEPT}\nneeds_authorisation = "letter"'))


@pytest.mark.parametrize(("item", "found"), [("Your words", []), ("Page", ["AV0331"]), ("E-mail address", ["AV0331"])])
def test_an_age_is_told_by_what_a_form_asks_for(item, found):
    """A page that was visited and an address tell nobody's age."""
    label = next(line for line in SMALL.splitlines() if line.startswith("label") and f'"{item}"' in line)
    assert codes((label, f'{label}\nsays_age = "birth-date"')) == found


def test_the_example_has_vendors_of_every_role(complete):
    """Mail, customers, screening, counting and payments work for the business; one is of the group, one advertises."""
    roles = {name: one.effective_role for name, one in complete.recipients.items()}
    assert {name for name, role in roles.items() if role == "third-party"} == {"ad-network"}
    assert {name for name, role in roles.items() if role == "same-business"} == {"dispatch"}
    assert {"mail-service", "crm", "screening", "analytics", "payments", "careers-portal"} <= set(roles)
    assert all(one.instruct for one in complete.recipients.values() if one.keeps_days)


def test_visitors_read_how_a_recipient_is_told(complete):
    """The table of recipients says the role by computation, and what happens to copies."""
    shown = str(recipients_table(complete))
    assert "company of the same business" in shown
    assert "730 days; we tell it by a signed message to its computers to delete or correct it" in shown
    assert "shared for advertising across websites" in shown


def test_a_website_shows_who_takes_in_data_on_it_by_a_script_of_its_own(complete):
    """A company that nothing is passed on to, and whose script sees the visitor, is a recipient as well."""
    alone = {**complete.points, "conversion": replace(complete.points["conversion"], recipients=frozenset())}
    alone["shop-click"] = replace(complete.points["shop-click"], recipients=frozenset())
    only_script = replace(complete, points=MappingProxyType(alone))
    assert "Farsight Placements" in recipients_table(only_script, Audience("shop"))
    assert "Farsight Placements" not in recipients_table(only_script, Audience("main"))
    assert "We share this information with Farsight Placements" in notice_at_collection(only_script, "ad-script")


def test_the_right_to_opt_out_says_from_whom_and_how(complete, marrowby, small):
    """11 CCR 7013(f), 7026(a): two methods, of which the signal is one; nothing where nobody sells."""
    shown = str(rights_list(complete))
    assert "We share personal information with Farsight Placements for advertising. To stop it, use " in shown
    assert "Do Not Sell or Share My Personal Information</a>, or let your browser send Global Privacy Control" in shown
    assert "We share personal information with Breakwater Placements" in rights_list(marrowby)
    assert "To stop it" not in rights_list(small)


def test_the_register_has_what_binds_a_recipient(complete):
    """Art. 30: staff and authorities read how it is told, and what holds a batch or an order back."""
    said = {words.partition(" (")[0]: words for one in register(complete) for words in one.recipients}
    held = "a batch of more than 500 records waits for a second member of staff, gets nothing while the review"
    assert held in said["Copperline Contacts"]
    assert "nothing is ordered without “Agreement to a background check” of the person" in said["Plumbline Screening"]


def test_machines_read_the_roles_as_well(complete):
    """JSON-LD: a third party, a company of the same business, and advertising to people by what is known of them."""
    nodes = {node["@id"]: node for node in json.loads(json_ld(complete))["@graph"]}
    assert nodes["this:recipient/ad-network"]["@type"] == "dpv:ThirdParty"
    assert nodes["this:recipient/dispatch"]["@type"] == "dpv:Recipient"
    assert nodes["this:recipient/crm"]["@type"] == "dpv:DataProcessor"
    assert nodes["this:purpose/advertising"]["skos:broader"] == [{"@id": "dpv:TargetedAdvertising"}]


def evidence_of(rulebook, recipient, purpose, point):
    """What the evidence says of one disclosure to a recipient."""
    facts = Facts(0, disclosed=(disclosed(rulebook, recipient, "A", purpose, point, 1),))
    (first, *_) = findings(rulebook, facts, "recipient", recipient, TODAY)
    return first


def test_a_missing_clause_is_shown_next_to_the_promise():
    """A version that was published without it stays as it is; its evidence is red, and says what lacks."""
    whole, less = rulebook_of(), rulebook_of(("checks                  = true\n", ""))
    assert (whole.recipients["post"].missing_clauses, less.recipients["post"].missing_clauses) == ((), ("checks",))
    assert evidence_of(whole, "post", "answer", "letter").verdict is Verdict.HOLDS
    found = evidence_of(less, "post", "answer", "letter")
    assert (found.verdict, found.evidence.endswith("It lacks: checks.")) == (Verdict.FAILS, True)


def test_what_another_company_takes_in_itself_is_declared(complete):
    """Its script is counted by page view: at the point that it collects by, for what that is declared."""
    assert evidence_of(complete, "ad-network", "advertising", "ad-script").verdict is Verdict.HOLDS
    assert evidence_of(complete, "ad-network", "advertising", "page-view").verdict is Verdict.FAILS


def test_no_clause_is_asked_of_the_same_business():
    """Nor of nobody: a third party without a contract lacks every clause of one."""
    contract = SMALL.index("[recipient.post.contract]")
    text = SMALL[:contract] + SMALL[SMALL.index("```", contract) :]
    assert rulebook_of((KEPT, f"{KEPT}\nsame_business = true"), text=text).recipients["post"].missing_clauses == ()
    assert set(rulebook_of(text=text).recipients["post"].missing_clauses) == set(CLAUSES)
    third = ('role       = "service-provider"', 'role       = "third-party"')
    assert set(rulebook_of(third, text=text).recipients["post"].missing_clauses) == set(THIRD_PARTY_CLAUSES)


def test_a_sale_to_a_stranger_is_no_better_for_a_declared_one(complete):
    """That one network is declared excuses no disclosure to a broker that nobody declared."""
    facts = Facts(
        0,
        disclosed=(
            disclosed(complete, "ad-network", "A", "advertising", "conversion", 1),
            disclosed(complete, "some-broker", "A", "advertising", "conversion", 1),
        ),
    )
    *_, sales = findings(complete, facts, "recipient", "crm", TODAY)
    assert (sales.verdict, "some-broker" in sales.evidence) == (Verdict.FAILS, True)
    *_, sales = findings(complete, replace(facts, disclosed=facts.disclosed[:1]), "recipient", "crm", TODAY)
    assert sales.verdict is Verdict.HOLDS


@pytest.mark.parametrize("way", sorted(INSTRUCTS))
def test_a_recipient_that_keeps_data_is_served_when_it_can_be_told(way):
    """With the true number of days: nothing has to be declared untrue any more."""
    text = SMALL.replace(KEPT, f'keeps_days = 730\ninstruct = "{way}"')
    assert policy.compile_text(text, "policy.md", policy.law.tables(), TODAY).diagnostics == ()
