"""What a member may do: by the version in force and by the record's own, whichever is narrower; and what a renamed role opens."""

from functools import cache
from pathlib import Path

import pytest
from tests.houses import FIRST_DAY

from avow import policy
from avow.definitions import Refusal
from avow.gate.roles import Act, Member, Roles

SMALL = (Path(__file__).parents[1] / "policy" / "small.md").read_text(encoding="utf-8")


def role(name, *, may, points, purposes, **more):
    lists = {"may": may, "points": points, "purposes": purposes, **more}
    lines = [f"{key} = [{', '.join(f'{chr(34)}{one}{chr(34)}' for one in value)}]" for key, value in lists.items()]
    return "\n".join([f"[role.{name}]", f'label = "{name}"', *lines])


@cache
def with_roles(*roles):
    """Return the small policy with these roles, and one that may do the rest; without any, as it is."""
    block = "\n\n".join([*roles, REST])
    section = f"\n## Who among us sees it {{#who}}\n\n```avow\n{block}\n```\n" if roles else ""
    found = policy.compile_text(SMALL + section, "policy.md", policy.law.tables(), FIRST_DAY)
    assert found.rulebook, found.diagnostics
    return found.rulebook


EVERYTHING = {"points": ["letter", "visit"], "purposes": ["answer", "count", "return"]}
REST = role("officer", may=["read", "decide", "measure"], **EVERYTHING)
READS = {"may": ["read", "answer"], "points": ["letter"], "purposes": ["answer"]}
DESK = role("desk", **READS)
HIDING = role("desk", **READS, hides=["text"])


def member(*roles, is_trained=True):
    return Member("1", "Kim", roles, is_trained, 0)


@pytest.fixture
def roles(house):
    return Roles(house.store.control, house.versions, house.now_ms)


def first(house, rulebook):
    house.publisher.first(rulebook, house.now_ms())
    return rulebook


def opened(roles, who, rulebook):
    return roles.hidden(who, rulebook, "letter", "answer")


def test_a_role_opens_what_it_declares_and_nothing_else(house, roles):
    """Point and purpose both; a name that the policy does not know is no role."""
    rulebook = first(house, with_roles(DESK))
    assert roles.may(member("desk"), [Act.READ], "letter") is None
    assert opened(roles, member("desk"), rulebook) == frozenset()
    assert isinstance(roles.hidden(member("desk"), rulebook, "visit", "answer"), Refusal)
    assert isinstance(opened(roles, member("stranger"), rulebook), Refusal)
    assert isinstance(roles.may(member(), [Act.READ]), Refusal)


def test_who_is_untrained_looks_and_closes_nothing(house, roles):
    """11 CCR 7100(a)."""
    first(house, with_roles(DESK))
    untrained = member("desk", is_trained=False)
    assert roles.may(untrained, [Act.READ], "letter") is None
    assert roles.may(untrained, [Act.ANSWER], "letter").rule == "11 CCR 7100(a)"


def test_a_record_keeps_what_its_own_version_hid(house, roles):
    """A later, looser role does not reach what was collected before; a stricter one does."""
    looser = first(house, with_roles(DESK))
    assert opened(roles, member("desk"), looser) == frozenset()
    assert opened(roles, member("desk"), with_roles(HIDING)) == {"text"}


def test_what_is_hidden_today_is_hidden_of_earlier_records(house, roles):
    """The stricter promise holds for everybody."""
    first(house, with_roles(HIDING))
    assert opened(roles, member("desk"), with_roles(DESK)) == {"text"}


def test_a_role_of_a_new_name_opens_no_earlier_record(house, roles):
    """The promise was made of another one."""
    before, renamed = with_roles(DESK), with_roles(DESK.replace("role.desk", "role.service"))
    first(house, renamed)
    assert isinstance(opened(roles, member("service"), before), Refusal)
    assert opened(roles, member("service"), renamed) == frozenset()


def test_a_renamed_role_opens_what_its_former_name_could_and_no_more(house, roles):
    """For accounts of either name; what the earlier version hid stays hidden, and what is hidden now is hidden there."""
    before = with_roles(HIDING)
    wider = role("service", **READS, formerly=["desk"])
    first(house, with_roles(wider))
    assert opened(roles, member("service"), before) == {"text"}
    assert opened(roles, member("desk"), before) == {"text"}
    assert isinstance(roles.hidden(member("service"), with_roles(REST.replace("officer", "desk")), "visit", "answer"), Refusal)
    assert isinstance(opened(roles, member("analyst"), before), Refusal)


def test_a_record_from_before_there_were_roles_asks_the_roles_of_today(house, roles):
    """Then every member could; nothing is promised more than now."""
    first(house, with_roles(DESK))
    assert opened(roles, member("desk"), with_roles()) == frozenset()
    assert isinstance(opened(roles, member("administrator"), with_roles()), Refusal)
