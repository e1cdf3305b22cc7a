"""Check what a policy offers people for their data: nothing without an estimate, a yes of their own, and a way out.

What is missing of the estimate is found with the grammar (AV0735).
Rule: Cal. Civ. Code § 1798.125(b); 11 CCR 7016(d), 7080, 7081; LAW.md NDF-02.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from avow.policy.checks.requirements import jurisdictions
from avow.policy.findings.diagnostics import Diagnostic, diagnostic
from avow.policy.language.read import Entries, Entry
from avow.policy.law import LawTable

#: The right by which a person takes a yes back without a browser that gave it.
_WAY_OUT = "withdraw-consent"


def check_incentives(entries: Entries, law: Mapping[str, LawTable]) -> Iterator[Diagnostic]:
    """Find incentives that people are in without their yes, cannot leave, or are asked for too often. Rule: see above."""
    purposes = {one.name: one for one in entries.of("purpose")}
    months = max((law[code].incentive_again_months for code in jurisdictions(entries) if code in law), default=0)
    claimed: dict[str, str] = {}
    bundles = [(one, frozenset(one.values["stops"])) for one in entries.of("choice")]
    for incentive in entries.of("incentive"):
        yield from _opt_in(incentive, purposes, claimed)
        own = frozenset(incentive.values["purposes"])
        for switch in (one for one, stops in bundles if stops & own and stops - own):
            message = f'one yes to "{switch.name}" would join "{incentive.name}" along with something else'
            yield diagnostic("AV0736", switch.at("stops"), message, "give what is no part of the incentive a choice of its own")
        if incentive.values["asks_again_months"] < months:
            message = f'"{incentive.name}" asks again after {incentive.values["asks_again_months"]} months; the law says {months}'
            yield diagnostic("AV0738", incentive.at("asks_again_months"), message, f"write asks_again_months = {months} or more")
        if entries.is_whole("right") and not _has_way_out(entries):
            message = f'nobody can withdraw from "{incentive.name}" but by the browser that joined it'
            mend = f'add [right.{_WAY_OUT}] with "web" among its methods; the page of incentives has the other way'
            yield diagnostic("AV0737", incentive.here, message, mend)


def _opt_in(incentive: Entry, purposes: Mapping[str, Entry], claimed: dict[str, str]) -> Iterator[Diagnostic]:
    """Yield purposes that wait for no yes, or whose yes would be one to another incentive as well; `claimed` grows."""
    for place, name in enumerate(incentive.values["purposes"]):
        declared, other = purposes.get(name), claimed.setdefault(name, incentive.name)
        here = incentive.at("purposes", place)
        if declared is not None and declared.values.get("choice", "none") != "consent":
            message = f'"{name}" waits for nobody\'s yes, so people would be in "{incentive.name}" without opting in'
            yield diagnostic("AV0736", here, message, f'write choice = "consent" in [purpose.{name}]')
        if other != incentive.name:
            message = f'"{name}" is a purpose of "{other}" already: one yes would join both'
            yield diagnostic("AV0736", here, message, "give each incentive a purpose of its own")


def _has_way_out(entries: Entries) -> bool:
    return any(one.name == _WAY_OUT and "web" in one.values["methods"] for one in entries.of("right"))
