"""The search over the company's own pages: one SQLite file with a full-text index (FTS5), made again as a whole.

The file is put in place by renaming, so a reader has the old index or the new one, and a crash leaves the old one. It holds
published pages and nothing of anybody. A mistyped word is found by the nearest words of the pages; what was asked is held in
memory while it is answered.

Scripts that write no spaces between words are indexed sign by sign, and searched by each two signs that stand together.
"""

from __future__ import annotations

import fcntl
import re
import sqlite3
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from hashlib import sha256
from math import log
from pathlib import Path
from typing import Final

from markupsafe import Markup, escape
from rapidfuzz import process
from rapidfuzz.distance import OSA

from avow.definitions import StoreUnavailable
from avow.website.reading import Page

#: Characters and words of a query that are looked at: a whole question.
QUERY_LENGTH: Final = 120
WORDS: Final = 24
#: What has no more words than this is no question: pages that have every word of it are all that is meant, where there are any.
FEW_WORDS: Final = 3
#: Of a question, a page has to have this part, each word weighed by how few pages have it.
MOST: Final = 0.5
#: What a word weighs that half of the pages have: it says next to nothing of what is looked for.
COMMON: Final = 0.1
#: Results on a page, and pages that there may be.
RESULTS: Final = 10
RESULT_PAGES: Final = 50
#: Words about a result, in its snippet.
SNIPPET_WORDS: Final = 28
#: Words like a mistyped one that are searched with it.
NEAREST: Final = 3
#: Letters of a mistyped word that may be another, and of one in which two slips are forgiven.
SHORTEST, LONG = 4, 8
#: The index has this layout; one of another is made anew.
FORMAT: Final = 2
#: Signs of scripts without spaces between words: Thai, Lao, Burmese, Khmer, the Japanese syllables, Han.
_UNSPACED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f"
    "\U00020000-\U0003ffff"
)
_SIGN: Final = re.compile(f"[{_UNSPACED}]")
#: What stands around such a sign in the index: no letter, and nothing to see.
_CUT: Final = "\u200b"
_WORD: Final = re.compile(rf"[{_UNSPACED}]+|[^\W{_UNSPACED}]+")
#: Where a found word begins and ends in a snippet; the reading of pages takes such characters out.
_BEGIN, _END = "\ue000", "\ue001"
#: What a word is worth in the title, the headings, the description, the text.
_WEIGHTS: Final = "8.0, 4.0, 2.0, 1.0"
_TABLES: Final = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE words (word TEXT PRIMARY KEY, pages INTEGER NOT NULL) WITHOUT ROWID;
CREATE VIRTUAL TABLE pages USING fts5(title, headings, description, text, address UNINDEXED, tokenize = "{tokenizer}");
"""


@dataclass(frozen=True, slots=True)
class Result:
    """One page that was found; `snippet` is escaped, with `<mark>` around what was found."""

    address: str
    title: str
    snippet: Markup


@dataclass(frozen=True, slots=True)
class Found:
    """One page of results. `meant` is the query as it may have been meant, "" when every word of it is known."""

    query: str
    total: int
    page: int
    results: tuple[Result, ...]
    meant: str = ""

    @property
    def pages(self) -> int:
        """How many pages of results there are."""
        return min(-(-self.total // RESULTS), RESULT_PAGES)


def build(path: Path, pages: Mapping[str, Page]) -> bool:
    """Make the index of these pages, by address; return False when it is there already, made of the very same pages."""
    digest = _digest(pages)
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the job and the command may come together
        if _digest_of(path) == digest:
            return False
        _make(path, pages, digest)
        return True


def _make(path: Path, pages: Mapping[str, Page], digest: str) -> None:
    """Make a new file, and put it in the old one's place once it is whole."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    english = sum(page.language.startswith("en") for page in pages.values())
    tokenizer = ("porter " if english * 2 > len(pages) else "") + "unicode61 remove_diacritics 2"
    with closing(sqlite3.connect(fresh)) as database, database:
        database.executescript(_TABLES.format(tokenizer=tokenizer))
        said = Counter(page.description for page in pages.values())  # what every page says of itself describes none of them
        rows = (
            (*map(_cut, (page.title, page.headings, page.description if said[page.description] == 1 else "", page.text)), address)
            for address, page in pages.items()
        )
        database.executemany("INSERT INTO pages (title, headings, description, text, address) VALUES (?, ?, ?, ?, ?)", rows)
        database.executemany("INSERT INTO words VALUES (?, ?)", _counted(pages.values()).items())
        database.executemany("INSERT INTO facts VALUES (?, ?)", [("digest", digest), ("pages", str(len(pages)))])
        database.execute("INSERT INTO pages (pages) VALUES ('optimize')")
    fresh.replace(path)


class SearchIndex:
    """The index at a path, for any thread of any process; sees when it was made again. No path: no search."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._seen: tuple[int, int] = (0, 0)
        self._words: dict[str, str] = {}

    def is_offered(self) -> bool:
        """Return whether the site has a search; its pages may still be being read."""
        return self._path is not None

    def pages(self) -> int:
        """Return how many pages the search covers; 0 while there is no index."""
        if self._path is None:
            return 0
        with suppress(FileNotFoundError, sqlite3.DatabaseError), closing(_opened(self._path)) as database:
            row = database.execute("SELECT value FROM facts WHERE name = 'pages'").fetchone()
            return int(row[0])
        return 0

    def search(self, query: str, page: int = 1) -> Found:
        """Return a page of results, the best first.

        Of a few words pages that have them all are found, of a question those that have most of it; else those that have a word.

        Raises StoreUnavailable while there is no index, and when it cannot be read.
        """
        asked = normalised(query)
        words = _words(asked)[:WORDS]
        page = max(1, min(page, RESULT_PAGES))
        if not words or self._path is None:
            return Found(asked, 0, 1, ())
        try:
            state = self._path.stat()  # before it is opened: words of a newer index are read again, not kept for this one
            with closing(_opened(self._path)) as database:
                known = self._known(database, (state.st_ino, state.st_mtime_ns))
                groups = [_group(word, known, is_last=place == len(words) - 1) for place, word in enumerate(words)]
                total, rows = _rows(database, [group for group, _ in groups], page)
        except FileNotFoundError:
            raise StoreUnavailable("no page was read for the search yet") from None
        except sqlite3.DatabaseError as error:  # its words could quote the query
            raise StoreUnavailable(f"the search index cannot be read ({type(error).__name__})") from None
        meant = " ".join(better or word for word, (_, better) in zip(words, groups, strict=True))
        results = tuple(Result(address, title.replace(_CUT, "") or address, _marked(snippet)) for address, title, snippet in rows)
        is_mistyped = any(better for _, better in groups) and not _SIGN.search(asked)
        return Found(asked, total, page, results, meant if is_mistyped else "")

    def _known(self, database: sqlite3.Connection, seen: tuple[int, int]) -> dict[str, str]:
        """Return the words of all pages, plain -> as written; read once for each index."""
        if seen != self._seen:
            rows = database.execute("SELECT word FROM words ORDER BY pages").fetchall()  # the more frequent spelling stays
            self._words, self._seen = {plain(word): word for (word,) in rows}, seen
        return self._words


def normalised(query: str) -> str:
    """Return a query as it is searched and shown: one line, single spaces, within its length."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in query).split())[:QUERY_LENGTH].strip()


def _cut(text: str) -> str:
    """Return a text with each sign of a script without spaces as a word of its own."""
    return _SIGN.sub(f"{_CUT}\\g<0>{_CUT}", text)


def _words(asked: str) -> list[str]:
    """Return what is asked for: words, and of signs without spaces each two that stand together."""
    found: list[str] = []
    for word in _WORD.findall(asked):
        found += [word[at : at + 2] for at in range(max(1, len(word) - 1))] if _SIGN.match(word) else [word]
    return found


def plain(word: str) -> str:
    """Return a word without case and accents, as the index compares words."""
    folded = unicodedata.normalize("NFKD", word.casefold())
    return "".join(sign for sign in folded if not unicodedata.combining(sign))


def _group(word: str, known: Mapping[str, str], *, is_last: bool) -> tuple[str, str]:
    """Return what the index is asked for one word, and the nearest word when nobody wrote this one.

    The last word may still be being written: what begins with it counts. A word is in quotes, so it is never syntax.
    """
    if _SIGN.match(word):
        return f'"{_cut(word)}"', ""
    spelled = plain(word)
    asked = [f'"{word}"']
    begins = is_last and len(spelled) > 1 and any(one.startswith(spelled) for one in known)
    if begins:
        asked.append(f'"{word}" *')
    if spelled in known or begins:
        return " OR ".join(asked), ""
    near = _near(spelled, list(known))
    return " OR ".join([*asked, *(f'"{known[one]}"' for one in near)]), known[near[0]] if near else ""


def _near(word: str, known: Sequence[str]) -> list[str]:
    """Return the known words nearest to a mistyped one, in plain letters: two slips in a long word, else one.

    A slip is a letter that is wrong, missing or too many, or a pair that is swapped, which is the likeliest. A word of four
    letters is too easily another ("raid", "rain"): of those a swapped pair alone is forgiven, behind the first letter.
    """
    if len(word) < SHORTEST:
        return []
    most = 1 if len(word) < LONG else 2
    found = process.extract(word, known, scorer=OSA.distance, score_cutoff=most, limit=None)
    if len(word) == SHORTEST:
        found = [one for one in found if _is_swapped(word, one[0]) and one[0][0] == word[0]]
    found.sort(key=lambda one: (one[1], not _is_swapped(word, one[0]), one[0][0] != word[0], -one[2]))  # the more frequent first
    return [one for one, _, _ in found[:NEAREST]]


def _is_swapped(word: str, known: str) -> bool:
    """Return whether two words, which are nearly the same, have the same letters in another order."""
    return sorted(word) == sorted(known)


def _rows(database: sqlite3.Connection, groups: Sequence[str], page: int) -> tuple[int, list[tuple[str, str, str]]]:
    """Return how many pages there are, and address, title and snippet of those shown."""
    weights = [(group, _weight(database, group)) for group in groups]
    known = [(group, weight) for group, weight in weights if weight]
    everything, most = sum(weight for _, weight in known), MOST
    if len(groups) <= FEW_WORDS and len(known) == len(groups):
        most = 1.0
    for part in (most, 0.0):
        total, rows = _shown(database, known, everything * part, page) if known else (0, [])
        if total:
            break
    return total, rows


def _weight(database: sqlite3.Connection, group: str) -> float:
    """Return how much a word says of what is looked for; 0 for one that no page has. As in BM25, but never below `COMMON`."""
    having, every = database.execute(
        "SELECT (SELECT count(*) FROM pages WHERE pages MATCH ?), (SELECT value FROM facts WHERE name = 'pages')", (group,)
    ).fetchone()
    return max(COMMON, log((int(every) - having + 0.5) / (having + 0.5))) if having else 0.0


def _shown(
    database: sqlite3.Connection, groups: Sequence[tuple[str, float]], least: float, page: int
) -> tuple[int, list[tuple[str, str, str]]]:
    """Return how many pages have words of this weight at least, and address, title and snippet of those shown.

    The order is how good a page is (BM25), times the square of what it has of the question.
    """
    hits = " UNION ALL ".join("SELECT rowid AS page, ? AS weight FROM pages WHERE pages MATCH ?" for _ in groups)
    having = f"SELECT page, sum(weight) AS part FROM ({hits}) GROUP BY page HAVING part >= ?"  # noqa: S608 - bound
    bound = [value for group, weight in groups for value in (weight, group)] + [least - 1e-6]  # sums of parts are not exact
    total = database.execute(f"SELECT count(*) FROM ({having})", bound).fetchone()[0]  # noqa: S608 - bound
    rows = database.execute(
        f"WITH good AS MATERIALIZED ({having}) "  # noqa: S608 - constants
        f"SELECT address, title, snippet(pages, 3, ?, ?, ' … ', {SNIPPET_WORDS}) FROM pages JOIN good ON pages.rowid = good.page "
        f"WHERE pages MATCH ? ORDER BY bm25(pages, {_WEIGHTS}) * part * part, address LIMIT {RESULTS} OFFSET ?",
        (*bound, _BEGIN, _END, " OR ".join(f"({group})" for group, _ in groups), (page - 1) * RESULTS),
    )
    return total, rows.fetchall()


def _marked(snippet: str) -> Markup:
    """Return a snippet escaped, then what was found marked."""
    return Markup(str(escape(snippet.replace(_CUT, ""))).replace(_BEGIN, "<mark>").replace(_END, "</mark>"))  # noqa: S704 - escaped before


def _counted(pages: Iterable[Page]) -> Counter[str]:
    """Return on how many pages each word stands, as it is written in small letters."""
    counted: Counter[str] = Counter()
    for page in pages:
        every = f"{page.title} {page.headings} {page.description} {page.text}".casefold()
        counted.update({word for word in _WORD.findall(every) if not (word.isdigit() or _SIGN.match(word))})
    return counted


def _digest(pages: Mapping[str, Page]) -> str:
    """Return what tells one index from another: the layout and everything that is searched."""
    digest = sha256(str(FORMAT).encode())
    for address, page in sorted(pages.items()):
        said = (address, page.title, page.headings, page.description, page.text, page.language)
        digest.update("\0".join((*said, "\n")).encode(errors="replace"))
    return digest.hexdigest()


def _digest_of(path: Path) -> str:
    """Return the digest of the index that is there; "" for none, or one that cannot be read."""
    try:
        with closing(_opened(path)) as database:
            return str(database.execute("SELECT value FROM facts WHERE name = 'digest'").fetchone()[0])
    except (FileNotFoundError, sqlite3.DatabaseError, TypeError):
        return ""


def _opened(path: Path) -> sqlite3.Connection:
    """Return the index opened for reading; raise FileNotFoundError while there is none."""
    if not path.exists():
        raise FileNotFoundError(path)
    return sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)
