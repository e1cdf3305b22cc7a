"""The proofs of a consumer request, as its person gets them and as their page shows them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from avow.audit import proof
from avow.rights.answers import ShownProof, TargetOutcome
from avow.rights.cases import Case
from avow.rights.states import Step

#: The proof of the answer, as it is attached to it; and that of the search which followed.
NAME: Final = "proof.tlog-proof"
RESIDUE: Final = "residue.tlog-proof"
_DELETED, _LOOKED_FOR = "request.delete.done", "residue.searched"
_HEADINGS: Final = {
    "request.portability.done": "We put together what you gave us",
    "request.confirm-identifier.done": "We compared a number with what we hold",
    "request.know.done": "We put together what we hold about you",
    "request.correct.done": "We went through what you told us is wrong",
    _DELETED: "We deleted what we held about you",
    _LOOKED_FOR: "We looked for you in every file",
}
#: What a statement calls how often somebody was found; what is disclosed stays where it is.
_SEARCHED: Final = {_DELETED: "Found when searched again", _LOOKED_FOR: "Found"}


def of(case: Case) -> Mapping[str, str]:
    """Return the proofs that the person of a request may fetch, by the name of their document; none before it is answered.

    Rule: 11 CCR 7101(a).
    """
    if not case.last_proof:
        return {}
    looked_for = case.entry(Step.RESIDUE_PROVED)
    found = {NAME: case.last_proof, RESIDUE: looked_for.detail["proof"] if looked_for else None}
    return {name: text for name, text in found.items() if text}


def shown(name: str, text: str) -> ShownProof:
    """Return a proof as a page shows it. Nothing is checked here: that is for the browser, which is not ours.

    Raises ProofInvalid for what is no proof. Rule: 11 CCR 7003(a) (plain words).
    """
    found = proof.read(text)
    said = json.loads(found.entry)
    targets = json.loads(found.found) if found.found else said.get("targets", {})  # before 0058 in the statement itself
    outcomes = tuple(TargetOutcome(target, one["did"], one["records"]) for target, one in targets.items())
    what = said["what"]
    heading, searched = _HEADINGS.get(what, what), _SEARCHED.get(what, "")
    return ShownProof(name, text, found.reference, what, heading, said["at"], searched, said.get("left", 0), outcomes)
