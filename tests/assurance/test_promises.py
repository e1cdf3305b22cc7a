"""The evidence: figures equal the stores, and a planted violation turns its promise red."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.houses import FIRST_DAY, LONGER, compiled

from avow.definitions import RequestKind
from avow.gate import entries
from avow.policy.changes.diff import diff
from avow.policy.changes.publication import Publication
from avow.policy.evidence import OWN_LOOK, Verdict, promises
from avow.publication.facts import PolicyInForce
from avow.retention import SWEPT
from avow.rights.cases import Case, Contact
from avow.rights.kept import Cases
from avow.rights.states import Entry, Step
from avow.store.control import browser_reports, choices, counts, disclosures, integrity, purpose_reads, settings, submissions
from avow.store.control.choices import Choice
from avow.store.control.disclosures import Disclosure
from avow.store.control.integrity import Seen


def judged(house):
    """Return the verdicts by section, and all evidence as one text."""
    found = house.promises().judged(house.now_ms())
    words = "\n".join(f"{one.promise.anchor}: {finding.evidence}" for one in found for finding in one.findings)
    return {one.promise.anchor: one.verdict for one in found}, words


def disclose(house, recipient="mail-service", **changes):
    """Note a disclosure."""
    facts = {
        "categories": "A",
        "purpose": "answer-questions",
        "point": "contact-form",
        "rulebook_id": house.versions.in_force().id,
    }
    with house.store.control.transaction() as tx:
        disclosures.add(tx, Disclosure(house.now_ms(), recipient, **(facts | changes)))


def ask(house, kind, days_ago, *steps):
    """File a request some days ago with these further steps, each (step, days ago)."""
    at = lambda days: int((house.now - timedelta(days=days)).timestamp() * 1000)  # noqa: E731 - two words
    received = (house.now - timedelta(days=days_ago)).date()
    contact = Contact("robin@example.com")
    name = f"{kind}-{days_ago}"
    case = Case(
        name,
        kind,
        at(days_ago),
        received,
        house.versions.in_force().id,
        "web",
        demonstration=False,
        history=(Entry(0, at(days_ago), Step.RECEIVED, {}),),
        contact=contact,
    )
    cases = Cases(house.store)
    cases.add(case, entries.RequestReceived(kind.value, name, received.isoformat()))
    for step, days in steps:
        cases.append(cases.get(name), step, at(days), {}, None, None)


def test_a_new_installation_has_no_evidence_yet(published):
    """Nothing is claimed that nothing shows."""
    verdicts, _ = judged(published)
    assert verdicts["contact-form"] is Verdict.NO_EVIDENCE
    assert verdicts["children"] is Verdict.BY_PEOPLE
    assert Verdict.FAILS not in verdicts.values()


def test_every_promise_has_its_declarations(published):
    """Each promising section is carried out by something, or by people."""
    for promise in promises(published.versions.in_force()):
        assert promise.declarations or promise.by_people or not promise.sentences, promise.title


def test_figures_equal_the_stores(published):
    """Records, disclosures, refusals, choices, reads and the sweep: as many as were put in."""
    for number in range(3):
        published.write(f"person{number}@example.com")
    disclose(published, count=5)
    disclose(published, count=2)
    with published.store.control.transaction() as tx:
        day = published.now.date()
        counts.add_refusals(tx, {counts.RefusalKind(day, "m", "contact-form", "not declared", "r", "colour"): 4})
        counts.add_refusals(tx, {counts.RefusalKind(day, "m", "page-view", "stopped", "11 CCR 7025(c)(1)", ""): 6})
        choices.add(tx, Choice(published.now_ms(), "audience-measurement", opted_out=True, source="link", rulebook_id="r"))
        purpose_reads.add(tx, day, "marrowby", "contact-form", "answer-questions", allowed=True)
        settings.put(tx, SWEPT, str(published.now_ms() - 600_000))
    verdicts, words = judged(published)
    assert "contact-form: 3 records held. 4 undeclared fields dropped in 12 months." in words
    assert "contact-form: 7 disclosures in 12 months, all as declared." in words
    assert "recipients: 0 of 7 disclosures in 12 months were sales or sharing." in words
    assert "signals: 6 records not taken in 12 months" in words
    assert "visits: 1 choice recorded: 1 against it, 0 for it." in words
    assert "contact-form: Opened once for a declared purpose in 12 months; refused 0 times." in words
    assert "Oldest record: 0 days (24 November 2026), promised 24 months after our last contact. 0 records past" in words
    assert ": Last run 10 minutes before." in words
    assert verdicts["contact-form"] is verdicts["signals"] is verdicts["recipients"] is Verdict.HOLDS


def test_a_record_past_its_day_turns_its_promise_red(published):
    """One record that should have gone yesterday is enough, in every section that promises its day."""
    record = published.write("robin@example.com")
    with published.store.control.transaction() as tx:
        tx.execute(submissions.submissions.update().values(delete_on=FIRST_DAY - timedelta(days=1)))
    verdicts, words = judged(published)
    assert verdicts["contact-form"] is verdicts["keeping"] is Verdict.FAILS
    assert "1 record past the day to be erased." in words
    assert verdicts["visits"] is not Verdict.FAILS
    assert record


@pytest.mark.parametrize(
    "changes",
    [
        {"recipient": "some-broker"},
        {"categories": "AE"},
        {"purpose": "security"},
        {"point": "page-view"},
        {"rulebook_id": "f" * 64},
    ],
)
def test_an_undeclared_disclosure_turns_its_promise_red(published, changes):
    """To somebody, of something, for something, from somewhere, or under a policy that nobody knows."""
    disclose(published, count=9)
    disclose(published, **changes)
    verdicts, words = judged(published)
    assert verdicts[""] is Verdict.FAILS
    assert "1 of 10 disclosures in 12 months were other than declared" in words
    assert verdicts["chart"] is Verdict.FAILS


def test_a_disclosure_to_a_stranger_is_a_sale(published):
    """Who has no contract is a third party, and the promise not to sell is broken."""
    disclose(published, "some-broker")
    verdicts, words = judged(published)
    assert verdicts["recipients"] is Verdict.FAILS
    assert "1 of 1 disclosures in 12 months were sales or sharing: some-broker." in words


def test_a_disclosure_is_judged_by_the_version_of_its_own_day(published):
    """A recipient of an earlier version stays declared for what went to it then."""
    disclose(published)
    renamed = [("[recipient.mail-service", "[recipient.other-post"), ('["mail-service"', '["other-post"')]
    new = compiled(*renamed)
    published.publisher.publish(
        Publication(new, (), published.versions.today(), is_announced=False, by_email=False), published.now_ms()
    )
    verdicts, words = judged(published)
    assert "0 of 1 disclosures in 12 months were other than declared." in words
    assert verdicts["recipients"] is not Verdict.FAILS


def test_a_later_contract_makes_no_earlier_sale_undone(published):
    """The 12-month chart lists what went to a third party as sold, although the recipient has a contract now."""
    name, mailer = next(iter(published.versions.in_force().recipients.items()))
    published.versions._opened["0" * 64] = replace(
        published.versions.in_force(), recipients={name: replace(mailer, contract=None)}
    )
    disclose(published, rulebook_id="0" * 64, count=2)
    disclose(published, count=3)
    page = PolicyInForce(published.versions.in_force(), published.store, published.versions, published.now_ms).page()
    sold = page.partition("Sold or shared in the last 12 months</caption>")[2].partition("</table>")[0]
    disclosed = page.partition("Disclosed for a business purpose in the last 12 months</caption>")[2].partition("</table>")[0]
    assert "(third party)" in sold
    assert ">2</td>" in sold
    assert "(service provider)" in disclosed
    assert ">3</td>" in disclosed


def test_a_late_answer_turns_the_right_red(published):
    """Answered after the last day that any reading allows, or still open past it."""
    ask(published, RequestKind.KNOW, 60, (Step.ACKNOWLEDGED, 59), (Step.VERIFIED, 58))
    ask(published, RequestKind.DELETE, 30, (Step.ACKNOWLEDGED, 29))
    verdicts, words = judged(published)
    assert "rights: 1 request received: 1 confirmed and 0 answered in time, 1 open, 1 late." in words
    assert "rights: 1 request received: 1 confirmed and 0 answered in time, 1 open, 0 late." in words
    assert verdicts["rights"] is Verdict.FAILS


def test_a_material_change_without_its_notice_turns_the_promise_red(published):
    """Whoever writes round the command into the store is found out by the dates."""
    changed = compiled(*LONGER)
    changes = diff(published.versions.in_force(), changed)
    today = published.versions.today()
    published.publisher.publish(Publication(changed, changes, today, is_announced=False, by_email=False), published.now_ms())
    verdicts, words = judged(published)
    assert "2 versions published, 1 with a material change, 1 of them told of too late." in words
    assert verdicts["changes"] is Verdict.FAILS


def test_a_sweep_that_stopped_is_told(published):
    """When nothing erases, the installation as a whole does not hold."""
    with published.store.control.transaction() as tx:
        settings.put(tx, SWEPT, str(published.now_ms() - 30 * 3_600_000))
    verdicts, words = judged(published)
    assert "Last run 1,800 minutes before." in words
    assert verdicts[""] is Verdict.FAILS


def test_an_old_policy_is_told(published):
    """More than twelve months after its last update."""
    published.wait(days=400)
    verdicts, _ = judged(published)
    assert verdicts[""] is Verdict.FAILS


def report(house, party, days_ago=0, *, is_declared=False, browser="Firefox"):
    """Count three reports of browsers about a party."""
    day = house.now.date() - timedelta(days=days_ago)
    kind = browser_reports.ReportedKind(day, "m", party, "img-src", "/", browser, is_declared)
    with house.store.control.transaction() as tx:
        browser_reports.add(tx, {kind: 3}, OWN_LOOK)


def look(house, *addresses):
    """Have Avow look at these addresses now, and find them up."""
    with house.store.control.transaction() as tx:
        integrity.add(tx, house.now.date(), "marrowby", [Seen(house.now_ms(), one, "up", 200, 5, "") for one in addresses])


def test_what_anybody_can_report_decides_nothing(published):
    """Not a verdict, not a name, not a figure; whether or not Avow looks at pages itself."""
    for pages in ((), ("/", "/contact")):
        look(published, *pages)
        before = judged(published)
        for number in range(7):
            report(published, f"sells-your-data-{number}.example")
        report(published, "place.example", is_declared=True)
        assert judged(published) == before
        published.wait(minutes=5)
    assert ": Avow looks at 2 pages. 0 such parties in 30 days." in before[1]


def test_what_avow_saw_itself_turns_the_whole_red(published):
    """For 30 days, and names nobody in public; a look of long ago is no evidence of now."""
    look(published, "/", "/avow/tag.js")
    report(published, "old.example", days_ago=31, browser=OWN_LOOK)
    assert ": Avow looks at 1 page. 0 such parties in 30 days." in judged(published)[1]
    report(published, "tracker.example", browser=OWN_LOOK)
    verdicts, words = judged(published)
    assert ": Avow looks at 1 page. 1 such party in 30 days." in words
    assert verdicts[""] is Verdict.FAILS
    assert "tracker" not in words
    published.wait(days=2)
    assert ": Avow has not looked at a page lately. 1 such party in 30 days." in judged(published)[1]


def test_what_only_browsers_keep_is_not_said_to_be_proved(published):
    """Nobody here counts what is in visitors' browsers: no evidence, and no word of a server that keeps it."""
    _, words = judged(published)
    lines = [line for line in words.splitlines() if line.startswith("preferences:")]
    assert "0 records held here" in lines[0]
    assert "What is in browsers is not counted." in lines[0]
    assert not any("past the day to be erased" in line for line in lines)
