"""What a person knows who asks for their data: what they wrote, and their name under the declaration. One place for all tests."""

import re
import time

from avow.definitions import IdentifierKind, identifier

SIGNED = "Robin Example"


def each_known(store, email, rulebook):
    """Return the answers of somebody who remembers all that they sent: by the names of the policy, for each record."""
    person = identifier(IdentifierKind.EMAIL, email)
    records = [one.fields for one in (*store.submissions_of(person), *store.kept.of([person]))]
    asked = [name for name, item in rulebook.data.items() if item.match]
    return [{name: fields[name] for name in asked if fields.get(name)} for fields in records]


def known(store, email, rulebook):
    """Return the answers of somebody who remembers what they sent last."""
    return {name: text for answers in each_known(store, email, rulebook) for name, text in answers.items()}


def vouch(staff, reference):
    """Let a member of staff say that they know who asks, for somebody who could be asked too little."""
    path = re.search(rf'href="(/console/requests/[0-9a-f]+)"[^>]*>{reference}<', staff.get("/console/requests").text)[1]
    token = re.search(r'name="token" value="([0-9a-f]{64})"', staff.get(path).text)[1]
    why = {"token": token, "reason": "We called the number on their invoice, and they named its total."}
    answer = staff.post(f"{path}/who", data=why)
    assert answer.status_code == 303, answer.text


def carried_out(quoted, first, second=None):
    """Let staff carry out a request that waits for them, once it does; where it takes two, `second` looks after `first`.

    One that goes by itself is left to itself, and so is every one of a version that asked nobody.
    """
    found = first.get(f"/console/requests?reference={quoted}", follow_redirects=False)
    path, steps = f"{found.headers.get('location')}/plan", [(first, "carry-out"), (second, "second")]
    for _ in range(200 if found.status_code == 303 else 0):
        who, act = steps[0]
        text = (who or first).get(path).text
        if "what became of it</h1>" in text or not steps:
            return
        if who is not None and f"{path}/{act}" in text and (seen := re.search(r'name="seen" value="([0-9a-f]{32})"', text)):
            token = re.search(r'name="token" value="([0-9a-f]{64})"', text)[1]
            who.post(f"{path}/{act}", data={"token": token, "seen": seen[1]}, follow_redirects=False)
            steps = steps[1:] or steps
        time.sleep(0.1)
    assert found.status_code != 303, f"{quoted} was not carried out"


def reference(page):
    """Return the reference of a request, as the page of its person shows it."""
    return re.search(r"<code>([0-9A-F]{10})</code>", page)[1]


def typed(signed=SIGNED, **answers):
    """Return the form of the page with these answers."""
    return {f"answer-{name}": text for name, text in answers.items()} | {"signed": signed}
