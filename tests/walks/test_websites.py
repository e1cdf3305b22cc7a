"""Two websites, two brands, under one real nginx: each takes in what the policy declares for it, and no more."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from datetime import date

import httpx
import pytest
from tests.conftest import BROWSER, MARROWBY, Installation, Person, free_port, wait_for

from avow.store.control import Control, counts, submissions
from avow.store.paging import Place
from avow.website import hosts

NGINX = "/usr/sbin/nginx"
NAMES = {"main": "www.marrowby.example", "shop": "www.lornecharts.example"}
WEBSITES = """## Our websites {#websites}

Two websites are ours: that of the instruments, and that of the charts. {.statement}

```avow
[brand.marrowby]
label = "Marrowby Instruments"

[brand.lorne]
label = "Lorne Charts"

[website.main]
label   = "Instruments"
address = "https://www.marrowby.example"
brand   = "marrowby"

[website.shop]
label   = "Charts"
address = "https://www.lornecharts.example"
brand   = "lorne"
```

"""
#: Collection points that the policy of these walks has on the first website alone.
ON_MAIN = ("job-application", "spare-parts", "newsletter", "letter-opened")


def policy():
    """Return the example policy with two websites."""
    collect = "## What we collect, and what for {#collect}"
    text = (MARROWBY / "policy.md").read_text(encoding="utf-8").replace(collect, WEBSITES + collect)
    for point in ON_MAIN:
        text = text.replace(f"[collection.{point}]\n", f'[collection.{point}]\non = ["main"]\n')
    return text


@dataclass
class Brands:
    """One installation behind one nginx, which answers for both names on one port."""

    installation: Installation
    port: int
    rewriting: int

    def origin(self, name):
        return f"http://{NAMES[name]}:{self.port}"

    def browser(self, name, **headers):
        """Return a visitor's browser on one of the websites."""
        host = f"{NAMES[name]}:{self.port}"
        says = {"User-Agent": BROWSER, "Host": host, "Origin": self.origin(name), "Sec-Fetch-Site": "same-origin"}
        return Person(base_url=f"http://127.0.0.1:{self.port}", headers={**says, **headers}, timeout=30)

    def control(self):
        """Return the control store of the running server."""
        return Control(f"sqlite:///{self.installation.data / 'control.db'}")


def configured(origins):
    """Return the tables of the websites, the first with pages that Avow serves."""
    pages = f'pages = "{MARROWBY / "site"}"\n'
    return "".join(
        f'[[websites]]\nname = "{name}"\norigin = "{origin}"\n{pages if name == "main" else ""}'
        for name, origin in origins.items()
    )


@pytest.fixture(scope="module")
def brands(tmp_path_factory, mailbox):
    """Both websites; the second has no pages of Avow's, as a static site of somebody else has none."""
    folder, port, rewriting = tmp_path_factory.mktemp("brands"), free_port(), free_port()
    origins = {name: f"http://{host}:{port}" for name, host in NAMES.items()}
    (folder / "policy.md").write_text(policy(), encoding="utf-8")
    installation = Installation(folder, mail_port=mailbox.port, policy=folder / "policy.md", websites=configured(origins)).start()
    temporary = "".join(f"{kind}_temp_path {folder}/bodies;" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(
        f"{'user nobody nogroup;' if os.geteuid() == 0 else ''} daemon off; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{}} http {{ access_log off; {temporary}\n"
        f"server {{ listen 127.0.0.1:{port} default_server; server_name {' '.join(NAMES.values())};\n"
        f"location / {{ proxy_pass {installation.base}; proxy_set_header Host $http_host; }} }}\n"
        f"server {{ listen 127.0.0.1:{rewriting}; location / {{ proxy_pass {installation.base}; }} }} }}\n"
    )
    command = [NGINX, "-e", str(folder / "error.log"), "-p", str(folder), "-c", str(folder / "nginx.conf")]
    process = subprocess.Popen(command, cwd=folder)
    made = Brands(installation, port, rewriting)
    try:
        wait_for(lambda: process.poll() is not None or answers(made), 30, "the proxy")
        yield made
    finally:
        process.terminate()
        process.wait(30)
        installation.stop()


def answers(made):
    try:
        with made.browser("main") as browser:
            return browser.get("/healthz").status_code == 200
    except httpx.HTTPError:
        return False


def events(browser, *points):
    return browser.post("/avow/events", json={"events": [{"point": point, "page": "/two"} for point in points]})


def stored(brands):
    """Return how many events of these walks each website has."""
    return brands.installation.rows("SELECT site, toUInt32(count()) FROM events WHERE page = '/two' GROUP BY site")


def test_each_website_keeps_its_own(brands):
    """A point of both is filed under each; one that is declared on the other alone is refused, with why, and counted."""
    with brands.browser("main") as main, brands.browser("shop") as shop:
        assert events(main, "page-view", "spare-parts").status_code == 204
        assert events(shop, "page-view").status_code == 204
        refused = events(shop, "page-view", "spare-parts")
    assert refused.status_code == 200
    assert [one["reason"] for one in refused.json()["dropped"]] == [
        "the policy declares this collection point for another website"
    ]
    wait_for(lambda: stored(brands) == {"main": 2, "shop": 2}, 30, "the drain")
    control = brands.control()

    def counted():
        with control.reading() as tx:
            rows = counts.refused(tx, date(2026, 1, 1))
        return [(row.site, row.point) for row, _ in rows if row.point == "spare-parts"]

    wait_for(lambda: counted() == [("shop", "spare-parts")], 30, "the count of the refusal")
    control.close()


def test_a_form_of_another_website_is_refused(brands):
    """What the notice of a website does not list is not taken in there; what is on both is, and says where."""
    with brands.browser("shop") as shop:
        letter = shop.post("/avow/forms/newsletter", data={"email": "robin@example.com"})
        assert letter.status_code == 404
        assert "another website" in letter.text
        assert "Allow “" not in shop.get("/avow/forms/contact-form").text
        contact = {"name": "Robin", "email": "robin.two@example.com", "company": "Heron", "message": "two websites"}
        assert shop.post("/avow/forms/contact-form", data=contact).status_code == 303
    control = brands.control()

    def kept():
        with control.reading() as tx:
            return [one.site for one in submissions.listed(tx, submissions.Sought("contact-form"), Place(), 10).lines]

    wait_for(lambda: kept() == ["shop"], 30, "the drain")
    control.close()


def test_a_page_of_no_website_is_misdirected(brands):
    """421 for a page under another name; monitors, proofs and staff are asked under any."""
    with brands.browser("main", Host="elsewhere.example", Origin="https://elsewhere.example") as other:
        assert other.get("/privacy").status_code == 421
        assert events(other, "page-view").status_code == 403
        assert other.get("/healthz").status_code == 200
        assert other.get("/audit/checkpoint").status_code == 200


@pytest.mark.parametrize(("origin", "fetched", "status"), [("https://elsewhere.example", "cross-site", 403), (None, "none", 403)])
def test_a_forged_origin_opens_nothing(brands, origin, fetched, status):
    """A page of nobody's, or of the other brand by its browser's own word, sends no form here."""
    with brands.browser("main", **{"Origin": origin or brands.origin("shop"), "Sec-Fetch-Site": fetched}) as other:
        assert other.post("/privacy/delete", data={"email": "robin@example.com"}).status_code == status


def test_each_website_has_its_own_pages(brands):
    """The company's pages on one, Avow's own on both, each with its policy, tag line and description of the doors."""
    with brands.browser("main") as main, brands.browser("shop") as shop:
        assert main.get("/").status_code == 200
        assert main.get("/careers").status_code == 200
        assert shop.get("/careers").status_code == 404
        policies = [one.get("/privacy-policy").text for one in (main, shop)]
        assert ["Spare parts looked at" in one for one in policies] == [True, False]
        described = [one.get("/avow/openapi.json").json() for one in (main, shop)]
    assert [one["servers"][0]["url"] for one in described] == [brands.origin("main"), brands.origin("shop")]
    assert ["/avow/forms/newsletter" in one["paths"] for one in described] == [True, False]


def test_a_proxy_that_rewrites_the_host_is_told(brands):
    """As nginx does when nobody tells it otherwise: what visitors ask for would be of another website, or of none."""
    said = hosts.rewritten(f"http://127.0.0.1:{brands.rewriting}")
    assert said == brands.installation.base.removeprefix("http://")
    assert said in hosts.words("https://www.example.com", said)
    assert hosts.rewritten(f"http://127.0.0.1:{brands.port}") == ""
    assert hosts.rewritten(f"http://127.0.0.1:{free_port()}") == ""


def test_staff_look_at_one_website_or_at_all(brands):
    """The switch is on every page and is kept; lists say of which website a line is, and figures follow."""
    desk = brands.installation.staff()
    every = desk.get("/console/inbox?site=all")
    assert ">All websites</option>" in every.text
    assert "<td>shop</td>" in every.text
    assert "<td>shop</td>" not in desk.get("/console/inbox?site=main").text
    assert "<td>shop</td>" not in desk.get("/console/inbox").text
    assert "<td>shop</td>" in desk.get("/console/inbox?site=shop").text
    assert "shop, " in desk.get("/console").text
    assert "all websites, " in desk.get("/console?site=nobody").text


def test_a_website_that_is_gone_leaves_its_records(brands):
    """Taken out of the configuration, it is answered 421; what it took in is listed under its name, and can be asked for."""
    installation, config = brands.installation, brands.installation.config
    before = config.read_text(encoding="utf-8")
    installation.stop()
    config.write_text(before.replace(configured({"shop": brands.origin("shop")}), ""), encoding="utf-8")
    installation.start()
    with brands.browser("main") as main:
        assert main.post("/privacy/delete", data={"email": "robin.two@example.com"}).status_code == 303
    desk = installation.staff()
    inbox = desk.get("/console/inbox").text
    assert inbox.count("/console/inbox/") == 1  # of the website that is gone
    wait_for(lambda: re.search("/console/requests/[0-9a-f]{24}", desk.get("/console/requests").text), 30, "the request")
    control = brands.control()
    with control.reading() as tx:
        assert [one.site for one in submissions.listed(tx, submissions.Sought("contact-form"), Place(), 10).lines] == ["shop"]
    control.close()
    with brands.browser("shop") as shop:
        assert shop.get("/privacy").status_code == 200  # one website is everything there is, whatever the host
