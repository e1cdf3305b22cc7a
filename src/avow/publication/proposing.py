"""Publishing from the console: a policy that staff send is judged first, and published when they confirm what they saw.

The twin of `avow policy publish`, by the same functions. Nothing is kept between the two steps: the second brings all texts,
the version's id, and what was published when it was judged, and all three must be as they were.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from avow.config import Configuration
from avow.definitions import ConfigurationError, Refusal
from avow.policy import Compilation, Diagnostic, compile_text, law
from avow.policy.changes.diff import Change
from avow.policy.changes.roles import GONE, NEW
from avow.policy.checks.carried_out import THIS_VERSION, CarriedOut
from avow.policy.language.encoding import decoded
from avow.policy.language.link import BYTES_LIMIT, FILES_LIMIT, included
from avow.policy.law import rules
from avow.publication.answers import Finding, Proposal, Published
from avow.publication.files import require_mail_recipient
from avow.publication.publishing import Publisher
from avow.publication.telling import to_look_through
from avow.store.store import Store

#: What a pasted text is called, in findings and among the versions.
PASTED: Final = "policy.md"
_RULE: Final = rules.MATERIAL_CHANGES
_LANGUAGE: Final = "docs/specs/policy-language.md"


@dataclass(frozen=True, slots=True)
class Proposing:
    """Judges and publishes what staff send."""

    publisher: Publisher
    store: Store
    configuration: Configuration
    now_ms: Callable[[], int]
    does: CarriedOut = THIS_VERSION

    def judge(self, pasted: str, files: Sequence[tuple[str, bytes]]) -> Proposal | Refusal:
        """Return what publishing a policy would do, or why its files are none; nothing is published."""
        arranged = arrange(pasted, files)
        if isinstance(arranged, Refusal):
            return arranged
        name, texts = arranged
        compilation = self._compiled(name, texts)
        findings = tuple(_finding(one, compilation.texts) for one in compilation.diagnostics)
        rulebook, standing = compilation.rulebook, self.publisher.standing()
        if rulebook is None:
            return Proposal(texts, "", findings, None, standing)
        outcome: Published | Refusal
        try:
            require_mail_recipient(self.configuration, rulebook)
            outcome = self.publisher.take(rulebook, self.now_ms(), dry_run=True)
        except ConfigurationError as error:
            outcome = Refusal(str(error), "avow.toml [mail] recipient")
        writes = isinstance(outcome, Published) and outcome.publication.by_email
        changes = outcome.publication.changes if isinstance(outcome, Published) else ()
        people = to_look_through(self.store) if writes else 0
        return Proposal(texts, rulebook.id, findings, outcome, standing, people, role_hint(changes))

    def publish(self, proposal: Proposal, seen: tuple[str, str], staff_id: str) -> Published | Refusal:
        """Publish a policy that was judged again just now, when it is what staff saw: the version's id and what was published.

        The server's job tells people. Rule: Bus. & Prof. Code § 22575(b)(3).
        """
        if isinstance(proposal.outcome, Refusal):
            return proposal.outcome
        if (proposal.rulebook_id, proposal.standing) != seen or proposal.outcome is None:
            return Refusal("what is published changed meanwhile; look at what it would do now, and confirm again", _RULE)
        rulebook = proposal.outcome.publication.rulebook
        return self.publisher.take(rulebook, self.now_ms(), staff_id)

    def withdraw(self, wanted: str, staff_id: str) -> Refusal | None:
        """Take the announced version back, when it is the one that is meant."""
        self.publisher.versions.refresh()
        outcome = self.publisher.withdraw(self.now_ms(), staff_id, wanted)
        return outcome if isinstance(outcome, Refusal) else None

    def _compiled(self, name: str, texts: Mapping[str, str]) -> Compilation:
        others = {other: text for other, text in texts.items() if other != name}
        return compile_text(texts[name], name, law.tables(), self.publisher.versions.today(), others, self.does)


def arrange(pasted: str, files: Sequence[tuple[str, bytes]]) -> tuple[str, dict[str, str]] | Refusal:
    """Return the name of the policy's first file, and the texts of all by the names that they are included by.

    A browser tells of a file its name without its folder: an include finds the one file that ends so. Without a pasted text the
    first file is the one that no other includes. What is missing is left to the compiler to report.
    """
    given = {PASTED: pasted} if pasted.strip() else {}
    for told, content in files:
        name = told.replace("\\", "/").lstrip("/") or PASTED
        if name in given:
            return Refusal(
                f"two files are called “{name}”; send each once, or paste the first one as text under its own name", _LANGUAGE
            )
        given[name] = decoded(content)
    if not given:
        return Refusal("neither a text nor a file came", _LANGUAGE)
    if len(given) > FILES_LIMIT or sum(len(text.encode("utf-8", "surrogatepass")) for text in given.values()) > BYTES_LIMIT:
        return Refusal(f"a policy has at most {FILES_LIMIT} files and {BYTES_LIMIT:,} bytes together", _LANGUAGE)
    named = {posixpath.basename(target) for name, text in given.items() for target in included(text, name)}
    roots = [PASTED] if pasted.strip() else [name for name in given if posixpath.basename(name) not in named]
    if len(roots) != 1:
        which = ", ".join(roots) or "each is included by another"
        return Refusal(f"one file must be the policy, which no other one includes; here: {which}", _LANGUAGE)
    texts, waiting = {roots[0]: given[roots[0]]}, [roots[0]]
    while waiting:
        name = waiting.pop()
        for target in included(texts[name], name):
            found = target if target in given else _ending_so(target, given)
            if found and target not in texts:
                texts[target] = given[found]
                waiting.append(target)
    return roots[0], texts


def role_hint(changes: Iterable[Change]) -> str:
    """Return what to look at where one role was given up and another is new; "" else."""
    if not {GONE, NEW} <= {change.kind for change in changes}:
        return ""
    return (
        "If a new role is the one that was given up, write the old name as formerly of the new: else it opens no record that an "
        "earlier version promised to the old one."
    )


def _ending_so(target: str, given: Collection[str]) -> str:
    """Return the one file that has the name of an included one, wherever it lies; "" for none, or several."""
    found = [name for name in given if posixpath.basename(name) == posixpath.basename(target)]
    return found[0] if len(found) == 1 else ""


def _finding(one: Diagnostic, texts: Mapping[str, str]) -> Finding:
    """Return a finding with the words that it is about."""
    lines = texts.get(one.file, "").split("\n")
    line = lines[one.line - 1] if 0 < one.line <= len(lines) else ""
    start = one.column - 1
    return Finding(one, line[:start], line[start : start + one.length], line[start + one.length :])
