"""Every printout of a policy by its name, so that the command line and the pages need to know none of them.

All are computed from the one Rulebook; the policy and the chart also from what the stores really hold (the ledger).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

from markupsafe import Markup

from avow.definitions import Refusal
from avow.policy.language.read import did_you_mean
from avow.policy.markup import day
from avow.policy.printouts import notice, recipients, request_map, schedule, tables
from avow.policy.printouts.chart import Ledger
from avow.policy.printouts.dpv import json_ld
from avow.policy.printouts.register import register_csv, register_page
from avow.policy.printouts.staff import roles_table
from avow.policy.rulebook import browser_policy
from avow.policy.rulebook.audience import EVERYBODY, Audience
from avow.policy.rulebook.rulebook import Rulebook
from avow.policy.rulebook.schemas import json_schemas

#: Format -> media type.
MEDIA_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "html": "text/html; charset=utf-8",
        "json": "application/json",
        "json-ld": "application/ld+json",
        "csv": "text/csv; charset=utf-8; header=present",
        "header": "text/plain; charset=utf-8",
        "nginx": "text/plain; charset=utf-8",
        "apache": "text/plain; charset=utf-8",
        "meta": "text/plain; charset=utf-8",
    }
)

#: What a refusal points to.
RULE: Final = "docs/specs/printouts.md"

Printer: TypeAlias = Callable[[Rulebook, Ledger, Audience], str]


@dataclass(frozen=True, slots=True)
class Printout:
    """One printout: its heading, and what makes it in each format; the first format is the usual one."""

    title: str
    formats: Mapping[str, Printer]


@dataclass(frozen=True, slots=True)
class Printed:
    """What was printed. An HTML text is a fragment, to stand in a page or be wrapped by `document`."""

    title: str
    text: str
    shape: str

    @property
    def media_type(self) -> str:
        """The media type of the text."""
        return MEDIA_TYPES[self.shape]


def _whole(page: Callable[[Rulebook], str]) -> Printer:
    """Return a printer for a printout of the whole policy, no matter who reads it."""
    return lambda rulebook, _ledger, _audience: page(rulebook)


def _shown(page: Callable[[Rulebook, Audience], str]) -> Printer:
    """Return a printer for a printout that shows its readers what concerns them."""
    return lambda rulebook, _ledger, audience: page(rulebook, audience)


def _policy(rulebook: Rulebook, ledger: Ledger, audience: Audience) -> str:
    return notice.policy_page(rulebook, ledger, audience=audience)


def _chart(rulebook: Rulebook, ledger: Ledger, _audience: Audience) -> str:
    return tables.chart(rulebook, ledger)


def _notices(rulebook: Rulebook, audience: Audience) -> str:
    """Return the notice at collection of every point, each under its heading."""
    return Markup("").join(
        Markup("<h2>{}</h2>\n{}").format(point.label, notice.notice_at_collection(rulebook, point.name))
        for point in audience.points(rulebook)
    )


#: Name -> printout. The names are those of the command `avow policy print` and of the pages.
PRINTOUTS: Final[Mapping[str, Printout]] = MappingProxyType(
    {
        "policy": Printout("Privacy policy", {"html": _policy}),
        "notices": Printout("Notices at collection", {"html": _shown(_notices)}),
        "technologies": Printout("Technologies", {"html": _shown(tables.technologies_table)}),
        "retention": Printout("Retention", {"html": _shown(tables.retention_table)}),
        "recipients": Printout("Recipients", {"html": _shown(recipients.recipients_table)}),
        "rights": Printout("Rights", {"html": _shown(tables.rights_list)}),
        "roles": Printout("Who among us sees it", {"html": _shown(roles_table)}),
        "chart": Printout("Categories in the last 12 months", {"html": _chart}),
        "json-ld": Printout("Policy in the Data Privacy Vocabulary", {"json-ld": _whole(json_ld)}),
        "register": Printout("Register of processing activities", {"html": _whole(register_page), "csv": _whole(register_csv)}),
        "schemas": Printout("Collection schemas", {"json": _whole(json_schemas)}),
        "schedule": Printout(
            "Retention schedule", {"html": _whole(schedule.schedule_page), "json": _whole(schedule.schedule_json)}
        ),
        "request-map": Printout(
            "Request map", {"html": _whole(request_map.request_map_page), "json": _whole(request_map.request_map_json)}
        ),
        "csp": Printout(
            "Content-Security-Policy and Permissions-Policy",
            {
                "header": _shown(browser_policy.as_header),
                "nginx": _shown(browser_policy.as_nginx),
                "apache": _shown(browser_policy.as_apache),
                "meta": _shown(browser_policy.as_meta),
                "html": _shown(browser_policy.as_page),
            },
        ),
    }
)


def print_out(
    name: str, rulebook: Rulebook, ledger: Ledger, shape: str | None = None, audience: Audience = EVERYBODY
) -> Printed | Refusal:
    """Return a printout by its name, in the asked format or its usual one; a Refusal that names what there is.

    Pages for people show what concerns the audience; registers, schemas and JSON-LD are always of the whole policy.
    """
    printout = PRINTOUTS.get(name)
    if printout is None:
        hint = did_you_mean(name, PRINTOUTS)
        return Refusal(f'there is no printout "{name}"; {hint}', RULE)
    chosen = shape or next(iter(printout.formats))
    printer = printout.formats.get(chosen)
    if printer is None:
        return Refusal(f'"{name}" is not printed as {chosen}; it is printed as {" or ".join(printout.formats)}', RULE)
    for word, asked, known in (
        ("website", audience.website, rulebook.websites),
        ("jurisdiction", audience.jurisdiction, rulebook.law),
    ):
        if asked and asked not in known:
            return Refusal(f'the policy has no {word} "{asked}"; {did_you_mean(asked, known)}', RULE)
    return Printed(printout.title, str(printer(rulebook, ledger, audience)), chosen)


#: How a page looks that stands alone: the pages of the server have a style sheet of their own.
_STYLE: Final = """\
body { margin: 0 auto; max-width: 60rem; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; color: #1b1b1b; background: #fff }
h1, h2, h3 { line-height: 1.2; overflow-wrap: anywhere }
main > table, .table-scroll { display: block; overflow-x: auto; margin: 0 0 1rem }
table { border-collapse: collapse }
caption { text-align: left; font-style: italic; padding: 0.3rem 0 }
th, td { border: 1px solid #999; padding: 0.3rem 0.5rem; text-align: left; vertical-align: top; min-width: 6rem }
th[scope="row"] { font-weight: 500 }
td ul { margin: 0; padding-left: 1.1rem }
aside { border-left: 4px solid #999; padding: 0.1rem 1rem; margin: 1rem 0 }
address { font-style: normal }
@page { margin: 1.5cm }
@media print {
  body { max-width: none; padding: 0; font-size: 0.75rem }
  main > table, .table-scroll { display: table; overflow: visible }
  th, td { min-width: 0 }
  tr, aside { break-inside: avoid }
  h1, h2, h3, caption { break-after: avoid }
  nav { display: none }
}
"""


def document(printed: Printed, rulebook: Rulebook) -> str:
    """Return a printed HTML fragment as a whole page that is alone, on paper too; another format stays as it is."""
    if printed.shape != "html":
        return printed.text
    title = f"{printed.title} - {rulebook.controller.name}"
    of = Markup("<p>{}, version <code>{}</code>, effective {}, last updated {}.</p>\n").format(
        rulebook.title, rulebook.id[:12], day(rulebook.effective), day(rulebook.updated)
    )
    heading = Markup("") if "<h1" in printed.text else Markup("<h1>{}</h1>\n{}").format(printed.title, of)
    return Markup(
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{}</title>\n<style>\n{}</style>\n</head>\n'
        "<body>\n<main>\n{}{}</main>\n</body>\n</html>\n"
    ).format(title, Markup(_STYLE), heading, Markup(printed.text))  # noqa: S704 - made by the printers above, which escape all text
