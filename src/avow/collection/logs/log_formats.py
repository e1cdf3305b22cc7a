"""Formats of server logs: how nginx's `log_format` and Apache's `LogFormat` are written, turned into what reads their lines.

Only what a record can hold is read out of a line; every other variable is stepped over and forgotten. A part of a format that
is not understood is named and refused: lines that are read in part would be counted as what they are not. JSON logs are read by
the names that nginx uses for its variables, as keys.
Sources: nginx, ngx_http_log_module; Apache HTTP Server, mod_log_config. Names of headers have no case (RFC 9110, 5.1).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import msgspec

from avow.collection import signals
from avow.definitions import Refusal

#: Longest line that is read, bytes; a longer one is counted as unreadable.
LINE_BYTES: Final = 16_384
#: Longest format that is read, characters.
FORMAT_LENGTH: Final = 2000
COMBINED: Final = '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"'
COMMON: Final = '%h %l %u %t "%r" %>s %b'
#: Formats that have a name of their own; `json` is any object a line with nginx's variable names as keys.
NAMED: Final[Mapping[str, str]] = {"combined": COMBINED, "common": COMMON, "vhost_combined": f"%v:%p {COMBINED}"}
JSON: Final = "json"
_RULE: Final = "docs/guide/server-logs.md"

#: Variable of nginx -> the part of a line that it is.
_NGINX: Final[Mapping[str, str]] = {
    "host": "host",
    "http_host": "host",
    "server_name": "host",
    "remote_addr": "address",
    "remote_user": "user",
    "realip_remote_addr": "",
    "time_local": "time",
    "time_iso8601": "time",
    "msec": "time",
    "request": "request",
    "request_method": "method",
    "request_uri": "target",
    "uri": "target",
    "status": "status",
    "bytes_sent": "size",
    "body_bytes_sent": "size",
    "http_referer": "referrer",
    "http_user_agent": "agent",
    "http_sec_gpc": "gpc",
    "http_dnt": "dnt",
    "cookie_avow_choices": "choices",
}
#: Directive of Apache -> the part of a line that it is; names of headers in lower case.
_APACHE: Final[Mapping[str, str]] = {
    "v": "host",
    "V": "host",
    "{host}i": "host",
    "h": "address",
    "a": "address",
    "u": "user",
    "t": "time",
    "{sec}t": "time",
    "r": "request",
    "m": "method",
    "U": "target",
    "s": "status",
    "b": "size",
    "B": "size",
    "O": "size",
    "{referer}i": "referrer",
    "{referrer}i": "referrer",
    "{user-agent}i": "agent",
    "{sec-gpc}i": "gpc",
    "{dnt}i": "dnt",
    "{avow_choices}C": "choices",
}
#: Directives of Apache that are stepped over: those without a name, and those that need one.
_BARE: Final = frozenset("ADfHIklLnpPqRSTX")
_NAMED: Final = frozenset({*"ahCceinopPTx", "^ti", "^to"})
_FRACTIONS: Final = frozenset({"{msec_frac}t", "{usec_frac}t"})
#: What a line has to tell, all of it, before it may serve a purpose that a visitor can say no to.
_SIGNALS: Final = frozenset({"gpc", "dnt", "choices"})
_NGINX_VARIABLE: Final = re.compile(r"\$(?:(?P<bare>[A-Za-z0-9_]+)|\{(?P<braced>[A-Za-z0-9_]+)\})")
_APACHE_VARIABLE: Final = re.compile(r"%[<>!\d,]*(?P<name>\{[^{}]*\})?(?P<letter>\^ti|\^to|\^FB|[a-zA-Z%])")
#: How a quoted value is written: a quote inside is escaped, as \" or \x22.
_QUOTED: Final = r'(?:[^"\\]|\\.)*'
#: A name of a person without quotes, as they sign in: whatever is certain to stand before what follows, this many characters.
_USER: Final = r'(?:"(?:[^"\\]|\\.)*"|(?:[^"\\]|\\.){0,256}?)'
_REQUEST: Final = r"\S+(?: \S+(?: HTTP/\d(?:\.\d)?)?)?"
#: How servers write what is no plain text: nginx each byte as \xC3, Apache as C does, and JSON.
_ESCAPED: Final = re.compile(r"(?:\\x[0-9A-Fa-f]{2})+|\\u[0-9A-Fa-f]{4}|\\[\"\\bfnrtv]")
_BYTES: Final = re.compile(r"(?:\\x[0-9A-Fa-f]{2})+")
_SIGNS: Final[Mapping[str, str]] = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_MOMENT: Final = r"\[?[^\]\" ]+(?: [+-]\d{4})?\]?"
_MONTH_NAMES: Final = "JanFebMarAprMayJunJulAugSepOctNovDec"
_TIME: Final = re.compile(r"\[?(\d{2})/([A-Z][a-z]{2})/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})\]?")
_SECONDS: Final = re.compile(r"\d{9,11}(\.\d{1,6})?")
_METHOD_LENGTH: Final = 16


@dataclass(frozen=True, slots=True)
class Line:
    """One line as the server wrote it; `said` is None when the format does not tell what the visitor's browser said.

    `host` is the website that was asked, "" where the format does not tell.
    """

    time_ms: int
    address: str
    method: str
    target: str
    status: str
    size: str
    referrer: str
    agent: str
    said: signals.Signals | None = None
    host: str = ""


Reader = Callable[[bytes], Line | None]


def reader(text: str) -> Reader | Refusal:
    """Return what reads the lines of this format, or a Refusal that says what is wrong with the format.

    `text` is a name ("combined", "common", "vhost_combined", "json") or the format as it is in the server's configuration.
    The reader returns None for a line that is not of the format, has no moment, or is longer than LINE_BYTES.
    """
    if text == JSON:
        return _read_json
    written = NAMED.get(text, text).replace('\\"', '"')
    if len(written) > FORMAT_LENGTH:
        return Refusal(f"the format has {len(written)} characters; at most {FORMAT_LENGTH} are read", _RULE)
    found = _variables(written)
    if isinstance(found, Refusal):
        return found
    pattern, parts = _pattern(written, found)
    if "time" not in parts:
        return Refusal('the format has no moment: it needs $time_local, $time_iso8601, $msec or %t; or write "combined"', _RULE)
    if not {"request", "target"} & set(parts):
        return Refusal("the format does not say what was asked for: it needs $request or $request_uri, or %r or %U", _RULE)
    compiled = re.compile(pattern)

    def read(raw: bytes) -> Line | None:
        if len(raw) > LINE_BYTES:
            return None
        matched = compiled.match(raw.rstrip(b"\r\n").decode("utf-8", errors="replace"))
        return _line({name: unescaped(value or "") for name, value in matched.groupdict().items()}) if matched else None

    return read


@dataclass(frozen=True, slots=True)
class _Variable:
    """One variable of a format: where it is, and which part of a line it is; "" for one that is stepped over."""

    start: int
    end: int
    part: str


def _variables(written: str) -> list[_Variable] | Refusal:
    """Return the variables of a format, nginx's or Apache's; a Refusal names the first thing that looks like one and is none."""
    is_nginx = _NGINX_VARIABLE.search(written) is not None
    found: list[_Variable] = []
    for sign in re.finditer(r"[$%]" if is_nginx else "%", written):
        at = sign.start()
        if found and at < found[-1].end:
            continue
        one = (_NGINX_VARIABLE if is_nginx else _APACHE_VARIABLE).match(written, at)
        if one is None and is_nginx and sign[0] == "%" and not _APACHE_VARIABLE.match(written, at):
            continue  # a percent sign
        part = _part(one) if one else None
        if one is None or part is None:
            named = one[0] if one else re.split(r"[\s\"]", written[at:], maxsplit=1)[0]
            more = "; the moment is written %t" if named.endswith("}t") else ""
            return Refusal(f"the format has a part that is not understood: {named[:60]}{more}", _RULE)
        found.append(_Variable(at, one.end(), part))
    return found


def _part(found: re.Match[str]) -> str | None:
    """Return the part of a line that a variable is, "" for one that is stepped over, None for none that the server knows."""
    if found.re is _NGINX_VARIABLE:  # a server may define variables of its own
        return _NGINX.get((found["bare"] or found["braced"]).lower(), "")
    name, letter = found["name"] or "", found["letter"]
    asked = (name.lower() if letter in {"i", "t"} else name) + letter
    if asked in _APACHE:
        return _APACHE[asked]
    is_known = letter in (_NAMED if name else _BARE) or asked in _FRACTIONS or asked in {"%", "^FB"}
    return "" if is_known else None


def _pattern(written: str, variables: list[_Variable]) -> tuple[str, list[str]]:
    """Return the expression of a format and the parts that it captures, each once."""
    parts: list[str] = []
    pattern, at = "", 0
    for number, one in enumerate(variables):
        pattern += re.escape(written[at : one.start])
        at = one.end
        if written[one.start : at] == "%%":
            pattern += "%"
            continue
        following = variables[number + 1] if number + 1 < len(variables) else None
        between = written[at : following.start if following else None]
        is_quoted = written[: one.start].endswith('"') and between.startswith('"')
        value = _QUOTED if is_quoted else _unquoted(one.part, between, following)
        captures = one.part not in {"", "user", *parts}
        pattern += f"(?P<{one.part}>{value})" if captures else f"(?:{value})"
        parts += [one.part] if captures else []
    return pattern + re.escape(written[at:]), parts


def _unquoted(part: str, between: str, following: _Variable | None) -> str:
    """Return what matches a value without quotes, by what is between it and the next variable.

    It ends at a space or at the sign behind it, so that no line reads slowly. A name, a request and an agent may hold spaces
    where what follows is certain: a sign, the moment in its brackets, or the end of the line.
    """
    if part == "time":
        return _MOMENT
    if part == "request" and between[:1] in {"", " "}:
        return _REQUEST
    sign = between.strip()[:1]
    if part == "user" and (sign == "[" or (not sign and following is not None and following.part == "time")):
        return _USER
    if part == "agent" and following is None and not between:
        return ".*"
    if part in {"user", "agent"} and sign and not sign.isalnum():
        return rf"[^{re.escape(sign)}]*?"
    follows = between[:1]
    return r"\S*" if follows in {"", " "} else rf"[^\s{re.escape(follows)}]*"


def unescaped(value: str) -> str:
    """Return a value of a line without the escapes that servers write; bytes of no text are signs for that."""
    return _ESCAPED.sub(_sign, value) if "\\" in value else value


def _sign(escaped: re.Match[str]) -> str:
    text = escaped[0]
    if text[1] == "x":
        return bytes.fromhex(text.replace("\\x", "")).decode("utf-8", errors="replace")
    if text[1] == "u":
        return chr(int(text.removeprefix("\\u"), base=16)).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _SIGNS.get(text[1], text[1])


def _line(parts: Mapping[str, str | None]) -> Line | None:
    """Return the line of these parts; None without a moment."""
    said = {name: "" if value in {None, "-"} else value or "" for name, value in parts.items()}
    time_ms = milliseconds(said.get("time", ""))
    if time_ms is None:
        return None
    method, _, rest = said.get("request", "").partition(" ")
    target = rest.rpartition(" HTTP/")[0] or rest
    method, target = said.get("method") or method, said.get("target") or target
    return Line(
        time_ms,
        said.get("address", ""),
        method if method.isalpha() and len(method) <= _METHOD_LENGTH else "",
        target,
        said.get("status", ""),
        said.get("size", ""),
        said.get("referrer", ""),
        said.get("agent", ""),
        _signals(said) if said.keys() >= _SIGNALS else None,
        said.get("host", ""),
    )


def _signals(said: Mapping[str, str]) -> signals.Signals:
    """Return what the visitor's browser said, by the header and cookie values that the line holds."""
    return signals.read([said["gpc"]], [said["dnt"]], f"{signals.CHOICES_COOKIE}={said['choices']}")


def _read_json(raw: bytes) -> Line | None:
    """Read one line of a JSON log."""
    if len(raw) > LINE_BYTES:
        return None
    text = raw.decode("utf-8", errors="replace")  # nginx writes bytes of no text as they came
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        found = _of_default_escapes(text)
    if not isinstance(found, dict):
        return None
    known = ((_NGINX.get(name.lower()), value) for name, value in found.items())
    said = {part: str(value) for part, value in known if part and isinstance(value, str | int | float)}
    return _line(said) if "request" in said or "target" in said else None


def _of_default_escapes(text: str) -> object:
    """Return a JSON line of a format without `escape=json`, in which nginx escapes as no JSON has it; None for no JSON."""
    try:
        return msgspec.json.decode(_BYTES.sub(lambda run: msgspec.json.encode(_sign(run))[1:-1].decode(), text))
    except (msgspec.DecodeError, RecursionError):
        return None


def milliseconds(text: str) -> int | None:
    """Return the moment of `17/May/2015:10:05:03 +0000`, of an ISO 8601 one, or of seconds since 1970; None for no moment."""
    found = _TIME.fullmatch(text)
    if found:
        return _of_log(found)
    if _SECONDS.fullmatch(text):
        return round(float(text) * 1000)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return int(moment.timestamp() * 1000) if moment.tzinfo else None


def _of_log(found: re.Match[str]) -> int | None:
    """Return the moment of a Common Log Format time, whatever the machine's locale."""
    month = _MONTH_NAMES.find(found[2]) // 3 + 1  # 0 for a name that is none: refused by datetime
    day, _, year, hour, minute, second, sign, hours, minutes = found.groups()
    try:
        local = datetime(int(year), month, int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    except ValueError:
        return None
    offset = (int(hours) * 60 + int(minutes)) * 60
    return int(local.timestamp() - (offset if sign == "+" else -offset)) * 1000
