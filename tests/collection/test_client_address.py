"""Whose an HTTP request is, behind a proxy: one form of an address, and nobody's where none is understood."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avow.collection import visits
from avow.collection.forms.spam import FormGuard, Verdict
from avow.collection.limits.event_leases import UNCOUNTED, EventLeases
from avow.collection.limits.sender_counts import Counts

TRUSTED = frozenset({"10.0.0.1", "10.0.0.2"})
ADDRESSES = st.ip_addresses().filter(lambda one: str(one) not in TRUSTED and getattr(one, "ipv4_mapped", None) is None)
PORTS = st.sampled_from(["", ":1", ":65535", ":_hidden"])


@st.composite
def spelled(draw, address):
    """Return an address as proxies write it (RFC 7239, section 6; RFC 4291, 2.2)."""
    port = draw(PORTS)
    if address.version == 4:
        text = str(address) if port or draw(st.booleans()) else f"::ffff:{address}"
    else:
        text = draw(st.sampled_from([str(address), address.exploded, str(address).upper()]))
        text = f"[{text}]" if port or draw(st.booleans()) else text
    text += port
    return draw(st.sampled_from([text, f'"{text}"', f" {text}\t"]))


@given(address=ADDRESSES, before=st.sampled_from(["", "6.6.6.6, ", "unknown,"]), data=st.data())
def test_one_address_has_one_form_however_a_proxy_writes_it(address, before, data):
    """With a port, in brackets, in quotes, as IPv6: country, visit and limits are those of the address itself."""
    own = data.draw(st.sampled_from(["", ", 10.0.0.2", ", 10.0.0.2:8080", ",[::ffff:10.0.0.2]:1", ", ,"]))
    assert visits.client_address("10.0.0.1", before + data.draw(spelled(address)) + own, TRUSTED) == str(address)


@given(st.text(max_size=60).filter(lambda text: "," not in text and text.strip()))
def test_what_is_no_address_is_nobody(text):
    """Nor is it the proxy's: everybody would be it."""
    found = visits.client_address("10.0.0.1", text, TRUSTED)
    assert found == "" or ipaddress.ip_address(found)
    assert found != "10.0.0.1" or "10.0.0.1" in text


@pytest.mark.parametrize("hop", ["unknown", "_proxy", "unix:", "203.0.113.5:43210:1", "[203.0.113", "203.0.113.5]", "300.1.1.1"])
def test_nobody_is_no_visit_and_no_sender_and_is_asked(hop):
    """All of them would be one visitor, and would be refused for what the others sent."""
    address = visits.client_address("10.0.0.1", hop, TRUSTED)
    assert (address, visits.visit_number(b"k" * 32, address, "agent")) == ("", 0)
    assert EventLeases(Counts(), 60).of(address) is UNCOUNTED
    guard = FormGuard(lambda _, said: said[:32].ljust(32), Counts())
    assert guard.judge("contact-form", {}, address, 1_795_003_200_000) is Verdict.FROM_NOWHERE
