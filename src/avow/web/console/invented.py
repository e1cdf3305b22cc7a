"""What each page of the console says of a demonstration, where there is one: that it shows it, leaves it out, or logs it.

One word for all of them, "demonstration", by one sentence in the frame; a test holds the pages of the menu against this list.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Word(StrEnum):
    """What a page does with what invented visitors left."""

    SHOWN = "shown"
    LEFT_OUT = "left-out"
    LOGGED = "logged"


#: Address -> what the page there does. Who counts figures of people, or says how the policy is kept, leaves it out.
PAGES: Final[Mapping[str, Word]] = {
    "/console/campaigns": Word.SHOWN,
    "/console/searches": Word.SHOWN,
    "/console/recordings": Word.SHOWN,
    "/console/inbox": Word.SHOWN,
    "/console/outbox": Word.SHOWN,
    "/console/requests": Word.SHOWN,
    "/console/kept": Word.SHOWN,
    "/console/mailings": Word.LEFT_OUT,
    "/console/deliveries": Word.LEFT_OUT,
    "/console/choices": Word.LEFT_OUT,
    "/console/record": Word.LEFT_OUT,
    "/console/recipients": Word.LEFT_OUT,
    "/console/recipients/opt-outs": Word.LEFT_OUT,
    "/console/policy": Word.LEFT_OUT,
    "/console/refusals": Word.LEFT_OUT,
    "/console/evidence": Word.LEFT_OUT,
    "/console/evidence/requests": Word.LEFT_OUT,
    "/console/audit": Word.LOGGED,
}
#: The dashboard says it itself, with how many views of the period that it shows are invented.
BY_ITSELF: Final = frozenset(("/console",))
#: Pages about the installation and its staff, on which no visitor leaves anything.
OF_NO_VISITOR: Final = frozenset(
    ("/console/browser-reports", "/console/integrity", "/console/set-aside", "/console/imports", "/console/staff")
)
