"""What an agent asks, for whom: the exercise of a right (2.01), and what identifies the person (3.04)."""

from __future__ import annotations

import json
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final

from avow import telephones
from avow.addresses import address_of
from avow.definitions import RequestKind
from avow.rights.protocol.envelope import Signed
from avow.rights.protocol.faults import Fault


class Action(StrEnum):
    """The rights actions. Source: DRP 1.0, 3.01."""

    OPT_OUT = "sale:opt-out"
    OPT_IN = "sale:opt-in"
    DELETION = "deletion"
    ACCESS = "access"
    CATEGORIES = "access:categories"
    SPECIFIC = "access:specific"


#: Which kind of consumer request each action is, and which pieces are to be known. `sale:opt-in` is none: a person takes back
#: an opt-out in two steps of their own (11 CCR 7028(a)), so it is in no `supported_actions` of ours.
KINDS: Final[Mapping[Action, tuple[RequestKind, str]]] = {
    Action.OPT_OUT: (RequestKind.OPT_OUT, ""),
    Action.DELETION: (RequestKind.DELETE, ""),
    Action.ACCESS: (RequestKind.KNOW, "both"),
    Action.CATEGORIES: (RequestKind.KNOW, "categories"),
    Action.SPECIFIC: (RequestKind.KNOW, "specific"),
}
#: What the form of one agent's tests sends; it is read and never written.
ALIASES: Final[Mapping[str, Action]] = {"sale:opt_in": Action.OPT_IN, "sale:opt_out": Action.OPT_OUT}
#: Under which law somebody asks: this one, or none in particular. Source: DRP 1.0, 3.03.1; the second as agents send it.
REGIMES: Final[Mapping[str, str]] = {"ccpa": "US-CA", "voluntary": "", "": ""}
#: What finds a person here. Source: DRP 1.0, 3.05, `supported_verifications`.
VERIFICATIONS: Final = ("email", "phone_number")
#: Fields of a message that are no claims about a person.
_NO_CLAIMS: Final = frozenset(
    {
        *("agent-id", "business-id", "issued-at", "expires-at", "drp.version", "exercise", "regime"),
        *("relationships", "status_callback", "agent-request-id"),
    }
)
_TEXTS: Final = ("name", "email", "phone_number", "power_of_attorney")
_FLAGS: Final = ("email_verified", "phone_number_verified", "address_verified")
#: Longest text that an agent may send in one field, characters, and all of its claims together, bytes of JSON.
TEXT_LENGTH: Final = 2_000
_CLAIMS_BYTES: Final = 32 * 1024
_TEXT: Final = f"a text of at most {TEXT_LENGTH} characters"
_UNSUPPORTED: Final = Fault(HTTPStatus.BAD_REQUEST, "Unsupported rights actions submitted.", is_fatal=True)


@dataclass(frozen=True, slots=True)
class Claims:
    """Whom an agent asks for. `hints` are what it says that it verified: no proof. `more` is what else it says."""

    name: str = ""
    email: str = ""
    phone: str = ""
    power_of_attorney: str = ""
    hints: frozenset[str] = frozenset()
    more: Mapping[str, Any] = field(default_factory=dict)  # Any: JSON


@dataclass(frozen=True, slots=True)
class Exercise:
    """One request of an agent; `agent_request_id` and `status_callback` are "" where it gave none."""

    action: Action
    kind: RequestKind
    pieces: str
    jurisdiction: str
    claims: Claims
    relationships: tuple[str, ...] = ()
    agent_request_id: str = ""
    status_callback: str = ""


def read(said: Signed, carried_out: Container[RequestKind]) -> Exercise | Fault:
    """Return what a message asks; a Fault for a field that is not what it has to be, or a right that is not carried out.

    Source: DRP 1.0, 2.01, 3.01, 3.04.
    """
    asked = said.get("exercise")
    if not isinstance(asked, str):
        return _wrong("exercise", "one rights action")
    action = ALIASES.get(asked) or next((one for one in Action if one == asked), None)
    kind, pieces = KINDS.get(action, (None, "")) if action else (None, "")
    if action is None or kind is None or kind not in carried_out:
        return _UNSUPPORTED
    claims = _claims(said)
    wrong = _wrong_frame(said) or (claims if isinstance(claims, Fault) else _not_found_by(kind, claims))
    if wrong is not None or isinstance(claims, Fault):
        return wrong or _UNSUPPORTED
    return Exercise(
        action,
        kind,
        pieces,
        REGIMES[said.get("regime") or ""],
        claims,
        tuple(said.get("relationships") or ()),
        said.get("agent-request-id") or "",
        said.get("status_callback") or "",
    )


def _wrong_frame(said: Signed) -> Fault | None:
    """Return what is wrong with what a message says of itself."""
    regime, relationships = said.get("regime") or "", said.get("relationships") or []
    if not isinstance(regime, str) or regime not in REGIMES:
        return _wrong("regime", "ccpa, or left out")
    if not isinstance(relationships, list) or not all(isinstance(one, str) for one in relationships):
        return _wrong("relationships", "a list of texts")
    texts = (name for name in ("agent-request-id", "status_callback") if not _is_text(said.get(name)))
    return next((_wrong(name, _TEXT) for name in texts), None)


def _wrong_claim(said: Signed) -> Fault | None:
    """Return what is wrong with a claim that has a form."""
    for name in _TEXTS:
        if not _is_text(said.get(name)):
            return _wrong(name, _TEXT)
    for name in _FLAGS:
        if not isinstance(said.get(name), bool | None):
            return _wrong(name, "true or false")
    if not isinstance(said.get("address") or {}, Mapping):
        return _wrong("address", "an object with street_address, locality, region, postal_code and country")
    return None


def _claims(said: Signed) -> Claims | Fault:
    """Return whom a message is about. A claim that nobody knows is kept, and fails nothing."""
    wrong = _wrong_claim(said)
    if wrong is not None:
        return wrong
    more = {name: value for name, value in said.items() if name not in {*_NO_CLAIMS, *_TEXTS, *_FLAGS}}
    if len(json.dumps(more)) > _CLAIMS_BYTES:
        return _wrong("claims", f"{_CLAIMS_BYTES} bytes at most")
    email, number = address_of(said.get("email") or ""), telephones.number_of(said.get("phone_number") or "")
    if said.get("email") and email is None:
        return _wrong("email", "one e-mail address")
    if said.get("phone_number") and number is None:
        return _wrong("phone_number", "a number in the form of E.164")
    hints = frozenset(name for name in _FLAGS if said.get(name))
    return Claims(said.get("name") or "", email or "", number or "", said.get("power_of_attorney") or "", hints, more)


def _not_found_by(kind: RequestKind, claims: Claims) -> Fault | None:
    """Return what an agent has to send that nothing is found, or answered, without. Source: DRP 1.0, 3.05."""
    if claims.email or (kind is RequestKind.OPT_OUT and claims.phone):
        return None
    wanted = "email or phone_number" if kind is RequestKind.OPT_OUT else "email"
    return Fault(HTTPStatus.BAD_REQUEST, f"Send {wanted}: nothing finds the person here by anything else.", is_fatal=True)


def _is_text(value: object) -> bool:
    return value is None or (isinstance(value, str) and len(value) <= TEXT_LENGTH)


def _wrong(name: str, wanted: str) -> Fault:
    return Fault(HTTPStatus.BAD_REQUEST, f"{name} has to be {wanted}.", is_fatal=True)
