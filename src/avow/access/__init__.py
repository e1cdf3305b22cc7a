"""Who may see the console: accounts by invitation, passwords, second factors, sign-ins and their limits, sessions, trainings.

`accounts` knows who there is; `invitations` are links that make an account or a new password; `passwords` hashes in a thread of
its own; `signing_in` counts tries before anything dear is done, and knows the devices that signed in before; `apps` looks at
codes and `passkeys` at what browsers sign; `second` asks for them; `sessions` begin and end; `oidc` asks the OpenID provider, and
`provided` has its accounts; `register` is what is decided about accounts; `staff` is all of it as pages see it. `build` wires it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from avow.access.accounts import Account, Accounts, Invitation, SignedIn, digest, named
from avow.access.apps import Codes, Keyed
from avow.access.failed import FailedSignIns
from avow.access.invitations import INVITATION, NAME_LENGTH, PASSWORD_LENGTH, accept, ends_ms, invite, new_token, open_invitation
from avow.access.oidc import Provider
from avow.access.passkeys import Passkeys
from avow.access.passwords import Passwords
from avow.access.provided import Provided
from avow.access.register import AccountLine, Register
from avow.access.second import Enrolled, Means, NewApp, Proof, Second
from avow.access.sessions import SESSION, Sessions
from avow.access.signing_in import ADDRESS_TRIES, DEVICE, NAME_TRIES, Admission, Attempt, Counts, Failures, Guard, sign_in
from avow.access.staff import SignIns, Staff
from avow.config import Configuration
from avow.gate.roles import Role
from avow.gate.versions import Versions
from avow.policy.rulebook.roles import with_administrator
from avow.store.control import Control
from avow.store.control.staff_training import Trained
from avow.store.store import Store

__all__ = [
    "ADDRESS_TRIES",
    "DEVICE",
    "INVITATION",
    "NAME_LENGTH",
    "NAME_TRIES",
    "PASSWORD_LENGTH",
    "SESSION",
    "Access",
    "Account",
    "AccountLine",
    "Accounts",
    "Admission",
    "Attempt",
    "Enrolled",
    "Failures",
    "Guard",
    "Invitation",
    "Means",
    "NewApp",
    "Passwords",
    "Proof",
    "Register",
    "Second",
    "Sessions",
    "SignedIn",
    "Trained",
    "accept",
    "build",
    "digest",
    "ends_ms",
    "invite",
    "named",
    "new_token",
    "open_invitation",
    "register_of",
    "sign_in",
]


@dataclass(frozen=True, slots=True)
class Access:
    """The room of a worker, whatever version of the policy is in force: who signs in, and what is decided about accounts."""

    staff: Staff
    register: Register
    _failures: Failures
    _failed: FailedSignIns

    def flush(self) -> None:
        """Hand the counts of failed sign-ins to the store."""
        self._failures.flush(self._failed.keep)


def build(
    store: Store,
    configuration: Configuration,
    versions: Versions,
    counts: Counts,
    address_of: Callable[[str, str], str],
    now_ms: Callable[[], int],
) -> Access:
    """Return the room. `counts` counts tries for all workers, `address_of` tells whom a try is counted for (`SignIns`)."""
    control, keyed, site = store.control, store.vault.hmac, configuration.sites[0].name
    sessions, guard, failures = Sessions(control, _idle_ms(configuration)), Guard(counts, keyed), Failures()
    passkeys = Passkeys(keyed, configuration.origin, f"Avow, {site}")
    needs_factor = not configuration.console.without_second_factor
    second = Second(sessions, guard, failures, Codes(keyed), passkeys, needs_factor, site)
    register = register_of(control, configuration, versions, now_ms)
    provided = _provided(control, configuration, keyed, second, register.declared)
    timezone, passwords = configuration.timezone, Passwords()
    signs = SignIns(Accounts(control), sessions, guard, second, provided, passwords, failures, address_of, timezone, now_ms)
    return Access(Staff(signs), register, failures, FailedSignIns(control, now_ms))


def register_of(control: Control, configuration: Configuration, versions: Versions, now_ms: Callable[[], int]) -> Register:
    """Return what is decided about accounts; before a first version is published there is the role of administrators alone."""

    def declared() -> Mapping[str, Role]:
        return versions.in_force().roles if versions.has_any() else with_administrator({}, (), ())

    needs_factor = not configuration.console.without_second_factor
    return Register(
        control, configuration.origin, configuration.timezone, _idle_ms(configuration), needs_factor, declared, now_ms
    )


def _provided(
    control: Control,
    configuration: Configuration,
    keyed: Keyed,
    second: Second,
    declared: Callable[[], Mapping[str, Role]],
) -> Provided | None:
    """Return how staff sign in at the provider; None where the configuration names none."""
    configured = configuration.openid_connect
    if not configured.issuer:
        return None
    provider = Provider(configured, f"{configuration.origin}/console/sign-in/provider/callback", keyed)
    return Provided(control, provider, second, second.failures, declared)


def _idle_ms(configuration: Configuration) -> int:
    return configuration.console.idle_minutes * 60_000
