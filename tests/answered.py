"""What a person knows who asks for their data: what they wrote, and their name under the declaration. One place for all tests."""

from avow.definitions import IdentifierKind, identifier

SIGNED = "Robin Example"


def known(store, email, rulebook):
    """Return the answers of somebody who remembers what they sent last, by the names of the policy."""
    answers = {}
    for form in store.submissions_of(identifier(IdentifierKind.EMAIL, email)):
        answers |= {name: form.fields[name] for name, item in rulebook.data.items() if item.match and form.fields.get(name)}
    return answers


def typed(signed=SIGNED, **answers):
    """Return the form of the page with these answers."""
    return {f"answer-{name}": text for name, text in answers.items()} | {"signed": signed}
