"""The right to know, rule by rule: 11 CCR 7024, Cal. Civ. Code § 1798.110, § 1798.130(a)(3), § 1798.145(k)."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.archives import packed_in
from tests.houses import compiled, house, person
from tests.rights.test_desk import Office
from tests.rights.test_own_records import answered

from avow import policy
from avow.audit.log import Log
from avow.definitions import RequestKind
from avow.policy.language.vocabulary import NEVER_DISCLOSED
from avow.rights import never_disclose
from avow.rights.never_disclose import Redactor
from avow.rights.states import Step
from avow.store.control import disclosures as disclosed_rows
from avow.store.control.disclosures import Disclosure

__all__ = ["house"]
KNOWN = {"email": "ada@example.com", "name": "some name", "company": "some company"}
ADA, BERTA = "ada@example.com", "berta@example.com"
FORM = 'recipients = ["mail-service", "customer-list", "workshop"]\n'
FACTS = (
    'not_searched = "Letters on paper"\n',
    'not_searchable = "they are in boxes, by day"\n',
    'legal_only = "tax law asks us to keep them"\n',
    'no_commercial_use = "nobody sells or reads them"\n',
)


def office_under(house, tmp_path, *pairs):
    """Return the desk of an installation under the example policy with some words replaced."""
    house.publisher.first(compiled(*pairs), house.now_ms())
    return Office(house, Log(tmp_path / "public", tmp_path / "private", "marrowby.example"))


def archive_of(office, email=ADA):
    """Have somebody's request to know answered; return the archive's JSON."""
    return json.loads(packed_in(office, answered(office, RequestKind.KNOW, email))["archive.json"])


def titles(archive):
    """Return how many records each section has."""
    return {one["title"]: len(one["records"]) for one in archive["sections"]}


@pytest.mark.parametrize("code", [code for code, table in policy.law.tables().items() if table.never_disclose])
def test_the_eight_kinds_are_those_of_the_law(code):
    """11 CCR 7024(d): each kind that a law lists has its words here, and there is no other."""
    kinds = policy.law.tables()[code].never_disclose
    ours = {
        words.lower().removeprefix("a ").removeprefix("an").removeprefix("other ").strip() for words in NEVER_DISCLOSED.values()
    }
    listed = {one.lower().removeprefix("other ").removeprefix("an ") for one in kinds}
    assert {one.removeprefix("account ") for one in ours} == {one.removeprefix("account ") for one in listed}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("My SSN is 078051120.", "social-security-number"),
        ("078-05-1120", "social-security-number"),
        ("Driver\N{RIGHT SINGLE QUOTATION MARK}s license: D1234567", "drivers-license"),
        ("DL no. 1234 5678", "drivers-license"),
        ("passport number X12345678", "government-id"),
        ("ITIN 912-70-1234", "government-id"),
        ("4111 1111 1111 1111", "financial-account"),
        ("DE89 3704 0044 0532 0130 00", "financial-account"),
        ("account no. 00123456", "financial-account"),
        ("1EG4-TE5-MK73", "medical-id"),
        ("member ID: 8891234567", "medical-id"),
        ("My password is [hunter2", "password"),
        ("mother's maiden name: Smith", "security-answers"),
    ],
)
def test_each_kind_is_found_in_free_text_and_said(text, kind):
    """By its form, or by the words in front of it; what is said is what is held, with sufficient particularity."""
    redactor = Redactor()
    shown = redactor.text(f"Hello. {text} Bye.")
    assert (dict(redactor.found), f"[{NEVER_DISCLOSED[kind]} " in shown) == ({kind: 1}, True)
    assert never_disclose.redact(shown) == shown
    value = text.rpartition(" ")[2].strip(".")
    assert value not in shown


@pytest.mark.parametrize(
    "text",
    [
        "I bought 12 gauges in 2026, order 991234.",
        "Call me at 415 555 2671 on 2026-11-23 at 10:00.",
        "I lost my passport, and forgot my password.",
        "The account of 2024 was 1,234.50 dollars.",
    ],
)
def test_what_is_none_of_them_is_shown(text):
    """The person gets their own words."""
    assert never_disclose.redact(text) == text


@pytest.mark.parametrize("kind", NEVER_DISCLOSED)
def test_a_declared_item_is_never_shown(house, tmp_path, kind):
    """Whatever is in it: the policy says what it is, and the letter counts it."""
    declared = ("[data.message]\n", f'[data.message]\nnever_disclose = "{kind}"\n')
    office = office_under(house, tmp_path, declared)
    house.write(ADA, fields=KNOWN | {"message": "canary-of-a-secret"})
    case = answered(office, RequestKind.KNOW, ADA)
    assert b"canary-of-a-secret" not in b"".join(packed_in(office, case).values())
    assert never_disclose.described(kind) in packed_in(office, case)["archive.json"].decode()
    words = NEVER_DISCLOSED[kind]
    assert f"{words[0].upper()}{words[1:]}" in [one["target"] for one in case.entry(Step.OUTCOME).detail["outcomes"]]


def test_what_an_earlier_version_said_of_an_item_still_holds(house, tmp_path):
    """One version that says it is enough: what was collected under it is what it was."""
    declared = ("[data.message]\n", '[data.message]\nnever_disclose = "password"\n')
    office = office_under(house, tmp_path, declared)
    house.publish(compiled(effective=house.now.date()))
    house.wait(days=1)
    house.versions.refresh()
    house.write(ADA, fields=KNOWN | {"message": "canary-of-a-secret"})
    assert "canary-of-a-secret" not in json.dumps(archive_of(office))


def test_three_of_four_facts_are_searched(house, tmp_path):
    """11 CCR 7024(c): all four conditions, or the records are in the answer."""
    office = office_under(house, tmp_path, (FORM, FORM + "".join(FACTS[:3])))
    house.write(ADA)
    found = archive_of(office)
    assert (titles(found)["Contact form"], found["not_searched"]) == (1, [])


def test_four_facts_leave_records_unsearched_and_named(house, tmp_path):
    """The person reads which records, and the facts; everything else is there."""
    office = office_under(house, tmp_path, (FORM, FORM + "".join(FACTS)))
    house.write(ADA)
    case = answered(office, RequestKind.KNOW, ADA)
    packed = packed_in(office, case)
    found = json.loads(packed["archive.json"])
    assert "Contact form" not in titles(found)
    (said,) = found["not_searched"]
    assert (said["records"], len(said["facts"])) == ("Letters on paper", 3)
    assert b"tax law asks us to keep them" in packed["archive.html"]


def test_what_security_made_is_told_by_category_alone(house, tmp_path):
    """Cal. Civ. Code § 1798.130(a)(3)(B)(iii): no specific piece; the category is still told, and that records are left out."""
    office = office_under(house, tmp_path, (FORM, FORM + "security = true\n"))
    house.write(ADA)
    found = archive_of(office)
    assert "Contact form" not in titles(found)
    assert "Your message" in {label for one in found["categories"] for label in one["data"]}
    assert "Contact form" in found["left_out"][0]


def went(house, email, recipient, categories):
    """Note that something of somebody went to a recipient."""
    (subject,) = house.store.vault.own_subjects_of([person(email)])
    row = Disclosure(
        house.now_ms(), recipient, categories, "answer-questions", "contact-form", house.versions.in_force().id, subject
    )
    with house.store.control.transaction() as tx:
        disclosed_rows.add(tx, row)


def test_two_people_with_different_data_get_different_answers(house, tmp_path):
    """11 CCR 7024(j): from what is held of each, and from what went where of each."""
    office = office_under(house, tmp_path)
    for email in (ADA, BERTA):
        house.write(email)
    went(house, ADA, "mail-service", "A")
    ada, berta = archive_of(office, ADA), archive_of(office, BERTA)
    assert [one["category"] for one in ada["disclosed"]] == ["A"]
    assert berta["disclosed"] == []
    assert ada["sold_or_shared"] == berta["sold_or_shared"] == []


def test_an_unknown_recipient_is_told_as_one_to_whom_it_was_sold(house, tmp_path):
    """Nobody knows what it is, so it is no service provider (11 CCR 7051(c))."""
    office = office_under(house, tmp_path)
    house.write(ADA)
    went(house, ADA, "somebody", "AB")
    found = archive_of(office)
    assert [(one["category"], one["recipients"]) for one in found["sold_or_shared"]] == [("A", ["somebody"]), ("B", ["somebody"])]


@pytest.mark.parametrize(("code", "is_owed"), [("US-CA", False), ("US-OR", True), ("US-MN", True), ("US-CT", True)])
def test_third_parties_are_named_where_the_law_asks(house, tmp_path, code, is_owed):
    """By the law of the request: the list is there by itself, also when it is empty."""
    assert policy.law.tables()[code].third_party_list is is_owed
    office = office_under(house, tmp_path)
    house.write(ADA)
    went(house, ADA, "somebody", "A")
    case = answered(office, RequestKind.KNOW, ADA)
    rulebook = replace(house.versions.in_force(), law={**house.versions.in_force().law, code: policy.law.tables()[code]})
    office.tools.discloser.versions.with_law_of = lambda _, code: replace(rulebook, jurisdictions=(code,))
    office.tools.discloser.disclose(replace(case, jurisdiction=code), house.now_ms())
    found = json.loads(office.cases.document(case.request_id, "archive.json"))
    assert (found["names_are_owed"], found["third_party_names"]) == (is_owed, ["somebody"] if is_owed else [])


@pytest.mark.parametrize(
    ("pieces", "records", "parts"),
    [("", True, True), ("both", True, True), ("specific", True, False), ("categories", False, True)],
)
def test_categories_specific_pieces_or_both(house, tmp_path, pieces, records, parts):
    """What was asked for, and nothing that was not: the six parts come from the same records either way."""
    office = office_under(house, tmp_path)
    house.write(ADA)
    found = json.loads(packed_in(office, answered(office, RequestKind.KNOW, ADA, pieces=pieces))["archive.json"])
    assert ("Contact form" in titles(found), "categories" in found) == (records, parts)
    if parts:
        assert [one["category"] for one in found["categories"]] != []


def test_a_range_of_days_and_named_points(house, tmp_path):
    """11 CCR 7020(e): from a day on, until one, or of some points alone."""
    office = office_under(house, tmp_path)
    for _ in range(3):
        house.write(ADA)
        house.wait(days=1)
    days = [house.now.date() - timedelta(days=number) for number in (2, 2)]
    found = json.loads(packed_in(office, answered(office, RequestKind.KNOW, ADA, since=days[0], until=days[1]))["archive.json"])
    assert (titles(found)["Contact form"], found["since"], found["until"]) == (1, str(days[0]), str(days[1]))
    case = office.cases.about([person(ADA)])[0]
    office.tools.discloser.disclose(replace(case, contact=replace(case.contact, points=("newsletter",))), house.now_ms())
    assert "Contact form" not in titles(json.loads(packed_in(office, case)["archive.json"]))


def test_to_take_along_has_what_the_person_gave(house, tmp_path):
    """GDPR Art. 20(1): what they gave, machine-readable; not what was worked out, noted or disclosed of them."""
    office = office_under(house, tmp_path)
    house.write(ADA)
    case = answered(office, RequestKind.KNOW, ADA)
    office.tools.discloser.disclose(replace(case, kind=RequestKind.PORTABILITY), house.now_ms())
    found = json.loads(packed_in(office, case)["archive.json"])
    assert ([*titles(found)], "categories" in found) == (["Contact form"], False)


def test_everything_is_the_default_and_is_owed_since_2022():
    """11 CCR 7024(h): not the last twelve months alone; the day is in the law table."""
    assert policy.law.tables()["US-CA"].values["look_back_from"].value.isoformat() == "2022-01-01"
