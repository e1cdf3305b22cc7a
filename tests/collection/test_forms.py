"""Forms: declared fields and files only, numbers nobody should keep taken out, files durable before the record."""

import asyncio
import io
import re
import zipfile

import msgspec
import pytest
from tests.combined import COMBINED, PURPOSE
from tests.houses import compiled

from avow import policy
from avow.collection import signals
from avow.collection.accept import Collector
from avow.collection.forms.attachments import Attachments
from avow.collection.forms.form import Forms
from avow.collection.forms.uploads import Upload, kind_of, shown_name
from avow.collection.refusals import Refusals
from avow.collection.signals import Sender
from avow.definitions import Record, Refusal, SpoolFull, Submission

DECODER = msgspec.msgpack.Decoder(Record)
PDF = b"%PDF-1.7\nKim\n"
SENDER = Sender("203.0.113.9", "", signals.read([], None, ""), demonstration=False)
APPLICATION = [("position", "calibration-technician"), ("name", "Kim"), ("email", "Kim@Example.com")]


class MemorySpool:
    """Keeps what is appended, or is full."""

    def __init__(self):
        self.records, self.is_full = [], False

    def append(self, encoded):
        if self.is_full:
            raise SpoolFull("full")
        self.records += map(DECODER.decode, encoded)
        done = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done


class MemoryFiles:
    """Keeps files by name."""

    def __init__(self):
        self.kept = {}

    def keep_files(self, submission, contents, _now_ms):
        names = [f"{submission.record_id}-{number}" for number in range(len(contents))]
        self.kept.update(zip(names, contents, strict=True))
        return names

    def discard_files(self, names):
        for name in names:
            del self.kept[name]


class MemorySubscriptions:
    """Lets no subscription wait: the forms of this file are none."""

    def ask(self, *_subscription):
        raise AssertionError


@pytest.fixture
def house(rulebook):
    spool, files = MemorySpool(), MemoryFiles()
    waiting = MemorySubscriptions()
    return Forms(Collector(rulebook, "marrowby.example", spool, None, Refusals()), Attachments(files), waiting), spool, files


def take(forms, pairs, now_ms, *uploads, point="contact-form", sender=SENDER):
    return asyncio.run(forms.take(point, pairs, sender, now_ms, uploads))


def apply(forms, now_ms, *uploads, letter=""):
    return take(forms, [*APPLICATION, ("letter", letter)], now_ms, *uploads, point="job-application")


def zipped(*names):
    """Return a ZIP archive with these parts."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return made.getvalue()


WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


def document(name="word/document.xml", *, named="", kind=WORD, more="", parts=(), before=b"", encoding="utf-8"):
    """Return a Word document whose main part has a name, as its content types say it."""
    made = io.BytesIO()
    types = f'<Types><Override PartName="/{named or name}" ContentType="{kind}"/>{more}</Types>'
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", before + types.encode(encoding))
        for part in [name, *parts][bool(name in parts) :]:
            archive.writestr(part, "<x/>")
    return made.getvalue()


def test_what_came_twice_is_kept_or_told(house, now_ms):
    """Two answers are two lines, the same twice is one; two addresses are asked about, and so is more than is declared."""
    forms, spool, _ = house
    pairs = [("email", "dup@example.com"), ("message", "first answer"), ("message", "second answer"), ("message", "first answer")]
    take(forms, [*pairs, ("email", "dup@example.com")], now_ms)
    assert spool.records[0].fields["message"] == "first answer\nsecond answer"
    assert "email" in take(forms, [*pairs, ("email", "other@example.com")], now_ms).errors
    assert "message" in take(forms, [*pairs, ("message", "x" * 9999)], now_ms).errors
    assert len(spool.records) == 1


def test_form_becomes_a_submission_with_its_identifier(house, now_ms):
    """The e-mail address finds the person again; what is undeclared is dropped by name."""
    forms, spool, _ = house
    answer = take(forms, [("email", "Kim@Example.com"), ("message", "Hi"), ("hat", "1")], now_ms)
    (record,) = spool.records
    assert isinstance(record, Submission)
    assert record.identifiers == [("email", "kim@example.com")]
    assert (record.dropped, answer.reference) == (["hat"], record.reference)


@pytest.mark.parametrize("pairs", [[("message", "no address")], [("email", "x"), ("message", "m")], [("email", "a@b.example")]])
def test_form_that_cannot_be_answered_is_given_back(house, now_ms, pairs):
    """A missing or impossible field is an error by field; nothing is kept."""
    forms, spool, _ = house
    assert take(forms, pairs, now_ms).errors
    assert spool.records == []


def test_what_is_no_form_takes_nothing(house, now_ms):
    """A point of another technology is refused."""
    assert isinstance(take(house[0], [], now_ms, point="page-view"), Refusal)


def test_a_declared_file_is_kept_before_its_record(house, now_ms):
    """The record names the file by kind, size and digest; its bytes are with the keeper."""
    forms, spool, files = house
    assert apply(forms, now_ms, Upload("resume", "cv.exe", PDF)).reference
    (file,) = spool.records[0].files
    assert (file.item, file.name, file.kind, file.size) == ("resume", "cv.pdf", "pdf", len(PDF))
    assert files.kept == {file.stored: PDF}
    assert spool.records[0].fields["resume"] == "cv.pdf (PDF, 1 KB)"


def test_files_of_a_record_that_was_not_kept_are_let_go(house, now_ms):
    """A full spool leaves no file behind."""
    forms, spool, files = house
    spool.is_full = True
    with pytest.raises(SpoolFull):
        apply(forms, now_ms, Upload("resume", "cv.pdf", PDF))
    assert files.kept == {}


@pytest.mark.parametrize("content", [b"MZ\x90\0", b"", b"<html>", PDF + bytes(5_000_001), zipped("word/document.xml")])
def test_a_file_of_another_kind_or_size_is_given_back(house, now_ms, content):
    """The name does not matter; the field says what to mend, and nothing is kept."""
    forms, spool, files = house
    assert set(apply(forms, now_ms, Upload("resume", "cv.pdf", content)).errors) == {"resume"}
    assert (spool.records, files.kept) == ([], {})


def test_two_files_where_one_is_declared_are_given_back(house, now_ms):
    """The policy says how many."""
    two = [Upload("resume", f"{name}.pdf", PDF) for name in "ab"]
    assert "one file" in apply(house[0], now_ms, *two).errors["resume"]


def test_a_file_in_an_undeclared_field_is_dropped(house, now_ms):
    """It is named to the developer, as an undeclared text is."""
    forms, _, files = house
    answer = take(forms, [("email", "kim@example.com"), ("message", "Hi")], now_ms, Upload("scan", "a.pdf", PDF))
    assert [lost.field for lost in answer.dropped] == ["scan"]
    assert files.kept == {}


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("card 4111 1111 1111 1111, thanks", "card [number removed], thanks"),
        ("4111-1111-1111-1111", "[number removed]"),
        ("378282246310005 and 078-05-1120", "[number removed] and [number removed]"),
        ("4111 1111 1111 1111 12/27 123", "[number removed] 12/27 123"),
        ("2 of 2 4111 1111 1111 1111", "2 of 2 [number removed]"),
        ("4111\u00a01111\u00a01111\u00a01111", "[number removed]"),
        ("4111\u20131111\u20131111\u20131111 or 078\u201305\u20131120", "[number removed] or [number removed]"),
        ("4111  1111 - 1111  1111", "[number removed]"),
        ("\uff14111 1111 1111 1111 4111 1111 1111 1111", "[number removed] [number removed]"),
        ("41111111111111112", "41111111111111112"),
        ("order 4111 1111 1111 1112", "order 4111 1111 1111 1112"),
        ("000-12-3456 or +1 415 555 0142", "000-12-3456 or +1 415 555 0142"),
    ],
)
def test_numbers_nobody_should_keep_are_masked_before_the_spool(house, now_ms, written, kept):
    """Card numbers by Luhn, social security numbers by their form; other numbers stay."""
    forms, spool, _ = house
    answer = take(forms, [("email", "kim@example.com"), ("message", written)], now_ms)
    assert spool.records[0].fields["message"] == kept
    assert answer.masked == (("message",) if written != kept else ())


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PDF, "pdf"),
        (b"\x89PNG\r\n\x1a\n..", "png"),
        (b"\xff\xd8\xff\xe0", "jpeg"),
        ("Grüße".encode(), "txt"),
        (document(), "docx"),
        (document("Word/Document2.xml"), "docx"),
        (document(kind=WORD.upper()), "docx"),
        (document(before=b"\xff\xfe", encoding="utf-16-le"), "docx"),
        (document(more='<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/>'), ""),
        (document(kind="application/vnd.ms-word.document.macroEnabled.main+xml"), ""),
        (document(parts=["word/vbaProject.bin"]), ""),
        (document(parts=["word/document.xml", "Word/Document.XML"]), ""),
        (document(named="word/other.xml"), ""),
        (document(more='<!DOCTYPE a [<!ENTITY b "c">]>'), ""),
        (document(before=b'<!DOCTYPE a [<!ENTITY b "c">]>'), ""),
        (zipped("[Content_Types].xml", "word/document.xml"), ""),
        (b"\xef\xbb\xbf%PDF-1.4\n%%EOF\n", "pdf"),
        (b"\0" * 1000 + b"%PDF-1.4\n%%EOF\n", "pdf"),
        (b"\0" * 1020 + b"%PDF-1.4\n%%EOF\n", ""),
        (b"They begin with %PDF-1.4, do they not?", "txt"),
        (b"PK\x03\x04garbage", ""),
        (b"\0\1\2", ""),
    ],
)
def test_a_file_is_told_by_its_bytes(content, kind):
    """A Word file with macros is none that we take."""
    assert kind_of(content) == kind


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("a\\b\\cv.doc", "cv.pdf"),
        ("x\u202egpj.exe\0", "xgpj.pdf"),
        ("", "file.pdf"),
        ("..", "file.pdf"),
    ],
)
def test_the_name_of_a_file_cannot_deceive(name, shown):
    """No folders, no control or direction marks, and the ending of what it is."""
    assert shown_name(name, "pdf") == shown


@pytest.mark.parametrize(
    ("said", "gpc", "is_combined", "is_noted"),
    [
        ({}, (), True, False),
        ({"opted_in": frozenset({PURPOSE})}, (), True, True),
        ({"opted_in": frozenset({PURPOSE})}, (), False, False),
        ({"opted_in": frozenset({PURPOSE}), "opted_out": frozenset({PURPOSE})}, (), True, False),
        ({"opted_in": frozenset({PURPOSE})}, ("1",), True, False),
    ],
)
def test_the_browser_is_noted_only_where_that_is_combined_and_agreed_to(now_ms, said, gpc, is_combined, is_noted):
    """By the cookie of whoever said yes, sealed with the form; never by a field of the form, and never as one of its people."""
    number, spool = "ab" * 16, MemorySpool()
    stopped = ("stops    = [\n  ", f'stops    = [\n  "{PURPOSE}", ')
    rulebook = compiled(*COMBINED, stopped)
    if not is_combined:  # as a version may be that an earlier compiler let pass
        text = re.sub(r"(?m)^combines .*$", "", rulebook.text)
        rulebook = policy.reopen(text, "policy.md", policy.law.tables())
    forms = Forms(
        Collector(rulebook, "marrowby.example", spool, None, Refusals()), Attachments(MemoryFiles()), MemorySubscriptions()
    )
    cookie = f"avow_visitor={number}; avow_choices={signals.choices_cookie(**{'opted_out': frozenset()} | said)}"
    sender = Sender("203.0.113.9", "", signals.read(gpc, None, cookie), demonstration=False)
    take(forms, [("email", "kim@example.com"), ("message", "Hello"), ("visitor-id", "cd" * 16)], now_ms, sender=sender)
    (record,) = spool.records
    assert record.fields.get("visitor-id") == (number if is_noted else None)
    assert [kind for kind, _ in record.identifiers] == ["email"]
    assert (PURPOSE in record.purposes) is (is_noted or not is_combined)
