"""Two brands in one browser: the company's own pages, and a static site of others (Debian's manual of SQLite) with the block."""

from __future__ import annotations

import os
import subprocess

import httpx
import pytest
from tests.conftest import REPOSITORY, free_port, wait_for
from tests.walks.test_websites import NAMES, configured, policy

from .conftest import PERSON, launched, signed_in

MANUAL = REPOSITORY / ".venv" / "manual" / "usr" / "share" / "doc" / "sqlite3"
LOOK = '[websites.look]\nname = "Lorne Charts"\naccent = "#7a1f5c"\n'
NGINX = """{user} daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}
http {{
  include /etc/nginx/mime.types; access_log off; {temporary}
  proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $remote_addr; proxy_http_version 1.1;
  server {{ listen 127.0.0.1:{port}; server_name {main}; location / {{ proxy_pass {avow}; }} }}
  server {{
    listen 127.0.0.1:{port}; server_name {shop};
    location ~ ^/(avow|privacy|privacy-policy)(/|$) {{ proxy_pass {avow}; }}
    location / {{
      root {manual}; index index.html;
      sub_filter '</head>' '{head}</head>'; sub_filter '<p align="center"><small>' '{foot}<p align="center"><small>';
    }}
  }}
}}"""


@pytest.fixture(scope="module")
def brands(shared_installation_of, tmp_path_factory):
    """Both websites behind one nginx; `origins` by name."""
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    origins = {name: f"http://{host}:{port}" for name, host in NAMES.items()}
    (folder / "policy.md").write_text(policy(), encoding="utf-8")
    websites = configured(origins) + LOOK
    made = shared_installation_of(policy=folder / "policy.md", websites=websites, extra='trusted_proxies = ["127.0.0.1"]\n')
    made.start()
    block = made.avow("tag", "--site", "shop").replace("\n", " ").replace("'", "\\'")
    head, foot = block.split("<!-- Avow: in the footer of every page -->")
    temporary = "".join(f"{kind}_temp_path {folder}/bodies;" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;" if os.geteuid() == 0 else ""
    text = NGINX.format(
        user=user, folder=folder, temporary=temporary, port=port, avow=made.base, manual=MANUAL, head=head, foot=foot, **NAMES
    )
    (folder / "nginx.conf").write_text(text, encoding="utf-8")
    process = subprocess.Popen(["/usr/sbin/nginx", "-e", f"{folder}/error.log", "-p", str(folder), "-c", f"{folder}/nginx.conf"])
    made.origins = origins
    wait_for(lambda: process.poll() is not None or _answers(port), 30, "nginx")
    assert process.poll() is None, (folder / "error.log").read_text()
    yield made
    process.terminate()
    process.wait(30)


def _answers(port):
    try:
        return httpx.get(f"http://127.0.0.1:{port}/lang.html", headers={"Host": f"{NAMES['shop']}:{port}"}).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.fixture(scope="module")
def named(playwright):
    """A browser for which every name of a website is this machine."""
    with launched(playwright, "--host-resolver-rules=MAP *.example 127.0.0.1") as browser:
        yield browser


@pytest.fixture
def page(named):
    """A page of a person's own."""
    context = named.new_context(user_agent=PERSON)
    yield context.new_page()
    context.close()


def test_each_brand_counts_its_own_pages_and_asks_in_its_own_name(brands, page):
    """An answer on one is none on the other, whose browser keeps other cookies; nothing of a page is moved or hidden for good."""
    page.goto(f"{brands.origins['shop']}/lang.html")
    asking = page.get_by_role("region", name="Lorne Charts asks: may we?").or_(page.get_by_text("Lorne Charts asks: may we?"))
    asking.first.wait_for()
    page.get_by_role("button", name="Do not allow").click()
    asking.first.wait_for(state="detached")
    assert page.get_by_role("heading", name="SQL As Understood By SQLite").is_visible()
    page.get_by_role("link", name="Your privacy choices").click()
    assert page.get_by_role("link", name="Lorne Charts").first.is_visible()
    page.goto(f"{brands.origins['main']}/")
    page.get_by_text("Marrowby Instruments, Inc. asks: may we?").wait_for()
    views = "SELECT concat(site, ' ', page), toUInt32(count()) FROM events WHERE point = 'page-view' GROUP BY 1"
    wait_for(lambda: brands.rows(views) == {"shop /lang.html": 1, "main /": 1}, what="the views")


def test_a_form_of_a_brand_without_pages_of_ours_is_kept_as_its_own(brands, page):
    """On Avow's page of the form, in the brand's look; staff see of which website it is."""
    page.goto(f"{brands.origins['shop']}/avow/forms/contact-form")
    assert page.get_by_role("link", name="Lorne Charts").first.is_visible()
    for name, value in {"name": "Robin", "email": "robin@example.com", "company": "Heron", "message": "charts"}.items():
        page.fill(f"[name={name}]", value)
    page.locator("main form button").last.click()
    page.get_by_text("Thank you").first.wait_for()
    desk = signed_in(page.context.new_page(), brands)
    wait_for(
        lambda: desk.goto(f"{desk.url.partition('/console')[0]}/console/inbox") and desk.get_by_role("cell", name="shop").count(),
        what="the letter",
    )
