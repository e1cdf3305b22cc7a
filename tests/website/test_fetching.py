"""Fetching of the site's own pages: nothing unverified, nothing endless, nothing of another site."""

import socket
import ssl
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from avow.definitions import Refusal
from avow.website import fetching
from avow.website.fetching import Fetcher

from .conftest import listening


def test_certificate_that_nobody_vouches_for_is_refused(tmp_path):
    """A machine between the site and its visitors is not believed."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    certificate = made.not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    none = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, none)
    (tmp_path / "pem").write_bytes(pem + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "pem")
    with listening(lambda _: (200, {}, b"trust me"), context) as origin:
        answer = Fetcher(origin).get("/")
    assert isinstance(answer, Refusal)
    assert "certificate" in answer.reason


def test_too_large_and_absent_answers_are_refusals(site):
    """With the reason in words, and no exception."""
    site["/large"] = "x" * 5_000
    fetcher = Fetcher(site.origin)
    assert "larger than 4999 bytes" in fetcher.get("/large", 4_999).reason
    assert fetcher.get("/large", 5_000).status == 200
    assert "no answer" in Fetcher("http://127.0.0.1:9").get("/").reason


def test_site_is_asked_by_its_name_through_another_address(site):
    """Pages that Avow serves are fetched from its listener, as if by the public name."""
    site["/"] = "here"
    fetcher = Fetcher("https://www.marrowby.example", site.origin)
    assert fetcher.get("/").text() == "here"
    assert fetcher.path_of("https://www.marrowby.example/a?b=1#c") == "/a?b=1"


@pytest.mark.parametrize(
    "address", ["https://other.example/", "//other.example/", "http://[", "javascript:alert(1)", "http://www.x/"]
)
def test_address_of_another_site_is_none(address):
    """Only the very same scheme, host and port are the site."""
    assert Fetcher("https://www.x").path_of(address) == ""


def test_answer_that_never_ends_is_cut_off(monkeypatch):
    """A server that sends a byte now and then holds nobody for longer than an answer may take."""
    monkeypatch.setattr(fetching, "ANSWER_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=drip, args=(server,), daemon=True).start()
        assert "not whole" in Fetcher(f"http://127.0.0.1:{server.getsockname()[1]}").get("/").reason


def drip(server):
    """Answer one HTTP request byte by byte, until it is hung up."""
    connection, _ = server.accept()
    with connection, suppress(OSError):
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(1000):
            connection.sendall(b"x")
            time.sleep(0.02)
