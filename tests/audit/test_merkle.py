"""The tree of RFC 6962, by its published vectors and by laws."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avow.audit import merkle
from avow.definitions import ProofInvalid

CT_ENTRIES = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
CT_ROOTS = ["6e340b9c", "fac54203", "aeb6bcfe", "d37ee418", "4e3bbb1f", "76e67dad", "ddb89be4", "5dc9da79"]
LEAVES = st.lists(st.binary(max_size=8).map(merkle.leaf_hash), min_size=1, max_size=70)


def test_empty_tree_has_the_hash_of_nothing():
    """The root over no entry is SHA-256 of the empty string."""
    assert base64.b64encode(merkle.root([])) == b"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_match_the_certificate_transparency_vectors(size):
    """The reference tree of RFC 6962 has these roots."""
    hashes = [merkle.leaf_hash(bytes.fromhex(entry)) for entry in CT_ENTRIES[:size]]
    assert merkle.root(hashes).hex().startswith(CT_ROOTS[size - 1])


@given(LEAVES, st.data())
def test_every_entry_is_proved_in_its_tree(hashes, data):
    """A path made for an entry verifies for it."""
    index = data.draw(st.integers(0, len(hashes) - 1))
    path = merkle.inclusion_path(index, hashes)
    merkle.verify_inclusion(hashes[index], index, len(hashes), path, merkle.root(hashes))


@given(LEAVES, st.data())
def test_a_proof_verifies_for_nothing_else(hashes, data):
    """Another leaf, a shorter path or a changed hash in it is refused."""
    index = data.draw(st.integers(0, len(hashes) - 1))
    path, root = merkle.inclusion_path(index, hashes), merkle.root(hashes)
    with pytest.raises(ProofInvalid):
        merkle.verify_inclusion(hashlib.sha256(b"other").digest(), index, len(hashes), path, root)
    with pytest.raises(ProofInvalid):
        merkle.verify_inclusion(hashes[index], index, len(hashes), [*path, root], root)
    if path:
        with pytest.raises(ProofInvalid):
            merkle.verify_inclusion(hashes[index], index, len(hashes), path[:-1], root)


@given(LEAVES, st.data())
def test_changing_dropping_or_swapping_an_entry_changes_the_root(hashes, data):
    """The root stands for exactly these entries in this order."""
    index = data.draw(st.integers(0, len(hashes) - 1))
    changed = [*hashes[:index], merkle.leaf_hash(b"changed!!"), *hashes[index + 1 :]]
    dropped = [*hashes[:index], *hashes[index + 1 :]]
    assert merkle.root(hashes) not in {merkle.root(changed), merkle.root(dropped)}
    other = data.draw(st.integers(0, len(hashes) - 1))
    if hashes[index] != hashes[other]:
        swapped = list(hashes)
        swapped[index], swapped[other] = swapped[other], swapped[index]
        assert merkle.root(swapped) != merkle.root(hashes)
