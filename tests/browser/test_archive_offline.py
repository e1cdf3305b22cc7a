"""What a person gets of a recorded visit: the pages of their archive, opened from a folder of theirs without any network."""

import io
import re
import zipfile

import pytest
from tests.browser.conftest import PERSON, driving
from tests.browser.test_recording import agree, violations
from tests.walks.test_request import ask

#: The recorded page names the style sheet of the website: the archive's own policy lets it load nothing from anywhere.
BLOCKED = re.compile(r"Loading the stylesheet 'file:\S+' violates")
ADDRESS = "rae.recorded@example.com"


def visited(chromium, running):
    """Look at a page that is recorded, with everything allowed; return the browser's cookies."""
    context = chromium.new_context(base_url=running.base, user_agent=PERSON)
    page = agree(context.new_page())
    page.goto("/products/rain-gauge")
    page.get_by_text("This visit is being recorded").wait_for()
    page.mouse.move(400, 400, steps=20)
    page.mouse.wheel(0, 400)
    page.wait_for_timeout(1_500)
    page.goto("/contact")
    cookies = context.cookies()
    context.close()
    return cookies


@pytest.fixture(scope="module")
def recorded(running, mailbox, chromium, playwright, tmp_path_factory):
    """The folder of an unpacked archive of somebody whose visit was recorded, who wrote afterwards and asked to know."""
    with driving(playwright):
        visitor = visited(chromium, running)
    person = running.browser()
    for one in visitor:
        person.cookies.set(one["name"], one["value"])
    form = {"name": "Rae Recorded", "email": ADDRESS, "company": "Rain and Sons", "message": "Hello"}
    assert person.post("/avow/forms/contact-form", data=form).status_code == 303
    running.drain()
    _, answer, _ = ask(person, mailbox, ADDRESS, "know", name="Recorded, Rae", company="Rain and Sons")
    packed = person.get(f"{answer}/archive.zip")
    assert packed.status_code == 200
    folder = tmp_path_factory.mktemp("archive")
    zipfile.ZipFile(io.BytesIO(packed.content)).extractall(folder)
    return folder


@pytest.fixture
def offline(chromium):
    """A page of a browser without network; every error that it notes, and whatever it asks another place for, fails the test."""
    context = chromium.new_context(offline=True)
    page, wrong = context.new_page(), []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda request: wrong.append(request.url) if request.url.startswith("http") else None)
    yield page
    context.close()
    assert [one for one in wrong if not BLOCKED.search(one)] == []


def test_a_recording_is_played_from_a_folder(recorded, offline):
    """The page that was seen, with its words masked, in a frame without script; by keyboard, in both widths."""
    (file,) = (recorded / "recordings").glob("*.html")
    offline.goto(file.as_uri())
    frame = offline.frame_locator("[data-stage] iframe")
    frame.locator("h1").wait_for(state="attached")
    assert set(frame.locator("h1").inner_text().split()) == {"xxxxxxx"}
    assert offline.locator("[data-stage] iframe").get_attribute("sandbox") == "allow-same-origin"
    offline.get_by_role("button", name="Play").press("Enter")
    offline.get_by_role("button", name="Pause").wait_for()
    for width in (1280, 390):
        offline.set_viewport_size({"width": width, "height": 844})
        assert violations(offline) == []
        assert offline.evaluate("document.documentElement.scrollWidth") <= width


def test_the_page_of_everything_is_read_from_a_folder(recorded, offline):
    """What they wrote is in it; nothing of it is wider than a telephone."""
    offline.goto((recorded / "archive.html").as_uri())
    offline.get_by_text("Rain and Sons").first.wait_for(state="attached")
    for width in (1280, 390):
        offline.set_viewport_size({"width": width, "height": 844})
        assert violations(offline) == []
        assert offline.evaluate("document.documentElement.scrollWidth") <= width
