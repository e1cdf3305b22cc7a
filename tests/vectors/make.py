"""Makes the vectors next to it, by which another program checks that it reads our formats: `python -m tests.vectors.make NAME`.

The files are kept: made again they have other keys and moments, and hold the same as before by the tests that read them.
"""

import asyncio
import base64
import hashlib
import hmac
import io
import json
import os
import sys
import tempfile
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from tests.archives import written
from tests.houses import compiled

from avow.audit import merkle, note, proof
from avow.audit.log import Log
from avow.definitions import moment
from avow.rights import archive
from avow.rights.category_answers import Disclosed
from avow.rights.never_disclose import Redactor
from avow.rights.packing import Packing
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


def statement(number, salt, reference, found):
    """Return an entry about a request; of an earlier version where what was found is said in clear."""
    said = {"what": "request.delete.done", "about": proof.blinded(salt, reference), "at": 1_795_003_200_000 + number, "left": 0}
    if not found:
        return proof.canonical({**said, "targets": {"files": {"did": "erased", "records": number}}})
    return proof.canonical({**said, "found": hmac.new(salt, found, hashlib.sha256).hexdigest()})


def published():
    """Return a log of 300 entries as it is published, with proofs of statements in it, made while it grew."""
    made, proofs = [], {}
    for size, index in ((1, 0), (7, 3), (256, 255), (257, 256), (300, 6), (300, 299)):
        found = b"" if index == 3 else proof.canonical({"event store": {"did": "erased", "records": index}})
        salt, reference = hashlib.sha256(b"salt %d" % index).digest()[:16], f"VECTOR-{index}"
        proofs[index] = (size, salt, reference, found, statement(index, salt, reference, found))
    texts = [proofs[n][-1] if n in proofs else b'{"n":%d}' % n for n in range(300)]
    with tempfile.TemporaryDirectory() as folder:
        public, private = Path(folder) / "public", Path(folder) / "private"
        private.mkdir()
        key = Ed25519PrivateKey.from_private_bytes(SEED)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (private / "signing-key.pem").write_bytes(pem)
        log = Log(public, private, ORIGIN)
        at = 0
        for size in sorted({one[0] for one in proofs.values()}):
            log.append(list(enumerate(texts[at:size], start=at + 1)))
            at = size
            for index, (wanted, salt, reference, found, entry) in proofs.items():
                if wanted == size:
                    place, path, checkpoint = log.prove(entry)
                    written = proof.write(proof.Proof(entry, salt, reference, place, path, checkpoint, found))
                    made.append(
                        {
                            "size": size,
                            "index": index,
                            "reference": reference,
                            "statement": json.loads(entry),
                            "found": json.loads(found) if found else None,
                            "proof": written,
                        }
                    )
        files = {str(one.relative_to(public)): text(one.read_bytes()) for one in sorted(public.rglob("*")) if one.is_file()}
    return {
        "key": note.verifier_key(ORIGIN, key),
        "files": files,
        "proofs": made,
        "refused": broken(made[4]["proof"], made[0]["proof"]),
    }


def broken(right, other):
    """Return proofs that a check MUST refuse, by what is wrong with each; `other` is a valid one of a smaller log."""
    head, _, checkpoint = right.partition("\n\n")
    header, extra, index, *path = head.split("\n")
    origin, size, root, _, signature, _ = checkpoint.split("\n")
    said = json.loads(base64.b64decode(extra.removeprefix("extra ")))

    def written(*, extra=extra, index=index, path=path, checkpoint=checkpoint):
        return "\n".join([header, extra, index, *path]) + f"\n\n{checkpoint}"

    def along(**changed):
        return written(extra=f"extra {text(proof.canonical({**said, **changed}))}")

    def flipped(encoded, at=-1):
        plain = bytearray(base64.b64decode(encoded))
        plain[at] ^= 1
        return text(bytes(plain))

    def forged(private, name=ORIGIN):
        return note.sign(note.Checkpoint(name, int(size), base64.b64decode(root)), private)

    dash, name, blob = signature.split(" ")
    another = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"another vector's key").digest())
    unsigned = f"{origin}\n{size}\n{root}\n\n"
    entry = base64.b64decode(said["entry"])
    return {
        "signature": written(checkpoint=f"{unsigned}{dash} {name} {flipped(blob)}\n"),
        "id of the key": written(checkpoint=f"{unsigned}{dash} {name} {flipped(blob, 0)}\n"),
        "signed by another key": written(checkpoint=forged(another)),
        "signed for another log": written(checkpoint=forged(another, "other.example/audit")),
        "no signature": written(checkpoint=unsigned),
        "size": written(checkpoint=checkpoint.replace(f"\n{size}\n", f"\n{int(size) + 1}\n", 1)),
        "root": written(checkpoint=checkpoint.replace(root, flipped(root), 1)),
        "origin": written(checkpoint=checkpoint.replace(origin, "other.example/audit", 1)),
        "checkpoint of a smaller log": written(checkpoint=other.partition("\n\n")[2]),
        "a hash of the path": written(path=[*path[:2], flipped(path[2]), *path[3:]]),
        "a hash missing": written(path=path[:-1]),
        "a hash too many": written(path=[*path, path[-1]]),
        "hashes in another order": written(path=[path[1], path[0], *path[2:]]),
        "index": written(index="index 7"),
        "index beyond the log": written(index=f"index {size}"),
        "statement": along(entry=text(entry.replace(b'"left":0', b'"left":1'))),
        "reference": along(reference="VECTOR-9"),
        "salt": along(salt=flipped(said["salt"])),
        "what was found": along(found=text(base64.b64decode(said["found"]).replace(b"6", b"5"))),
        "what was found left out": written(
            extra=f"extra {text(proof.canonical({name: said[name] for name in said if name != 'found'}))}"
        ),
        "ends of lines": right.replace("\n", "\r\n"),
        "a zero before the index": written(index=index.replace(" ", " 0")),
        "a sign before the index": written(index=index.replace(" ", " +")),
        "another order of names": written(
            extra=f"extra {text(json.dumps(dict(reversed(said.items())), separators=(',', ':')).encode())}"
        ),
        "one name more": along(more="x"),
        "text below the signatures": f"{right}Nobody signed this.\n",
        "text above the header": f"\n{right}",
        "no end": right[:-1],
    }


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
    rulebook, private = compiled(), Ed25519PrivateKey.from_private_bytes(SEED)
    message = Redactor().text("Größe 東京; my number is 078-05-1120")
    note_to_us = {"email": "kim@example.com", "message": message}
    choice = {"purpose": "audience-measurement", "choice": "opted out", "by": "link"}
    sections = (
        archive.Section("Contact form", (archive.Item(1_795_000_000_123, "contact-form", note_to_us),)),
        archive.Section("Contact form", ()),
        archive.Section("Your choices", (archive.Item(1_795_000_000_456, "", choice),)),
    )
    content = b"%PDF-1.7\n%of nobody\n"
    digests = [hashlib.sha256(one).hexdigest() for one in (content, b"what is gone")]
    names = ("files/VECTOR-1/1-résumé.pdf", "files/VECTOR-1/2-letter.odt")
    files = (
        archive.SentFile(names[0], "resume", "pdf", len(content), digests[0], packed=True),
        archive.SentFile(names[1], "resume", "odt", 12, digests[1], packed=False, why="its bytes cannot be read any more"),
    )
    facts = archive.Facts("0123456789", rulebook.controller.name, 1_795_460_400_000, "2026-11-01", files=files)
    made = written(facts, sections, (Disclosed("mail-service", "AB"),), rulebook)
    file = io.BytesIO()
    with Packing(file, facts.reference, moment(facts.made_ms), partial(note.sign_text, name=ORIGIN, private=private)) as packed:
        for name, one in (("archive.html", made.page), ("archive.json", made.data), ("records.csv", made.table)):
            packed.add(name, [one])
        packed.add(names[0], [content], is_packed=False)
    return {
        "archive": made.data.decode(),
        "archive.zip": text(file.getvalue()),
        "key": note.verifier_key(ORIGIN, private),
        "found": {names[0]: digests[0]},
    }


if __name__ == "__main__":
    makers = {"spool": spool, "proof": proved, "log": published, "feed": feed, "archive": archived}
    for name in sys.argv[1:] or makers:
        (HERE / f"{name}.json").write_text(json.dumps(makers[name](), indent=1) + "\n", encoding="utf-8")
