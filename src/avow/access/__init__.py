"""Who may see the console: accounts by invitation, passwords, sign-ins and their limits, sessions.

`accounts` knows who there is, and their sessions; `invitations` are links that make an account or a new password; `passwords`
hashes in a thread of its own; `signing_in` counts tries before anything dear is done, and knows the devices that signed in
before; `register` is what is decided about accounts.
"""

from avow.access.accounts import ROLE, SESSION, Account, Accounts, Invitation, SignedIn, digest, member, named, sign_out
from avow.access.invitations import INVITATION, NAME_LENGTH, PASSWORD_LENGTH, accept, ends_ms, invite, new_token, open_invitation
from avow.access.passwords import Passwords
from avow.access.register import AccountLine, Register
from avow.access.signing_in import ADDRESS_TRIES, DEVICE, NAME_TRIES, Admission, Attempt, Failures, Guard, sign_in

__all__ = [
    "ADDRESS_TRIES",
    "DEVICE",
    "INVITATION",
    "NAME_LENGTH",
    "NAME_TRIES",
    "PASSWORD_LENGTH",
    "ROLE",
    "SESSION",
    "Account",
    "AccountLine",
    "Accounts",
    "Admission",
    "Attempt",
    "Failures",
    "Guard",
    "Invitation",
    "Passwords",
    "Register",
    "SignedIn",
    "accept",
    "digest",
    "ends_ms",
    "invite",
    "member",
    "named",
    "new_token",
    "open_invitation",
    "sign_in",
    "sign_out",
]
