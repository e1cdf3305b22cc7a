"""Who sends the forms of Avow's own pages: counted by network, for all pages together, and asked once more."""

from itertools import count

import pytest
from starlette.requests import Request

from avow.collection.forms.spam import BITS, CHECK, PROOF, proves
from avow.collection.limits.sender_counts import WINDOW_MS


@pytest.fixture
def senders(serving):
    """Who sends forms, where one proxy is trusted."""
    return serving(extra='[listen]\ntrusted_proxies = ["10.0.0.1"]').rooms.senders


def request(peer, forwarded=""):
    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded else []
    return Request({"type": "http", "client": (peer, 1), "headers": headers})


def test_each_act_of_a_sender_has_a_count_of_its_own(senders):
    """Who chooses often may still file a request."""
    home = request("198.51.100.7")
    assert [senders.let_in(home, "choice", 2) for _ in range(3)] == [True, True, False]
    assert senders.let_in(home, "rights", 1)
    assert senders.let_in(request("203.0.113.9"), "choice", 2)


def test_behind_a_trusted_proxy_the_sender_is_who_it_names(senders):
    """And only there: who writes the header themselves changes nothing."""
    proxied = [senders.let_in(request("10.0.0.1", f"198.51.100.{last}"), "rights", 1) for last in (7, 7, 8)]
    own = [senders.let_in(request("203.0.113.9", f"198.51.100.{last}"), "rights", 1) for last in (1, 2)]
    assert (proxied, own) == ([True, False, True], [True, False])


def test_a_check_passes_once_by_work(senders):
    """Each request that passes so costs its sender a second."""
    check = senders.check("rights-know")
    proof = next(str(number) for number in count() if proves(check, str(number)))
    home, own = request("198.51.100.7"), {CHECK: check, PROOF: proof}
    assert not senders.passes(home, "rights-delete", own)
    assert [senders.passes(home, "rights-know", own) for _ in range(2)] == [True, False]
    assert (BITS, WINDOW_MS) == (14, 600_000)
