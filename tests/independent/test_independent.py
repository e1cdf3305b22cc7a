"""Proofs and logs are checked by another program: verify.go, next to this file, over the notes and trees of golang.org/x/mod."""

import base64
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.answered import typed
from tests.conftest import REPOSITORY

from avow.audit import note, proof
from avow.definitions import ProofInvalid

VECTORS = REPOSITORY / "tests" / "vectors"
LOG = json.loads((VECTORS / "log.json").read_text(encoding="utf-8"))
#: Debian keeps the sources of Go's packages here; nothing is fetched.
PACKAGES = "/usr/share/gocode"


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    """Ask the other program: `ask(question, ...)` returns its answers. Compiled once; what it compiles of others is kept."""
    made = tmp_path_factory.mktemp("independent") / "verify"
    alone = {"GO111MODULE": "off", "GOPATH": PACKAGES, "GOCACHE": str(REPOSITORY / ".venv" / "go"), "CGO_ENABLED": "0"}
    environment = {"PATH": os.environ["PATH"], "GOTOOLCHAIN": "local", **alone}
    source = Path(__file__).with_name("verify.go")
    subprocess.run(["/usr/bin/go", "build", "-trimpath", "-o", made, source], env=environment, check=True)

    def answers(*questions):
        lines = "".join(json.dumps(one) + "\n" for one in questions)
        done = subprocess.run([made], input=lines, capture_output=True, text=True, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    return answers


@pytest.fixture
def published(tmp_path):
    """The published log of the vector, in a folder."""
    folder = tmp_path / "audit"
    for name, content in LOG["files"].items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(content))
    return folder


def checked(text, key=LOG["key"]):
    """Return what our own check says of a proof."""
    return proof.verify(proof.read(text), note.Verifier.parse(key))


@pytest.mark.parametrize("number", range(len(LOG["proofs"])))
def test_a_proof_is_taken_by_both(ask, published, number):
    """At each size of the log, with what was found in clear or under the salt: the same statement; and the log continues each."""
    given = LOG["proofs"][number]
    (found,) = ask({"key": LOG["key"], "proof": given["proof"]})
    assert (found["statement"], found.get("found"), found["size"]) == (given["statement"], given["found"], given["size"])
    assert checked(given["proof"]).items() >= given["statement"].items()
    assert ask({"key": LOG["key"], "proof": given["proof"], "log": str(published)})[0]["size"] == 300
    assert proof.check(given["proof"], published, LOG["key"])["about"] == given["statement"]["about"]


@pytest.mark.parametrize("why", LOG["refused"])
def test_a_wrong_proof_is_refused_by_both(ask, why):
    """Signature, key, size, root, path, statement, salt, and each other way of writing."""
    assert "refused" in ask({"key": LOG["key"], "proof": LOG["refused"][why]})[0]
    with pytest.raises(ProofInvalid):
        checked(LOG["refused"][why])


def test_no_sign_of_a_proof_can_be_changed(ask):
    """Each one by another that could be there in its place: refused by both, whichever it is."""
    right = LOG["proofs"][4]["proof"]
    changed = [f"{right[:at]}{'B' if sign == 'A' else 'A'}{right[at + 1 :]}" for at, sign in enumerate(right)]
    found = ask(*({"key": LOG["key"], "proof": one} for one in changed))
    assert [at for at, one in enumerate(found) if "refused" not in one] == []
    for one in changed:
        with pytest.raises(ProofInvalid):
            checked(one)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("tile/entries/000", lambda body: body.replace(b'"left":0', b'"left":1', 1)),
        ("tile/entries/001.p/44", lambda body: body[:-1]),
        ("tile/0/000", lambda body: bytes(32) + body[32:]),
        ("tile/1/000.p/1", lambda body: bytes(len(body))),
        ("checkpoint", lambda body: body.replace(b"\n300\n", b"\n299\n")),
        ("checkpoint", lambda body: body[: body.rindex(b"\n\n") + 2]),
    ],
    ids=["entry", "bundle", "hash", "tile", "size", "signature"],
)
def test_a_log_that_was_changed_is_refused(ask, published, name, change):
    """An entry, a hash of any level, the checkpoint."""
    assert ask({"key": LOG["key"], "log": str(published)}) == [{"size": 300}]
    before = (published / name).read_bytes()
    (published / name).write_bytes(change(before))
    assert (published / name).read_bytes() != before
    assert "refused" in ask({"key": LOG["key"], "log": str(published)})[0]


def test_a_log_that_does_not_continue_the_proof_is_refused(ask, published, tmp_path):
    """One that was rewritten since, and signed by the same key: shorter than the log that the proof was in."""
    shorter = tmp_path / "shorter"
    shutil.copytree(published, shorter)
    first, whole = (LOG["proofs"][number]["proof"] for number in (1, 5))
    (shorter / "checkpoint").write_text(first.partition("\n\n")[2], encoding="utf-8")
    for name, width in (("entries", 7), ("0", 7)):
        assert (shorter / "tile" / name / f"000.p/{width}").exists()
    assert ask({"key": LOG["key"], "log": str(shorter)}) == [{"size": 7}]
    assert "shorter" in ask({"key": LOG["key"], "log": str(shorter), "proof": whole})[0]["refused"]


def test_the_answer_of_a_real_request_is_checked(ask, running, mailbox):
    """To know, and to delete: the proof that came with the message, by the key alone and with the log as it is served."""
    address, browser = "robin.independent@example.com", running.browser()
    form = {"name": "Robin", "company": "Acme", "email": address, "message": "What another program checks"}
    assert browser.post("/avow/forms/contact-form", data=form).status_code == 303
    running.drain()
    for kind in ("know", "delete"):
        before = len(mailbox.messages)
        browser.post(f"/privacy/{kind}", data={"email": address, "period": "everything"})
        letter = mailbox.to(address, "confirm", before).get_body(("plain",)).get_content()
        known = typed(name="Robin", company="Acme")
        browser.post(re.search(r"http://\S+/privacy/verify/\S+", letter)[0], data=known)
        text = next(mailbox.to(address, "done", before).iter_attachments()).get_content().decode()
        key = browser.get("/audit/key").text.strip()
        given = {"key": key, "proof": text}
        alone, whole = ask(given, {**given, "log": str(running.data / "audit" / "public")})
        assert alone["statement"]["what"] == f"request.{kind}.done"
        assert alone["found"] == checked(text, key)["targets"]
        assert (whole["statement"], whole["size"] >= alone["size"]) == (alone["statement"], True)
        assert "refused" in ask({"key": LOG["key"], "proof": text})[0]
