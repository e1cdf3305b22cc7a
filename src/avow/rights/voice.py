"""In whose name a consumer request is answered, and by which links: what every message about one needs."""

from __future__ import annotations

from dataclasses import dataclass

from avow.gate.sites import Site
from avow.policy import Rulebook
from avow.rights import verification
from avow.rights.cases import Case
from avow.rights.verification import Hmac, Link


@dataclass(frozen=True, slots=True)
class Voice:
    """What every message needs: the website in whose name it goes, the vault's HMAC for links, the Rulebook."""

    site: Site
    keyed: Hmac
    rulebook: Rulebook

    def link(self, purpose: Link, case: Case) -> str:
        """Return a link into the privacy centre. Rule: 11 CCR 7024(g) (secure transmission)."""
        if purpose is Link.CONFIRM:
            proves = verification.link(purpose, case.request_id, self.keyed, case.corrections)
            return f"{self.site.origin}/privacy/verify/{proves}"
        if purpose is Link.APPEAL:
            return f"{self.site.origin}/privacy/appeal/{verification.link(purpose, case.request_id, self.keyed)}"
        return f"{self.site.origin}/privacy/requests/{verification.link(purpose, case.request_id, self.keyed)}"
