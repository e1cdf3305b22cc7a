"""An authorized agent with keys of its own that speaks the Data Rights Protocol over HTTP, as the specification says, by itself.

It signs with PyNaCl's way of putting signature and message together, and knows nothing of the program's own code.
"""

import base64
import json
from datetime import UTC, timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

BUSINESS = "MARROWBY"
TEXT = {"Content-Type": "text/plain"}


class SmallAgent:
    """An agent: `clock` says what time it believes it is, `client` carries its calls."""

    def __init__(self, client, clock, drp_id="AA_TEST", seed=bytes(range(32)), web_url="https://agent.example.com"):
        self.client, self.clock, self.id, self.web_url = client, clock, drp_id, web_url
        self.key = Ed25519PrivateKey.from_private_bytes(seed)
        self.token = ""

    @property
    def entry(self):
        """Its entry in the directory."""
        key = base64.b64encode(self.key.public_key().public_bytes_raw()).decode()
        contacts = {"technical_contact": f"tech@{self.id.lower()}.example.com", "business_contact": "office@example.com"}
        urls = {"web_url": self.web_url, "identity_assurance_url": f"{self.web_url}/assurance"}
        return {"id": self.id, "name": f"Agent {self.id}", "verify_key": key, **urls, **contacts}

    def sign(self, message):
        """Return the body of what it signed: an object, or bytes as they are."""
        plain = message if isinstance(message, bytes) else json.dumps(message).encode()
        return base64.b64encode(self.key.sign(plain) + plain)

    def frame(self, age=timedelta(), lasts=timedelta(minutes=15), **changed):
        """Return what each message says of itself, written `age` ago."""
        issued = self.clock() - age
        said = {"agent-id": self.id, "business-id": BUSINESS, "drp.version": "1.0"}
        said |= {"issued-at": self._written(issued), "expires-at": self._written(issued + lasts)}
        return said | {
            name.replace("_", "-") if name != "drp_version" else "drp.version": value for name, value in changed.items()
        }

    def asks(self, action="deletion", email="robin@example.com", **more):
        """Return a message that exercises a right."""
        return self.frame() | {"exercise": action, "email": email} | more

    def set_up(self, body=None, agent_id=None):
        """Set up a key, and keep the token."""
        body = self.sign(self.frame()) if body is None else body
        answer = self.client.post(f"/v1/agent/{agent_id or self.id}", content=body, headers=TEXT)
        if answer.status_code == 200:
            self.token = answer.json()["token"]
        return answer

    def info(self, agent_id=None, token=None):
        """Ask whether the token is good."""
        return self.client.get(f"/v1/agent/{agent_id or self.id}", headers=self.bearer(token))

    def exercise(self, message=None, *, body=None, path="/v1/data-rights-request", headers=TEXT, token=None):
        """Exercise a right."""
        body = self.sign(self.asks() if message is None else message) if body is None else body
        return self.client.post(path, content=body, headers={**headers, **self.bearer(token)})

    def status(self, request_id):
        """Ask what became of a request."""
        return self.client.get(f"/v1/data-rights-request/{request_id}", headers=self.bearer())

    def revoke(self, request_id, body=None, headers=None):
        """Take a request back; without a Content-Type, as one agent does."""
        body = self.sign({"reason": "my person changed their mind"}) if body is None else body
        path = f"/v1/data-rights-request/{request_id}"
        return self.client.request("DELETE", path, content=body, headers={**(headers or {}), **self.bearer()})

    def bearer(self, token=None):
        token = self.token if token is None else token
        return {"Authorization": f"Bearer {token}"} if token else {}

    @staticmethod
    def _written(moment):
        return moment.astimezone(UTC).isoformat(timespec="milliseconds")
