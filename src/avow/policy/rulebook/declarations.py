"""The declarations of a policy as frozen values: what the blocks say, once they are found to be sound.

`build` makes them; the Rulebook holds them; printouts and doors read them. None of them reads the clock.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from avow.definitions import READABLE_CATEGORIES, AfterRetention, IdentifierKind, Technology
from avow.policy.language.vocabulary import (
    CLAUSES,
    LEGAL_OBLIGATION,
    NOTED_STARTS,
    RETENTION_CRITERIA,
    RETENTION_STARTS,
    TAKEN_FOR_PEOPLE,
    THIRD_PARTY_CLAUSES,
)
from avow.policy.law.counting import add_months


@dataclass(frozen=True, slots=True)
class FileLimits:
    """What a file may be: its kinds, by the names of `FILE_TYPES`, its largest size in bytes, and how many there may be."""

    types: tuple[str, ...]
    max_bytes: int
    max_files: int


@dataclass(frozen=True, slots=True)
class DataItem:
    """One declared kind of personal information, in its statutory categories (Cal. Civ. Code § 1798.140(v)(1)).

    `category` is the first, which decides how it is kept; `also` are further ones that the chart lists it under.
    `dpv` is the W3C Data Privacy Vocabulary's term, empty when none is declared. `file` is set for an item that is a
    file. `region` is the country whose telephone numbers may be typed without its own number in front, "" for none.
    `never` is what its text must not hold, and `on_found` ("mask" or "refuse") what happens to text that does.
    `never_disclose` is which kind it is that no answer shows, by the names of `NEVER_DISCLOSED`; "" for none (11 CCR 7024(d)).
    `match` is how what somebody types who asks is compared with what is held, by the names of `MATCHES`; "" for never asked.
    `says_age` is what it tells of a person's age, by the names of `AGES_SAID`; "" for nothing (Cal. Civ. Code § 1798.120(c)).
    """

    name: str
    label: str
    category: str
    also: tuple[str, ...]
    sensitive: str | None
    identifier: IdentifierKind | None
    region: str
    max_length: int
    description: str
    dpv: str
    file: FileLimits | None
    never: tuple[str, ...]
    on_found: str
    never_disclose: str
    says_age: str
    match: str

    @property
    def categories(self) -> tuple[str, ...]:
        """Every statutory category of the item. Rule: Cal. Civ. Code § 1798.140(v)(1)."""
        return (self.category, *self.also)

    @property
    def sealed(self) -> bool:
        """Whether it is kept only under the person's key: everything that says who, not only what happened.

        Why: decision 0005.
        """
        return self.category not in READABLE_CATEGORIES or self.sensitive is not None


@dataclass(frozen=True, slots=True)
class Purpose:
    """What personal information is used for (Cal. Civ. Code § 1798.140(e)), and whether a person decides about it.

    `choice` is "none", "opt-out" (until the person says no) or "consent" (not before the person said yes).
    `legal_basis` is that of GDPR Art. 6(1); `sensitive_use` the use of sensitive information that 11 CCR 7027(m) allows.
    `combines` are the points of which it puts together what is of one person; what no purpose combines stays apart.
    `written_reason` says that whoever of the staff opens a record for it writes why. `cross_context`: it is advertising by
    what people do with several businesses (Cal. Civ. Code § 1798.140(k)), for which nobody is a service provider.
    """

    name: str
    label: str
    description: str
    choice: str
    business_purpose: str
    legal_basis: str
    sensitive_use: str
    combines: tuple[str, ...]
    written_reason: bool
    cross_context: bool
    dpv: str

    @property
    def optional(self) -> bool:
        """Whether a person can say no to it. Rule: 11 CCR 7004, 7026; GDPR Art. 7."""
        return self.choice != "none"

    @property
    def needs_consent(self) -> bool:
        """Whether nothing is done for it before the person said yes. Rule: Cal. Penal Code §§ 631, 638.51; GDPR Art. 7."""
        return self.choice == "consent"


@dataclass(frozen=True, slots=True)
class Retention:
    """How long a record is kept. Rule: Cal. Civ. Code § 1798.100(a)(3). Exactly one of days, months, years is set.

    `until` is a criterion that ends it earlier, when the event comes first: the period is the limit in any case.
    """

    days: int | None
    months: int | None
    years: int | None
    after: str
    then: AfterRetention
    until: str | None = None

    def due(self, collected: date) -> date:
        """Return the first day on which the record must be erased or deidentified, counted from that day.

        Rule: Cal. Civ. Code § 1798.100(a)(3).
        """
        if self.days is not None:
            return collected + timedelta(days=self.days)
        return add_months(collected, (self.months or 0) + 12 * (self.years or 0))

    @property
    def length(self) -> str:
        """The period in words: "14 months"."""
        number, unit = next(
            (n, u) for n, u in ((self.days, "day"), (self.months, "month"), (self.years, "year")) if n is not None
        )
        return f"{number} {unit}{'' if number == 1 else 's'}"

    @property
    def start(self) -> str:
        """Where the period starts, in words: "our last contact"."""
        return RETENTION_STARTS[self.after]

    @property
    def words(self) -> str:
        """The whole rule in words: "24 months after our last contact, then erased".

        Rule: Cal. Civ. Code § 1798.100(a)(3). Why: decision 0026.
        """
        end = "erased" if self.then is AfterRetention.ERASE else "deidentified"
        earlier = f", or until {RETENTION_CRITERIA[self.until]} if that comes first" if self.until else ""
        noted = {"decision": "one is noted", **dict.fromkeys(NOTED_STARTS, "that is noted")}.get(self.after)
        undecided = f" (until {noted}, after collection)" if noted else ""
        return f"{self.length} after {self.start}{undecided}{earlier}, then {end}"


@dataclass(frozen=True, slots=True)
class Unsearched:
    """Records that a request to know leaves unsearched, with the facts because of which, in sentences for its person.

    All four are there: with three of them the records are searched. Rule: 11 CCR 7024(c)(1)-(4).
    """

    records: str
    not_searchable: str
    legal_only: str
    no_commercial_use: str

    @property
    def facts(self) -> tuple[str, str, str]:
        """The facts besides that the person is told which records they are."""
        return self.not_searchable, self.legal_only, self.no_commercial_use


@dataclass(frozen=True, slots=True)
class CollectionPoint:
    """One place where data comes in. `only` says which purposes alone need a field; `section` is its policy anchor.

    `retentions` gives the period for each purpose. `on` are the websites and messages that have the point; none means
    all. `stores` are the cookies or storage keys that it sets; `people` whom it concerns. `collected_by` is the recipient
    that takes the data in itself, for the business: nothing of it may come in here; `loads` is the address
    of its script or image. `authorised_by` is the form by which
    the person must have agreed before: 15 U.S.C. 1681b(b)(2). `is_security`: its records are no specific pieces (Cal. Civ.
    Code § 1798.130(a)(3)(B)(iii)). `unsearched` says why a request to know leaves its records unsearched; None: it searches them.
    `admt`: a program takes or replaces a significant decision by it; None where the policy does not say (11 CCR 7200).
    """

    name: str
    label: str
    technology: Technology
    source: str
    fields: tuple[str, ...]
    required: frozenset[str]
    only: Mapping[str, frozenset[str]]
    purposes: frozenset[str]
    recipients: frozenset[str]
    retentions: Mapping[str, Retention]
    cookie_days: int | None
    stores: tuple[str, ...]
    on: frozenset[str]
    people: str
    duties: tuple[str, ...]
    section: str
    collected_by: str | None
    loads: str = ""
    authorised_by: str | None = None
    is_security: bool = False
    unsearched: Unsearched | None = None
    admt: bool | None = None

    def is_on(self, website: str, messages: Collection[str]) -> bool:
        """Return whether a website has the point: it names none, this one, or messages, which reach readers of every website."""
        return not self.on or not website or website in self.on or not self.on.isdisjoint(messages)

    @property
    def retention(self) -> Retention:
        """The longest of its periods: what holds for a record that serves every purpose. Why: decision 0021."""
        return self.retention_for(self.purposes)

    def retention_for(self, purposes: frozenset[str]) -> Retention:
        """Return the period of a record that serves these purposes: the longest that one of them needs.

        Rule: Cal. Civ. Code § 1798.100(a)(3): for each disclosed purpose, not longer than it needs.
        """
        return max((self.retentions[name] for name in sorted(purposes)), key=lambda kept: (kept.due(_SOME_DAY), kept.words))

    @property
    def in_browser(self) -> bool:
        """Whether the visitor's own browser keeps it, and nobody else. Why: decision 0034."""
        return self.technology in {Technology.COOKIE, Technology.LOCAL_STORAGE} and not self.collected_by

    def needing(self, item: str) -> frozenset[str]:
        """Return the purposes of the point that need this field. Rule: Cal. Civ. Code § 1798.100(c)."""
        return self.only.get(item, self.purposes)


@dataclass(frozen=True, slots=True)
class AutomatedDecision:
    """A significant decision about people that a program takes or replaces. Rule: 11 CCR 7200, 7220 (notice before its use).

    `logic`, `output` and `instead` say how it works, what comes out and how that is used, and what happens for who opts out.
    """

    name: str
    label: str
    decides: str
    points: tuple[str, ...]
    logic: str
    output: str
    instead: str


@dataclass(frozen=True, slots=True)
class Incentive:
    """A financial incentive: what people get for their data, and what that data are worth. Rule: 11 CCR 7016(d), 7080, 7081.

    Who says yes to all of its `purposes` is in; who takes one of them back is out. `method` is one of `VALUE_METHODS`.
    """

    name: str
    label: str
    offers: str
    terms: str
    purposes: frozenset[str]
    value: str
    method: str
    calculation: str
    related: str
    asks_again_months: int


@dataclass(frozen=True, slots=True)
class Duty:
    """A rule that makes or lets the business keep some fields of records, no matter who asks to delete them.

    `exception` is the code of the exception from deletion that it is, as the law tables have it; what is kept is read for
    `purpose` alone. Rule: Cal. Civ. Code § 1798.105(d), § 1798.145; 11 CCR 7022(f).
    """

    name: str
    label: str
    rule: str
    exception: str
    fields: frozenset[str]
    purpose: str
    keeps: Retention

    @property
    def is_of_law(self) -> bool:
        """Whether a law orders it: then it holds for what was collected before the policy declared it as well."""
        return self.exception == LEGAL_OBLIGATION


@dataclass(frozen=True, slots=True)
class Contract:
    """What the contract with a recipient says. Rule: Cal. Civ. Code § 1798.100(d); 11 CCR 7051(a), 7053(a)."""

    signed: date
    clauses: frozenset[str]

    @property
    def missing(self) -> tuple[str, ...]:
        """The clauses that 11 CCR 7051(a) asks for and the contract lacks."""
        return tuple(clause for clause in CLAUSES if clause not in self.clauses)

    @property
    def missing_for_third_party(self) -> tuple[str, ...]:
        """The clauses that 11 CCR 7053(a) asks for and the contract lacks."""
        return tuple(clause for clause in THIRD_PARTY_CLAUSES if clause not in self.clauses)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody else who gets personal information.

    `own_use`: it uses what it gets for purposes of its own. `same_business`: it controls the business or is controlled by it,
    under the same brand (Cal. Civ. Code § 1798.140(d)(2)). `cross_context`: one of its purposes is. `origins` are the
    addresses that its script, pixel or frame is loaded from; `opt_out` is where it takes an opt-out itself; `safeguards`
    those of a transfer abroad (GDPR Art. 46). `instruct` is how it is told to delete, correct or stop, by the names of
    `INSTRUCTS`; "" where nothing tells it. A batch of more than `second_person_above` records needs a second member of staff;
    None: no batch does. `stops_when_lapsed`: it gets nothing from the day on which its review is due.
    `needs_authorisation` is the form by which a person authorised in writing what is ordered of it (15 U.S.C. 1681b(b)(2)).
    """

    name: str
    label: str
    role: str
    contract: Contract | None
    services: str
    categories: frozenset[str]
    purposes: frozenset[str]
    country: str
    keeps_days: int
    disclosure: str
    own_use: bool
    checked: date | None
    origins: tuple[str, ...]
    opt_out: str
    safeguards: str
    instruct: str
    same_business: bool
    second_person_above: int | None
    stops_when_lapsed: bool
    needs_authorisation: str
    cross_context: bool

    def lacking(self, clauses: Collection[str]) -> Recipient:
        """Return it with a contract that lacks these clauses, whatever is declared; "" among them: with none at all.

        Rule: 11 CCR 7051(c), 7053(c).
        """
        if self.contract is None or not clauses:
            return self
        left = None if "" in clauses else replace(self.contract, clauses=self.contract.clauses - frozenset(clauses))
        return replace(self, contract=left)

    @property
    def effective_role(self) -> str:
        """The role by computation: "third-party" without a compliant contract, or for ends that are not ours.

        What is of the same business is no third party, whatever its contract, and is "same-business".
        Rule: 11 CCR 7050(b) (across contexts, whatever the contract says), 7051(c), 7053; Cal. Civ. Code § 1798.140(d)(2), (ai).
        """
        if self.cross_context:
            return "third-party"
        if self.same_business:
            return "same-business"
        if self.own_use or self.contract is None or self.contract.missing:
            return "third-party"
        return self.role

    @property
    def missing_clauses(self) -> tuple[str, ...]:
        """The clauses that the law asks for in its contract and that are not there; of the same business none is asked for.

        Rule: Cal. Civ. Code § 1798.100(d); 11 CCR 7051(a), 7053(a).
        """
        if self.same_business and not self.cross_context:
            return ()
        asked = THIRD_PARTY_CLAUSES if self.role == "third-party" else CLAUSES
        return tuple(clause for clause in asked if self.contract is None or clause not in self.contract.clauses)

    @property
    def effective_disclosure(self) -> str:
        """What giving to it is by computation: a business purpose, sharing, or a sale unless it is declared as sharing.

        Rule: Cal. Civ. Code § 1798.140(ad), (ah): for value, or for advertising across contexts; 11 CCR 7050(b).
        """
        if self.effective_role != "third-party":
            return "business-purpose"
        return "sharing" if self.cross_context or self.disclosure == "sharing" else "sale"

    @property
    def is_shared_with(self) -> bool:
        """Whether what it gets is shared with it. Rule: Cal. Civ. Code § 1798.140(ah)."""
        return self.effective_disclosure == "sharing"

    @property
    def is_sold_to(self) -> bool:
        """Whether what it gets is sold to it: also to one with whom it is shared, when that is for value.

        Rule: Cal. Civ. Code § 1798.140(ad).
        """
        return self.effective_disclosure == "sale" or (self.is_shared_with and self.disclosure == "sale")


@dataclass(frozen=True, slots=True)
class Signal:
    """An opt-out preference signal and the purposes it stops. Rule: 11 CCR 7025; Bus. & Prof. Code § 22575(b)(5)."""

    name: str
    stops: frozenset[str]
    sentence: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One switch that a person has: the purposes that saying no to it stops. Rule: 11 CCR 7004, 7026."""

    name: str
    label: str
    description: str
    stops: frozenset[str]


@dataclass(frozen=True, slots=True)
class Right:
    """A right that is offered, how to ask for it and how the asker is verified. Rule: Cal. Civ. Code § 1798.130(a).

    `level` is how sure the business must be (11 CCR 7060-7062); `by_people`: staff carry it out, not the software; `autopilot`:
    a verified request goes on by itself, where nothing in it needs a look by staff;
    `per_12_months` is the most that is owed, for requests to know alone; `jurisdictions` where it is offered. `gives` are the
    parts of the right about automated decisions (11 CCR 7221, 7222).
    """

    name: str
    methods: tuple[str, ...]
    verification: str
    level: str
    form: str | None
    by_people: bool
    autopilot: bool
    exceptions: tuple[str, ...]
    per_12_months: int | None
    jurisdictions: tuple[str, ...]
    gives: tuple[str, ...] = ()

    @property
    def by_form(self) -> bool:
        """Whether the privacy centre's form takes it, for the software or for people to carry out. Rule: 11 CCR 7020."""
        return "web" in self.methods and (not self.by_people or self.name in TAKEN_FOR_PEOPLE)


@dataclass(frozen=True, slots=True)
class Agents:
    """What is asked of an authorized agent. Rule: 11 CCR 7063: signed permission, and one of two confirmations."""

    asks: tuple[str, ...]
    and_one_of: tuple[str, ...]
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Children:
    """What holds for children. Rule: 16 CFR 312; Cal. Civ. Code § 1798.120(c). `on_knowledge` is what follows."""

    under: int
    directed: bool
    on_knowledge: str
    contact: str


@dataclass(frozen=True, slots=True)
class Incidents:
    """Who is told of a breach. Rule: Cal. Civ. Code § 1798.82; GDPR Art. 33, 34. Days come from the law tables."""

    tells: tuple[str, ...]
    contact: str


@dataclass(frozen=True, slots=True)
class LegalProcess:
    """How lawful demands are answered. Rule: Cal. Civ. Code § 1798.145(a)(1)."""

    reviewed_by: str
    tells_people: bool


@dataclass(frozen=True, slots=True)
class Told:
    """By which ways, and how many days before, people are told (Bus. & Prof. Code § 22575(b)(3); § 1798.140(ah)(2)(C))."""

    told_by: tuple[str, ...]
    days_before: int
    by_people: bool = False


@dataclass(frozen=True, slots=True)
class ExternalLink:
    """Another company's site that pages link to; with `notice` the visitor is told before leaving.

    `clicks` is the collection point that counts who follows the link. `recipient` gets the number of such a click, in
    `parameter` of the address, and reports by it what happened there to the collection point `reports`. "" where there is none.
    """

    name: str
    label: str
    address: str
    notice: bool
    clicks: str = ""
    recipient: str = ""
    parameter: str = ""
    reports: str = ""


@dataclass(frozen=True, slots=True)
class Accessibility:
    """The standard that the policy and its forms meet, and in which languages. Rule: 11 CCR 7003."""

    standard: str
    languages: tuple[str, ...]
    contact: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """A data set that is released without persons. Rule: Cal. Civ. Code § 1798.140(b), (m): method, limit, commitment."""

    name: str
    label: str
    description: str
    method: str
    least_people: int
    points: frozenset[str]


@dataclass(frozen=True, slots=True)
class Website:
    """One website that the policy covers."""

    name: str
    label: str
    address: str
    brand: str | None


@dataclass(frozen=True, slots=True)
class Messages:
    """E-mail or other electronic messages that the policy covers."""

    name: str
    label: str
    kind: str
    sender: str
    brand: str | None


@dataclass(frozen=True, slots=True)
class Source:
    """Where personal information comes from (Cal. Civ. Code § 1798.110(a)(2)); `words` is how notices call it."""

    name: str
    words: str
    kind: str


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody to turn to next to the controller's own address."""

    name: str
    label: str
    email: str
    phone: str
    address: str


@dataclass(frozen=True, slots=True)
class Controller:
    """The business that answers for all of it."""

    name: str
    address: str
    email: str
    phone: str
    website: str
    online_only: bool
    representative: str
    data_protection_officer: str


#: Any day does to tell which of two periods is longer; a leap year keeps "12 months" and "365 days" apart.
_SOME_DAY: Final = date(2027, 3, 1)
