"""Every write of a drain, failed and failed but done: what was acknowledged is moved once in effect, and nothing stays behind."""

import os
from pathlib import Path

import pytest
from tests.collection.test_drain import aside, form, shelf, spooled
from tests.failing import FAILED, WAYS, Failing

from avow.collection.drain import Drain
from avow.collection.refusals import Refusals
from avow.definitions import StoreUnavailable
from avow.spool import segments
from avow.store.aside import Aside

__all__ = ["aside"]


class Sink:
    """Keeps each record once, by its id, as the store does; of one it knows a moment that no calendar holds."""

    def __init__(self):
        self.kept = {}

    def write(self, records):
        if any(record.collected_ms > 10**14 for record in records):
            raise OverflowError
        self.kept |= {record.record_id: record for record in records}
        return ()


#: What fails: the sink; what is noted of a record that it does not take; the key of a segment that was drained.
WRITES = ["sink", "shelf", "key"]


def failing(write, way, aside, sink, folder):
    """Return a drain of which one write fails, and the part that fails."""
    if write == "sink":
        part = Failing(sink, "write", way, at=2)  # the first call is refused for the record that no sink takes
        return Drain(folder, aside.vault, part, Refusals(), aside), part
    if write == "shelf":
        part = Failing(aside.control, "transaction", way)
        return Drain(folder, aside.vault, sink, Refusals(), Aside(part, aside.vault)), part
    part = Failing(aside.vault, "destroy_key", way)
    return Drain(folder, part, sink, Refusals(), aside), part


def is_settled(folder, aside, sink):
    """Return whether all is where it belongs: what can be kept in the sink, the other on the shelf, the spool empty."""
    return (
        set(sink.kept) == {f"{number:032x}" for number in (0, 1, 3)}
        and [row.item for row in shelf(aside)] == [f"{2:032x}"]
        and not list(folder.glob("*/*.segment*"))
        and not aside.vault.names("segment")
    )


def with_poison(folder, aside):
    """Put four forms into the spool, one of which no sink takes."""
    spooled(folder, aside.vault, *[form(number, **({"collected_ms": 10**15} if number == 2 else {})) for number in range(4)])


@pytest.mark.parametrize("is_same", [True, False])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("write", WRITES)
def test_a_drain_whose_write_fails_is_done_at_the_next_look(tmp_path, aside, write, way, is_same):
    """By the same process or by the next one; until then nothing that was acknowledged has left both spool and store."""
    folder, sink = tmp_path / "spool", Sink()
    with_poison(folder, aside)
    moving, part = failing(write, way, aside, sink, folder)
    with pytest.raises(StoreUnavailable):
        moving.once()
    assert part.left == 0
    assert sink.kept or list(folder.glob("*/*.segment"))
    (moving if is_same else Drain(folder, aside.vault, sink, Refusals(), aside)).once()
    assert is_settled(folder, aside, sink)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("step", ["rename", "unlink"])
def test_a_segment_whose_removal_fails_is_removed_at_the_next_look(tmp_path, aside, monkeypatch, step, way):
    """The file system refuses a step once, or does it and says otherwise: the records are not lost, nor there twice."""
    folder, sink, real, calls = tmp_path / "spool", Sink(), getattr(Path, step), []
    with_poison(folder, aside)

    def fails(path, *given, **named):
        calls.append(path.name)
        if len(calls) == 1 and way == FAILED:
            raise OSError(os.strerror(5))
        answer = real(path, *given, **named)
        if len(calls) == 1:
            raise OSError(os.strerror(5))
        return answer

    monkeypatch.setattr(segments.Path, step, fails)
    moving = Drain(folder, aside.vault, sink, Refusals(), aside)
    with pytest.raises(OSError, match="Input/output"):
        moving.once()
    moving.once()
    assert is_settled(folder, aside, sink)
