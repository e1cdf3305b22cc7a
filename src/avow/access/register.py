"""Who has an account, and what is decided about it: the same for the console and for commands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from avow.access.accounts import RULE, digest, refused
from avow.access.answers import AccountPage, PasskeyLine, SessionLine, TrainingLine
from avow.access.invitations import ends_ms, new_token
from avow.definitions import Refusal, local_date
from avow.gate import entries
from avow.gate.roles import Act, Role
from avow.policy.rulebook.roles import of_names
from avow.store.control import Control, Transaction, staff, staff_factors, staff_sessions, staff_training
from avow.store.control.staff import StaffMember
from avow.store.control.staff_training import Trained

#: Who decided, where no member of staff did.
COMMAND: Final = "command"
#: Longest words about a training.
TOPIC: Final = 200
_GONE: Final = Refusal("there is no such account; it may have been removed", RULE)
_LAST: Final = Refusal(
    "this is the last account of our own that may administer, and nobody could let anybody in without it; give another one a "
    "role that may, or invite somebody, first",
    RULE,
)
_NO_ROLE: Final = Refusal("choose at least one role; an account without one could see nothing", RULE)
_LAST_FACTOR: Final = Refusal("this is the only second factor, and one is needed here; set up another one first", RULE)


@dataclass(frozen=True, slots=True)
class AccountLine:
    """An account: since when, its last sign-in, how many sessions are open, how many sign-ins failed in 30 days.

    `trained_until` is the last day of its training; None for none.
    """

    staff_id: str
    name: str
    roles: tuple[str, ...]
    created_ms: int
    signed_in_ms: int | None
    sessions: int
    failed: int
    has_factor: bool
    issuer: str
    trained_until: date | None
    is_trained: bool


@dataclass(frozen=True, slots=True)
class Register:
    """Who has an account; `by` is the id of the member of staff who decides, "" a command. Each decision is an audit entry.

    `declared` returns the roles of the policy in force; `needs_factor` says whether each account needs a second factor.
    """

    control: Control
    origin: str
    timezone: str
    idle_ms: int
    needs_factor: bool
    declared: Callable[[], Mapping[str, Role]]
    now_ms: Callable[[], int]

    def accounts(self) -> tuple[AccountLine, ...]:
        """Return all accounts by name."""
        now_ms = self.now_ms()
        with self.control.reading() as tx:
            sessions, failed = staff_sessions.count(tx, now_ms, self.idle_ms), staff.failed(tx)
            rows, proved, trained = staff.every(tx), staff_factors.have(tx), staff_training.until(tx)
        today = local_date(now_ms, self.timezone)
        return tuple(
            AccountLine(
                staff_id=row.id,
                name=row.name,
                roles=row.roles,
                created_ms=row.created_ms,
                signed_in_ms=row.signed_in_ms,
                sessions=sessions.get(row.id, 0),
                failed=failed.get(row.id, 0),
                has_factor=row.id in proved,
                issuer=row.issuer,
                trained_until=trained.get(row.id),
                is_trained=row.id in trained and trained[row.id] >= today,
            )
            for row in rows
        )

    def page(self, staff_id: str, session: str = "") -> AccountPage | None:
        """Return all that is known of an account; `session` is the token of the one that looks, when it is its own."""
        now_ms = self.now_ms()
        today = local_date(now_ms, self.timezone)
        with self.control.reading() as tx:
            row = staff.get(tx, staff_id)
            if row is None:
                return None
            app, passkeys = staff_factors.app(tx, staff_id), staff_factors.passkeys(tx, staff_id)
            left, sessions = (
                staff_factors.recovery_codes_left(tx, staff_id),
                staff_sessions.of(tx, staff_id, now_ms, self.idle_ms),
            )
            trainings = staff_training.of(tx, staff_id)
        this = bytes.fromhex(digest(session)) if session else b""
        return AccountPage(
            staff_id=row.id,
            name=row.name,
            roles=row.roles,
            issuer=row.issuer,
            created_ms=row.created_ms,
            app_since_ms=app.since_ms if app else None,
            passkeys=tuple(PasskeyLine(p.number, p.label, p.since_ms, p.used_ms, p.cloned_ms is not None) for p in passkeys),
            recovery_codes=left,
            sessions=tuple(SessionLine(s.number, s.browser, s.begun_ms, s.seen_ms, s.token_hash == this) for s in sessions),
            trainings=tuple(TrainingLine(t.id, t.topic, t.trained_on, t.until_on, t.until_on >= today) for t in trainings),
        )

    def failed_unknown(self) -> int:
        """Return how many sign-ins failed under names that nobody has."""
        with self.control.reading() as tx:
            return staff.failed(tx).get("", 0)

    # -- accounts --------------------------------------------------------------------------------------------------------------

    def invite(self, roles: Iterable[str], by: str = "") -> str | Refusal:
        """Return a one-time link with which somebody makes an account that has these roles."""
        wanted = tuple(sorted(set(roles)))
        refusal = self._unfit(wanted)
        return refusal or self._link(wanted, "", entries.StaffInvited(wanted, by or COMMAND))

    def new_password(self, staff_id: str, by: str = "") -> str | Refusal:
        """Return a one-time link with which an account gets a new password; the old one works until then."""
        with self.control.reading() as tx:
            account = staff.get(tx, staff_id)
        if account is None:
            return _GONE
        if account.issuer:
            return refused("this account has no password: it signs in at your OpenID provider")
        return self._link(account.roles, staff_id, entries.StaffChanged("staff.password-invited", staff_id, by or COMMAND))

    def change_roles(self, staff_id: str, was: Iterable[str] | None, roles: Iterable[str], by: str = "") -> Refusal | None:
        """Give an account other roles, which hold from its next HTTP request on.

        `was` is what the page showed that they were decided from; when it is not so any more, nothing is changed. None: whatever
        they are.
        """
        wanted = tuple(sorted(set(roles)))
        refusal = self._unfit(wanted)
        if refusal is not None:
            return refusal
        with self.control.transaction() as tx:
            staff.hold(tx)
            account = staff.get(tx, staff_id)
            if account is None:
                return _GONE
            if was is not None and account.roles != tuple(sorted(set(was))):
                now = ", ".join(account.roles)
                return refused(f"somebody else changed the roles of this account meanwhile: they are {now}; look again")
            if account.issuer:
                return refused("this account signs in at your OpenID provider, and its roles follow from its groups there")
            if self._is_last(tx, account) and not self._administers(wanted):
                return _LAST
            if account.roles != wanted:
                staff.change_roles(tx, staff_id, wanted)
                entries.record(tx, self.now_ms(), entries.StaffRolesChanged(staff_id, wanted, by or COMMAND))
        return None

    def remove(self, staff_id: str, by: str = "") -> Refusal | None:
        """Remove an account, its sessions, and every open invitation; the last one that may administer stays."""
        with self.control.transaction() as tx:
            staff.hold(tx)
            account = staff.get(tx, staff_id)
            if account is None:
                return _GONE
            if self._is_last(tx, account):
                return _LAST
            staff.remove(tx, staff_id)
            self._note(tx, "staff.removed", staff_id, by)
        return None

    # -- sessions --------------------------------------------------------------------------------------------------------------

    def end_sessions(self, staff_id: str, by: str = "") -> Refusal | None:
        """End every session of an account."""
        with self.control.transaction() as tx:
            if staff.get(tx, staff_id) is None:
                return _GONE
            staff_sessions.end_all(tx, staff_id)
            self._note(tx, "staff.sessions-ended", staff_id, by)
        return None

    def end_session(self, staff_id: str, number: str, by: str = "") -> Refusal | None:
        """End one session of an account."""
        with self.control.transaction() as tx:
            if not staff_sessions.end_numbered(tx, staff_id, number):
                return refused("there is no such session; it may have ended")
            self._note(tx, "staff.sessions-ended", staff_id, by)
        return None

    # -- factors ---------------------------------------------------------------------------------------------------------------

    def reset_factors(self, staff_id: str, by: str = "") -> Refusal | None:
        """Remove every factor and recovery code of an account, for who lost them; its sessions end."""
        with self.control.transaction() as tx:
            if staff.get(tx, staff_id) is None:
                return _GONE
            staff_factors.remove_all(tx, staff_id)
            staff_sessions.end_all(tx, staff_id)
            entries.record(tx, self.now_ms(), entries.StaffFactor("staff.factors-reset", staff_id, by or COMMAND))
        return None

    def remove_app(self, staff_id: str, by: str) -> Refusal | None:
        """Remove the app of an account; the only factor stays where one is needed."""
        with self.control.transaction() as tx:
            staff.hold(tx)
            if self.needs_factor and not staff_factors.passkeys(tx, staff_id):
                return _LAST_FACTOR
            if not staff_factors.remove_app(tx, staff_id):
                return refused("there is no app any more")
            entries.record(tx, self.now_ms(), entries.StaffFactor("staff.factor-removed", staff_id, by, "app"))
        return None

    def remove_passkey(self, staff_id: str, number: str, by: str) -> Refusal | None:
        """Remove a passkey of an account; the only factor stays where one is needed."""
        with self.control.transaction() as tx:
            staff.hold(tx)
            others = [one for one in staff_factors.passkeys(tx, staff_id) if one.number != number]
            if self.needs_factor and not others and staff_factors.app(tx, staff_id) is None:
                return _LAST_FACTOR
            if not staff_factors.remove_passkey(tx, staff_id, number):
                return refused("there is no such passkey any more")
            entries.record(tx, self.now_ms(), entries.StaffFactor("staff.factor-removed", staff_id, by, "passkey"))
        return None

    # -- trainings -------------------------------------------------------------------------------------------------------------

    def train(self, staff_id: str, training: Trained, by: str = "") -> Refusal | None:
        """Note that a member of staff was trained, and until when that holds. Rule: 11 CCR 7100(a)."""
        today = local_date(self.now_ms(), self.timezone)
        if not 1 <= len(training.topic.strip()) <= TOPIC or not training.topic.isprintable():
            return refused(f"say on what they were trained, in 1 to {TOPIC} characters")
        if training.trained_on > today:
            return refused(f"a training of {training.trained_on} is still to come; note it when it was")
        if training.until_on < training.trained_on:
            return refused(f"a training that holds until {training.until_on} ended before it was; choose a later day")
        with self.control.transaction() as tx:
            staff.hold(tx)
            if staff.get(tx, staff_id) is None:
                return _GONE
            noted = Trained(training.topic.strip(), training.trained_on, training.until_on)
            staff_training.add(tx, staff_id, noted, by or COMMAND, self.now_ms())
            until = training.until_on.isoformat()
            entries.record(tx, self.now_ms(), entries.StaffTrained("staff.trained", staff_id, until, by or COMMAND))
        return None

    def remove_training(self, staff_id: str, training_id: str, by: str = "") -> Refusal | None:
        """Remove a training that was noted by mistake."""
        with self.control.transaction() as tx:
            found = next((one for one in staff_training.of(tx, staff_id) if one.id == training_id), None)
            if found is None or not staff_training.remove(tx, staff_id, training_id):
                return refused("there is no such training; it may have been removed")
            until = found.until_on.isoformat()
            entries.record(tx, self.now_ms(), entries.StaffTrained("staff.training-removed", staff_id, until, by or COMMAND))
        return None

    # -- inside ----------------------------------------------------------------------------------------------------------------

    def _unfit(self, roles: tuple[str, ...]) -> Refusal | None:
        """Return why an account cannot have these roles."""
        if not roles:
            return _NO_ROLE
        declared = self.declared()
        unknown = next((one for one in roles if one not in declared), None)
        if unknown is None:
            return None
        return refused(f"the policy in force declares no role “{unknown}”; it has {', '.join(sorted(declared))}")

    def _administers(self, roles: Iterable[str]) -> bool:
        """Return whether one of these roles may administer, by today's name or a former one."""
        return any(role.may_do(Act.ADMINISTER) for role in of_names(self.declared(), roles))

    def _is_last(self, tx: Transaction, account: StaffMember) -> bool:
        """Return whether nobody else with a password could administer without this account; the caller holds the accounts.

        Who signs in at a provider does not count: its groups, or its end, would close the console.
        """
        if account.issuer or not self._administers(account.roles):
            return False
        return not any(self._administers(one.roles) for one in staff.every(tx) if one.id != account.id and not one.issuer)

    def _link(self, roles: tuple[str, ...], staff_id: str, entry: entries.Entry) -> str:
        token, now_ms = new_token(), self.now_ms()
        with self.control.transaction() as tx:
            staff.invite(tx, bytes.fromhex(digest(token)), roles, ends_ms(now_ms), staff_id)
            entries.record(tx, now_ms, entry)
        return f"{self.origin.rstrip('/')}/console/invitations/{token}"

    def _note(self, tx: Transaction, what: str, staff_id: str, by: str) -> None:
        entries.record(tx, self.now_ms(), entries.StaffChanged(what, staff_id, by or COMMAND))
