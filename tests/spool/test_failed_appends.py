"""Every write of an append, failed, cut, failed but done, killed: what was acknowledged is read back, and nothing else."""

import contextlib
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from tests.conftest import REPOSITORY
from tests.failing import FAILED_BUT_DONE
from tests.failing_disk import ENDS, FAILS, Disk
from tests.spool.appending import NOTED, RECORDS, append, record

from avow.spool import segments
from avow.store.keys import Vault

#: What a writer writes, in the order of its first of each, and how often for six records, two of which fill a segment.
WRITES = {
    "mkdir .": 1,  # the spool; then the writer's folder, under the name that no reader looks at
    "mkdir .#": 1,
    "create .#/writer.lock": 1,
    "rename .#": 1,
    "fsync .": 1,
    "create_key": 4,  # of each segment, and of one made ahead that is not needed
    "create #/#.ahead": 4,
    "posix_fallocate #/#.ahead": 4,
    "pwrite #/#.ahead": 4,  # the eight bytes by which a segment begins
    "fsync #/#.ahead": 4,
    "fsync #": 4,
    "rename #/#.ahead": 3,
    "pwritev #/#.segment": 6,  # the frames, each durable when it returns
    "pwrite #/#.segment": 3,  # the mark of the end
    "ftruncate #/#.segment": 3,
    "destroy_key": 1,
    "unlink #/#.ahead": 1,
}
EACH = [(name, number + 1) for name, times in WRITES.items() for number in range(times)]
ALL = [record(number) for number in range(RECORDS)]


def opened(folder):
    """Return the files of a folder that this process has open."""
    found = []
    for descriptor in list(Path("/proc/self/fd").iterdir()):
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            found.append(descriptor.readlink())
    return [path for path in found if path.is_relative_to(folder)]


def drained(folder, keys=0):
    """Read the spool as a drain does, remove what was read, and return the numbers of the records that were there.

    `keys`: how many keys are left at most, of segments whose file was never made.
    """
    found = []
    with closing(Vault(folder / "keys.db")) as vault:
        segments.finish_removals(folder / "spool", vault)
        for path, is_closed in list(segments.segments(folder / "spool")):
            key = vault.get_key("segment", path.stem)
            assert key is not None or segments.is_empty(path)
            if key is not None:
                chunk = segments.read(path, key, 0, writer_is_gone=is_closed, limit=1 << 30)
                assert (chunk.damaged, chunk.finished) == (0, True)
                found += [ALL.index(one) for one in chunk.records]
            segments.remove(path, vault)
        assert list(segments.segments(folder / "spool")) == []
        assert len(vault.names("segment")) <= keys
    return found


def test_the_table_has_every_write(tmp_path):
    """A writer that writes something else, or more often, is another row here."""
    disk = Disk(tmp_path / "spool")
    assert append(tmp_path, disk) == list(range(RECORDS))
    assert disk.counts == WRITES
    assert drained(tmp_path) == list(range(RECORDS))
    assert list((tmp_path / "spool").iterdir()) == []


@pytest.mark.parametrize("way", FAILS)
@pytest.mark.parametrize(("name", "number"), EACH)
def test_what_was_acknowledged_is_read_back_whichever_write_fails(tmp_path, name, number, way):
    """One record is refused at most, and is not there afterwards; every later one is taken."""
    disk = Disk(tmp_path / "spool", name, number, way)
    acknowledged = append(tmp_path, disk)
    assert disk.has_failed
    assert len(acknowledged) >= RECORDS - 1
    assert drained(tmp_path, keys=int((name, way) == ("create_key", FAILED_BUT_DONE))) == acknowledged
    assert list((tmp_path / "spool").iterdir()) == []
    assert not opened(tmp_path)


@pytest.mark.parametrize("way", ENDS)
def test_what_was_acknowledged_is_read_back_whenever_the_writer_is_killed(tmp_path, way):
    """What is there besides is the one record that nobody was told of; another writer goes on, and the drain leaves nothing."""
    table = "".join(f"{name}\t{number}\t{way}\n" for name, number in EACH)
    command = [sys.executable, "-m", "tests.spool.appending", str(tmp_path)]
    ended = subprocess.run(command, cwd=REPOSITORY, input=table, capture_output=True, text=True, check=True)
    assert set(ended.stdout.split()) == {str(-signal.SIGKILL)}
    for place, (name, number) in enumerate(EACH):
        folder = tmp_path / str(place)
        noted = folder / NOTED
        acknowledged = [int(line) for line in noted.read_text().split()] if noted.exists() else []
        if (folder / "spool").exists():
            assert drained(folder, keys=1) in (acknowledged, [*acknowledged, len(acknowledged)]), (name, number)
        assert append(folder, Disk(folder / "spool")) == list(range(RECORDS)), (name, number)
        assert drained(folder, keys=1) == list(range(RECORDS)), (name, number)


def test_a_segment_whose_new_name_the_disk_forgot_is_read(tmp_path):
    """The rename before its first frame is not synced: what was acknowledged may lie under the name of one made ahead."""
    append(tmp_path, Disk(tmp_path / "spool"))
    for path in (tmp_path / "spool").glob("*/*.segment"):
        path.rename(path.with_suffix(segments.AHEAD))
    assert drained(tmp_path) == list(range(RECORDS))
