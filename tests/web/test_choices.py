"""Choosing: on the page of choices, by the banner, by a script, and for an address; without script, too."""

import re

import pytest
from tests.houses import compiled, person

from avow.collection.limits.sender_counts import WINDOW_MS
from avow.definitions import IdentifierKind, identifier
from avow.gate import choices, disclosures
from avow.rights.verification import Link
from avow.store.control import choices as rows
from avow.web.privacy_center.choices import CHOICE, CHOICES_MOST

from .policies import PLACE, RECOGNISED, RECORDING
from .serving import NETWORK, VISITOR

#: Every purpose that a person decides about, and those that wait for a yes, as the choices cookie names them.
EVERY = (
    "advertising-elsewhere.audience-measurement.campaign-measurement.email-measurement.page-improvement.personalisation"
    ".returning-visitors"
)
YES = ".+advertising-elsewhere.+email-measurement.+page-improvement.+personalisation"
MEASURED = "campaign-measurement.email-measurement"
#: The others, as the cookie says that they were allowed.
ALLOWED = ".~audience-measurement.~campaign-measurement.~returning-visitors"
BROWSER = identifier(IdentifierKind.VISITOR, VISITOR)
ROBIN = person("robin@example.com")


@pytest.fixture
def house(serving, request):
    """An installation; of the example policy, or of it with some words replaced."""
    return serving(compiled(*getattr(request, "param", RECORDING)))


def said_by(house, somebody):
    """Return what is kept of somebody's choices: the last word about each purpose, True for a no."""
    subjects = house.store.vault.subjects_of([somebody])
    with house.store.control.reading() as tx:
        return {one.purpose: one.opted_out for one in rows.of_subjects(tx, subjects)}


def pressed(page):
    """Return what the second step of a yes sends."""
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)) | {"confirmed": "yes"}


def recorded(house):
    """Return how often which choices were recorded: purpose, source, whether no."""
    return {(one.purpose, one.source, one.opted_out): one.count for one in house.rooms.choices.counts()}


def sources(house):
    """Return where choices were said."""
    return {source for _, source, _ in recorded(house)}


@pytest.mark.parametrize(
    ("form", "cookie"),
    [
        ({"all": "out"}, f"v1.{EVERY}"),
        ({"all": "in"}, f"v1{YES}{ALLOWED}"),
        (
            {"choice.audience-measurement": "in", "choice.returning-visitors": "out", "choice.personalisation": "in"},
            f"v1.advertising-elsewhere.{MEASURED}.page-improvement.returning-visitors.+personalisation.~audience-measurement",
        ),
        ({}, f"v1.{EVERY}"),
        ({"all": "in", "choice.security": "out"}, f"v1{YES}{ALLOWED}"),
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
    assert said_by(house, BROWSER) == dict.fromkeys(EVERY.split("."), True)


def test_what_the_cookie_says_already_is_no_new_answer(visitor, house):
    """Of a browser without a number nothing else is known; an invented one makes nobody."""
    for _ in range(2):
        visitor.post("/privacy/choices", data={"all": "out"})
    assert recorded(house) == {(purpose, "link", True): 1 for purpose in EVERY.split(".")}


@pytest.mark.parametrize("path", ["/privacy/choices", "/avow/choices"])
def test_after_many_answers_of_a_network_a_yes_waits_and_a_no_holds(house, path):
    """The no stands in the browser at once; the yes is not taken, and the answer says so."""
    assert house.counts.lease(NETWORK, CHOICES_MOST, CHOICES_MOST, house.now_ms(), CHOICE, WINDOW_MS) == CHOICES_MOST
    second = {"data": {"choice.returning-visitors": "in", "confirmed": "yes"}}  # after a no
    said = second if "privacy" in path else {"json": {"opt_in": ["returning-visitors"]}}
    browser = house.browser(client=(NETWORK, 1), cookies={"avow_choices": "v1.returning-visitors"})
    answer = browser.post(path, **said)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "600")
    assert "returning-visitors" in answer.headers["set-cookie"]
    out = browser.post("/avow/choices", json={"opt_out": ["all"]})
    assert (out.status_code, "audience-measurement" in out.headers["set-cookie"]) == (204, True)


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
    given = visitor.get(address, headers={"Cookie": cookie} | headers).headers.get_list("set-cookie")
    assert [one for one in given if "avow_choices" in one] == []


@pytest.mark.parametrize("second", ["", "avow_choices=v1.returning-visitors"])
def test_the_page_of_choices_shows_a_no_that_stands_in_any_cookie(visitor, second):
    """Of two choices cookies the stricter holds, and the page says so."""
    cookie = "; ".join(filter(None, ["avow_choices=v1.", second]))
    page = visitor.get("/privacy/choices", headers={"Cookie": cookie}).text
    assert ('name="choice.returning-visitors" value="out" checked' in page) is bool(second)


def cookie_of(response):
    return response.headers["set-cookie"].replace('"', "").partition(";")[0]


@pytest.mark.parametrize(
    ("answer", "cookie"),
    [
        ("in", "v1.returning-visitors.+advertising-elsewhere.+page-improvement.+personalisation"),
        ("out", "v1.advertising-elsewhere.page-improvement.personalisation.returning-visitors"),
    ],
)
def test_banner_takes_an_answer_in_one_step_and_leads_back(visitor, house, answer, cookie):
    """It answers what was asked and leaves the rest; both answers are the same button (11 CCR 7004(a)(2))."""
    visitor.cookies.set("avow_choices", "v1.returning-visitors")
    page = visitor.get("/products/rain-gauge").text
    assert '<button type="submit" name="ask" value="out">Do not allow</button>' in page
    assert '<button type="submit" name="ask" value="in">Allow</button>' in page
    saved = visitor.post("/privacy/choices", data={"ask": answer, "back": "/products/rain-gauge"})
    assert (saved.status_code, saved.headers["location"]) == (303, "/products/rain-gauge")
    assert cookie_of(saved) == f"avow_choices={cookie}"
    assert sources(house) == {"banner"}


def test_a_banner_whose_answer_no_browser_keeps_says_so(visitor):
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


@pytest.mark.parametrize(
    "cookie",
    ["v1.advertising-elsewhere.page-improvement.personalisation", "v1.+advertising-elsewhere.+page-improvement.+personalisation"],
)
def test_who_has_answered_is_not_asked_again(visitor, cookie):
    """Neither a no nor a yes is asked for twice (11 CCR 7026(k))."""
    visitor.cookies.set("avow_choices", cookie)
    assert 'class="asking"' not in visitor.get("/").text


def test_who_sends_a_signal_that_stops_the_use_is_not_asked(visitor):
    """The signal is the answer; of two uses that wait for a yes the other was answered before."""
    visitor.cookies.set("avow_choices", "v1.personalisation")
    assert 'class="asking"' in visitor.get("/").text
    assert 'class="asking"' not in visitor.get("/", headers={"Sec-GPC": "1"}).text


@pytest.mark.parametrize(
    "back", ["", "https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "/\n", "/" + "x" * 2000]
)
def test_banner_leads_to_no_other_site(visitor, back):
    """An address that is not a path of this site is not followed."""
    saved = visitor.post("/privacy/choices", data={"ask": "out", "back": back})
    assert saved.headers["location"] == "/privacy/choices?saved=1"


@pytest.mark.parametrize(
    ("said", "cookie"),
    [
        ({"opt_in": ["recording"]}, "v1.+page-improvement"),
        ({"opt_in": ["page-improvement"]}, "v1.+page-improvement"),
        ({"opt_out": ["all"]}, f"v1.{EVERY}"),
        (
            {"opt_out": ["returning-visitors"], "opt_in": ["all"]},
            f"v1.returning-visitors{YES}.~audience-measurement.~campaign-measurement",
        ),
    ],
)
def test_a_script_says_the_same_as_the_page(visitor, house, said, cookie):
    """By names of switches or purposes; of two answers about one purpose the no counts."""
    saved = visitor.post("/avow/choices", json=said, headers={"Sec-Fetch-Site": "same-origin"})
    assert (saved.status_code, cookie_of(saved)) == (204, f"avow_choices={cookie}")
    assert sources(house) == {"script"}


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
def test_what_a_script_says_wrongly_changes_nothing(visitor, house, body, status):
    """Nothing is kept of it, and the names that there are come back."""
    answer = visitor.post("/avow/choices", content=body, headers={"Sec-Fetch-Site": "same-origin"})
    assert (answer.status_code, "set-cookie" in answer.headers, recorded(house)) == (status, False, {})


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_choices_of_other_sites_are_not_taken(visitor, house, site):
    """No other page may switch anything on or off."""
    answer = visitor.post("/avow/choices", json={"opt_in": ["recording"]}, headers={"Sec-Fetch-Site": site})
    assert (answer.status_code, recorded(house)) == (403, {})


#: Who lets another company's script load: see `policies.PLACE`.
PLACED = pytest.mark.parametrize("house", [(*RECORDING, *PLACE)], indirect=True)
ADDRESS = "https://place.farsight.example/seen.js"


def loads(house):
    """Return how often another company's script was let load."""
    house.shared.flush()
    return sum(one.count for one in disclosures.totals(house.store, 0))


@PLACED
def test_a_script_is_told_what_holds(visitor):
    """Which switches are on, what stopped them, what is to be asked, and who else may load; kept by no cache."""
    answer = visitor.get("/avow/choices", headers={"Sec-GPC": "1"})
    told = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert told["signals"] == ["gpc"]
    assert [(one["name"], one["on"], one["stopped_by"], one["ask"]) for one in told["choices"]] == [
        ("recording", False, ["gpc"], False),
        ("audience-measurement", False, ["gpc"], False),
        ("returning-visitors", False, ["gpc"], False),
        ("campaign-measurement", False, ["gpc"], False),
        ("advertising-elsewhere", False, ["gpc"], False),
        ("personalisation", False, [], True),
        ("email-measurement", False, ["gpc"], False),
        ("counting-readers", False, ["gpc"], False),
    ]
    assert [(one["address"], one["allowed"]) for one in told["third_parties"]] == [(ADDRESS, False)]
    assert told["gpp"].startswith("DBABBg~")


@PLACED
@pytest.mark.parametrize(
    ("query", "found"), [("?signals=gpc", ["gpc"]), ("?signals=dnt+gpc+x", ["dnt", "gpc"]), ("?signals=", [])]
)
def test_a_signal_that_only_a_script_sees_is_honoured(visitor, query, found):
    """As a header is, and never less than the headers say (11 CCR 7025(b)(1): an HTTP header field or JavaScript object)."""
    visitor.cookies.set("avow_choices", "v1.")
    told = visitor.get(f"/avow/choices{query}").json()
    assert (told["signals"], told["third_parties"][0]["allowed"]) == (found, not found)
    assert visitor.get(f"/avow/choices{query}", headers={"Sec-GPC": "1"}).json()["third_parties"][0]["allowed"] is False


@PLACED
def test_each_page_counts_once_what_another_companys_script_was_let_load(visitor, house):
    """Where it may load, and what the page had not loaded before it asked again."""
    visitor.cookies.set("avow_choices", "v1.")
    for query, signal in (("", "0"), ("?loaded=other+place-script", "0"), ("?loaded=other", "0"), ("", "1")):
        visitor.get(f"/avow/choices{query}", headers={"Sec-GPC": signal})
    assert loads(house) == 2


@PLACED
def test_a_browser_that_returns_no_cookie_loads_nothing_of_others(visitor, house):
    """It could keep no opt-out: told as one that opted out, and not counted, until a cookie came back; in the same view then."""
    first = visitor.get("/avow/choices")
    assert [one["allowed"] for one in first.json()["third_parties"]] == [False]
    assert (first.json()["kept"], loads(house)) == (False, 0)
    assert first.headers["set-cookie"] == "avow_keeps=1; HttpOnly; Path=/avow/choices; SameSite=Lax"
    second = visitor.get("/avow/choices", headers={"Cookie": "avow_keeps=1"})
    assert [one["allowed"] for one in second.json()["third_parties"]] == [True]
    assert (second.json()["kept"], loads(house), "set-cookie" in second.headers) == (True, 1, False)


@PLACED
def test_a_choice_that_the_browser_does_not_keep_is_said_to_be_lost(visitor):
    """Whose browser refuses the cookie is told so, told of the signal, and shown every use of others as not loaded."""
    page = visitor.get("/privacy/choices?saved=1").text
    assert "This browser keeps no choice." in page
    assert "Global Privacy Control: it is a signal" in page
    assert (radios(page), "You have not answered" in page) == ({}, False)
    assert "Off: what you choose is not kept here." in page
    assert ("Your choice is processed." in page, "is not loaded in this browser" in page) == (False, True)
    assert "This browser keeps no choice." not in visitor.get("/privacy/choices").text


@pytest.mark.parametrize(("pressed", "source"), [({"pressed": True}, "banner"), ({"pressed": False}, "script"), ({}, "script")])
def test_a_press_on_the_banner_is_told_from_a_script(visitor, house, pressed, source):
    """The proof of a yes says which of the two it was."""
    visitor.post("/avow/choices", json={"opt_in": ["recording"]} | pressed, headers={"Sec-Fetch-Site": "same-origin"})
    assert sources(house) == {source}


@pytest.mark.parametrize("address", ["/privacy/choices", "/avow/choices"])
def test_a_number_does_not_outlive_a_no_to_be_known_again(visitor, house, address):
    """It leaves every page but the privacy centre's, where one can ask for what was kept under it until the browser is closed."""
    visitor.cookies.set("avow_visitor", VISITOR)
    said = {"data": {"all": "out"}} if "privacy" in address else {"json": {"opt_out": ["all"]}}
    _, *numbers = visitor.post(address, **said).headers.get_list("set-cookie")
    assert numbers == [
        "avow_visitor=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax",
        f"avow_former={VISITOR}; Path=/privacy; HttpOnly; SameSite=Lax",
    ]
    visitor.cookies.clear()
    visitor.post("/privacy/delete", data={"email": "robin@example.com"}, headers={"Cookie": f"avow_former={VISITOR}"})
    assert house.cases()[0].contact.visitor_id == VISITOR


@pytest.mark.parametrize(("address", "accept"), [("/", "text/html"), ("/privacy", "text/html"), ("/avow/choices", "*/*")])
@pytest.mark.parametrize("header", ["Sec-GPC", "DNT"])
def test_a_number_does_not_outlive_a_signal_that_stops_recognition(serving, address, accept, header):
    """A no by signal is a no, without a press; where the signal does not stop it, and without one, the number stays."""

    def gone(house, value):
        visitor = house.browser(cookies={"avow_visitor": VISITOR})
        brought = visitor.get(address, headers={"Accept": accept, header: value}).headers.get_list("set-cookie")
        return [one for one in brought if "avow_visitor" in one or "avow_former" in one]

    stops, lets = serving(), serving(compiled(*RECOGNISED))
    assert gone(lets, "1") == gone(stops, "0") == []
    assert gone(stops, "1") == [
        "avow_visitor=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax",
        f"avow_former={VISITOR}; Path=/privacy; HttpOnly; SameSite=Lax",
    ]


def refused(house, *purposes):
    """Let Robin write from another browser, which has said no to these purposes."""
    house.write("robin@example.com", opted_out=dict.fromkeys(purposes, "link"))


def test_confirming_a_link_brings_browser_and_person_together(visitor, house, sent):
    """What the person opted out of elsewhere holds in this browser from now on (11 CCR 7025(c)(1))."""
    refused(house, "audience-measurement")
    visitor.cookies.set("avow_choices", "v1.returning-visitors")
    confirmed = visitor.post(f"/privacy/verify/{sent}")
    assert choices.opted_out_by(house.store, [ROBIN]) == {"audience-measurement", "returning-visitors"}
    assert cookie_of(confirmed) == "avow_choices=v1.audience-measurement.returning-visitors"


@pytest.fixture
def own(house, sent):
    """The address of the page behind the link that Robin followed."""
    return f"/privacy/requests/{house.rooms.rights.confirm(sent)}"


#: What the form of that page sends when nothing was changed.
UNCHANGED = {f"unanswered.{one}": "1" for one in ("returning-visitors", "campaign-measurement", "email-measurement")}


def test_a_person_takes_their_opt_out_back_behind_their_own_link(visitor, house, own):
    """A switch, a button, and the same once more (7028(a)); it holds for the address and in this browser, which gets no yes."""
    refused(house, "audience-measurement")
    assert 'name="choice.audience-measurement" value="out" checked' in visitor.get(own).text
    cookies = {"Cookie": f"avow_choices=v1.audience-measurement.returning-visitors; avow_visitor={VISITOR}"}
    asked = visitor.post(f"{own}/choices", data={**UNCHANGED, "choice.audience-measurement": "in"}, headers=cookies)
    assert ("Do you mean it?" in asked.text, said_by(house, ROBIN)) == (True, {"audience-measurement": True})
    saved = visitor.post(f"{own}/choices", data=pressed(asked.text), headers=cookies)
    assert (saved.status_code, saved.headers["location"]) == (303, f"{own}?saved=1")
    assert said_by(house, ROBIN) == said_by(house, BROWSER) == {"audience-measurement": False}
    assert cookie_of(saved) == "avow_choices=v1.returning-visitors"  # what was not changed for the address stays here, too


def test_an_answer_that_did_not_arrive_is_a_no(visitor, house, own):
    """Whoever sends the form without answers has opted out of all of it (as on the page of choices)."""
    refused(house, "audience-measurement")
    visitor.post(f"{own}/choices", data={})
    every = ("audience-measurement", "campaign-measurement", "email-measurement", "returning-visitors")
    assert said_by(house, ROBIN) == dict.fromkeys(every, True)


def test_a_yes_that_is_given_to_a_browser_is_not_asked_of_an_address(visitor, house, own):
    """Unless a no of the person's stands about it; what was taken back is no yes in this browser."""
    refused(house, "audience-measurement")
    assert 'name="choice.recording"' not in visitor.get(own).text
    refused(house, "page-improvement")
    assert 'name="choice.recording" value="out" checked' in visitor.get(own).text
    sent = {**UNCHANGED, "choice.recording": "in", "choice.audience-measurement": "in"}
    sent |= {"choice.returning-visitors": "out", "choice.campaign-measurement": ""}
    asked = visitor.post(f"{own}/choices", data=sent)
    assert said_by(house, ROBIN)["returning-visitors"] is True  # a no waits for no second step
    assert cookie_of(asked) == "avow_choices=v1.returning-visitors"
    saved = visitor.post(f"{own}/choices", data=pressed(asked.text))
    assert said_by(house, ROBIN) == {
        "audience-measurement": False,
        "page-improvement": False,
        "returning-visitors": True,
    }
    assert cookie_of(saved) == "avow_choices=v1.returning-visitors"


def test_nobody_known_has_no_choices_to_make(visitor, house, own):
    """Where nothing is held of an address, and behind any other link, there are no switches and nothing is taken."""
    filed = own.replace(own.rpartition("/")[2], house.link(own.rpartition("/")[2], Link.STATUS))
    assert "Your choices, for your address" not in visitor.get(own).text
    assert [visitor.post(f"{one}/choices", data={}).status_code for one in (own, filed)] == [404, 404]
    assert recorded(house) == {}


@PLACED
def test_other_companies_stand_on_the_choices_page_with_their_own_opt_outs(visitor):
    """Beside each stands where it takes an opt-out itself (MISSION C4)."""
    text = visitor.get("/privacy/choices", headers={"Sec-GPC": "1"}).text
    assert "Farsight Placements</strong>: is not loaded in this browser" in text
    assert '<a href="https://farsight.example/opt-out" rel="noreferrer">its own opt-out</a>' in text


def radios(text):
    """Return what the page of choices shows as answered: switch -> "in" or "out"."""
    return dict(re.findall(r'name="choice\.([a-z-]+)" value="(in|out)" checked', text))


def test_a_switch_that_nobody_answered_looks_so(visitor):
    """Neither yes nor no is chosen for anybody; words say what holds meanwhile (11 CCR 7004(a)(4))."""
    text = visitor.get("/privacy/choices").text
    assert radios(text) == {}
    assert "You have not answered. It is on until you opt out." in text
    assert "You have not answered. It is off until you allow it." in text


def test_what_was_left_open_stays_open(visitor):
    """One button saves what was answered, and nothing is answered for anybody; the page says what holds now."""
    open_ones = dict(re.findall(r'name="(unanswered\.[a-z-]+)" value="(1)"', visitor.get("/privacy/choices").text))
    said = {"choice.audience-measurement": "in", "choice.returning-visitors": "out", "choice.recording": "in"}
    saved = visitor.post("/privacy/choices", data=open_ones | said)
    assert cookie_of(saved) == "avow_choices=v1.returning-visitors.+page-improvement.~audience-measurement"
    text = visitor.get(saved.headers["location"]).text
    assert radios(text) == {"audience-measurement": "in", "returning-visitors": "out", "recording": "in"}
    told = re.search(r'<div class="note" role="status" tabindex="-1" autofocus>(.*?)</div>', text, re.DOTALL)[1]
    on, off = re.findall(r"<li><strong>(?:On|Off):</strong> (.*?)</li>", told)
    assert ("Measuring our audience" in on, "Session recording" in on, "Recognising returning visitors" in off) == (True,) * 3
    assert "What you left open stays open." in told


def test_the_signal_is_the_reason_where_it_decides(visitor):
    """It is said next to the switch, and no answer is made up from it (11 CCR 7025(c)(6))."""
    text = visitor.get("/privacy/choices", headers={"Sec-GPC": "1", "Cookie": "avow_choices=v1.~returning-visitors"}).text
    why = "Off: your browser sends Global Privacy Control, which decides, whatever is chosen here."
    assert (text.count(why), radios(text)) == (text.count("stopped by your signal</span>"), {"returning-visitors": "in"})
    assert why in text


def test_what_was_allowed_before_it_waited_for_a_yes_is_not_answered(visitor):
    """A policy may ask later for what it did not ask before; the page shows no yes that was never given."""
    text = visitor.get("/privacy/choices", headers={"Cookie": "avow_choices=v1.~page-improvement"}).text
    assert radios(text) == {}
