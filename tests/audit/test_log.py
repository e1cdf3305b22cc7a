"""The log's files, checkpoints and proofs: vectors of C2SP, crashes, tampering."""

import base64
import hashlib
import shutil

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from avow.audit import log, merkle, note, proof
from avow.definitions import AvowError, ProofInvalid

SEED = hashlib.sha256(b"scratch").digest()
VKEY = "example.com/ledger+38bd67b9+ASXLsOl5K6ZUJ2alHpBqYE/HDHOFMFQJv7A5tjAvssX3"
ORIGIN = "example.com/ledger"


def entry(number):
    return f'{{"op":"erase","seq":{number}}}'.encode()


@pytest.fixture
def ledger(tmp_path):
    return log.Log(tmp_path / "public", tmp_path / "private", ORIGIN)


def verifier(folder):
    return note.Verifier.parse((folder / "public" / "key").read_text())


def test_verifier_key_matches_the_vector():
    """A key made from the vector's seed has the vector's text."""
    assert note.verifier_key(ORIGIN, Ed25519PrivateKey.from_private_bytes(SEED)) == VKEY


def test_published_example_note_verifies():
    """The example of C2SP signed-note is not a checkpoint, and its key still parses."""
    parsed = note.Verifier.parse("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
    assert parsed.key_id.hex() == "530d903a"


@pytest.mark.parametrize(
    ("size", "root"),
    [
        (1, "algbjM2xJuoydSUtb90YV6yxq8G3sHRENO8ahamLxrc="),
        (256, "y/n7/JWAAxb3rZffMCBuv+E+vni9+kuP0GLHi49YNJ0="),
        (257, "wOphIBaJboH1PiBEuR+D8KHABkhw/BJJtx1xWZr2l94="),
    ],
)
def test_roots_match_the_vector(size, root):
    """The roots over the vector's entries."""
    assert base64.b64encode(merkle.root([merkle.leaf_hash(entry(i)) for i in range(size)])).decode() == root


def test_signature_at_70000_entries_matches_the_vector():
    """The signature line that another implementation verified."""
    hashes = [merkle.leaf_hash(entry(i)) for i in range(70_000)]
    signed = note.sign(note.Checkpoint(ORIGIN, 70_000, merkle.root(hashes)), Ed25519PrivateKey.from_private_bytes(SEED))
    assert "OL1nua2Rf11y/OWtzCn0u4OmRKu1zV9rTR6jY/ncMX5AqmXZt8xZ15vsfgxKNtynmIUd6fYsEtyhfGSoXoYMdjnZ/g4=" in signed
    assert note.open_checkpoint(signed, note.Verifier.parse(VKEY)).size == 70_000


@pytest.mark.parametrize(("index", "path"), [(1234067, "x001/x234/067"), (273, "273"), (0, "000")])
def test_tile_paths_match_the_specification(index, path):
    """Three-digit groups, all but the last with x."""
    assert log.tile_path(0, index) == f"tile/0/{path}"


def test_tiles_of_each_level_are_written(ledger, tmp_path):
    """600 entries: two full tiles and a partial one, and a partial tile of two above them."""
    ledger.append([(i + 1, entry(i)) for i in range(600)])
    public = tmp_path / "public"
    assert (public / "tile/0/001").stat().st_size == 8192
    assert (public / "tile/0/002.p/88").stat().st_size == 88 * 32
    upper = (public / "tile/1/000.p/2").read_bytes()
    assert upper[:32] == merkle.root([merkle.leaf_hash(entry(i)) for i in range(256)])


def test_log_goes_on_after_a_restart(ledger, tmp_path):
    """Appending across restarts gives the same tree as appending at once."""
    ledger.append([(i + 1, entry(i)) for i in range(300)])
    again = log.Log(tmp_path / "public", tmp_path / "private", ORIGIN)
    again.append([(i + 1, entry(i)) for i in range(310)])
    checkpoint, hashes = proof.audit(tmp_path / "public", verifier(tmp_path))
    assert checkpoint.size == 310
    assert merkle.root(hashes) == merkle.root([merkle.leaf_hash(entry(i)) for i in range(310)])


@pytest.mark.parametrize("stop_at", ["checkpoint", "state.json", "tile/0/000.p/5"])
def test_crash_at_any_write_leaves_a_log_that_goes_on(ledger, tmp_path, monkeypatch, stop_at):
    """A crash before each write: the next start publishes a log that holds each entry once."""
    ledger.append([(1, entry(0))])
    whole = log._write

    def crash(path, body):
        if str(path).endswith(stop_at):
            raise KeyboardInterrupt
        whole(path, body)

    monkeypatch.setattr(log, "_write", crash)
    with pytest.raises(KeyboardInterrupt):
        ledger.append([(i + 1, entry(i)) for i in range(1, 5)])
    monkeypatch.setattr(log, "_write", whole)
    again = log.Log(tmp_path / "public", tmp_path / "private", ORIGIN)
    again.append([(i + 1, entry(i)) for i in range(1, 5)])
    assert proof.audit(tmp_path / "public", verifier(tmp_path))[0].size == 5


def test_rewritten_entry_stops_the_log(ledger, tmp_path):
    """A log whose files are not what it signed is not continued."""
    ledger.append([(1, entry(0)), (2, entry(1))])
    bundle = tmp_path / "public" / log.tile_path("entries", 0, 2)
    bundle.write_bytes(bundle.read_bytes().replace(b"1", b"7"))
    with pytest.raises(AvowError, match="not the one its state names"):
        log.Log(tmp_path / "public", tmp_path / "private", ORIGIN)


def made_proof(ledger, count=7):
    salt, reference = b"s" * 16, "R-1"
    own = proof.canonical({"about": proof.blinded(salt, reference), "what": "request.closed"})
    ledger.append([*((i + 1, entry(i)) for i in range(count)), (count + 1, own)])
    index, path, checkpoint = ledger.prove(own)
    return proof.Proof(own, salt, reference, index, path, checkpoint)


def test_proof_survives_its_file_and_a_growing_log(ledger, tmp_path):
    """What was written is read back, and still verifies when the log went on."""
    made = made_proof(ledger)
    ledger.append([(i, entry(i)) for i in range(20, 400)])
    read = proof.read(proof.write(made))
    assert read == made
    assert proof.verify_against(read, verifier(tmp_path), tmp_path / "public")["what"] == "request.closed"


def test_proof_about_another_reference_is_refused(ledger, tmp_path):
    """A proof cannot be passed off as that of another request."""
    made = made_proof(ledger)
    other = proof.Proof(made.entry, made.salt, "R-2", made.index, made.path, made.checkpoint)
    with pytest.raises(ProofInvalid, match="another request"):
        proof.verify(other, verifier(tmp_path))


def test_rewritten_log_is_found_out_by_an_old_proof(ledger, tmp_path):
    """A log made anew with the same key does not contain the tree of the proof."""
    made = made_proof(ledger)
    shutil.rmtree(tmp_path / "public")
    (tmp_path / "private" / "state.json").unlink()
    forged = log.Log(tmp_path / "public", tmp_path / "private", ORIGIN)
    forged.append([(i + 1, entry(i + 100)) for i in range(20)])
    with pytest.raises(ProofInvalid, match="rewritten"):
        proof.verify_against(made, verifier(tmp_path), tmp_path / "public")


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text + "Everything was deleted.\n",
        lambda text: text + "\n",
        lambda text: text.removesuffix("\n"),
        lambda text: text.replace("\u2014 ", "Everything was deleted.\n\u2014 "),
        lambda text: text.replace("\u2014 ", "\u2014 all is deleted\n\u2014 "),
        lambda text: text.replace("\u2014 ", "\u2014 other.example AAAA\u2028Everything was deleted.\n\u2014 "),
        lambda text: text.replace("index ", "index 0"),
        lambda text: text.replace("index ", "index +"),
        lambda text: text.replace("index ", "index  "),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r\n", 1),
        lambda text: text.replace("extra ", "extra \u00a0"),
    ],
)
def test_a_proof_is_written_in_one_way(ledger, tmp_path, change):
    """What is not signed must not look as if it were: nothing but signatures at the end, numbers as written, one line end."""
    written = proof.write(made_proof(ledger))
    assert proof.verify(proof.read(written), verifier(tmp_path))
    with pytest.raises(ProofInvalid):
        proof.verify(proof.read(change(written)), verifier(tmp_path))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A proof as it was written, and the key of its log."""
    folder = tmp_path_factory.mktemp("log")
    return proof.write(made_proof(log.Log(folder / "public", folder / "private", ORIGIN))), verifier(folder)


@given(st.data())
def test_no_sign_put_into_a_proof_leaves_it_valid(made, data):
    """Wherever it is put."""
    written, key = made
    at = data.draw(st.integers(0, len(written)))
    sign = data.draw(st.characters(codec="utf-8") | st.sampled_from("\n\r 0+=-"))
    with pytest.raises(ProofInvalid):
        proof.verify(proof.read(written[:at] + sign + written[at:]), key)


@pytest.mark.parametrize("cut", [10, 40, 200])
def test_cut_proof_is_a_clear_error(ledger, cut):
    """A damaged file is said to be damaged."""
    with pytest.raises(ProofInvalid):
        proof.read(proof.write(made_proof(ledger))[:cut])


def test_every_flipped_byte_of_a_bundle_is_found(ledger, tmp_path):
    """The audit hashes every entry again."""
    ledger.append([(i + 1, entry(i)) for i in range(5)])
    bundle = tmp_path / "public" / log.tile_path("entries", 0, 5)
    whole = bundle.read_bytes()
    for position in range(2, len(whole), 7):
        bundle.write_bytes(whole[:position] + bytes([whole[position] ^ 1]) + whole[position + 1 :])
        with pytest.raises(ProofInvalid):
            proof.audit(tmp_path / "public", verifier(tmp_path))
