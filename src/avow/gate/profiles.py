"""The opt-outs of a browser that is known by its number alone: kept when it sends a signal, and asked of whatever is its.

A signal is a valid opt-out of the browser, and of any profile that goes with it. So it is kept as the choice of the number,
once, and holds when the signal is missing later, which is no consent. What is kept is the purpose, the signal's name and the
moment; it narrows what is kept and handed on of this number, and is read for nothing else.
Rule: 11 CCR 7025(c)(1), (c)(5), (d).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from avow.definitions import Identifier, IdentifierKind, Signalled, identifier
from avow.gate.choices import keep
from avow.store.control import choices as rows
from avow.store.control.choices import Choice
from avow.store.store import Store


def standing(store: Store, visitors: Collection[str]) -> dict[str, frozenset[str]]:
    """Return the purposes that these browsers' numbers have opted out of; numbers without a no are absent.

    By the marks of the vault alone, which outlive the data. Rule: 11 CCR 7025(c)(1), 7026(f).
    """
    numbers = {one: _number(one) for one in visitors}
    noted = store.vault.choices_noted(numbers.values()) if numbers else {}
    out = {visitor: _refused(noted.get(number, {})) for visitor, number in numbers.items()}
    return {visitor: purposes for visitor, purposes in out.items() if purposes}


def keep_signals(store: Store, signalled: Sequence[Signalled]) -> None:
    """Keep what each signal stopped as its number's own choice, where it is not its last word already; a repetition adds nothing.

    Of a number that was erased after the signal nothing is kept: its browser says it again.
    """
    numbers = {one.visitor: _number(one.visitor) for one in signalled}
    if not numbers:
        return
    noted, erased = store.vault.choices_noted(numbers.values()), store.vault.erased_at(numbers.values())
    new = [
        (one, purposes)
        for one in signalled
        if erased.get(numbers[one.visitor], -1) < one.collected_ms
        and (purposes := _new(one, noted.get(numbers[one.visitor], {})))
    ]
    if not new:
        return
    subjects = store.vault.subjects_seen({numbers[one.visitor]: one.collected_ms for one, _ in new})
    for one, purposes in new:
        subject = subjects[numbers[one.visitor]]
        with store.control.transaction() as tx:
            before = rows.opted_out(tx, subject)
            for signal in sorted(set(purposes.values())):
                answer = [
                    _choice(one, subject, name, signal)
                    for name, by in sorted(purposes.items())
                    if by == signal and name not in before
                ]
                keep(store, tx, answer)


def _new(one: Signalled, noted: Mapping[str, tuple[int, bool]]) -> dict[str, str]:
    """Return what of a signal is not said already, and was not answered otherwise since."""
    return {
        purpose: signal
        for purpose, signal in one.opted_out.items()
        if purpose not in noted or (not noted[purpose][1] and noted[purpose][0] < one.collected_ms)
    }


def _choice(one: Signalled, subject: bytes, purpose: str, signal: str) -> Choice:
    return Choice(
        at_ms=one.collected_ms,
        purpose=purpose,
        opted_out=True,
        source=signal,
        rulebook_id=one.rulebook_id,
        subject=subject,
        demonstration=one.demonstration,
        site=one.site,
    )


def _refused(noted: Mapping[str, tuple[int, bool]]) -> frozenset[str]:
    return frozenset(purpose for purpose, (_, is_out) in noted.items() if is_out)


def _number(visitor: str) -> Identifier:
    return identifier(IdentifierKind.VISITOR, visitor)
