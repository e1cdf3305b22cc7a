"""The archive of a request to know is as docs/specs/archive.md says, and holds each thing once, whatever it is called."""

import io
import json
import re
import zipfile
from datetime import date
from hashlib import sha256

import pytest
from tests.conftest import REPOSITORY
from tests.houses import compiled
from tests.rights.test_desk import office
from tests.rights.test_own_records import answered

from avow.definitions import RequestKind, StoredFile, Submission
from avow.rights import archive
from avow.rights.cases import Case, Contact

__all__ = ["office"]
SPECIFICATION = (REPOSITORY / "docs" / "specs" / "archive.md").read_text(encoding="utf-8")
PDF = b"%PDF-1.7\nKim\n"


def described(heading):
    """Return the keys that the specification has under a heading, in order."""
    (section,) = re.findall(rf"(?ms)^##+ {re.escape(heading)}\n(.*?)(?=^##|\Z)", SPECIFICATION)
    return re.findall(r"(?m)^\| `([a-z0-9_]+)` \|", section)


def made(*sections, files=()):
    """Return an archive of these sections, read."""
    rest = ("web", False, (), Contact("kim@example.com"))
    case = Case("0123456789ab", RequestKind.KNOW, 0, date(2026, 11, 23), "", *rest)
    disclosed = [archive.Disclosed("mail-service", "A")]
    return json.loads(archive.make(case, sections, disclosed, files, compiled(), 1_795_460_400_000).data)


def test_every_key_is_in_the_specification_and_no_other():
    """Of the archive and of each object in it, in the order in which they are written."""
    file = archive.SentFile("R/1-cv.pdf", "resume", "pdf", 1, "0" * 64, packed=True)
    found = made(archive.Section("Contact form", (archive.Item(0, "contact-form", {"email": "kim@example.com"}),)), files=[file])
    one = {"archive.json": found, "A category": found["categories"][0], "A section": found["sections"][0]}
    one |= {"A record": found["sections"][0]["records"][0], "A file": found["files"][0]}
    assert {heading: list(written) for heading, written in one.items()} == {heading: described(heading) for heading in one}
    assert f"| `format` | `{archive.FORMAT}` |" in SPECIFICATION


def test_two_points_of_one_label_are_two_sections():
    """The case that was found: the second one took the place of the first, and what was held there was in no archive."""
    found = made(*(archive.Section("Contact", (archive.Item(0, point, {"message": point}),)) for point in ("one", "two")))
    assert [one["records"][0]["fields"]["message"] for one in found["sections"]] == ["one", "two"]


@pytest.mark.parametrize("name", ["at", "collected_at", "fields"])
def test_an_item_called_like_a_key_of_the_archive_takes_nothing_away(name):
    """The policy may call an item as it likes."""
    (record,) = made(archive.Section("Contact", (archive.Item(0, "contact-form", {name: "said"}),)))["sections"][0]["records"]
    assert record == {"at": "1970-01-01T00:00:00.000+00:00", "collected_at": "contact-form", "fields": {name: "said"}}


def test_what_was_sent_is_listed_and_what_cannot_be_read_is_told(office):
    """One file is packed, whose digest is that of the list; the other one's bytes are gone, and it is not passed over."""
    house, facts = office.house, {"item": "resume", "kind": "pdf", "size": len(PDF), "sha256": sha256(PDF).hexdigest()}
    now_ms, people = house.now_ms(), {"email": "ada@example.com"}
    own = dict.fromkeys(("site", "point", "rulebook_id", "reference", "delete_on"), "")
    form = Submission(record_id="0" * 32, collected_ms=now_ms, then="erase", fields={}, identifiers=people, **own)
    (stored,) = house.store.keep_files(form, [PDF], now_ms)
    lost = stored[:-1] + str((int(stored[-1], 16) + 1) % 10)
    files = [StoredFile(name="cv.pdf", stored=stored, **facts), StoredFile(name="letter.pdf", stored=lost, **facts)]
    house.write("ada@example.com", files=files)
    case = answered(office, RequestKind.KNOW, "ada@example.com")
    listed = json.loads(office.cases.document(case.request_id, "archive.json"))["files"]
    assert [(one["name"].partition("/")[2], one["packed"]) for one in listed] == [("1-cv.pdf", True), ("2-letter.pdf", False)]
    with zipfile.ZipFile(io.BytesIO(office.cases.document(case.request_id, "files.zip"))) as packed:
        content = {name: packed.read(name) for name in packed.namelist()}
    assert {name: sha256(one).hexdigest() for name, one in content.items()} == {listed[0]["name"]: listed[0]["sha256"]}
