"""Making the days of a demonstration: invented visits, through the terms of each day, into the stores. Safe to repeat.

Whatever is made twice is the same record with the same id, so that a day that was interrupted is made again, and nothing is there
twice. Records go the way of those that come from the spool (`arrival`), and to no recipient.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Final

import msgspec

from avow.collection.arrival import Arrival
from avow.collection.forms.uploads import Checked
from avow.collection.invented import recorded, records, written
from avow.collection.invented.people import number
from avow.collection.invented.records import Terms
from avow.collection.invented.visits import Town, Visit, What
from avow.collection.recordings.recorder import Recorder
from avow.definitions import Event, Recording, Spooled, Submission
from avow.gate import demonstrated
from avow.gate.demonstrated import InventedChoice, Made
from avow.gate.sites import Site
from avow.gate.versions import Versions
from avow.store.store import Store

#: Records written together: a day of a thousand visits, or a part of a larger one.
_TOGETHER: Final = 10_000
#: Pages of a website that others serve.
_PAGES: Final = (
    *("/", "/products/first", "/products/second", "/prices", "/blog/spring", "/about", "/blog/autumn", "/contact", "/careers"),
)


@dataclass(frozen=True, slots=True)
class Making:
    """Makes the days of one website. `today` is today, `until_ms` this moment: nothing is made of later, and nothing that is due.

    `with_forms` are the pages of the site that hold a form.
    """

    store: Store
    versions: Versions
    site: Site
    town: Town
    today: date
    until_ms: int
    with_forms: Collection[str]

    def day(self, day: date) -> Made:
        """Make a local day; durable when it returns. Raises StoreUnavailable, and can be asked again."""
        rulebook = self.versions.in_force_on(day)
        terms = Terms(rulebook.on_website(self.site.website(rulebook)), self.site, self.today)
        recorder, arrival = Recorder(terms.rulebook, self.with_forms), Arrival(self.store, self.versions.rulebook)
        made, visits = Made(), [one for one in self.town.day(day) if one.acts[0].at_ms <= self.until_ms]
        rest = self._records(terms, recorder, visits)
        while some := list(islice(rest, _TOGETHER)):
            arrival.write(some)
            made.events += sum(isinstance(one, Event) for one in some)
            made.messages += sum(isinstance(one, Submission) for one in some)
            made.recordings += sum(isinstance(one, Recording) for one in some)
        said = [choice for visit in visits for choice in self._choices(terms, visit)]
        demonstrated.keep_choices(self.store, said)
        made.visits, made.choices = sum(not one.is_robot for one in visits), len(said)
        return made

    def askers(self, day: date) -> Iterator[tuple[str, int, str, str]]:
        """Yield who asks for what the law gives them on a day: a key of hex digits, the moment, name and address."""
        for visit in self.town.day(day):
            for act in visit.acts:
                if act.what is What.ASK and act.at_ms <= self.until_ms:
                    yield number("request", visit.key), act.at_ms, visit.who.name, visit.who.email

    def recordings(self, day: date) -> Iterator[str]:
        """Yield the ids of what may have been recorded on a day."""
        for visit in self.town.day(day):
            for place, act in enumerate(visit.acts):
                if act.what is What.RECORDED:
                    yield recorded.id_of(f"{visit.key} {place}")

    def _records(self, terms: Terms, recorder: Recorder, visits: Iterable[Visit]) -> Iterator[Spooled]:
        for visit in visits:
            yield from records.of_visit(terms, visit, self.until_ms)
            yield from recorded.of_visit(terms, recorder, visit, self.until_ms)
            for form, files in written.of_visit(terms, visit, self.until_ms):
                yield self._with_files(form, files) if files else form

    def _with_files(self, form: Submission, files: tuple[Checked, ...]) -> Submission:
        """Return a form with its files kept; those of one that is stored already go when it is written."""
        names = self.store.keep_files(form, [one.content for one in files], self.until_ms)
        kept = [one.stored(name) for one, name in zip(files, names, strict=True)]
        return msgspec.structs.replace(form, files=kept)

    def _choices(self, terms: Terms, visit: Visit) -> Iterator[InventedChoice]:
        """Yield what somebody says about purposes: by a signal, on the page of choices, or where they are asked."""
        who, rulebook = visit.who, terms.rulebook
        said: dict[str, tuple[bool, str]] = {}
        if who.opts_out:
            said |= dict.fromkeys(terms.optional, (True, "link"))
        if who.agrees:
            said |= dict.fromkeys(terms.agreed(who), (False, "banner"))
        for signal in sorted(who.preferences):
            said |= dict.fromkeys(rulebook.stopped_by(frozenset([signal])), (True, signal))
        recognises = any("visitor-id" in point.fields for point in rulebook.points.values())
        visitor = who.visitor if recognises and who.agrees else ""
        for act in visit.acts:
            if act.what is What.CHOICE and act.at_ms <= self.until_ms:
                for purpose, (is_out, source) in sorted(said.items()):
                    name = number("choice", visit.key, purpose)
                    yield InventedChoice(name, act.at_ms, purpose, is_out, source, rulebook.id, visitor, self.site.name)


def pages_of(site: Site, is_page: Callable[[str], bool] = lambda _: True) -> tuple[str, ...]:
    """Return the pages of a website, those of products first: its own, or some that it might have where others serve it."""
    if site.pages is None:
        return _PAGES
    paths = [path.relative_to(site.pages).with_suffix("").as_posix() for path in site.pages.rglob("*.html")]
    found = {f"/{path.removesuffix('index').rstrip('/')}" for path in paths if "/_" not in f"/{path}" and path != "404"}
    ordered = sorted(filter(is_page, found), key=lambda one: (one != "/", "thanks" in one, one.count("/") < 2, one))  # noqa: PLR2004
    return tuple(ordered) or _PAGES
