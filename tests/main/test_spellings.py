"""Every door gives an address one form, however it is spelled: two spellings that the standards call equal are one value."""

import hmac
import unicodedata
from datetime import date
from functools import partial

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.collection import test_feeds
from tests.collection.test_feeds import Spool

from avow.addresses import address_of, earlier, mailbox, normal, wrong_with
from avow.collection.accept import Collector
from avow.collection.bounds import Moments
from avow.collection.feeds.portals import FeedKey, Feeds, NotDelivered
from avow.collection.forms import submissions
from avow.collection.forms.attachments import Attachments
from avow.collection.refusals import Refusals
from avow.definitions import IdentifierKind, RequestKind, identifier
from avow.policy import compile_text, law
from avow.publication import facts
from avow.rights.cases import Contact
from avow.rights.one_form import fields_in_one_form
from avow.web.privacy_center.requests import asked_for

TODAY = date(2026, 11, 23)
#: Letters whose capitals are theirs alone, composed ones among them.
LETTERS = "abcdexyz0189\u00e4\u00f6\u00fc\u00e9\u00f1\u00e7\u00e5\u0432\u0436\u0434"
LOCAL = st.text(LETTERS, min_size=1, max_size=12) | st.sampled_from(("robin.marlow", "kim+list", "o'hara"))
LABEL = st.text(LETTERS, min_size=1, max_size=10)
#: Characters that nobody sees, of each kind, and what a mend must call them.
UNSEEN = "\u200b\u200c\u200d\u200e\u202e\u2066\u2060\u00ad\ufeff\x01\x7f\u034f\u115f\u3164\uffa0\ufe0f\U000e0101\u2800"


class Doors:
    """Every way in by which an address comes; each answers with its form, or with what is wrong with it."""

    def __init__(self):
        text = test_feeds.POLICY.read_text(encoding="utf-8").replace("\n### What our server notes", test_feeds.AGREEMENT)
        self.rulebook = compile_text(text, "policy.md", law.tables(), TODAY).rulebook
        self.facts = facts.policy_facts(self.rulebook, "")
        collector = Collector(self.rulebook, "marrowby.example", Spool(), None, Refusals())
        key = FeedKey(test_feeds.KEY)
        self.feeds = Feeds(collector, Attachments(None), {"check": key}, self, partial(hmac.digest, digest="sha256"), Moments())

    def is_on_file(self, *_asked):
        return True

    def form(self, point, typed):
        """Send a form, or subscribe: what finds the record, and what is kept of the field."""
        form = submissions.parse(self.rulebook, self.rulebook.points[point], [("email", typed), ("message", "Hello")])
        if "email" in form.errors:
            return form.errors["email"]
        [(_, value)] = submissions.identifiers(self.rulebook, self.rulebook.points[point], form.fields)
        assert value == form.fields["email"]
        return value

    def feed(self, typed):
        """Deliver for somebody, as another company's portal does."""
        made = self.feeds.prepare("check", test_feeds.signed(test_feeds.body_of(email=typed)), test_feeds.NOW)
        return made.errors["email"] if isinstance(made, NotDelivered) else made.record.people[0].value

    def right(self, typed):
        """Ask to delete, at the privacy centre."""
        request, errors = asked_for(RequestKind.DELETE, {"email": typed}, None, TODAY, self.facts)
        return errors["email"] if request is None else Contact(request.email).identifiers()[0].value

    def all(self, typed):
        """Return what the doors make of it: forms of an address, None for a refusal."""
        said = [self.feed(typed), self.right(typed), self.form("contact-form", typed), self.form("newsletter", typed)]
        said.append(wrong_with(typed) or str(mailbox(typed)))  # mail itself, corrections by staff and command, the configuration
        if not wrong_with(typed):
            said.append(identifier(IdentifierKind.EMAIL, typed).value)  # what stores compare
        return {one if " " not in one else None for one in said}


@pytest.fixture(scope="module")
def doors():
    return Doors()


@st.composite
def spellings(draw):
    """Return an address, and one more way to write it."""
    local, domain = draw(LOCAL), f"{draw(LABEL)}.{draw(LABEL)}.example"
    ascii_domain = (address_of(f"a@{domain}") or f"a@{domain}").partition("@")[2]
    text = f"{local}@{draw(st.sampled_from((domain, ascii_domain)))}"
    text = unicodedata.normalize(draw(st.sampled_from(("NFC", "NFD"))), text)
    text = draw(st.sampled_from((str, str.upper, str.title)))(text)
    around = draw(st.sampled_from(("", " ", "\t", "\r\n", "\u00a0", "\u3000")))
    return f"{local}@{domain}", f"{around}{text}{around}"


@given(spellings())
@example(("lee@b\u00fccher.example", "lee@xn--bcher-kva.example"))
@example(("lee@b\u00fccher.example", "LEE@BU\u0308CHER.EXAMPLE"))
@example(("kim@k.example", "\u212aim@\u212a.example"))
@example(("kim@example.example", "kim@\uff45xample\u3002example"))
@settings(max_examples=25)
def test_every_spelling_of_an_address_is_one_at_every_door(doors, pair):
    """And mail is written to that one form, which is its own."""
    address, typed = pair
    [form] = doors.all(address)
    assert doors.all(typed) == {form}
    assert form is None or (normal(form), str(mailbox(form))) == (form, form)


@given(spellings(), st.sampled_from((".", "@", "..", " x", ",")))
@settings(max_examples=15)
def test_what_is_no_address_is_none_at_every_door(doors, pair, more):
    """A dot behind the domain, which DNS knows and mail does not, is refused everywhere."""
    assert doors.all(pair[1].strip() + more) == {None}


@pytest.mark.parametrize("character", UNSEEN, ids=lambda one: f"U+{ord(one):04X}")
@pytest.mark.parametrize("address", ["ro{}bin@example.com", "robin@exa{}mple.example", "{}robin@example.com"])
def test_what_nobody_sees_is_refused_with_its_name_at_every_door(doors, address, character):
    """Two addresses that look alike would be two people; domains would lose some of these without a word."""
    typed = address.format(character)
    said = (doors.feed(typed), doors.right(typed), doors.form("contact-form", typed), doors.form("newsletter", typed))
    assert all(f"holds a character that cannot be seen (U+{ord(character):04X} " in one for one in said)


@given(spellings())
@settings(max_examples=25)
def test_the_forms_of_earlier_versions_are_looked_up_as_well(pair):
    """They compared what was typed, in small letters, without the space around it."""
    address, typed = pair
    form = normal(address)
    if mailbox(address):
        assert typed.strip().lower() in {form, *earlier(form)}
        assert form not in earlier(form)


def test_most_addresses_have_one_form_and_cost_one_look():
    """Only where a domain has another script, or the part before the @ has letters beyond ASCII, are there others."""
    assert earlier("robin@example.com") == ()
    assert len(earlier("lee@xn--bcher-kva.example")) == 2


def test_only_addresses_that_find_somebody_get_another_form():
    """What a person wrote stays as they wrote it."""
    fields = {"email": "Lee@B\u00fccher.example", "message": "Write to Kim@B\u00fccher.example", "name": "LEE"}
    people = [identifier(IdentifierKind.EMAIL, fields["email"])]
    assert fields_in_one_form(fields, people) == fields | {"email": "lee@xn--bcher-kva.example"}
