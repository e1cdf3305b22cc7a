"""The keys of the configuration, as frozen structs.

Each field's comment says what it is, its default and what it protects; docs/reference/configuration.md is made
from this text and a test fails when the two differ. Relative paths count from the file's own folder.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final, Literal

import msgspec

#: Pages that are looked at from outside: a check, not a crawl.
INTEGRITY_PAGES: Final = 20
#: First day that a record can have: its id begins with its moment since 1970, whatever the time zone.
INTAKE_EARLIEST: Final = date(1970, 1, 2)


class Listen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the web workers listen."""

    #: Address to bind. Loopback by default, so that nothing is public before a proxy with TLS is in front.
    host: str = "127.0.0.1"
    #: TCP port. 8400 by default.
    port: int = 8400
    #: Number of web worker processes. 2 by default; one per core is usual.
    workers: int = 2
    #: Proxies whose X-Forwarded-For is believed, each by its address. None by default: a header anybody can send proves nothing.
    trusted_proxies: tuple[str, ...] = ()
    #: Addresses and networks of monitors, which `/metrics` and the checks of `/readyz` answer. This machine by default, asked
    #: without a proxy; to others there is no `/metrics`, and `/readyz` says yes or no. docs/guide/monitoring.md.
    metrics_from: tuple[str, ...] = ("127.0.0.0/8", "::1")


class Named(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the installation as a whole is called by: its log, its console, its invitations."""

    #: The public origin that names the audit log and the console. The first website's by default. Proofs carry it, so it cannot
    #: be changed once there is a log.
    origin: str = ""


class Look(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How Avow's own pages, banner and letters look on one website, so that visitors never leave the brand.

    docs/guide/websites.md.
    """

    #: The name that people know the website by. Empty by default: the controller's.
    name: str = ""
    #: The colour of links and buttons, `#rrggbb`. Empty by default: Avow's own. Text in it has to be read on the page: a contrast
    #: of 4.5 to 1 (WCAG 2.2, 1.4.3). Text on it is white or dark, whichever can be read.
    accent: str = ""
    #: The same on dark pages. Empty by default: `accent`, made lighter until it can be read there.
    accent_dark: str = ""
    #: The colour of the page, `#rrggbb`. Empty by default: Avow's own. Text, cards and lines follow from it.
    background: str = ""
    #: The same for who asks for dark pages. Empty by default: Avow's own.
    background_dark: str = ""
    #: A picture of at most 64 KiB, SVG, PNG or WebP, next to the name and in the browser's tab; it can run nothing. None by
    #: default.
    logo: Path | None = None


class Website(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A website that is measured, and that Avow serves when `pages` is set: `[website]`, or one `[[websites]]` each."""

    #: The site's name in records and on the dashboard; of several websites, the policy's `[website.NAME]`. Required: records are
    #: never filed under a guessed site.
    name: str
    #: The public origin, for links in e-mails and secure cookies. Required, here or as the first of `origins`.
    origin: str = ""
    #: All public origins of the website, where it has several; the first is the one of links. Empty by default.
    origins: tuple[str, ...] = ()
    #: Folder with the site's own pages (templates ending in .html). Empty by default: Avow then serves only its own pages.
    pages: Path | None = None
    #: Sender address of letters to people who wrote on this website, as `mail.sender`, which it is by default.
    sender: str = ""
    #: Where the site's sitemap is, as `search.sitemap`, which it is by default.
    sitemap: str = ""
    #: Paths of pages that are looked at from outside, as `integrity.pages`, which they are by default.
    watched: tuple[str, ...] = ()
    #: How Avow's own pages look there.
    look: Look = msgspec.field(default_factory=Look)
    #: What agents call this website in the directory of the Data Rights Protocol, `MARROWBY`: `avow drp entry` prints its entry.
    #: Empty by default: it speaks no protocol, and every call is refused.
    drp_id: str = ""
    #: The policy's `[website.NAME]`, where the records have another name for it: that of an installation which had one website.
    #: Empty by default: the same name.
    declared_as: str = ""

    @property
    def every_origin(self) -> tuple[str, ...]:
        """Its origins, without a slash at their end, the one of links first."""
        return tuple(dict.fromkeys(one.rstrip("/") for one in (self.origin, *self.origins) if one))


class Mail(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The SMTP server that e-mail leaves through; without it, e-mail waits in the outbox that the console shows."""

    #: Host of the SMTP server. Empty by default: messages stay in the outbox.
    host: str = ""
    #: Port of the SMTP server. 587 by default.
    port: int = 587
    #: The recipient of the policy that runs this server; each message is logged as a disclosure to it. Required with host.
    recipient: str = ""
    #: Sender address of Avow's messages, the address alone and in ASCII before the @. Required with host.
    sender: str = ""
    #: User name for the SMTP server. Empty by default: no authentication.
    username: str = ""
    #: File that holds the password. None by default; a file, so that the secret is not in the configuration.
    password_file: Path | None = None
    #: Whether the connection must be upgraded with STARTTLS, and its certificate believed. True by default: addresses never
    #: travel in clear. `"when-offered"` encrypts where the server offers it and believes any certificate, which keeps out who
    #: only listens (RFC 7435); false never does, and is for a server on this machine.
    starttls: bool | Literal["when-offered"] = True
    #: File with the authorities under which the server's certificate is believed, in PEM. The system's by default.
    ca_file: Path | None = None


class ServerLog(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A log that a web server writes and Avow follows: `[[server_logs]]`, one for each file. docs/guide/server-logs.md."""

    #: The file that the server appends to. Required. Rotation by renaming or truncating is followed.
    path: Path
    #: How its lines are written: `combined`, `common`, `vhost_combined`, `json`, or nginx's `log_format` or Apache's `LogFormat`
    #: itself. `combined` by default. Only what the policy declares is kept of a line.
    format: str = "combined"
    #: The policy's collection point. Empty by default: the one whose technology is `server-log`; required when there are several.
    point: str = ""
    #: The name of the website that all lines are of. Empty by default: each line's own, by the host in it where the format has
    #: one (`vhost_combined`, nginx's `$host`), else the first website.
    website: str = ""


class Storage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where data goes. Empty URLs mean the embedded engines inside the data folder."""

    #: ClickHouse HTTP URL of the event engine. Empty by default: the embedded engine.
    events: str = ""
    #: URL of the control store on a PostgreSQL server, `postgresql://USER@HOST/DATABASE`; it needs the extra `postgresql`.
    #: A password is safest in the password file of PostgreSQL's own tools. Empty by default: SQLite in the data folder.
    control: str = ""
    #: Largest size of the spool in mebibytes before 503 is answered. 1024 by default; protects the disk.
    spool_mebibytes: int = 1024
    #: Folders in which you keep backups. None by default. In the night after somebody was erased they are searched, with the data
    #: folder, for what is left of them. One that is not there is no reason not to start; the person's proof says that it was not.
    backups: tuple[Path, ...] = ()


class Feed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A portal that delivers by a feed (docs/specs/feeds.md), or a site that reports of clicks (docs/specs/postbacks.md).

    One `[[feeds]]` each.
    """

    #: The collection point: with technology = "feed", or the `reports` of an external link. Required.
    point: str
    #: File that holds the key: `whsec_` and a shared secret, or `whpk_` and an Ed25519 key, in base64. Required.
    key_file: Path


class Connection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a recipient of the policy is reached: `[recipient.NAME]`, one for each. docs/guide/recipients.md."""

    #: Where it takes what goes to it, `https://crm.example.com/avow`. Required, but for `standing`. A redirect is never followed.
    address: str = ""
    #: File that holds the key by which what goes there is signed: `whsec_` and a shared secret, or `whsk_` and an Ed25519 key, in
    #: base64. Several, a line each, while a key is changed. Required, but for `standing`.
    key_file: Path | None = None
    #: The way: `webhook` takes records, `conversion` is told what came of advertisements, and is for third parties alone
    #: (docs/specs/webhooks.md). `standing`: it stores or carries for you all the time, as a host, a bucket or a backup does;
    #: nothing is sent, and chart and answers name it for what its points take in. `webhook` by default.
    connector: Literal["webhook", "conversion", "standing"] = "webhook"
    #: File with the authorities under which its certificate is believed, in PEM. The system's by default.
    ca_file: Path | None = None
    #: Where it takes deletions by OpenDSR 2.0, `https://privacy.crm.example.com/v2`. Empty by default; needed where the policy
    #: has `instruct = "opendsr"`: without it a member of staff tells it.
    opendsr: str = ""
    #: Whether its name may lead to an address inside your own network. False by default: a name that somebody else answers for
    #: would reach what only you may.
    allow_private: bool = False
    #: Whether records go there as they come in, where the policy gives them to it. True by default; false: what staff send.
    on_arrival: bool = True


class Search(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The search over the site's own pages, at /search. docs/guide/search.md."""

    #: Where the site's sitemap is, as a path of `website.origin`, from which pages are then fetched. Empty by default: the search
    #: covers the pages that Avow serves itself, and there is none when it serves none.
    sitemap: str = ""
    #: Minutes between two readings of the pages; a new version of the policy is read at once. 60 by default; 1 to 10080.
    every_minutes: int = 60


class Integrity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the site answers and serves what was built: fetched through `website.origin`, as visitors do."""

    #: Paths of pages that are fetched, with the tag; at most 20. None by default: nothing is fetched.
    pages: tuple[str, ...] = ()
    #: Seconds between two looks. 60 by default; 10 to 86400.
    every_seconds: int = 60


class Uploads(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Files that come with forms."""

    #: Where a clamd of yours (ClamAV) listens: the path of its socket, or `host:port`. Empty by default: files are told by their
    #: bytes and not searched for viruses. With it a file that could not be searched is not taken. Files go there unencrypted.
    clamd: str = ""


class Intake(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Bounds of what comes in.

    Which moments are believed of what has a moment of its own, lines of logs and deliveries of feeds; how much one sender sends.
    """

    #: First day, in UTC. 2000-01-01 by default; 1970-01-02 at the earliest, today at the latest. What says to be older was
    #: written by a clock that was not set.
    earliest: date = date(2000, 1, 1)
    #: Hours that a moment may be ahead of our clock. 24 by default; 24 to 168. A machine whose time zone is set wrong is some 14
    #: hours off; what comes from days ahead would be kept for days too long.
    margin_hours: int = 24
    #: Events, and views by pixels, of one sender in a minute, for all workers together; beyond it 429 is answered, and counted
    #: under Refusals. 6000 by default; 0 for no limit, else 60 to 10000000. A sender is an IPv4 address or the /64 of an IPv6
    #: one; all of a /24 or a /48 may send sixteen times as much. It keeps one program from filling disk and statistics. Behind a
    #: proxy, name it in `listen.trusted_proxies`: else all visitors are one sender. A connection from this machine is none.
    events_per_minute: int = 6000


class Console(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How staff sign in to the console. docs/guide/console.md."""

    #: Why accounts need no second factor, in words, which the pages of evidence repeat: `on a machine that nobody else reaches`.
    #: Empty by default: each account has one, and sets it up at its next sign-in.
    without_second_factor: str = ""
    #: Minutes after which a session ends that nobody uses. 30 by default; 5 to 720. Each session ends after 12 hours, used or
    #: not.
    idle_minutes: int = 30


class Instructions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How recipients that may hold data of a person are told to erase it. docs/guide/requests.md."""

    #: Days before our own answer is due by which a recipient is to answer. 10 by default; 1 to 40.
    days_before: int = 10
    #: Days after which a recipient that has not answered is reminded; after the last, a member of staff has to. `[3, 7, 14]` by
    #: default; rising, 1 to 90, at most 5.
    remind_after_days: tuple[int, ...] = (3, 7, 14)


class DataRightsProtocol(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How authorized agents are answered by the Data Rights Protocol 1.0. docs/guide/agents.md.

    Which websites speak it says `drp_id` of each.
    """

    #: Whom agents write to about computers, an e-mail address. Empty by default: the policy's contact.
    technical_contact: str = ""
    #: Whom agents write to about requests. Empty by default: the policy's contact.
    business_contact: str = ""
    #: Hosts of agents that may be inside your own network. None by default: an agent that is called back at a name which leads
    #: there would reach what only you may.
    private_hosts: tuple[str, ...] = ()
    #: Where the directory of agents is, an https origin. The protocol's own by default; a key that it changes is never taken by
    #: itself, wherever it is.
    directory: str = "https://discovery.datarightsprotocol.org"
    #: File with the authorities under which the certificates of agents, and of the directory, are believed, in PEM. The system's
    #: by default.
    ca_file: Path | None = None


class OpenIDConnect(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An OpenID provider at which staff sign in, next to accounts with a password. docs/guide/console.md."""

    #: The provider's issuer, as its metadata has it: `https://login.example.com`. Empty by default: there is none.
    issuer: str = ""
    #: What the provider calls this installation. Required with issuer.
    client_id: str = ""
    #: File that holds the client's secret. Required with issuer; a file, so that the secret is not in the configuration.
    client_secret_file: Path | None = None
    #: What staff call the provider, on the button. `your company's sign-in` by default.
    label: str = "your company's sign-in"
    #: Scopes that are asked for besides `openid`. `profile` by default.
    scopes: tuple[str, ...] = ("profile",)
    #: The claim of the ID token that lists groups. `groups` by default.
    groups_claim: str = "groups"
    #: The roles of each group: `{ "privacy-team" = ["officer"] }`. Required with issuer. A group that is not named gives none,
    #: and who has no role cannot sign in.
    roles: dict[str, tuple[str, ...]] = {}
    #: Values of the ID token's `acr` or `amr` that show a second factor: `["mfa"]`. Empty by default: Avow asks for its own.
    second_factor: tuple[str, ...] = ()


class Configuration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything an operator sets."""

    #: Folder for everything Avow keeps. Required: where data goes is never guessed.
    data: Path
    #: The literate policy file. Required.
    policy: Path
    #: IANA time zone of the business, in which receipt days are counted. Required: 11 CCR 7021 counts days from receipt.
    timezone: str
    #: The website, where there is one.
    website: Website | None = None
    #: The websites, where there are several; of `website` and `websites` one has to be there.
    websites: tuple[Website, ...] = ()
    #: The installation.
    installation: Named = msgspec.field(default_factory=Named)
    #: The listener.
    listen: Listen = msgspec.field(default_factory=Listen)
    #: Outgoing e-mail.
    mail: Mail = msgspec.field(default_factory=Mail)
    #: Logs of web servers that are followed. None by default; `avow import-log` takes in files that are there already.
    server_logs: tuple[ServerLog, ...] = ()
    #: Engines.
    storage: Storage = msgspec.field(default_factory=Storage)
    #: Feeds. None by default: a feed without a key takes nothing.
    feeds: tuple[Feed, ...] = ()
    #: How recipients of the policy are reached, by name. None by default: nothing is sent to them from here.
    recipient: dict[str, Connection] = {}
    #: Bounds of what comes in.
    intake: Intake = msgspec.field(default_factory=Intake)
    #: Files that come with forms.
    uploads: Uploads = msgspec.field(default_factory=Uploads)
    #: The search over the site's own pages.
    search: Search = msgspec.field(default_factory=Search)
    #: The site seen from outside.
    integrity: Integrity = msgspec.field(default_factory=Integrity)
    #: How staff sign in.
    console: Console = msgspec.field(default_factory=Console)
    #: What recipients are told.
    instructions: Instructions = msgspec.field(default_factory=Instructions)
    #: Authorized agents by the Data Rights Protocol.
    data_rights_protocol: DataRightsProtocol = msgspec.field(default_factory=DataRightsProtocol)
    #: An OpenID provider for staff.
    openid_connect: OpenIDConnect = msgspec.field(default_factory=OpenIDConnect)

    @property
    def sites(self) -> tuple[Website, ...]:
        """The websites, one or more; the first is the one of what came before there were several."""
        return self.websites or ((self.website,) if self.website else ())

    @property
    def origin(self) -> str:
        """The public origin of the installation, without a slash at its end."""
        return self.installation.origin.rstrip("/") or self.sites[0].every_origin[0]

    @property
    def spool(self) -> Path:
        """The spool's folder."""
        return self.data / "spool"

    @property
    def run(self) -> Path:
        """The folder of what lives as long as the processes: sockets, addresses, tokens."""
        return self.data / "run"

    @property
    def public_log(self) -> Path:
        """The published audit log."""
        return self.data / "audit" / "public"

    @property
    def private_log(self) -> Path:
        """The audit log's key and state."""
        return self.data / "audit" / "private"

    @property
    def log_origin(self) -> str:
        """The origin of the audit log: its address without a scheme (C2SP tlog-tiles)."""
        return self.origin.partition("://")[2] + "/audit"
