"""What a person knows who asks for their data: what they wrote, and their name under the declaration. One place for all tests."""

import re

from avow.definitions import IdentifierKind, identifier

SIGNED = "Robin Example"


def known(store, email, rulebook):
    """Return the answers of somebody who remembers what they sent last, by the names of the policy."""
    answers = {}
    for form in store.submissions_of(identifier(IdentifierKind.EMAIL, email)):
        answers |= {name: form.fields[name] for name, item in rulebook.data.items() if item.match and form.fields.get(name)}
    return answers


def vouch(staff, reference):
    """Let a member of staff say that they know who asks, for somebody who could be asked too little."""
    path = re.search(rf'href="(/console/requests/[0-9a-f]+)"[^>]*>{reference}<', staff.get("/console/requests").text)[1]
    token = re.search(r'name="token" value="([0-9a-f]{64})"', staff.get(path).text)[1]
    why = {"token": token, "reason": "We called the number on their invoice, and they named its total."}
    answer = staff.post(f"{path}/who", data=why)
    assert answer.status_code == 303, answer.text


def reference(page):
    """Return the reference of a request, as the page of its person shows it."""
    return re.search(r"<code>([0-9A-F]{10})</code>", page)[1]


def typed(signed=SIGNED, **answers):
    """Return the form of the page with these answers."""
    return {f"answer-{name}": text for name, text in answers.items()} | {"signed": signed}
