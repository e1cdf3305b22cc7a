"""A portal's feed against a running server: agreed first, kept once through a crash, out for good after an erasure."""

import base64
import hashlib
import hmac
import io
import json
import os
import re
import time
import zipfile
from datetime import UTC, datetime

import pytest
from tests.collection.test_feeds import AGREEMENT, KEY, PDF, POLICY, SECRET
from tests.conftest import Installation, wait_for
from tests.documents import pdf
from tests.walks.test_forms import confirmed
from tests.walks.test_openapi import answers_as_described, operations

from avow.store.files import Files

LEE = "lee.feed@example.com"  # an address gets one link an hour for each kind of request
KIM = "kim.feed@example.com"


def large():
    """Return a PDF file that is larger than the body of a page, with nothing in it that nobody can read."""
    return pdf("A long life", more=b"<< /Length 2000000 >>\nstream\n%s\nendstream" % os.urandom(2_000_000))


def deliver(installation, delivery_id, at, point="check", files=None, **data):
    """Send a signed delivery as the portal does; return the answer."""
    fields = {"email": KIM} | data | ({"check-result": "clear"} if point == "check" else {})
    message = {"timestamp": at, "data": fields} | ({"files": files} if files else {})
    body, sent = json.dumps(message).encode(), str(int(time.time()))
    mark = hmac.digest(SECRET, f"{delivery_id}.{sent}.".encode() + body, hashlib.sha256)
    headers = {
        "webhook-id": delivery_id,
        "webhook-timestamp": sent,
        "webhook-signature": f"v1,{base64.b64encode(mark).decode()}",
    }
    return installation.browser().post(f"/avow/feeds/{point}", content=body, headers=headers)


@pytest.fixture(scope="module")
def house(tmp_path_factory, mailbox):
    """An installation whose policy takes background checks and applications from a portal."""
    folder = tmp_path_factory.mktemp("feeds")
    policy, key = folder / "policy.md", folder / "portal.key"
    policy.write_text(POLICY.read_text(encoding="utf-8").replace("\n### What our server notes", AGREEMENT), encoding="utf-8")
    key.write_text(KEY, encoding="ascii")
    named = (f'[[feeds]]\npoint = "{point}"\nkey_file = "{key}"\n' for point in ("check", "portal-application"))
    made = Installation(folder, policy=policy, extra="".join(named), mail_port=mailbox.port).start()
    yield made
    made.stop()


def shown(staff):
    """Return the references of the background checks in the inbox."""
    return re.findall(r"/console/inbox/[0-9a-f]{32}\">(\w+)<", staff.get("/console/inbox?point=check").text)


def test_a_report_is_taken_once_and_only_of_who_agreed(house, mailbox):
    """No agreement, or a later one: 403. Then the same, before and after a crash, is one record; erased, it never comes back."""
    refused = deliver(house, "d-0", datetime.now(UTC).isoformat())
    assert (refused.status_code, refused.json()["rule"]) == (403, "15 U.S.C. 1681b(b)(2)(A)(ii)")
    agreed = house.browser().post("/avow/forms/agreement", data={"email": KIM}, headers={"Accept": "application/json"})
    assert agreed.status_code == 201
    at = datetime.now(UTC).isoformat()
    wait_for(lambda: deliver(house, "d-1", at, score="7").status_code == 200, what="the authorisation on file")
    first = deliver(house, "d-1", at, score="7").json()
    assert [lost["field"] for lost in first["dropped"]] == ["score"]
    house.kill()
    house.start()
    assert deliver(house, "d-1", at, score="7").json() == first
    staff = house.staff()
    wait_for(lambda: shown(staff) == [first["reference"]], what="one report")
    confirmed(house.browser(), mailbox, "delete", KIM, staff, (staff, house.staff()))
    assert house.browser().post("/avow/forms/agreement", data={"email": KIM}).status_code in {303, 307}
    wait_for(lambda: "given after" in deliver(house, "d-1", at, score="7").text, what="the new authorisation on file")
    house.drain()
    assert shown(staff) == []


def kept_files(house):
    return Files(house.data / "files").names("form-")


def test_an_application_of_a_portal_comes_with_its_file_once_and_leaves_with_it(house, mailbox):
    """Larger than a page's body; twice and through a crash one file; in the archive; erased, it is not there again."""
    at, content = datetime.now(UTC).isoformat(), large()
    small = {"resume": {"name": "robin.pdf", "data": base64.b64encode(PDF).decode()}}
    staff = house.staff()
    other = deliver(house, "a-0", at, "portal-application", small, email="robin.feed@example.com").json()
    wait_for(lambda: other["reference"] in staff.get("/console/inbox?point=portal-application").text, what="the first")
    files = {"resume": {"name": "kim.pdf", "data": base64.b64encode(content).decode()}, "scan": {"name": "", "data": ""}}
    first = deliver(house, "a-1", at, "portal-application", files, email=LEE)
    assert (first.status_code, [lost["field"] for lost in first.json()["dropped"]]) == (200, ["scan"])
    house.kill()
    house.start()
    assert deliver(house, "a-1", at, "portal-application", files, email=LEE).json() == first.json()
    wait_for(lambda: len(kept_files(house)) == 2, what="one file of two deliveries")
    page = confirmed(house.browser(), mailbox, "know", LEE, staff, (staff, house.staff()))
    archived = zipfile.ZipFile(io.BytesIO(house.browser().get(f"{page}/archive.zip").content))
    assert [archived.read(name) for name in archived.namelist() if name.startswith("files/")] == [content]
    confirmed(house.browser(), mailbox, "delete", LEE, staff, (staff, house.staff()))
    assert deliver(house, "a-1", at, "portal-application", files, email=LEE).json() == first.json()
    assert len(kept_files(house)) == 1
    house.drain()
    assert len(kept_files(house)) == 1
    assert first.json()["reference"] not in staff.get("/console/inbox?point=portal-application").text


def test_too_much_is_refused_before_it_is_read(house):
    """413 by the announced length: what its files may have, and one megabyte."""
    at = datetime.now(UTC).isoformat()
    huge = {"resume": {"name": "kim.pdf", "data": "A" * 9_000_000}}
    assert deliver(house, "a-2", at, "portal-application", huge).status_code == 413
    assert deliver(house, "a-3", at, "check", {"resume": {"name": "kim.pdf", "data": "A" * 1_100_000}}).status_code == 413


def test_what_is_described_of_feeds_is_so(house):
    """The OpenAPI description names each feed, with the files that it takes."""
    feeds = {one.path: one for one in operations(house) if one.path.startswith("/avow/feeds/")}
    assert set(feeds) == {"/avow/feeds/check", "/avow/feeds/portal-application"}
    for operation in feeds.values():
        answers_as_described(operation)
