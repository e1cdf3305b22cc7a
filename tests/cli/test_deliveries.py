"""`avow deliveries` and `avow recipients`: what staff do without the console, over the stores of what does not run."""

from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from tests.houses import House, NoEvents, insider
from tests.recipients.vendors import employ, with_vendor

from avow import recipients
from avow.config import load
from avow.main.installation import Installation, of_requests, open_store
from avow.recipients.sending import Selection
from avow.store.control import audit

CONFIGURATION = """
data = "data"
policy = "p.md"
timezone = "UTC"
[website]
name = "marrowby"
origin = "https://www.marrowby.example"
[recipient.crm]
address = "https://crm.example.com/avow"
key_file = "crm.key"
"""
TO = ("--to", "crm", "--for", "answer-questions")


@pytest.fixture
def house(folder):
    """An installation in the current folder, with letters of three people and a vendor; above two needs a second person."""
    rulebook = with_vendor(more="second_person_above = 2")
    Path("p.md").write_text(rulebook.text, encoding="utf-8")
    Path("crm.key").write_text(f"whsec_{'A' * 44}", encoding="ascii")
    Path("avow.toml").write_text(CONFIGURATION, encoding="utf-8")
    installation = Installation(load(Path("avow.toml").resolve()))
    installation.prepare()
    with closing(open_store(installation.configuration)) as store:
        made = House(replace(store, events=NoEvents()))
        made.publisher.first(rulebook, made.now_ms())
        made.records = [made.write(f"{name}@example.com") for name in ("ada", "ben", "cem")]
        made.wait(seconds=1)
        asked = (made.store, made.versions, installation.configuration, of_requests().is_erasing)
        made.room = recipients.build(*asked, made.now_ms)
        yield made


def logged(house):
    with house.store.control.reading() as tx:
        return b"".join(entry for _, entry in audit.pending(tx, 1000)).decode()


def test_one_record_is_sent_listed_shown_and_taken_back(run, house):
    """Its line names nobody; what was taken back is not there to take back again."""
    said = run("deliveries", "send", *TO, "--record", house.records[0])
    delivery = said.stdout.rstrip(".\n").split()[-1]
    listed = run("deliveries", "list").stdout
    assert (delivery in listed, "contact-form to crm for answer-questions" in listed, "1 deliveries" in listed) == (True,) * 3
    assert "ada" not in listed
    shown = run("deliveries", "show", delivery).stdout
    assert ("waiting" in shown, "ada" in shown) == (True, False)
    assert run("deliveries", "again", delivery).exit_code == 0
    assert run("deliveries", "withdraw", delivery).exit_code == 0
    assert run("deliveries", "withdraw", delivery).exit_code == 1
    assert "1 deliveries" in run("deliveries", "list", "--state", "withdrawn", "--to", "crm").stdout
    assert '"what":"delivery.withdrawn"' in logged(house)


def test_many_records_wait_for_a_member_of_staff(run, house):
    """Counted before; at the command line nobody is the second person of a command, and one may be of a member of staff."""
    assert "3 records; 3 of them may go." in run("deliveries", "send", *TO, "--point", "contact-form", "--dry-run").stdout
    asked = run("deliveries", "send", *TO, "--point", "contact-form", "--until", "2099-01-01").stdout
    assert "3 records wait for a second person" in asked
    batch = asked.rstrip(".\n").split()[-1]
    said = run("deliveries", "approve", batch)
    assert (said.exit_code, "a member of staff approves it in the console" in said.stderr) == (1, True)
    employ(house, "s1")
    theirs = house.room.sending.send("crm", "answer-questions", Selection(point="contact-form"), insider("s1"))
    assert run("deliveries", "approve", theirs.id).exit_code == 0
    assert "approved" in run("deliveries", "batches").stdout
    assert run("deliveries", "withdraw", batch).exit_code == 0


def test_few_records_of_a_day_are_queued_at_once(run, house):
    """As many as need nobody else."""
    house.wait(days=2)
    house.write("dan@example.com")
    day = house.now.date().isoformat()
    said = run("deliveries", "send", *TO, "--point", "contact-form", "--since", day, "--until", day).stdout
    assert said.startswith("1 records are queued, 0 may not go")


def test_what_may_not_go_is_refused_with_the_rule(run, house):
    """And is in the audit log."""
    said = run("deliveries", "send", "--to", "mail-service", "--for", "answer-questions", "--record", house.records[0])
    assert (said.exit_code, "no [recipient.mail-service]" in said.stderr) == (1, True)
    said = run("deliveries", "send", "--to", "crm", "--for", "recruiting", "--record", house.records[0])
    assert (said.exit_code, "Cal. Civ. Code § 1798.100(a)(1)" in said.stderr) == (1, True)
    assert '"what":"batch.refused"' in logged(house)
    assert run("deliveries", "send", *TO).exit_code == 2


def test_what_is_known_of_a_contract_is_written_down(run, house):
    """Address, days, document and sub-processors; wrong ones are said."""
    Path("contract.pdf").write_bytes(b"%PDF-1.7")
    words = ("--contact", "privacy@ledger.example", "--signed", "2026-10-01", "--review-on", "2026-12-01")
    more = ("--sub-processor", "Rack & Rail", "--document", "contract.pdf")
    assert run("recipients", "note", "crm", *words, *more).exit_code == 0
    shown = run("recipients", "show", "crm").stdout
    assert all(word in shown for word in ("privacy@ledger.example", "2026-10-01", "Rack & Rail", "service-provider"))
    assert house.room.register.line("crm").registered.review_on == date(2026, 12, 1)
    assert run("recipients", "note", "crm", "--contact", "nobody").exit_code == 1
    assert run("recipients", "note", "nobody", "--contact", "a@example.com").exit_code == 1
    assert run("recipients", "show", "nobody").exit_code == 1


def test_a_clause_that_is_missing_stops_sending_check_and_publication(run, house):
    """The recipient is a third party in the list; the policy that says otherwise fails until the clause is there."""
    assert run("policy", "check").exit_code == 0
    assert run("recipients", "lacks", "crm", "no_combining").exit_code == 0
    assert "third-party" in next(line for line in run("recipients", "list").stdout.splitlines() if "crm" in line)
    said = run("deliveries", "send", *TO, "--record", house.records[0])
    assert (said.exit_code, "11 CCR 7051(c)" in said.stderr) == (1, True)
    checked, published = run("policy", "check"), run("policy", "publish")
    assert (checked.exit_code, "its contract lacks no_combining" in checked.stderr) == (1, True)
    assert run("policy", "check", "--draft").exit_code == 0
    assert (published.exit_code, "lacks no_combining" in published.stderr) == (1, True)
    assert run("recipients", "lacks", "crm", "no_such_clause").exit_code == 1
    assert run("recipients", "lacks", "crm", "no_combining", "--is-there").exit_code == 0
    assert run("policy", "check").exit_code == 0


def test_a_contract_that_ended_and_one_that_is_there_again(run, house):
    """Each is written down once."""
    assert run("recipients", "withdraw", "crm").exit_code == 0
    assert run("recipients", "withdraw", "crm").exit_code == 1
    assert "has ended" in run("deliveries", "send", *TO, "--record", house.records[0]).stderr
    assert run("recipients", "renew", "crm").exit_code == 0
    assert run("deliveries", "send", *TO, "--record", house.records[0]).exit_code == 0
