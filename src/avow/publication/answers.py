"""What pages say of the policy: facts for templates, printouts, versions, and whether each promise holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from markupsafe import Markup

from avow.definitions import Refusal
from avow.policy import Diagnostic
from avow.policy.changes.publication import Publication


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing did or would do; `is_new` False: this version is announced already."""

    publication: Publication
    is_new: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding of the compiler with the line that it is about, in three parts: before the word, the word, and behind it."""

    diagnostic: Diagnostic
    before: str
    word: str
    behind: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A policy that staff sent, judged, and not published: what the compiler says, and what publishing it would do, or why not.

    `texts` are its files by the names that they are included by; `standing` names what was published when it was judged
    (`Publisher.standing`). `looked_through`: submissions that are looked through for addresses to write to.
    """

    texts: Mapping[str, str]
    rulebook_id: str
    findings: tuple[Finding, ...]
    outcome: Published | Refusal | None
    standing: str
    looked_through: int = 0
    hint: str = ""


@dataclass(frozen=True, slots=True)
class PurposeFacts:
    """One purpose; `optional` means that a person can opt out of it. `stopped_by` names signals: "gpc", "dnt"."""

    name: str
    label: str
    description: str
    optional: bool
    stopped_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChoiceFacts:
    """One switch of the privacy centre and the purposes it stops; with `asks` it is off until the person says yes.

    `on_pages`: what it decides about happens in the browser while a page is open, so a page is where to ask.
    `by_mail`: it decides about e-mails alone, and its yes is given with an address. `incentive` is the financial incentive that
    a yes joins, "" for none: such a yes is given next to its notice alone.
    """

    name: str
    label: str
    description: str
    purposes: frozenset[str]
    asks: bool = False
    on_pages: bool = True
    stopped_by: tuple[str, ...] = ()
    by_mail: bool = False
    incentive: str = ""


@dataclass(frozen=True, slots=True)
class IncentiveFacts:
    """One financial incentive, the purposes that its members said yes to, and the signals that stop one of them."""

    name: str
    label: str
    purposes: frozenset[str]
    stopped_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PointFacts:
    """One collection point with its retention in words ("14 months after collection, then erased").

    `purposes`, `recipients` are labels. `silenced_by` names the signals that leave the point no purpose at all, so that
    the tag need not even send. `event` is what an event of the tag says happened ("view", "leave", "outbound", "download",
    "search", "custom"); "" for other technologies. `counts_visits`: it serves a purpose of the tag or of a beacon. `records` and
    `oldest` are live evidence; None when the store was not asked. `names_somebody`: what it takes is kept here, and found again
    by whose it is.
    """

    name: str
    label: str
    technology: str
    fields: tuple[str, ...]
    required: frozenset[str]
    purposes: tuple[str, ...]
    recipients: tuple[str, ...]
    retention: str
    silenced_by: tuple[str, ...] = ()
    event: str = ""
    counts_visits: bool = False
    records: int | None = None
    oldest: date | None = None
    names_somebody: bool = False


@dataclass(frozen=True, slots=True)
class FieldFacts:
    """One field of a form. `kind` is "text", "long", "email", "tel" or "file".

    `accepts` names the kinds of a file as ".pdf,.docx"; `longest` is in characters; `several`: more than one file may come.
    """

    name: str
    label: str
    kind: str
    is_required: bool
    longest: int
    description: str = ""
    accepts: str = ""
    several: bool = False


@dataclass(frozen=True, slots=True)
class FormFacts:
    """A form that a page sends: its collection point, the section of the policy about it, its fields in the policy's order."""

    point: str
    label: str
    section: str
    fields: tuple[FieldFacts, ...]

    @property
    def has_files(self) -> bool:
        """Whether it may bring files."""
        return any(one.kind == "file" for one in self.fields)


@dataclass(frozen=True, slots=True)
class SignalFacts:
    """An opt-out preference signal and the policy's sentence about it (11 CCR 7025(c))."""

    name: str
    sentence: str


@dataclass(frozen=True, slots=True)
class LinkFacts:
    """Another company's site that pages link to: its name in addresses, its label, where it is.

    `notice`: a page tells of leaving. `clicks` and `reports` are collection points, "" for none; `hands` says that a click's
    number goes along where it is allowed.
    """

    name: str
    label: str
    address: str
    notice: bool = True
    clicks: str = ""
    reports: str = ""
    hands: bool = False


@dataclass(frozen=True, slots=True)
class PolicyFacts:
    """The rulebook in force, as pages show it.

    `forms` are the rights that the privacy centre's forms take, each with the collection point that declares the form.
    `jurisdictions` are the laws that the policy is under, code and name; `look_back_from` is the first day back to which somebody
    may ask what is held; who refused is not asked again for `resolicit_months`, None where the law names neither.
    `confirmable` are the data items that are never shown and can be confirmed, name and label.
    `phone_forms` are the rights whose form's point takes a telephone number; `offered_in` are, for a right that is offered under
    some of the laws alone, code and name of these.
    `gives` are the parts of the right about automated decisions, by name and in words; `programs` what takes these decisions.
    `tag` is what is written next to the tag on the pages, by attribute; empty when the policy declares no tag.
    """

    rulebook_id: str
    title: str
    company: str
    email: str
    phone: str
    address: str
    effective: date
    updated: date
    purposes: tuple[PurposeFacts, ...]
    points: tuple[PointFacts, ...]
    signals: tuple[SignalFacts, ...]
    choices: tuple[ChoiceFacts, ...] = ()
    forms: Mapping[str, str] = field(default_factory=dict)
    tag: Mapping[str, str] = field(default_factory=dict)
    links: tuple[LinkFacts, ...] = ()
    jurisdictions: tuple[tuple[str, str], ...] = ()
    look_back_from: date | None = None
    resolicit_months: int | None = None
    phone_forms: frozenset[str] = frozenset()
    confirmable: tuple[tuple[str, str], ...] = ()
    offered_in: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    gives: tuple[tuple[str, str], ...] = ()
    programs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PrintoutLine:
    """One printout of the policy by its name, with the formats it comes in."""

    name: str
    title: str
    shapes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PrintoutView:
    """A printout: HTML to stand in a page, or else a text for machines with its media type and file name."""

    title: str
    html: Markup | None
    text: str
    media_type: str
    filename: str


@dataclass(frozen=True, slots=True)
class ChangeFacts:
    """What a version changes for people, in words."""

    words: str
    material: bool


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """One published version. `standing` is "announced", "in force", "replaced" or "withdrawn"; `until` is its last day.

    `by_email` says that people are written to; `noticed_ms` is when all were, `told` how many messages that are.
    """

    rulebook_id: str
    standing: str
    in_force_on: date
    until: date | None
    published_ms: int
    changes: tuple[ChangeFacts, ...]
    by_email: bool = False
    noticed_ms: int | None = None
    told: int = 0

    @property
    def material(self) -> tuple[ChangeFacts, ...]:
        """The changes that people must be told of before."""
        return tuple(change for change in self.changes if change.material)


@dataclass(frozen=True, slots=True)
class VersionPage:
    """A version as it was published: the whole policy without the figures that are computed when it is shown."""

    rulebook_id: str
    effective: date | None
    published_ms: int
    policy: Markup
