"""Many requests of one agent, as a file of comma-separated values: each line is one, judged and taken by itself.

A line that is wrong is named with its number and why, and stops no other. A line that was taken before is not taken twice, so
that a file which was interrupted, or whose wrong lines were mended, is sent again as a whole.
Format: docs/specs/agents-csv.md. Rule: 11 CCR 7063, 7026(j), 7027(i).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Final

from avow import telephones
from avow.addresses import judged
from avow.definitions import AvowError, Refusal, RequestKind
from avow.policy import Rulebook
from avow.rights import clock, kinds
from avow.rights.agents.authority import Authority, Shown
from avow.rights.agents.taking import BY_FORM, Taking, Wanted
from avow.rights.cases import Case, Claim
from avow.rights.correcting import claims
from avow.store.control import Transaction, agents
from avow.store.control.agents import Agent, Message

#: What is to be corrected: the field as forms name it ("contact-form/name"), what is wrong and what is right in it.
CLAIM: Final = ("field", "wrong", "right", "may_delete")
#: The columns, in any order; the first two have to be there.
COLUMNS: Final = ("kind", "email", "name", "phone", "pieces", "signed_by", "signed_on", "until", "details", *CLAIM)
_NEEDED: Final = frozenset({"kind", "email"})
#: Largest file, bytes; most lines, and longest value, characters.
FILE_BYTES: Final = 20 * 1024 * 1024
LINES: Final = 50_000
VALUE_LENGTH: Final = 2_000
#: How long a line is known to have been taken.
_KNOWN: Final = timedelta(days=90)
_KNOWN_MS: Final = _KNOWN // timedelta(milliseconds=1)
#: Kinds that agents ask by form and file.
KINDS: Final = tuple(
    kind
    for kind in kinds.KINDS
    if kind in {RequestKind.KNOW, RequestKind.DELETE, RequestKind.CORRECT, RequestKind.OPT_OUT, RequestKind.LIMIT}
)
_PIECES: Final = ("", "categories", "specific", "both")
_FILE: Final = "docs/specs/agents-csv.md"


class _Before(AvowError):
    """The line was taken before; nothing is kept of it a second time."""


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one line: the reference of its request, or why there is none. `is_new` False: it was taken before."""

    number: int
    reference: str = ""
    wrong: str = ""
    is_new: bool = True


def take(content: bytes, agent: Agent, taking: Taking) -> Iterator[Line] | Refusal:
    """Take the lines of a file, and yield what became of each; a Refusal for what is no such file, of which nothing is taken."""
    if len(content) > FILE_BYTES:
        return Refusal(f"the file is larger than {FILE_BYTES} bytes; send it in parts", _FILE)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return Refusal("the file is not in UTF-8", _FILE)
    if "\0" in text:
        return Refusal("the file holds bytes that are no text", _FILE)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = [name.strip().lower() for name in next(reader, [])]
    unknown = sorted(set(header) - set(COLUMNS))
    if unknown or len(set(header)) < len(header) or not set(header) >= _NEEDED:
        found = f"“{unknown[0][:40]}” is none of them" if unknown else "kind and email have to be there, each once"
        return Refusal(f"the first line names the columns: {', '.join(COLUMNS)}; {found}", _FILE)
    if text.count("\n") > LINES:
        return Refusal(f"the file has more than {LINES} lines; send it in parts", _FILE)
    return _lines(reader, header, agent, taking)


def lines_in(content: bytes) -> int:
    """Return about how many lines a file has below its first: a value that holds line ends counts as several."""
    return max(0, content.count(b"\n") - (1 if content.endswith(b"\n") else 0))


def _lines(reader: Iterator[list[str]], header: list[str], agent: Agent, taking: Taking) -> Iterator[Line]:
    number = 1
    while True:
        number += 1
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Line(number, wrong="a quotation mark is where none may be, or a value never ends")
            continue
        if any(values):
            yield _line(number, values, header, agent, taking)


def _line(number: int, values: list[str], header: list[str], agent: Agent, taking: Taking) -> Line:
    """Take one line."""
    if len(values) != len(header):
        return Line(number, wrong=f"it has {len(values)} values, and the first line names {len(header)}")
    if any(len(one) > VALUE_LENGTH for one in values):
        return Line(number, wrong=f"a value is longer than {VALUE_LENGTH} characters")
    wanted = read(dict(zip(header, (one.strip() for one in values), strict=True)), taking.rulebook)
    if isinstance(wanted, str):
        return Line(number, wrong=wanted)
    return _taken(number, sha256("\0".join([agent.id, taking.site, *values]).encode()).hexdigest(), wanted, agent, taking)


def _taken(number: int, digest: str, wanted: Wanted, agent: Agent, taking: Taking) -> Line:
    """Keep the request of a line, unless it was kept before."""

    def once(tx: Transaction, case: Case) -> None:
        now_ms = taking.now_ms()
        if agents.take_message(tx, Message(digest, agent.id, case.request_id, now_ms + _KNOWN_MS)) is not None:
            raise _Before("this line was taken at this moment")

    with taking.cases.store.control.reading() as tx:
        before = agents.message(tx, digest)
    if before is None:
        try:
            case = taking.take(agent, wanted, BY_FORM, also=once)
        except _Before:
            return Line(number, is_new=False)
        return Line(number, wrong=f"{case.reason} ({case.rule})") if isinstance(case, Refusal) else Line(number, case.reference)
    known = taking.cases.get(before.drp_request)
    return Line(number, known.reference if known else "", is_new=False)


def read(values: Mapping[str, str], rulebook: Rulebook) -> Wanted | str:
    """Return what a line asks, or why it asks nothing. Rule: 11 CCR 7063(a)."""
    kind = next((one for one in KINDS if one.value == values["kind"].lower()), None)
    shown, claimed = _shown(values), _claims(kind, values, rulebook)
    wrong = f"kind is none of {', '.join(one.value for one in KINDS)}" if kind is None else _wrong(kind, values)
    if wrong or kind is None or isinstance(shown, str) or isinstance(claimed, str):
        return wrong or (shown if isinstance(shown, str) else str(claimed))
    return Wanted(
        kind=kind,
        email=values["email"],
        name=values.get("name", ""),
        phone=values.get("phone", ""),
        details=values.get("details", ""),
        pieces=values.get("pieces", "") or ("both" if kind is RequestKind.KNOW else ""),
        claims=claimed,
        shown=shown,
    )


def _claims(kind: RequestKind | None, values: Mapping[str, str], rulebook: Rulebook) -> tuple[Claim, ...] | str:
    """Return the one field that a line is to correct, or what is wrong with it. Rule: 11 CCR 7023."""
    field, wrong, right, may_delete = (values.get(name, "") for name in CLAIM)
    if kind is not RequestKind.CORRECT:
        return "field, wrong, right and may_delete are of a line to correct" if field + wrong + right + may_delete else ()
    if may_delete.lower() not in {"", "yes", "no"}:
        return "may_delete is yes or no"
    row = {"field-1": field, "wrong-1": wrong, "right-1": right, "delete-1": "1" if may_delete.lower() == "yes" else ""}
    found, errors = claims.judged(rulebook, row)
    if "field-1" in errors:
        known = ", ".join(one.value for one in claims.correctable(rulebook))
        return f"field is none of {known}"
    return found if not errors else " ".join(errors.values())


def _wrong(kind: RequestKind, values: Mapping[str, str]) -> str:
    """Return what is wrong with whom a line names; "" for nothing."""
    found, number = judged(values["email"]) if values["email"] else None, values.get("phone", "")
    if isinstance(found, str):
        return f"email {found}"
    if found is None and (kind in clock.ANSWERED or not number):
        return "email is missing: nothing finds the person, and nobody could be answered"
    if number and telephones.number_of(number) is None:
        return f"phone {telephones.SENTENCE}"
    return "" if values.get("pieces", "") in _PIECES else f"pieces is none of {', '.join(_PIECES[1:])}"


def _shown(values: Mapping[str, str]) -> Shown | str | None:
    """Return the permission that a line shows, None for none, or what is wrong with it."""
    signed_by, texts = values.get("signed_by", ""), [values.get(name, "") for name in ("signed_on", "until")]
    try:
        signed_on, until = (date.fromisoformat(text) if text else None for text in texts)
    except ValueError:
        return "signed_on and until are days such as 2026-11-30"
    if bool(signed_by) != bool(signed_on):
        return "signed_by and signed_on belong together: who signed the permission, and on which day"
    return Shown(Authority.PERMISSION, signed_on, signed_by, until) if signed_on else None
