"""The audit log in the browser: entries listed and looked for, one with its proof, and what the browser needs to check both."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from typing import Any, Final
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from avow.audit import merkle
from avow.audit.reading import ABOUT_LEAST, Numbered, Wanted
from avow.gate.roles import WORKING, Act, Member
from avow.web.console.door import Door, place
from avow.web.console.entry_words import SENTENCES, grouped, sentence
from avow.web.console.needs import needs
from avow.web.forms import day_of

ADDRESS: Final = "/console/audit"
#: Who acted where no member of staff did.
COMMAND, LINK = "command", "link"
_NOBODY: Final = {COMMAND: "the command line", LINK: "the person, by the link", "provider": "the OpenID provider"}
#: Fields that have a place of their own on the page.
_SHOWN: Final = frozenset({"at", "what"})
_ID: Final = re.compile(rf"[0-9A-Za-z_.-]{{{ABOUT_LEAST},80}}")
#: A reference, as people quote it: the first ten digits of the request's id.
_REFERENCE: Final = re.compile(r"[0-9A-F]{10}")


@dataclass(frozen=True, slots=True)
class FieldLine:
    """A field of an entry in words; `about` is the id by which other entries that name it are found, "" for none."""

    name: str
    words: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class EntryLine:
    """An entry as a page shows it: its number, what happened, who did it, and its fields."""

    index: int
    at_ms: int
    what: str
    words: str
    who: str
    fields: tuple[FieldLine, ...]
    leaf: str
    text: str


class AuditPages:
    """The pages under /console/audit."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._house = door.house

    def routes(self) -> list[Route]:
        """Return the list, and one entry."""
        needed = needs(Act.ADMINISTER, requests=WORKING)
        return [
            self._door.page("/console/audit", self._list, needed),
            self._door.page("/console/audit/{index}", self._one, needed),
        ]

    def _list(self, request: Request, member: Member) -> Response:
        evidence, query = self._house.evidence, request.query_params
        names = self._names()
        filters = {name: query.get(name, "").strip() for name in ("what", "staff", "about", "from", "to")}
        wanted, errors = self._wanted(filters, names)
        page = None if errors else evidence.entries(wanted, place(request))
        return self._door.show(
            request,
            "audit.html",
            member,
            422 if errors else 200,
            audit=evidence.audit(),
            page=page,
            found=page.found.each(lambda one: self._line(one, names)) if page else None,
            kinds=grouped(),
            staff=names | {COMMAND: _NOBODY[COMMAND]},
            chosen=filters,
            asked={name: value for name, value in filters.items() if value},
            errors=errors,
        )

    def _one(self, request: Request, member: Member) -> Response:
        number = request.path_params["index"]
        proved = self._house.evidence.entry(int(number)) if re.fullmatch(r"[0-9]{1,15}", number) else None
        if proved is None:
            raise HTTPException(404)
        return self._door.show(
            request,
            "audit_entry.html",
            member,
            audit=self._house.evidence.audit(),
            line=self._line(proved.entry, self._names()),
            proved=proved,
            path_hashes=[b64encode(part).decode() for part in proved.path],
            root=b64encode(proved.checkpoint.root).decode(),
        )

    def _wanted(self, filters: Mapping[str, str], names: Mapping[str, str]) -> tuple[Wanted, dict[str, str]]:
        """Return what is looked for, and by field why it cannot be."""
        errors: dict[str, str] = {}
        what, staff, about = filters["what"], filters["staff"], filters["about"]
        if what and what not in SENTENCES:
            errors["what"] = "Please choose one of the kinds."
        if staff and staff not in names and staff != COMMAND and not _ID.fullmatch(staff):
            errors["staff"] = "Please choose one of the names."
        if about and not _ID.fullmatch(about):
            errors["about"] = f"Please give an id or a reference, {ABOUT_LEAST} characters or more of its beginning."
        about = about.lower() if _REFERENCE.fullmatch(about) else about
        days = {name: day_of(filters[name]) for name in ("from", "to")}
        errors |= {name: "Please write the day as 2026-11-23." for name, day in days.items() if filters[name] and day is None}
        first, last = days["from"], days["to"]
        try:
            bounds = self._midnight(first) if first else 0, self._midnight(last + timedelta(days=1)) if last else None
        except OverflowError:  # the last day of all
            bounds, errors["to"] = (0, None), "Please write a day of a year that is near."
        return Wanted(what, staff, about, *bounds), errors

    def _midnight(self, day: date) -> int:
        """Return when a day begins in the business's time zone, in milliseconds."""
        return int(datetime.combine(day, time_of_day(), ZoneInfo(self._house.timezone)).timestamp() * 1000)

    def _names(self) -> dict[str, str]:
        """Return the names of all accounts by their ids: the log itself holds no name."""
        return {one.staff_id: one.name for one in self._house.register.accounts()}

    def _line(self, one: Numbered, names: Mapping[str, str]) -> EntryLine:
        facts = one.facts
        actor = "by" if "by" in facts else "staff"  # where both are there, `staff` is whose account it is
        who = _who(str(facts.get(actor, "")), names)
        shown = {name: value for name, value in facts.items() if name not in _SHOWN and not (name == actor and who)}
        fields = tuple(_field(name, value, names) for name, value in shown.items())
        return EntryLine(
            one.index,
            int(facts["at"]),
            facts["what"],
            sentence(facts["what"]),
            who,
            fields,
            b64encode(merkle.leaf_hash(one.text)).decode(),
            one.text.decode(),
        )


def _who(actor: str, names: Mapping[str, str]) -> str:
    """Return who acted, "" for nobody that is known by it."""
    return names.get(actor) or _NOBODY.get(actor) or (f"an account that is gone ({actor})" if _is_id(actor) else "")


def _field(name: str, value: Any, names: Mapping[str, str]) -> FieldLine:  # Any: JSON
    words = _words(value)
    return FieldLine(name, names.get(words, words), words if _is_id(words) else "")


def _words(value: Any) -> str:  # Any: JSON
    """Return a value of an entry in words."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_words(part)}" for name, part in value.items())
    if isinstance(value, list):
        return "; ".join(map(_words, value))
    return str(value)


def _is_id(text: str) -> bool:
    """Return whether a value is an id of ours, by which other entries can be found."""
    return re.fullmatch(r"[0-9a-f]{12,64}", text) is not None
