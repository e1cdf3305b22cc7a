"""Run a command with the system calls that a unit leaves it, as systemd does (seccomp): `system_calls.py FILTER COMMAND...`.

FILTER is every `SystemCallFilter=` of the unit, one after the other; a call that is filtered fails with EPERM.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys

ALLOW, FAIL_WITH_EPERM = 0x7FFF0000, 0x00050001  # seccomp.h of libseccomp


def calls_of(name):
    """Return the calls of a set of systemd's, and of the sets within it; a call's own name is one call."""
    if not name.startswith("@"):
        return {name}
    said = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True).stdout
    inside = (line.strip() for line in said.splitlines()[1:])
    return set().union(*(calls_of(one) for one in inside if one and not one.startswith("#")))


def allowed(filters):
    """Return the calls that are left: what is listed, without what is listed after a ~, and what every service has."""
    left = set()
    for line in filters.splitlines():
        named = set().union(*(calls_of(name) for name in line.removeprefix("~").split()))
        left = left - named if line.startswith("~") else left | named
    return left | calls_of("@default")


def confine(names):
    """Have every other call of this process, and of all that it starts, fail from now on."""
    library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    library.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(library.seccomp_init(FAIL_WITH_EPERM))
    for number in filter(lambda one: one >= 0, (library.seccomp_syscall_resolve_name(name.encode()) for name in names)):
        assert library.seccomp_rule_add(context, ALLOW, number, 0) == 0
    assert library.seccomp_load(context) == 0


if __name__ == "__main__":
    confine(allowed(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])
