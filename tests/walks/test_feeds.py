"""A portal's feed against a running server: agreed first, kept once through a crash, out for good after an erasure."""

import base64
import hashlib
import hmac
import json
import re
import time
from datetime import UTC, datetime

import pytest
from tests.collection.test_feeds import AGREEMENT, KEY, POLICY, SECRET
from tests.conftest import wait_for
from tests.walks.test_forms import PDF, confirmed, in_inbox
from tests.walks.test_openapi import answers_as_described, operations

from avow.store.files import Files

KIM, LEE = "kim.feed@example.com", "lee.feed@example.com"


def deliver(installation, delivery_id, at, **data):
    """Send a signed delivery as the portal does; return the answer."""
    return post(installation, "check", delivery_id, {"timestamp": at, "data": {"email": KIM, "check-result": "clear"} | data})


def post(installation, point, delivery_id, message):
    body, sent = json.dumps(message).encode(), str(int(time.time()))
    mark = hmac.digest(SECRET, f"{delivery_id}.{sent}.".encode() + body, hashlib.sha256)
    headers = {
        "webhook-id": delivery_id,
        "webhook-timestamp": sent,
        "webhook-signature": f"v1,{base64.b64encode(mark).decode()}",
    }
    return installation.browser().post(f"/avow/feeds/{point}", content=body, headers=headers)


def shown(staff, point="check"):
    """Return the references of what a feed brought, in the inbox."""
    return re.findall(r"/console/inbox/[0-9a-f]{32}\">(\w+)<", staff.get(f"/console/inbox?point={point}").text)


@pytest.fixture
def house(installation_of, tmp_path, mailbox):
    policy, key = tmp_path / "marrowby.md", tmp_path / "portal.key"
    policy.write_text(POLICY.read_text(encoding="utf-8").replace("\n### What our server notes", AGREEMENT), encoding="utf-8")
    key.write_text(KEY, encoding="ascii")
    extra = "".join(f'[[feeds]]\npoint = "{point}"\nkey_file = "{key}"\n' for point in ("check", "portal-application"))
    return installation_of(policy=policy, extra=extra, mail_port=mailbox.port).start()


def files_of(house):
    return Files(house.data / "files").names("form-")


def test_an_application_comes_with_its_file_once_and_goes_with_its_person(house, mailbox):
    """Sealed, given to staff, the same after a crash and a repetition; erased it stays out, and no file of it is left."""
    resume = {"field": "resume", "name": "cv.pdf", "content": base64.b64encode(PDF).decode()}
    said = {"timestamp": datetime.now(UTC).isoformat(), "data": {"email": LEE, "position": "sailmaker"}, "files": [resume]}
    first = post(house, "portal-application", "a-1", said)
    assert (first.status_code, first.json()["dropped"]) == (200, [])
    house.kill()
    house.start()
    assert post(house, "portal-application", "a-1", said).json() == first.json()
    staff = house.staff()
    wait_for(lambda: shown(staff, "portal-application") == [first.json()["reference"]], what="one application")
    wait_for(lambda: len(files_of(house)) == 1, what="one file")
    assert not any(b"canary-of-the-file" in path.read_bytes() for path in house.data.rglob("*") if path.is_file())
    place = in_inbox(staff, first.json()["reference"])
    assert staff.get(f"{place}/files/1?purpose=recruiting").content == PDF
    confirmed(house.browser(), mailbox, "delete", LEE)
    assert files_of(house) == ()
    assert post(house, "portal-application", "a-1", said).json() == first.json()
    wait_for(lambda: files_of(house) == (), what="no file again")
    assert shown(staff, "portal-application") == []


def test_a_body_is_as_large_as_its_files_may_be(house):
    """And a megabyte where the feed declares none."""
    many = {"timestamp": datetime.now(UTC).isoformat(), "data": {}, "files": [], "more": "x" * 8_000_000}
    assert [post(house, point, "a-2", many).status_code for point in ("portal-application", "check")] == [413, 413]


def test_what_is_described_of_feeds_is_so(house):
    """The OpenAPI description names each feed, with the files that it takes."""
    feeds = {one.path: one for one in operations(house) if one.path.startswith("/avow/feeds/")}
    assert set(feeds) == {"/avow/feeds/check", "/avow/feeds/portal-application"}
    for operation in feeds.values():
        answers_as_described(operation)


def test_a_report_is_taken_once_and_only_of_who_agreed(house, mailbox):
    """No agreement: 403. Then the same delivery, before and after a crash, is one record; erased, it never comes back."""
    at = datetime.now(UTC).isoformat()
    refused = deliver(house, "d-1", at)
    assert (refused.status_code, refused.json()["rule"]) == (403, "15 U.S.C. 1681b(b)(2)(A)(ii)")
    agreed = house.browser().post("/avow/forms/agreement", data={"email": KIM}, headers={"Accept": "application/json"})
    assert agreed.status_code == 201
    wait_for(lambda: deliver(house, "d-1", at).status_code == 200, what="the authorisation on file")
    first = deliver(house, "d-1", at, score="7").json()
    assert [lost["field"] for lost in first["dropped"]] == ["score"]
    house.kill()
    house.start()
    assert deliver(house, "d-1", at, score="7").json() == first
    staff = house.staff()
    wait_for(lambda: shown(staff) == [first["reference"]], what="one report")
    confirmed(house.browser(), mailbox, "delete", KIM)
    assert house.browser().post("/avow/forms/agreement", data={"email": KIM}).status_code in {303, 307}
    wait_for(lambda: deliver(house, "d-1", at).status_code == 200, what="the new authorisation on file")
    time.sleep(2)
    assert shown(staff) == []
