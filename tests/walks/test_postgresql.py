"""An installation with its control store on PostgreSQL: from the form to the proof, and what it says when it cannot."""

import json
import re
import subprocess

import pytest
from tests.answered import typed
from tests.conftest import Installation

from avow.audit import log, proof

ADDRESS, CANARY = "robin.server@example.com", "Canary-on-the-server-4712"


@pytest.fixture(scope="module")
def served(tmp_path_factory, mailbox, postgresql):
    """Return a running installation on an empty database."""
    extra = f'[storage]\ncontrol = "{postgresql.empty()}"\n'
    installation = Installation(tmp_path_factory.mktemp("served"), mail_port=mailbox.port, extra=extra).start()
    yield installation
    installation.stop()


def entries(served):
    """Return what the public log says."""
    state = log.read_state(served.data / "audit/private")
    return [json.loads(entry) for entry in log.read_entries(served.data / "audit/public", state.size)]


def test_a_form_reaches_the_inbox_and_a_request_its_proof(served, mailbox, until, tmp_path):
    """A person writes, is read, asks to be deleted: each step has its message and its entry in the log, and nothing is left."""
    browser, staff = served.browser(), served.staff()
    form = {"name": "Robin Server", "email": ADDRESS, "message": CANARY}
    assert browser.post("/avow/forms/contact-form", data=form).status_code == 303
    until(lambda: re.search(r"/console/inbox/[0-9a-f]{32}", staff.get("/console/inbox").text), what="the form in the inbox")
    assert browser.post("/privacy/delete", data={"email": ADDRESS, "period": "everything"}).status_code == 303
    link = re.search(r"http://\S+/privacy/verify/\S+", mailbox.to(ADDRESS, "confirm").get_body(("plain",)).get_content())[0]
    assert browser.post(link, data=typed(name="Robin Server")).status_code == 303
    attached = next(mailbox.to(ADDRESS, "done").iter_attachments()).get_content()
    (tmp_path / "proof.tlog-proof").write_bytes(attached)
    assert "request.delete.done" in served.avow("verify", tmp_path / "proof.tlog-proof")
    assert proof.read(attached.decode()).reference
    assert served.avow("assurance", "residue", CANARY, ADDRESS).startswith("0 found")
    steps = ("received", "acknowledged", "verified", "planned", "delete.done", "responded", "closed")
    until(lambda: {f"request.{step}" for step in steps} <= {one["what"] for one in entries(served)}, what="the log's entries")


def test_a_database_server_is_backed_up_with_its_own_tools(served, tmp_path):
    """The command refuses, and says what to do."""
    assert "that server's own tools" in served.avow("backup", tmp_path / "backup", status=1, stderr=subprocess.STDOUT)


def test_a_server_that_does_not_answer_is_one_sentence_at_the_start(installation_of):
    """No trace, and no password."""
    fresh = installation_of(extra='[storage]\ncontrol = "postgresql://avow:hush@127.0.0.1:1/avow"\n')
    said = fresh.avow("serve", status=1, stderr=subprocess.STDOUT)
    assert "does not answer" in said
    assert "Traceback" not in said
    assert "hush" not in said
