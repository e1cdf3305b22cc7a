"""Accounts of people who sign in at the OpenID provider: made at the first sign-in, with the roles of their groups at each.

An account is the provider's subject, and no address or name: who gets another's address there gets nobody's account here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from avow.access.accounts import Account, SignedIn, account_of, named, refused
from avow.access.invitations import NAME_LENGTH
from avow.access.oidc import Begun, Claims, Provider
from avow.access.second import Second
from avow.access.signing_in import Failures
from avow.definitions import Refusal
from avow.gate import entries
from avow.gate.roles import Role
from avow.policy.rulebook.roles import of_names
from avow.store.control import Control, Transaction, staff, staff_sessions

#: Who decided where groups did.
BY: Final = "provider"
_NO_ROLE: Final = refused(
    "you are known there, and none of your groups has a role here; ask whoever administers accounts which group you need, and "
    "whoever looks after your company's sign-in to put you into it"
)
_TOO_OFTEN: Final = refused("too many sign-ins from your address; wait some minutes")
_GONE: Final = refused("the account is gone; sign in again")


@dataclass(frozen=True, slots=True)
class Arrived:
    """Somebody came back from the provider: what their browser gets, and the page that they asked for."""

    entered: SignedIn
    target: str


@dataclass(frozen=True, slots=True)
class Provided:
    """Signing in at the provider; `declared` returns the roles of the policy in force."""

    control: Control
    provider: Provider
    second: Second
    failures: Failures
    declared: Callable[[], Mapping[str, Role]]

    def begin(self, target: str, now_ms: int, *, again: bool) -> Begun | Refusal:
        """Send a browser to the provider."""
        return self.provider.begin(target, now_ms, again=again)

    def finish(self, answer: Mapping[str, str], cookie: str, browser: str, address: str, now_ms: int) -> Arrived | Refusal:
        """Let in who comes back; a provider's answer is counted by address before anything is asked for it."""
        admission = self.second.guard.admit_sender(address, now_ms)
        if isinstance(admission, Refusal):
            return _TOO_OFTEN
        claims = self.provider.finish(answer, cookie, now_ms)
        account = claims if isinstance(claims, Refusal) else self._account(claims, now_ms)
        if isinstance(account, Refusal):
            self.failures.add(None, now_ms)
            return account
        assert isinstance(claims, Claims)
        self.second.guard.take_back(admission, now_ms)
        entered = self.second.enter(account, browser, now_ms, is_proved=claims.has_second_factor)
        return Arrived(entered, claims.target) if entered else _GONE

    def _account(self, claims: Claims, now_ms: int) -> Account | Refusal:
        """Return the account of a subject, with the roles of its groups; one that has none any more is closed."""
        roles, issuer = self._roles(claims.groups), self.provider.configured.issuer
        with self.control.transaction() as tx:
            staff.hold(tx)
            known = staff.by_issuer(tx, issuer, claims.subject)
            if known is None and not roles:
                return _NO_ROLE
            staff_id = known.id if known else self._make(tx, claims, roles, now_ms)
            if known is not None and known.roles != roles:
                staff.change_roles(tx, staff_id, roles)
                entries.record(tx, now_ms, entries.StaffRolesChanged(staff_id, roles, BY))
            if not roles:
                if staff_sessions.end_all(tx, staff_id):
                    entries.record(tx, now_ms, entries.StaffChanged("staff.sessions-ended", staff_id, BY))
                return _NO_ROLE
            account = account_of(staff.get(tx, staff_id))
        return account or _GONE

    def _roles(self, groups: tuple[str, ...]) -> tuple[str, ...]:
        """Return the declared roles that groups map to; a group that nobody mapped gives none."""
        mapped = {role for group in groups for role in self.provider.configured.roles.get(group, ())}
        return tuple(sorted(one.name for one in of_names(self.declared(), mapped)))

    def _make(self, tx: Transaction, claims: Claims, roles: tuple[str, ...], now_ms: int) -> str:
        """Make the account of a subject, under a name that nobody has."""
        wanted = named(claims.name)[: NAME_LENGTH - 5].strip() or "somebody"
        numbered = (wanted, *(f"{wanted} ({number})" for number in range(2, 100)))
        name = next((one for one in numbered if staff.by_name(tx, one) is None), claims.subject[:NAME_LENGTH])
        staff_id = staff.add(tx, name, "", roles, now_ms, self.provider.configured.issuer, claims.subject)
        entries.record(tx, now_ms, entries.StaffAdded(staff_id, roles, issuer=True))
        return staff_id
