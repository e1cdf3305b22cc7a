"""The record of consumer requests: 11 CCR 7101. Six fields, 24 months from the response, an act of its own, no other use."""

import csv
import io
from contextlib import contextmanager
from dataclasses import fields
from datetime import timedelta

import pytest
from click.testing import CliRunner
from tests.houses import compiled, insider
from tests.houses import house as empty  # noqa: F401 - a fixture
from tests.law import test_verification as verifying
from tests.reviewed import FIRST, SECOND
from tests.rights import test_correcting as correcting
from tests.rights import test_withholding as withholding
from tests.rights.test_reviewing import WHY, office_of, verified
from tests.told import policy_with
from tests.web.conftest import serving  # noqa: F401 - a fixture
from tests.web.test_doors_and_roles import ROLES, SECTION, role

from avow.cli import avow
from avow.definitions import Refusal, RequestKind
from avow.policy.rulebook.roles import Act
from avow.rights import grounds
from avow.rights.correcting.grounds import GROUNDS
from avow.rights.record import Record, Recorded
from avow.store.paging import Place


@pytest.fixture
def house(serving):  # noqa: F811 - the fixture
    return serving(compiled())


def recorded(house):
    found = house.rooms.rights.record.page(Place(), insider())
    return {one.reference: one for one in found.lines}


def test_the_six_fields_are_there_and_no_other(house):
    """7101(b): dates, nature and manner, the response, and the basis of a denial; next to the number by which it is found."""
    house.write("robin@example.com")
    house.verified(RequestKind.KNOW)
    denied = house.ask(RequestKind.DELETE, email="kim@example.com")
    house.walk()
    house.wait(days=46)
    house.walk()
    house.ask(RequestKind.DELETE, email="lee@example.com")
    names = [one.name for one in fields(Recorded)]
    assert names == ["reference", "received_on", "nature", "manner", "responded_on", "response", "basis"]
    by_nature = {(one.nature, one.response): one for one in recorded(house).values()}
    known = by_nature["Request to know", "complied with"]
    assert (known.manner, known.basis, known.received_on) == ("form on the website", "", known.responded_on)
    refused = by_nature["Request to delete", "denied"]
    assert refused.reference == denied.partition("-")[0][:10].upper()
    assert (refused.responded_on - refused.received_on, refused.basis) == (
        timedelta(days=46),
        "who asked was not verified (11 CCR 7024(a), (b))",
    )
    assert by_nature["Request to delete", ""].responded_on is None


def test_it_outlives_an_erasure_and_its_contact_and_goes_24_months_after_the_response(house):
    """7101(a), (d): to delete reaches everything of a person, and not that they asked."""
    house.write("robin@example.com")
    house.verified(RequestKind.KNOW)
    house.verified(RequestKind.DELETE)
    before = recorded(house)
    assert sorted(one.nature for one in before.values()) == ["Request to delete", "Request to know"]
    house.wait(days=30)
    house.walk()
    assert {case.contact for case in house.cases()} == {None}
    assert recorded(house) == before
    assert "robin" not in repr(before).lower()
    house.wait(days=365 * 2 - 31)
    house.walk()
    assert recorded(house) == before
    house.wait(days=2)
    house.walk()
    assert recorded(house) == {}


def test_it_has_a_role_of_its_own_and_each_look_is_logged(serving):  # noqa: F811 - the fixture
    """7101(c): who keeps the record sees it and nothing else; who works on requests, or reads what people wrote, does not."""
    roles = {**ROLES, "record-keeper": role("record-keeper", ["record"])}
    block = "\n\n".join(roles.values())
    house = serving(compiled((SECTION, f"## Who among us sees it {{#who-sees-it}}\n\n```avow\n{block}\n```\n\n")))
    filed = house.ask()
    opened = {
        name: house.browser(cookies={"avow_staff": house.session(house.account(name, roles=(name,)))}).get("/console/record")
        for name in roles
    }
    assert {name for name, answer in opened.items() if answer.status_code == 200} == {"record-keeper"}
    assert filed.partition("-")[0][:10].upper() in opened["record-keeper"].text
    keeper = house.browser(cookies={"avow_staff": house.session(house.account("sam", roles=("record-keeper",)))})
    for page in ("/console/requests", f"/console/requests/{filed.partition('-')[0]}", "/console/inbox", "/console/choices"):
        assert keeper.get(page).status_code == 403
    assert isinstance(house.rooms.rights.record.page(Place(), insider("s9", "officer")), Refusal)
    assert '"request.record-read"' in "".join(house.logged())
    assert Act.RECORD == "record"


def test_the_demonstration_is_in_no_record(house):
    """Nobody asked it."""
    house.ask(demonstration=True)
    assert recorded(house) == {}


def test_nothing_sealed_is_opened_for_it(house):
    """What the key of a request protects is gone, and its record reads the same."""
    house.verified(RequestKind.KNOW)
    before, [case] = recorded(house), house.cases()
    house.store.vault.destroy_key("request", case.request_id)
    assert recorded(house) == before


def test_the_command_writes_it_as_csv(house):
    """For whoever has the machine: the same fields, oldest first."""
    house.write("robin@example.com")
    house.verified(RequestKind.KNOW)

    class Here:
        """The commands over an installation that is open already."""

        @contextmanager
        def requests(self):
            yield house.rooms.rights

    printed = CliRunner().invoke(avow, ["requests", "record", "--since", "2026-01-01"], obj=lambda _config: Here())
    assert printed.exit_code == 0, printed.output
    rows = list(csv.reader(io.StringIO(printed.output)))
    assert rows[0] == [one.name for one in fields(Recorded)]
    assert rows[1][2:4] == ["Request to know", "form on the website"]


# -- 7101(b): the basis of a denial, whole or in part --------------------------------------------------------------------


@pytest.fixture
def office(empty, tmp_path):  # noqa: F811 - the fixture
    """An office of two, whose policy leaves what is verified to staff; Robin wrote to it."""
    made = office_of(empty, tmp_path, *withholding.NEVER_ALONE)
    empty.write(withholding.ROBIN)
    return made


def basis(office, case):
    """Return what the response of a request was in the record, and on which basis, once the walk is through."""
    office.walk()
    one = Record(office.cases, office.house.versions, office.house.now_ms).of(office.cases.get(case.request_id))
    return one.response, one.basis


@pytest.mark.parametrize("code", ["H1", "unfounded"])
def test_what_was_denied_as_a_whole_has_the_rule_of_its_ground(office, code):
    """As it was decided."""
    case = verified(office)
    assert office.reviews.deny(case.request_id, code, WHY, FIRST) is None
    assert office.reviews.agree(case.request_id, "", SECOND) is None
    rule = grounds.of(RequestKind.DELETE, compiled())[code].rule
    assert basis(office, case) == ("denied", f"{code}: {rule}")


@pytest.mark.parametrize(
    ("kind", "wanted", "said"),
    [
        (RequestKind.DELETE, withholding.CLAIM, "H2: Cal. Civ. Code 1798.145(a)(5)"),
        (RequestKind.KNOW, withholding.OF_ANOTHER, "H4: Cal. Civ. Code 1798.145(k)"),
    ],
)
@pytest.mark.parametrize("agrees", [True, False])
def test_what_is_withheld_of_it_has_the_rule_of_its_code(office, kind, wanted, said, agrees):
    """Kept beyond a deletion, or left out of an answer; what is given after all was denied by nothing."""
    case = verified(office, kind)
    number = withholding.want(office, case, wanted)
    withholding.carried_out(office, case)
    assert office.reviews.look(case.request_id, number, SECOND, agrees=agrees) is None
    assert basis(office, case) == (("complied with in part", said) if agrees else ("complied with", ""))


def test_what_was_narrowed_has_the_rule_of_verification(empty, tmp_path):  # noqa: F811 - the fixture
    """A part was not proved to be theirs."""
    office = office_of(empty, tmp_path)
    for name, company in (("Robin Marlow", "Acme"), ("Some Body", "Elsewhere")):
        empty.write(withholding.ROBIN, fields={"email": withholding.ROBIN, "name": name, "company": company, "message": "m"})
    token = verifying.filed(office)
    answer = verifying.press(office, token, {"name": "some body", "company": "elsewhere"}, verifying.SIGNED)
    assert office.desk.narrow(answer) is None
    assert basis(office, verifying.case_of(office, token)) == ("complied with in part", "11 CCR 7024(a), (b)")


@pytest.mark.parametrize(("ends", "ground"), [("denied", "accurate"), ("denied", "by-law"), ("corrected", "")])
def test_what_was_not_corrected_has_the_rule_of_its_ground(empty, tmp_path, ends, ground):  # noqa: F811 - the fixture
    """That of the last decision about a field: a colleague may have thought otherwise before."""
    office = office_of(empty, tmp_path)
    empty.publish(policy_with())
    record = correcting.write(office)
    correcting.asked(office)
    assert correcting.decide(office, 0, "denied", ground="undocumented", reason=WHY) is None
    last = {"ground": ground, "reason": WHY} if ends == "denied" else {"records": (record,)}
    assert correcting.decide(office, 0, ends, **last) is None
    if ends == "denied":
        assert correcting.agree(office, 0) is None
    said = ("denied", GROUNDS[ground].rule) if ends == "denied" else ("complied with", "")
    assert basis(office, correcting.case(office)) == said
