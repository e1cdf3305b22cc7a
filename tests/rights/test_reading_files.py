"""What is read of files that strangers sent, by a process that may do little; and what is left to a person."""

import io
import subprocess
import sys
import zipfile
from os import geteuid
from pathlib import Path

import pytest
from tests.documents import docx, pdf, picture, scanned

from avow.rights import document_text, reading_files
from avow.rights.reading_files import Text


def zipped(**parts):
    """Return a ZIP archive of these parts."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return made.getvalue()


ODT = "<o xmlns:t='t'><t:p>Kim 078-05<t:span>-1120</t:span></t:p></o>"


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("pdf", pdf("Kim 078-05-1120")),
        ("docx", docx("Kim 078", "-05-", "1120")),
        ("odt", zipped(mimetype="x", content_xml=ODT)),
        ("rtf", rb"{\rtf1\ansi Kim 078-05{\b -1120}\par}"),
        ("txt", "Kim 078-05-1120 é".encode()),
        ("txt", "Kim 078-05-1120 é".encode("utf-16")),
    ],
)
def test_the_text_of_a_document_is_read_whole(kind, content):
    """Also where a number is in pieces of different looks."""
    found = reading_files.read(content, kind)
    assert found.is_whole
    assert "078-05-1120" in found.text


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("pdf", scanned()),
        ("pdf", pdf("")),  # drawn, and no text
        ("docx", docx("Kim", image=True)),
        ("rtf", rb"{\rtf1 Kim {\pict\pngblip 8950}}"),
        ("odt", zipped(content_xml=ODT, Pictures__one=b"x")),
    ],
)
def test_what_nobody_reads_in_a_document_is_told(kind, content):
    """A picture may show a number: a person has to look."""
    assert reading_files.read(content, kind).is_whole is False


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("png", picture()),
        ("pdf", b"%PDF-1.7\nno file\n"),
        ("docx", b"PK\x03\x04 cut"),
        ("docx", zipped(content_xml="x")),
        ("odt", zipped(content_xml="<a>")),
        ("odt", zipped(content_xml="<a>" + "x" * 40_000_000 + "</a>")),
        ("txt", b"x" * 2_100_000),
        ("exe", b"MZ"),
    ],
)
def test_what_cannot_be_read_is_nothing(kind, content):
    """Damaged, of another kind, or unpacked larger than any honest document."""
    assert reading_files.read(content, kind) is None


BOMB = "<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'>" + "".join(
    f"<!ENTITY {one} '{f'&{other};' * 10}'>" for other, one in zip("abcdefghij", "bcdefghijk", strict=True)
)


def test_entities_that_grow_end_the_reader_and_nothing_else():
    """A billion of them in some hundred bytes."""
    assert reading_files.read(zipped(content_xml=f"{BOMB}]><p>&k;</p>"), "odt") is None


def test_a_reader_that_takes_too_long_or_too_much_is_ended(monkeypatch, tmp_path):
    """Whichever limit comes first; the one who asked goes on."""
    program = tmp_path / "program.py"
    program.write_text("while True: pass")
    monkeypatch.setattr(reading_files, "_PROGRAM", str(program))
    monkeypatch.setattr(reading_files, "SECONDS", 0.5)
    assert reading_files.read(b"x", "txt") is None


@pytest.mark.parametrize(
    "act",
    [
        "open('/etc/hostname')",
        "__import__('socket').socket()",
        "__import__('os').pipe()",
        "bytearray(10 ** 9)",
        pytest.param("__import__('os').fork()", marks=pytest.mark.skipif(geteuid() == 0, reason="root starts processes anyhow")),
    ],
)
def test_a_reader_gave_up_what_it_does_not_need(act):
    """It opens nothing, starts no process and takes no more memory than it may: each ends it."""
    program = f"import document_text, os, socket\ndocument_text._give_up()\n{act}\nprint('went on')"
    folder = document_text.__file__.rpartition("/")[0]
    done = subprocess.run([sys.executable, "-c", program], cwd=folder, capture_output=True, check=False, env={})
    assert (done.returncode != 0, b"went on" in done.stdout) == (True, False)


def test_the_program_is_alone():
    """It imports nothing of ours, so that what is loaded in it is as little as can be."""
    assert "import avow" not in (text := Path(document_text.__file__).read_text(encoding="utf-8"))
    assert "from avow" not in text
    assert reading_files.read(b"Kim", "txt") == Text("Kim", is_whole=True)
