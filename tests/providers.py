"""A real OpenID provider for the tests: npm's oidc-provider, in a process of its own, whose accounts and faults a test sets."""

from __future__ import annotations

import subprocess
from pathlib import Path

import httpx
from tests.conftest import free_port

FOLDER = Path(__file__).parent / "openid"
SECRET = "a secret of the tests / with : signs"


class OpenIDProvider:
    """The provider, which sends browsers back to one address."""

    def __init__(self, callback):
        self.port = free_port()
        self.issuer = f"http://127.0.0.1:{self.port}"
        command = ["node", "provider.mjs", str(self.port), callback]
        self._process = subprocess.Popen(command, cwd=FOLDER, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        said = iter(self._process.stdout.readline, "")  # until it ends, if it does not start
        assert "ready\n" in said, "the provider does not start; `make debian` installs it"

    def account(self, subject, **claims):
        """Have an account with these claims."""
        httpx.post(f"{self.issuer}/accounts", json={subject: claims}).raise_for_status()

    def faults(self, **faults):
        """Have `header` and `claims` put into each ID token; `foreign`: signed by a key that is not the provider's."""
        httpx.post(f"{self.issuer}/faults", json=faults).raise_for_status()

    def configuration(self, secret_file, **more):
        """Return the table of the configuration."""
        rows = {"issuer": f'"{self.issuer}"', "client_id": '"avow"', "client_secret_file": f'"{secret_file}"', **more}
        return "[openid_connect]\n" + "".join(f"{name} = {value}\n" for name, value in rows.items())

    def walk(self, address, subject):
        """Sign in as a subject from where Avow sends a browser; return the address that the provider sends it back to."""
        with httpx.Client(cookies={"account": subject} if subject else {}) as browser:
            for _ in range(12):
                answer = browser.get(address)
                assert answer.is_redirect, answer.text
                address = str(httpx.URL(address).join(answer.headers["location"]))
                if not address.startswith(self.issuer):
                    return address
        raise AssertionError("the provider leads nowhere")

    def stop(self):
        self._process.terminate()
        self._process.wait(30)
