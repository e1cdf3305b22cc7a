"""A real browser: Debian's Chromium, driven by Playwright."""

import pytest
from playwright.sync_api import sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
#: Headless Chromium calls itself HeadlessChrome, which is rightly counted as a robot.
PERSON = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"


@pytest.fixture(scope="module")  # while it lives, Playwright keeps an event loop running, in which others' tests cannot
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, running):
    """Open a browser of a person's own on the site; every console error fails the test."""
    contexts, errors = [], []

    def opened(**options):
        context = chromium.new_context(base_url=running.base, user_agent=PERSON, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def console(visit, running):
    """A signed-in page of the console."""
    page = visit()
    page.goto(running.avow("invite").strip())
    page.fill("input[name=name]", f"Officer {id(page)}")
    for field in page.locator("input[type=password]").all():
        field.fill("a long sentence for tests")
    page.locator("main button[type=submit]").click()
    page.wait_for_url("**/console")
    return page
