"""Files go past a real clamd, which knows one invented signature; what it does not clear is not taken."""

import asyncio
import hmac
import os
import socket
import subprocess

import pytest
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient
from tests.conftest import REPOSITORY

from avow.collection.accept import Collector
from avow.collection.forms.attachments import Attachments
from avow.collection.forms.form import Forms
from avow.collection.forms.spam import FormGuard
from avow.collection.forms.uploads import Upload
from avow.collection.forms.virus_scan import Clamd
from avow.collection.limits.event_leases import EventLeases
from avow.collection.limits.sender_counts import Counts
from avow.collection.refusals import Refusals
from avow.collection.senders import Senders
from avow.definitions import ScannerUnavailable
from avow.web.form_endpoint import FormEndpoint

from .test_forms import APPLICATION, PDF, MemoryFiles, MemorySpool, apply

CLAMD = REPOSITORY / ".venv" / "clamd"  # where `make test` unpacks Debian's package
SIGN = b"AVOW-INVENTED-VIRUS-FOR-TESTS"
NOWHERE = "/nowhere/clamd.sock"


@pytest.fixture(scope="module")
def clamd(tmp_path_factory, until):
    """A clamd of these tests' own: its socket's path and its port."""
    folder = tmp_path_factory.mktemp("clamd")
    (folder / "signatures").mkdir()
    (folder / "signatures" / "invented.ndb").write_text(f"Avow.Test.Invented:0:*:{SIGN.hex()}\n", encoding="ascii")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = f"Foreground yes\nLocalSocket {folder}/socket\nTCPSocket {port}\nTCPAddr 127.0.0.1\nStreamMaxLength 2M\n"
    (folder / "clamd.conf").write_text(f"{settings}DatabaseDirectory {folder}/signatures\n", encoding="ascii")
    library = next((CLAMD / "usr" / "lib").glob("*/libclamav.so.*")).parent
    with (folder / "log").open("wb") as log:
        command = [CLAMD / "usr" / "sbin" / "clamd", "-c", folder / "clamd.conf"]
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "LD_LIBRARY_PATH": str(library)})
    until((folder / "socket").exists, 60, "clamd")
    yield str(folder / "socket"), f"127.0.0.1:{port}"
    process.terminate()
    process.wait(30)


def finds(address, content):
    return asyncio.run(Clamd(address).finds(content))


@pytest.fixture
def house(rulebook):
    """Forms whose files go past a clamd at an address."""

    def made(address):
        spool, files = MemorySpool(), MemoryFiles()
        collector = Collector(rulebook, "marrowby.example", spool, None, Refusals())
        return Forms(collector, Attachments(files, Clamd(address)), None), spool, files

    return made


def test_harmful_files_are_told_from_others(clamd):
    """By the socket and by TCP; in the middle of a file that is sent in several pieces."""
    for address in clamd:
        assert not finds(address, PDF)
        assert finds(address, PDF + SIGN)
        assert finds(address, PDF + bytes(600_000) + SIGN + bytes(600_000))


def test_no_clear_answer_is_no_clearance(clamd):
    """Nobody there, a file that is beyond the scanner's own limit, and something else that listens."""
    with pytest.raises(ScannerUnavailable, match="does not answer"):
        finds(NOWHERE, PDF)
    with pytest.raises(ScannerUnavailable):
        finds(clamd[0], bytes(3_000_000))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.listen()
        address = f"127.0.0.1:{silent.getsockname()[1]}"

        async def answered():
            task = asyncio.create_task(Clamd(address).finds(PDF))
            connection = (await asyncio.to_thread(silent.accept))[0]
            connection.sendall(b"HTTP/1.1 400 Bad Request\0")
            connection.close()
            await task

        with pytest.raises(ScannerUnavailable):
            asyncio.run(answered())


def test_form_with_a_harmful_file_is_given_back_and_counted(clamd, house, now_ms):
    """Nothing of it is kept; the person is told which file, staff only that there was one."""
    forms, spool, files = house(clamd[0])
    answer = apply(forms, now_ms, Upload("resume", "kim.pdf", PDF + SIGN), letter="Hello")
    assert "virus scanner" in answer.errors["resume"]
    assert answer.fields["letter"] == "Hello"
    assert (spool.records, files.kept) == ([], {})
    counted = list(forms._collector.refusals._counts._counts)
    assert [(row.point, row.field) for row in counted] == [("job-application", "resume")]
    assert "kim" not in str(counted)
    assert apply(forms, now_ms, Upload("resume", "kim.pdf", PDF)).reference


def test_without_the_scanner_the_form_is_asked_for_again(house, now_ms):
    """503 with a time to try again, nothing kept; a form without files does not need it."""
    forms, spool, files = house(NOWHERE)
    senders = Senders(forms._collector, EventLeases(Counts(), 0), (), "token")
    guard = FormGuard(lambda data: hmac.digest(b"key", data, "sha256"), Counts())
    endpoint = FormEndpoint(senders, forms, guard, lambda: now_ms, None, None, None)

    class Site:
        """No page of it is shown."""

        def has_guard(self, _point):
            return False

        def thanks_page(self, _point):
            return ""

        def closed(self, _point, _values):
            return {}

    async def take(request):
        return await endpoint.take(request, Site())

    client = TestClient(Starlette(routes=[Route("/avow/forms/{point}", take, methods=["POST"])]))
    answer = client.post("/avow/forms/job-application", data=dict(APPLICATION), files={"resume": ("cv.pdf", PDF)})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    assert (spool.records, files.kept) == ([], {})
    message = {"email": "kim@example.com", "message": "Hi"}
    assert client.post("/avow/forms/contact-form", data=message, headers={"Accept": "application/json"}).status_code == 201
