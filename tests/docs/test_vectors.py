"""The files of tests/vectors, read as docs/specs says and by nothing of ours; and by us, so that both agree."""

import base64
import hashlib
import hmac
import io
import json
import struct
import zipfile
from datetime import datetime, timedelta

import lz4.block
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from jsonschema import Draft202012Validator
from tests.conftest import REPOSITORY

from avow.audit import note, proof
from avow.collection.feeds.portals import FeedKey, unsigned
from avow.rights import archive
from avow.spool import segments

VECTORS = REPOSITORY / "tests" / "vectors"
DOCS = REPOSITORY / "docs"


def vector(name):
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


def plain(text):
    return base64.b64decode(text, validate=True)


def groups(segment, key, name):
    """Yield the unpacked frames of a segment, as docs/specs/spool.md says."""
    assert segment[:8] == b"AVOWSPL2"
    at = 8
    while (length := struct.unpack_from(">I", segment, at)[0]) != 0xFFFFFFFF:
        sealed = segment[at + 4 : at + 4 + length]
        yield lz4.block.decompress(AESGCM(key).decrypt(at.to_bytes(12, "big"), sealed, name.encode()))
        at += 4 + length


def records(group):
    while group:
        (length,) = struct.unpack_from(">I", group)
        yield group[4 : 4 + length]
        group = group[4 + length :]


def test_a_segment_is_read_by_its_specification(tmp_path):
    """Frames, nonces, packing and lengths; our own reader finds the same."""
    given = vector("spool")
    expected, key = [plain(one) for one in given["records"]], plain(given["key"])
    found = list(groups(plain(given["segment"]), key, given["name"]))
    assert (len(found), [one for group in found for one in records(group)]) == (2, expected)
    path = tmp_path / f"{given['name']}.segment"
    path.write_bytes(plain(given["segment"]))
    assert list(segments.read(path, key, 0, writer_is_gone=True, limit=1 << 20).records) == expected


def test_an_archive_is_read_by_its_specification():
    """Moments and days, texts, files by their list; two sections of one title, each with its own; and its schema."""
    given = vector("archive")
    found = json.loads(given["archive"])
    Draft202012Validator(json.loads((DOCS / "specs" / "archive.schema.json").read_text())).validate(found)
    assert (found["format"], found["since"]) == ("avow-archive-3", "2026-11-01")
    assert datetime.fromisoformat(found["made"]).utcoffset() == timedelta(0)
    assert [one["title"] for one in found["sections"]] == ["Contact form", "Contact form", "Your choices"]
    (said,), (choice,) = found["sections"][0]["records"], found["sections"][2]["records"]
    assert said["at"] == "2026-11-18T11:06:40.123+00:00"
    assert (said["collected_at"], choice["collected_at"]) == ("contact-form", "")
    assert said["fields"]["message"] == "Größe 東京; my number is [a Social Security number is held here]"
    assert {one["category"] for one in found["categories"]} <= set("ABCDEFGHIJKL")
    with zipfile.ZipFile(io.BytesIO(plain(given["archive.zip"]))) as packed:
        held = {one.filename: packed.read(one) for one in packed.infolist()}
    assert held["archive.json"] == given["archive"].encode()
    listed = {one["name"]: (one["bytes"], one["sha256"]) for one in found["files"] if one["packed"]}
    assert listed == {name: (len(held[name]), hashlib.sha256(held[name]).hexdigest()) for name in listed}
    assert {name: digest for name, (_, digest) in listed.items()} == given["found"]


def test_the_schema_in_an_archive_is_that_of_the_specification():
    """What a person gets next to `archive.json` is what is published."""
    assert (DOCS / "specs" / "archive.schema.json").read_bytes() == archive.SCHEMA


def test_the_manifest_of_an_archive_is_read_by_its_specification():
    """A signed note: a line for each file but itself, whose bytes have that hash; its key is that of the log."""
    given = vector("archive")
    with zipfile.ZipFile(io.BytesIO(plain(given["archive.zip"]))) as packed:
        held = {one.filename: packed.read(one) for one in packed.infolist()}
    signed, _, signatures = held.pop("manifest.txt").decode().rpartition("\n\n")
    header, reference, made, *lines = signed.split("\n")
    assert (header, reference, made) == ("avow-archive-manifest-1", "0123456789", "2026-11-23T19:00:00+00:00")
    said = [(digest, int(size), json.loads(name)) for digest, size, name in (line.split(" ", 2) for line in lines)]
    assert said == [(hashlib.sha256(one).hexdigest(), len(one), name) for name, one in held.items()]
    name, _, blob = signatures.removeprefix("\N{EM DASH} ").strip().partition(" ")
    _, _, key = given["key"].split("+", 2)
    public = Ed25519PublicKey.from_public_bytes(plain(key)[1:])
    public.verify(plain(blob)[4:], f"{signed}\n".encode())
    assert given["key"].startswith(f"{name}+")


def root_of(leaf, index, size, path):
    """Return the root that an inclusion proof leads to (RFC 9162, section 2.1.3.2)."""
    node, last = leaf, size - 1
    for other in path:
        if index % 2 or index == last:
            node = hashlib.sha256(b"\1" + other + node).digest()
            while index and not index % 2:
                index, last = index // 2, last // 2
        else:
            node = hashlib.sha256(b"\1" + node + other).digest()
        index, last = index // 2, last // 2
    return node


def test_a_proof_is_checked_by_its_specification():
    """Signature, way to the root, whom and what the entry is about; our own check says the same."""
    given = vector("proof")
    head, _, checkpoint = given["proof"].partition("\n\n")
    _, extra, index, *path = head.split("\n")
    extra = json.loads(plain(extra.removeprefix("extra ")))
    signed, _, line = checkpoint.rpartition("\n\n")
    _, size, root = signed.split("\n")
    key, entry = plain(given["key"].split("+", 2)[2])[1:], plain(extra["entry"])
    Ed25519PublicKey.from_public_bytes(key).verify(plain(line.split()[-1])[4:], f"{signed}\n".encode())
    leaf = hashlib.sha256(b"\0" + entry).digest()
    assert root_of(leaf, int(index.removeprefix("index ")), int(size), [plain(one) for one in path]) == plain(root)
    said, salt = json.loads(entry), plain(extra["salt"])
    assert said == given["statement"]
    assert said["about"] == hmac.digest(salt, given["reference"].encode(), "sha256").hex()
    assert said["found"] == hmac.digest(salt, plain(extra["found"]), "sha256").hex()
    assert proof.verify(proof.read(given["proof"]), note.Verifier.parse(given["key"])).items() >= said.items()


@pytest.mark.parametrize("number", [0, 1])
def test_a_delivery_is_checked_by_its_specification(number):
    """By HMAC-SHA256 and by Ed25519 over the same content; our own check takes it, and not with another body."""
    given = vector("feed")
    one, content = given["signed"][number], f"{given['id']}.{given['timestamp']}.{given['body']}".encode()
    key, (kind, mark) = plain(one["key"].partition("_")[2]), one["signature"].split(",")
    if kind == "v1":
        assert hmac.digest(key, content, "sha256") == plain(mark)
    else:
        Ed25519PublicKey.from_public_bytes(key).verify(plain(mark), content)
    asked = FeedKey(one["key"]), given["id"], given["timestamp"]
    now_ms = int(given["timestamp"]) * 1000
    assert unsigned(*asked, content, one["signature"], now_ms) is None
    assert unsigned(*asked, content + b" ", one["signature"], now_ms).status == 401
