"""`/readyz` and `/metrics`: who is told what, and in which format."""

from __future__ import annotations

import re
from functools import partial

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from avow.assurance import signs_of_life, vital_parts
from avow.assurance.readiness import Metric, Watch
from avow.assurance.signs_of_life import Ran
from avow.config import load
from avow.definitions import ConfigurationError
from avow.web.readiness import TEXT_FORMAT, ReadinessEndpoint, exposition

HERE, MONITOR, STRANGER, PROXY = "127.0.0.1", "192.0.2.7", "203.0.113.9", "192.0.2.80"
LINE = re.compile(r'(# (HELP|TYPE) avow_[a-z_]+ .+|avow_[a-z_]+(\{[a-z]+="[^"]*"\})? [0-9.e+-]+)')


@pytest.fixture
def ask(tmp_path):
    """Ask from an address, as it reaches the server."""
    signs_of_life.tell(tmp_path, {"drain": Ran(0.0), "mail": Ran(None, 3, "ValueError")})
    watch = Watch({"storage": partial(vital_parts.storage, tmp_path)})

    def asked(path, peer=HERE, told=("127.0.0.0/8", "192.0.2.0/28"), **headers):
        endpoint = ReadinessEndpoint(watch, told, (PROXY, HERE))
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return TestClient(Starlette(routes=endpoint.routes()), client=(peer, 1)).get(path, headers=sent)

    return asked


@pytest.mark.parametrize("peer", [HERE, MONITOR, "127.0.0.2", "::ffff:127.0.0.1"])
def test_those_who_are_named_get_the_checks(ask, peer):
    """With value, limit and words; 503 because a job fails again and again."""
    answer = ask("/readyz", peer)
    jobs = {"ok": False, "value": 3, "limit": 2, "words": "again and again failing: mail"}
    assert (answer.status_code, answer.json()["status"], answer.json()["checks"]["jobs"]) == (503, "not-ready", jobs)
    assert answer.headers["cache-control"] == "no-store"


def test_strangers_get_yes_or_no_and_no_figures(ask):
    """A load balancer on another machine needs no more."""
    assert ask("/readyz", STRANGER).json() == {"status": "not-ready"}
    assert ask("/metrics", STRANGER).status_code == 404


@pytest.mark.parametrize("header", ["x_forwarded_for", "x_real_ip", "via", "forwarded"])
@pytest.mark.parametrize("value", [HERE, STRANGER, "unknown", "::1"])
def test_what_came_through_a_proxy_is_not_this_machine(ask, header, value):
    """Whatever the header says, and whichever header it is."""
    assert ask("/metrics", HERE, **{header: value}).status_code == 404
    assert ask("/readyz", HERE, **{header: value}).json() == {"status": "not-ready"}


def test_a_trusted_proxy_says_who_asks(ask):
    """The monitor behind it is told, a stranger is not, nor who invents an address before their own."""
    assert ask("/metrics", PROXY, x_forwarded_for=MONITOR).status_code == 200
    assert ask("/metrics", PROXY, x_forwarded_for=f"{MONITOR}, {STRANGER}").status_code == 404
    assert ask("/metrics", STRANGER, x_forwarded_for=MONITOR).status_code == 404


def test_figures_are_in_the_text_format_of_prometheus(ask):
    """Each family with HELP and TYPE, names that begin with avow_, and labels for jobs."""
    answer = ask("/metrics")
    assert (answer.status_code, answer.headers["content-type"]) == (200, TEXT_FORMAT)
    lines = answer.text.splitlines()
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    assert {"avow_ready 0", 'avow_job_failures{job="mail"} 3', 'avow_job_failures{job="drain"} 0'} <= set(lines)
    assert answer.text.endswith("\n")


@pytest.mark.parametrize("monitor", ["monitor.example", "192.0.2.7/24", "", "192.0.2.300"])
def test_monitors_are_addresses_or_networks(tmp_path, monitor):
    """Anything else stops the start, and the sentence quotes it."""
    path = tmp_path / "avow.toml"
    website = '[website]\nname = "s.example"\norigin = "http://s.example"\n'
    path.write_text(f'data = "d"\npolicy = "p"\ntimezone = "UTC"\n[listen]\nmetrics_from = ["{monitor}"]\n{website}')
    with pytest.raises(ConfigurationError, match=rf"listen.metrics_from: “{monitor}” is neither"):
        load(path)


def test_labels_and_numbers_are_written_as_the_format_wants_them():
    """Quotes, backslashes and line ends are escaped; infinity has its own word."""
    odd = Metric("avow_odd", "Odd.", {'a"\\\n': float("inf")}, "name")
    assert "".join(exposition([odd])).splitlines()[2] == r'avow_odd{name="a\"\\\n"} +Inf'
