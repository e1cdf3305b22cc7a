"""Words of staff about a request, as its history keeps them: sealed under a key that lives as long as the record of it.

Rule: 11 CCR 7101(a).
"""

from __future__ import annotations

import base64

from avow.rights.cases import Case
from avow.rights.kept import Cases
from avow.rights.states import Step


def sealed(case: Case, words: str, cases: Cases) -> str:
    """Return words as a history keeps them."""
    return base64.b64encode(cases.store.seal_for_record(case.request_id, words.encode())).decode()


def decided(case: Case, cases: Cases) -> str:
    """Return the words of the last decision, as its step has them; of one of earlier versions, as they kept them apart."""
    entry = case.entry(Step.DECIDED)
    kept = str(entry.detail.get("words", "")) if entry is not None else ""
    return opened(case, kept, cases) if kept else cases.belief(case.request_id)


def opened(case: Case, kept: str, cases: Cases) -> str:
    """Return words that `sealed` kept; "" when their key is gone."""
    plain = cases.store.unseal_for_record(case.request_id, base64.b64decode(kept)) if kept else None
    return plain.decode() if plain is not None else ""
