"""What a visitor's browser should refuse: the policy as Content-Security-Policy and Permissions-Policy of the websites.

A page may load from its own origin and from the `origins` of the recipients that the policy declares for its readers,
and use no device and no sensor that no collection point takes data from. Report-only: the browser loads the rest as
before and tells it to `ENDPOINT`.
Standards: Content Security Policy Level 3, Permissions Policy, Reporting API (W3C); RFC 9651 (values of the last two).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, TypeAlias

from markupsafe import Markup

from avow.definitions import Technology
from avow.policy.markup import joined, table
from avow.policy.rulebook.audience import EVERYBODY, Audience
from avow.policy.rulebook.declarations import Recipient
from avow.policy.rulebook.rulebook import Rulebook

#: Where browsers send their reports: a path of the site's own origin, which it hands to Avow.
ENDPOINT: Final = "/avow/csp-reports"
#: The endpoint's name in Reporting-Endpoints.
GROUP: Final = "avow"
_LABEL: Final = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
#: The origin of another party: https, a host of letters, digits, hyphens and dots, perhaps a port (RFC 6454, section 6.2).
ORIGIN: Final = re.compile(rf"https://(?=[^:]{{1,253}}(?::|\Z)){_LABEL}(?:\.{_LABEL})*(?::[1-9][0-9]{{0,4}})?")
#: Directives that a meta element ignores (CSP Level 3, section 3.3).
NOT_IN_META: Final = frozenset({"frame-ancestors", "report-uri", "report-to"})

#: Feature of Permissions Policy -> category, or sensitive category, whose data needs it; "" where no data of a website
#: does. The names are those of the W3C's list that a browser of 2026 knows: an unknown one is a warning on every page.
FEATURES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "accelerometer": "",
        "browsing-topics": "",
        "camera": "H",
        "captured-surface-control": "",
        "compute-pressure": "",
        "display-capture": "H",
        "gamepad": "",
        "geolocation": "S3",
        "gyroscope": "",
        "hid": "",
        "identity-credentials-get": "",
        "idle-detection": "",
        "keyboard-map": "",
        "local-fonts": "",
        "magnetometer": "",
        "microphone": "H",
        "midi": "",
        "on-device-speech-recognition": "",
        "otp-credentials": "",
        "payment": "",
        "private-state-token-issuance": "",
        "private-state-token-redemption": "",
        "serial": "",
        "speaker-selection": "",
        "storage-access": "",
        "usb": "",
        "window-management": "",
        "xr-spatial-tracking": "",
    }
)

#: Technology by which another company takes data in on a page -> the directives that it needs.
NEEDED: Final[Mapping[Technology, tuple[str, ...]]] = MappingProxyType(
    {
        Technology.TAG: ("script-src", "connect-src", "img-src"),
        Technology.SESSION_RECORDING: ("script-src", "connect-src", "img-src"),
        Technology.PIXEL: ("img-src",),
        Technology.WEB_BEACON: ("img-src",),
        Technology.FORM: ("form-action",),
        Technology.CAREERS_PORTAL: ("form-action",),
    }
)

Directives: TypeAlias = Mapping[str, tuple[str, ...]]


def is_origin(text: str) -> bool:
    """Whether a text is an origin and nothing else: no path, no wildcard, no sign that means something in a header.

    Why: decision 0024.
    """
    return ORIGIN.fullmatch(text) is not None and int((text[8:].partition(":")[2]) or 443) < 65_536  # noqa: PLR2004 - ports


def declared_origins(rulebook: Rulebook, audience: Audience = EVERYBODY) -> Mapping[str, Recipient]:
    """Return origin -> the declared recipient whose script, pixel or frame these readers may load from there.

    A version of before origins were checked may hold another text: that is left out, so that nothing opens by it.
    Rule: Cal. Civ. Code § 1798.100(a)(1), § 1798.130(a)(5)(B).
    """
    points = audience.points(rulebook)
    named = {name for point in points for name in (*point.recipients, point.collected_by or "")}
    return {
        origin: recipient
        for recipient in rulebook.recipients.values()
        if not audience.website or recipient.name in named
        for origin in sorted(recipient.origins)
        if is_origin(origin)
    }


def content_security_policy(rulebook: Rulebook, audience: Audience = EVERYBODY, *, over_tls: bool | None = None) -> Directives:
    """Return directive -> sources of the Content-Security-Policy for these readers' pages.

    An origin may do what the technologies need by which its recipient takes data in itself: a declared script is no frame and
    no target of a form. Where the policy does not say by what (`origins` alone), it may load by any element. `report-to` only
    over TLS: without it browsers drop what they would send there, and a page that has it no longer sends to `report-uri`.
    Without `over_tls` the website's own address says it.
    Why: decision 0024.
    """
    allowed = {origin: _directives_of(one, rulebook, audience) for origin, one in declared_origins(rulebook, audience).items()}
    anything = ("'self'", *(origin for origin, names in allowed.items() if names is None))

    def who(directive: str) -> tuple[str, ...]:
        return tuple(origin for origin, names in allowed.items() if names is not None and directive in names)

    return {
        "default-src": anything,
        **{name: (*anything, *who(name)) for name in ("script-src", "connect-src") if who(name)},
        "img-src": (*anything, *who("img-src"), "data:"),
        "object-src": ("'none'",),
        "base-uri": ("'self'",),
        "form-action": ("'self'", *who("form-action")),
        "frame-ancestors": ("'self'",),
        "report-uri": (ENDPOINT,),
        **({"report-to": (GROUP,)} if _is_over_tls(rulebook, audience, over_tls) else {}),
    }


def _is_over_tls(rulebook: Rulebook, audience: Audience, said: bool | None) -> bool:  # noqa: FBT001 - None: not said
    """Return whether these readers' pages travel by TLS: as is said, else by the address of their website."""
    if said is not None:
        return said
    own = rulebook.websites.get(audience.website)
    sites = [own] if own else list(rulebook.websites.values())
    addresses = [one.address for one in sites] or [rulebook.controller.website]
    return not audience.over_plain_http and not any(one.startswith("http://") for one in addresses)


def _directives_of(recipient: Recipient, rulebook: Rulebook, audience: Audience) -> frozenset[str] | None:
    """Return the directives that a recipient's own collection on these pages needs; None where the policy does not say how."""
    points = [point for point in audience.points(rulebook) if point.collected_by == recipient.name]
    needed = [NEEDED[point.technology] for point in points if point.technology in NEEDED]
    return frozenset().union(*needed) if needed else None


def permissions_policy(rulebook: Rulebook, audience: Audience = EVERYBODY) -> Mapping[str, tuple[str, ...]]:
    """Return feature -> who may use it on these readers' pages; nobody where no collection point takes data that needs it.

    Rule: Cal. Civ. Code § 1798.100(a)(1), (c): nothing is collected that the notice does not list.
    """
    origins = declared_origins(rulebook, audience)
    found: dict[str, tuple[str, ...]] = {}
    for feature, kind in FEATURES.items():
        points = [point for point in audience.points(rulebook) if kind and kind in _kinds(rulebook, point.fields)]
        takers = {point.collected_by for point in points}
        others = [f'"{origin}"' for origin, recipient in origins.items() if recipient.name in takers]
        found[feature] = ("self", *others) if points else ()
    return found


def headers(
    rulebook: Rulebook, audience: Audience = EVERYBODY, *, over_tls: bool | None = None, report_only: bool = True
) -> Mapping[str, str]:
    """Return header -> value.

    Every value is made of the words above and of origins: no quote, semicolon or line end of a policy can come into it.
    Why: decision 0024 (report-only is the usual form).
    """
    suffix, over_tls = "-Report-Only" if report_only else "", _is_over_tls(rulebook, audience, over_tls)
    ending = f";report-to={GROUP}" if over_tls else ""
    permissions = (f"{name}=({' '.join(who)}){ending}" for name, who in permissions_policy(rulebook, audience).items())
    return {
        **({"Reporting-Endpoints": f'{GROUP}="{ENDPOINT}"'} if over_tls else {}),
        f"Content-Security-Policy{suffix}": _written(content_security_policy(rulebook, audience, over_tls=over_tls)),
        f"Permissions-Policy{suffix}": ", ".join(permissions),
    }


def as_header(rulebook: Rulebook, audience: Audience) -> str:
    """Return the header fields as they are in an HTTP response."""
    return "".join(f"{name}: {value}\n" for name, value in headers(rulebook, audience).items())


def as_nginx(rulebook: Rulebook, audience: Audience) -> str:
    """Return the headers for a server or location of nginx."""
    lines = [f"# {_of(rulebook)}", "# nginx drops these in a location that has an add_header of its own: repeat them there."]
    for name, value in headers(rulebook, audience).items():
        quote = '"' if '"' not in value else "'"
        escaped = value if quote == '"' else value.replace("'", "\\'")
        lines.append(f"add_header {name} {quote}{escaped}{quote} always;")
    return "\n".join(lines) + "\n"


def as_apache(rulebook: Rulebook, audience: Audience) -> str:
    """Return the headers for the Apache HTTP Server; needs its module mod_headers."""
    lines = [f"# {_of(rulebook)}"]
    for name, value in headers(rulebook, audience).items():
        escaped = value.replace('"', '\\"')
        lines.append(f'Header always set {name} "{escaped}"')
    return "\n".join(lines) + "\n"


def as_meta(rulebook: Rulebook, audience: Audience) -> Markup:
    """Return the element for a page whose server can set no header: it refuses at once and reports nothing.

    Rule: CSP Level 3, section 3.3: no report-only, and without the directives that it ignores.
    """
    kept = {name: who for name, who in content_security_policy(rulebook, audience).items() if name not in NOT_IN_META}
    return Markup('<meta http-equiv="Content-Security-Policy" content="{}">\n').format(_written(kept))


def as_page(rulebook: Rulebook, audience: Audience) -> Markup:
    """Return, for people, from where pages may load and what they may use, and the snippets to copy."""
    origins = declared_origins(rulebook, audience)
    rows = [("the website itself", "—"), *((recipient.label, origin) for origin, recipient in origins.items())]
    used = [name for name, who in permissions_policy(rulebook, audience).items() if who]
    page = table("From where a page may load", ("Who", "Origin"), rows)
    page += Markup("<p>Of the devices and sensors that a browser can reach, the pages may use {}.</p>\n").format(
        joined(used) if used else "none"
    )
    snippets = (
        ("Header", "Report-only: browsers load everything as before, and report what is not declared.", as_header),
        ("nginx", "The same, for a server or location.", as_nginx),
        ("Apache HTTP Server", "The same, with mod_headers.", as_apache),
        ("Meta element", "Where no header can be set. It refuses at once and reports nothing.", as_meta),
    )
    for heading, words, printer in snippets:
        text = printer(rulebook, audience)
        page += Markup("<h2>{}</h2>\n<p>{}</p>\n<pre><code>{}</code></pre>\n").format(heading, words, str(text))
    return page


def _written(directives: Directives) -> str:
    return "; ".join(" ".join((name, *sources)) for name, sources in directives.items())


def _of(rulebook: Rulebook) -> str:
    """Return what a comment of a snippet says; the title may hold anything, so only the id and the date stand here."""
    return f"From the privacy policy, version {rulebook.id[:12]}, effective {rulebook.effective.isoformat()}"


def _kinds(rulebook: Rulebook, fields: Iterable[str]) -> set[str]:
    """Return the statutory categories, plain and sensitive, of these data items."""
    items = [rulebook.data[name] for name in fields]
    return {kind for item in items for kind in (*item.categories, item.sensitive) if kind}
