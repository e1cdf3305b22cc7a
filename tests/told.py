"""A policy of a company with recipients that keep data, in tests; and what went to them, planted as the gate notes it."""

from __future__ import annotations

import re
from functools import cache

from tests.houses import FIRST_DAY, MARROWBY

from avow import policy
from avow.definitions import IdentifierKind, identifier
from avow.gate import disclosures
from avow.gate.disclosures import Leave
from avow.policy.checks.carried_out import EVERYTHING
from avow.recipients.register import Register
from avow.rights.answering import RecipientPages
from avow.rights.kept import Cases
from avow.rights.telling import ToldRecipients

CLAUSES = """no_sale_or_sharing      = true
specific_purposes       = true
no_other_use            = true
no_combining            = true
same_protection         = true
checks                  = true
notice_if_unable        = true
stop_and_mend           = true
helps_with_requests     = true
same_for_subcontractors = true
"""


def recipient(name, label, days, instruct, *, role="service-provider"):
    """Return the declaration of a recipient; a service provider has the whole contract."""
    declared = f"""[recipient.{name}]
label      = "{label}"
role       = "{role}"
services   = "keeps our list of customers"
categories = ["A", "D", "I"]
purposes   = ["answer-questions"]
country    = "United States"
keeps_days = {days}
"""
    instructed = f'instruct   = "{instruct}"\n' if instruct else ""
    return declared + instructed + f"\n[recipient.{name}.contract]\nsigned = 2026-09-14\n{CLAUSES}\n"


def told_recipients(house, places, cases=None):
    """Return what the desk knows of recipients that were told."""
    pages = RecipientPages(cases or Cases(house.store), house.versions, house.store.vault.hmac, house.now_ms)
    return ToldRecipients(pages, places, (3, 7, 14))


CRM = recipient("crm", "Copperline Contacts", 730, "page")
POST = recipient("post", "Dunlin Letters", 90, "mail")


@cache
def policy_with(*declared, names=("crm", "post"), **more):
    """Return the example policy with more recipients, to which the contact form goes, compiled as a draft."""
    text = MARROWBY.replace("[recipient.shop]", "".join(declared or (CRM, POST)) + "[recipient.shop]")
    given = ", ".join(f'"{name}"' for name in ("mail-service", *names))
    form, rest = text.split("[collection.contact-form]")[0], text.split("[collection.contact-form]")[1]
    text = form + "[collection.contact-form]" + re.sub(r"recipients = \[[^]]*\]", f"recipients = [{given}]", rest, count=1)
    for old, new in more.get("replaced", ()):
        text = text.replace(old, new)
    found = policy.compile_text(text, "policy.md", policy.law.tables(), FIRST_DAY, does=EVERYTHING)
    assert found.rulebook, found.diagnostics
    return found.rulebook


def gone(house, email, name, rulebook=None, categories="AI", *, demonstration=False):
    """Note that what somebody wrote went to a recipient, at this moment, under a version."""
    rulebook = rulebook or house.versions.in_force()
    person = identifier(IdentifierKind.EMAIL, email)
    subject = house.store.vault.subjects_for([person], house.now_ms())[person]
    leave = Leave(rulebook, name, "answer-questions", "contact-form", categories, "marrowby", subject)
    with house.store.control.transaction() as tx:
        disclosures.note(tx, leave, house.now_ms(), demonstration=demonstration)


def sold(house, email, name):
    """Note that what somebody wrote went to a recipient whose contract lacked a clause, and more once that was mended."""
    register = Register(house.store, house.versions, house.now_ms)
    gone(house, email, name)
    assert register.clause(name, "no_combining", "s1", is_missing=True) is None
    house.wait(hours=1)
    assert register.clause(name, "no_combining", "s1", is_missing=False) is None
    house.wait(hours=1)
    gone(house, email, name)
