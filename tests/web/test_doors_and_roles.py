"""Every door of the console, and every role: what a role does not have, no request gets, however it is made."""

import re
import tempfile
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.houses import MARROWBY, compiled, insider

from avow.analytics.question import of_any
from avow.policy.rulebook.roles import WITHOUT_POINTS
from avow.store import changed
from avow.store.control import submissions
from avow.store.paging import Place
from avow.web.assets import Assets
from avow.web.console import Console
from avow.web.console.needs import MENU, Shows, needs
from avow.web.rendering import View

from .serving import VISITOR, serve

#: The section in which the example declares its roles; here are others.
SECTION = MARROWBY[MARROWBY.index("## Who among us sees it") : MARROWBY.index("## How long we keep it")]
#: Doors that whoever has no session opens.
PUBLIC = re.compile(r"/console/(sign-in(/\w+){0,2}|invitations/\{token\})")


def role(name, may, points=(), purposes=(), hides=()):
    lists = {"may": may, "points": points, "purposes": purposes, "hides": hides}
    lines = [f"{key} = [{', '.join(f'{chr(34)}{one}{chr(34)}' for one in value)}]" for key, value in lists.items() if value]
    return "\n".join([f"[role.{name}]", f'label = "{name}"', *lines])


def everything():
    plain = compiled()
    points = [name for name, one in plain.points.items() if not one.collected_by and not one.in_browser]
    return points, sorted({purpose for name in points for purpose in plain.points[name].purposes})


POINTS, PURPOSES = everything()
ROLES = {
    "recruiter": role("recruiter", ["read", "answer", "assign", "decide"], ["job-application"], ["recruiting"], ["letter"]),
    "support": role("support", ["read", "answer"], ["contact-form"], ["answer-questions"]),
    "analyst": role("analyst", ["measure"], ["page-view", "page-leave"], ["audience-measurement"]),
    "watcher": role("watcher", ["read"], ["session-recording"], ["page-improvement"]),
    "officer": role("officer", ["read", "decide", "deny", "approve", "export", "measure"], POINTS, PURPOSES),
    "editor": role("editor", ["publish"]),
    "keeper": role("keeper", ["administer"]),
}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """An installation with a role for each kind of work, with one member each, and something behind each door."""
    block = "\n\n".join(ROLES.values())
    rulebook = compiled((SECTION, f"## Who among us sees it {{#who-sees-it}}\n\n```avow\n{block}\n```\n\n"))
    house = serve(tmp_path_factory.mktemp("house"), rulebook)
    house.record("ab" * 16, "/products/rain-gauge", VISITOR)
    house.send("/contact", "contact-form", email="robin@example.com", message="What now?")
    filed = house.ask()
    house.run("requests")
    browsers = {name: house.browser(cookies={"avow_staff": house.session(house.account(name, roles=(name,)))}) for name in ROLES}
    browsers["nobody"] = house.browser(cookies={"avow_staff": house.session(house.account("nobody", roles=("gone",)))})
    with house.store.control.reading() as tx:
        letter = submissions.listed(tx, submissions.Sought("contact-form"), Place(), 9).lines[0].record_id
    ids = {
        "record_id": letter,
        "request_id": filed.partition("-")[0],
        "message_id": house.messages("waiting")[0],
        "recording_id": "ab" * 16,
        "staff_id": house.account("kim").staff_id,
    }
    yield SimpleNamespace(house=house, browsers=browsers, ids=ids, rulebook=rulebook)
    house.close()


def doors():
    """Return the routes of the console, and what its doors need, by method and pattern."""
    with tempfile.TemporaryDirectory() as folder:
        house = serve(Path(folder), compiled())
        made = Console(View(house.rooms, Assets()))
        routes = made.routes()
        house.close()
    return routes, made.door.needed


ROUTES, NEEDED = doors()
DECLARED = sorted(NEEDED)


def test_every_door_says_what_it_needs():
    """Or it would be open to whoever is signed in, and nobody would have decided so."""
    silent = [
        (method, route.path)
        for route in ROUTES
        for method in sorted((route.methods or set()) - {"HEAD"})
        if (method, route.path) not in NEEDED and not PUBLIC.fullmatch(route.path)
    ]
    assert silent == []


def test_what_shows_a_person_needs_an_act_with_records():
    """Who only publishes or administers sees nobody."""
    for door, needed in NEEDED.items():
        if needed.shows in {Shows.LINES, Shows.A_PERSON}:
            assert needed.acts | needed.requests, door
            assert not needed.acts & WITHOUT_POINTS, door


def test_every_page_of_the_menu_is_a_door():
    assert {path for pages in MENU.values() for path in pages} <= {path for method, path in NEEDED if method == "GET"}


def reaches(rulebook, name, needed):
    """Return whether a role has a point of the technologies that a door is about."""
    theirs = rulebook.roles[name].points if name in rulebook.roles else frozenset()
    return not needed.at or any(rulebook.points[point].technology in needed.at for point in theirs)


def address(path, ids):
    """Return the address of a door, with what there is of its kind."""
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: ids.get(found[1], "1"), path)


@pytest.mark.parametrize("door", DECLARED, ids=" ".join)
def test_a_role_opens_the_doors_that_it_has_and_no_other(world, door):
    """By every role, and by who has none that the policy knows: refused with 403 and the rule, or let in."""
    (method, path), needed = door, NEEDED[door]
    if path == "/console/sign-out":
        return  # it ends what the others need
    for name, browser in world.browsers.items():
        may = world.rulebook.roles[name].may if name in world.rulebook.roles else frozenset()
        on_requests = may if name == "officer" else frozenset()  # the recruiter decides about applications alone
        by_acts = needed.acts & may if reaches(world.rulebook, name, needed) else needed.acts & may & WITHOUT_POINTS
        is_theirs = needed == needs(fresh=needed.fresh) or bool(by_acts or needed.requests & on_requests)
        where, known = address(path, world.ids), sum("act.refused" in one for one in world.house.logged())
        if method == "GET":
            answer = browser.get(where)
        else:
            token = re.search(r'name="token" value="([^"]+)"', browser.get("/console/policy").text)[1]
            answer = browser.post(where, data={"token": token})
        refused = sum("act.refused" in one for one in world.house.logged()) - known
        if path == "/console" and not is_theirs:
            assert (answer.status_code, answer.headers["location"][:9]) == (303, "/console/"), name
        elif not is_theirs:
            assert (answer.status_code, refused) == (403, 1), name
            assert "o role of yours" in answer.text
        else:
            assert refused == 0, name
            assert answer.status_code < 500, name


def test_the_menu_shows_what_is_ones_own(world):
    """Just the pages that let one in."""
    for name, browser in world.browsers.items():
        text = browser.get("/console/policy").text
        shown = set(re.findall(r'<li><a href="(/console[^"]*)"', text))
        for path in {path for pages in MENU.values() for path in pages}:
            let_in = browser.get(path).status_code == 200
            assert (path in shown) == let_in, (name, path)


def test_a_refusal_is_in_the_log_without_an_address(world):
    """Pattern, acts, member."""
    kim = world.browsers["analyst"]
    before = len(world.house.logged())
    assert kim.get(f"/console/inbox/{world.ids['record_id']}").status_code == 403
    [entry] = [one for one in world.house.logged()[before:] if "act.refused" in one]
    assert '"door":"/console/inbox/{record_id}"' in entry
    assert world.ids["record_id"] not in entry
    counted = [one for one in world.house.rooms.evidence.purpose_reads(date.min) if one.point == "(the console)"]
    assert sum(one.refused for one in counted) == sum("act.refused" in one for one in world.house.logged())
    assert {one.site for one in counted} == {world.house.rooms.website.name}


def test_who_reads_sees_just_their_points_fields_and_purposes(world):
    """The recruiter no letter, support no application; nobody for a purpose that their role lacks."""
    letter = f"/console/inbox/{world.ids['record_id']}"
    assert "contact-form" not in world.browsers["recruiter"].get("/console/inbox").text
    assert world.browsers["recruiter"].get(letter).status_code == 403
    read = world.browsers["support"].get(f"{letter}?purpose=answer-questions")
    assert "What now?" in read.text
    assert world.browsers["support"].get(f"{letter}?purpose=security").status_code == 403
    assert "What now?" not in world.browsers["recruiter"].get(f"{letter}?purpose=answer-questions").text
    application = world.house.write("lee@example.com", point="job-application")
    shown = world.browsers["recruiter"].get(f"/console/inbox/{application}?purpose=recruiting").text
    assert "lee@example.com" in shown
    assert "some letter" not in shown
    assert "some letter" in world.browsers["officer"].get(f"/console/inbox/{application}?purpose=recruiting").text


def test_figures_are_of_the_points_that_one_measures(world):
    """Every question that the analyst's dashboard asks names points of theirs, and no other."""
    world.house.engine.asked.clear()
    assert world.browsers["analyst"].get("/console/dashboard/whole").status_code == 200
    asked = [(one["points"], one.get("point")) for _, one in world.house.engine.asked if "points" in one or "point" in one]
    assert asked
    mine = ("page-view", "page-leave")
    patterns = {of_any(some) for some in (mine, mine[:1], mine[1:], ())}
    assert {points for points, _ in asked} <= patterns
    assert {point for _, point in asked} <= {None}


def test_a_panel_is_of_the_points_that_one_measures(world):
    """It has no place where one measures none of its kind; what one has of it is not what somebody with other points has."""
    changed.note(world.house.installation.run, is_empty=False)
    analyst, panel = world.browsers["analyst"], "/console/dashboard/panels"
    assert 'hx-get="/console/dashboard/panels/links' not in analyst.get("/console").text
    assert analyst.get(f"{panel}/links").status_code == 404
    assert analyst.get(f"{panel}/reading").status_code == 200
    marks = {world.browsers[name].get(f"{panel}/pages?point=page-view").headers["etag"] for name in ("analyst", "officer")}
    assert len(marks) == 2


def test_who_is_untrained_looks_and_closes_nothing(world):
    """11 CCR 7100(a): the page is there, and the act is not."""
    account = world.house.account("lou", roles=("support",), trained=False)
    browser = world.house.browser(cookies={"avow_staff": world.house.session(account)})
    page = f"/console/inbox/{world.ids['record_id']}"
    assert browser.get(page).status_code == 200
    token = re.search(r'name="token" value="([^"]+)"', browser.get(page).text)[1]
    answer = browser.post(f"{page}/state", data={"token": token, "state": "answered"})
    assert answer.status_code == 403
    assert "training" in answer.text


def test_messages_are_for_who_has_to_do_with_them(world):
    """Of a request: for who works on requests; support, who answers letters, sees none of it, and cannot act on it."""
    message = f"/console/outbox/{world.ids['message_id']}"
    assert world.ids["message_id"] in world.browsers["officer"].get("/console/outbox").text
    assert world.browsers["officer"].get(message).status_code == 200
    assert world.ids["message_id"] not in world.browsers["support"].get("/console/outbox").text
    refused = world.browsers["support"].get(message)
    assert refused.status_code == 403
    assert "robin@example.com" not in refused.text
    token = re.search(r'name="token" value="([^"]+)"', world.browsers["support"].get("/console/outbox").text)[1]
    answer = world.browsers["support"].post(f"{message}/passed-on", data={"token": token, "way": "telephone"})
    assert "no role of yours" in answer.text.lower()


def test_lists_and_mailings_are_for_who_sends_or_measures_them(world):
    """The analyst of pages sees no list of people who subscribed; the editor does."""
    assert "Marrowby letter" not in world.browsers["analyst"].get("/console/mailings").text
    lists = world.browsers["editor"].get("/console/mailings").text
    assert any(one.label in lists for one in world.house.rooms.mailings.lists())


def test_a_letter_is_given_to_whoever_may_read_it(world):
    """And to nobody else: it would lie with somebody who cannot open it."""
    page = f"/console/inbox/{world.ids['record_id']}"
    people = {one.name: one.staff_id for one in world.house.rooms.register.accounts()}
    boss = insider("s9", "support")
    assert world.house.rooms.inbox.assign(world.ids["record_id"], people["recruiter"], boss).reason.startswith("no role of yours")
    text = world.browsers["support"].get(page).text
    assert "Give it to" not in text  # who may answer takes it, and gives it to nobody
    assert world.house.rooms.inbox.assign(world.ids["record_id"], "", boss) is None


def test_counts_of_records_are_for_who_has_to_do_with_them(world):
    """The page Policy is for everybody, and what is held of a point is not."""
    row = re.compile(r"<code>contact-form</code>.*?</tr>", re.DOTALL)
    assert '<td class="number">1</td>' in row.search(world.browsers["support"].get("/console/policy").text)[0]
    assert '<td class="number">1</td>' not in row.search(world.browsers["recruiter"].get("/console/policy").text)[0]
