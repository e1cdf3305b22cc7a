"""One service that runs as the unit says, and each proxy in front of it, for all tests of the files in `deploy/`."""

from __future__ import annotations

import ipaddress
import os
import shutil
import ssl
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.conftest import BROWSER, Person, free_port, wait_for
from tests.deploy.confined import DEPLOY, MONITOR, Service

NAME = "www.marrowby.example"


@pytest.fixture(scope="session")
def service():
    """The service, in a folder that its user reaches."""
    folder = Path(tempfile.mkdtemp(prefix="avow-service-", dir="/var/tmp"))
    folder.chmod(0o755)
    made = Service(folder, forked=False, origin=f"https://{NAME}")
    made.config.write_text(
        made.config.read_text().replace(
            "workers", f'trusted_proxies = ["127.0.0.1"]\nmetrics_from = ["127.0.0.1", "{MONITOR}"]\nworkers'
        )
    )
    made.data.mkdir(mode=0o700)
    yield made.start()
    made.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """The folder of a certificate for the site's name, signed by itself."""
    folder = tmp_path_factory.mktemp("certificate")
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    here = x509.SubjectAlternativeName([x509.DNSName(NAME), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
    signed = made.add_extension(here, critical=False).sign(key, hashes.SHA256())
    plain = serialization.NoEncryption()
    written = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "key.pem").write_bytes(written)
    (folder / "certificate.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    return folder


@dataclass(frozen=True)
class Proxy:
    """A proxy in front of the service: its ports, and who trusts its certificate."""

    tls: int
    plain: int
    trusted: ssl.SSLContext

    def browser(self, **headers):
        """Return a browser that visits the site through the proxy, under the site's name."""
        site = f"{NAME}:{self.tls}"
        says = {"User-Agent": BROWSER, "Host": site, "Origin": f"https://{site}", "Sec-Fetch-Site": "same-origin", **headers}
        return Person(base_url=f"https://127.0.0.1:{self.tls}", headers=says, verify=self.trusted, timeout=60)


@pytest.fixture(scope="session", params=["nginx", "caddy"])
def proxy(request, service, certificate, tmp_path_factory):
    """Each proxy by the file of `deploy/`, with other ports and another certificate, and no other change."""
    folder = tmp_path_factory.mktemp(request.param)
    made = Proxy(free_port(), free_port(), ssl.create_default_context(cafile=certificate / "certificate.pem"))
    command = {"nginx": _nginx, "caddy": _caddy}[request.param](made, service.port, certificate, folder)
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd=folder, env=environment)
    try:
        wait_for(lambda: process.poll() is not None or _answers(made), 60, "the proxy")
        assert process.poll() is None, (folder / "output").read_text()
        (folder / "bodies").chmod(0)  # nothing of a body is written there
        yield made
    finally:
        process.terminate()
        process.wait(30)


def _answers(made):
    try:
        return made.browser().get("/healthz").status_code == 200
    except httpx.HTTPError:
        return False


def _nginx(made, port, certificate, folder):
    """Write the file as Debian's nginx includes it, and return the command."""
    site = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    for before, after in (
        ("127.0.0.1:8400", f"127.0.0.1:{port}"),
        ("/etc/ssl/avow", str(certificate)),
        ("    listen [::]:80;\n", ""),
        ("    listen [::]:443 ssl http2;\n", ""),
        ("listen 80;", f"listen 127.0.0.1:{made.plain};"),
        ("listen 443 ssl", f"listen 127.0.0.1:{made.tls} ssl"),
    ):
        assert before in site
        site = site.replace(before, after)
    temporary = "".join(f"{kind}_temp_path {folder}/bodies;" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user nobody nogroup;" if os.geteuid() == 0 else ""
    (folder / "site.conf").write_text(site)
    (folder / "nginx.conf").write_text(
        f"{user} daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ gzip on; {temporary} include {folder}/site.conf; }}\n"
    )
    return ["/usr/sbin/nginx", "-e", str(folder / "error.log"), "-p", str(folder), "-c", str(folder / "nginx.conf")]


def _caddy(made, port, certificate, folder):
    """Write the file with a certificate that is there, and return the command."""
    (folder / "bodies").mkdir()
    site = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
    pair = f"tls {certificate}/certificate.pem {certificate}/key.pem"
    for before, after in (
        ("127.0.0.1:8400", f"127.0.0.1:{port}"),
        (
            "{\n\tservers {",
            f"{{\n\tadmin off\n\thttp_port {made.plain}\n\thttps_port {made.tls}\n\tservers {{",
        ),
        (f"{NAME} {{\n", f"{NAME} {{\n\t{pair}\n"),
    ):
        assert before in site
        site = site.replace(before, after)
    (folder / "Caddyfile").write_text(site)
    return ["/usr/bin/caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
