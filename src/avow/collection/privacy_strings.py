"""What a visitor decided, in the two strings that other companies' scripts read: IAB GPP and the older US Privacy string.

Emitted only: no script's string is believed. The GPP string has one section, California's (`usca`, id 8); the US Privacy
string is deprecated since January 2024, and some scripts know no other.
Source: IAB Tech Lab, Global Privacy Platform, "US California Privacy Technical Specification" and "CCPA US Privacy String".
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

#: GPP header: type 3, version 1, the one section 8 as a Fibonacci-coded range; the same for every visitor.
_HEADER: Final = "DBABBg"
_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_NOT_COVERED: Final = 2  # MSPA: the business has not signed that agreement
_SENSITIVE_KINDS, _CHILD_AGES = 9, 2


class OptOut(IntEnum):
    """Whether a visitor opted out, as GPP counts: nothing to opt out of, opted out, not opted out."""

    NOT_APPLICABLE = 0
    OPTED_OUT = 1
    NOT_OPTED_OUT = 2


def opt_out(purposes: frozenset[str], stopped: frozenset[str]) -> OptOut:
    """Return whether a visitor opted out of all that is sold, or shared: `purposes`; `stopped` is what they do not allow.

    Rule: Cal. Civ. Code § 1798.120. A purpose that is stopped in part counts as not opted out: the string must not promise more.
    """
    if not purposes:
        return OptOut.NOT_APPLICABLE
    return OptOut.OPTED_OUT if purposes <= stopped else OptOut.NOT_OPTED_OUT


def gpp(sale: OptOut, sharing: OptOut, *, gpc: bool) -> str:
    """Return the GPP string; where there is something to opt out of, the policy on the site is the notice of it."""
    core, of_gpc = "", ""
    for name, value in usca(sale, sharing, gpc=gpc).items():
        if name == "Version":
            core += f"{value:06b}"
        elif name == "Gpc":
            of_gpc += str(int(gpc))
        elif name == "GpcSegmentType":
            of_gpc += f"{value:02b}"
        else:
            core += "".join(f"{one:02b}" for one in (value if isinstance(value, list) else [value]))
    return f"{_HEADER}~{_encoded(core)}.{_encoded(of_gpc)}"


def usca(sale: OptOut, sharing: OptOut, *, gpc: bool) -> dict[str, int | bool | list[int]]:
    """Return the section's fields by their names in the specification, for scripts that ask for one."""
    notices = [int(one is not OptOut.NOT_APPLICABLE) for one in (sale, sharing)]
    return {
        "Version": 1,
        "SaleOptOutNotice": notices[0],
        "SharingOptOutNotice": notices[1],
        "SensitiveDataLimitUseNotice": 0,
        "SaleOptOut": int(sale),
        "SharingOptOut": int(sharing),
        "SensitiveDataProcessing": [0] * _SENSITIVE_KINDS,
        "KnownChildSensitiveDataConsents": [0] * _CHILD_AGES,
        "PersonalDataConsents": 0,
        "MspaCoveredTransaction": _NOT_COVERED,
        "MspaOptOutOptionMode": 0,
        "MspaServiceProviderMode": 0,
        "GpcSegmentType": 1,
        "Gpc": gpc,
    }


def us_privacy(sale: OptOut, sharing: OptOut) -> str:
    """Return the US Privacy string: version 1, notice given, opted out, no service-provider agreement; "1---": nothing to say."""
    told = {sale, sharing} - {OptOut.NOT_APPLICABLE}
    if not told:
        return "1---"
    return f"1Y{'Y' if told == {OptOut.OPTED_OUT} else 'N'}N"


def _encoded(bits: str) -> str:
    """Return bits in GPP's base 64: filled up to whole bytes, then six by six."""
    padded = bits + "0" * (-len(bits) % 8)
    padded += "0" * (-len(padded) % 6)
    return "".join(_ALPHABET[int(padded[at : at + 6], 2)] for at in range(0, len(padded), 6))
