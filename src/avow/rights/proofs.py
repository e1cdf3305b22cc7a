"""The proofs of a consumer request, as its person gets them and as their page shows them."""

from __future__ import annotations

import json
from typing import Final

from avow.audit import proof
from avow.rights.answers import ShownProof, TargetOutcome

#: The proof of the answer, as it is attached to it.
NAME: Final = "proof.tlog-proof"
_SEARCHED: Final = "request.delete.done"
_HEADINGS: Final = {
    "request.know.done": "We put together what we hold about you",
    _SEARCHED: "We deleted what we held about you",
}


def shown(name: str, text: str) -> ShownProof:
    """Return a proof as a page shows it. Nothing is checked here: that is for the browser, which is not ours.

    Raises ProofInvalid for what is no proof.
    """
    found = proof.read(text)
    said = json.loads(found.entry)
    targets = json.loads(found.found) if found.found else said.get("targets", {})  # before 0058 in the statement itself
    outcomes = tuple(TargetOutcome(target, one["did"], one["records"]) for target, one in targets.items())
    left = said["left"] if said["what"] == _SEARCHED else None  # what is disclosed stays where it is
    heading = _HEADINGS.get(said["what"], said["what"])
    return ShownProof(name, text, found.reference, said["what"], heading, said["at"], left, outcomes)
