"""The files of `deploy/`: a unit that keeps its service in, and proxies that hand on what Avow has to see."""

import os
import subprocess
from pathlib import Path

import httpx
import pytest
from tests.conftest import wait_for
from tests.deploy.confined import DEPLOY, MONITOR, NOBODY, PROGRAM, unit

#: A résumé of 5 MB, the most that the policy takes.
RESUME = b"%PDF-1.7\n".ljust(5_000_000, b"x")
APPLICATION = {"position": "calibration-technician", "name": "Kim Proxy", "email": "kim.proxy@example.com"}


def test_the_unit_is_one_that_systemd_takes(tmp_path):
    """systemd finds nothing to say about it, once its program is there."""
    written = (DEPLOY / "avow.service").read_text(encoding="utf-8")
    there = tmp_path / "avow.service"
    there.write_text(written.replace("/opt/avow/bin", str(PROGRAM)), encoding="utf-8")
    said = subprocess.run(["systemd-analyze", "verify", there], capture_output=True, text=True, check=False)
    assert (said.returncode, said.stdout + said.stderr) == (0, "")


def test_the_unit_exposes_little(tmp_path):
    """systemd's own judgement, from 0 (nothing) to 10, is below 2.0."""
    command = ["systemd-analyze", "security", "--offline=true", "--threshold=19", DEPLOY / "avow.service"]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout.splitlines()[-1:]


def test_the_service_runs_with_the_rights_of_the_unit_alone(service):
    """Server, workers and storage process are the unit's user without capabilities, can get none, and make no call beyond."""
    if os.geteuid() != 0:
        pytest.skip("only root can start a service as another user")
    assert unit()["CapabilityBoundingSet"] == unit()["AmbientCapabilities"] == ""
    for pid in (service.process.pid, *_started_by(service.process.pid)):
        lines = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)
        assert lines["Uid"].split() == [str(NOBODY)] * 4
        assert {lines[name] for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
        assert (lines["NoNewPrivs"], lines["Seccomp"]) == ("1", "2")  # 2: a filter of system calls


def _started_by(pid):
    """Return every process below one."""
    below = [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [*below, *(deeper for one in below for deeper in _started_by(one))]


def test_what_the_service_keeps_is_for_its_user_alone(service):
    """No file or folder of the data is open to anybody else."""
    assert all(not one.lstat().st_mode & 0o077 for one in service.data.rglob("*") if not one.is_symlink())


def test_a_form_a_resume_and_an_event_come_through(service, proxy):
    """Each as a browser sends it under the site's name: kept, and nothing written by the proxy, whose folder is closed."""
    browser = proxy.browser()
    form = browser.post("/avow/forms/contact-form", data={"email": "kim.proxy@example.com", "message": "Hello"})
    assert form.status_code == 303, form.text
    before = _kept(service)
    resume = browser.post(
        "/avow/forms/job-application", data=APPLICATION, files={"resume": ("cv.pdf", RESUME, "application/pdf")}
    )
    assert resume.headers["location"].startswith("/careers/thanks?reference="), resume.text
    assert _kept(service) >= before + len(RESUME)
    page = f"/through/{proxy.tls}"
    assert browser.post("/avow/events", json={"events": [{"point": "page-view", "page": page}]}).status_code == 204
    wait_for(lambda: service.stored(page) == {page: 1}, what="the event in the store")


def _kept(service):
    """Return the bytes of all kept files."""
    return sum(one.stat().st_size for one in (service.data / "files").iterdir())


def test_the_site_is_there_by_https_alone(proxy):
    """http leads to https under the same name, and every answer says that it stays so."""
    plain = httpx.get(f"http://127.0.0.1:{proxy.plain}/contact?a=b", headers={"Host": "www.marrowby.example"})
    assert plain.status_code in {301, 308}
    assert plain.headers["location"] == "https://www.marrowby.example/contact?a=b"
    for path in ("/", "/console/sign-in", "/there-is-none"):
        assert proxy.browser().get(path).headers["strict-transport-security"] == "max-age=31536000"


def test_a_body_that_no_address_takes_ends_at_the_proxy(proxy):
    """Beyond what a page takes, and beyond what a form with files takes, the answer is 413."""
    browser = proxy.browser()
    for path, size in (("/avow/events", 2_000_000), ("/avow/forms/contact-form", 46_000_000)):
        refused = browser.post(path, content=b"x" * size)
        assert refused.status_code == 413
        assert "read here" not in refused.text  # Avow's own words


def test_a_visitor_does_not_say_where_it_is(service, proxy):
    """Figures are for this machine and the monitor's address; a visitor who claims it, in each header that says so, gets none."""
    assert httpx.get(f"{service.base}/metrics").status_code == 200
    assert httpx.get(f"{service.base}/metrics", headers={"X-Forwarded-For": MONITOR}).status_code == 200
    claimed = {"X-Forwarded-For": MONITOR, "Forwarded": f"for={MONITOR}", "X-Real-IP": MONITOR}
    assert proxy.browser(**claimed).get("/metrics").status_code == 404


def test_answers_travel_as_avow_packs_them(proxy):
    """A page is packed, and 304 for who has it; a page with secrets is not packed for another site, by the proxy either."""
    browser = proxy.browser(**{"Accept-Encoding": "gzip"})
    page = browser.get("/")
    assert page.headers["content-encoding"] == "gzip"
    assert browser.get("/", headers={"If-None-Match": page.headers["etag"]}).status_code == 304
    assert browser.get("/console/sign-in").headers["content-encoding"] == "gzip"
    assert "content-encoding" not in browser.get("/console/sign-in", headers={"Sec-Fetch-Site": "cross-site"}).headers
