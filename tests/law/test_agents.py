"""Authorized agents: 11 CCR 7063, 7026(j), 7027(i); Probate Code 4121-4130. With the pages as they are served and real stores."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from tests.houses import compiled, insider
from tests.law.test_applied import LIMIT
from tests.law.test_opt_outs import SOLD
from tests.web.conftest import serving  # noqa: F401 - a fixture
from tests.web.policies import CLUB, SHARING

from avow.definitions import IdentifierKind, Refusal, RequestKind, identifier
from avow.gate import choices
from avow.policy.checks.carried_out import EVERYTHING
from avow.rights import due
from avow.rights.agents import bulk
from avow.rights.due import What
from avow.rights.states import State, Step
from avow.store.control import agents

ROBIN = identifier(IdentifierKind.EMAIL, "robin@example.com")
WEB = (('methods    = ["email", "phone", "post"]', 'methods    = ["web", "email", "phone", "post"]'),)
FORM = {
    "agent": "Example Agency",
    "contact": "desk@agency.example.com",
    "email": "robin@example.com",
    "signed_by": "Robin Example",
    "terms": "yes",
}


@pytest.fixture
def house(serving):  # noqa: F811 - the fixture
    return serving(compiled(*SHARING, *CLUB, LIMIT[0], *WEB, does=EVERYTHING))


def filled(house, kind="delete", **more):
    """Return the form as an agent fills it in: a permission signed yesterday."""
    yesterday = (house.now - timedelta(days=1)).date().isoformat()
    return {**FORM, "kind": kind, "authority": "permission", "signed_on": yesterday, **more}


def ask(house, kind="delete", **more):
    """Send the form; return our request."""
    answer = house.browser().post("/privacy/agents", data=filled(house, kind, **more))
    assert answer.status_code == 303, re.sub(r"<[^>]+>", " ", answer.text)
    token = answer.headers["location"].rpartition("/")[2]
    assert house.browser().get(f"/privacy/requests/{token}").status_code == 200
    return case_of(house, token)


def case_of(house, token):
    return house.rooms.rights.cases.get(token.partition("-")[0])


def now(house, case):
    return house.rooms.rights.cases.get(case.request_id)


def letters(house, state="sent"):
    return [house.rooms.outbox.read(one, insider()) for one in house.messages(state)]


def follow(house, case):
    """Press the button behind the link of the person."""
    return house.rooms.rights.confirm(house.link(case.request_id))


def note(house, case, what, words="", until=None):
    return house.rooms.agents.desk.note(case.request_id, what, words, until, "s1")


@pytest.mark.parametrize("kind", ["know", "delete"])
def test_permission_and_one_confirmation_are_all_that_is_asked(house, kind):
    """7063(a): the one link proves the address and confirms the permission; the message names the agent."""
    case = ask(house, kind)
    house.walk()
    [letter] = letters(house)
    assert letter.recipient == "robin@example.com"
    assert "Example Agency asked this for you" in letter.text
    assert "Example Agency may ask" in letter.text
    follow(house, case)
    house.walk()
    assert now(house, case).answer["outcome"] == "granted"
    assert letters(house)[0].recipient == "robin@example.com"  # the answer is the person's


def test_an_agents_word_alone_asks_for_no_less_than_the_person_does(house):
    """7060, 7062: who has somebody's mailbox and calls themselves their agent reaches nothing more than by the person's own form.

    Once staff saw the permission, the confirmation is enough, and nobody is asked both: 7063(a)(1), (2).
    """
    house.write("robin@example.com", point="contact-form", site="marrowby")
    case = ask(house, "know")
    house.walk()
    follow(house, case)
    house.walk()
    assert now(house, case).state is State.VERIFYING
    assert note(house, case, "permitted", "They brought it to the counter.") is None
    house.walk()
    assert "confirmed" in now(house, case).entry(Step.VERIFIED).detail["by"]
    assert now(house, case).answer["outcome"] == "granted"


def test_a_link_that_nobody_follows_is_no_confirmation(house):
    """7063(a), 7021(b): denied on the target day, as it would be for the person."""
    case = ask(house)
    house.wait(days=46)
    house.walk()
    assert now(house, case).answer == {**now(house, case).answer, "outcome": "denied", "reason": "unverified"}


@pytest.mark.parametrize("kind", ["opt-out", "limit"])
def test_an_opt_out_needs_the_permission_alone(house, kind):
    """7026(j), 7027(i): it holds in the same answer; nothing is asked of the person, and no power of attorney."""
    case = ask(house, kind)
    assert case.state is State.APPLYING
    assert kind != "opt-out" or SOLD in choices.opted_out_by(house.store, [ROBIN])
    house.run("opt-outs", "requests")
    assert now(house, case).entry(Step.CONFIRMED) is not None


@pytest.mark.parametrize("kind", ["opt-out", "limit"])
def test_an_opt_out_without_a_permission_is_not_taken(house, kind):
    """7026(j), 7027(i): it may be denied; the form says how to mend it, and nothing is kept."""
    answer = house.browser().post("/privacy/agents", data=filled(house, kind, authority="later"))
    assert answer.status_code == 422
    assert "show the signed permission" in answer.text.lower()
    assert house.cases() == []


def test_a_permission_may_follow_and_the_clock_runs_meanwhile(house):
    """Case T09: without it nothing is carried out, however well the person is verified; the dates are the person's own."""
    case, own = ask(house, authority="later"), house.ask(RequestKind.DELETE, email="kim@example.com")
    law = house.versions.in_force().law_table
    assert due.table(case, law)[What.ANSWER] == due.table(case_of(house, own), law)[What.ANSWER]
    house.walk()
    follow(house, case)
    house.wait(days=30)
    house.walk()
    assert now(house, case).state is State.VERIFIED
    assert note(house, case, "permitted", "They sent it by e-mail.") is None
    house.walk()
    assert now(house, case).answer["outcome"] == "granted"


def test_who_shows_no_permission_is_denied_on_the_target_day(house):
    """7063(a): and is told why; not before, and the person has not asked in vain."""
    case = ask(house, authority="later")
    house.walk()
    follow(house, case)
    house.wait(days=40)
    house.walk()
    assert now(house, case).state is State.VERIFIED
    house.wait(days=6)
    house.walk()
    assert now(house, case).answer["reason"] == "no-permission"
    assert "did not show us that you permitted it" in letters(house)[0].text


def test_a_power_of_attorney_replaces_all_and_staff_look_at_it(house):
    """7063(b): no link, no proof, nothing of the person; the letter goes to who stands in for them."""
    case = ask(house, authority="power", state="CA", where="https://agency.example.com/poa/1")
    house.walk()
    [letter] = letters(house)
    assert letter.recipient == "desk@agency.example.com"
    assert "/privacy/verify/" not in letter.text
    assert now(house, case).state is State.VERIFYING
    assert note(house, case, "power") is None
    house.walk()
    assert now(house, case).answer["outcome"] == "granted"
    assert {one.recipient for one in letters(house)} == {"desk@agency.example.com"}


def test_one_of_another_state_is_a_signed_permission(house):
    """7063(b) names those of the Probate Code: the person is asked to confirm, and gets the answer."""
    case = ask(house, authority="power", state="NV", signed_on="2019-05-01")
    house.walk()
    [letter] = letters(house)
    assert letter.recipient == "robin@example.com"
    assert "/privacy/verify/" in letter.text
    assert now(house, case).entry(Step.PERMITTED).detail["authority"] == "signed permission"


def test_staff_who_see_that_it_is_of_another_state_have_the_person_asked(house):
    """Whatever its agent wrote."""
    case = ask(house, authority="power", state="CA")
    house.walk()
    assert note(house, case, "other-state") is None
    house.walk()
    assert letters(house)[0].recipient == "robin@example.com"
    assert not isinstance(house.rooms.rights.confirm(re.search(r"/privacy/verify/(\S+)", letters(house)[0].text)[1]), Refusal)
    house.walk()
    assert now(house, case).answer["outcome"] == "granted"
    assert letters(house)[0].recipient == "robin@example.com"


def test_a_power_of_attorney_is_never_demanded(house):
    """7063(b): the form has a way without it, chosen beforehand, and nothing that is refused asks for one."""
    page = house.browser().get("/privacy/agents").text
    assert re.search(r'value="permission" checked', page)
    assert "nobody has to have one" in page
    assert ask(house).entry(Step.PERMITTED) is not None


def test_the_terms_are_shown_and_accepted(house):
    """7063(c), (d)."""
    page = house.browser().get("/privacy/agents").text
    assert "reasonable security procedures and practices" in page
    form = filled(house)
    form.pop("terms")
    answer = house.browser().post("/privacy/agents", data=form)
    assert answer.status_code == 422
    assert "accept the terms" in answer.text
    assert house.cases() == []


def test_a_permission_that_ended_while_it_was_carried_out_shows_the_agent_nothing(house):
    """Revoked while fulfilling: what is not planned is not done, and what is answered is the person's alone."""
    case = ask(house, "know")
    house.walk()
    assert note(house, case, "ended", "They telephoned, and took it back.") is None
    follow(house, case)
    house.walk()
    assert now(house, case).entry(Step.PLANNED) is None
    house.wait(days=46)
    house.walk()
    assert now(house, case).answer["reason"] == "no-permission"


BAD = {
    "signed tomorrow": ({"signed_on": "2026-12-31"}, "today at the latest"),
    "signed long ago": ({"signed_on": "2026-01-01"}, "have it signed again"),
    "ended": ({"until": "2026-11-01"}, "ended on"),
    "signed by nobody": ({"signed_by": " "}, "who signed it"),
    "no address": ({"email": "robin"}, "e-mail address"),
    "no address of the agent": ({"contact": ""}, "your own e-mail"),
    "a name that is an address": ({"agent": "Claim now at evil.example"}, "what the agent is called"),
    "another kind": ({"kind": "appeal"}, "choose what is asked"),
    "a state that is none": ({"authority": "power", "state": "Nevada"}, "two letters"),
    "a name without an end": ({"name": "x" * 121}, "at most 120"),
}


@pytest.mark.parametrize("wrong", BAD)
def test_what_is_wrong_is_said_and_nothing_is_kept(house, wrong):
    """With everything that was typed."""
    changed, words = BAD[wrong]
    answer = house.browser().post("/privacy/agents", data=filled(house, **changed))
    assert answer.status_code == 422
    assert words in answer.text
    assert house.cases() == []


def test_staff_see_what_the_agent_showed_and_note_it(house):
    """On the page of the request, for a declared purpose, by who is trained."""
    case = ask(house, authority="later")
    house.walk()
    staff = house.staff()
    address = f"/console/requests/{case.request_id}"
    page = staff.get(address)
    token = re.search(r'name="token" value="([^"]+)"', page.text)
    assert "Example Agency" in page.text
    sent = {"token": token[1], "what": "permitted", "words": "It came by e-mail today."}
    assert staff.post(f"{address}/agent", data=sent).status_code == 303
    assert now(house, case).entry(Step.PERMITTED).detail["by"] == "seen by staff"


# Files of many


def lines_of(house, text):
    """Take a file of an agent; return what became of its lines."""
    room = house.rooms.agents
    agent = room.register.add("Example Agency", "desk@agency.example.com", "staff", accepts_terms=True)
    found = bulk.take(text.encode() if isinstance(text, str) else text, agent, room.taking)
    return list(found) if not isinstance(found, Refusal) else found


WRONG_LINES = {
    3: ("erase,a@example.com,,", "kind is none of"),
    5: ("delete,a b@example.com,,", "email"),
    6: ("delete,,Robin,2026-11-20", "email is missing"),
    8: ("delete,b@example.com,Robin,2026-13-41", "days such as"),
    9: ("delete,c@example.com,Robin", "3 values"),
    11: ("delete,d@example.com,Robin,2027-01-01", "not come"),
    12: ("opt-out,e@example.com,,", "signed permission"),
}


def test_seven_wrong_lines_stop_no_other(house):
    """Each is named by its number and why; sent again as a whole, no line is taken twice."""
    number, text = 0, ["kind,email,signed_by,signed_on"]
    while len(text) < 60:
        wrong = WRONG_LINES.get(len(text) + 1)
        number += wrong is None
        text.append(wrong[0] if wrong else f"delete,person{number}@example.com,Robin Example,2026-11-20")
    found = lines_of(house, "\n".join(text) + "\n")
    assert {one.number: one.wrong for one in found if one.wrong}.keys() == WRONG_LINES.keys()
    for one in found:
        assert one.number not in WRONG_LINES or WRONG_LINES[one.number][1] in one.wrong
    assert len(house.cases()) == number == len([one for one in found if one.reference])
    again = lines_of(house, "\n".join(text) + "\n")
    assert len(house.cases()) == number
    assert {one.is_new for one in again if not one.wrong} == {False}
    assert [one.reference for one in again] == [one.reference for one in found]


FILES = {
    "another column": ("kind,email,social_security_number\n", "is none of them"),
    "no address": ("kind,name\n", "have to be there"),
    "a column twice": ("kind,email,email\n", "each once"),
    "nothing": ("", "have to be there"),
    "no UTF-8": (b"kind,email\n\xff,\xfe\n", "UTF-8"),
    "bytes that are no text": (b"kind,email\n\0\n", "no text"),
    "too many lines": ("kind,email\n" + "\n" * (bulk.LINES + 1), "in parts"),
    "too large": (b"x" * (bulk.FILE_BYTES + 1), "larger"),
}


@pytest.mark.parametrize("wrong", FILES)
def test_what_is_no_such_file_is_refused_as_a_whole(house, wrong):
    """Nothing of it is taken."""
    content, words = FILES[wrong]
    assert words in lines_of(house, content).reason
    assert house.cases() == []


def test_a_line_that_never_ends_is_one_wrong_line(house):
    """A quotation mark that opens and does not close takes the rest of the file with it, and is named."""
    found = lines_of(house, 'kind,email\ndelete,robin@example.com\ndelete,"kim@example.com\n')
    assert [bool(one.wrong) for one in found] == [False, True]


def test_who_used_the_form_is_in_no_column_in_clear(house):
    """An agent may be a person: the register knows them again by a keyed hash; name and address are sealed with the request."""
    first, second = ask(house), ask(house, email="kim@example.com")
    assert first.agent == second.agent
    [kept] = house.rooms.agents.register.listed()
    assert "agency" not in repr(kept).lower()
    assert first.contact.agent == "Example Agency"


def test_what_an_agent_said_is_sealed_and_goes_with_the_request(house):
    """7060(d), 7063(c): under the key of the request; after it is closed nothing of it is left but that an agent asked."""
    case = ask(house, where="in the drawer of Robin Example")
    with house.store.control.reading() as tx:
        kept = agents.said(tx, case.request_id)
    assert b"drawer" not in kept.sealed
    house.walk()
    follow(house, case)
    house.walk()
    house.wait(days=20)
    house.walk()
    with house.store.control.reading() as tx:
        left = agents.said(tx, case.request_id)
    assert (left.sealed, left.permission_until) == (b"", None)
    assert now(house, case).state is State.RECORD_ONLY


CLAIM = {"field-1": "contact-form/name", "wrong-1": "My former name", "right-1": "Robin Example"}


def test_an_agent_asks_to_correct_field_by_field(house):
    """7063(a): as to know and to delete; a person decides each field, and the answer is its person's."""
    assert ask_again(house, "correct").status_code == 422
    case = ask(house, "correct", **CLAIM)
    assert [(one.field, one.right) for one in case.contact.claims] == [("name", "Robin Example")]
    house.walk()
    assert note(house, case, "permitted", "They showed it at the counter.") is None
    assert not isinstance(follow(house, case), Refusal)
    house.walk()
    assert now(house, case).state is State.REVIEWING
    assert note(house, case, "ended", "They telephoned, and took it back.") is None
    house.wait(days=46)
    house.walk()
    assert now(house, case).answer["reason"] == "no-permission"


def ask_again(house, kind, **more):
    """Send the form; return the answer."""
    return house.browser().post("/privacy/agents", data=filled(house, kind, **more))


def test_a_line_corrects_one_field(house):
    """The field as forms name it; what is wrong with it is said, with the fields that there are."""
    head = "kind,email,signed_by,signed_on,field,wrong,right,may_delete"
    signed = f"Robin Example,{(house.now - timedelta(days=1)).date()}"
    rows = [
        head,
        f"correct,robin@example.com,{signed},contact-form/name,My former name,Robin Example,",
        f"correct,kim@example.com,{signed},contact-form/nickname,Wrong,Right,",
        f"correct,kim@example.com,{signed},contact-form/name,Wrong,,",
        f"correct,kim@example.com,{signed},contact-form/name,Wrong,,perhaps",
        f"delete,kim@example.com,{signed},contact-form/name,,,",
        f"correct,kim@example.com,{signed},contact-form/name,Wrong,,yes",
    ]
    lines = lines_of(house, "\n".join(rows) + "\n")
    assert [bool(one.wrong) for one in lines] == [False, True, True, True, True, False]
    assert "contact-form/name, contact-form/email" in lines[1].wrong
    first, last = (case.contact.claims[0] for case in sorted(house.cases(), key=lambda case: case.contact.email, reverse=True))
    assert ((first.field, first.right), (last.right, last.may_delete)) == (("name", "Robin Example"), ("", True))


def test_a_policy_may_offer_the_form(serving):  # noqa: F811 - the fixture
    """With what this version carries out, and not only as a draft: the compiler takes it, and the page is there."""
    house = serving(compiled(*WEB))
    assert house.browser().get("/privacy/agents").status_code == 200
    assert serving(compiled()).browser().get("/privacy/agents").status_code == 404
