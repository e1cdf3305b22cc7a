"""Who of the staff sees it: Cal. Civ. Code § 1798.100(c) (no more than needed), (e) (security), and the notice before it widens.

The statute names no roles; the house reads "reasonably necessary and proportionate" as a question about readers, too.
"""

from datetime import date
from pathlib import Path

import pytest

from avow import policy
from avow.definitions import Refusal
from avow.policy import notice
from avow.policy.changes.publication import judge
from avow.policy.rulebook.roles import CLOSING, Act

SMALL = (Path(__file__).parents[1] / "policy" / "small.md").read_text(encoding="utf-8")
TODAY = date(2026, 11, 24)
HIDES = 'hides = ["email"]\n'
DESK = f'[role.desk]\nlabel = "Letter desk"\nmay = ["read", "decide"]\npoints = ["letter"]\npurposes = ["answer"]\n{HIDES}'
ANALYST = '[role.analyst]\nlabel = "Analytics"\nmay = ["measure"]\npoints = ["visit"]\npurposes = ["count", "return"]\n'


def _compiled(*roles, effective="2026-03-01"):
    text = SMALL.replace("effective = 2026-03-01", f"effective = {effective}")
    block = f"\n## Staff {{#staff}}\n\n```avow\n{''.join(roles)}```\n" if roles else ""
    found = policy.compile_text(text + block, "policy.md", policy.law.tables(), TODAY)
    assert found.rulebook, found.diagnostics
    return found.rulebook


def test_a_role_reaches_what_it_needs_and_no_more():
    """§ 1798.100(c): the records and purposes of its work, each act by itself; what it need not see is hidden."""
    desk = _compiled(DESK, ANALYST).roles["desk"]
    assert desk.may_do(Act.READ, "letter", "answer")
    assert not desk.may_do(Act.READ, "visit", "count")
    assert not desk.may_do(Act.EXPORT, "letter", "answer")
    assert desk.hides == {"email"}


def test_who_sees_it_is_told_where_it_is_collected():
    """§ 1798.100(a), (c): what a reasonable person expects depends on who reads it."""
    assert "Letter desk (not: e-mail address)" in str(notice.notice_at_collection(_compiled(DESK, ANALYST), "letter"))


@pytest.mark.parametrize("wider", [DESK.replace('"read", ', '"read", "export", '), DESK.replace(HIDES, "")])
def test_more_sight_waits_for_its_notice(wider):
    """Bus. & Prof. Code § 22575(b)(3): an act more, or a field more, is refused without the days that the policy promises."""
    old, new = _compiled(DESK, ANALYST), _compiled(wider, ANALYST)
    assert isinstance(judge(old, new, TODAY), Refusal)
    assert judge(old, _compiled(wider, ANALYST, effective="2026-12-24"), TODAY).is_material
    assert not judge(new, old, TODAY).is_material


def test_the_first_roles_wait_for_nothing():
    """They take sight away from everybody."""
    assert not judge(_compiled(), _compiled(DESK, ANALYST), TODAY).is_material


def test_to_answer_or_decide_needs_training():
    """11 CCR 7100(a): what closes something for a person; to look, to assign and to count do not."""
    assert {Act.ANSWER, Act.DECIDE, Act.DENY, Act.APPROVE, Act.EXPORT} == CLOSING
