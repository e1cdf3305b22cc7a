"""Feeds: what another company's portal delivers, signed, once each, with permitted fields only.

A delivery is checked in this order; the first that fails is the answer:

    (1) signature and moment, by Standard Webhooks: `id.timestamp.body` under the feed's key, within five minutes
    (2) what the policy declares of the point: undeclared fields are dropped and named, required ones must be there
    (3) the permit, on the day on which the portal took the data in
    (4) where the policy asks for it, the person's written authorisation on file, given no later than the data is dated
    (5) its files, checked as those of a form are (`attachments`)

A record's id and reference follow from the delivery's id and what it says, under a secret: the same delivery, whenever and
wherever it comes again, is the same record, which the store keeps once; another body under a known id is another one. Its
moment is the portal's own, so that a person who was erased since stays out, however late the portal delivers.
Format: docs/specs/feeds.md.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from avow.collection import signals
from avow.collection.accept import Collector
from avow.collection.bounds import Moments
from avow.collection.events import NOT_DECLARED, RULE, Dropped
from avow.collection.forms import submissions
from avow.collection.forms.attachments import HARMFUL, Attachments, limits_of, most_bytes
from avow.collection.forms.uploads import Checked, Upload
from avow.collection.json_names import twice
from avow.collection.signals import Sender
from avow.config import Feed
from avow.definitions import (
    ConfigurationError,
    Identifier,
    IdentifierKind,
    Permit,
    Refusal,
    Submission,
    Technology,
    moment,
    people_named,
)
from avow.policy import CollectionPoint, Rulebook
from avow.policy.law import rules
from avow.policy.rulebook import scores
from avow.store.store import Store

#: How far the moment of sending may be from ours, seconds (Standard Webhooks, "Verifying webhook authenticity").
WINDOW_SECONDS: Final = 300
#: Fewest bytes of a shared secret (Standard Webhooks: 24 to 64).
SECRET_BYTES: Final = 24
#: Most fields and files' fields of a delivery together.
FIELDS: Final = 100
#: Why a field is dropped that looks like a score or a decision, and that the policy does not declare.
LOOKS_LIKE_A_RESULT: Final = "it looks like a program's score or decision about a person, and the policy does not declare it"
_ID: Final = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_SECRET, _PUBLIC = "whsec_", "whpk_"
_FORMAT: Final = "docs/specs/feeds.md"
_AUTHORISATION: Final = rules.BACKGROUND_CHECK_AUTHORISED
#: Who delivers, for the count of what was dropped: no visitor.
_PORTAL: Final = Sender("", "", signals.read([], None, ""), demonstration=False)

Keyed = Callable[[bytes, bytes], bytes]


class FeedKey:
    """The key by which one portal signs: a shared secret (HMAC-SHA256) or the public key of Ed25519."""

    def __init__(self, text: str) -> None:
        """Read `whsec_...` or `whpk_...`, in base64; raise ConfigurationError for any other text."""
        text = text.strip()
        self._secret, self._public = b"", None
        try:
            key = base64.b64decode(text.partition("_")[2], validate=True)
            if text.startswith(_PUBLIC):
                self._public = Ed25519PublicKey.from_public_bytes(key)
        except (binascii.Error, ValueError) as error:
            raise ConfigurationError("the key of a feed is no base64, or no Ed25519 key") from error
        if text.startswith(_SECRET) and len(key) >= SECRET_BYTES:
            self._secret = key
        elif self._public is None:
            raise ConfigurationError(f"the key of a feed is whsec_ with {SECRET_BYTES} bytes or more in base64, or whpk_")

    def signed(self, content: bytes, signatures: str) -> bool:
        """Return whether one of the signatures ("v1,<base64> v1a,<base64>") is this key's over the content."""
        for one in signatures.split(" ")[:8]:
            version, _, encoded = one.partition(",")
            signature = _canonical(encoded)
            if signature is None:
                continue
            if version == "v1" and self._secret:
                if hmac.compare_digest(hmac.digest(self._secret, content, hashlib.sha256), signature):
                    return True
            elif version == "v1a" and self._public is not None and _verifies(self._public, signature, content):
                return True
        return False


@dataclass(frozen=True, slots=True)
class AuthorisationsOnFile:
    """What people agreed to, in a form of this site."""

    store: Store

    def is_on_file(self, point: str, people: Collection[Identifier], by_ms: int) -> bool:
        """Return whether one of these people sent this form by a moment; what was erased, or waits in the spool, is not on file.

        Rule: 15 U.S.C. 1681b(b)(2)(A): disclosed and authorised before the report is procured.
        """
        forms = self.store.find(people).submissions
        return any(form.point == point and form.fields and form.collected_ms <= by_ms for form in forms)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One HTTP request of a portal: its three headers and its body."""

    id: str
    timestamp: str
    signatures: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of a delivery that was taken: its reference, what was dropped of it and what masked."""

    reference: str
    dropped: tuple[Dropped, ...]
    masked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotDelivered:
    """Why a delivery was not taken: the HTTP status, a sentence, the rule, and errors by field."""

    status: int
    reason: str
    rule: str
    errors: Mapping[str, str]


class _File(msgspec.Struct, frozen=True):
    """One file of a delivery: the name to show, and its bytes in base64."""

    name: str
    data: str


class _Message(msgspec.Struct, frozen=True, forbid_unknown_fields=False):
    """The body: when the portal took the data in, the fields, and the files by their field."""

    timestamp: datetime
    data: dict[str, str]
    files: dict[str, _File | list[_File]] = {}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A delivery that may be kept and is not yet: its record, its permitted files, and what to answer."""

    record: Submission
    files: tuple[Checked, ...]
    answer: Delivered


def as_counted(lost: Dropped) -> Dropped:
    """Return what was dropped as it is counted: what looks like a program's result about a person by a rule of its own.

    Staff are told of it: nobody declared what is decided by it. Rule: 11 CCR 7200; LAW.md APP-06.
    """
    is_score = lost.reason == NOT_DECLARED and scores.looks_like_one(lost.field)
    return Dropped(lost.point, lost.field, LOOKS_LIKE_A_RESULT, rules.AUTOMATED_UNDECLARED) if is_score else lost


def body_bytes(rulebook: Rulebook, point: str) -> int:
    """Return how many bytes the files of one delivery may have together in base64; 0 for a feed without files, or no feed."""
    declared = rulebook.points.get(point)
    is_feed = declared is not None and declared.technology is Technology.FEED
    return -(-most_bytes(rulebook, point) // 3) * 4 if is_feed else 0


class Feeds:
    """Takes the deliveries of one version of the policy."""

    def __init__(
        self,
        collector: Collector,
        attachments: Attachments,
        keys: Mapping[str, FeedKey],
        authorisations: AuthorisationsOnFile,
        keyed: Keyed,
        moments: Moments,
    ) -> None:
        """`keys` are those of the configuration, by collection point; `keyed` is a secret of the installation."""
        self._moments = moments
        self._collector = collector
        self._attachments = attachments
        self._keys = keys
        self._authorisations = authorisations
        self._keyed = keyed

    def files_bytes(self, point: str) -> int:
        """Return how many bytes of files a delivery may bring, as they are sent; none where no key is configured."""
        return body_bytes(self._collector.rulebook, point) if point in self._keys else 0

    async def take(self, point: str, delivery: Delivery, now_ms: int) -> Delivered | NotDelivered:
        """Keep a delivery; returns after it and its files are durable, with the same answer each time it comes.

        Raises SpoolFull, StoreUnavailable when the files cannot be kept, and ScannerUnavailable; then nothing of it is kept.
        """
        prepared = await asyncio.to_thread(self.prepare, point, delivery, now_ms)
        if isinstance(prepared, NotDelivered):
            return prepared
        today = moment(now_ms).date()
        self._collector.count_dropped(_PORTAL, map(as_counted, prepared.answer.dropped), today)
        if harmful := await self._attachments.harmful(prepared.files, self._collector.rulebook):  # (5)
            self._collector.count_dropped(_PORTAL, [Dropped(point, item, HARMFUL, _FORMAT) for item in harmful], today)
            return NotDelivered(422, "something has to be mended", _FORMAT, harmful)
        await self._attachments.keep(prepared.record, prepared.files, self._collector.spool, now_ms)
        return prepared.answer

    def prepare(self, point: str, delivery: Delivery, now_ms: int) -> Prepared | NotDelivered:
        """Return what may be kept of a delivery, or why it is not taken. Does no waiting."""
        declared, key = self._collector.rulebook.points.get(point), self._keys.get(point)
        if declared is None or declared.technology is not Technology.FEED or key is None:
            return _no(404, "the policy declares no such feed, or the configuration has no key for it", RULE)
        refused = unsigned(  # (1)
            key,
            delivery.id,
            delivery.timestamp,
            f"{delivery.id}.{delivery.timestamp}.".encode() + delivery.body,
            delivery.signatures,
            now_ms,
        )
        if refused is not None:
            return refused
        message = _read(delivery.body, now_ms, self._moments)
        if isinstance(message, NotDelivered):
            return message
        uploads, broken = _uploads(message, self._collector.rulebook, point)
        form = submissions.parse(self._collector.rulebook, declared, message.data.items(), uploads)  # (2)
        if errors := form.errors | broken:
            return NotDelivered(422, "something has to be mended", RULE, errors)
        collected_ms = int(message.timestamp.timestamp() * 1000)
        permit = self._permit(declared, form, collected_ms, now_ms)
        if isinstance(permit, Refusal):
            return _no(403, permit.reason, permit.rule)
        record = self._record(permit, form, f"{delivery.id} {_digest(message)}", collected_ms)
        files = tuple(one for one in form.files if one.item in permit.fields)
        return Prepared(record, files, Delivered(record.reference, form.dropped, form.masked))

    def _permit(self, point: CollectionPoint, form: submissions.Form, collected_ms: int, now_ms: int) -> Permit | Refusal:
        """Return what may be kept. Rule: Cal. Civ. Code § 1798.100(a)(1), (3), (c); 15 U.S.C. 1681b(b)(2)."""
        permit = self._collector.rulebook.permit(point.name, frozenset(), moment(collected_ms).date())  # (3)
        today = moment(now_ms).date()
        if not isinstance(permit, Refusal) and permit.delete_on <= today:
            permit = Refusal(f"its time was over on {permit.delete_on}", rules.RETENTION)
        named = people_named(submissions.identifiers(self._collector.rulebook, point, form.fields))
        people = [one for one in named if one.kind is IdentifierKind.EMAIL]  # a number may be a household's
        agreed = point.authorised_by
        if agreed and not isinstance(permit, Refusal):  # (4)
            permit = self._unauthorised(agreed, people, collected_ms, now_ms) or permit
        if isinstance(permit, Refusal):
            self._collector.count_refused(_PORTAL, point.name, permit, today)
        return permit

    def _unauthorised(self, form: str, people: Collection[Identifier], dated_ms: int, now_ms: int) -> Refusal | None:
        """Return why what is dated so was not authorised by these people; None where it was."""
        if people and self._authorisations.is_on_file(form, people, dated_ms):
            return None
        if people and self._authorisations.is_on_file(form, people, now_ms):
            return Refusal(f'the authorisation by "{form}" was given after what it should authorise', _AUTHORISATION)
        return Refusal(f'no authorisation by "{form}" is on file for this person', _AUTHORISATION)

    def _record(self, permit: Permit, form: submissions.Form, delivered: str, collected_ms: int) -> Submission:
        """Return the record, whose id and reference follow from what was delivered: an id, and the digest of a body."""
        drawn = self._keyed(b"feed delivery", f"{permit.point} {delivered}".encode())
        return submissions.record(
            self._collector.rulebook,
            self._collector.site,
            permit,
            form,
            record_id=f"{collected_ms:012x}{drawn.hex()[:20]}",
            reference=submissions.reference_of(drawn),
            collected_ms=collected_ms,
        )


def _digest(message: _Message) -> str:
    """Return what tells one body from another, however each of them is written as JSON."""
    files = sorted((name, found if isinstance(found, list) else [found]) for name, found in message.files.items())
    said = (message.timestamp.timestamp(), sorted(message.data.items()), files)
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()


def _canonical(encoded: str) -> bytes | None:
    """Return the bytes of base64 as an encoder writes it; None for any other text of the same bytes (RFC 4648, section 3.5)."""
    try:
        decoded = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None
    return decoded if base64.b64encode(decoded) == encoded.encode() else None


def unsigned(key: FeedKey, delivery_id: str, timestamp: str, content: bytes, signatures: str, now_ms: int) -> NotDelivered | None:
    """Return why a signed content is not believed; None when it is the other company's own, and of now.

    Rule: Standard Webhooks, "Verifying webhook authenticity".
    """
    if not _ID.fullmatch(delivery_id) or not re.fullmatch(r"[0-9]{1,11}", timestamp):
        return _no(400, "webhook-id or webhook-timestamp is missing, or not as the specification says", _FORMAT)
    if not key.signed(content, signatures):
        return _no(401, "the signature is not this feed's", _FORMAT)
    if abs(int(timestamp) - now_ms // 1000) > WINDOW_SECONDS:
        return _no(401, f"webhook-timestamp is more than {WINDOW_SECONDS} seconds from our clock", _FORMAT)
    return None


def _read(body: bytes, now_ms: int, moments: Moments) -> _Message | NotDelivered:
    try:
        message = msgspec.json.decode(body, type=_Message)
        is_whole = not twice(body.decode())  # else one of two values would be lost
    except (msgspec.DecodeError, ValueError):
        is_whole = False
    if not is_whole:
        wanted = '{"timestamp": "2026-11-24T10:00:00Z", "data": {"field": "text"}}, with each name once'
        return _no(400, f"the body is not {wanted}", _FORMAT)
    if len(message.data) + len(message.files) > FIELDS:
        return _no(400, f"a delivery has at most {FIELDS} fields", _FORMAT)
    at_ms = int(message.timestamp.timestamp() * 1000)
    ahead_ms = at_ms - now_ms
    if message.timestamp.tzinfo is None or (ahead_ms <= 0 and not moments.hold(at_ms, now_ms)):
        return _no(400, f"timestamp has no zone, or lies before {moments.earliest}", _FORMAT)
    if ahead_ms > WINDOW_SECONDS * 1000:
        return _no(400, "timestamp lies in the future", _FORMAT)
    if ahead_ms > 0:  # taken now, it would outlive an erasure of the seconds between
        return _no(503, "timestamp is ahead of our clock; deliver again when it is over", _FORMAT)
    return message


def _uploads(message: _Message, rulebook: Rulebook, point: str) -> tuple[list[Upload], dict[str, str]]:
    """Return the files of a delivery, and errors by field. What is no declared file's field is named, and not decoded."""
    declared = limits_of(rulebook, point)
    uploads, broken = [], {}
    for field, sent in message.files.items():
        for one in [sent] if isinstance(sent, _File) else sent:
            content = _canonical(one.data) if field in declared else b""
            if content is None:
                broken[field] = f"“{rulebook.data[field].label}” is no base64 as an encoder writes it."
            else:
                uploads.append(Upload(field, one.name, content))
    return uploads, broken


def _no(status: int, reason: str, rule: str) -> NotDelivered:
    return NotDelivered(status, reason, rule, {})


def _verifies(key: Ed25519PublicKey, signature: bytes, content: bytes) -> bool:
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True


def require_declared(feeds: Sequence[Feed], rulebooks: Sequence[Rulebook]) -> None:
    """Raise ConfigurationError for a feed that no version of the policy, in force or announced, declares."""
    known: set[str] = set()
    for rulebook in rulebooks:
        known |= {point.name for point in rulebook.points.values() if point.technology is Technology.FEED}
        known |= {link.reports for link in rulebook.external_links.values() if link.reports}
    for feed in feeds:
        if feed.point not in known:
            declared = ", ".join(sorted(known)) or "none"
            raise ConfigurationError(f"feeds.point: the policy declares no feed “{feed.point}”; it declares {declared}")


def feed_keys(feeds: Sequence[Feed]) -> dict[str, FeedKey]:
    """Return the keys by collection point; raise ConfigurationError that names the feed whose key cannot be read."""
    keys = {}
    for feed in feeds:
        try:
            keys[feed.point] = FeedKey(feed.key_file.read_text(encoding="ascii"))
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"feeds: the key of “{feed.point}” cannot be read from {feed.key_file}") from error
        except ConfigurationError as error:
            raise ConfigurationError(f"feeds: “{feed.point}”: {error}") from error
    return keys
