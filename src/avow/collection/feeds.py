"""Feeds: what another company's portal delivers, signed, once each, with permitted fields only.

A delivery is checked in this order; the first that fails is the answer:

    (1) signature and moment, by Standard Webhooks: `id.timestamp.body` under the feed's key, within five minutes
    (2) what the policy declares of the point: undeclared fields are dropped and named, required ones must be there
    (3) the permit, on the day on which the portal took the data in
    (4) where the policy asks for it, the person's written authorisation on file
    (5) harm in its files, where a scanner is configured; kind and size are looked at with (2)

A record's id and reference follow from the delivery's id under a secret: the same delivery, whenever and wherever it comes
again, is the same record, which the store keeps once. Its moment is the portal's own, so that a person who was erased since
stays out, however late the portal delivers. Format: docs/specs/feeds.md.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from avow.collection import submissions
from avow.collection.accept import Collector
from avow.collection.events import RULE, Dropped
from avow.collection.filing import HARMFUL, Filing, files_bytes
from avow.collection.refusals import RefusalRow, shown_name
from avow.collection.uploads import Checked, Upload
from avow.definitions import ConfigurationError, Permit, Refusal, Submission, Technology, moment
from avow.policy import CollectionPoint

#: How far the moment of sending may be from ours, seconds (Standard Webhooks, "Verifying webhook authenticity").
WINDOW_SECONDS: Final = 300
#: Fewest bytes of a shared secret (Standard Webhooks: 24 to 64).
SECRET_BYTES: Final = 24
#: Most bytes of all files of one delivery together: with their base64 they are in memory three times over.
FEED_FILES_BYTES: Final = 16 * 1024 * 1024
_ID: Final = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_SECRET, _PUBLIC = "whsec_", "whpk_"
_SHAPE: Final = '{"timestamp": "2026-11-24T10:00:00Z", "data": {"field": "text"}, "files": [{"field", "name", "content"}]}'
_AUTHORISATION: Final = "15 U.S.C. 1681b(b)(2)(A)(ii)"

Keyed = Callable[[bytes, bytes], bytes]


class Authorisations(Protocol):
    """What people agreed to."""

    def is_on_file(self, point: str, identifiers: Mapping[str, str]) -> bool:
        """Return whether somebody with these identifiers sent this form, and it is still held."""


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
class Delivery:
    """One HTTP request of a portal: its three headers and its body."""

    id: str
    timestamp: str
    signatures: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Delivered:
    """What becomes of a delivery that is taken: its reference, what was dropped of it and masked, the files to keep."""

    reference: str
    dropped: tuple[Dropped, ...]
    masked: tuple[str, ...]
    files: tuple[Checked, ...] = ()


@dataclass(frozen=True, slots=True)
class NotDelivered:
    """Why a delivery was not taken: the HTTP status, a sentence, the rule, and errors by field."""

    status: int
    reason: str
    rule: str
    errors: Mapping[str, str]


class _File(msgspec.Struct, frozen=True):
    """One file of a delivery: the item it is, the name the portal knows it by, its bytes (base64)."""

    field: str
    name: str
    content: bytes


class _Message(msgspec.Struct, frozen=True):
    """The body: when the portal took the data in, the fields and the files."""

    timestamp: datetime
    data: dict[str, str]
    files: list[_File] = []


class Feeds:
    """Takes the deliveries of one version of the policy."""

    def __init__(
        self, collector: Collector, filing: Filing, keys: Mapping[str, FeedKey], authorisations: Authorisations, keyed: Keyed
    ) -> None:
        """`keys` are those of the configuration, by collection point; `keyed` is a secret of the installation."""
        self._collector = collector
        self._filing = filing
        self._keys = keys
        self._authorisations = authorisations
        self._keyed = keyed

    def files_bytes(self, point: str) -> int:
        """Return how many bytes of a body its files may take, in base64; 0 for a feed that declares none, or no feed."""
        declared = self._collector.rulebook.points.get(point)
        if declared is None or declared.technology is not Technology.FEED or point not in self._keys:
            return 0
        return -(-files_bytes(self._collector.rulebook, declared, FEED_FILES_BYTES) // 3) * 4

    def prepare(self, point: str, delivery: Delivery, now_ms: int) -> tuple[Submission, Delivered] | NotDelivered:
        """Return the record of a delivery and what to answer once it is kept, or why it is not taken. Keeps nothing yet."""
        declared, key = self._collector.rulebook.points.get(point), self._keys.get(point)
        if declared is None or declared.technology is not Technology.FEED or key is None:
            return _no(404, "the policy declares no such feed, or the configuration has no key for it", RULE)
        content = f"{delivery.id}.{delivery.timestamp}.".encode() + delivery.body
        refused = unsigned(key, delivery.id, delivery.timestamp, content, delivery.signatures, now_ms)  # (1)
        if refused is not None:
            return refused
        message = _read(delivery.body, now_ms)
        if isinstance(message, NotDelivered):
            return message
        uploads = [Upload(one.field, one.name, one.content) for one in message.files]
        form = submissions.parse(self._collector.rulebook, declared, message.data.items(), uploads)  # (2)
        self._count(point, form.dropped, now_ms)
        if form.errors:
            return NotDelivered(422, "something has to be mended", RULE, form.errors)
        collected_ms = int(message.timestamp.timestamp() * 1000)
        permit = self._permit(declared, form, collected_ms, now_ms)
        if isinstance(permit, Refusal):
            return _no(403, permit.reason, permit.rule)
        record = self._record(permit, form, delivery.id, collected_ms)
        files = tuple(one for one in form.files if one.item in permit.fields)
        return record, Delivered(record.reference, form.dropped, form.masked, files)

    async def keep(self, record: Submission, files: Sequence[Checked], now_ms: int) -> NotDelivered | None:
        """Keep a record and its files; returns None after they are durable, or which files a scanner stopped (5).

        Raises SpoolFull, ScannerUnavailable and StoreUnavailable; then nothing of it is kept.
        """
        harmful = await self._filing.harmful(files)
        if harmful:
            rule = "docs/specs/feeds.md"
            self._count(record.point, [Dropped(record.point, item, HARMFUL, rule) for item in sorted(harmful)], now_ms)
            return NotDelivered(422, "something has to be mended", rule, dict.fromkeys(sorted(harmful), HARMFUL))
        await self._filing.keep(record, files, now_ms)
        return None

    def _count(self, point: str, dropped: Iterable[Dropped], now_ms: int) -> None:
        """Count for the console what a delivery brought and the policy does not let in, without its values."""
        today, site = moment(now_ms).date(), self._collector.site
        for lost in dropped:
            self._collector.refusals.add(RefusalRow(today, site, point, shown_name(lost.field), lost.reason, lost.rule))

    def _permit(self, point: CollectionPoint, form: submissions.Form, collected_ms: int, now_ms: int) -> Permit | Refusal:
        """Return what may be kept. Rule: Cal. Civ. Code § 1798.100(a)(1), (3), (c); 15 U.S.C. 1681b(b)(2)."""
        permit = self._collector.rulebook.permit(point.name, frozenset(), moment(collected_ms).date())  # (3)
        today = moment(now_ms).date()
        if not isinstance(permit, Refusal) and permit.delete_on <= today:
            permit = Refusal(f"its time was over on {permit.delete_on}", "Cal. Civ. Code § 1798.100(a)(3)")
        people = submissions.identifiers(self._collector.rulebook, form.fields)
        agreed = point.authorised_by
        if agreed and not isinstance(permit, Refusal) and not (people and self._authorisations.is_on_file(agreed, people)):  # (4)
            permit = Refusal(f'no authorisation by "{agreed}" is on file for this person', _AUTHORISATION)
        if isinstance(permit, Refusal):
            row = RefusalRow(today, self._collector.site, point.name, "", permit.reason, permit.rule)
            self._collector.refusals.add(row)
        return permit

    def _record(self, permit: Permit, form: submissions.Form, delivery_id: str, collected_ms: int) -> Submission:
        """Return the record, whose id and reference follow from the delivery's id."""
        drawn = self._keyed(b"feed delivery", f"{permit.point} {delivery_id}".encode())
        return submissions.record(
            self._collector.rulebook,
            self._collector.site,
            permit,
            form,
            record_id=f"{collected_ms:012x}{drawn.hex()[:20]}",
            reference=submissions.reference_of(drawn),
            collected_ms=collected_ms,
        )


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
    rule = "docs/specs/feeds.md"
    if not _ID.fullmatch(delivery_id) or not re.fullmatch(r"[0-9]{1,11}", timestamp):
        return _no(400, "webhook-id or webhook-timestamp is missing, or not as the specification says", rule)
    if not key.signed(content, signatures):
        return _no(401, "the signature is not this feed's", rule)
    if abs(int(timestamp) - now_ms // 1000) > WINDOW_SECONDS:
        return _no(401, f"webhook-timestamp is more than {WINDOW_SECONDS} seconds from our clock", rule)
    return None


def _read(body: bytes, now_ms: int) -> _Message | NotDelivered:
    rule = "docs/specs/feeds.md"
    try:
        message = msgspec.json.decode(body, type=_Message)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _no(400, f"the body is not {_SHAPE}", rule)
    if message.timestamp.tzinfo is None or not 0 < message.timestamp.timestamp() * 1000 < now_ms + WINDOW_SECONDS * 1000:
        return _no(400, "timestamp has no zone, or lies in the future", rule)
    return message


def _no(status: int, reason: str, rule: str) -> NotDelivered:
    return NotDelivered(status, reason, rule, {})


def _verifies(key: Ed25519PublicKey, signature: bytes, content: bytes) -> bool:
    try:
        key.verify(signature, content)
    except InvalidSignature:
        return False
    return True
