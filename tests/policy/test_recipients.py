"""What the policy says of a recipient, and what the law makes of it: roles and disclosures by computation."""

import pytest

from avow import policy
from avow.policy.checks.carried_out import EVERYTHING

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
    said = 'keeps_days = 30\ninstruct = "page"\nsecond_person_above = 40\nstops_when_lapsed = true\nneeds_authorisation = "note"'
    post = rulebook_of((KEPT, said)).recipients["post"]
    assert (post.instruct, post.second_person_above, post.stops_when_lapsed) == ("page", 40, True)
    assert post.needs_authorisation == "note"


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
