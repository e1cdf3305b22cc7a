"""A real HTTPS server that takes webhooks, and checks their signatures as the standard says, by itself."""

import base64
import hashlib
import hmac
import json
import secrets
import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAMES = ("crm.example.com", "localhost")


def _named(words):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, words)])


def _certificate(subject, issuer, key, signing, *, is_authority, names=()):
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
    made = made.not_valid_after(now + timedelta(days=30))
    made = made.add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key())
    made = made.add_extension(authority, critical=False)
    if is_authority:
        uses = dict.fromkeys(("key_encipherment", "data_encipherment", "key_agreement", "content_commitment"), False)
        only = dict.fromkeys(("encipher_only", "decipher_only"), False)
        usage = x509.KeyUsage(digital_signature=True, key_cert_sign=True, crl_sign=True, **uses, **only)
        made = made.add_extension(usage, critical=True)
    if names:
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), critical=False)
    return made.sign(signing, hashes.SHA256())


def authority(folder, names=NAMES):
    """Write an authority of its own, and what it certifies for these names; return the file of the one, and of the other."""
    top, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ours = _certificate(_named("Authority of a test"), _named("Authority of a test"), top, top, is_authority=True)
    leaf = _certificate(_named(names[0]), _named("Authority of a test"), own, top, is_authority=False, names=names)
    pem = serialization.Encoding.PEM
    key = own.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "ca.pem").write_bytes(ours.public_bytes(pem))
    (folder / "server.pem").write_bytes(key + leaf.public_bytes(pem))
    return folder / "ca.pem", folder / "server.pem"


class Receiver:
    """A recipient's server. `answers` are what it says to the next ones: a status, or a function of the handler; then 204."""

    def __init__(self, folder, *, is_plain=False):
        self.ca, pair = authority(folder)
        self.secret = secrets.token_bytes(32)
        self.key_file = folder / "crm.key"
        self.key_file.write_text(f"whsec_{base64.b64encode(self.secret).decode()}\n", encoding="utf-8")
        self.taken, self.answers, self.pages = [], [], {}
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                receiver._post(self)

            def do_GET(self):
                receiver._get(self)

            def log_message(self, *_arguments):
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if not is_plain:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(pair)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _get(self, handler):
        """Hand out a page: by its path a status, headers and bytes."""
        status, headers, content = self.pages.get(handler.path, (404, {}, b""))
        handler.send_response(status)
        for name, value in {"content-length": str(len(content)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)

    def _post(self, handler):
        content = handler.rfile.read(int(handler.headers["content-length"]))
        self.taken.append((handler.path, {name.lower(): value for name, value in handler.headers.items()}, content))
        answer = self.answers.pop(0) if self.answers else 204
        if callable(answer):
            answer(handler)
        else:
            handler.send_response(answer)
            handler.send_header("content-length", "0")
            handler.end_headers()

    @property
    def bodies(self):
        """What came, read."""
        return [json.loads(content) for _, _, content in self.taken]

    @property
    def ids(self):
        """Under which ids."""
        return [headers["webhook-id"] for _, headers, _ in self.taken]

    def is_signed(self, number=0, secret=None):
        """Tell whether what came is signed under our secret, as Standard Webhooks says."""
        _, headers, content = self.taken[number]
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + content
        wanted = base64.b64encode(hmac.digest(secret or self.secret, signed, hashlib.sha256)).decode()
        return f"v1,{wanted}" in headers["webhook-signature"].split(" ")

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
