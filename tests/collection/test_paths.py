"""One form of an address, at whatever door it comes in."""

import json
from datetime import date
from pathlib import Path
from urllib.parse import quote, unquote

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.collection.taking import Taking
from tests.collection.test_server_log import importing
from tests.houses import sites

from avow.collection import signals
from avow.collection.accept import Collector
from avow.collection.refusals import Refusals
from avow.collection.signals import Sender
from avow.collection.visits import Visit
from avow.config import Website
from avow.definitions import EventBatch
from avow.policy import paths

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "paths.json").read_text(encoding="utf-8"))
TODAY, NOW_MS = date(2026, 11, 23), 1_795_435_200_000
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
HERE = sites(Website("marrowby.example", "http://127.0.0.1:8400")).first
OWN = HERE.hosts
SIGNS = "aZ9-._~ é/ß☂:,+"


class Visits:
    """One visit for everybody."""

    def visit(self, _address, _agent, now_ms):
        return Visit(7, now_ms + 86_400_000)


@pytest.fixture(scope="module")
def doors(rulebook):
    """Each door that takes a page: what it keeps of one."""
    collector = Collector(rulebook, "marrowby.example", None, Visits(), Refusals())
    taking, who = Taking(collector, OWN), Sender("203.0.113.9", AGENT, signals.read([], [], ""), demonstration=False)

    def first(accepted):
        return msgspec.msgpack.decode(accepted.record, type=EventBatch).events[0]

    def tag(**fields):
        event = {"point": "page-view", **fields}
        return first(taking.take(json.dumps({"events": [event]}).encode(), who, NOW_MS))

    def pixel(page):
        return first(taking.take(taking.pixel("page-pixel", {"page": page}), who, NOW_MS))["page"]

    def log(target, referrer="-"):
        line = f'203.0.113.9 - - [23/Nov/2026:10:00:00 +0000] "GET {target} HTTP/1.1" 200 5 "{referrer}" "{AGENT}"'
        (record,) = importing(rulebook, TODAY, website_of=lambda _host: HERE).records([line.encode()])
        return record.fields

    return {"tag": tag, "pixel": pixel, "log": log}


def pages(doors, spelled):
    """Return what each door keeps of a path: a browser encodes what is no ASCII before it sends it."""
    sent = quote(spelled, safe="/%:,+~")
    return {doors["tag"](page=spelled)["page"], doors["pixel"](spelled), doors["log"](sent)["page"], paths.link_address(spelled)}


@st.composite
def spelled(draw, path):
    """Return a spelling of a path that the standard calls equal (RFC 3986, 6.2.2)."""
    text = ""
    for sign in path:
        encoded = "".join(f"%{byte:02{draw(st.sampled_from('xX'))}}" for byte in sign.encode())
        text += encoded if sign not in ":,+/" and draw(st.booleans()) else sign
        text += draw(st.sampled_from(["", "", "./", "x/../"])) if sign == "/" else ""
    return text


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: ascii(case["given"]))
def test_each_vector_has_its_form(case):
    """The tag is tested by the same file; and a form is its own form."""
    assert paths.page_path(case["given"]) == case["page"] == paths.page_path(case["page"])


@given(path=st.text(SIGNS, max_size=12), data=st.data())
def test_two_spellings_of_a_page_are_one_page_at_every_door(doors, path, data):
    """Tag, pixel, link and log keep the same, however it was spelled."""
    found = pages(doors, data.draw(spelled(f"/p{path}")))
    assert found == pages(doors, f"/p{path}")
    assert len(found) == 1


@given(
    st.sampled_from(["/account/{}/orders", "/{}", "/a/b/{}/"]), st.lists(st.sampled_from(["whole", "sign", "hex"]), max_size=3)
)
def test_an_address_in_a_path_is_kept_nowhere_however_often_it_was_encoded(doors, path, times):
    """Neither as a page nor as a link, nor in a campaign or a search."""
    address = "robin@example.com"
    for how in times:
        signs = {"whole": address, "sign": "@%", "hex": "@%0245"}[how]
        address = "".join(f"%{ord(sign):02X}" if sign in signs else sign for sign in address)
    assert pages(doors, path.format(address)) == {path.format("-")}
    assert "robin" not in unquote(doors["tag"](page="/", campaign=f"news / {address} / x").get("campaign", ""))


@given(st.text(max_size=80))
def test_every_page_is_a_path_in_its_own_form(text):
    """Whatever is sent: it begins with a slash, holds no query and no address, and stays as it is."""
    page = paths.page_path(text)
    assert page.startswith("/")
    assert page.isascii()
    assert not set(page) & set("?@ ")
    assert paths.page_path(page) == page


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("https://A.example:8080/x?y", "a.example"),
        ("b.example.", "b.example"),
        ("https://b\u00fccher.example/", "xn--bcher-kva.example"),
        ("http://127.0.0.1:8400/contact", ""),
        ("https://marrowby.example/products", ""),
        ("https://WWW.Marrowby.example.:443", ""),
    ],
)
def test_own_pages_are_no_referrers_at_any_door(doors, sent, kept):
    """Neither the host of the origin nor the name of the site, however it is spelled, is another site."""
    assert doors["tag"](page="/", referrer=sent).get("referrer", "") == kept
    assert doors["log"]("/", sent.encode("ascii", "ignore").decode()).get("referrer", "") == paths.other_site(
        sent.encode("ascii", "ignore").decode(), OWN
    )


def test_a_campaign_has_one_case(doors):
    """Who writes it once with a capital letter has not made another campaign."""
    assert doors["tag"](page="/", campaign="News / E-Mail /  Autumn  Sale ")["campaign"] == "news / e-mail / autumn sale"
