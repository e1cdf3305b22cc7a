"""Publishing from the console: judged first, published when confirmed, never over what somebody else published meanwhile."""

import html
import json
import re
from datetime import timedelta

import pytest
from tests.houses import EMAIL, LONGER, MARROWBY, compiled

from avow.access import passwords
from avow.definitions import Refusal
from avow.publication.proposing import PASTED, arrange
from avow.store.control import audit

from .serving import TODAY

PAGE = "/console/policy/publish"


def policy_text(*pairs, **more):
    """The example policy with some words replaced."""
    return compiled(*pairs, **more).text


@pytest.fixture
def staff(house, small_hashes):
    """A member of staff who is signed in, and has a password."""
    return house.browser(cookies={"avow_staff": house.session(house.account("robin", passwords.hashed("correct horse battery")))})


@pytest.fixture
def token(staff):
    return re.search(r'name="token" value="([0-9a-f]{64})"', staff.get(PAGE).text)[1]


def parts(**fields):
    """Fields as a form with files sends them."""
    return [(name, (None, value)) for name, value in fields.items()]


@pytest.fixture
def judged(staff, token):
    """Send a text and return the answer; and the fields of the form that confirms it, where there is one."""

    def judge(text, **files):
        sent = [("files", (name, content)) for name, content in files.items()]
        answer = staff.post(PAGE, files=parts(token=token, text=text) + sent)
        fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', answer.text.partition("/publish/confirm")[2])
        return answer, {name: html.unescape(value) for name, value in fields}

    return judge


def kinds(house):
    """What the audit log's queue says that was published and withdrawn, with who did."""
    with house.store.control.reading() as tx:
        entries = [json.loads(entry) for _, entry in audit.pending(tx, 1000)]
    return [(one["what"], one.get("staff"), one.get("by")) for one in entries if one["what"].startswith("policy.")]


def test_the_first_step_publishes_nothing_and_says_what_the_second_would(house, judged):
    """The change in words, whether it is material, and the day; the versions are as they were."""
    answer, fields = judged(policy_text(*LONGER, effective=TODAY + timedelta(days=40)))
    assert answer.status_code == 200
    assert "36 months" in answer.text
    assert '<span class="badge warn">material</span>' in answer.text
    assert "A banner on every page says what changes." in answer.text
    assert set(fields) == {"token", "part:policy.md", "version", "standing"}
    assert len(house.rooms.versions.history()) == 1


def test_the_second_step_publishes_what_was_seen(house, staff, judged):
    """By the member of staff, whose id is in the audit log; the page of the policy says so."""
    text = policy_text(*LONGER, effective=TODAY + timedelta(days=40))
    _, fields = judged(text)
    answer = staff.post(f"{PAGE}/confirm", files=parts(**fields))
    assert answer.headers["location"] == "/console/policy?done=published"
    announced = house.versions.announced()
    assert announced.rulebook_id == compiled(*LONGER, effective=TODAY + timedelta(days=40)).id == fields["version"]
    said = {what: staff_id for what, staff_id, _ in kinds(house)}
    assert said["policy.published"] in {one.staff_id for one in house.rooms.register.accounts()}
    page = staff.get("/console/policy?done=published").text
    assert all(words in page for words in ("<strong>Published.</strong>", "Announced for", "Take it back…"))


def test_confirmed_twice_it_is_published_once(house, staff, judged):
    """The second time it is another state, and says so."""
    _, fields = judged(policy_text(*LONGER, effective=TODAY + timedelta(days=40)))
    assert staff.post(f"{PAGE}/confirm", files=parts(**fields)).status_code == 303
    again = staff.post(f"{PAGE}/confirm", files=parts(**fields))
    assert again.status_code == 409
    assert "Nothing was published:" in again.text
    assert len(house.rooms.versions.history()) == 2


def test_what_somebody_else_published_meanwhile_is_not_replaced(house, staff, judged):
    """Between the two steps: it is told, and what it would do now is shown."""
    _, fields = judged(policy_text(*LONGER, effective=TODAY + timedelta(days=40)))
    house.publish(compiled(("without giving a reason", "without saying why")))
    answer = staff.post(f"{PAGE}/confirm", files=parts(**fields))
    assert answer.status_code == 409
    assert "changed meanwhile" in answer.text
    assert len(house.rooms.versions.history()) == 2


@pytest.mark.parametrize(
    "change",
    [{"part:policy.md": "# Another\n"}, {"standing": "0" * 16}, {"version": "ab" * 32}, {"part:policy.md": ""}],
    ids=["text", "state", "id", "none"],
)
def test_what_was_not_seen_is_not_published(house, staff, judged, change):
    """A text, an id or a state that do not belong together."""
    _, fields = judged(policy_text(*LONGER, effective=TODAY + timedelta(days=40)))
    assert staff.post(f"{PAGE}/confirm", files=parts(**(fields | change))).status_code in {409, 422}
    assert len(house.rooms.versions.history()) == 1


def test_findings_are_shown_at_their_words(judged):
    """With file, line and how to mend it; the text comes back to be mended."""
    answer, fields = judged(MARROWBY.replace('purposes   = ["answer-questions"', 'purposes   = ["answer-nobody"', 1))
    assert answer.status_code == 422
    assert not fields
    assert re.search(r"<mark>.*answer-nobody.*</mark>", answer.text)
    assert "AV0202" in answer.text
    assert "policy.md, line" in answer.text
    assert '<textarea name="text"' in answer.text


def test_too_little_notice_is_refused_with_the_first_possible_day(judged):
    """As the command says it."""
    answer, fields = judged(policy_text(*LONGER, effective=TODAY + timedelta(days=3)))
    assert (answer.status_code, fields) == (422, {})
    assert "the first possible date is" in answer.text


def test_who_is_promised_an_e_mail_is_counted_before(serving):
    """What is looked through for addresses; the messages go when it is published."""
    house = serving(compiled(EMAIL))
    house.send("/contact", "contact-form", name="Robin", email="robin@example.com", message="Hello")
    staff = house.staff()
    token = re.search(r'name="token" value="([0-9a-f]{64})"', staff.get(PAGE).text)[1]
    text = policy_text(EMAIL, *LONGER, effective=TODAY + timedelta(days=40))
    answer = staff.post(PAGE, files=parts(token=token, text=text))
    assert "1 submission is looked through" in answer.text
    assert house.messages("waiting") == []


def test_the_form_can_begin_with_the_text_in_force(staff):
    """To be changed in place."""
    page = staff.get(PAGE, params={"from": "in-force"}).text
    shown = html.unescape(re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.DOTALL)[1])
    assert shown.strip() == MARROWBY.strip()
    assert "<textarea" in staff.get(PAGE).text


def test_a_policy_of_several_files_is_put_together_by_names(house, staff, token, judged):
    """A browser tells no folder: the include finds its file by name; what is kept is one whole text."""
    whole = policy_text(*LONGER, effective=TODAY + timedelta(days=40))
    start, end = whole.rindex("\n## "), len(whole)
    first = whole[:start] + "\n\n{{ include shared/end.md }}\n"
    answer = staff.post(PAGE, files=[*parts(token=token), ("files", ("end.md", whole[start:end])), ("files", ("ours.md", first))])
    assert answer.status_code == 200, answer.text
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', answer.text.partition("/publish/confirm")[2])
    assert staff.post(f"{PAGE}/confirm", files=parts(**{name: html.unescape(value) for name, value in fields})).status_code == 303
    kept = house.versions.rulebook(house.versions.announced().rulebook_id)
    assert "{{ include" not in kept.text
    assert kept.name == "ours.md"


@pytest.mark.parametrize(
    ("pasted", "files", "words"),
    [
        ("", [], "neither a text nor a file"),
        (" ", [("a.md", b"# A\n"), ("b.md", b"# B\n")], "one file must be the policy"),
        ("# A\n", [(PASTED, b"# B\n")], "two files are called"),
        ("", [("a.md", b"{{ include a.md }}\n")], "each is included by another"),
        ("# A\n" * 200_000, [], "524,288 bytes"),
        ("", [(f"{number}.md", b"# A\n") for number in range(33)], "at most 32 files"),
    ],
)
def test_what_is_no_policy_is_refused_in_words(pasted, files, words):
    """Before anything is compiled."""
    refused = arrange(pasted, files)
    assert isinstance(refused, Refusal)
    assert words in refused.reason


def test_a_missing_file_is_left_to_the_compiler(judged):
    """It names the line that includes it."""
    answer, _ = judged("# A\n\n{{ include parts/gone.md }}\n")
    assert answer.status_code == 422
    assert "<mark>{{ include parts/gone.md }}</mark>" in answer.text


def test_bytes_that_are_no_utf_8_are_a_finding(staff, token):
    """Not an error page."""
    answer = staff.post(PAGE, files=[*parts(token=token), ("files", ("policy.md", b"# Caf\xe9\n"))])
    assert answer.status_code == 422
    assert "AV0116" in answer.text


def test_an_announced_version_is_taken_back_after_a_question(house, staff):
    """The version that the page showed; another one is not."""
    house.publish(compiled(*LONGER, effective=TODAY + timedelta(days=40)))
    page = staff.get("/console/policy/withdraw").text
    token, version = (re.search(rf'name="{name}" value="([0-9a-f]+)"', page)[1] for name in ("token", "version"))
    refused = staff.post("/console/policy/withdraw", data={"token": token, "version": "ab" * 32})
    assert (refused.status_code, "another version is announced" in refused.text) == (409, True)
    assert house.versions.announced() is not None
    answer = staff.post("/console/policy/withdraw", data={"token": token, "version": version})
    assert answer.headers["location"] == "/console/policy?done=withdrawn"
    house.versions.refresh()
    assert house.versions.announced() is None
    assert kinds(house)[-1][0] == "policy.withdrawn"
    assert "No version is announced" in staff.get("/console/policy/withdraw").text
    assert staff.post("/console/policy/withdraw", data={"token": token, "version": version}).status_code == 409


def test_without_a_session_nothing_is_read(visitor):
    """The browser is sent to sign in, whatever it sends."""
    answer = visitor.post(PAGE, files=parts(text="# A\n"))
    assert answer.headers["location"].startswith("/console/sign-in")


def test_a_form_of_elsewhere_is_refused(staff):
    """Without the session's token."""
    assert staff.post(PAGE, files=parts(text="# A\n", token="0" * 64)).status_code == 403


def test_without_a_fresh_factor_it_is_asked_for_and_the_text_is_kept(house, staff, judged):
    """Six minutes later nothing is published, and the whole policy goes on from the page that asks, once it was proved."""
    _, fields = judged(policy_text(*LONGER, effective=TODAY + timedelta(days=40)))
    house.wait(minutes=6)
    asked = staff.post(f"{PAGE}/confirm", files=parts(**fields)).text
    assert house.versions.announced() is None
    assert f'action="{PAGE}/confirm" enctype="multipart/form-data"' in asked
    kept = {name: html.unescape(value) for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', asked)}
    assert kept == fields
    again = staff.post(f"{PAGE}/confirm", files=parts(**kept, **{"confirm-password": "another password"}))
    assert (again.status_code, house.versions.announced()) == (403, None)
    done = staff.post(f"{PAGE}/confirm", files=parts(**kept, **{"confirm-password": "correct horse battery"}))
    assert done.headers["location"] == "/console/policy?done=published"
    assert house.versions.announced().rulebook_id == fields["version"]
