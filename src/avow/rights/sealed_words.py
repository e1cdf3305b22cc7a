"""Words of staff about a request, as its history keeps them: sealed under a key that lives as long as the record of it.

Rule: 11 CCR 7101(a).
"""

from __future__ import annotations

import base64

from avow.rights.cases import Case
from avow.rights.kept import Cases


def sealed(case: Case, words: str, cases: Cases) -> str:
    """Return words as a history keeps them."""
    return base64.b64encode(cases.store.seal_for_record(case.request_id, words.encode())).decode()


def opened(case: Case, kept: str, cases: Cases) -> str:
    """Return words that `sealed` kept; "" when their key is gone."""
    plain = cases.store.unseal_for_record(case.request_id, base64.b64decode(kept)) if kept else None
    return plain.decode() if plain is not None else ""
