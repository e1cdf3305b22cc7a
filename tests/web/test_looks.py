"""The look of a website on Avow's own pages: its name, logo and colours, and nothing else than before where it has none."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.browser.looks import LOGO
from tests.houses import compiled

from avow.config import Look
from avow.config.colours import PAPER, READABLE, contrast
from avow.web.appearance import LOOKS_PATH
from avow.web.palette import VISIBLE, properties

from .policies import PLACE
from .test_leaving import NOTICE

ACCENT = "#5b2a86"
LOOK = f"[website.look]\nname = 'Lorne Charts'\naccent = '{ACCENT}'\nlogo = '{LOGO}'\n"
COLOURS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)
PAGES = [
    "/privacy",
    "/privacy/know",
    "/privacy/delete",
    "/privacy/choices",
    "/privacy/verify/no-link",
    "/privacy/nothing",
    "/privacy-policy/history",
    "/privacy-policy/on",
    "/avow/forms/contact-form/thanks?reference=AB12",
    "/avow/nothing",
    "/avow/subscriptions/no-link",
]


@pytest.fixture
def dressed(serving):
    """A browser on a website with a look."""
    return serving(extra=LOOK).browser()


@pytest.mark.parametrize("path", PAGES)
def test_every_public_page_has_the_look_of_its_website(dressed, path):
    """Its name and logo lead back to it; its style sheet comes after ours."""
    page = dressed.get(path).text
    [logo] = set(re.findall(rf'<img src="({LOOKS_PATH}logo\.[0-9a-f]{{16}}\.svg)" alt="">', page))
    assert f'<a class="name" href="/"><img src="{logo}" alt="">Lorne Charts</a>' in page
    assert re.search(rf'console\.[0-9a-f]+\.css">\s*<link rel="stylesheet" href="{LOOKS_PATH}look\.[0-9a-f]{{16}}\.css">', page)
    assert f'<link rel="icon" href="{logo}">' in page


def test_what_is_asked_once_more_and_who_leaves_stay_with_the_brand(serving):
    """The page of one more step, that of leaving, a version's, and that of a form that another site sent."""
    house = serving(compiled(NOTICE), extra=LOOK)
    visitor = house.browser()
    version = re.search(r"/privacy-policy/versions/\w+", visitor.get("/privacy-policy/history").text)[0]
    more = visitor.post("/avow/forms/contact-form", data={"email": "robin@example.com", "message": "x"})
    foreign = visitor.post("/privacy/choices", data={"all": "out"}, headers={"Sec-Fetch-Site": "cross-site"})
    leaving = visitor.get("/leaving/shop")
    found = {one.status_code: 'class="name"' in one.text for one in (more, foreign, leaving, visitor.get(version))}
    assert found == {428: True, 403: True, 200: True}


@pytest.mark.parametrize("path", ["/console/sign-in", "/console/nothing"])
def test_the_console_keeps_its_own_look(dressed, path):
    """Staff of several websites are in one place."""
    page = dressed.get(path).text
    assert (LOOKS_PATH in page, "Lorne Charts" in page) == (False, False)


def test_without_a_look_pages_are_as_they_were(visitor, house):
    """The company's name in the privacy centre, no header elsewhere, no other colours."""
    centre, sorry = visitor.get("/privacy").text, visitor.get("/avow/nothing").text
    assert f'<a class="name" href="/">{house.facts.company}</a>' in centre
    assert (LOOKS_PATH in centre + sorry, 'class="top"' in sorry) == (False, False)
    assert visitor.get(f"{LOOKS_PATH}look.css").status_code == 404


def files_of(visitor):
    """Return the addresses of style sheet and logo."""
    page = visitor.get("/privacy").text
    return [re.search(rf"{LOOKS_PATH}{name}\.[0-9a-f]+\.\w+", page)[0] for name in ("look", "logo")]


def test_files_of_a_look_are_kept_for_good(dressed):
    """Immutable, named by an ETag, packed, and handed out under no other name."""
    for address in files_of(dressed):
        answer = dressed.get(address, headers={"Accept-Encoding": "gzip"})
        assert "immutable" in answer.headers["cache-control"]
        assert set(answer.headers["vary"].split(", ")) == {"Accept-Encoding"}
        again = dressed.get(address, headers={"If-None-Match": answer.headers["etag"]})
        assert (answer.status_code, again.status_code, again.content) == (200, 304, b"")
        assert dressed.get(address.replace(".", ".0", 1)).status_code == 404


def test_a_large_drawing_is_packed(serving, tmp_path):
    """Once for each worker, as built files are."""
    drawing = tmp_path / "logo.svg"
    drawing.write_text(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="{"M1 1L8 8" * 500}"/></svg>')
    visitor = serving(extra=LOOK.replace(str(LOGO), str(drawing))).browser()
    answer = visitor.get(files_of(visitor)[1], headers={"Accept-Encoding": "gzip"})
    assert (answer.headers["content-encoding"], answer.content) == ("gzip", drawing.read_bytes())
    assert int(answer.headers["content-length"]) < 1000


def test_a_logo_can_run_nothing(dressed):
    """Handed out as an image, never guessed to be a page, and sandboxed where somebody opens it by itself."""
    headers = dressed.get(files_of(dressed)[1]).headers
    policy = headers["content-security-policy"]
    assert headers["content-type"] == "image/svg+xml"
    assert headers["x-content-type-options"] == "nosniff"
    assert policy.startswith("default-src 'none'")
    assert policy.endswith("sandbox")


def test_a_look_is_custom_properties_alone(dressed):
    """Nothing in it can style or load anything; what names no colour is worked out."""
    text = dressed.get(files_of(dressed)[0]).text
    inner = re.findall(r"\{:root,:host\{([^{}]+)\}\}", text)
    assert len(inner) == text.count("@media") == 2
    assert all(re.fullmatch(r"--avow-[a-z-]+:(#[0-9a-f]{6}|light|dark)", one) for rule in inner for one in rule.split(";"))
    assert f"--avow-accent:{ACCENT}" in text


@settings(max_examples=300, deadline=None)
@given(background=COLOURS, accent=COLOURS)
def test_no_look_is_one_that_cannot_be_read(background, accent):
    """Whatever colours are named, as far as the configuration takes them. Rule: WCAG 2.2, 1.4.3 and 1.4.11."""
    taken = accent if contrast(accent, background) >= READABLE else ""
    for of in properties(Look(background=background, background_dark=background, accent=taken)):
        pairs = [(one, ground) for one in ("ink", "heading", "muted", "accent", "error") for ground in ("background", "card")]
        pairs += [("on-accent", "accent"), ("on-accent", "accent-strong"), ("tint-ink", "tint"), ("warn-ink", "warn")]
        assert {pair: contrast(of[pair[0]], of[pair[1]]) for pair in pairs if contrast(of[pair[0]], of[pair[1]]) < READABLE} == {}
        assert min(contrast(of["field-line"], of[ground]) for ground in ("background", "card")) >= VISIBLE
        assert (of["background"], taken in {"", of["accent"]}) == (background, True)


def test_an_accent_is_made_lighter_for_dark_pages():
    """Its own colour, as near as it can be read, instead of another brand's."""
    day, night = properties(Look(accent=ACCENT))
    assert (day["accent"], night["background"]) == (ACCENT, PAPER["background_dark"])
    assert night["accent"] != ACCENT
    assert properties(Look(accent=ACCENT, accent_dark="#ffcc00"))[1]["accent"] == "#ffcc00"


def test_the_banner_names_who_asks(serving):
    """By the website's name, else the company's; the look is linked after the banner's own style."""
    house, plain = serving(extra=LOOK), serving()
    text, other = house.browser().get("/").text, plain.browser().get("/").text
    assert '<h2 id="asking">Lorne Charts asks: may we?</h2>' in text
    assert re.search(rf'/asking\.[0-9a-f]+\.css">\s*<link rel="stylesheet" href="{LOOKS_PATH}look', text)
    assert f'<h2 id="asking">{plain.facts.company} asks: may we?</h2>' in other
    assert LOOKS_PATH not in other


def test_a_script_that_asks_is_told_who_asks_and_how_it_looks(serving):
    """`choices.js` shows the same banner on pages that Avow does not serve."""
    told = serving(compiled(*PLACE), extra=LOOK).browser().get("/avow/choices").json()
    assert (told["company"], told["look"].startswith(f"{LOOKS_PATH}look.")) == ("Lorne Charts", True)
