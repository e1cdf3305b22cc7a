"""A recipient that takes deletions by OpenDSR 2.0: asked first how far it is, then told; what it says is signed.

A correction, which the specification does not know, is sent where discovery lists it, as an extension under the recipient's own
domain. Elsewhere it is refused for good before anything of it has left, and staff pass it on.

    (1) GET  /requests/ID   does it know it: completed, or on its way; 404: it does not
    (2) POST /requests      taken with 201: a receipt that names the request
    (3) GET  /discovery     where its certificate is, at its own host; believed for that host's name, under the authorities of the
                            configuration
    (4) each answer of (1) and (2) has X-OpenDSR-Signature over its bytes, by the key of that certificate

An answer whose signature does not hold is no answer. Asked again with the same parcel it does nothing twice: (1) comes first.
Source: OpenDSR specification 2.0, "Requests", "Status", "Discovery", "Certificates".
"""

from __future__ import annotations

import base64
import binascii
import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

import urllib3
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
from urllib3.exceptions import HTTPError

from avow.gate.parcels import Parcel
from avow.recipients.connectors import Answer, Said
from avow.recipients.connectors.webhook import CONNECT_SECONDS, READ_SECONDS, Resolve, is_public, resolved, unanswered, whole

SIGNATURE: Final = "X-OpenDSR-Signature"
DOMAIN: Final = "X-OpenDSR-Processor-Domain"
_MISSING: Final = 404
#: A yes; and a no that no repetition changes, redirects among them: none is followed.
_YES: Final = frozenset({200, 201, 202})
_FINAL: Final = frozenset({301, 302, 303, 307, 308, 400, 410, 422})
_UNSIGNED: Final = Said(Answer.NOT_NOW, receipt="what it said is not signed by the certificate of its host")
#: The type that every recipient which is reached so takes: the policy and the configuration say that it does.
_ERASURE: Final = "erasure"
#: What its status says of a request that it knows.
_STATUS: Final[Mapping[str, Answer]] = {
    "completed": Answer.DONE,
    "in_progress": Answer.TAKEN,
    "pending": Answer.TAKEN,
    "cancelled": Answer.NEVER,
}


@dataclass(frozen=True, slots=True)
class _Got:
    status: int
    headers: Mapping[str, str]
    content: bytes


@dataclass(slots=True)
class OpenDSR:
    """Fits `Connector`: the requests at one address, `https://privacy.crm.example.com/v2`.

    `believes` has the authorities that its certificates are believed under; `allows_private` says that it may be inside our own
    network; `moment` is the one by which certificates are judged.
    """

    address: str
    believes: ssl.SSLContext
    allows_private: bool = False
    resolve: Resolve = resolved
    moment: Callable[[], datetime] = lambda: datetime.now(UTC)

    def hand_over(self, parcel: Parcel, now_ms: int) -> Said:
        """Ask how far a request is, and send it where it is not known."""
        del now_ms
        request = json.loads(parcel.content)
        wanted, kind = request["subject_request_id"], request["subject_request_type"]
        try:
            known = self._asked("GET", f"/requests/{wanted}", None)
            if isinstance(known, Said):
                return known
            if known.status != _MISSING:
                return self._said(known, wanted)
            if kind != _ERASURE and isinstance(listed := self._lists(kind), Said):
                return listed
            if "extensions" in request:
                request["extensions"] = {self._host: request["extensions"]}
            taken = self._asked("POST", "/requests", json.dumps(request, ensure_ascii=False).encode())
        except HTTPError as error:
            return unanswered(error)
        return taken if isinstance(taken, Said) else self._said(taken, wanted)

    def close(self) -> None:
        """Nothing stays open."""

    def _lists(self, kind: str) -> Said | None:
        """Return None where discovery lists a type of requests, else why it is not sent: (3)."""
        found = self._asked("GET", "/discovery", None)
        if isinstance(found, Said):
            return found
        try:
            listed = json.loads(found.content)["supported_subject_request_types"]
            is_listed = kind in listed
        except (ValueError, KeyError, TypeError):
            is_listed = False
        if found.status in _YES and not is_listed:
            return Said(Answer.NEVER, found.status, f"its discovery does not list {kind}")
        return None if is_listed else Said(Answer.NOT_NOW, found.status, f"{found.status} of its discovery")

    def _said(self, got: _Got, wanted: str) -> Said:
        """Return what an answer says, once its signature holds: (4)."""
        if got.status not in _YES:
            return Said(Answer.NEVER if got.status in _FINAL else Answer.NOT_NOW, got.status, str(got.status))
        if not self._is_signed(got):
            return _UNSIGNED
        try:
            read = json.loads(got.content)
            is_ours, status = read["subject_request_id"] == wanted, read.get("request_status", "pending")
        except (ValueError, KeyError, TypeError, AttributeError):
            is_ours, status = False, ""
        if not is_ours or status not in _STATUS:
            return Said(Answer.NOT_NOW, got.status, f"{got.status} for another request, or without a status")
        return Said(_STATUS[status], got.status, f"{got.status} {status}, signed by {self._host}")

    def _is_signed(self, got: _Got) -> bool:
        """Return whether the bytes of an answer are signed by the certificate of the host that was asked: (3)."""
        if got.headers.get(DOMAIN.lower(), "").lower() != self._host:
            return False
        try:
            signature = base64.b64decode(got.headers.get(SIGNATURE.lower(), ""), validate=True)
            _verify(self._certificate(), signature, got.content)
        except (InvalidSignature, VerificationError, binascii.Error, ValueError, KeyError, TypeError):
            return False
        return True

    def _certificate(self) -> x509.Certificate:
        """Return its certificate, believed for its host. Raises ValueError, KeyError or VerificationError for one that is not."""
        found = self._asked("GET", "/discovery", None)
        at = str(json.loads(found.content)["processor_certificate"]) if isinstance(found, _Got) else ""
        parts = urlsplit(at)
        if parts.scheme != "https" or parts.netloc != urlsplit(self.address).netloc:
            raise ValueError("its certificate is not at its own host")
        read = self._asked("GET", None, None, parts.path)
        leaf, *others = x509.load_pem_x509_certificates(read.content if isinstance(read, _Got) else b"")
        roots = [x509.load_der_x509_certificate(one) for one in self.believes.get_ca_certs(binary_form=True)]
        verifier = PolicyBuilder().store(Store(roots)).time(self.moment()).build_server_verifier(x509.DNSName(self._host))
        verifier.verify(leaf, others)
        return leaf

    @property
    def _host(self) -> str:
        return (urlsplit(self.address).hostname or "").lower()

    def _asked(self, method: str, path: str | None, content: bytes | None, at: str = "") -> _Got | Said:
        """Ask one thing, at the address that the name has now; Said when it cannot be asked. Raises HTTPError."""
        parts = urlsplit(self.address)
        host, port = parts.hostname or "", parts.port or 443
        try:
            found = self.resolve(host, port)
        except OSError as error:
            return Said(Answer.AWAY, receipt=f"its name is not resolved ({type(error).__name__})")
        if not found or not all(self.allows_private or is_public(one) for one in found):
            return Said(Answer.AWAY, receipt="its name leads into our own network, and allow_private is not set")
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
        target = at or f"{parts.path.rstrip('/')}{path}"
        sent = {"Host": parts.netloc, "Content-Type": "application/json", "Accept": "application/json", "User-Agent": "Avow"}
        with urllib3.HTTPSConnectionPool(
            found[0], port, timeout=timeout, maxsize=1, retries=False, ssl_context=self.believes, server_hostname=host
        ) as pool:
            answer = pool.urlopen(method, target, content, sent, redirect=False, retries=False, preload_content=False)
            read = whole(answer, decoded=True)
            answer.close()
        if read is None:
            return Said(Answer.NOT_NOW, answer.status, f"{answer.status}, and too long an answer, or too slow a one")
        return _Got(answer.status, {name.lower(): value for name, value in answer.headers.items()}, read)


def _verify(certificate: x509.Certificate, signature: bytes, content: bytes) -> None:
    """Raise InvalidSignature unless the key of a certificate signed the content, by SHA-256."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, content, padding.PKCS1v15(), hashes.SHA256())
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, content, ec.ECDSA(hashes.SHA256()))
    else:
        raise InvalidSignature
