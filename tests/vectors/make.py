"""Makes the vectors next to it, by which another program checks that it reads our formats: `python -m tests.vectors.make NAME`.

The files are kept: made again they have other keys and moments, and hold the same as before by the tests that read them.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import sys
import tempfile
from datetime import date
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.houses import compiled

from avow.audit import merkle, note, proof
from avow.definitions import RequestKind
from avow.rights import archive
from avow.rights.cases import Case, Contact
from avow.spool.spool import Spool

HERE = Path(__file__).parent
SEED = hashlib.sha256(b"a vector's key, of nobody").digest()
ORIGIN = "marrowby.example/audit"


class Keys(dict):
    """The vault's part that a spool needs."""

    def create_key(self, _scope, name):
        return self.setdefault(name, os.urandom(32))

    def destroy_key(self, _scope, name):
        self.pop(name, None)


def text(content):
    """Return bytes in base64."""
    return base64.b64encode(content).decode()


def spool():
    """Return a segment of three records in two frames, with its name and key."""
    keys, records = Keys(), [b"\x91\x01", b"\x92\xa1a\xa1b", b"\x93\x01\x02\x03" * 40]
    with tempfile.TemporaryDirectory() as folder:

        async def run():
            writer = Spool(Path(folder), keys, 1 << 30)
            await writer.append(records[:2])
            await writer.append(records[2:])
            writer.close()

        asyncio.run(run())
        (path,) = Path(folder).glob("*/*.segment")
        return {
            "name": path.stem,
            "key": text(keys[path.stem]),
            "segment": text(path.read_bytes()),
            "records": [text(one) for one in records],
        }


def proved():
    """Return a proof of one entry of seven, with the key of the log and what the proof says."""
    salt, reference, found = bytes(range(16)), "VECTOR-1", proof.canonical({"files": {"did": "erased", "records": 2}})
    about, digest = proof.blinded(salt, reference), hmac.new(salt, found, hashlib.sha256).hexdigest()
    statement = {"what": "request.delete.done", "about": about, "at": 1_795_003_200_000, "left": 0, "found": digest}
    entry = proof.canonical(statement)
    entries = [b'{"n":%d}' % number for number in range(3)] + [entry] + [b'{"n":%d}' % number for number in range(4, 7)]
    private = Ed25519PrivateKey.from_private_bytes(SEED)
    leaves = [merkle.leaf_hash(one) for one in entries]
    signed = note.sign(note.Checkpoint(ORIGIN, len(leaves), merkle.root(leaves)), private)
    made = proof.Proof(entry, salt, reference, 3, tuple(merkle.inclusion_path(3, leaves)), signed, found)
    return {"key": note.verifier_key(ORIGIN, private), "proof": proof.write(made), "reference": reference, "statement": statement}


def feed():
    """Return a signed delivery of a feed, under a shared secret and under a public key."""
    body, delivery_id, at = '{"timestamp":"2026-11-20T10:00:00Z","data":{"email":"kim@example.com"}}', "vector-1", 1_795_003_200
    content, private = f"{delivery_id}.{at}.{body}".encode(), Ed25519PrivateKey.from_private_bytes(SEED)
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {
        "id": delivery_id,
        "timestamp": str(at),
        "body": body,
        "signed": [
            {"key": f"whsec_{text(SEED)}", "signature": f"v1,{text(hmac.digest(SEED, content, 'sha256'))}"},
            {"key": f"whpk_{text(public)}", "signature": f"v1a,{text(private.sign(content))}"},
        ],
    }


def archived():
    """Return an archive of an invented person of the example, with one of two files packed, and what its ZIP archive holds."""
    rulebook = compiled()
    rest = ("web", False, (), Contact("kim@example.com", since="2026-11-01"))
    day = date(2026, 11, 23)
    case = Case("0123456789ab", RequestKind.KNOW, 1_795_456_800_000, day, rulebook.id, *rest)
    note_to_us = {"email": "kim@example.com", "message": "Größe 東京; my number is 078-05-1120"}
    choice = {"purpose": "audience-measurement", "choice": "opted out", "by": "link"}
    sections = (
        archive.Section("Contact form", (archive.Item(1_795_000_000_123, "contact-form", note_to_us),)),
        archive.Section("Contact form", ()),
        archive.Section("Your choices", (archive.Item(1_795_000_000_456, "", choice),)),
    )
    content = b"%PDF-1.7\n%of nobody\n"
    digests = [hashlib.sha256(one).hexdigest() for one in (content, b"what is gone")]
    files = (
        archive.SentFile("VECTOR-1/1-résumé.pdf", "resume", "pdf", len(content), digests[0], packed=True),
        archive.SentFile("VECTOR-1/2-letter.odt", "resume", "odt", 12, digests[1], packed=False),
    )
    disclosed = (archive.Disclosed("mail-service", "AB"),)
    made = archive.make(case, sections, disclosed, files, rulebook, 1_795_460_400_000)
    return {
        "archive": made.data.decode(),
        "files.zip": text(archive.pack([(files[0], content)])),
        "found": {files[0].name: digests[0]},
    }


if __name__ == "__main__":
    makers = {"spool": spool, "proof": proved, "feed": feed, "archive": archived}
    for name in sys.argv[1:] or makers:
        (HERE / f"{name}.json").write_text(json.dumps(makers[name](), indent=1) + "\n", encoding="utf-8")
