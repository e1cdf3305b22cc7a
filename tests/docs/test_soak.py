"""The soak counts rightly: it knows what a flipped bit takes with it, and what it must not overlook."""

import asyncio
from contextlib import closing
from random import Random

import msgspec
import pytest
from bench.soak.flipped import flip_one
from bench.soak.judgement import Found
from bench.soak.ledger import Ledger

from avow.spool import segments, spool
from avow.store.keys import Vault


@pytest.mark.parametrize("seed", range(4))
def test_what_was_in_the_flipped_group_is_named_and_nothing_else_is_missing(tmp_path, seed):
    """The one expected loss of the soak is exactly what the spool cannot read afterwards."""
    pages = {f"/page/{number}" for number in range(4)}

    async def write(vault):
        writer = spool.Spool(tmp_path / "spool", vault, 1 << 30)
        for page in sorted(pages):
            await writer.append([msgspec.msgpack.encode(["event", {"page": page}])])
        writer.close()

    with closing(Vault(tmp_path / "keys.db")) as vault:
        asyncio.run(write(vault))
        (path,) = (tmp_path / "spool").glob("*/*.segment")
        named = flip_one(path.parent, tmp_path / "keys.db", Random(seed))
        key = vault.get_key("segment", path.stem)
        found = segments.read(path, key, 0, writer_is_gone=True, limit=1 << 30)
    left = {msgspec.msgpack.decode(record)[1]["page"] for record in found.records}
    assert len(left) == len(pages) - 1
    assert named & pages == pages - left


def test_what_was_promised_and_not_kept_is_said():
    """Each kind of broken promise alone is enough for the exit status 1; 503 is none."""
    ledger, well = Ledger(), {"residue": "0 found in 9 files"}
    ledger.answers["503"] = 7
    assert Found(**well).wrong(ledger) == []
    broken = ({"lost": {"events": ["/a"]}}, {"twice": ["/a"]}, {"past_date": 1}, {"denied_early": 1}, {"unanswered": ["know"]})
    assert all(len(Found(**well, **one).wrong(ledger)) == 1 for one in (*broken, {"far_away": 1}, {"unproved": 1}))
    assert len(Found(residue="1 found in 9 files").wrong(ledger)) == 1
    ledger.answers.update({"hung": 1, "other 5xx": 1})
    assert len(Found(**well).wrong(ledger)) == 2
