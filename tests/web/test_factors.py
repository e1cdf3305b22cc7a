"""Second factors by pages: set up at the first sign-in, asked for at each other one, and again before what is grave."""

from __future__ import annotations

import re
import subprocess

import pytest

from avow.access.apps import RECOVERY_CODES

from .serving import ORIGIN

pytestmark = pytest.mark.usefixtures("small_hashes")
PASSWORD = "a long sentence for tests"
NEEDED = "[console]\n"


def code(secret, now_ms):
    """Return what an app shows, as oathtool works it out."""
    arguments = ["oathtool", "--totp", "--base32", "--now", f"@{now_ms // 1000}", secret]
    return subprocess.run(arguments, capture_output=True, text=True, check=True).stdout.strip()


class Person:
    """Somebody with a browser and an app."""

    def __init__(self, house, name="Kim"):
        self.house, self.name = house, name
        self.browser = house.browser()

    def invited(self):
        link = self.house.rooms.register.invite(["administrator"]).removeprefix(ORIGIN)
        return self.browser.post(link, data={"name": self.name, "password": PASSWORD})

    def sign_in(self, target="/console/staff"):
        return self.browser.post("/console/sign-in", data={"name": self.name, "password": PASSWORD, "next": target})

    def send(self, page, action, **fields):
        """Fill the page's form that goes to an address, with its hidden fields, and send it."""
        text = page if isinstance(page, str) else page.text
        form = next(one for one in re.findall(r"<form .*?</form>", text, re.DOTALL) if f'action="{action}"' in one)
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
        return self.browser.post(action, data={**hidden, **fields})

    def set_up(self):
        """Set the app up that the page shows; return the answer."""
        page = self.browser.get("/console/sign-in/enrol")
        self.secret = re.search(r'class="secret">([A-Z2-7 ]+)<', page.text)[1].replace(" ", "")
        return self.send(page, "/console/sign-in/enrol", code=self.code())

    def code(self):
        return code(self.secret, self.house.now_ms())

    def prove(self, page, address="/console/sign-in/code"):
        return self.send(page, address, **{"confirm-code": self.code()})


@pytest.fixture
def house(serving):
    """An installation whose staff need a second factor."""
    return serving(console=NEEDED)


@pytest.fixture
def kim(house):
    """Kim, whose account was made, with an app, a minute ago."""
    kim = Person(house)
    kim.invited()
    kim.codes = re.findall(r"<li><code>([^<]+)</code>", kim.set_up().text)
    house.wait(minutes=1)
    return kim


def test_nothing_opens_before_the_factor_is_set_up(house):
    """Whatever page is asked for leads to the setting up; a form does nothing."""
    kim = Person(house)
    assert kim.invited().headers["location"] == "/console/sign-in/enrol?next=/console"
    for path in ("/console", "/console/inbox", "/console/staff", "/console/account"):
        assert kim.browser.get(path).headers["location"] == f"/console/sign-in/enrol?next={path}"
    assert kim.browser.post("/console/staff/invitations", data={"role-administrator": "yes"}).status_code == 303
    assert "avow_device" not in kim.browser.cookies


def test_an_app_is_set_up_by_picture_or_by_secret(house):
    """The picture is SVG without a style of its own; the secret is in no address; the codes are shown once."""
    kim = Person(house)
    kim.invited()
    page = kim.browser.get("/console/sign-in/enrol")
    assert "<svg" in page.text
    assert "style=" not in page.text[page.text.index("<svg") : page.text.index("</svg>")]
    done = kim.set_up()
    assert len(set(re.findall(r"<li><code>([^<]+)</code>", done.text))) == RECOVERY_CODES
    assert kim.browser.get("/console/staff").status_code == 200
    assert kim.browser.get("/console/sign-in/enrol").headers["location"] == "/console"


def test_a_wrong_code_sets_nothing_up(house):
    """The page says so, with the same secret."""
    kim = Person(house)
    kim.invited()
    page = kim.browser.get("/console/sign-in/enrol")
    wrong = kim.send(page, "/console/sign-in/enrol", code="000000")
    assert (wrong.status_code, "not the code that the app shows" in wrong.text) == (422, True)
    assert kim.set_up().status_code == 200


def test_signing_in_takes_two_steps(kim, house):
    """In another browser: password, then the code; then the page that was asked for."""
    kim.browser = house.browser()
    answer = kim.sign_in()
    assert answer.headers["location"] == "/console/sign-in/code?next=/console/staff"
    assert kim.browser.get("/console/staff").headers["location"] == answer.headers["location"]
    page = kim.browser.get(answer.headers["location"])
    assert kim.prove(page).headers["location"] == "/console/staff"
    assert kim.browser.get("/console/staff").status_code == 200


def test_a_recovery_code_opens(kim, house):
    """Where the telephone is lost."""
    kim.browser = house.browser()
    page = kim.browser.get(kim.sign_in().headers["location"])
    done = kim.send(page, "/console/sign-in/code", **{"confirm-code": kim.codes[0]})
    assert done.headers["location"] == "/console/staff"


def test_the_fifth_wrong_code_leads_back_to_the_password(kim, house):
    """With a sentence."""
    kim.browser = house.browser()
    page = kim.browser.get(kim.sign_in().headers["location"])
    for _ in range(4):
        wrong = kim.send(page, "/console/sign-in/code", **{"confirm-code": "000000"})
        assert (wrong.status_code, "Second step" in wrong.text) == (403, True)
    last = kim.send(page, "/console/sign-in/code", **{"confirm-code": "000000"})
    assert "one wrong code too many" in last.text
    assert 'name="password"' in last.text
    assert kim.prove(page).status_code == 403


def test_another_session_s_form_is_refused(kim, house):
    """A form has its session's token."""
    kim.browser = house.browser()
    kim.sign_in()
    assert kim.browser.post("/console/sign-in/code", data={"confirm-code": kim.code()}).status_code == 403


def test_what_is_grave_asks_again_and_keeps_what_was_typed(kim, house):
    """The form comes back as hidden fields, and goes on with the code: one invitation, with the role that was chosen."""
    house.wait(minutes=6)
    page = kim.browser.get("/console/staff")
    asked = kim.send(page, "/console/staff/invitations", **{"role-administrator": "yes"})
    assert "Confirm that it is you" in asked.text
    assert '<input type="hidden" name="role-administrator" value="yes">' in asked.text
    wrong = kim.send(asked, "/console/staff/invitations", **{"confirm-code": "000000"})
    assert (wrong.status_code, 'name="role-administrator" value="yes"' in wrong.text) == (403, True)
    done = kim.prove(wrong, "/console/staff/invitations")
    assert f'value="{ORIGIN}/console/invitations/' in done.text
    house.wait(minutes=4)
    assert "An invitation." in kim.send(page, "/console/staff/invitations", **{"role-administrator": "yes"}).text


def test_a_page_asks_again_and_leads_back(kim, house):
    """And only ever to a page of the console."""
    house.wait(minutes=6)
    to = kim.browser.get("/console/account/app").headers["location"]
    assert to == "/console/confirm?next=%2Fconsole%2Faccount%2Fapp"
    assert kim.prove(kim.browser.get(to), "/console/confirm").headers["location"] == "/console/account/app"
    house.wait(minutes=6)
    page = kim.browser.get("/console/confirm?next=https://example.com/")
    assert kim.prove(page, "/console/confirm").headers["location"] == "/console"


def test_the_only_factor_stays_where_one_is_needed(kim):
    """Whoever wants another sets it up first."""
    answer = kim.send(kim.browser.get("/console/account"), "/console/account/app/remove")
    assert (answer.status_code, "the only second factor" in answer.text) == (409, True)


def test_recovery_codes_are_made_again(kim, house):
    """Ten others; the old ones are over."""
    answer = kim.send(kim.browser.get("/console/account"), "/console/account/recovery-codes")
    new = re.findall(r"<li><code>([^<]+)</code>", answer.text)
    assert (len(new), set(new) & set(kim.codes)) == (RECOVERY_CODES, set())


def test_ones_own_password_is_changed(kim, house):
    """Other browsers are out, this one stays; the old password opens nothing."""
    other = Person(house)
    other.secret = kim.secret
    other.prove(other.browser.get(other.sign_in().headers["location"]))
    changed = kim.send(
        kim.browser.get("/console/account/password"), "/console/account/password", old=PASSWORD, new="another long sentence"
    )
    assert changed.headers["location"] == "/console/account?done=password"
    assert [one.browser.get("/console/account").status_code for one in (kim, other)] == [200, 303]
    assert other.sign_in().status_code == 403


def test_sessions_are_listed_and_ended(kim, house):
    """Each with its browser; the one that looks is marked, and the others end."""
    other = Person(house)
    other.secret = kim.secret
    other.browser.headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
    other.prove(other.browser.get(other.sign_in().headers["location"]))
    page = kim.browser.get("/console/account")
    assert page.text.count("last seen") == 2
    assert page.text.count("this one") == 1
    assert "Firefox on Linux" in page.text
    assert kim.send(page, "/console/account/sessions/end-others").headers["location"] == "/console/account?done=sessions"
    assert [one.browser.get("/console/account").status_code for one in (kim, other)] == [200, 303]


def test_a_reset_factor_is_set_up_again(kim, house):
    """By another administrator; the sessions end, and the next sign-in leads to the setting up."""
    staff_id = house.rooms.register.accounts()[0].staff_id
    page = kim.browser.get(f"/console/staff/{staff_id}")
    assert kim.send(page, f"/console/staff/{staff_id}/factors/reset").status_code == 303
    assert kim.browser.get("/console/account").status_code == 303
    assert kim.sign_in().headers["location"].startswith("/console/sign-in/enrol")


def test_where_no_factor_is_needed_the_password_confirms(serving):
    """Its reason is the configuration's; a wrong password is said and counted."""
    house = serving()
    kim = Person(house)
    assert kim.invited().headers["location"] == "/console"
    house.wait(minutes=6)
    asked = kim.send(kim.browser.get("/console/staff"), "/console/staff/invitations", **{"role-administrator": "yes"})
    assert "confirm-password" in asked.text
    wrong = kim.send(asked, "/console/staff/invitations", **{"confirm-password": "wrong"})
    assert (wrong.status_code, "not the password of your account" in wrong.text) == (403, True)
    done = kim.send(wrong, "/console/staff/invitations", **{"confirm-password": PASSWORD})
    assert f'value="{ORIGIN}/console/invitations/' in done.text


def test_the_evidence_says_how_staff_sign_in(serving, house, kim):
    """With a second factor; or with none, and then in the words of the configuration, in the console and for everybody."""
    assert "With a password and a second factor" in kim.browser.get("/console/evidence").text
    bare = serving(console="[console]\nwithout_second_factor = 'on a machine that nobody else reaches'\n")
    for page in (bare.staff().get("/console/evidence"), bare.browser().get("/privacy-policy/evidence")):
        assert "With a password alone." in page.text
        assert "“on a machine that nobody else reaches”" in page.text


def test_ones_own_entries_of_the_log_are_shown(kim, house):
    """What is published and what still waits, of this account alone."""
    house.account("somebody else")
    house.run("audit")
    kim.browser = house.browser()
    page = kim.browser.get(kim.sign_in().headers["location"])
    kim.send(page, "/console/sign-in/code", **{"confirm-code": kim.codes[0]})
    text = kim.browser.get("/console/account").text
    said = re.findall(r"</time>: ([^<]+)</li>", text)
    made = ["Recovery codes were made", "A second factor was set up", "The account was made"]
    assert said == ["Signed in", "A recovery code was used", "Signed in", *made]


def test_a_log_that_cannot_be_read_closes_no_account(kim, house):
    """Sessions can be ended all the same."""
    house.run("audit")
    entries = house.installation.configuration.public_log / "tile" / "entries"
    entries.rename(entries.with_name("gone"))
    page = kim.browser.get("/console/account")
    assert (page.status_code, "cannot be read just now" in page.text) == (200, True)
