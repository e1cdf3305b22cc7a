"""Files that are sealed while they are written: whatever is cut, moved, changed or of another is refused."""

import io

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from avow.store import streams
from avow.store.sealing import KEY_BYTES, seal

KEY, BOUND = bytes(range(KEY_BYTES)), b"request-archive.zip"
SIZES = [0, 1, streams.CHUNK_BYTES - 1, streams.CHUNK_BYTES, streams.CHUNK_BYTES + 1, 3 * streams.CHUNK_BYTES]
WHOLE = streams.CHUNK_BYTES + 16


def sealed(plain, piece=40_000):
    """Return bytes sealed, handed over in pieces."""
    file = io.BytesIO()
    writer = streams.SealedWriter(file, KEY, BOUND)
    for start in range(0, len(plain), piece):
        writer.write(plain[start : start + piece])
    writer.finish()
    return file.getvalue()


def opened(found, key=KEY, bound=BOUND):
    return b"".join(streams.read(io.BytesIO(found), key, bound))


@pytest.mark.parametrize("size", SIZES)
def test_what_was_written_is_read_and_its_size_is_known_before(size):
    """At each border of a chunk; the size is that of the Content-Length."""
    plain = bytes(number % 251 for number in range(size))
    assert (opened(sealed(plain)), streams.plain_size(len(sealed(plain)))) == (plain, size)


@given(st.lists(st.binary(max_size=3 * 1024), max_size=80))
def test_pieces_of_any_size_are_one_text(pieces):
    """However it was handed over."""
    file = io.BytesIO()
    writer = streams.SealedWriter(file, KEY, BOUND)
    for piece in pieces:
        assert writer.write(piece) == len(piece)
    writer.finish()
    assert opened(file.getvalue()) == b"".join(pieces)


@pytest.mark.parametrize(
    "change",
    [
        lambda found: found[:-1],
        lambda found: found[: streams.HEAD_BYTES + WHOLE],  # the whole last chunk is missing
        lambda found: found[: streams.HEAD_BYTES],
        lambda found: found[: streams.HEAD_BYTES] + found[streams.HEAD_BYTES + WHOLE :],  # the first one
        lambda found: found + found[-17:],
        lambda found: b"X" + found[1:],
        lambda found: found[:-5] + bytes([found[-5] ^ 1]) + found[-4:],
        lambda found: found[:20] + bytes([found[20] ^ 1]) + found[21:],
    ],
)
def test_what_was_changed_or_cut_is_refused(change):
    """Also between two chunks, where every chunk that is left is whole."""
    with pytest.raises(InvalidTag):
        opened(change(sealed(b"x" * (2 * streams.CHUNK_BYTES + 5))))


def test_it_is_of_one_key_and_one_name():
    """A file put in another's place opens for nobody; the same text is sealed in another way each time."""
    found = sealed(b"one")
    for key, bound in ((bytes(KEY_BYTES), BOUND), (KEY, b"request-archive.html")):
        with pytest.raises(InvalidTag):
            opened(found, key, bound)
    assert found != sealed(b"one")


def test_what_an_earlier_version_sealed_as_a_whole_is_read(tmp_path):
    """An answer that was given before an upgrade can still be fetched."""
    path = tmp_path / "old"
    path.write_bytes(seal(KEY, b"an archive of before", b"request"))
    found = streams.Plain(path.open("rb"), KEY, BOUND, b"request")
    assert (found.size, b"".join(found)) == (20, b"an archive of before")
