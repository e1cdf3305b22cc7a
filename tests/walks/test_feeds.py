"""A portal's feed against a running server: agreed first, kept once through a crash, out for good after an erasure."""

import base64
import hashlib
import hmac
import json
import re
import time
from datetime import UTC, datetime

from tests.collection.test_feeds import AGREEMENT, KEY, POLICY, SECRET
from tests.conftest import wait_for
from tests.walks.test_forms import confirmed

KIM = "kim.feed@example.com"


def deliver(installation, delivery_id, at, **data):
    """Send a signed delivery as the portal does; return the answer."""
    fields = {"email": KIM, "check-result": "clear"} | data
    body, sent = json.dumps({"timestamp": at, "data": fields}).encode(), str(int(time.time()))
    mark = hmac.digest(SECRET, f"{delivery_id}.{sent}.".encode() + body, hashlib.sha256)
    headers = {
        "webhook-id": delivery_id,
        "webhook-timestamp": sent,
        "webhook-signature": f"v1,{base64.b64encode(mark).decode()}",
    }
    return installation.browser().post("/avow/feeds/check", content=body, headers=headers)


def shown(staff):
    """Return the references of the background checks in the inbox."""
    return re.findall(r"/console/inbox/[0-9a-f]{32}\">(\w+)<", staff.get("/console/inbox?point=check").text)


def test_a_report_is_taken_once_and_only_of_who_agreed(installation_of, tmp_path, mailbox):
    """No agreement: 403. Then the same delivery, before and after a crash, is one record; erased, it never comes back."""
    policy = tmp_path / "policy.md"
    policy.write_text(POLICY.read_text(encoding="utf-8").replace("\n### What our server notes", AGREEMENT), encoding="utf-8")
    (tmp_path / "portal.key").write_text(KEY, encoding="ascii")
    extra = f'[[feeds]]\npoint = "check"\nkey_file = "{tmp_path / "portal.key"}"\n'
    house = installation_of(policy=policy, extra=extra, mail_port=mailbox.port).start()
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
