"""An archive of a request to know as the room writes it, and what is read of one."""

import io
import json
import zipfile
from dataclasses import dataclass

from avow.policy import Rulebook
from avow.rights import archive, category_answers
from avow.rights.archive import Facts, Outputs


@dataclass(frozen=True)
class Written:
    """The three files of an archive, as bytes, and what was counted."""

    data: bytes
    page: bytes
    table: bytes
    tally: archive.Tally

    @property
    def json(self):
        return json.loads(self.data)


def written(facts: Facts, sections, disclosed, rulebook: Rulebook, *, by_name=False):
    """Return an archive of these sections, with what went to others."""
    files = [io.BytesIO() for _ in range(3)]

    def finish(tally):
        return category_answers.answer(tally.held, disclosed, rulebook, by_name=by_name)

    tally, answer = archive.write(facts, sections, finish, Outputs(*files), str.title)
    records, data, table = (one.getvalue() for one in files)
    page = b"".join(archive.page(facts, answer, (records[at : at + 7] for at in range(0, len(records), 7))))
    return Written(data, page, table, tally)


def packed_in(office, case):
    """Return the files of the one archive that a person takes along, by their names."""
    with zipfile.ZipFile(io.BytesIO(office.cases.document(case.request_id, "archive.zip"))) as packed:
        return {name: packed.read(name) for name in packed.namelist()}
