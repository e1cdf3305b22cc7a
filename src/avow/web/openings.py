"""Openings: the company's open positions, from one TOML file each in the folder `openings/` next to the site's pages.

A page of an opening carries what search engines read as a schema.org JobPosting. It is data in the page, not script: a
Content-Security-Policy that allows no inline script lets it stand. What is closed, or over its last day, says so and
carries none. Reference: docs/guide/careers.md.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from markupsafe import Markup

from avow.definitions import ConfigurationError

#: Most openings of a site; each is read at the start.
OPENINGS: Final = 500
_SLUG: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=2_000)]
#: What HTML ends a data block at, and what begins a comment in one (HTML, section 4.12.1.3).
_ESCAPED: Final = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the work is (schema.org PostalAddress)."""

    locality: _Text
    region: _Text
    country: _Text
    street: str = ""
    postal_code: str = ""


class Pay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is paid. California asks employers of fifteen or more to say it in every posting (Cal. Lab. Code § 432.3(c))."""

    least: float
    most: float
    currency: Annotated[str, msgspec.Meta(pattern="^[A-Z]{3}$")]
    per: Literal["HOUR", "DAY", "WEEK", "MONTH", "YEAR"]


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One position. `point` is the collection point that takes applications; `closes` the last day on which it does."""

    title: _Text
    summary: _Text
    description: Annotated[list[_Text], msgspec.Meta(min_length=1, max_length=50)]
    posted: date
    closes: date
    employment: Literal["FULL_TIME", "PART_TIME", "CONTRACTOR", "TEMPORARY", "INTERN", "VOLUNTEER", "PER_DIEM", "OTHER"]
    place: Place
    point: _Text
    pay: Pay | None = None
    closed: bool = False
    slug: str = ""

    def is_open(self, today: date) -> bool:
        """Return whether applications are taken on this day."""
        return not self.closed and today <= self.closes


def load(folder: Path | None) -> dict[str, Opening]:
    """Return the openings by their address, the newest first; raise ConfigurationError that names file and key."""
    found = sorted((folder / "openings").glob("*.toml")) if folder else []
    if len(found) > OPENINGS:
        raise ConfigurationError(f"{folder}/openings: {len(found)} files; at most {OPENINGS} are read")
    openings = [_read(path) for path in found]
    return {one.slug: one for one in sorted(openings, key=lambda one: (one.posted, one.slug), reverse=True)}


def posting(opening: Opening, company: str, address: str) -> Markup:
    """Return the JobPosting of schema.org as a data block. `address` is the opening's own, with the site's origin."""
    said: dict[str, Any] = {  # Any: JSON
        "@context": "https://schema.org",
        "@type": "JobPosting",
        "title": opening.title,
        "description": "".join(str(Markup("<p>{}</p>").format(part)) for part in opening.description),
        "datePosted": opening.posted.isoformat(),
        "validThrough": f"{opening.closes.isoformat()}T23:59",
        "employmentType": opening.employment,
        "directApply": True,
        "url": address,
        "identifier": {"@type": "PropertyValue", "name": company, "value": opening.slug},
        "hiringOrganization": {"@type": "Organization", "name": company},
        "jobLocation": {"@type": "Place", "address": _address(opening.place)},
    }
    if opening.pay is not None:
        value = {"@type": "QuantitativeValue", "minValue": opening.pay.least, "maxValue": opening.pay.most}
        said["baseSalary"] = {
            "@type": "MonetaryAmount",
            "currency": opening.pay.currency,
            "value": {**value, "unitText": opening.pay.per},
        }
    text = msgspec.json.encode(said).decode()
    for sign, escaped in _ESCAPED.items():
        text = text.replace(sign, escaped)
    return Markup('<script type="application/ld+json">' + text + "</script>")  # noqa: S704 - every "<" is escaped above


def _address(place: Place) -> Mapping[str, str]:
    parts = {
        "streetAddress": place.street,
        "addressLocality": place.locality,
        "addressRegion": place.region,
        "postalCode": place.postal_code,
        "addressCountry": place.country,
    }
    return {"@type": "PostalAddress", **{name: value for name, value in parts.items() if value}}


def _read(path: Path) -> Opening:
    """Return one opening; its file's name is its address."""
    if not _SLUG.fullmatch(path.stem):
        raise ConfigurationError(f"{path}: the name becomes an address; use small letters, digits and hyphens")
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        opening = msgspec.convert({**raw, "slug": path.stem}, Opening)
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read ({error.strerror})") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ConfigurationError(f"{path}: {error}; see docs/guide/careers.md") from error
    if opening.closes < opening.posted:
        raise ConfigurationError(f"{path}: closes is before posted")
    return opening
