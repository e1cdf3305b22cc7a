"""A real browser: Debian's Chromium, driven by Playwright; without its windows a page takes a fifth of the work."""

import asyncio
import contextlib

import pytest
from playwright.sync_api import sync_playwright

CHROMIUM = "/usr/bin/chromium-headless-shell"
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


@contextlib.contextmanager
def driving(playwright):
    """Let Playwright's event loop count as running meanwhile; afterwards other tests of the process may run one of their own."""
    asyncio._set_running_loop(playwright._loop)
    yield
    asyncio._set_running_loop(None)


@contextlib.contextmanager
def launched(playwright, *flags):
    """Start a browser, and close it at the end."""
    with driving(playwright):
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags])
    yield browser
    with driving(playwright):
        browser.close()


@pytest.fixture(scope="session")
def playwright():
    """Playwright, started once for each process of the tests."""
    with sync_playwright() as started:
        asyncio._set_running_loop(None)
        yield started
        asyncio._set_running_loop(started._loop)


@pytest.fixture(scope="session")
def chromium(playwright):
    """The browser that the tests share; each opens contexts of its own, which share nothing."""
    with launched(playwright) as browser:
        yield browser


@pytest.fixture(autouse=True)
def loop_of_the_browser(playwright):
    """Drive the browser as long as a test lasts."""
    with driving(playwright):
        yield


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


def signed_in(page, installation):
    """Take an invitation of an installation, and return the page of the console."""
    page.goto(installation.invite())
    name = f"Officer {id(page)}"
    page.fill("input[name=name]", name)
    for field in page.locator("input[type=password]").all():
        field.fill("a long sentence for tests")
    page.locator("main button[type=submit]").click()
    page.wait_for_url("**/console")
    installation.avow("staff", "trained", name, "--until", "2099-12-31")
    return page


@pytest.fixture
def console(visit, running):
    """A signed-in page of the console."""
    return signed_in(visit(), running)
