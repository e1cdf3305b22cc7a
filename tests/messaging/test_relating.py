"""What stands next to a submission: each version for itself, this person alone, and nothing without a declaration."""

import json
from datetime import date

import pytest
from tests.collection.test_feeds import AGREEMENT
from tests.combined import COMBINED, PURPOSE
from tests.houses import ZONE, compiled, insider, over_both, person

from avow import policy
from avow.definitions import IdentifierKind, Refusal, identifier
from avow.gate import reads
from avow.messaging.inbox import Inbox
from avow.messaging.relating import SHOWN
from avow.rights.disclosing import Discloser
from avow.store.control import choices
from avow.store.control.choices import Choice

KIM, SASHA = "kim@example.com", "sasha@example.com"
DECLARED = 'combines         = ["page-view", "contact-form", "job-application"]'
#: Where the example's privacy officer gets a point more.
OFFICER = '"rights-request", "contact-form", "job-application",'
#: The same policy, with which nothing is put together with applications.
WITHOUT = compiled(*COMBINED, (DECLARED, 'combines         = ["page-view", "contact-form"]'))
WITH = compiled(*COMBINED, effective=date(2027, 1, 10))


@pytest.fixture
def combining(house):
    """An installation whose first version combines, with another version of it that its records may name."""
    house.publisher.first(WITHOUT, house.now_ms())
    assert not isinstance(house.publish(WITH), Refusal)
    house.wait(days=60)
    house.versions.refresh()
    return house


def wrote(house, email=KIM, rulebook=WITH, point="contact-form", **changes):
    """Take in what somebody sent who said yes; return its id. A moment passes."""
    house.wait(minutes=1)
    return house.write(email, rulebook, point, purposes=sorted(rulebook.points[point].purposes), **changes)


def read(house, record_id, purpose=PURPOSE):
    """Return what is shown next to a submission that is open for a purpose."""
    inbox = Inbox(house.store, house.versions.in_force(), house.versions, ZONE, house.now_ms)
    return inbox.read(record_id, purpose, insider()).related


def ids(view):
    return [one.record_id for one in view.sent]


@over_both
def test_what_else_a_person_sent_is_shown_for_the_purpose_alone(combining):
    """The newest first, of this person and of nobody else, with the fields that this purpose needs."""
    applications = [wrote(combining, point="job-application") for _ in range(2)]
    wrote(combining, SASHA, point="job-application")
    wrote(combining, point="newsletter")
    form = wrote(combining)
    assert ids(read(combining, form)) == applications[::-1]
    assert [label for label, _ in read(combining, form).sent[0].fields] == ["Position", "Name", "E-mail address"]
    refused = read(combining, form, "answer-questions")
    assert isinstance(refused, Refusal)
    assert refused.rule == "Cal. Civ. Code § 1798.100(a)(1), (c)"


@pytest.mark.parametrize(("form", "application", "is_shown"), [(0, 0, False), (0, 1, False), (1, 0, False), (1, 1, True)])
def test_the_version_of_each_record_decides(combining, form, application, is_shown):
    """A later version that combines more reaches no earlier record, on either side."""
    versions = (WITHOUT, WITH)
    wrote(combining, rulebook=versions[application], point="job-application")
    view = read(combining, wrote(combining, rulebook=versions[form]))
    assert bool(view.sent) is is_shown
    assert bool(view.withheld) is ((form, application) == (1, 0))


@pytest.mark.parametrize("versions", [(WITH, WITH), (WITH, WITHOUT), (WITHOUT, WITH), (WITHOUT, WITHOUT)])
def test_the_gate_asks_the_versions_of_both(combining, versions):
    """Whoever asks: of two records the one says no as well as the other."""
    form, application = (
        combining.store.submission(wrote(combining, rulebook=rulebook, point=point))
        for rulebook, point in zip(versions, ("contact-form", "job-application"), strict=True)
    )
    gate = reads.Reads(combining.store, combining.versions, combining.now_ms)
    related = [reads.Related(reads.submission(application), IdentifierKind.EMAIL)]
    (found,) = gate.open_related(reads.submission(form), related, form.people, PURPOSE, insider(), "")
    assert isinstance(found, reads.Opened) is (versions == (WITH, WITH))


def test_each_view_is_judged_by_its_own_version_and_the_number_stays_out(combining):
    """Before the message, of this browser, under a version that combines it for a purpose that needs the number."""
    number = "ab" * 16
    combining.view(number, "/under-none", compiled())
    combining.view(number, "/shown", WITH)
    combining.view(number, "/elsewhere", WITH, "page-leave")
    combining.view("cd" * 16, "/of-another", WITH)
    form = wrote(combining, fields={"email": KIM, "message": "Hello", "visitor-id": number})
    combining.wait(minutes=1)
    combining.view(number, "/later", WITH)
    view = read(combining, form)
    assert [one.fields for one in view.before] == [(("Page visited", "/shown"),)]
    assert [called for called, _ in view.withheld] == ["“Page visits”"]
    assert number not in str(view)


def test_who_asks_to_know_gets_what_was_put_together_and_no_more(combining):
    """By the address alone: the views that staff could read next to the message, judged as they were for staff."""
    number = "ab" * 16
    for page, rulebook in (("/under-none", compiled()), ("/shown", WITH)):
        combining.view(number, page, rulebook)
    combining.view(number, "/elsewhere", WITH, "page-leave")
    wrote(combining, fields={"email": KIM, "message": "Hello", "visitor-id": number})
    combining.wait(minutes=1)
    combining.view(number, "/later", WITH)
    discloser = Discloser(combining.store, None, combining.versions, None, None, None, None)
    held = discloser.related(combining.store.find([person(KIM)]).submissions, [person(KIM)])
    assert [one.fields for one in held] == [{"page": "/shown"}]


def test_a_role_that_does_not_read_visits_gets_none_of_them(house):
    """What may be combined is still only for whose role reads it: of two, the visits stay away from the one who answers."""
    roles = """
```avow
[role.answers]
label    = "Answers"
may      = ["read", "answer", "decide", "administer"]
points   = ["contact-form", "job-application"]
purposes = ["understanding-enquiries"]

[role.learns]
label    = "Learns"
may      = ["read", "measure"]
points   = ["contact-form", "page-view"]
purposes = ["understanding-enquiries"]
```
"""
    text = WITH.text + roles
    rulebook = policy.reopen(text, "policy.md", policy.law.tables())
    house.publisher.first(rulebook, house.now_ms())
    number = "ab" * 16
    house.view(number, "/shown", rulebook)
    wrote(house, rulebook=rulebook, point="job-application")
    form = wrote(house, rulebook=rulebook, fields={"email": KIM, "message": "Hello", "visitor-id": number})
    inbox = Inbox(house.store, rulebook, house.versions, ZONE, house.now_ms)
    seen = [inbox.read(form, PURPOSE, insider("s1", role)).related for role in ("answers", "learns")]
    assert [(len(one.before), len(one.sent), len(one.withheld)) for one in seen] == [(0, 1, 1), (1, 0, 1)]


def test_what_may_not_be_shown_is_named_with_its_rule_counted_and_logged(combining):
    """Staff see that something is there and why it stays apart; the refusal is evidence."""
    wrote(combining, rulebook=WITHOUT, point="job-application")
    form = wrote(combining)
    ((called, refusal),) = read(combining, form).withheld
    assert (called, refusal.rule) == ("“Job application”", "Cal. Civ. Code § 1798.100(a)(1), (c)")
    entries = [json.loads(entry) for entry in combining.logged()]
    assert [(one["record"], one["point"]) for one in entries if one["what"] == "submission.related.refused"] == [
        (form, "job-application")
    ]
    counted = {one.point: (one.allowed, one.refused) for one in reads.counted(combining.store, date(2026, 1, 1))}
    assert counted == {"contact-form": (1, 0), "job-application": (0, 1)}


def test_a_record_that_was_not_allowed_for_the_purpose_stays_apart(combining):
    """Whoever said no when they applied, and yes when they wrote, is not put together with what they sent before."""
    combining.wait(minutes=1)
    combining.write(KIM, WITH, "job-application", purposes=["recruiting"])
    view = read(combining, wrote(combining))
    assert (ids(view), len(view.withheld)) == ([], 1)


@over_both
def test_a_no_of_the_person_holds_from_then_on(combining):
    """It is asked about at each opening: of the address, and of the browser that is noted with what they wrote."""
    wrote(combining, point="job-application")
    by_address, number = wrote(combining), "ab" * 16
    wrote(combining, SASHA, point="job-application")
    noted = wrote(combining, SASHA, fields={"email": SASHA, "message": "Hello", "visitor-id": number})
    for one in (person(KIM), identifier(IdentifierKind.VISITOR, number)):
        subject = combining.store.vault.subjects_for([one], combining.now_ms())[one]
        with combining.store.control.transaction() as tx:
            choices.add(
                tx, Choice(combining.now_ms(), PURPOSE, opted_out=True, source="link", rulebook_id=WITH.id, subject=subject)
            )
    for record_id in (by_address, noted):
        refused = read(combining, record_id)
        assert isinstance(refused, Refusal)
        assert "has said no" in refused.reason


def test_what_is_erased_is_next_to_nothing(combining):
    """With the keys of a person goes all that could be shown, at once."""
    wrote(combining, point="job-application")
    form = wrote(combining)
    combining.store.erase([person(KIM)], combining.now_ms())
    inbox = Inbox(combining.store, WITH, combining.versions, ZONE, combining.now_ms)
    assert inbox.read(form, PURPOSE, insider()) is None


def test_what_was_invented_is_next_to_nothing_real(combining):
    """A visitor of the demonstration with a person's address changes nothing of what is shown of them."""
    invented = wrote(combining, point="job-application", demonstration=True)
    form = wrote(combining)
    assert ids(read(combining, form)) == []
    assert invented not in str(read(combining, form))


def test_a_page_has_an_end_and_says_so(combining):
    """The newest are shown, and that there are more."""
    applications = [wrote(combining, point="job-application") for _ in range(SHOWN + 1)]
    view = read(combining, wrote(combining))
    assert (ids(view), view.is_cut) == (applications[:0:-1], True)


def test_a_version_that_is_not_here_answers_no(combining):
    """Nobody knows what such a record was told for."""
    wrote(combining, point="job-application", rulebook_id="00" * 32)
    view = read(combining, wrote(combining))
    assert (view.sent, len(view.withheld)) == ((), 1)


@pytest.mark.parametrize("declares", [True, False])
def test_what_a_feed_delivered_is_next_to_a_form_only_where_that_is_declared(house, declares):
    """The result of a check is read with the application that it is about, by the address of both, or not at all."""
    label = 'label            = "Choosing whom to hire"\n'
    together = ((label, f'{label}combines = ["job-application", "check"]\n'),) if declares else ()
    rulebook = compiled(("\n### What our server notes", AGREEMENT), (OFFICER, f'{OFFICER} "check",'), *together)
    house.publisher.first(rulebook, house.now_ms())
    wrote(house, rulebook=rulebook, point="check")
    wrote(house, SASHA, rulebook, "check")
    wrote(house, rulebook=rulebook, point="agreement")
    found = read(house, wrote(house, rulebook=rulebook, point="job-application"), "recruiting")
    if declares:
        assert [[value for _, value in one.fields] for one in found.sent] == [[KIM, "some check-result"]]
    else:
        assert found.reason == "nothing declares that “Choosing whom to hire” puts it together with anything else"
