"""The dashboard of a running installation in Chromium: until its last panel is there, and what one open tab costs the server."""

from __future__ import annotations

import re
import secrets
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.events import YEAR_SECONDS, fill
from bench.machine import MARROWBY, Server, avow_serve, cpu_seconds, scratch, wait_until_answered

#: What is measured is behind the sign-in, and no part of it.
_CONSOLE = "[console]\nwithout_second_factor = 'a benchmark has none'\n"
CHROMIUM = "/usr/bin/chromium-headless-shell"
VISITS = 5
#: How long making the days of a year may take, seconds.
_MAKING_SECONDS = 3_600.0
#: How long an open tab is watched, seconds: its parts refresh every 4 s and every 20 s.
WATCHED_SECONDS = 60.0
#: Seconds to reach by period, and of a core for one open tab.
REACH = {"30d": 0.4, "12m": 1.0}
REACH_TAB = 0.01
#: Milliseconds from the navigation to the end of the last answer that the page waited for.
_LAST_ANSWER = """
() => Math.max(...performance.getEntriesByType("navigation").map(one => Math.max(one.responseEnd, one.loadEventEnd)),
  ...performance.getEntriesByType("resource").map(one => one.responseEnd))
"""


def page_lines(events: int) -> list[str]:
    """Measure and return the lines for RESULTS.md."""
    lines = [
        f"| page in Chromium, {events:,} events | first byte, s | last panel, s | to reach |",
        "| --- | ---: | ---: | ---: |",
    ]
    with scratch() as folder, avow_serve(folder, workers=1, more=_CONSOLE) as server:
        wait_until_answered(f"{server.base}/readyz")
        fill(folder / "data" / "run", [], events=events, first=datetime.now(UTC) - timedelta(seconds=YEAR_SECONDS))
        _wait_until_tallied(folder / "data" / "control.db")
        with _signed_in(server) as page:
            for name, reach in REACH.items():
                first, last = _visited(page, f"{server.base}/console?period={name}")
                lines.append(f"| {name} | {first:.2f} | {last:.2f} | < {reach} |")
            costs = {name: _watched(server, page, f"{server.base}/console?period={name}") for name in REACH}
    told = "; ".join(f"{name} {100 * cost:.1f} %" for name, cost in costs.items())
    return [*lines, "", f"One open tab, of a core: {told} (to reach: < {100 * REACH_TAB:.0f} %)."]


def _wait_until_tallied(control: Path) -> None:
    """Return when the installation has made the days that are over; it begins with the newest, and notes each."""
    made, until = 0, time.monotonic() + _MAKING_SECONDS
    while made < YEAR_SECONDS // 86_400:
        if time.monotonic() > until:
            raise SystemExit(f"only {made} days are tallied")
        time.sleep(1)
        with closing(sqlite3.connect(f"file:{control}?mode=ro", uri=True)) as file:
            (made,) = file.execute("SELECT count(*) FROM tallied_days WHERE is_made").fetchone()


@contextmanager
def _signed_in(server: Server) -> Iterator[Any]:
    """Yield a page of Chromium whose member of staff has every role of the policy."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - nothing else of the benchmarks drives a browser

    roles = re.findall(r"^\[role\.([a-z-]+)\]$", (MARROWBY / "policy.md").read_text(encoding="utf-8"), re.MULTILINE)
    command = [sys.executable, "-m", "avow", "--config", str(Path(server.folder) / "avow.toml"), "invite"]
    wanted = [word for role in roles for word in ("--role", role)]
    link = subprocess.run([*command, *wanted], check=True, capture_output=True, text=True).stdout.strip()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.goto(link)
        page.fill("input[name=name]", "Analyst")
        password = secrets.token_hex(16)
        for field in page.locator("input[type=password]").all():
            field.fill(password)
        page.locator("main button[type=submit]").click()
        page.wait_for_url("**/console")
        yield page
        browser.close()


def _visited(page: Any, address: str) -> tuple[float, float]:
    """Return after how many seconds the page began to come and its last panel was there; the first visit is left out."""
    firsts, lasts = [], []
    for _ in range(VISITS + 1):
        _opened(page, address)
        firsts.append(page.evaluate('() => performance.getEntriesByType("navigation")[0].responseStart') / 1000)
        lasts.append(page.evaluate(_LAST_ANSWER) / 1000)
    return statistics.median(firsts[1:]), statistics.median(lasts[1:])


def _opened(page: Any, address: str) -> None:
    """Open the dashboard, and wait until nothing is on its way any more; it has to be the dashboard, with what happened on it."""
    page.goto(address)
    page.wait_for_load_state("networkidle")
    if page.url != address or "Chrome" not in page.inner_text("main"):
        raise SystemExit(f"{page.url} is not the dashboard with the events")


def _watched(server: Server, page: Any, address: str) -> float:
    """Return the part of a core that the installation uses for an open tab, beyond what it uses for none."""
    page.goto("about:blank")
    rest = _used(server)
    _opened(page, address)
    return max(0.0, _used(server) - rest)


def _used(server: Server) -> float:
    began, used = time.monotonic(), cpu_seconds(server.pid)
    time.sleep(WATCHED_SECONDS)
    return (cpu_seconds(server.pid) - used) / (time.monotonic() - began)
