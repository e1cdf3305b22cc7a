"""Pages that Avow does not serve, with the block that `avow tag` prints pasted as it is: static ones, and two of one page.

A real nginx serves both, hands Avow's paths on, and allows neither script nor style within a page.
"""

import os
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest
from tests.conftest import REPOSITORY, free_port, wait_for

from .conftest import PERSON, signed_in
from .test_accessible import violations

NGINX = """{user} daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}
http {{
  include /etc/nginx/mime.types; access_log off; {temporary}
  proxy_set_header Host $http_host; proxy_set_header X-Forwarded-For $remote_addr; proxy_http_version 1.1;
  server {{
    listen 127.0.0.1:{port};
    location ~ ^/(avow|privacy|privacy-policy|console|audit)(/|$) {{
      proxy_pass http://127.0.0.1:{avow}; client_max_body_size 33m;
    }}
    location /template/ {{
      root {folder}/pages; try_files $uri /template/index.html;
      add_header Content-Security-Policy "{policy} data:";
    }}
    location / {{
      root {folder}/pages; index index.html; try_files $uri $uri.html $uri/index.html /app/index.html;
      add_header Cache-Control "public, max-age=600";
      add_header Content-Security-Policy "{policy}";
    }}
  }}
}}"""
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; img-src 'self'"
#: The application that create-vue makes of its template with a router, and what Vite needs to build it: see the Makefile.
TEMPLATE = REPOSITORY / ".venv" / "template"
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>{head}</head><body><main><h1>{title}</h1>{body}</main><footer>{foot}</footer></body></html>"""
FORM = """<form action="/avow/forms/contact-form" method="post">
<p><label>E-mail address <input name="email"></label></p><p><label>Name <input name="name"></label></p>
<p><label>Message <textarea name="message"></textarea></label></p><button>Send</button></form>"""
#: A router over the history; one of its places has the form.
APPLICATION = (
    """const show = () => {
  document.querySelector("#place").innerHTML = location.pathname === "/app/write" ? `"""
    + FORM.replace("\n", "")
    + """` : location.pathname;
};
document.querySelectorAll("nav a").forEach((link) => link.addEventListener("click", (event) => {
  event.preventDefault();
  history.pushState({}, "", link.getAttribute("href"));
  show();
}));
addEventListener("popstate", show);
document.addEventListener("avow:sent", (event) => {
  event.preventDefault();
  document.querySelector("#place").textContent = `Kept as ${event.detail.reference}`;
});
show();"""
)
PLACES = '<nav><a href="/app/one">One</a> <a href="/app/write">Write</a></nav><div id="place"></div>'
APPLICATION_FORM = """<form action="/avow/forms/job-application" method="post" enctype="multipart/form-data">
<label>Position <input name="position"></label><label>Name <input name="name"></label><label>E-mail <input name="email"></label>
<label>Resume <input type="file" name="resume"></label><button>Send</button></form>"""
#: The lines that were put into pages before there was a block, which are still there on this one.
LINES_OF_BEFORE = (
    """<script src="/avow/tag.js" data-points="page-view:gpc,dnt:page" defer></script>
<script src="/avow/preferences.js" defer></script><script src="/avow/choices.js" defer></script>
<script src="/avow/replay.js" defer></script><script src="/avow/form.js" defer></script>"""
    + FORM
)
#: What browsers say of an answer that is no success: expected where a form has to be mended, or was too fast.
EXPECTED = "Failed to load resource: the server responded with a status of 4"


@pytest.fixture(scope="module")
def site(shared_installation_of, tmp_path_factory):
    """An installation without pages of its own behind nginx, which serves those of others; its address is nginx's."""
    folder, port = tmp_path_factory.mktemp("others"), free_port()
    made = shared_installation_of(origin=f"http://127.0.0.1:{port}", extra='trusted_proxies = ["127.0.0.1"]\n')
    text = made.config.read_text(encoding="utf-8")
    made.config.write_text(
        "".join(line for line in text.splitlines(keepends=True) if not line.startswith("pages")), encoding="utf-8"
    )
    made.start()
    head, foot = made.avow("tag", "--site", "marrowby.example").split("<!-- Avow: in the footer of every page -->")
    for path, title, body in (
        ("index", "Rain and wind", "<p>Words of this page.</p>"),
        ("write", "Write", FORM),
        ("app/index", "Application", f'{PLACES}<script src="/app.js" defer></script>'),
        ("apply", "Apply", APPLICATION_FORM),
        ("before", "Lines of before", LINES_OF_BEFORE),
        ("shadow", "Within", '<div id="host"></div><script src="/shadow.js" defer></script>'),
    ):
        page = folder / "pages" / f"{path}.html"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(PAGE.format(title=title, body=body, head=head, foot=foot), encoding="utf-8")
    (folder / "pages" / "app.js").write_text(APPLICATION, encoding="utf-8")
    within = f"document.querySelector('#host').attachShadow({{ mode: 'open' }}).innerHTML = `{FORM}`;"
    (folder / "pages" / "shadow.js").write_text(within, encoding="utf-8")
    build_template(folder, head, foot)
    folder.chmod(0o755)
    temporary = "".join(f"{kind}_temp_path {folder}/bodies;" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    user = "user root;" if os.geteuid() == 0 else ""
    conf = NGINX.format(user=user, folder=folder, temporary=temporary, port=port, avow=made.port, policy=POLICY)
    (folder / "nginx.conf").write_text(conf, encoding="utf-8")
    process = subprocess.Popen(["/usr/sbin/nginx", "-e", f"{folder}/error.log", "-p", str(folder), "-c", f"{folder}/nginx.conf"])
    made.origin = f"http://127.0.0.1:{port}"
    wait_for(lambda: process.poll() is not None or _answers(made.origin), 30, "nginx")
    assert process.poll() is None, (folder / "error.log").read_text()
    yield made
    process.terminate()
    process.wait(30)


def build_template(folder, head, foot):
    """Put the block into the application of a template, and a form into its second place; build it with Vite."""
    made = folder / "application"
    shutil.copytree(TEMPLATE / "application", made)
    (made / "node_modules").symlink_to(TEMPLATE / "node_modules")
    shutil.copy(Path(__file__).parent / "template" / "WriteView.vue", made / "src" / "views" / "AboutView.vue")
    index = made / "index.html"
    page = index.read_text(encoding="utf-8")
    for mark, block in (("<head>", f"<head>{head}"), ("</body>", f"{foot}</body>")):
        assert page.count(mark) == 1
        page = page.replace(mark, block)
    index.write_text(page, encoding="utf-8")
    vite = [made / "node_modules" / ".bin" / "vite", "build", "--base=/template/", f"--outDir={folder}/pages/template"]
    done = subprocess.run(vite, cwd=made, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    built = (folder / "pages" / "template" / "index.html").read_text(encoding="utf-8")
    assert head.strip() in built
    assert foot.strip() in built


def _answers(origin):
    try:
        return httpx.get(origin).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.fixture
def person(chromium, site):
    """Open a browser of somebody's own; whatever a page does that its policy refuses fails the test."""
    contexts, errors = [], []

    def opened(**options):
        context = chromium.new_context(base_url=site.origin, user_agent=PERSON, **options)
        contexts.append(context)
        context.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        context.on("weberror", lambda error: errors.append(str(error.error)))
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()
    assert [one for one in errors if not one.startswith(EXPECTED)] == []


def fill(page, **fields):
    for name, value in fields.items():
        page.fill(f"[name={name}]", value)
    page.get_by_role("button", name="Send").click()


def kept(site, console, reference):
    """Return whether a submission is in the inbox."""
    console.goto(f"{site.base}/console/inbox")
    return reference in console.content()


def allow(page):
    """Say yes on the banner, and wait until what waited for it has begun."""
    page.get_by_role("button", name="Allow", exact=True).click()
    page.get_by_text("This visit is being recorded").wait_for()


def test_a_view_is_counted_and_asks(person, site, until):
    """One view for one page; the banner asks; nothing but one script is loaded before an answer."""
    page, loaded = person(), []
    page.on("request", lambda request: loaded.append(request.url) if request.resource_type == "script" else None)
    page.goto("/?view=1", wait_until="networkidle")
    assert page.get_by_role("button", name="Do not allow").is_visible()
    assert len(loaded) == 1
    assert "/avow/static/page." in loaded[0]
    page.goto("/counted-once", wait_until="networkidle")
    until(lambda: site.stored("/counted-once") == {"/counted-once": 1}, what="the view")
    site.drain()
    assert site.stored("/counted-once") == {"/counted-once": 1}


def test_a_yes_starts_what_waits_in_every_tab_and_a_no_keeps_it_off(person):
    """The recorder comes after the yes, without a new page, in the second tab as well; nobody who says no gets it."""
    page = person()
    page.goto("/")
    other = page.context.new_page()
    other.goto("/")
    other.get_by_role("button", name="Allow", exact=True).wait_for()
    allow(page)
    other.get_by_text("This visit is being recorded").wait_for()
    other.get_by_role("button", name="Allow", exact=True).wait_for(state="detached")
    no, loaded = person(), []
    no.on("request", lambda request: loaded.append(request.url))
    no.goto("/")
    no.get_by_role("button", name="Do not allow").click()
    no.locator("avow-asking").wait_for(state="detached")
    no.goto("/", wait_until="networkidle")
    assert not no.locator("avow-asking").count()
    assert not [one for one in loaded if "/recorder." in one]


def test_a_form_has_its_notice_and_is_mended_with_what_was_typed(person, site, until):
    """Notice above the fields; words next to the field, the focus on it; mended, it is kept; so it is again after 'Back'."""
    page, console = person(), signed_in(person(), site)
    page.goto("/write")
    page.get_by_role("button", name="Do not allow").click()
    notice = page.locator("form > .notice-at-collection")
    notice.wait_for()
    assert "24 months after our last contact" in notice.inner_text()
    assert page.locator("form > :first-child").get_attribute("class") == "notice-at-collection"
    assert not page.locator("[name=avow-token]").count()  # nobody wrote yet: a cached page is as good as a new one
    fill(page, email="robin", name="Robin", message="About rain")
    page.get_by_role("alert").wait_for()
    email = page.locator("[name=email]")
    assert email.evaluate("one => document.activeElement === one && one.getAttribute('aria-invalid')") == "true"
    told = email.evaluate("one => document.getElementById(one.getAttribute('aria-describedby')).textContent")
    assert "E-mail address" in told
    assert [page.input_value(f"[name={name}]") for name in ("email", "name", "message")] == ["robin", "Robin", "About rain"]
    assert violations(page) == []
    references = []
    for _ in range(2):
        fill(page, email="robin@example.com", name="Robin", message="About rain")
        page.wait_for_url("**/avow/forms/contact-form/thanks?reference=*")
        references.append(page.locator("strong").first.inner_text())
        page.go_back()
        assert not page.locator(".avow-error").count()
    for reference in references:
        until(lambda reference=reference: kept(site, console, reference), what="the form in the inbox")


def test_a_form_without_script_comes_back_on_a_page_of_avow(person):
    """With what was typed, its notice, and words next to the field; mended there, it is kept."""
    page = person(java_script_enabled=False)
    page.goto("/write")
    fill(page, email="robin", message="About wind")
    assert page.url.endswith("/avow/forms/contact-form")
    assert page.input_value("[name=message]") == "About wind"
    assert page.locator("#email-error").is_visible()
    assert page.locator(".notice-at-collection").is_visible()
    page.wait_for_timeout(2_100)  # so fast nobody writes: the guard would ask once more
    fill(page, email="robin@example.com")
    assert "/avow/forms/contact-form/thanks?reference=" in page.url


def test_a_form_in_a_shadow_tree_is_sent_as_without_script(person):
    """No worse than without: it comes back on Avow's own page."""
    page = person()
    page.goto("/shadow")
    fill(page, email="robin", message="About snow")
    page.wait_for_url("**/avow/forms/contact-form")
    assert page.input_value("[name=message]") == "About snow"
    page.get_by_role("link", name="Privacy policy").first.wait_for()


def test_a_form_that_cannot_be_sent_stays_as_it_is(person, site):
    """Without a network the words are above the form, the focus on them, and everything is still there."""
    page = person()
    page.goto("/write")
    page.locator("form > .notice-at-collection").wait_for()
    page.route("**/avow/forms/contact-form", lambda route: route.fulfill(status=429, json={"detail": "Not just now."}))
    fill(page, email="robin@example.com", message="About hail")
    alert = page.get_by_role("alert")
    alert.wait_for()
    assert alert.inner_text() == "Not just now."
    assert page.input_value("[name=message]") == "About hail"
    page.unroute("**/avow/forms/contact-form")


def test_a_file_comes_along_and_stays_after_an_error(person, site, until):
    """No page can put a file back into a form; a page that does not go away need not."""
    page, console = person(), signed_in(person(), site)
    page.goto("/apply")
    page.get_by_role("button", name="Do not allow").click()
    page.set_input_files("[name=resume]", {"name": "cv.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7\nCV\n"})
    fill(page, position="calibration-technician", name="Kim", email="kim")
    page.get_by_role("alert").wait_for()
    assert page.locator("[name=resume]").evaluate("one => one.files[0].name") == "cv.pdf"
    fill(page, email="kim@example.com")
    page.wait_for_url("**/avow/forms/job-application/thanks?reference=*")
    reference = page.locator("strong").first.inner_text()
    until(lambda: kept(site, console, reference), what="the application in the inbox")


def test_a_page_with_the_lines_of_before_as_well_is_asked_and_counted_once(person, site, until):
    """Whoever puts the block in before the old lines are out has one view, one banner, one notice, one submission."""
    page, sent = person(), []
    page.on("request", lambda request: sent.append(request.method + " " + request.url.removeprefix(site.origin)))
    page.goto("/before", wait_until="networkidle")
    assert page.locator("avow-asking").count() == 1
    assert page.locator(".notice-at-collection").count() == 1
    assert page.evaluate("document.querySelectorAll('script[src*=\"/avow/\"]').length") == 6
    until(lambda: site.stored("/before") == {"/before": 1}, what="the view")
    asked = [one for one in sent if one.startswith(("GET /avow/choices", "GET /avow/recording", "GET /avow/preferences"))]
    # The second about choices is whether the browser gives the cookie of the first back.
    assert sorted(one.partition("?")[0].rpartition("/")[2] for one in asked if ".js" not in one) == [
        *("choices", "choices", "preferences", "recording")
    ]
    page.get_by_role("button", name="Do not allow").click()
    fill(page, email="robin@example.com", message="About fog")
    page.wait_for_url("**/thanks?reference=*")
    assert len([one for one in sent if one == "GET /avow/forms/contact-form/token"]) == 1


def test_an_application_of_one_page_counts_its_places_and_has_its_form(person, site, until):
    """Each place is a view; a form that comes into the page later has notice and guard; sent, the application stays."""
    page, console = person(), signed_in(person(), site)
    page.goto("/app/start")
    allow(page)
    page.get_by_role("link", name="One", exact=True).click()
    page.get_by_role("link", name="Write").click()
    page.locator("form > .notice-at-collection").wait_for()
    fill(page, email="robin", message="From the application")
    page.get_by_role("alert").wait_for()
    fill(page, email="robin@example.com")
    page.get_by_text("Kept as").wait_for()
    assert page.url.endswith("/app/write")
    reference = page.locator("#place").inner_text().rpartition(" ")[2]
    until(lambda: kept(site, console, reference), what="the form in the inbox")
    page.go_back()
    page.evaluate("avow('page', '#/settings')")  # a place in the fragment, and one without an address of its own
    page.evaluate("avow('page', '/app/paid')")
    views_and_leaves = {"/app/start": 2, "/app/one": 4, "/app/write": 2, "/app/one#/settings": 2, "/app/paid": 1}
    until(lambda: site.stored("/app/") == views_and_leaves, what="the views")


def test_a_built_template_asks_counts_each_route_and_starts_what_waits(person, site, until):
    """What create-vue makes and Vite builds, with the block as it was printed: one view for each route, back included."""
    page, loaded = person(), []
    page.on("request", lambda request: loaded.append(request.url))
    page.goto("/template/", wait_until="networkidle")
    page.get_by_text("You did it!").wait_for()
    page.get_by_role("button", name="Do not allow").wait_for()
    assert not [one for one in loaded if "/recorder." in one]
    allow(page)
    page.get_by_role("link", name="About").click()
    page.locator("form > .notice-at-collection").wait_for()
    page.go_back()
    page.get_by_text("You did it!").wait_for()
    # A view and a leave of each, and the second view of the first, which is open still.
    until(lambda: site.stored("/template/") == {"/template/": 3, "/template/about": 2}, what="the views")
    said_no = person()
    said_no.goto("/template/about")
    said_no.get_by_role("button", name="Do not allow").click()
    said_no.get_by_role("link", name="Home").click()
    said_no.get_by_text("You did it!").wait_for()
    said_no.locator("avow-asking").wait_for(state="detached")  # it goes when the answer is kept, and comes with no route again


def test_a_form_of_a_built_template_is_guarded_mended_and_kept(person, site, until):
    """Its framework renders it again at each letter: notice, guard and errors stay; so does the application when it is sent."""
    page, sent = person(), []
    page.on("request", lambda request: sent.append(f"{request.method} {request.url.removeprefix(site.origin)}"))
    console = signed_in(person(), site)
    page.goto("/template/")
    page.get_by_role("button", name="Do not allow").click()
    page.get_by_role("link", name="About").click()
    page.locator("form > .notice-at-collection").wait_for()
    fill(page, email="robin", message="From a template")
    page.get_by_role("alert").wait_for()
    assert page.locator("#typed").inner_text() == "robin"
    assert page.locator(".notice-at-collection").count() == 1
    fill(page, email="robin@example.com")
    page.locator("#kept").wait_for()
    assert page.url.endswith("/template/about")
    assert "GET /avow/forms/contact-form/token" in sent
    reference = page.locator("#kept").inner_text().rpartition(" ")[2]
    until(lambda: kept(site, console, reference), what="the form in the inbox")


def test_the_footer_leads_to_each_notice_and_choice(person):
    """Every link of the block is a page that answers and breaks no rule of axe."""
    page = person()
    page.goto("/")
    addresses = page.locator(".avow-links a").evaluate_all("all => all.map(one => one.href)")
    assert len(addresses) > 3
    for address in addresses:
        assert page.goto(address).status == 200
        assert violations(page) == [], address
    page.goto("/avow/forms/contact-form")
    assert violations(page) == []


def test_a_page_of_avow_has_a_form_for_who_has_none(person):
    """Sent with script after it came back without: what was said of it before is gone, and each word is there once."""
    page = person()
    page.goto("/avow/forms/contact-form")
    page.evaluate("document.querySelector('[name=avow-token]').remove()")  # one so new would be asked about once more
    page.evaluate("document.querySelector('form').submit()")  # as without script: nobody hears of it
    page.get_by_role("alert").wait_for()
    assert page.locator("[name=email]").evaluate("one => document.activeElement === one")
    fill(page, email="robin@example.com")
    page.locator("#message-error").wait_for(state="detached")
    message = page.locator("[name=message]")
    message.and_(page.locator("[aria-invalid=true]")).wait_for()
    assert page.locator(".avow-error").count() == 2
    assert page.locator(".notice-at-collection").count() == 1
    assert violations(page) == []
    fill(page, message="About the tide")
    page.wait_for_url("**/avow/forms/contact-form/thanks?reference=*")
