"""Whether a number that is held is right, answered by yes or no: what is held is never shown, and what was typed is not kept.

    marks    what is typed is hashed where it comes in, under the vault's secret, in the one form of a number
    foresee  what would be compared; who guessed too often before is looked at by staff first
    compare  each hash with those of all that is held of the person in that item, as many for everybody, in constant time

One link an hour goes to an address (`asked_again`), and a request has one try for each number. Numbers that are typed for
confirmation are those whose text a person can type: no password, no answer to a security question, nothing of a body.
Rule: 11 CCR 7024(d) (as amended from 2026), 7060(d), (f).
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Final

from avow.definitions import RequestKind
from avow.gate import entries
from avow.policy import Rulebook
from avow.policy.law import rules
from avow.rights import degrees
from avow.rights.cases import Case
from avow.rights.kept import Cases
from avow.rights.matching import ANSWER_LENGTH, COMPARED
from avow.rights.plan import Action, Given, Line, Task
from avow.rights.states import Step

Keyed = Callable[[bytes, bytes], bytes]
#: What a plan calls the one thing that is done.
TYPED: Final = "what was typed"
#: What became of one number, in words.
RIGHT: Final = "what was typed is what we hold"
WRONG: Final = "what was typed is not what we hold, or we hold none"


def normal(text: str) -> str:
    """Return a number in the form in which it is compared: its letters and digits, without capitals, blanks and signs."""
    return "".join(letter for letter in text[:ANSWER_LENGTH].casefold() if letter.isalnum())


def hashed(item: str, text: str, keyed: Keyed) -> str:
    """Return the keyed hash of a number of an item; "" for a text without letters and digits."""
    form = normal(text)
    return keyed(b"number", f"{item}\0{form}".encode()).hex() if form else ""


def marks(typed: Mapping[str, str], rulebook: Rulebook, keyed: Keyed) -> tuple[tuple[str, str], ...]:
    """Return what was typed as keyed hashes by item, in the order of the policy; what cannot be confirmed is not taken.

    Rule: 11 CCR 7060(d) (nothing is collected to verify that need not be).
    """
    found = ((item.name, hashed(item.name, typed.get(item.name, ""), keyed)) for item in rulebook.confirmable)
    return tuple((name, mark) for name, mark in found if mark)


def plan_of(targets: tuple[str, ...], given: Sequence[Given], today: date) -> tuple[Task, ...]:
    """Return the plan of such a request: what was typed is compared, and nothing else is done. Rule: 11 CCR 7024(d)."""
    del targets, given, today
    return (Task(TYPED, Action.COMPARE, rules.NEVER_DISCLOSED),)


def lines(case: Case, rulebook: Rulebook) -> tuple[Line, ...]:
    """Return what would be compared, a line for each number; none of them says what was typed or is held."""
    asked = case.contact.numbers if case.contact else ()
    return tuple(Line(Action.COMPARE, called(name, rulebook), rules.NEVER_DISCLOSED, fields=(name,)) for name, _ in asked)


def called(name: str, rulebook: Rulebook) -> str:
    """Return what the policy calls an item."""
    return rulebook.data[name].label if name in rulebook.data else name


def is_guessed(case: Case, rulebook: Rulebook, cases: Cases) -> bool:
    """Return whether so many numbers of earlier requests of the same address were wrong that staff look first.

    How many is that of wrong answers to the questions (the law table). Rule: 11 CCR 7060(f).
    """
    if case.kind is not RequestKind.CONFIRM_IDENTIFIER or case.contact is None:
        return False
    others = (one for one in cases.about(case.contact.identifiers()) if one.request_id != case.request_id)
    wrong = sum(not is_right for one in others for is_right in compared(one).values())
    return wrong >= degrees.values(rulebook.law_table).wrong_tries


def compare(case: Case, tasks: Iterable[Mapping[str, str]], rulebook: Rulebook, cases: Cases, now_ms: int) -> bool:
    """Compare what was typed, and write into the history what was right, number by number; return whether that was now.

    Rule: 11 CCR 7024(d).
    """
    if case.contact is None:
        return False
    held, keyed = _held(case, cases), cases.store.vault.hmac
    found = {
        name: _is_held(mark, [hashed(name, text, keyed) for text in held.get(name, ())]) for name, mark in case.contact.numbers
    }
    outcomes = [
        {"target": called(name, rulebook), "did": RIGHT if is_right else WRONG, "records": 0, "rule": rules.NEVER_DISCLOSED}
        for name, is_right in found.items()
    ]
    detail = {"outcomes": outcomes, "tasks": [task["target"] for task in tasks], "compared": found}
    entry = entries.RequestTarget(case.request_id, TYPED, rules.NEVER_DISCLOSED)
    return cases.append(case, Step.OUTCOME, now_ms, detail, entry, None)


def compared(case: Case) -> Mapping[str, bool]:
    """Return whether each number was right, by item; nothing before they were compared."""
    outcome = case.entry(Step.OUTCOME)
    found: Mapping[str, bool] = outcome.detail.get("compared", {}) if outcome else {}
    return found


def _held(case: Case, cases: Cases) -> Mapping[str, list[str]]:
    """Return what is held of a person by item: in records that the proofs reach, and in what rules keep."""
    assert case.contact is not None  # the caller has looked
    people, contact = case.contact.identifiers(), case.contact
    wanted, found = {name for name, _ in contact.numbers}, dict[str, list[str]]()
    held, events = cases.store.find_apart(people)
    records = [one.fields for one in held.submissions if one.record_id not in contact.beyond]
    records += [one.fields for one in cases.store.kept.of(people) if one.id not in contact.beyond]
    for fields in (*records, *(one.fields for one in events)):
        for name in wanted & fields.keys():
            found.setdefault(name, []).append(fields[name])
    return found


def _is_held(mark: str, held: Iterable[str]) -> bool:
    """Return whether one of these hashes is the mark; no fewer are compared for anybody. Rule: 11 CCR 7060(f)."""
    known = list(dict.fromkeys(one for one in held if one))
    against = known + [secrets.token_hex(len(mark) // 2) for _ in range(COMPARED - len(known))]
    return any([hmac.compare_digest(mark, one) for one in against])  # noqa: C419 - each is compared, whatever came before


__all__ = ["RIGHT", "TYPED", "WRONG", "compare", "compared", "is_guessed", "lines", "marks", "plan_of"]
