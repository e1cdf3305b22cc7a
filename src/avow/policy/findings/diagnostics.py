"""Diagnostics: what the compiler says about a policy, at the word, with the rule and how to mend it.

Each code is declared once, in CODES; docs/specs/policy-language.md lists them and a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from avow.policy.law import rules


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
_NEED: Final = rules.both(rules.MINIMISATION, rules.EXPECTATIONS)
_NOTICE: Final = rules.NOTICE_AT_COLLECTION
_RETENTION: Final = rules.RETENTION
_METHODS: Final = rules.both(rules.METHODS, rules.METHODS_OF_REQUESTS)
_SALE: Final = rules.both(rules.SOLD_TOLD, rules.SERVICE_PROVIDER)
_KEPT: Final = rules.both(rules.DELETION_EXCEPTIONS, rules.DENIED_IN_PART)
_PROMISE: Final = rules.POLICY_IS_KEPT
_ACCESS: Final = rules.both(rules.MINIMISATION, rules.SECURITY)


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
        "AV0203": _error("a recipient that is not declared", rules.COLLECTED_TOLD),
        "AV0204": _error("a collection point that is not declared", _NOTICE),
        "AV0205": _warning("a data item that no collection point takes", _NEED),
        "AV0206": _error("a purpose that nothing is collected for", _NEED),
        "AV0207": _warning("a recipient that no collection point gives anything to", _NEED),
        "AV0208": _error("a category that the statute does not have", rules.CATEGORIES),
        "AV0209": _error("a sensitive category that the statute does not have", rules.SENSITIVE),
        "AV0210": _error("a source that is not declared", rules.SOURCES_TOLD),
        "AV0211": _error("a website, message or brand that is not declared", _LANGUAGE),
        "AV0212": _error("a duty to keep that is not declared", rules.LEGAL_DUTY),
        "AV0213": _error("a right in a jurisdiction that the policy does not name", _LANGUAGE),
        "AV0214": _warning("a source, duty or brand that nothing uses", _NEED),
        # 03: collection and retention
        "AV0301": _error("a collection point without a purpose", _NEED),
        "AV0302": _error("a collection point without a retention period", _RETENTION),
        "AV0303": _error("free text where a retention period must stand", _RETENTION),
        "AV0304": _error("prose that keeps data for no definite period", _RETENTION),
        "AV0305": _error("a field or purpose that this collection point does not have", _NEED),
        "AV0306": _error("a recipient is given data or purposes beyond its own declaration", rules.SERVICE_PROVIDER_CONTRACT),
        "AV0307": _error("a visitor id is kept without a declared cookie lifetime", rules.RETENTION),
        "AV0308": _error("a signal or choice stops a purpose that nobody can opt out of", rules.SIGNAL_STOPS),
        "AV0309": _error("a purpose without a retention period", _RETENTION),
        "AV0310": _error("a field is kept longer than the purpose that alone needs it", _RETENTION),
        "AV0311": _error("a session recording starts before consent", rules.WIRETAPPING_AND_PEN_REGISTER),
        "AV0312": _error("a session recording does not mask what is typed", rules.WIRETAPPING),
        "AV0313": _error("records are erased before a duty to keep them ends", rules.LEGAL_DUTY),
        "AV0314": _error("a clear GIF measures e-mail before consent", rules.PEN_REGISTER),
        "AV0315": _error("a cookie or storage without the names of what it stores", rules.NOTICE_AT_COLLECTION),
        "AV0316": _error("a purpose without a legal basis, or one that its choice contradicts", rules.LEGAL_BASIS_AND_CONSENT),
        "AV0317": _error("a data set without a commitment never to re-identify", rules.DEIDENTIFIED),
        "AV0318": _error(
            "one choice for purposes that wait for a yes and others that wait for a no",
            rules.both(rules.SYMMETRY, rules.CONSENT_CONDITIONS),
        ),
        "AV0319": _error("a file that could not be found again, or is of no form or feed", rules.DELETE_AND_KNOW),
        "AV0320": _error("an authorisation by what is no form, or of somebody who could not be found", rules.BACKGROUND_CHECK),
        "AV0325": _error("a link whose clicks or reports cannot be what the policy says of them", _NOTICE),
        "AV0326": _error("a form or feed whose person nobody could find again", rules.DELETE_AND_KNOW),
        "AV0327": _error("a purpose combines records that nothing shows to be of one person", _NOTICE),
        "AV0328": _error("what a browser told is combined with what its person wrote, and nobody asks them", _NEED),
        "AV0329": _error("sensitive information is combined beyond what the law lets it be used for", rules.SENSITIVE_USES),
        "AV0330": _error("a form keeps a browser's number that nothing combines", _NEED),
        "AV0331": _error("an item is said to tell an age that it cannot tell", rules.CHILDREN_OPT_IN),
        "AV0332": _error("an item may be what no answer shows, and does not say", rules.NEVER_DISCLOSED),
        "AV0333": _warning("some of the four facts for which records need not be searched", rules.NOT_SEARCHED),
        "AV0334": _error("records are not searched, and a third party gets them", rules.NOT_SEARCHED),
        # 04: recipients, sale and sharing
        "AV0401": _error("prose denies sale and sharing, and a recipient is a third party", _SALE),
        "AV0402": _error(
            "a service provider or contractor without a compliant contract is a third party", rules.WITHOUT_CONTRACT
        ),
        "AV0404": _error("prose denies sale and says nothing of sharing", rules.SOLD_TOLD),
        "AV0405": _error(
            "a contract with a third party lacks a clause", rules.both(rules.RECIPIENT_AGREEMENT, rules.THIRD_PARTY_CONTRACT)
        ),
        "AV0406": _error(
            "a service provider is declared to buy, to be shared with, or to use data for itself", rules.SERVICE_PROVIDERS
        ),
        "AV0407": _warning(
            "a contract was not checked for 12 months", rules.both(rules.SERVICE_PROVIDER_CHECKS, rules.THIRD_PARTY_CHECKS)
        ),
        "AV0408": _error("data is sold or shared, and no right to opt out is offered", rules.OPT_OUT),
        "AV0409": _error("data is sold or shared, and the opt-out signal does not stop it", rules.SIGNAL_STOPS),
        "AV0410": _error("a transfer out of the EEA without safeguards", rules.TRANSFERS),
        "AV0411": _error("prose admits a sale or sharing that no recipient has", _PROMISE),
        # 05: prose against declarations
        "AV0501": _error("a paragraph promises something that nothing in its section carries out", _PROMISE),
        "AV0502": _error("a duration in prose, or its start, that no declaration of its section has", _PROMISE),
        "AV0503": _error("prose answers a signal otherwise than the declaration", rules.DO_NOT_TRACK),
        "AV0504": _error("the limit of requests to know is applied to other requests", rules.TWICE_A_YEAR),
        "AV0505": _error("an address or telephone number that the controller does not have", _PROMISE),
        "AV0506": _error("a right named in prose that is not declared", rules.RIGHTS_TOLD),
        "AV0507": _error("purposes left open", rules.both(rules.NOTICE_AT_COLLECTION, rules.NEW_PURPOSE)),
        "AV0508": _error("prose speaks of something with rules of its own, and nothing declares it", _PROMISE),
        "AV0509": _error("prose denies a technology, or a kind of information, that is declared", _PROMISE),
        "AV0510": _error("prose names a technology that is not declared", _NOTICE),
        "AV0511": _error("prose discloses to recipients that nobody can name", rules.CHART),
        "AV0512": _error("prose changes the policy without saying how people are told", rules.MATERIAL_CHANGES),
        "AV0513": _error("an exception from deletion that the law does not have", rules.DELETION_EXCEPTIONS),
        "AV0514": _error("an opt-out, or a limit, asks who somebody is", rules.OPT_OUT_UNVERIFIED),
        "AV0515": _error("a request to know, delete or correct is answered without verification", rules.VERIFICATION_METHODS),
        "AV0516": _error(
            "an age in prose that the declaration does not have", rules.both(rules.CHILDREN_AGE, rules.CHILDREN_OPT_IN)
        ),
        "AV0517": _error("a chart of categories typed by hand", rules.CHART),
        "AV0518": _error("prose takes the use of a website for consent", rules.both(rules.CONSENT, rules.CONSENT_DEFINED)),
        "AV0519": _error("a date in prose that the policy does not have", rules.both(rules.EFFECTIVE_DATE, rules.YEARLY_UPDATE)),
        "AV0520": _warning("a duration of which nobody can tell whether something is kept so long", _PROMISE),
        "AV0521": _error("prose says of who among the staff sees something what the roles do not", _PROMISE),
        "AV0522": _error("autopilot of a right that nobody of the staff looks at by this software", _PROMISE),
        # 06: the policy as a whole
        "AV0601": _error("a declaration that every policy must have is missing", _LANGUAGE),
        "AV0602": _error("a right that must be offered is missing", rules.RIGHTS_TOLD),
        "AV0604": _error("fewer than two methods to ask", _METHODS),
        "AV0605": _error("no toll-free number to ask by", _METHODS),
        "AV0606": _error("the policy was not updated for too long", rules.YEARLY_UPDATE),
        "AV0607": _error("the answer to an opt-out preference signal is missing", rules.both(rules.DO_NOT_TRACK, rules.SIGNAL)),
        "AV0608": _error("a jurisdiction without a law table", _LANGUAGE),
        "AV0609": _error("the 12-month chart is missing", rules.CHART),
        "AV0610": _error("the promise not to retaliate is missing", rules.both(rules.NO_RETALIATION, rules.POLICY_CONTENTS)),
        "AV0611": _error("what an authorized agent needs is missing", rules.AGENTS_TOLD),
        "AV0612": _error("what holds for children is missing", rules.both(rules.CHILDREN, rules.CHILDREN_OPT_IN)),
        "AV0613": _error("whether others collect across websites is missing", rules.TRACKING_BY_OTHERS),
        "AV0614": _error("the accessibility standard and the languages are missing", rules.ACCESSIBILITY),
        "AV0615": _error("whom to contact is missing", rules.POLICY_CONTENTS),
        "AV0616": _error("more than two requests to know are refused, or other requests are counted", rules.TWICE_A_YEAR),
        "AV0617": _error("the yearly metrics of a large business are missing", rules.METRICS),
        "AV0618": _error("sensitive information is used beyond its purpose, and no right to limit is offered", rules.LIMIT),
        "AV0619": _error("the retention table is missing", rules.both(rules.RETENTION, rules.CHILDREN_RETENTION)),
        "AV0620": _error("the rights and how to use them are not shown", rules.RIGHTS_TOLD),
        "AV0621": _error("the answer to the signals is not shown", rules.both(rules.SIGNAL_TOLD, rules.DO_NOT_TRACK)),
        "AV0622": _error("the right to complain to a supervisory authority is not told", rules.COMPLAINT),
        "AV0623": _warning("the policy must be updated within 30 days", rules.YEARLY_UPDATE),
        "AV0624": _error("a right that people carry out is offered by the software's form", _PROMISE),
        # 07: what this version of the software does not carry out
        "AV0701": _error("a right that this version does not carry out", _PROMISE),
        "AV0702": _error("a third party, and an opt-out that no form takes", rules.OPT_OUT_LINK),
        "AV0703": _error("a recipient keeps data, and nothing tells it to delete", rules.DELETE_DOWNSTREAM),
        "AV0704": _error("a technology that this version does not collect by", _PROMISE),
        "AV0706": _error("a retention that starts or ends with something this version does not see", _RETENTION),
        "AV0707": _error("a data set that this version does not release", _PROMISE),
        "AV0708": _error("a right that promises more than this version carries out", _PROMISE),
        "AV0709": _error("a standing promise that this version does not keep", _PROMISE),
        "AV0711": _error("a purpose combines what this version does not put together", _PROMISE),
        "AV0712": _error("a right is promised by a way that nothing takes", rules.METHODS_OF_REQUESTS),
        "AV0715": _error("an item is asked to prove who somebody is, and cannot or must not", rules.VERIFICATION),
        "AV0716": _warning("a right whose degree of certainty nobody reaches by form", rules.WITHOUT_ACCOUNT),
        "AV0718": _error("a duty under an exception that no policy can declare", _KEPT),
        "AV0719": _error("a duty keeps a field that none of its points takes", _KEPT),
        "AV0720": _error("a duty on a point of which nothing can be kept", _KEPT),
        "AV0721": _error("the right to delete and the duties name other exceptions", _KEPT),
        "AV0725": _error(
            "a program decides something significant about people without notice, opt-out and access", rules.AUTOMATED
        ),
        "AV0726": _warning("a program decides something significant, and what it needs is not there yet", rules.AUTOMATED),
        "AV0727": _error("an automated decision of records of which the policy does not say so", rules.AUTOMATED_NOTICE),
        "AV0728": _warning(
            "an item that looks like a program's result, and nothing says what it decides", rules.AUTOMATED_NOTICE
        ),
        "AV0735": _error(
            "a financial incentive without its terms, or an estimate of what the data are worth and how it was made",
            rules.INCENTIVE_ESTIMATE,
        ),
        "AV0736": _error("a financial incentive that people are in without a yes of their own to it", rules.INCENTIVE_OPT_IN),
        "AV0737": _error("a financial incentive from which nobody can withdraw", rules.INCENTIVE_WITHDRAWAL),
        "AV0738": _error("people are asked again for an incentive before the law's months are over", rules.INCENTIVE_OPT_IN),
        # 08: who of the staff sees it
        "AV0801": _error("a role with records and nothing to do with them, or the other way round", _ACCESS),
        "AV0802": _error("a field is hidden from a role that could not see it", _ACCESS),
        "AV0803": _error("a collection point that no role may look at", _NEED),
        "AV0804": _error("points and purposes of a role that do not meet", rules.NOTICE_AND_MINIMISATION),
        "AV0805": _warning("a purpose that no role has, of records that staff open", _NEED),
        "AV0806": _error("no role may look after the installation", _LANGUAGE),
        "AV0807": _error("no role may decide about consumer requests", rules.DAYS_TO_ANSWER),
        "AV0808": _error("a former name that a role has, or that two roles claim", _LANGUAGE),
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
        "08": "Who of the staff sees it",
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
