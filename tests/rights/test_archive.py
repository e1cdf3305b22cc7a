"""The archive of a request to know is as docs/specs/archive.md says, and holds each thing once, whatever it is called."""

import csv
import io
import json
import re
import zipfile
from hashlib import sha256

import pytest
from jsonschema import Draft202012Validator
from tests.archives import packed_in, written
from tests.conftest import REPOSITORY
from tests.documents import docx, pdf, picture
from tests.houses import compiled, insider
from tests.rights.test_desk import office
from tests.rights.test_own_records import answered

from avow.audit import manifest, note
from avow.definitions import ProofInvalid, RequestKind, StoredFile, Submission
from avow.rights import archive, downloads, verification
from avow.rights.category_answers import Disclosed
from avow.rights.states import State, Step
from avow.rights.verification import Link

__all__ = ["office"]
SPECIFICATION = (REPOSITORY / "docs" / "specs" / "archive.md").read_text(encoding="utf-8")
SCHEMA = json.loads((REPOSITORY / "docs" / "specs" / "archive.schema.json").read_text(encoding="utf-8"))
ADA, SSN = "ada@example.com", "078-05-1120"
KNOWN = {"email": ADA, "name": "some name", "company": "some company"}  # as the tests answer who is asked who they are
SAID = "[a Social Security number is held here]"


def described(heading):
    """Return the keys that the specification has under a heading, in order."""
    (section,) = re.findall(rf"(?ms)^##+ {re.escape(heading)}\n(.*?)(?=^##|\Z)", SPECIFICATION)
    return re.findall(r"(?m)^\| `([a-z0-9_]+)` \|", section)


WENT = (Disclosed("mail-service", "A"),)


def made(*sections, files=(), disclosed=WENT, by_name=False):
    """Return an archive of these sections, read and held against its schema."""
    facts = archive.Facts("0123456789", "Marrowby", 1_795_460_400_000, "", files=files)
    found = written(facts, sections, disclosed, compiled(), by_name=by_name).json
    Draft202012Validator(SCHEMA).validate(found)
    return found


def send(office, *contents, email=ADA):
    """Take in a form with files: (name, kind, content); return the names under which they are stored."""
    house, now_ms = office.house, office.house.now_ms()
    own = dict.fromkeys(("site", "point", "rulebook_id", "reference", "delete_on"), "") | {"retention_class": "contact-form"}
    form = Submission(record_id="0" * 32, collected_ms=now_ms, then="erase", fields={}, identifiers={"email": email}, **own)
    stored = house.store.keep_files(form, [content for _, _, content in contents], now_ms)
    files = [
        StoredFile(item="resume", name=name, kind=kind, size=len(content), sha256=sha256(content).hexdigest(), stored=where)
        for (name, kind, content), where in zip(contents, stored, strict=True)
    ]
    house.write(email, files=files)
    return stored


def test_every_key_is_in_the_specification_and_no_other():
    """Of the archive and of each object in it, in the order in which they are written."""
    file = archive.SentFile("R/1-cv.pdf", "resume", "pdf", 1, "0" * 64, packed=True)
    found = made(archive.Section("Contact form", (archive.Item(0, "contact-form", {"email": "kim@example.com"}),)), files=[file])
    one = {"archive.json": found, "A category": found["categories"][0], "A section": found["sections"][0]}
    one |= {"A category in a list": found["disclosed"][0]}
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


def test_what_is_sold_or_shared_and_what_is_disclosed_are_two_lists():
    """By category each, with kinds of companies; third parties by name where the law of the request asks for them."""
    section = archive.Section("Contact form", (archive.Item(0, "contact-form", {"email": "kim@example.com"}),))
    went = (Disclosed("mail-service", "AB"), Disclosed("somebody", "A", "advertising", "sale", "third-party"))
    found = made(section, disclosed=went)
    assert [one["category"] for one in found["disclosed"]] == ["A", "B"]
    assert [(one["category"], one["recipients"]) for one in found["sold_or_shared"]] == [("A", ["somebody"])]
    assert (found["third_parties"], found["names_are_owed"], found["third_party_names"]) == (["third party"], False, [])
    assert "advertising" in found["categories"][0]["purposes"]
    found = made(section, disclosed=went, by_name=True)
    assert (found["names_are_owed"], found["third_party_names"]) == (True, ["somebody"])


def test_what_went_to_nobody_is_in_no_list():
    """Both lists are there, and empty: it is said that nothing was sold, shared or disclosed."""
    found = made(disclosed=())
    assert (found["categories"], found["sold_or_shared"], found["disclosed"]) == ([], [], [])


def test_the_table_has_every_field_and_no_formula():
    """A spreadsheet takes nothing of it for a formula; the JSON has it as it was."""
    fields = {"message": "=HYPERLINK(1)", "email": "kim@example.com"}
    section = archive.Section("Contact form", (archive.Item(0, "contact-form", fields),))
    facts = archive.Facts("0123456789", "Marrowby", 0, "")
    one = written(facts, [section], (), compiled())
    rows = list(csv.DictReader(io.StringIO(one.table.decode())))
    assert [(row["record"], row["field"], row["value"]) for row in rows] == [
        ("1", "message", "'=HYPERLINK(1)"),
        ("1", "email", "kim@example.com"),
    ]
    assert one.json["sections"][0]["records"][0]["fields"] == fields


def test_the_page_escapes_what_people_wrote_and_folds_what_is_long():
    """However it was cut on its way; of 1,200 records 500 are open at once, and all are there."""
    items = (archive.Item(number, "contact-form", {"message": f"<b>{number}é</b>"}) for number in range(1200))
    facts = archive.Facts("0123456789", "Marrowby", 0, "")
    page = written(facts, [archive.Section("Contact form", items)], (), compiled()).page.decode()
    assert (page.count("&lt;b&gt;"), page.count("<b>"), page.count("1199é")) == (1200, 0, 1)
    assert (page.count("<details>"), page.count("</details>"), page.count("<table>"), page.count("</table>")) == (2, 2, 4, 4)
    assert "1200 records." in page


def test_what_was_sent_is_listed_and_what_cannot_be_read_is_told(office):
    """One file is packed, whose digest is that of the list; the other one's bytes are gone, and it is not passed over."""
    one, other = pdf("Kim"), pdf("Sam")
    _, gone = send(office, ("cv.pdf", "pdf", one), ("letter.pdf", "pdf", other))
    office.house.store.files.delete(gone)
    case = answered(office, RequestKind.KNOW, ADA)
    packed = packed_in(office, case)
    listed = json.loads(packed["archive.json"])["files"]
    assert [(one["name"].rpartition("/")[2], one["packed"]) for one in listed] == [("1-cv.pdf", True), ("2-letter.pdf", False)]
    assert "cannot be read any more" in listed[1]["why"]
    assert sha256(packed[listed[0]["name"]]).hexdigest() == listed[0]["sha256"]


@pytest.mark.parametrize(("name", "content"), [("cv.pdf", pdf(f"My number: {SSN}")), ("cv.docx", docx("SSN", "078-05", "-1120"))])
def test_a_number_in_a_resume_and_in_a_comment_is_in_no_file_of_the_archive(office, name, content):
    """It is described; the text of the résumé goes in its place, with the number described as well (11 CCR 7024(d))."""
    send(office, (name, name.rpartition(".")[2], content))
    office.house.write(ADA, fields=KNOWN | {"message": f"Hello, mine is {SSN}."})
    case = answered(office, RequestKind.KNOW, ADA)
    packed = packed_in(office, case)
    (file,) = json.loads(packed["archive.json"])["files"]
    assert (file["packed"], "a Social Security number" in file["why"]) == (False, True)
    assert SAID in packed[file["text"]].decode()
    assert f"mine is {SAID}." in packed["archive.json"].decode()
    for one in packed.values():
        assert b"1120" not in one
    assert "A Social Security number" in [one["target"] for one in case.entry(Step.OUTCOME).detail["outcomes"]]


def test_a_number_over_two_lines_of_a_file_is_found(office):
    """It cannot be described where it is, so no text of the file goes."""
    send(office, ("cv.txt", "txt", b"Mine is 078-05-\n1120"))
    packed = packed_in(office, answered(office, RequestKind.KNOW, ADA))
    assert b"1120" not in b"".join(packed.values())


def test_others_are_described_in_what_a_person_wrote(office):
    """Their own address stays, and that of somebody else does not (Cal. Civ. Code § 1798.145(k))."""
    words = f"Write to {ADA}, or to my neighbour kim@example.com, +1 415 555 2671."
    office.house.write(ADA, fields=KNOWN | {"message": words})
    found = packed_in(office, answered(office, RequestKind.KNOW, ADA))["archive.json"].decode()
    assert f"Write to {ADA}, or to my neighbour [the e-mail address of somebody else is held here], " in found
    assert ("kim@example.com" in found, "555 2671" in found) == (False, False)


def decide(office, case, file, *, is_released):
    return office.desk.decide_file(case.request_id, file, "I looked at it.", "s1", is_released=is_released)


@pytest.mark.parametrize("is_released", [True, False])
def test_what_cannot_be_read_waits_for_a_person(office, is_released):
    """A picture: nothing is put together before somebody has looked; held back, the person reads why."""
    (stored,) = send(office, ("scan.png", "png", picture()))
    case = answered(office, RequestKind.KNOW, ADA)
    assert (case.state, case.entry(Step.LOOK_WANTED).detail) == (State.FULFILLING, {"files": [stored]})
    assert decide(office, case, "form-0-0", is_released=True) is not None
    assert decide(office, case, stored, is_released=is_released) is None
    assert decide(office, case, stored, is_released=is_released) is not None
    office.walk()
    case = office.cases.get(case.request_id)
    assert (case.state, "I looked" in str(case.history)) == (State.CLOSED, False)
    packed = packed_in(office, case)
    (file,) = json.loads(packed["archive.json"])["files"]
    assert (file["packed"], file["name"] in packed) == (is_released, is_released)
    assert (file["why"] == "it was held back: I looked at it.") is not is_released


def test_a_decision_needs_a_reason(office):
    """Nobody is told "because"."""
    (stored,) = send(office, ("scan.png", "png", picture()))
    case = answered(office, RequestKind.KNOW, ADA)
    assert office.desk.decide_file(case.request_id, stored, "  ", "s1", is_released=False) is not None


def test_the_manifest_is_signed_by_the_log_and_tells_every_change(office, tmp_path):
    """A file that was changed, taken away or added, and a manifest of another key."""
    send(office, ("cv.pdf", "pdf", pdf("Kim")))
    case = answered(office, RequestKind.KNOW, ADA)
    verifier = note.Verifier.parse((tmp_path / "public" / "key").read_text())
    whole = office.cases.document(case.request_id, "archive.zip")
    said = manifest.check(io.BytesIO(whole), verifier)
    assert (said.reference, len(said.files)) == (case.reference, 5)
    with pytest.raises(ProofInvalid):
        manifest.check(io.BytesIO(whole.replace(b"Kim", b"Tim")), verifier)
    for change in (lambda files: files.pop("records.csv"), lambda files: files.update({"more.txt": b"x"})):
        files = packed_in(office, case)
        change(files)
        with pytest.raises(ProofInvalid, match="another number"):
            manifest.check(packed_again(files), verifier)
    files = packed_in(office, case)
    files["archive.html"] += b" "
    with pytest.raises(ProofInvalid, match=r"archive\.html"):
        manifest.check(packed_again(files), verifier)
    files["manifest.txt"] = files["manifest.txt"].replace(case.reference.encode(), b"0000000000")
    with pytest.raises(ProofInvalid, match="does not belong"):
        manifest.check(packed_again(files), verifier)


def packed_again(files):
    """Return a ZIP archive of files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return made


def test_each_file_that_is_fetched_is_noted_and_shown(office):
    """To the person and on the desk; the audit log has it without a word about anybody; the page says until when."""
    case = answered(office, RequestKind.KNOW, ADA)
    token = verification.link(Link.ANSWER, case.request_id, office.house.store.vault.hmac)
    assert office.desk.download(token, "archive.html").content == office.cases.document(case.request_id, "archive.html")
    office.house.wait(minutes=1)
    assert office.desk.download(token, "archive.zip").size == office.cases.document_size(case.request_id, "archive.zip")
    status = office.desk.status(token)
    assert [one.file for one in status.fetched] == ["archive.html", "archive.zip"]
    assert (status.fetched_until - office.house.now.date()).days in {6, 7}
    detail = office.desk.detail(case.request_id, insider())
    assert detail.fetched == status.fetched


def test_a_link_ends(office):
    """Seven days after the request was closed nothing can be fetched; asked again, a new link comes."""
    case = answered(office, RequestKind.KNOW, ADA)
    token = verification.link(Link.ANSWER, case.request_id, office.house.store.vault.hmac)
    office.house.wait(days=8)
    office.walk()
    assert office.desk.download(token, "archive.zip") is None
    again = answered(office, RequestKind.KNOW, ADA)
    new = verification.link(Link.ANSWER, again.request_id, office.house.store.vault.hmac)
    assert office.desk.download(new, "archive.zip") is not None


def test_a_link_that_many_have_ends(office):
    """A file is fetched so often by nobody alone."""
    case = answered(office, RequestKind.KNOW, ADA)
    token = verification.link(Link.ANSWER, case.request_id, office.house.store.vault.hmac)
    for _ in range(downloads.MOST):
        office.desk.download(token, "records.csv").pieces.close()
    assert office.desk.download(token, "records.csv") is None
    assert office.desk.download(token, "archive.zip") is not None


def test_a_crash_in_the_middle_leaves_nothing_and_is_made_again(office, monkeypatch):
    """Whichever of the files it was in; what was half written is gone when it is made again."""
    office.house.write(ADA)
    case = answered(office, RequestKind.KNOW, ADA)
    folder, request = office.house.store.files, case.request_id
    before = packed_in(office, case)
    left = folder._folder / f".{request}-archive.zip.1.new"
    left.write_bytes(b"of a process that was killed")
    office.tools.discloser.disclose(case, case.entry(Step.OUTCOME).at_ms)
    assert not left.exists()
    assert packed_in(office, case)["archive.json"] == before["archive.json"]
    assert folder.names(f"{request}-records") == (f"{request}-records.csv",)
