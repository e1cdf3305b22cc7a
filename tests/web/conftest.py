"""Fakes of the rooms that pages call, with the figures of an invented company."""

from __future__ import annotations

import gzip
import json
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from markupsafe import Markup
from starlette.testclient import TestClient

from avow.access import (
    AccountLine,
    SignedIn,
)
from avow.access.answers import (
    Invitation,
    StaffMember,
)
from avow.analytics.answers import (
    RecordedVisit,
    RecordingLine,
    RecordingView,
    VisitView,
)
from avow.assurance.answers import (
    AuditState,
    RefusalCount,
)
from avow.assurance.readiness import Report
from avow.collection.parties import (
    BrowserFacts,
    PartyFacts,
)
from avow.collection.recordings.recorder import (
    RecordingOffer,
)
from avow.config import Website
from avow.definitions import Refusal, RequestKind
from avow.gate.choices import (
    ChoiceCount,
    PersonSaid,
)
from avow.gate.messages import (
    MessageLine,
)
from avow.gate.reads import PurposeReads
from avow.gate.sites import site_of
from avow.messaging.answers import (
    LinkLine,
    ListLine,
    MailingLine,
    MailingReport,
    MeasureFacts,
    MessageView,
    SubmissionLine,
    SubmissionView,
)
from avow.policy.evidence import Finding, Judged, Promise, Reported, Verdict
from avow.publication.answers import (
    ChangeFacts,
    ChoiceFacts,
    PointFacts,
    PolicyFacts,
    PrintoutLine,
    PrintoutView,
    PurposeFacts,
    SignalFacts,
    VersionFacts,
    VersionPage,
)
from avow.rights.answers import (
    Document,
    Download,
    RequestDetail,
    RequestLine,
    RequestStatus,
    Step,
    TargetOutcome,
    Verification,
)
from avow.store.paging import Page
from avow.web.assets import Assets, built_folder
from avow.web.house import House
from avow.web.pages import app
from avow.web.site import CompanySite
from avow.website.answers import IntegrityView
from avow.website.search import SearchIndex

NOW_MS = 1_795_460_400_000  # 23 November 2026, 21:00 UTC
TODAY = date(2026, 11, 23)
MINUTE = 60_000
SITE = Path(__file__).parents[2] / "policies" / "marrowby" / "site"
ORIGIN = "http://testserver"
VISITOR = "0123456789abcdef0123456789abcdef"


TAG_EVENTS = {"page-view": "view", "page-leave": "leave", "outbound-link": "outbound", "download": "download"}


def _point(name: str, label: str, technology: str, fields: tuple[str, ...], purposes: tuple[str, ...], kept: str) -> PointFacts:
    recipients = ("Harrow Post Relay",) if technology == "form" else ()
    silenced = ("dnt", "gpc") if technology in {"tag", "web-beacon"} else ()
    event = TAG_EVENTS.get(name, "custom") if technology == "tag" else ""
    return PointFacts(name, label, technology, fields, frozenset(), purposes, recipients, kept, silenced, event)


FACTS = PolicyFacts(
    forms={"know": "rights-request", "delete": "rights-request"},
    tag={"data-points": "page-view:dnt,gpc:page,referrer", "data-choices": "audience-measurement returning-visitors"},
    rulebook_id="7c1e" * 16,
    title="Privacy policy of Marrowby Instruments",
    company="Marrowby Instruments, Inc.",
    email="privacy@marrowby.example",
    phone="1-800-555-0142",
    address="418 Tidewater Row, Port Lorne, California 94000",
    effective=date(2026, 11, 1),
    updated=date(2026, 11, 1),
    purposes=(
        PurposeFacts(
            "audience-measurement", "Measuring our audience", "counting visits", optional=True, stopped_by=("gpc", "dnt")
        ),
        PurposeFacts(
            "returning-visitors",
            "Recognising returning visitors",
            "telling a first visit from a later one by the same browser",
            optional=True,
            stopped_by=("gpc", "dnt"),
        ),
        PurposeFacts("answer-questions", "Answering questions", "answering what people write to us", optional=False),
        PurposeFacts("security", "Security", "finding and stopping attacks", optional=False),
    ),
    points=(
        _point(
            "page-view",
            "Page visits",
            "tag",
            ("page", "referrer", "campaign", "browser", "operating-system", "device-type", "language", "country", "visitor-id"),
            ("Measuring our audience", "Recognising returning visitors"),
            "14 months after collection, then erased",
        ),
        *(
            _point(name, label, "tag", fields, ("Measuring our audience",), "14 months after collection, then erased")
            for name, label, fields in (
                ("page-leave", "Time on a page", ("page", "engagement-time", "scroll-depth")),
                ("outbound-link", "Links to other websites", ("page", "link-followed")),
                ("download", "Files fetched", ("page", "link-followed")),
                ("spare-parts", "Spare parts looked at", ("page", "instrument")),
            )
        ),
        _point(
            "page-pixel",
            "Page visits without script",
            "web-beacon",
            ("page", "browser"),
            ("Measuring our audience",),
            "14 months, then erased",
        ),
        _point(
            "contact-form",
            "Contact form",
            "form",
            ("name", "email", "company", "message"),
            ("Answering questions",),
            "24 months after the last contact, then erased",
        ),
        _point(
            "server-log",
            "Server log",
            "server-log",
            ("ip-address", "user-agent", "page"),
            ("Security",),
            "30 days, then deidentified",
        ),
        _point(
            "rights-request", "Rights request", "form", ("name", "email", "request-kind"), ("Answering requests",), "24 months"
        ),
    ),
    signals=(
        SignalFacts("gpc", "We honour Global Privacy Control: counting visits stops."),
        SignalFacts("dnt", "We honour it the same way."),
    ),
    choices=(
        ChoiceFacts(
            "audience-measurement", "Measuring our audience", "", frozenset({"audience-measurement"}), stopped_by=("dnt", "gpc")
        ),
        ChoiceFacts("returning-visitors", "Recognising returning visitors", "", frozenset({"returning-visitors"})),
    ),
)


class FakePolicy:
    """A policy in force that never changes."""

    def facts(self):
        return FACTS

    def printout(self, name, shape=None):
        if name == "csp":
            return PrintoutView("CSP", None, 'add_header "x" always;\n', "text/plain", "csp.nginx")
        if name != "register":
            return None
        html = None if shape == "csv" else Markup("<table><caption>Register</caption><tr><th>Purpose</th></tr></table>")
        return PrintoutView("Register", html, "purpose\r\n", "text/csv; charset=utf-8", "register.csv")

    def page_headers(self):
        return {"Content-Security-Policy-Report-Only": "default-src 'self'; report-uri /avow/csp-reports"}

    def printouts(self):
        return (PrintoutLine("register", "Register", ("html", "csv")),)

    def page(self, jurisdiction=""):
        return Markup(
            "<h1>Privacy policy</h1><h2 id='contact-form'>When you write to us</h2><p>We use what you write to answer you{}.</p>"
        ).format(f" in {jurisdiction}" if jurisdiction else "")

    def notice(self, point):
        return Markup(
            "<h2>Notice at collection</h2><p>We collect <strong>identifiers</strong> through {} to answer you.</p>"
            "<table><caption>What, why, how long</caption>"
            "<thead><tr><th scope='col'>What</th><th scope='col'>Kept</th></tr></thead>"
            "<tbody><tr><th scope='row'>E-mail address</th><td>24 months</td></tr></tbody></table>"
            "<p>We do not sell or share it. <a href='/privacy-policy'>Privacy policy</a></p>"
        ).format(point)

    def evidence(self):
        return tuple(replace(point, records=12 * len(point.fields), oldest=TODAY - timedelta(days=20)) for point in FACTS.points)


CHANGES = (
    ChangeFacts('"Contact form" is kept for 36 months after our last contact, then erased; before: 24 months.', material=True),
    ChangeFacts('The wording of "Children" changes.', material=False),
)
IN_FORCE = VersionFacts(FACTS.rulebook_id, "in force", date(2026, 11, 1), None, NOW_MS - 30_000 * MINUTE, ())
ANNOUNCED = VersionFacts("9b2f" * 16, "announced", date(2026, 12, 24), None, NOW_MS, CHANGES, by_email=True, told=12)


@dataclass
class FakeVersions:
    """The first version, and one that is announced when the test says so."""

    next: VersionFacts | None = None

    def announced(self):
        return self.next

    def history(self):
        return (self.next, IN_FORCE) if self.next else (IN_FORCE,)

    def page(self, rulebook_id):
        known = {one.rulebook_id for one in self.history()}
        article = Markup("<article class='policy'><h1>Privacy policy</h1><p>As of {}</p></article>").format(rulebook_id[:4])
        return VersionPage(rulebook_id, date(2026, 11, 1), NOW_MS, article) if rulebook_id in known else None

    def shown_on(self, day):
        return (IN_FORCE,) if day >= IN_FORCE.in_force_on else ()


@dataclass
class FakePromises:
    """A promise that holds, one that does not, and one for people."""

    is_public: bool = True

    def judged(self, now_ms):
        return tuple(
            Judged(
                Promise(name, name.capitalize(), (f"We promise {name}.",), (("collection", name),), ()),
                (Finding("What carries it out.", "3 records held.", verdict, now_ms),),
            )
            for name, verdict in (("kept", Verdict.HOLDS), ("broken", Verdict.FAILS), ("human", Verdict.BY_PEOPLE))
        )


def paged(lines, at):
    """Return the lines as a page in the middle of a list when a place is asked for, as the only one otherwise."""
    return Page(lines) if at.row is None else Page(lines, "0.1.before", "0.9.after")


LINE = RequestLine("r1", "Q7K2-9M4D", RequestKind.DELETE, "fulfilling", date(2026, 11, 20), date(2026, 12, 4), date(2026, 11, 20),
                   date(2027, 1, 3), is_open=True, is_late=False, days_left=41)  # fmt: skip


@dataclass
class FakeRights:
    """One request behind the token `status-token`, and what was received."""

    received: list = field(default_factory=list)
    confirmed: list = field(default_factory=list)
    extended: list = field(default_factory=list)
    verified: bool = True

    def receive(self, request):
        if request.email == "too-often@example.com":
            return Refusal("This address has asked twice in twelve months.", "Cal. Civ. Code § 1798.130(b)")
        self.received.append(request)
        return "status-token"

    def status(self, token):
        if token != "status-token":
            return None
        timeline = (
            Step(NOW_MS - 900 * MINUTE, "We received your request."),
            Step(NOW_MS, "You confirmed your address.", "link from our e-mail"),
        )
        documents = (
            Document("archive.html", "Everything we hold, to read", 18_200),
            Document("archive.json", "The same as a file (JSON)", 9_400),
        )
        words = "We are gathering what we hold about you." if self.verified else "We wait for you."
        days = (date(2026, 11, 20), date(2026, 12, 4), date(2027, 1, 3))
        return RequestStatus("Q7K2-9M4D", RequestKind.KNOW, "fulfilling", words, *days,
                             is_open=True, is_verified=self.verified, timeline=timeline, documents=documents)  # fmt: skip

    def download(self, token, name):
        return (
            Download(b"<h1>Archive</h1>", "text/html; charset=utf-8", name)
            if (token, name) == ("status-token", "archive.html")
            else None
        )

    def verification(self, token):
        return (
            Verification(RequestKind.DELETE, "Q7K2-9M4D", date(2026, 11, 20)) if token in {"verify-token", "late-token"} else None
        )

    def confirm(self, token):
        if token != "verify-token":
            return Refusal("This link has expired.", "house rule: links live 14 days")
        self.confirmed.append(token)
        return "status-token"

    def desk(self, at):
        late = replace(
            LINE, request_id="r2", reference="A1B2-C3D4", kind=RequestKind.KNOW, is_late=True, days_left=-2, acknowledged_on=None
        )
        done = replace(LINE, request_id="r3", reference="ZZ11-YY22", state="closed", is_open=False, demonstration=True)
        return paged((late, LINE, done), at)

    def detail(self, request_id):
        if request_id != "r1":
            return None
        timeline = (Step(NOW_MS - 900 * MINUTE, "Received"), Step(NOW_MS, "Address confirmed"))
        outcomes = (TargetOutcome("event store", "erased", 128), TargetOutcome("submissions", "erased", 2))
        return RequestDetail(LINE, "Erasing what we hold.", ("e-mail", "visitor number"), timeline, outcomes, can_extend=True,
                             extended_answer_by=date(2027, 2, 17))  # fmt: skip

    def extend(self, request_id, reason, staff_id):
        self.extended.append((request_id, reason, staff_id))


@dataclass
class FakeChoices:
    """Keeps what was recorded."""

    recorded: list = field(default_factory=list)

    sources: list = field(default_factory=list)
    met: list = field(default_factory=list)
    said: list = field(default_factory=list)
    persons: frozenset = frozenset()

    def record(self, visitor_id, opted_out, source, *, demonstration, let_in):
        assert demonstration is False
        if not let_in():
            return frozenset(name for name, is_out in opted_out.items() if not is_out)
        self.recorded.append((visitor_id, dict(opted_out)))
        self.sources.append(source)
        return frozenset()

    def meet(self, answer_token, opted_out):
        self.met.append((answer_token, opted_out))
        return self.persons | opted_out

    def of_person(self, answer_token):
        return PersonSaid(self.persons, frozenset()) if answer_token == "status-token" and self.persons else None

    def say(self, answer_token, opted_out):
        self.said.append((answer_token, dict(opted_out)))
        return True

    def counts(self):
        return (
            ChoiceCount("audience-measurement", "link", opted_out=True, count=41),
            ChoiceCount("returning-visitors", "gpc", opted_out=True, count=310),
        )


@dataclass
class FakeBrowsers:
    """One advertising network, allowed while nobody says no to measuring."""

    address: str = ""
    let: list = field(default_factory=list)
    recognises: bool = True

    def let_load(self, points, *, demonstration):
        self.let.extend((one, demonstration) for one in points)

    def facts(self, signals):
        stopped = bool(signals.preferences) or "audience-measurement" in signals.choices
        party = PartyFacts(
            "ad-tag", "Farsight Placements", "tag", self.address, ("_fp",), "https://farsight.example/opt-out", not stopped
        )
        return BrowserFacts((party,) if self.address else (), "DBABBg~BUoAAACA.QA", {"SaleOptOut": 2}, "1YNN", self.recognises)


def later(answer):
    """Return an answer that is there at once, as one that comes from another thread."""
    future = Future()
    future.set_result(answer)
    return future


@dataclass
class FakeStaff:
    """One account, robin, with the session `open-session`; `busy` finds no place, `often` tried too often."""

    ended: list = field(default_factory=list)
    accepted: list = field(default_factory=list)
    senders: list = field(default_factory=list)

    def invitation(self, token):
        name = {"invitation-token": "", "password-token": "robin"}.get(token)
        return None if name is None else Invitation("privacy officer", NOW_MS + 24 * 60 * MINUTE, name)

    def accept(self, token, name, password):
        self.accepted.append((token, name, password))
        return later(SignedIn("open-session", "known-device"))

    def sign_in(self, name, password, sender):
        self.senders.append(sender)
        if name in {"busy", "often"}:
            return None if name == "busy" else Refusal("too many failed tries", "access")
        known = (name, password) == ("robin", "correct horse battery")
        return later(SignedIn("open-session", "known-device") if known else Refusal("Name or password is wrong.", "access"))

    def member(self, session):
        return StaffMember("s1", "robin", "privacy officer") if session == "open-session" and session not in self.ended else None

    def sign_out(self, session):
        self.ended.append(session)


class FakeRegister:
    """The accounts of robin and kim."""

    def accounts(self):
        return (
            AccountLine("s2", "kim", "privacy officer", NOW_MS - 60 * MINUTE, None, 0, 3),
            AccountLine("s1", "robin", "privacy officer", NOW_MS - 60 * MINUTE, NOW_MS, 1, 0),
        )

    def failed_unknown(self):
        return 7


SUBMISSION = SubmissionLine("c1", "MB-4F7Q2", "contact-form", NOW_MS - 50 * MINUTE, "new", date(2028, 11, 23))


@dataclass
class FakeInbox:
    """Two submissions; only answering questions may read them."""

    marked: list = field(default_factory=list)
    asked: list = field(default_factory=list)

    def lines(self, point, at):
        other = replace(SUBMISSION, record_id="c2", reference="MB-9T1XK", state="answered", demonstration=True)
        return paged(tuple(line for line in (SUBMISSION, other) if point in {"", line.point}), at)

    def line(self, record_id):
        return SUBMISSION if record_id == "c1" else None

    def read(self, record_id, purpose, staff_id):
        self.asked.append((record_id, purpose, staff_id))
        if purpose != "answer-questions":
            return Refusal(
                f"The contact form was not collected for {purpose}.", "Cal. Civ. Code § 1798.100(a)(1); policy.md #contact-form"
            )
        fields = (("E-mail address", "robin@example.com"), ("Message", "My barometer <b>rises</b> when it rains.\nWhat now?"))
        return SubmissionView(SUBMISSION, purpose, fields, dropped=("favourite-colour",), withheld=())

    def mark(self, record_id, state, staff_id):
        self.marked.append((record_id, state, staff_id))


@dataclass
class FakeOutbox:
    """One waiting message; when the test says so, one that failed before it."""

    failed: bool = False
    asked: list = field(default_factory=list)

    _LINE = MessageLine("m1", NOW_MS - 5 * MINUTE, "Please confirm your request", "waiting", 0, "Q7K2-9M4D")
    _FAILED = replace(_LINE, message_id="m2", state="failed", attempts=1, trouble="the mail server refused it (550)")

    def lines(self, at):
        return paged((self._FAILED, self._LINE) if self.failed else (self._LINE,), at)

    def retry(self, message_id, staff_id):
        self.asked.append((message_id, staff_id))
        return None if message_id == "m2" else Refusal("there is no such message any more, or it has left", "docs")

    def correct(self, message_id, address, staff_id):
        self.asked.append((message_id, address, staff_id))

    def passed_on(self, message_id, way, staff_id):
        self.asked.append((message_id, way, staff_id))
        return None if way == "post" else Refusal("say how it was passed on", "11 CCR 7101(a)")

    def read(self, message_id, staff_id):  # noqa: ARG002 - the Protocol names it
        text = "Hello,\n\nplease open this link:\nhttp://localhost:8400/privacy/verify/verify-token\n"
        found = {"m1": MessageView(self._LINE, "robin@example.com", text)}
        return found.get(message_id) or (
            MessageView(self._FAILED, "robin@example.com", text, "request", ("post", "telephone"))
            if message_id == "m2" and self.failed
            else None
        )


def reported(party, directives, pages, count, *, is_declared=False):
    """What browsers reported of one party, today."""
    return Reported(party, is_declared, TODAY, TODAY, directives, pages, ("Firefox",), count)


@dataclass
class FakeEvidence:
    """A little of everything."""

    reports: tuple = (
        reported("tracker.example", ("img-src", "script-src-elem"), ("/", "/contact"), 41),
        reported("place.example", ("frame-src",), ("/careers",), 2, is_declared=True),
        reported("'inline'", ("script-src-elem",), tuple(f"/p{letter}" for letter in "abcdefghijk"), 7),
    )

    def browser_reports(self, since):  # noqa: ARG002 - the Protocol names it
        return self.reports

    def refusals(self, since):  # noqa: ARG002 - the Protocol names it
        return (
            RefusalCount(
                TODAY, "contact-form", "favourite-colour", "not declared in the policy", "policy.md [collection.contact-form]", 3
            ),
            RefusalCount(TODAY, "page-view", "", "every purpose is stopped by gpc", "11 CCR 7025(c)(1)", 310),
        )

    def purpose_reads(self, since):  # noqa: ARG002 - the Protocol names it
        return (PurposeReads(TODAY, "contact-form", "answer-questions", 12, 1),)

    def audit(self):
        root, signer = (
            "qk3N0m2r6p9hY1cXo5bW8v7uTzZsRrQqPpOoNnMmLlK=",
            "\N{EM DASH} marrowby.example/audit Az3grlgtzPICa5OS8npVmf1Myq/5",
        )
        note = f"marrowby.example/audit\n1042\n{root}\n\n{signer}\n"
        return AuditState("marrowby.example/audit", 1042, root, note,
                          "marrowby.example/audit+3b9c12aa+AQ==", published_ms=NOW_MS)  # fmt: skip


_TOP = {
    "page": ["/", "/products/field-barometer", "/products/rain-gauge", "/contact", "/careers", "/privacy-policy"],
    "referrer": ["search.example", "weather-forum.example", "news.example"],
    "campaign": ["newsletter / email / autumn-2026"],
    "browser": ["Chrome", "Safari", "Firefox", "Edge"],
    "system": ["Windows", "iOS", "macOS", "Android", "Linux"],
    "device": ["desktop", "phone", "tablet"],
    "language": ["en-US", "es", "en-GB"],
    "country": ["US", "CA", "GB"],
    "point": ["page-view", "page-pixel"],
    "dashboard_links": ["https://pressure-guide.example/reduction-to-sea-level"],
    "dashboard_robots": ["Examplebot"],
}


@dataclass
class FakeEvents:
    """Answers the dashboard's queries with figures that look like a small company's week."""

    asked: list = field(default_factory=list)
    empty: bool = False

    def query(self, name, **parameters):
        self.asked.append((name, parameters))
        if self.empty:
            return []
        if name == "dashboard_series":
            return self._series(parameters)
        if name in _CONVERSIONS:
            return _CONVERSIONS[name]
        if name in _ONE_ROW:
            return [_ONE_ROW[name]]
        top = _TOP[parameters.get("column", name)]
        return [{"name": word, "views": 4200 // (index + 1), "visitors": 1900 // (index + 1)} for index, word in enumerate(top)]

    def _series(self, parameters):
        return [
            {"bucket": at, "views": 40 + number * 37 % 91, "visits": 20, "visitors": 15 + number * 17 % 29}
            for number, at in enumerate(parameters["steps"])
        ]


_CONVERSIONS = {
    "campaign_visits": [{"name": "leaflet / print / autumn", "visits": 40}, {"name": "", "visits": 200}],
    "campaign_conversions": [
        {
            "name": "leaflet / print / autumn",
            "currency": "USD",
            "conversions": 6,
            "converted": 3,
            "value": "744.00",
            "demonstration": 0,
        },
        {"name": "", "currency": "", "conversions": 2, "converted": 2, "value": "0", "demonstration": 0},
    ],
    "outbound_links": [
        {"name": "shop-click", "currency": "", "events": 12, "reported": 3, "value": "0"},
        {"name": "shop-purchase", "currency": "USD", "events": 4, "reported": 0, "value": "744.00"},
    ],
}
_ONE_ROW = {
    "dashboard_totals": {"views": 12843, "visits": 5120, "visitors": 3977, "robots": 812, "demonstration": 400},
    "dashboard_reconciled": {"visits": 5300, "tag": 5120, "beacon": 210, "log": 5011, "log_alone": 90},
    "dashboard_extent": {"name": "server-log", "events": 9100, "first_ms": 1_431_857_103_000, "last_ms": 1_432_155_959_000},
    "dashboard_reading": {"name": "/products/field-barometer", "visits": 310, "seconds": 84, "depth": 71},
}
RECORDING = RecordingLine("ab" * 16, "session-recording", ("/products/rain-gauge",), NOW_MS, 83, date(2026, 12, 23))


RECORDED = RecordedVisit((RECORDING, replace(RECORDING, recording_id="ef" * 16, pages=("/support",), seconds=30)))


@dataclass
class FakeRecordings:
    """One visit of two pages, for one purpose."""

    point: str = ""
    stopped: list = field(default_factory=list)
    watched: list = field(default_factory=list)

    def offered(self, page, said):
        is_offered = self.point and "page-improvement" in said.consents and page != "/contact"
        return RecordingOffer(self.point, 395) if is_offered else None

    def stop(self, said, recording_id, *, demonstration, let_in):
        assert let_in()
        self.stopped.append((said.visitor, recording_id, demonstration))
        return frozenset({"page-improvement"})

    def visits(self, page, at):
        return paged((RECORDED,) if page in {"", "/products/rain-gauge"} else (), at)

    def visit(self, recording_id):
        return RECORDED if recording_id in {one.recording_id for one in RECORDED.pages} else None

    def watch(self, recording_id, purpose, staff_id):
        self.watched.append((recording_id, purpose, staff_id))
        if purpose != "page-improvement":
            return Refusal("not for this purpose", "Cal. Civ. Code § 1798.100(a)(1)")
        if self.visit(recording_id) is None:
            return None
        words = ((one, f"{one.recording_id}.{staff_id}") for one in RECORDED.pages)
        return VisitView(tuple(RecordingView(one, (0, 1), word) for one, word in words), 1)

    def is_watching(self, recording_id, staff_id, ticket):
        return ticket == f"{recording_id}.{staff_id}"

    def chunk(self, recording_id, seq):
        return gzip.compress(b"[]") if recording_id == RECORDING.recording_id and seq < 2 else None


class FakeOutbound:
    """Addresses that say what they were asked for."""

    def way(self, name, page):
        return f"/out/{name}?page={page}&signature=s"

    def onward(self, name):
        return f"/out/{name}?page=/leaving/{name}&signature=s"


MAILING = MailingLine(
    mailing_id="ab" * 16,
    subject_line="The autumn letter",
    label="Letter from Marrowby",
    created_ms=NOW_MS - 60 * MINUTE,
    is_queued=True,
    recipients=240,
    refused=2,
    waiting=3,
    delivered=231,
    failed=1,
    measured=120,
    unsubscribed=4,
)
REPORT = MailingReport(
    line=MAILING,
    is_measured=True,
    is_by_person=True,
    opened=74,
    opened_times=130,
    followed=31,
    followed_times=40,
    robots=12,
    links=(LinkLine("https://www.marrowby.example/products/rain-gauge", 31, 40), LinkLine("https://rain.example/", 0, 0)),
)


@dataclass
class FakeMailings:
    """A list with one mailing, half of whose recipients agreed to be measured."""

    declared: bool = True
    sent: bool = True

    def lists(self):
        return (ListLine("newsletter", "Letter from Marrowby", 238),) if self.declared else ()

    def measures(self, point):
        label, words = "Measuring our letter", "seeing whether a letter was opened"
        return (MeasureFacts("email-measurement", label, words),) if point == "newsletter" else ()

    def lines(self, at):
        return paged((MAILING,) if self.sent else (), at)

    def report(self, mailing_id):
        return REPORT if mailing_id == MAILING.mailing_id else None


class NothingAside:
    """No item."""

    def count(self):
        return 0

    def queues(self):
        return {}

    def lines(self, _at):
        return Page()

    def line(self, _item_id):
        return None

    def retry(self, _item_id, _staff_id):
        return False

    def discard(self, _item_id, _staff_id):
        return False


class NoNotices:
    """Nothing to know."""

    def now(self):
        return ()


class NothingKnown:
    """Pages without processes behind them."""

    def report(self):
        return Report((), ())


class Everybody:
    """Lets everybody in: for pages that are served to nobody but a test, or a preview."""

    def let_in(self, _request, _act, _most):
        return True

    def check(self, _form):
        return ""

    def passes(self, _request, _form, _own):
        return True


class NotLookedAt:
    """A site that nobody looks at."""

    site = site_of(Website(name="marrowby", origin="http://localhost:8400"))

    def everywhere(self):
        return (self,)

    def is_configured(self):
        return False

    def state(self):
        return "unchecked"

    def altered(self):
        return ()

    def view(self, _since):
        return IntegrityView("unchecked", (), (), ())


def make_house(**replaced) -> House:
    """Return a house made of fakes; any of them can be replaced."""
    members = {
        "website": site_of(Website(name="marrowby", origin="http://localhost:8400", pages=SITE)),
        "timezone": "America/Los_Angeles",
        "now_ms": lambda: NOW_MS,
        "policy": FakePolicy(),
        "versions": FakeVersions(),
        "promises": FakePromises(),
        "rights": FakeRights(),
        "choices": FakeChoices(),
        "browsers": FakeBrowsers(),
        "recordings": FakeRecordings(),
        "staff": FakeStaff(),
        "register": FakeRegister(),
        "inbox": FakeInbox(),
        "outbox": FakeOutbox(),
        "mailings": FakeMailings(),
        "evidence": FakeEvidence(),
        "events": FakeEvents(),
        "outbound": FakeOutbound(),
        "search": SearchIndex(None),
        "integrity": NotLookedAt(),
        "aside": NothingAside(),
        "readiness": NothingKnown(),
        "notices": NoNotices(),
        "senders": Everybody(),
    }
    members |= replaced
    return House(recorded=members["recordings"], **members)


def make_app(house, built=None):
    """Return the pages over these house."""
    assets = Assets(built)
    return app(house, CompanySite(house, assets), assets)


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The built browser part; where it was not built yet, a folder that has its names."""
    if (built_folder() / "manifest.json").exists():
        return built_folder()
    folder = tmp_path_factory.mktemp("build")
    names = ("tag.js", "search.js", "recorder.js", "replay.js", "console.js", "console.css", "player.js", "player.css")
    for name in names:
        (folder / name).write_text("/* not built */")
    (folder / "manifest.json").write_text(json.dumps({name: name for name in names}))
    return folder


@pytest.fixture
def house():
    """Services made of fakes."""
    return make_house()


@pytest.fixture
def visitor(house, built):
    """A browser without cookies, that sends forms from this origin."""
    return TestClient(make_app(house, built), headers={"Origin": ORIGIN}, follow_redirects=False)


@pytest.fixture
def staff(house, built):
    """A browser that is signed in to the console."""
    cookies = {"avow_staff": "open-session"}
    return TestClient(make_app(house, built), headers={"Origin": ORIGIN}, follow_redirects=False, cookies=cookies)
