"""People whose requests erased them and were answered, without the walk: for tests of what comes after."""

from datetime import timedelta

from avow.definitions import RequestKind
from avow.rights.cases import Contact
from avow.rights.kept import RESIDUE_ON
from avow.rights.receive import Asked, receive
from avow.rights.states import Step


def answered(house, cases, email, *visitors):
    """Return a closed request to delete, whose letter named today for the search for what is left."""
    first, *more = *visitors, *("",) * (not visitors)
    contact = Contact(email, "", "", first, "", tuple(more))
    filed = receive(Asked(RequestKind.DELETE, contact), house.versions.in_force(), cases, "America/Los_Angeles", house.now_ms())
    today = (house.now - timedelta(hours=12)).date().isoformat()
    steps = {
        Step.LINK_WRITTEN: {},
        Step.ACKNOWLEDGED: {},
        Step.VERIFIED: {"by": "link"},
        Step.PLANNED: {"tasks": [], "subjects": [], "counts": {}},
        Step.PROVED: {},
        Step.ANSWER_WRITTEN: {"outcome": "granted", RESIDUE_ON: today},
        Step.RESPONDED: {"outcome": "granted"},
        Step.CLOSED: {},
    }
    for step, detail in steps.items():
        assert cases.append(cases.get(filed.request_id), step, house.now_ms(), detail, None, None)
    return cases.get(filed.request_id)
