"""Asking, confirming, following and choosing, without script."""

from dataclasses import replace
from datetime import date

import pytest
from starlette.testclient import TestClient

from avow.definitions import RequestKind
from avow.publication.answers import ChoiceFacts

from .fakes import ORIGIN, Everybody, house, make_app, make_house, visitor

__all__ = ["house", "visitor"]

VISITOR = "0123456789abcdef0123456789abcdef"


def test_request_is_received_and_leads_to_its_status_page(visitor, house):
    """A request needs an e-mail address and nothing else."""
    response = visitor.post("/privacy/delete", data={"email": " robin@example.com "})
    assert (response.status_code, response.headers["location"]) == (303, "/privacy/requests/status-token")
    [asked] = house.rights.received
    assert (asked.kind, asked.email, asked.visitor_id) == (RequestKind.DELETE, "robin@example.com", None)


def test_who_files_many_requests_is_asked_once_more_and_refused_nothing(built):
    """What was typed comes along, and the check that is passed files it (11 CCR 7060(f))."""
    house = make_house(senders=Crowded())
    browser = TestClient(make_app(house, built), headers={"Origin": ORIGIN}, follow_redirects=False)
    asked = browser.post("/privacy/know", data={"email": "robin@example.com", "details": "a blue <coat>"})
    assert (asked.status_code, house.rights.received) == (428, [])
    assert 'action="/privacy/know"' in asked.text
    assert 'name="details" value="a blue &lt;coat&gt;"' in asked.text
    passed = browser.post("/privacy/know", data={"email": "robin@example.com", "avow-check": "the one that was asked"})
    assert (passed.status_code, house.rights.received[0].email) == (303, "robin@example.com")


def test_own_visitor_number_is_included_and_said(visitor, house):
    """The browser that asks proves its own visitor id by sending its cookie, and is told."""
    visitor.cookies.set("avow_visitor", VISITOR)
    assert "This browser is included" in visitor.get("/privacy/know").text
    visitor.post("/privacy/know", data={"email": "robin@example.com"})
    assert house.rights.received[0].visitor_id == VISITOR


def test_a_right_that_people_carry_out_has_no_form(visitor, house, monkeypatch):
    """Whoever comes to its address is told whom to write to, and the privacy centre has no door to it."""
    people = replace(house.policy.facts(), forms={"know": ""})
    monkeypatch.setattr(house.policy, "facts", lambda: people)
    for answer in (visitor.get("/privacy/delete"), visitor.post("/privacy/delete", data={"email": "robin@example.com"})):
        assert (answer.status_code, house.rights.received) == (404, [])
        assert people.email in answer.text
    home = visitor.get("/privacy").text
    assert 'href="/privacy/know"' in home
    assert 'href="/privacy/delete"' not in home
    assert visitor.get("/privacy/know").status_code == 200  # a form that no collection point declares has no notice


@pytest.mark.parametrize("cookie", ["x", VISITOR.upper(), VISITOR + "0", "' or 1=1"])
def test_malformed_visitor_number_is_ignored(visitor, house, cookie):
    """A cookie that is no visitor id identifies nobody."""
    visitor.cookies.set("avow_visitor", cookie)
    visitor.post("/privacy/know", data={"email": "robin@example.com"})
    assert house.rights.received[0].visitor_id is None


def test_period_is_everything_unless_a_day_is_chosen(visitor, house):
    """The form offers everything (the default) or a day to start from (11 CCR 7020(e))."""
    visitor.post("/privacy/know", data={"email": "robin@example.com", "since": "2026-01-01"})
    visitor.post("/privacy/know", data={"email": "robin@example.com", "period": "since", "since": "2026-01-01"})
    assert [asked.since for asked in house.rights.received] == [None, date(2026, 1, 1)]


@pytest.mark.parametrize(
    "email", ["", "robin", "robin@", "a@b", "x" * 250 + "@example.com", "robin@example.com\nBcc: x@example.com"]
)
def test_wrong_address_keeps_the_rest_of_the_form(visitor, house, email):
    """What was typed comes back with words beside the field; nothing was filed."""
    response = visitor.post("/privacy/know", data={"email": email, "details": "a blue <coat>"})
    assert response.status_code == 422
    assert "a blue &lt;coat&gt;" in response.text
    assert house.rights.received == []


@pytest.mark.parametrize("since", ["", "yesterday", "2021-12-31", "2027-01-01", "0000-00-00"])
def test_day_outside_the_law_is_not_filed(visitor, house, since):
    """A day before 2022 or after today is explained, not guessed."""
    response = visitor.post("/privacy/know", data={"email": "robin@example.com", "period": "since", "since": since})
    assert response.status_code == 422
    assert "or ask for everything" in response.text


def test_refused_request_says_reason_and_rule(visitor):
    """A refusal is shown with its rule."""
    response = visitor.post("/privacy/know", data={"email": "too-often@example.com"})
    assert response.status_code == 422
    assert "1798.130(b)" in response.text


def test_status_page_shows_dates_and_documents(visitor):
    """The person sees both legal dates, what happened and what to download; no copy is kept on the way."""
    response = visitor.get("/privacy/requests/status-token")
    assert "3 January 2027" in response.text
    assert "/privacy/requests/status-token/archive.json" in response.text
    assert response.headers["cache-control"] == "no-store"


def test_archive_is_its_own_document_without_script(visitor):
    """The archive opens in a sandbox, or is saved."""
    page = visitor.get("/privacy/requests/status-token/archive.html")
    assert page.headers["content-disposition"].startswith("inline")
    assert page.headers["content-security-policy"].endswith("sandbox")
    saved = visitor.get("/privacy/requests/status-token/archive.html?download=1")
    assert saved.headers["content-disposition"] == 'attachment; filename="archive.html"'


@pytest.mark.parametrize("path", ["/privacy/requests/nobody", "/privacy/requests/status-token/x", "/privacy/verify/nobody"])
def test_unknown_token_is_not_found(visitor, path):
    """A token that opens nothing gets the friendly page."""
    assert visitor.get(path).status_code == 404


def test_opening_the_link_confirms_nothing(visitor, house):
    """Mail scanners open links; only the button confirms."""
    assert "Yes, this is my request" in visitor.get("/privacy/verify/verify-token").text
    assert house.rights.confirmed == []
    assert visitor.post("/privacy/verify/verify-token").headers["location"] == "/privacy/requests/status-token"
    assert house.rights.confirmed == ["verify-token"]


def test_late_link_is_refused_with_the_reason(visitor):
    """A link that does not work any more says why and where to go."""
    response = visitor.post("/privacy/verify/late-token")
    assert response.status_code == 409
    assert "This link has expired." in response.text


@pytest.mark.parametrize(
    ("form", "cookie"),
    [
        ({"all": "out"}, "v1.audience-measurement.returning-visitors"),
        ({"all": "in"}, "v1."),
        ({"choice.audience-measurement": "in", "choice.returning-visitors": "out"}, "v1.returning-visitors"),
        ({}, "v1.audience-measurement.returning-visitors"),
        ({"all": "in", "choice.security": "out"}, "v1."),
    ],
)
def test_choices_are_kept_in_the_cookie(visitor, form, cookie):
    """Each optional purpose has its answer; an answer that did not arrive is an opt-out; others cannot be chosen."""
    response = visitor.post("/privacy/choices", data=form)
    assert f"avow_choices={cookie};" in response.headers["set-cookie"].replace('"', "")
    assert "HttpOnly" in response.headers["set-cookie"]


def test_choices_are_recorded_for_the_known_visitor(visitor, house):
    """The choice reaches the store, under the visitor id when there is one."""
    visitor.cookies.set("avow_visitor", VISITOR)
    visitor.post("/privacy/choices", data={"all": "out"})
    assert house.choices.recorded == [(VISITOR, {"audience-measurement": True, "returning-visitors": True})]


def test_what_the_cookie_says_already_is_no_new_answer(visitor, house):
    """Of a browser without a number nothing else is known; an invented one makes nobody."""
    for _ in range(2):
        visitor.post("/privacy/choices", data={"all": "out"})
    assert [said for _, said in house.choices.recorded] == [{"audience-measurement": True, "returning-visitors": True}, {}]


@pytest.mark.parametrize("path", ["/privacy/choices", "/avow/choices"])
def test_after_many_answers_of_a_network_a_yes_waits_and_a_no_holds(built, path):
    """The no stands in the browser at once; the yes is not taken, and the answer says so."""
    house = make_house(senders=Crowded())
    said = {"data": {"choice.returning-visitors": "in"}} if "privacy" in path else {"json": {"opt_in": ["returning-visitors"]}}
    browser = TestClient(make_app(house, built), headers={"Origin": ORIGIN}, cookies={"avow_choices": "v1.returning-visitors"})
    answer = browser.post(path, **said)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "600")
    assert "returning-visitors" in answer.headers["set-cookie"]
    out = browser.post("/avow/choices", json={"opt_out": ["all"]})
    assert (out.status_code, "audience-measurement" in out.headers["set-cookie"]) == (204, True)


class Crowded(Everybody):
    """A network that has answered often enough."""

    def let_in(self, _request, _act, _most):
        return False


def test_choices_page_confirms_that_it_was_processed(visitor):
    """After saving, the page says that the choice is processed."""
    saved = visitor.post("/privacy/choices", data={"all": "out"})
    visitor.cookies.set("avow_choices", "v1.audience-measurement.returning-visitors")
    assert "Your choice is processed." in visitor.get(saved.headers["location"]).text


def test_opting_out_is_as_prominent_as_allowing(visitor):
    """Both buttons are the same element with the same attributes but for their value (11 CCR 7004(a)(2))."""
    text = visitor.get("/privacy/choices").text
    assert '<button type="submit" name="all" value="out">Opt out of all</button>' in text
    assert '<button type="submit" name="all" value="in">Allow all</button>' in text


CONSENT = ChoiceFacts("recording", "Session recording", "watching how a page is used", frozenset({"improving"}), asks=True)


@pytest.fixture
def asking(house, monkeypatch):
    """A policy that also has a use that waits for a yes."""
    facts = house.policy.facts()
    facts = replace(facts, choices=(*facts.choices, CONSENT))
    monkeypatch.setattr(house.policy, "facts", lambda: facts)
    return house


HTML = {"Accept": "text/html,*/*"}


@pytest.mark.parametrize("address", ["/", "/privacy", "/privacy/choices", "/avow/choices"])
def test_a_no_does_not_end_while_its_browser_comes_back(visitor, address):
    """Every page that is opened makes the cookie of a no new, for 400 days more, and changes nothing in it."""
    given = {"Cookie": "avow_choices=v1.returning-visitors.+page-improvement"} | HTML
    found = [one for one in visitor.get(address, headers=given).headers.get_list("set-cookie") if "avow_choices" in one]
    assert found == ["avow_choices=v1.returning-visitors.+page-improvement; HttpOnly; Max-Age=34560000; Path=/; SameSite=Lax"]


@pytest.mark.parametrize(
    ("address", "cookie", "headers"),
    [
        ("/", "avow_choices=v1.+page-improvement", HTML),  # a yes alone: asked again when its cookie ends
        ("/", "avow_choices=v1.", HTML),
        ("/", "avow_choices=damaged", HTML),
        ("/", 'avow_choices=v1.re"turn', HTML),
        ("/", "other=1", HTML),
        ("/", "avow_choices=v1.returning-visitors", {}),  # what a page's script fetches: its answer may come late
        ("/avow/replay.js", "avow_choices=v1.returning-visitors", HTML),  # kept by shared caches
    ],
)
def test_nothing_else_makes_a_choice_new(visitor, address, cookie, headers):
    """No yes, nothing damaged, nothing that could put an old state over a new choice or give it to somebody else."""
    assert "set-cookie" not in visitor.get(address, headers={"Cookie": cookie} | headers).headers


@pytest.mark.parametrize("second", ["", "avow_choices=v1.returning-visitors"])
def test_the_page_of_choices_shows_a_no_that_stands_in_any_cookie(visitor, second):
    """Of two choices cookies the stricter holds, and the page says so."""
    cookie = "; ".join(filter(None, ["avow_choices=v1.", second]))
    page = visitor.get("/privacy/choices", headers={"Cookie": cookie}).text
    assert ('name="choice.returning-visitors" value="out" checked' in page) is bool(second)


def cookie_of(response):
    return response.headers["set-cookie"].replace('"', "").partition(";")[0]


@pytest.mark.parametrize(
    ("answer", "cookie"), [("in", "v1.returning-visitors.+improving"), ("out", "v1.improving.returning-visitors")]
)
def test_banner_takes_an_answer_in_one_step_and_leads_back(visitor, asking, answer, cookie):
    """It answers what was asked and leaves the rest; both answers are the same button (11 CCR 7004(a)(2))."""
    visitor.cookies.set("avow_choices", "v1.returning-visitors")
    page = visitor.get("/products/rain-gauge").text
    assert '<button type="submit" name="ask" value="out">Do not allow</button>' in page
    assert '<button type="submit" name="ask" value="in">Allow</button>' in page
    saved = visitor.post("/privacy/choices", data={"ask": answer, "back": "/products/rain-gauge"})
    assert (saved.status_code, saved.headers["location"]) == (303, "/products/rain-gauge")
    assert cookie_of(saved) == f"avow_choices={cookie}"
    assert asking.choices.sources == ["banner"]


def test_a_banner_whose_answer_no_browser_keeps_says_so(visitor, asking):
    """Without any cookie it is seen once whether the answer comes back: then the page it stood on, else why it is lost."""
    way = visitor.post("/privacy/choices", data={"ask": "out", "back": "/products/rain-gauge"}).headers["location"]
    assert way == "/privacy/choices?saved=1&back=%2Fproducts%2Frain-gauge"
    assert visitor.get(way).headers["location"] == "/products/rain-gauge"
    visitor.cookies.clear()
    told = visitor.get(way).text
    assert "keeps no choice" in told
    assert '<a href="/products/rain-gauge?avow-answered=1">Back' in told
    assert 'class="asking"' not in visitor.get("/products/rain-gauge?avow-answered=1").text
    assert (
        visitor.get("/privacy/choices?saved=1&back=//elsewhere.example", headers={"Cookie": "avow_choices=v1."}).status_code
        == 200
    )


@pytest.mark.parametrize("cookie", ["v1.improving", "v1.+improving"])
def test_who_has_answered_is_not_asked_again(visitor, asking, cookie):
    """Neither a no nor a yes is asked for twice (11 CCR 7026(k))."""
    visitor.cookies.set("avow_choices", cookie)
    assert 'class="asking"' not in visitor.get("/").text


def test_who_sends_a_signal_that_stops_the_use_is_not_asked(visitor, asking, monkeypatch):
    """The signal is the answer."""
    facts = asking.policy.facts()
    stopped = replace(facts, choices=(*facts.choices[:-1], replace(CONSENT, stopped_by=("gpc",))))
    monkeypatch.setattr(asking.policy, "facts", lambda: stopped)
    assert 'class="asking"' in visitor.get("/").text
    assert 'class="asking"' not in visitor.get("/", headers={"Sec-GPC": "1"}).text


@pytest.mark.parametrize(
    "back", ["", "https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "/\n", "/" + "x" * 2000]
)
def test_banner_leads_to_no_other_site(visitor, asking, back):
    """An address that is not a path of this site is not followed."""
    saved = visitor.post("/privacy/choices", data={"ask": "out", "back": back})
    assert saved.headers["location"] == "/privacy/choices?saved=1"


@pytest.mark.parametrize(
    ("said", "cookie"),
    [
        ({"opt_in": ["recording"]}, "v1.+improving"),
        ({"opt_out": ["all"]}, "v1.audience-measurement.improving.returning-visitors"),
        ({"opt_out": ["returning-visitors"], "opt_in": ["all"]}, "v1.returning-visitors.+improving"),
    ],
)
def test_a_script_says_the_same_as_the_page(visitor, asking, said, cookie):
    """By names of switches or purposes; of two answers about one purpose the no counts."""
    saved = visitor.post("/avow/choices", json=said, headers={"Sec-Fetch-Site": "same-origin"})
    assert (saved.status_code, cookie_of(saved)) == (204, f"avow_choices={cookie}")
    assert asking.choices.sources == ["script"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b'{"opt_out": ["x"], "more": 1}', 400),
        (b'{"opt_out": ["\xff"]}', 400),
        (b'{"opt_out": ["returning-visitors"], "opt_out": ["all"]}', 400),
        (b'{"opt_in": ["all"], "opt_out": [], "opt_in": []}', 400),
        (b'{"opt_in": ["security"]}', 422),
        (b'{"opt_out": ["returning-visitors"], "opt_in": ["no such"]}', 422),
        (b'{"opt_out": ["' + b"x" * 9000 + b'"]}', 413),
    ],
)
def test_what_a_script_says_wrongly_changes_nothing(visitor, asking, body, status):
    """Nothing is kept of it, and the names that there are come back."""
    answer = visitor.post("/avow/choices", content=body, headers={"Sec-Fetch-Site": "same-origin"})
    assert (answer.status_code, "set-cookie" in answer.headers, asking.choices.recorded) == (status, False, [])


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_choices_of_other_sites_are_not_taken(visitor, asking, site):
    """No other page may switch anything on or off."""
    answer = visitor.post("/avow/choices", json={"opt_in": ["recording"]}, headers={"Sec-Fetch-Site": site})
    assert (answer.status_code, asking.choices.recorded) == (403, [])


def test_a_script_is_told_what_holds(visitor, asking):
    """Which switches are on, what stopped them, what is to be asked, and who else may load; kept by no cache."""
    asking.browsers.address = "https://place.farsight.example/seen.js"
    answer = visitor.get("/avow/choices", headers={"Sec-GPC": "1"})
    told = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert told["signals"] == ["gpc"]
    assert [(one["name"], one["on"], one["stopped_by"], one["ask"]) for one in told["choices"]] == [
        ("audience-measurement", False, ["gpc"], False),
        ("returning-visitors", True, [], False),
        ("recording", False, [], True),
    ]
    assert [(one["address"], one["allowed"]) for one in told["third_parties"]] == [(asking.browsers.address, False)]
    assert told["gpp"].startswith("DBABBg~")


@pytest.mark.parametrize(
    ("query", "found"), [("?signals=gpc", ["gpc"]), ("?signals=dnt+gpc+x", ["dnt", "gpc"]), ("?signals=", [])]
)
def test_a_signal_that_only_a_script_sees_is_honoured(visitor, asking, query, found):
    """As a header is, and never less than the headers say (11 CCR 7025(b)(1): an HTTP header field or JavaScript object)."""
    asking.browsers.address = "https://place.farsight.example/seen.js"
    visitor.cookies.set("avow_choices", "v1.")
    told = visitor.get(f"/avow/choices{query}").json()
    assert (told["signals"], told["third_parties"][0]["allowed"]) == (found, not found)
    assert visitor.get(f"/avow/choices{query}", headers={"Sec-GPC": "1"}).json()["third_parties"][0]["allowed"] is False


def test_each_page_counts_once_what_another_companys_script_was_let_load(visitor, asking):
    """Where it may load, and what the page had not loaded before it asked again."""
    asking.browsers.address = "https://place.farsight.example/seen.js"
    visitor.cookies.set("avow_choices", "v1.")
    for query, signal in (("", "1"), ("", "0"), ("?loaded=other+ad-tag", "0"), ("?loaded=other", "0")):
        visitor.get(f"/avow/choices{query}", headers={"Sec-GPC": signal})
    assert asking.browsers.let == [("ad-tag", False), ("ad-tag", False)]


def test_a_browser_that_returns_no_cookie_loads_nothing_of_others(visitor, asking):
    """It could keep no opt-out: told as one that opted out, and not counted, until a cookie came back; in the same view then."""
    asking.browsers.address = "https://place.farsight.example/seen.js"
    first = visitor.get("/avow/choices")
    assert [one["allowed"] for one in first.json()["third_parties"]] == [False]
    assert (first.json()["kept"], asking.browsers.let) == (False, [])
    assert first.headers["set-cookie"] == "avow_keeps=1; HttpOnly; Path=/avow/choices; SameSite=Lax"
    second = visitor.get("/avow/choices", headers={"Cookie": "avow_keeps=1"})
    assert [one["allowed"] for one in second.json()["third_parties"]] == [True]
    assert (second.json()["kept"], asking.browsers.let, "set-cookie" in second.headers) == (True, [("ad-tag", False)], False)


def test_a_choice_that_the_browser_does_not_keep_is_said_to_be_lost(visitor, asking):
    """Whose browser refuses the cookie is told so, told of the signal, and shown every use of others as not loaded."""
    asking.browsers.address = "https://place.farsight.example/seen.js"
    page = visitor.get("/privacy/choices?saved=1").text
    assert "This browser keeps no choice." in page
    assert "Global Privacy Control: it is a signal" in page
    assert ("Your choice is processed." in page, "is not loaded in this browser" in page) == (False, True)
    assert "This browser keeps no choice." not in visitor.get("/privacy/choices").text


@pytest.mark.parametrize(("pressed", "source"), [({"pressed": True}, "banner"), ({"pressed": False}, "script"), ({}, "script")])
def test_a_press_on_the_banner_is_told_from_a_script(visitor, asking, pressed, source):
    """The proof of a yes says which of the two it was."""
    visitor.post("/avow/choices", json={"opt_in": ["recording"]} | pressed, headers={"Sec-Fetch-Site": "same-origin"})
    assert asking.choices.sources == [source]


@pytest.mark.parametrize("address", ["/privacy/choices", "/avow/choices"])
def test_a_number_does_not_outlive_a_no_to_be_known_again(visitor, house, address):
    """It leaves every page but the privacy centre's, where one can ask for what was kept under it until the browser is closed."""
    house.browsers.recognises = False
    visitor.cookies.set("avow_visitor", VISITOR)
    said = {"data": {"all": "out"}} if "privacy" in address else {"json": {"opt_out": ["all"]}}
    _, *numbers = visitor.post(address, **said).headers.get_list("set-cookie")
    assert numbers == [
        "avow_visitor=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax",
        f"avow_former={VISITOR}; Path=/privacy; HttpOnly; SameSite=Lax",
    ]
    visitor.cookies.clear()
    visitor.post("/privacy/delete", data={"email": "robin@example.com"}, headers={"Cookie": f"avow_former={VISITOR}"})
    assert house.rights.received[0].visitor_id == VISITOR


@pytest.mark.parametrize(("address", "accept"), [("/", "text/html"), ("/privacy", "text/html"), ("/avow/choices", "*/*")])
@pytest.mark.parametrize("header", ["Sec-GPC", "DNT"])
def test_a_number_does_not_outlive_a_signal_that_stops_recognition(visitor, house, address, accept, header):
    """A no by signal is a no, without a press; where the signal does not stop it, and without one, the number stays."""
    visitor.cookies.set("avow_visitor", VISITOR)

    def gone(recognises, value):
        house.browsers.recognises = recognises
        brought = visitor.get(address, headers={"Accept": accept, header: value}).headers.get_list("set-cookie")
        return [one for one in brought if "avow_visitor" in one or "avow_former" in one]

    assert gone(recognises=True, value="1") == gone(recognises=False, value="0") == []
    assert gone(recognises=False, value="1") == [
        "avow_visitor=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax",
        f"avow_former={VISITOR}; Path=/privacy; HttpOnly; SameSite=Lax",
    ]


def test_confirming_a_link_brings_browser_and_person_together(visitor, house):
    """What the person opted out of elsewhere holds in this browser from now on (11 CCR 7025(c)(1))."""
    house.choices.persons = frozenset({"audience-measurement"})
    visitor.cookies.set("avow_choices", "v1.returning-visitors")
    confirmed = visitor.post("/privacy/verify/verify-token")
    assert house.choices.met == [("status-token", frozenset({"returning-visitors"}))]
    assert cookie_of(confirmed) == "avow_choices=v1.audience-measurement.returning-visitors"


OWN = "/privacy/requests/status-token"


def test_a_person_takes_their_opt_out_back_behind_their_own_link(visitor, house):
    """As easily as opting out: a switch and a button; it holds for the address and in this browser, which gets no yes by it."""
    house.choices.persons = frozenset({"audience-measurement"})
    assert 'name="choice.audience-measurement" value="out" checked' in visitor.get(OWN).text
    visitor.cookies.set("avow_choices", f"v1.audience-measurement.returning-visitors; avow_visitor={VISITOR}")
    sent = {"choice.audience-measurement": "in", "choice.returning-visitors": "in"}
    saved = visitor.post(f"{OWN}/choices", data=sent)
    assert (saved.status_code, saved.headers["location"]) == (303, f"{OWN}?saved=1")
    assert house.choices.said == [("status-token", {"audience-measurement": False})]
    assert house.choices.recorded == [(VISITOR, {"audience-measurement": False})]
    assert cookie_of(saved) == "avow_choices=v1.returning-visitors"  # what was not changed for the address stays here, too


def test_an_answer_that_did_not_arrive_is_a_no(visitor, house):
    """Whoever sends the form without answers has opted out of all of it (as on the page of choices)."""
    house.choices.persons = frozenset({"audience-measurement"})
    visitor.post(f"{OWN}/choices", data={})
    assert house.choices.said == [("status-token", {"returning-visitors": True})]


def test_a_yes_that_is_given_to_a_browser_is_not_asked_of_an_address(visitor, asking):
    """Unless a no of the person's stands about it; what was taken back is no yes in this browser."""
    asking.choices.persons = frozenset({"audience-measurement"})
    assert 'name="choice.recording"' not in visitor.get(OWN).text
    asking.choices.persons = frozenset({"improving"})
    assert 'name="choice.recording" value="out" checked' in visitor.get(OWN).text
    saved = visitor.post(f"{OWN}/choices", data={"choice.recording": "in", "choice.audience-measurement": "in"})
    assert (asking.choices.said, cookie_of(saved)) == (
        [("status-token", {"improving": False, "returning-visitors": True})],
        "avow_choices=v1.returning-visitors",
    )


@pytest.mark.parametrize("token", ["status-token", "somebody's"])
def test_nobody_known_has_no_choices_to_make(visitor, house, token):
    """Where nothing is held of an address, and behind any other link, there are no switches and nothing is taken."""
    assert "Your choices, for your address" not in visitor.get(OWN).text
    assert visitor.post(f"/privacy/requests/{token}/choices", data={}).status_code == 404
    assert house.choices.said == []


def test_other_companies_stand_on_the_choices_page_with_their_own_opt_outs(visitor, house):
    """Beside each stands where it takes an opt-out itself (MISSION C4)."""
    house.browsers.address = "https://place.farsight.example/seen.js"
    text = visitor.get("/privacy/choices", headers={"Sec-GPC": "1"}).text
    assert "Farsight Placements</strong>: is not loaded in this browser" in text
    assert '<a href="https://farsight.example/opt-out" rel="noreferrer">its own opt-out</a>' in text
