"""What recipients are told in words: on their page, in the message that brings them there, and by their computers.

Rule: Cal. Civ. Code § 1798.105(c)(1), (3), (d); 11 CCR 7022(b)(2), (3), (c) (service providers and contractors), 7052(a) (third
parties), 7051(a)(8) (who cannot says so within five business days).
"""

from __future__ import annotations

from typing import Final

from avow.policy.law import rules

#: What a service provider or contractor has to do with what it holds of the person for us.
PROVIDER: Final = (
    "Erase from your systems, for good, what you hold of this person for us; or deidentify it, so that nothing leads to them.",
    "What lies in archives and backups goes when they are next used.",
    "Tell your own service providers and contractors to do the same.",
    "Tell everybody else who got it from you, or through you, unless that was at our word, to erase it.",
    "What a law makes you keep, keep for nothing else, and erase the rest. Say here what you keep, and by which law.",
    "If you cannot do this, say so here within five business days.",
)
#: What a third party has to do with what it got from us.
THIRD_PARTY: Final = (
    "Erase from your systems, for good, what you got of this person from us; or deidentify it, so that nothing leads to them.",
    "What lies in archives and backups goes when they are next used.",
    "Tell your own service providers and contractors to do the same, and everybody to whom you sold it or made it available.",
    "What a law makes you keep, keep for nothing else, and erase the rest. Say here what you keep, and by which law.",
    "If you cannot do this, say so here within five business days.",
)


#: What whoever has something of the person from us has to do where it was wrong.
CORRECTED: Final = (
    "Correct on your systems what you hold of this person from us as it says here.",
    "What lies in archives and backups is corrected when they are next used.",
    "Tell your own service providers and contractors, and everybody else who got it from you or through you, to do the same.",
    "Make sure that it stays corrected: what comes again as it was before is not right.",
    "Where there is a statement of the person here, keep it with what it is about, and show it to whoever is shown that.",
    "If you cannot do this, say so here within five business days.",
)


def duties(*, is_third_party: bool, what: str = "erase") -> tuple[str, ...]:
    """Return what a recipient has to do, a sentence for each part; `what` is that of its instruction.

    Rule: 11 CCR 7022(b), (c), 7052(a); 7023(c), (f)(3).
    """
    if what == "correct":
        return CORRECTED
    return THIRD_PARTY if is_third_party else PROVIDER


def by_rule(*, is_third_party: bool, what: str = "erase") -> str:
    """Return the rule that asks it of a recipient. Rule: 11 CCR 7022(b)(2), (3), 7023(c)."""
    if what == "correct":
        return rules.both(rules.CORRECT_EFFORT, rules.CORRECT_EVERYWHERE, rules.UNABLE)
    rule = rules.TELL_THIRD_PARTIES if is_third_party else rules.TELL_PROVIDERS
    return rules.both(rules.DELETE_FROM_RECORDS, rule, rules.UNABLE)


# -- of an opt-out ----------------------------------------------------------------------------------------------------------

_STOPPED_BY_PROVIDER: Final = (
    "Do not use, keep or pass on what you hold of these records for this purpose; keep only that you must not.",
    "Tell your own service providers and contractors to do the same.",
)
_STOPPED_BY_THIRD_PARTY: Final = (
    "Stop selling, sharing, keeping and using what you got of these records from us for this purpose.",
    "Tell everybody to whom you sold it, with whom you shared it or to whom you made it available, to do the same.",
    "Tell your own service providers and contractors to do the same.",
)


def stops(*, is_third_party: bool) -> tuple[str, ...]:
    """Return what a recipient has to do about an opt-out, a sentence for each part. Rule: 11 CCR 7026(f)(2), (3), 7052(a)."""
    return _STOPPED_BY_THIRD_PARTY if is_third_party else _STOPPED_BY_PROVIDER


def stops_by_rule(*, is_third_party: bool) -> str:
    """Return the rule that asks it of a recipient. Rule: 11 CCR 7026(f)."""
    return rules.both(rules.OPT_OUT_PASSED_ON, rules.OPT_OUT_HEEDED) if is_third_party else rules.OPT_OUT_PASSED_ON
