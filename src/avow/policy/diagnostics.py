"""Diagnostics: what the compiler says about a policy, at the word, with the rule and how to mend it.

Each code is declared once, in CODES; docs/specs/policy-language.md lists them and a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Severity(StrEnum):
    """An error stops the compilation; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A place in the policy file: line and column count from 1, length in characters."""

    line: int
    column: int
    length: int


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of diagnostic: its severity, what it finds, and the rule behind it."""

    severity: Severity
    finds: str
    rule: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding, at its place in one file of the policy; `line` counts in the linked text until `file` is known."""

    code: str
    severity: Severity
    line: int
    column: int
    length: int
    message: str
    rule: str
    mend: str
    file: str = ""


_LANGUAGE: Final = "docs/specs/policy-language.md"
_NEED: Final = "Cal. Civ. Code § 1798.100(c); 11 CCR 7002(d)"
_NOTICE: Final = "Cal. Civ. Code § 1798.100(a)(1)"
_RETENTION: Final = "Cal. Civ. Code § 1798.100(a)(3)"
_METHODS: Final = "Cal. Civ. Code § 1798.130(a)(1); 11 CCR 7020"
_SALE: Final = "Cal. Civ. Code § 1798.130(a)(5)(C); 11 CCR 7051"
_PROMISE: Final = "Bus. & Prof. Code § 22576"


def _error(finds: str, rule: str) -> Code:
    return Code(Severity.ERROR, finds, rule)


def _warning(finds: str, rule: str) -> Code:
    return Code(Severity.WARNING, finds, rule)


CODES: Final[Mapping[str, Code]] = MappingProxyType(
    {
        # 01: the text cannot be read as a policy
        "AV0101": _error("an avow block is not valid TOML", _LANGUAGE),
        "AV0102": _error("a table that the language does not have", _LANGUAGE),
        "AV0103": _error("a key that this table does not have", _LANGUAGE),
        "AV0104": _error("a required key is missing", _LANGUAGE),
        "AV0105": _error("a value of the wrong kind, or outside its limits", _LANGUAGE),
        "AV0106": _error("a name is declared twice", _LANGUAGE),
        "AV0107": _error("a placeholder that the language does not have, or one inside a sentence", _LANGUAGE),
        "AV0108": _error("an avow block is never closed", _LANGUAGE),
        "AV0109": _error("a name is not lower-case words joined by hyphens", _LANGUAGE),
        "AV0110": _error("two headings have the same anchor", _LANGUAGE),
        "AV0111": _error("a file includes itself", _LANGUAGE),
        "AV0112": _error("a file that is not there, cannot be read, or is too much for a policy", _LANGUAGE),
        "AV0113": _error("a file is included twice", _LANGUAGE),
        "AV0114": _error("a heading is marked for a website or jurisdiction that the policy does not have", _LANGUAGE),
        "AV0115": _error("a mark of the language that is misspelt, so that visitors would see it", _LANGUAGE),
        "AV0116": _error("a file that is not written in UTF-8", _LANGUAGE),
        # 02: names that do not meet
        "AV0201": _error("a data item that is not declared", _NOTICE),
        "AV0202": _error("a purpose that is not declared", _NOTICE),
        "AV0203": _error("a recipient that is not declared", "Cal. Civ. Code § 1798.130(a)(5)(B)"),
        "AV0204": _error("a collection point that is not declared", _NOTICE),
        "AV0205": _warning("a data item that no collection point takes", _NEED),
        "AV0206": _error("a purpose that nothing is collected for", _NEED),
        "AV0207": _warning("a recipient that no collection point gives anything to", _NEED),
        "AV0208": _error("a category that the statute does not have", "Cal. Civ. Code § 1798.140(v)(1)"),
        "AV0209": _error("a sensitive category that the statute does not have", "Cal. Civ. Code § 1798.140(ae)"),
        "AV0210": _error("a source that is not declared", "Cal. Civ. Code § 1798.110(c)(2)"),
        "AV0211": _error("a website, message or brand that is not declared", _LANGUAGE),
        "AV0212": _error("a duty to keep that is not declared", "Cal. Civ. Code § 1798.105(d)(8)"),
        "AV0213": _error("a right in a jurisdiction that the policy does not name", _LANGUAGE),
        "AV0214": _warning("a source, duty or brand that nothing uses", _NEED),
        # 03: collection and retention
        "AV0301": _error("a collection point without a purpose", _NEED),
        "AV0302": _error("a collection point without a retention period", _RETENTION),
        "AV0303": _error("free text where a retention period must stand", _RETENTION),
        "AV0304": _error("prose that keeps data for no definite period", _RETENTION),
        "AV0305": _error("a field or purpose that this collection point does not have", _NEED),
        "AV0306": _error("a recipient is given data or purposes beyond its own declaration", "11 CCR 7051(a)"),
        "AV0307": _error("a visitor id is kept without a declared cookie lifetime", "Cal. Civ. Code § 1798.100(a)(3)"),
        "AV0308": _error("a signal or choice stops a purpose that nobody can opt out of", "11 CCR 7025(c)(1)"),
        "AV0309": _error("a purpose without a retention period", _RETENTION),
        "AV0310": _error("a field is kept longer than the purpose that alone needs it", _RETENTION),
        "AV0311": _error("a session recording starts before consent", "Cal. Penal Code §§ 631, 638.51"),
        "AV0312": _error("a session recording does not mask what is typed", "Cal. Penal Code § 631"),
        "AV0313": _error("records are erased before a duty to keep them ends", "Cal. Civ. Code § 1798.105(d)(8)"),
        "AV0314": _error("a clear GIF measures e-mail before consent", "Cal. Penal Code § 638.51"),
        "AV0315": _error("a cookie or storage without the names of what it stores", "Cal. Civ. Code § 1798.100(a)(1)"),
        "AV0316": _error("a purpose without a legal basis, or one that its choice contradicts", "GDPR Art. 6(1), 7"),
        "AV0317": _error("a data set without a commitment never to re-identify", "Cal. Civ. Code § 1798.140(m)"),
        "AV0318": _error(
            "one choice for purposes that wait for a yes and others that wait for a no", "11 CCR 7004(b); GDPR Art. 7"
        ),
        "AV0319": _error(
            "a file that could not be found again, or is of no form or feed", "Cal. Civ. Code § 1798.105, § 1798.110"
        ),
        "AV0320": _error("an authorisation by what is no form, or of somebody who could not be found", "15 U.S.C. 1681b(b)(2)"),
        "AV0325": _error("a link whose clicks or reports cannot be what the policy says of them", _NOTICE),
        "AV0326": _error("a form or feed whose person nobody could find again", "Cal. Civ. Code § 1798.105, § 1798.110"),
        # 04: recipients, sale and sharing
        "AV0401": _error("prose denies sale and sharing, and a recipient is a third party", _SALE),
        "AV0402": _error(
            "a service provider or contractor without a compliant contract is a third party", "11 CCR 7051(c), 7053(c)"
        ),
        "AV0404": _error("prose denies sale and says nothing of sharing", "Cal. Civ. Code § 1798.130(a)(5)(C)"),
        "AV0405": _error("a contract with a third party lacks a clause", "Cal. Civ. Code § 1798.100(d); 11 CCR 7053(a)"),
        "AV0406": _error(
            "a service provider is declared to buy, to be shared with, or to use data for itself", "11 CCR 7050, 7051"
        ),
        "AV0407": _warning("a contract was not checked for 12 months", "Cal. Civ. Code § 1798.140(ag)(1)(D); 11 CCR 7053(b)"),
        "AV0408": _error(
            "data is sold or shared, and no right to opt out is offered", "Cal. Civ. Code § 1798.120, § 1798.135(a)"
        ),
        "AV0409": _error("data is sold or shared, and the opt-out signal does not stop it", "11 CCR 7025(c)(1)"),
        "AV0410": _error("a transfer out of the EEA without safeguards", "GDPR Art. 44-46"),
        # 05: prose against declarations
        "AV0501": _error("a paragraph promises something that nothing in its section carries out", _PROMISE),
        "AV0502": _error("a duration in prose, or its start, that no declaration of its section has", _PROMISE),
        "AV0503": _error("prose answers a signal otherwise than the declaration", "Bus. & Prof. Code § 22575(b)(5)"),
        "AV0504": _error("the limit of requests to know is applied to other requests", "Cal. Civ. Code § 1798.130(b)"),
        "AV0505": _error("an address or telephone number that the controller does not have", _PROMISE),
        "AV0506": _error("a right named in prose that is not declared", "Cal. Civ. Code § 1798.130(a)(5)(A)"),
        "AV0507": _error("purposes left open", "Cal. Civ. Code § 1798.100(a)(1); 11 CCR 7002(f)"),
        "AV0508": _error("prose speaks of something with rules of its own, and nothing declares it", _PROMISE),
        "AV0509": _error("prose denies a technology, or a kind of information, that is declared", _PROMISE),
        "AV0510": _error("prose names a technology that is not declared", _NOTICE),
        "AV0511": _error("prose discloses to recipients that nobody can name", "Cal. Civ. Code § 1798.130(a)(5)(B)-(C)"),
        "AV0512": _error("prose changes the policy without saying how people are told", "Bus. & Prof. Code § 22575(b)(3)"),
        "AV0513": _error("an exception from deletion that the law does not have", "Cal. Civ. Code § 1798.105(d)"),
        "AV0514": _error("an opt-out, or a limit, asks who somebody is", "11 CCR 7060(b)"),
        "AV0515": _error("a request to know, delete or correct is answered without verification", "11 CCR 7060(a), 7062"),
        "AV0516": _error("an age in prose that the declaration does not have", "16 CFR 312.2; Cal. Civ. Code § 1798.120(c)"),
        "AV0517": _error("a chart of categories typed by hand", "Cal. Civ. Code § 1798.130(a)(5)(B)-(C)"),
        "AV0518": _error("prose takes the use of a website for consent", "Cal. Civ. Code § 1798.140(h); GDPR Art. 4(11), 7"),
        "AV0519": _error(
            "a date in prose that the policy does not have", "Bus. & Prof. Code § 22575(b)(4); Cal. Civ. Code § 1798.130(a)(5)"
        ),
        "AV0520": _warning("a duration of which nobody can tell whether something is kept so long", _PROMISE),
        # 06: the policy as a whole
        "AV0601": _error("a declaration that every policy must have is missing", _LANGUAGE),
        "AV0602": _error("a right that must be offered is missing", "Cal. Civ. Code § 1798.130(a)(5)(A)"),
        "AV0604": _error("fewer than two methods to ask", _METHODS),
        "AV0605": _error("no toll-free number to ask by", _METHODS),
        "AV0606": _error("the policy was not updated for too long", "Cal. Civ. Code § 1798.130(a)(5)"),
        "AV0607": _error("the answer to an opt-out preference signal is missing", "Bus. & Prof. Code § 22575(b)(5); 11 CCR 7025"),
        "AV0608": _error("a jurisdiction without a law table", _LANGUAGE),
        "AV0609": _error("the 12-month chart is missing", "Cal. Civ. Code § 1798.130(a)(5)(B)-(C)"),
        "AV0610": _error("the promise not to retaliate is missing", "Cal. Civ. Code § 1798.125; 11 CCR 7011(e)"),
        "AV0611": _error("what an authorized agent needs is missing", "11 CCR 7011(e), 7063"),
        "AV0612": _error("what holds for children is missing", "16 CFR 312; Cal. Civ. Code § 1798.120(c)"),
        "AV0613": _error("whether others collect across websites is missing", "Bus. & Prof. Code § 22575(b)(6)"),
        "AV0614": _error("the accessibility standard and the languages are missing", "11 CCR 7003"),
        "AV0615": _error("whom to contact is missing", "11 CCR 7011(e)"),
        "AV0616": _error(
            "more than two requests to know are refused, or other requests are counted", "Cal. Civ. Code § 1798.130(b)"
        ),
        "AV0617": _error("the yearly metrics of a large business are missing", "11 CCR 7102"),
        "AV0618": _error(
            "sensitive information is used beyond its purpose, and no right to limit is offered", "Cal. Civ. Code § 1798.121"
        ),
        "AV0619": _error("the retention table is missing", "Cal. Civ. Code § 1798.100(a)(3); 16 CFR 312.10"),
        "AV0620": _error("the rights and how to use them are not shown", "Cal. Civ. Code § 1798.130(a)(5)(A)"),
        "AV0621": _error("the answer to the signals is not shown", "11 CCR 7011(e), 7025(c)(6); Bus. & Prof. Code § 22575(b)(5)"),
        "AV0622": _error("the right to complain to a supervisory authority is not told", "GDPR Art. 13(2)(d)"),
        "AV0623": _warning("the policy must be updated within 30 days", "Cal. Civ. Code § 1798.130(a)(5)"),
        "AV0624": _error("a right that people carry out is offered by the software's form", _PROMISE),
        # 07: what this version of the software does not carry out
        "AV0701": _error("a right that this version does not carry out", _PROMISE),
        "AV0702": _error("a third party, to whom this version stops nothing", "Cal. Civ. Code § 1798.135(a)"),
        "AV0703": _error("a recipient keeps data, and this version does not tell it to delete", "Cal. Civ. Code § 1798.105(c)"),
        "AV0704": _error("a technology that this version does not collect by", _PROMISE),
        "AV0705": _error("a duty to keep, which this version's deletion does not respect", "Cal. Civ. Code § 1798.105(d)(8)"),
        "AV0706": _error("a retention that starts or ends with something this version does not see", _RETENTION),
        "AV0707": _error("a data set that this version does not release", _PROMISE),
        "AV0708": _error("a right that promises more than this version carries out", _PROMISE),
        "AV0709": _error("a standing promise that this version does not keep", _PROMISE),
    }
)

#: What the first two digits of a code say.
GROUPS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "01": "The text cannot be read as a policy",
        "02": "The names do not meet",
        "03": "Collection, purposes and retention",
        "04": "Recipients, sale and sharing",
        "05": "The prose says something else than the declarations",
        "06": "What every policy must have",
        "07": "What this version of the software does not carry out",
    }
)


def diagnostic(code: str, span: Span, message: str, mend: str) -> Diagnostic:
    """Return the finding of this code at this place; severity and rule come from CODES."""
    kind = CODES[code]
    return Diagnostic(code, kind.severity, span.line, span.column, span.length, message, kind.rule, mend)


def errors(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return the findings that stop the compilation."""
    return tuple(found for found in diagnostics if found.severity is Severity.ERROR)


_RED, _YELLOW, _BLUE, _BOLD, _END = "\x1b[1;31m", "\x1b[1;33m", "\x1b[1;34m", "\x1b[1m", "\x1b[0m"


def as_text(diagnostics: Iterable[Diagnostic], texts: Mapping[str, str], *, colour: bool = False) -> str:
    """Return the findings as a compiler prints them: place, the line, the words underlined, rule and mend.

    `texts` are the policy's files by name, as a Compilation has them.
    """
    found = tuple(diagnostics)
    parts = [_one(item, texts.get(item.file, "").splitlines()) for item in found]
    if found:
        stopping = len(errors(found))
        parts.append(f"{_count(stopping, 'error')}, {_count(len(found) - stopping, 'warning')}\n")
    shown = "\n".join(parts)
    return _paint(shown) if colour else shown


def _one(item: Diagnostic, lines: list[str]) -> str:
    line = lines[item.line - 1] if 0 < item.line <= len(lines) else ""
    gutter = " " * len(str(item.line))
    before = "".join("\t" if letter == "\t" else " " for letter in line[: item.column - 1])
    length = max(1, min(item.length, len(line) - item.column + 1))
    return (
        f"{item.severity}[{item.code}]: {item.message}\n"
        f"{gutter}--> {item.file}:{item.line}:{item.column}\n"
        f"{gutter} |\n"
        f"{item.line} | {line}\n"
        f"{gutter} | {before}{'^' * length}\n"
        f"{gutter} = rule: {item.rule}\n"
        f"{gutter} = mend: {item.mend}\n"
    )


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _paint(shown: str) -> str:
    """Colour the parts of the text by what each line begins with."""
    painted = []
    for line in shown.split("\n"):
        bare = line.lstrip()
        if bare.startswith(("error[", "warning[")):
            head, rest = line.split(":", 1)
            painted.append(f"{_RED if head.startswith('error') else _YELLOW}{head}{_END}{_BOLD}:{rest}{_END}")
        elif bare.startswith("| ") and set(bare[1:].strip()) == {"^"}:
            painted.append(f"{_RED}{line}{_END}")
        elif bare.startswith(("-->", "= rule:", "= mend:")):
            mark, rest = bare.split(" ", 1)
            painted.append(f"{line[: len(line) - len(bare)]}{_BLUE}{mark}{_END} {rest}")
        else:
            painted.append(line)
    return "\n".join(painted)
