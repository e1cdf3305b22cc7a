"""One person's request: it counts and touches what is theirs, and the public log does not say how much that is."""

import dataclasses
import json

import pytest
from tests.houses import NoEvents, person
from tests.rights.test_desk import Office, office

from avow.audit import log, note, proof
from avow.definitions import ProofInvalid, RequestKind
from avow.rights import finding, targets, verification
from avow.rights.cases import Contact
from avow.rights.keeping import Keeper
from avow.rights.outcomes import Erasure, Located
from avow.rights.verification import Link

__all__ = ["office"]
VISITOR = "0123456789abcdef0123456789abcdef"


def answered(office: Office, kind, email, **more):
    """File a request, confirm it, and let it be answered; return it as it is then."""
    token = office.ask(kind, email, **more)
    office.walk()
    assert isinstance(office.press(token), str)
    office.walk()
    return office.cases.get(token.partition("-")[0])


def test_a_shared_browser_destroys_nobody_elses_answer(office):
    """The case that was found: Ada's archive is ready, Berta asks to be deleted from the same browser."""
    ada = answered(office, RequestKind.KNOW, "ada@example.com", visitor_id=VISITOR)
    erasure = Erasure(Contact("berta@example.com", visitor_id=VISITOR).identifiers(), Located((), {}), 0)
    files = targets.SealedFiles(office.house.store, office.cases)
    assert files.remaining(erasure) == 0
    files.erase(erasure, office.house.now_ms())
    kept = office.cases.get(ada.request_id)
    assert kept.contact is not None
    token = verification.link(Link.ANSWER, ada.request_id, office.house.store.vault.hmac)
    assert office.desk.download(token, "archive.json") is not None


def test_a_deletion_still_destroys_the_earlier_answer_of_the_same_address(office):
    """Their own, from whatever browser."""
    ada = answered(office, RequestKind.KNOW, "ada@example.com", visitor_id=VISITOR)
    erasure = Erasure(Contact("ada@example.com").identifiers(), Located((), {}), 0)
    targets.SealedFiles(office.house.store, office.cases).erase(erasure, office.house.now_ms())
    assert office.cases.get(ada.request_id).contact is None


def test_what_is_being_removed_of_others_is_counted_as_nobodys_own(office):
    """Ada's rows wait for the purge: Berta, of whom nothing is held, gets a plan with nothing in it."""
    store = office.house.store
    office.house.write("ada@example.com")
    store.erase([person("ada@example.com")], office.house.now_ms() + 1)
    assert store.remaining(subjects=()).total == 1  # the purge has not come yet
    found = finding.Finder(store, Keeper(store, None)).locate([person("berta@example.com")])
    assert sum(found.counts.values()) == 0
    rows = targets.Rows(store, targets.CONTROL)
    assert rows.remaining(Erasure((), Located((), {}), 0)) == 0


def test_rows_are_gone_when_their_bytes_are(office, monkeypatch):
    """A search for rows finds none as soon as they are replaced; what they lay in leaves the disk later, after a kill as well."""
    store = office.house.store
    office.house.write("ada@example.com")
    subjects = tuple(one.hex() for one in store.vault.lookup([person("ada@example.com")]).values())
    erasure = Erasure((person("ada@example.com"),), Located(subjects, {}), 0)
    store.erase(erasure.identifiers, office.house.now_ms() + 1)
    monkeypatch.setattr(NoEvents, "await_removal", lambda _: False)  # as of an engine that still has the files
    store.purge()
    rows = targets.Rows(store, targets.CONTROL)
    assert rows.remaining(erasure) == 0
    assert rows.erase(erasure, office.house.now_ms()) is None
    monkeypatch.undo()
    store.purge()
    assert rows.erase(erasure, office.house.now_ms()).did == "erased"


@pytest.mark.parametrize("kind", [RequestKind.KNOW, RequestKind.DELETE])
def test_the_public_log_says_nothing_of_how_much_and_where(office, kind, tmp_path):
    """Counts are under the salt, in the person's own proof, which proves them; another count is refused."""
    office.house.write("ada@example.com")
    case = answered(office, kind, "ada@example.com")
    folder = tmp_path / "public"
    public = b"".join(log.read_entries(folder, log.read_state(tmp_path / "private").size))
    assert b"request." + kind.value.encode() + b".done" in public
    assert b"records" not in public
    made = proof.read(case.answer["proof"])
    verifier = note.Verifier.parse((folder / "key").read_text())
    statement = proof.verify(made, verifier)
    assert sum(one["records"] for one in statement["targets"].values()) > 0
    other = {**json.loads(made.found), "more": {"did": "erased", "records": 9}}
    with pytest.raises(ProofInvalid, match="something else"):
        proof.verify(dataclasses.replace(made, found=proof.canonical(other)), verifier)
