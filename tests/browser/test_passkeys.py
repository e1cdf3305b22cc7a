"""Passkeys in a real browser, by Chromium's virtual authenticator: made, used as a second factor and alone, copied, removed."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import pyotp
import pytest

from .test_accessible import violations

PASSWORD = "a long sentence for tests"
#: What a person's own computer has: it asks for a finger, and keeps passkeys that it finds by itself.
OWN = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}


def at(path):
    """Match an address of this path, whatever its query names."""
    return re.compile(rf"^[^?]*{path}$")


@pytest.fixture(scope="module")
def named(shared_installation_of):
    """An installation that is known by a name, as passkeys need it, and whose staff need a second factor."""
    made = shared_installation_of(console="")
    made.base = made.base.replace("127.0.0.1", "localhost")
    text = made.config.read_text(encoding="utf-8").replace("http://127.0.0.1", "http://localhost")
    made.config.write_text(text, encoding="utf-8")
    return made.start()


class Staff:
    """Somebody with a browser, an authenticator in it, and an app."""

    def __init__(self, chromium, installation, name, **authenticator):
        self.installation, self.name = installation, name
        self.context = chromium.new_context(base_url=installation.base)
        self.page = self.context.new_page()
        self.errors = []
        self.page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        self.devtools = self.context.new_cdp_session(self.page)
        self.devtools.send("WebAuthn.enable")
        self.plug_in(**authenticator)

    def plug_in(self, **other):
        options = {**OWN, "automaticPresenceSimulation": True, **other}
        self.authenticator = self.devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]

    def credentials(self):
        return self.devtools.send("WebAuthn.getCredentials", {"authenticatorId": self.authenticator})["credentials"]

    def join(self):
        self.page.goto(self.installation.invite())
        self.page.fill("input[name=name]", self.name)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.locator("main button[type=submit]").click()
        self.page.wait_for_url("**/console/sign-in/enrol**")

    def with_passkey(self):
        """Set a passkey up where a factor is needed; keep the recovery codes."""
        self.page.fill("input[name=label]", "own computer")
        self.page.get_by_role("button", name="Add a passkey").click()
        self.page.wait_for_selector("ul.codes")
        self.codes = self.page.locator("ul.codes code").all_inner_texts()
        self.page.get_by_role("button", name="go on").click()
        self.page.wait_for_url(at("/console"))

    def with_app(self):
        self.page.locator("summary").click()
        self.app = pyotp.TOTP(re.sub(r"\s", "", self.page.inner_text(".secret")))
        self.page.fill("input[name=code]", self.app.now())
        self.page.get_by_role("button", name="Set it up").click()
        self.page.wait_for_selector("ul.codes")

    def sign_out(self):
        self.context.clear_cookies()
        self.page.goto("/console/sign-in")

    def password(self):
        self.sign_out()
        self.page.fill("input[name=name]", self.name)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        self.page.wait_for_url("**/console/sign-in/code**")

    def alone(self):
        """Sign in with a passkey and nothing else."""
        self.sign_out()
        self.page.get_by_role("button", name="Sign in with a passkey").click()


@pytest.fixture
def staff(chromium, named, request):
    """Make somebody: `staff(**authenticator)`."""
    made = []

    def somebody(**authenticator):
        made.append(Staff(chromium, named, f"{request.node.name} {len(made)}", **authenticator))
        return made[-1]

    yield somebody
    for one in made:
        one.context.close()
        assert [error for error in one.errors if "status of 403" not in error and "status of 422" not in error] == []


def test_a_passkey_is_a_factor_and_a_sign_in_of_its_own(staff):
    """Set up at the first sign-in; then after the password, and without one."""
    kim = staff()
    kim.join()
    kim.with_passkey()
    kim.password()
    kim.page.get_by_role("button", name="Use a passkey").click()
    kim.page.wait_for_url(at("/console"))
    kim.alone()
    kim.page.wait_for_url(at("/console"))
    kim.page.goto("/console/account")
    assert "own computer" in kim.page.inner_text("main")


def test_an_authenticator_that_does_not_ask_who_it_is_signs_nobody_in_alone(staff):
    """It is a second factor all the same."""
    kim = staff(hasUserVerification=False, isUserVerified=False)
    kim.join()
    kim.with_passkey()
    kim.password()
    kim.page.get_by_role("button", name="Use a passkey").click()
    kim.page.wait_for_url(at("/console"))
    kim.alone()
    kim.page.get_by_role("alert").filter(has_text="Nothing was confirmed").wait_for()


def test_a_copied_passkey_is_refused_and_told(staff, named):
    """Its counter goes back: not this time and not again; the account says so, and so does the log."""
    kim = staff()
    kim.join()
    kim.with_passkey()
    copy = kim.credentials()[0]
    for _ in range(2):
        kim.alone()
        kim.page.wait_for_url(at("/console"))
    kim.devtools.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": kim.authenticator})
    kim.plug_in()
    kim.devtools.send("WebAuthn.addCredential", {"authenticatorId": kim.authenticator, "credential": copy})
    for _ in range(3):  # the third one has the counter that would be right again
        kim.alone()
        kim.page.get_by_role("alert").filter(has_text="an older counter than before").wait_for()
    kim.password()
    kim.page.fill("input[name='confirm-code']", kim.codes[0])
    kim.page.get_by_role("button", name="Go on").click()
    kim.page.wait_for_url(at("/console"))
    kim.page.goto("/console/account")
    assert "is refused" in kim.page.inner_text("main")
    with closing(sqlite3.connect(named.data / "control.db")) as control:
        assert control.execute("SELECT count(*) FROM staff_passkeys WHERE cloned_ms IS NOT NULL").fetchone() == (1,)


def test_a_passkey_of_one_account_confirms_nothing_in_another(staff):
    """Kim's computer at Lee's second step."""
    kim, lee = staff(), staff()
    kim.join()
    kim.with_passkey()
    lee.join()
    lee.with_passkey()
    lee.devtools.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": lee.authenticator})
    lee.plug_in()
    lee.devtools.send("WebAuthn.addCredential", {"authenticatorId": lee.authenticator, "credential": kim.credentials()[0]})
    lee.password()
    # What the page asks for is Lee's; a browser that is told to use any passkey answers with Kim's.
    lee.page.evaluate(
        """() => { const form = document.querySelector("form[data-passkey]"); const options = JSON.parse(form.dataset.options);
        options.allowCredentials = []; form.dataset.options = JSON.stringify(options); }"""
    )
    lee.page.get_by_role("button", name="Use a passkey").click()
    lee.page.get_by_role("alert").filter(has_text="not taken").wait_for()


def test_an_answer_is_taken_once(staff):
    """Sent again by somebody who saw it, it opens nothing."""
    kim = staff()
    kim.join()
    kim.with_passkey()
    sent = []
    kim.page.on("request", lambda one: sent.append(one.post_data) if one.url.endswith("/sign-in/passkey") else None)
    kim.alone()
    kim.page.wait_for_url(at("/console"))
    headers = {"content-type": "application/x-www-form-urlencoded", "origin": kim.installation.base}
    again = kim.context.request.post("/console/sign-in/passkey", data=sent[0], headers=headers, max_redirects=0)
    assert (again.status, "not taken" in again.text()) == (403, True)


def test_passkeys_are_added_with_labels_and_removed_singly(staff):
    """A second one next to the app; it confirms what is grave, and goes."""
    kim = staff()
    kim.join()
    kim.with_app()
    for label in ("blue key", "telephone"):
        kim.page.goto("/console/account/passkeys")
        kim.page.fill("input[name=label]", label)
        kim.page.get_by_role("button", name="Add a passkey").click()
        kim.page.wait_for_url("**/console/account?done=added")
        kim.devtools.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": kim.authenticator})
        kim.plug_in()
    kim.page.get_by_role("button", name="Remove the passkey blue key").click()
    kim.page.wait_for_url("**/console/account?done=factor")
    assert "telephone" in kim.page.inner_text("main")
    assert "blue key" not in kim.page.inner_text("main")


def test_what_is_grave_goes_on_after_a_passkey(staff, named):
    """The form that was typed is sent with it."""
    kim = staff()
    kim.join()
    kim.with_passkey()
    with closing(sqlite3.connect(named.data / "control.db")) as control, control:
        control.execute("UPDATE staff_sessions SET proved_ms = 1")
    kim.page.goto("/console/staff")
    kim.page.check("input[name=role-administrator]")
    kim.page.get_by_role("button", name="Make a link").click()
    kim.page.get_by_role("button", name="Confirm with a passkey").click()
    kim.page.wait_for_selector("input.wide")
    assert "/console/invitations/" in kim.page.input_value("input.wide")


def test_every_page_of_signing_in_is_accessible_and_fits_a_telephone(staff):
    """Setting up, codes, the second step, who is it: no rule of WCAG AA is broken, nothing runs over the side."""
    kim, seen = staff(), []

    def look(name):
        for width in (390, 1280):
            kim.page.set_viewport_size({"width": width, "height": 800})
            assert kim.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        assert violations(kim.page) == [], name
        seen.append(name)

    kim.join()
    look("set up")
    kim.with_app()
    look("recovery codes")
    kim.page.goto("/console/staff")
    kim.page.locator("th a").first.click()
    look("an account")
    kim.page.goto("/console/account/passkeys")
    kim.page.fill("input[name=label]", "telephone")
    kim.page.get_by_role("button", name="Add a passkey").click()
    kim.page.wait_for_url("**/console/account?done=added")
    kim.password()
    look("second step")
    assert len(seen) == 4


def test_without_script_codes_are_enough(chromium, named):
    """The forms of passkeys are not shown; the app and its codes work."""
    context = chromium.new_context(base_url=named.base, java_script_enabled=False)
    page = context.new_page()
    page.goto(named.invite())
    page.fill("input[name=name]", "Sam without script")
    page.fill("input[name=password]", PASSWORD)
    page.locator("main button[type=submit]").click()
    page.wait_for_url("**/console/sign-in/enrol**")
    assert not page.get_by_role("button", name="Add a passkey").is_visible()
    page.locator("summary").click()
    page.fill("input[name=code]", pyotp.TOTP(re.sub(r"\s", "", page.inner_text(".secret"))).now())
    page.get_by_role("button", name="Set it up").click()
    codes = page.locator("ul.codes code").all_inner_texts()
    context.clear_cookies()
    page.goto("/console/sign-in?next=/console/account")
    page.fill("input[name=name]", "Sam without script")
    page.fill("input[name=password]", PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.fill("input[name='confirm-code']", codes[0])
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url(at("/console/account"))
    context.close()
