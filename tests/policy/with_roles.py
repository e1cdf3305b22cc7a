"""The small policy with roles: who reads letters and answers requests, and who sees figures."""

DESK = """\
[role.desk]
label    = "Letter desk"
may      = ["read", "answer", "decide"]
points   = ["letter"]
purposes = ["answer"]
"""
ANALYST = """\
[role.analyst]
label    = "Analytics"
may      = ["measure"]
points   = ["visit"]
purposes = ["count", "return"]
"""
HEADING = "## Who among us sees it {#who-sees-it}\n"


def with_roles(text, *roles, prose=""):
    """Return a policy with these blocks in a section of their own."""
    blocks = "\n".join(roles or (DESK, ANALYST))
    return f"{text}\n{HEADING}\n{prose}\n\n```avow\n{blocks}```\n"
