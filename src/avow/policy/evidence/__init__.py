"""Evidence: next to each promise of the policy, what carries it out, and what the stores and the log show about it now.

Pure: `promises` reads the policy, `judge` compares it with `Facts` that others counted. Rule: Bus. & Prof. Code § 22576.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from avow.policy.checks.promises import promising
from avow.policy.evidence.facts import (
    OWN_LOOK,
    Announced,
    Asked,
    Chosen,
    Disclosed,
    Facts,
    Held,
    KeptByRule,
    Read,
    Refused,
    Reported,
    disclosed,
)
from avow.policy.evidence.findings import Finding, Verdict, findings, installation
from avow.policy.language.parse import Document, parse
from avow.policy.rulebook.rulebook import Rulebook

__all__ = [
    "OWN_LOOK",
    "Announced",
    "Asked",
    "Chosen",
    "Disclosed",
    "Facts",
    "Finding",
    "Held",
    "Judged",
    "KeptByRule",
    "Promise",
    "Read",
    "Refused",
    "Reported",
    "Verdict",
    "disclosed",
    "judge",
    "promises",
]

#: Computed tables that stand for what is done, where a section declares nothing itself.
_TABLES: Final = frozenset({"technologies", "retention", "recipients", "signals", "rights", "roles", "choices", "chart"})
_NAMED: Final = frozenset(
    {"collection", "purpose", "recipient", "signal", "right", "choice", "role", "duty", "dataset", "incentive"}
)
#: Declarations that only give names to things.
_NAMING: Final = frozenset({"policy", "data", "controller", "brand", "contact", "source", "website", "message", "external_link"})


@dataclass(frozen=True, slots=True)
class Promise:
    """What one section promises. `declarations` carry it out, as (kind, name); `by_people` are statements of its text."""

    anchor: str
    title: str
    sentences: tuple[str, ...]
    declarations: tuple[tuple[str, str], ...]
    by_people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """A promise with what was found about it; the worst finding decides."""

    promise: Promise
    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """Return what holds for the whole promise: it does not hold when one part of it does not. Why: decision 0019."""
        found = {finding.verdict for finding in self.findings}
        order = (Verdict.FAILS, Verdict.HOLDS, Verdict.NO_EVIDENCE)
        return next((verdict for verdict in order if verdict in found), Verdict.BY_PEOPLE)


def promises(rulebook: Rulebook) -> tuple[Promise, ...]:
    """Return what each section of the policy promises, in its order; sections that promise nothing are left out.

    Rule: Bus. & Prof. Code § 22576.
    """
    document = parse(rulebook.text)
    found = (_promise(rulebook, document, number) for number in range(len(document.sections)))
    return tuple(one for one in found if one.sentences or one.by_people or one.declarations)


def judge(rulebook: Rulebook, facts: Facts, today: date) -> tuple[Judged, ...]:
    """Return each promise with what carries it out and what the facts show, the installation as a whole last.

    Rule: Bus. & Prof. Code § 22576. Why: decision 0019.
    """
    judged = [
        Judged(promise, tuple(one for kind, name in promise.declarations for one in findings(rulebook, facts, kind, name, today)))
        for promise in promises(rulebook)
    ]
    whole = Promise("", "The policy and its record as a whole", (), (), ())
    return (*judged, Judged(whole, installation(rulebook, facts, today)))


def _promise(rulebook: Rulebook, document: Document, number: int) -> Promise:
    section = document.sections[number]
    here = [prose for prose in document.prose if prose.section == number and prose.kind == "paragraph"]
    return Promise(
        section.anchor,
        section.title or rulebook.title,
        tuple(one for prose in here if not prose.statement for one in promising(prose)),
        _declarations(document, number),
        tuple(one for prose in here if prose.statement for one in promising(prose)),
    )


def _declarations(document: Document, number: int) -> tuple[tuple[str, str], ...]:
    """Return what a section declares, else the computed tables that it shows."""
    found = []
    for block in document.blocks:
        if block.section == number:
            for kind, content in block.tables.items():
                found += [(kind, name) for name in (content if kind in _NAMED else (kind,)) if kind not in _NAMING]
    shown = [one.name for one in document.placeholders if one.section == number and one.name in _TABLES]
    return tuple(found) or tuple(("table", name) for name in dict.fromkeys(shown))
