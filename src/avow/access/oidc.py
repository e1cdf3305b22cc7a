"""Signing in at an OpenID provider: the authorization code flow with PKCE, and what is believed of the ID token that comes of it.

1. `begin` sends the browser to the provider, with a number for this sign-in, one for the token, and the hash of a third; all
   three are sealed into a cookie, so that nothing is kept for whoever only begins.
2. `finish` asks the provider for the tokens of the code, and believes the ID token when it is signed by a key of the provider's,
   for us, for this sign-in, and now. Source: OpenID Connect Core 1.0, 3.1.3.7; RFC 7636; RFC 9207.
3. What is left are `Claims`: who it is by (issuer, subject), never by an address; groups; whether a second factor was shown.

What is fetched (metadata, keys, tokens) is of the provider named in the configuration, bounded in size and time; keys and
metadata are kept for an hour, and keys are asked for again when a token names another one, once a minute at most.
"""

from __future__ import annotations

import hmac
import json
import secrets
import threading
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote_plus, urlsplit

import urllib3
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from cryptography.exceptions import InvalidTag
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from avow.access.accounts import refused
from avow.access.apps import Keyed
from avow.config import OpenIDConnect
from avow.definitions import Refusal
from avow.store import sealing

#: A sign-in that was begun may come back for so long.
BEGUN: Final = timedelta(minutes=10)
#: Of one answer of the provider.
_SECONDS: Final = 5.0
_BYTES: Final = 256 * 1024
#: Metadata and keys are kept for so long; keys are asked for again after so long at the earliest.
_KEPT_MS: Final = 3_600_000
_AGAIN_MS: Final = 60_000
_KEYS: Final = 100
#: So far may the provider's clock be off, seconds.
_LEEWAY: Final = 60
#: Signatures that a provider's public key makes: none without one, and none by the client's secret.
_ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
_GROUPS: Final = 1000
_OK: Final = 200
_TEXT: Final = 300

_NOT_BEGUN: Final = refused("this sign-in was not begun here, or too long ago; begin again")
_DECLINED: Final = refused("the provider did not sign you in; begin again, or ask whoever looks after it")
_AWAY: Final = refused("the provider does not answer as it should; try again in a minute, or tell whoever looks after it")
_NOT_BELIEVED: Final = refused(
    "the provider's answer is not to be believed: it is not signed by it, or is for another service, another sign-in or another "
    "time; tell whoever looks after it"
)


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that begins: where the browser goes, and what it keeps meanwhile."""

    address: str
    cookie: str


@dataclass(frozen=True, slots=True)
class Claims:
    """What is believed of somebody: who they are to the provider, their name, groups, and whether a second factor was shown."""

    subject: str
    name: str
    groups: tuple[str, ...]
    has_second_factor: bool
    target: str


@dataclass(frozen=True, slots=True)
class _Metadata:
    """What the provider says of itself."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    secret_by_post: bool
    names_issuer: bool


class Provider:
    """The OpenID provider of the configuration; `callback` is where it sends browsers back to. Usable from several threads."""

    def __init__(self, configured: OpenIDConnect, callback: str, keyed: Keyed) -> None:
        self.configured = configured
        self._callback = callback
        self._key = keyed(b"avow openid connect", configured.issuer.encode())
        self._http = urllib3.PoolManager(maxsize=2, retries=False, timeout=_SECONDS)
        self._lock = threading.Lock()
        self._metadata: tuple[int, _Metadata] | None = None
        self._keys: tuple[int, KeySet] | None = None

    def begin(self, target: str, now_ms: int, *, again: bool) -> Begun | Refusal:
        """Send a browser to the provider, to come back to a page; `again`: the person has to sign in anew there."""
        metadata = self._known_metadata(now_ms)
        if isinstance(metadata, Refusal):
            return metadata
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        kept = {"state": state, "nonce": nonce, "verifier": verifier, "target": target, "again": again}
        kept["until"] = now_ms + int(BEGUN.total_seconds() * 1000)
        more = {"prompt": "login", "max_age": "0"} if again else {}
        address = prepare_grant_uri(
            metadata.authorization_endpoint,
            client_id=self.configured.client_id,
            response_type="code",
            redirect_uri=self._callback,
            scope=" ".join(("openid", *self.configured.scopes)),
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
            **more,
        )
        sealed = sealing.seal(self._key, json.dumps(kept).encode(), b"begun")
        return Begun(str(address), urlsafe_b64encode(sealed).decode())

    def finish(self, answer: Mapping[str, str], cookie: str, now_ms: int) -> Claims | Refusal:
        """Return what the provider says of whoever comes back, or why it is not believed."""
        begun = self._begun(cookie, now_ms)
        if begun is None or not hmac.compare_digest(answer.get("state", "").encode(), begun["state"].encode()):
            return _NOT_BEGUN
        metadata = self._known_metadata(now_ms)
        if isinstance(metadata, Refusal):
            return metadata
        if answer.get("iss", "" if metadata.names_issuer else self.configured.issuer) != self.configured.issuer:
            return _NOT_BELIEVED  # of another provider (RFC 9207, section 2.4)
        if "error" in answer or not answer.get("code"):
            return _DECLINED
        tokens = self._tokens(metadata, answer["code"], begun["verifier"])
        if isinstance(tokens, Refusal):
            return tokens
        claims = self._believed(metadata, tokens, begun, now_ms)
        return claims if isinstance(claims, Refusal) else self._claims(claims, begun["target"])

    def _claims(self, claims: Mapping[str, Any], target: str) -> Claims | Refusal:  # Any: JSON of the provider
        listed = claims.get(self.configured.groups_claim, ())
        groups = tuple(one for one in listed if isinstance(one, str))[:_GROUPS] if isinstance(listed, list) else ()
        subject = claims.get("sub")
        if not isinstance(subject, str) or not 1 <= len(subject) <= _TEXT:
            return _NOT_BELIEVED
        names = (claims.get(name) for name in ("name", "preferred_username"))
        name = next((one for one in names if isinstance(one, str) and one.strip() and one.isprintable()), "")
        methods = claims.get("amr")
        shown = {claims.get("acr"), *(one for one in (methods if isinstance(methods, list) else ()) if isinstance(one, str))}
        return Claims(subject, name, groups, not shown.isdisjoint(self.configured.second_factor), target)

    def _begun(self, cookie: str, now_ms: int) -> dict[str, Any] | None:  # Any: of our own sealing
        try:
            kept: dict[str, Any] = json.loads(sealing.unseal(self._key, urlsafe_b64decode(cookie), b"begun"))
        except (InvalidTag, ValueError):
            return None
        return kept if kept["until"] > now_ms else None

    def _tokens(self, metadata: _Metadata, code: str, verifier: str) -> dict[str, Any] | Refusal:  # Any: JSON of the provider
        configured = self.configured
        file = configured.client_secret_file
        secret = file.read_text(encoding="utf-8").strip() if file else ""
        body = prepare_token_request("authorization_code", redirect_uri=self._callback, code=code, code_verifier=verifier)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if metadata.secret_by_post:
            body += f"&client_id={quote_plus(configured.client_id)}&client_secret={quote_plus(secret)}"
        else:
            pair = f"{quote_plus(configured.client_id)}:{quote_plus(secret)}".encode()
            headers["Authorization"] = f"Basic {b64encode(pair).decode()}"
        return self._fetch("POST", metadata.token_endpoint, headers, body)

    def _believed(
        self, metadata: _Metadata, tokens: Mapping[str, Any], begun: Mapping[str, Any], now_ms: int
    ) -> Mapping[str, Any] | Refusal:  # Any: JSON of the provider
        """Return the claims of the ID token, once signature, issuer, audience, number and times are right."""
        for is_again in (False, True):
            keys = self._known_keys(metadata, now_ms, is_again=is_again)
            if isinstance(keys, Refusal):
                return keys
            try:
                token = jwt.decode(str(tokens.get("id_token", "")), keys, algorithms=_ALGORITHMS)
            except (JoseError, ValueError):  # perhaps by a key that is new
                continue
            options = {
                "iss": {"essential": True, "value": self.configured.issuer},
                "aud": {"essential": True, "value": self.configured.client_id},
            }
            params = {"nonce": begun["nonce"], "client_id": self.configured.client_id, "max_age": begun["again"] or None}
            claims = CodeIDToken(token.claims, token.header, options, params)
            try:
                claims.validate(now=now_ms // 1000, leeway=_LEEWAY)
            except (JoseError, ValueError, TypeError):
                return _NOT_BELIEVED
            # OpenID Connect Core 1.0, 3.1.2.1: who was asked to sign in anew did so after that.
            if begun["again"] and claims["auth_time"] < (begun["until"] - BEGUN.total_seconds() * 1000) // 1000 - _LEEWAY:
                return _NOT_BELIEVED
            found: Mapping[str, Any] = claims  # Any: as above
            return found
        return _NOT_BELIEVED

    # -- what the provider says of itself --------------------------------------------------------------------------------------

    def _known_metadata(self, now_ms: int) -> _Metadata | Refusal:
        with self._lock:
            known = self._metadata
        if known is not None and now_ms - known[0] < _KEPT_MS:
            return known[1]
        read = self._fetch("GET", f"{self.configured.issuer.rstrip('/')}/.well-known/openid-configuration")
        found = read if isinstance(read, Refusal) else _metadata(read, self.configured.issuer)
        if isinstance(found, Refusal):
            return known[1] if known is not None else found
        with self._lock:
            self._metadata = (now_ms, found)
        return found

    def _known_keys(self, metadata: _Metadata, now_ms: int, *, is_again: bool) -> KeySet | Refusal:
        with self._lock:
            known = self._keys
        if known is not None and now_ms - known[0] < (_AGAIN_MS if is_again else _KEPT_MS):
            return known[1]
        read = self._fetch("GET", metadata.jwks_uri)
        if isinstance(read, Refusal):
            return known[1] if known is not None else read
        listed = read.get("keys")
        try:
            keys = KeySet.import_key_set({"keys": [one for one in listed if one.get("kty") in _KINDS][:_KEYS]})  # type: ignore[union-attr]  # JSON of the provider, caught below
        except (JoseError, ValueError, TypeError, AttributeError, KeyError):
            return _AWAY
        with self._lock:
            self._keys = (now_ms, keys)
        return keys

    def _fetch(
        self, method: str, address: str, headers: Mapping[str, str] | None = None, body: str | None = None
    ) -> dict[str, Any] | Refusal:  # Any: JSON of the provider
        """Return an object that the provider answers with; no redirect is followed."""
        try:
            response = self._http.request(
                method, address, body=body, headers=dict(headers or {}), redirect=False, preload_content=False
            )
            try:
                read = response.read(_BYTES + 1)
            finally:
                response.release_conn() if response.length_remaining == 0 else response.close()
            answer = json.loads(read) if response.status == _OK and len(read) <= _BYTES else None
        except (urllib3.exceptions.HTTPError, ValueError, RecursionError):
            return _AWAY
        return answer if isinstance(answer, dict) else _AWAY


#: Kinds of public keys: none that is a shared secret.
_KINDS: Final = frozenset({"RSA", "EC", "OKP"})


def _metadata(read: Mapping[str, Any], issuer: str) -> _Metadata | Refusal:  # Any: JSON of the provider
    """Return the provider's metadata when it is of this issuer, and all of it is reached as safely as the issuer is."""
    asked = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    places = [read.get(name) for name in asked]
    scheme = urlsplit(issuer).scheme
    if read.get("issuer") != issuer or not all(
        isinstance(one, str) and urlsplit(one).scheme in {"https", scheme} for one in places
    ):
        return _AWAY
    ways = read.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    by_post = isinstance(ways, list) and "client_secret_basic" not in ways and "client_secret_post" in ways
    return _Metadata(
        str(places[0]),
        str(places[1]),
        str(places[2]),
        by_post,
        read.get("authorization_response_iss_parameter_supported") is True,
    )
