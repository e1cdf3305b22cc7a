"""The archive of a request to know: everything held, written while it is read, as a page, as JSON and as a table.

A record is in memory alone; what is counted of all is which data items were held at which points. Format: docs/specs/archive.md.
Rule: Cal. Civ. Code § 1798.110(a), § 1798.130(a)(3)(B)(iii) (portable, readily useable); 11 CCR 7024(d) (never disclosed).
"""

from __future__ import annotations

import csv
import json
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.resources import files
from typing import Any, BinaryIO, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from avow.definitions import moment
from avow.rights.category_answers import SixParts

#: The name of the format; in another one, what a reader knows may be somewhere else.
FORMAT: Final = "avow-archive-3"
#: Its JSON Schema, and where that is in `archive.zip`.
SCHEMA: Final = files("avow.rights").joinpath("templates", "archive.schema.json").read_bytes()
SCHEMA_NAME: Final = "archive.schema.json"
#: Longest text that the page shows; `archive.json` has all of it.
_SHOWN_LENGTH: Final = 20_000
#: Records of a section that are open on the page at once; the next ones are folded, so that a browser need not lay out all.
_AT_ONCE: Final = 500
#: A cell that a spreadsheet would take for a formula begins with one of these.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
COLUMNS: Final = ("section", "record", "at", "collected_at", "field", "value")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing held: when it was collected, at which point ("" for what no point collected), and its fields."""

    at_ms: int
    point: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of thing held, e.g. "Page views"; its items are read once, in order."""

    title: str
    items: Iterable[Item]


@dataclass(frozen=True, slots=True)
class SentFile:
    """One file that the person sent: its place in the ZIP archive, the data item, its kind, size in bytes and SHA-256 in hex.

    `packed` False: it is named, and not there as it came; `why` says why not, and `text` names what is there in its place, "" for
    nothing.
    """

    name: str
    item: str
    kind: str
    bytes: int
    sha256: str
    packed: bool
    why: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class NotSearched:
    """Records that were not searched: what they are, and the facts because of which. Rule: 11 CCR 7024(c)."""

    records: str
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What an archive says of itself, and what is in no record.

    `left_out` says why some records are in the answer by category alone. `explanation` is what staff said where not everything
    is given (11 CCR 7024(h)). `is_given`: only what its person gave is in it (GDPR Art. 20(1)).
    """

    reference: str
    company: str
    made_ms: int
    since: str
    until: str = ""
    files: Sequence[SentFile] = ()
    recordings: Sequence[str] = ()
    not_searched: Sequence[NotSearched] = ()
    left_out: Sequence[str] = ()
    explanation: str = ""
    is_given: bool = False

    @property
    def made(self) -> str:
        """The moment at which it was put together, to the second."""
        return moment(self.made_ms).isoformat(timespec="seconds")


@dataclass(slots=True)
class Tally:
    """What was written: records by section, in order, and which data items were held at which points."""

    counts: list[tuple[str, int]] = field(default_factory=list)
    held: set[tuple[str, str]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where the records are written to: the part of the page that shows them, the JSON, the table."""

    records: BinaryIO
    data: BinaryIO
    table: BinaryIO


_templates = Environment(
    loader=PackageLoader("avow.rights", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    auto_reload=False,
    trim_blocks=True,
    lstrip_blocks=True,
)


def write(
    facts: Facts,
    sections: Iterable[Section],
    finish: Callable[[Tally], SixParts | None],
    to: Outputs,
    label: Callable[[str], str],
) -> tuple[Tally, SixParts | None]:
    """Write every record once, into all three; `finish` gives the answer by category once all were seen, None for none.

    `label` returns what the policy calls a field. The page itself is made by `page`, when the answer is known.
    Rule: Cal. Civ. Code § 1798.110(a)(5); 11 CCR 7024(d), (k).
    """
    tally, table = Tally(), csv.writer(_Text(to.table))
    table.writerow(COLUMNS)
    days = {"since": facts.since, "until": facts.until}
    head = {"format": FORMAT, "reference": facts.reference, "company": facts.company, "made": facts.made, **days}
    to.data.write(_json(head)[:-2].encode() + b',\n "sections": [')
    parts = _templates.get_template("archive_records.html").module
    for number, section in enumerate(sections):
        to.data.write(b"," if number else b"")
        _write_section(section, tally, to, _Writing(table, parts, label))
    rest: dict[str, Any] = {  # Any: JSON
        "files": [asdict(one) for one in facts.files],
        "recordings": list(facts.recordings),
        "not_searched": [asdict(one) for one in facts.not_searched],
        "left_out": list(facts.left_out),
        "explanation": facts.explanation,
    }
    answer = finish(tally)
    if answer is not None:
        rest |= asdict(answer)
    to.data.write(b"],\n " + _json(rest)[3:].encode())
    return tally, answer


def page(facts: Facts, answer: SixParts | None, records: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the page, with the records as `write` wrote them."""
    decoder = getincrementaldecoder("utf-8")()
    shown = (Markup(decoder.decode(piece)) for piece in records)  # noqa: S704 - written by our own template, which escapes
    made = _templates.get_template("archive.html").stream(facts=facts, answer=answer, records=shown)
    made.enable_buffering(64)
    yield from (piece.encode() for piece in made)


@dataclass(frozen=True, slots=True)
class _Writing:
    """How a record is written: rows of the table, and pieces of the page."""

    table: Any  # Any: a writer of `csv`, whose type it keeps to itself
    parts: Any  # Any: the macros of a template
    label: Callable[[str], str]


def _write_section(section: Section, tally: Tally, to: Outputs, how: _Writing) -> None:
    to.data.write(_json({"title": section.title})[:-2].encode() + b',\n "records": [')
    to.records.write(str(how.parts.begin(section.title)).encode())
    count = 0
    for item in section.items:
        record = _record(item)
        to.data.write((b",\n  " if count else b"\n  ") + json.dumps(record, ensure_ascii=False).encode())
        if count and count % _AT_ONCE == 0:
            to.records.write(str(how.parts.fold(count + 1)).encode())
        shown = ((how.label(name), value if len(value) <= _SHOWN_LENGTH else None) for name, value in item.fields.items())
        to.records.write(str(how.parts.record(moment(item.at_ms), shown, is_first=not count)).encode())
        rows = ((section.title, count + 1, record["at"], item.point, name, value) for name, value in item.fields.items())
        how.table.writerows(map(_cells, rows))
        tally.held |= {(name, item.point) for name in item.fields}
        count += 1
    to.records.write(str(how.parts.end(count, folds=max(0, count - 1) // _AT_ONCE)).encode())
    to.data.write(b"]}")
    tally.counts.append((section.title, count))


def _record(item: Item) -> dict[str, Any]:  # Any: JSON
    """Return one item as JSON."""
    at = moment(item.at_ms).isoformat(timespec="milliseconds")
    return {"at": at, "collected_at": item.point, "fields": dict(item.fields)}


def _cells(row: Iterable[object]) -> list[object]:
    """Return a row whose texts no spreadsheet takes for formulas: an apostrophe is put in front of what looks like one."""
    return [f"'{one}" if isinstance(one, str) and one.startswith(_FORMULA) else one for one in row]


def _json(value: Mapping[str, Any]) -> str:  # Any: JSON
    return json.dumps(value, ensure_ascii=False, indent=1)


@dataclass(frozen=True, slots=True)
class _Text:
    """A file for bytes as one for text, which is all that `csv` asks of it."""

    file: BinaryIO

    def write(self, text: str) -> int:
        return self.file.write(text.encode())
