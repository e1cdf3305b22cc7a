"""Formats of server logs: how nginx's `log_format` and Apache's `LogFormat` are written, turned into what reads their lines.

Only what a record can hold is read out of a line; every other variable is stepped over and forgotten. JSON logs are read by
the names that nginx uses for its variables, as keys.
Sources: nginx, ngx_http_log_module; Apache HTTP Server, mod_log_config.
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
    "remote_addr": "address",
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
#: Directive of Apache -> the part of a line that it is.
_APACHE: Final[Mapping[str, str]] = {
    "h": "address",
    "a": "address",
    "t": "time",
    "r": "request",
    "m": "method",
    "U": "target",
    "s": "status",
    "b": "size",
    "B": "size",
    "O": "size",
    "{Referer}i": "referrer",
    "{Referrer}i": "referrer",
    "{User-Agent}i": "agent",
    "{Sec-GPC}i": "gpc",
    "{DNT}i": "dnt",
    "{avow_choices}C": "choices",
}
#: What a line has to tell, all of it, before it may serve a purpose that a visitor can say no to.
_SIGNALS: Final = frozenset({"gpc", "dnt", "choices"})
_VARIABLE: Final = re.compile(
    r"\$\{?(?P<nginx>[a-z0-9_]+)\}?|%[<>!\d,]*(?P<apache>\{[^{}]*\}[a-zA-Z]|[a-zA-Z%])|%[<>!\d,]*\^t[io]"
)
#: How a quoted value is written: a quote inside is escaped, as \" or \x22.
_QUOTED: Final = r'(?:[^"\\]|\\.)*'
_MOMENT: Final = r"\[?[^\]\" ]+(?: [+-]\d{4})?\]?"
_MONTH_NAMES: Final = "JanFebMarAprMayJunJulAugSepOctNovDec"
_TIME: Final = re.compile(r"\[?(\d{2})/([A-Z][a-z]{2})/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})\]?")
_SECONDS: Final = re.compile(r"\d{9,11}(\.\d{1,6})?")
_METHOD_LENGTH: Final = 16


@dataclass(frozen=True, slots=True)
class Line:
    """One line as the server wrote it; `said` is None when the format does not tell what the visitor's browser said."""

    time_ms: int
    address: str
    method: str
    target: str
    status: str
    size: str
    referrer: str
    agent: str
    said: signals.Signals | None = None


Reader = Callable[[bytes], Line | None]


def reader(text: str) -> Reader | Refusal:
    """Return what reads the lines of this format, or a Refusal that says what is wrong with the format.

    `text` is a name ("combined", "common", "vhost_combined", "json") or the format as it stands in the server's configuration.
    The reader returns None for a line that is not of the format, has no moment, or is longer than LINE_BYTES.
    """
    if text == JSON:
        return _read_json
    written = NAMED.get(text, text).replace('\\"', '"')
    if len(written) > FORMAT_LENGTH:
        return Refusal(f"the format has {len(written)} characters; at most {FORMAT_LENGTH} are read", _RULE)
    pattern, parts = _pattern(written)
    if "time" not in parts:
        return Refusal('the format has no moment: it needs $time_local, $time_iso8601, $msec or %t; or write "combined"', _RULE)
    if not {"request", "target"} & set(parts):
        return Refusal("the format does not say what was asked for: it needs $request or $request_uri, or %r or %U", _RULE)
    compiled = re.compile(pattern)

    def read(raw: bytes) -> Line | None:
        if len(raw) > LINE_BYTES:
            return None
        found = compiled.match(raw.rstrip(b"\r\n").decode("utf-8", errors="replace"))
        return _line(found.groupdict()) if found else None

    return read


def _pattern(written: str) -> tuple[str, list[str]]:
    """Return the expression of a format and the parts that it captures, each once."""
    pattern, parts, at = "", [], 0
    for found in _VARIABLE.finditer(written):
        pattern += re.escape(written[at : found.start()])
        at = found.end()
        if found["apache"] == "%":
            pattern += "%"
            continue
        part = _NGINX.get(found["nginx"], "") if found["nginx"] else _APACHE.get(found["apache"] or "", "")
        is_quoted = written[: found.start()].endswith('"') and written[at : at + 1] == '"'
        value = _QUOTED if is_quoted else _MOMENT if part == "time" else _bare(written[at : at + 1])
        captures = part and part not in parts
        pattern += f"(?P<{part}>{value})" if captures else f"(?:{value})"
        parts += [part] if captures else []
    return pattern + re.escape(written[at:]), parts


def _bare(follows: str) -> str:
    """Return what matches a value without quotes: up to a space or the sign that follows it, so that no line reads slowly."""
    return r"\S*" if follows in {"", " ", "$", "%"} else rf"[^\s{re.escape(follows)}]*"


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
    )


def _signals(said: Mapping[str, str]) -> signals.Signals:
    """Return what the visitor's browser said, by the header and cookie values that the line holds."""
    return signals.read([said["gpc"]], said["dnt"], f"{signals.CHOICES_COOKIE}={said['choices']}")


def _read_json(raw: bytes) -> Line | None:
    """Read one line of a JSON log."""
    if len(raw) > LINE_BYTES:
        return None
    try:
        found = msgspec.json.decode(raw.decode("utf-8", errors="replace"))  # nginx writes bytes of no text as they came
    except (msgspec.DecodeError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    said = {
        _NGINX[name]: str(value) for name, value in found.items() if _NGINX.get(name) and isinstance(value, str | int | float)
    }
    return _line(said) if "request" in said or "target" in said else None


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
