"""One mistake gives one finding, and what is declared and incomplete is never said not to be there."""

import pytest

CONTRACT = ("[recipient.post.contract]", "same_for_subcontractors = true\n")
JOBS = """
## Jobs {#jobs}

Job applicants read here what we do with your letter.

```avow
[collection.jobs]
label      = "Jobs"
technology = "form"
source     = "consumer"
people     = "applicants"
data       = ["email"]
purposes   = ["answer"]
```
"""
CONTACT = '[contact.lamps]\nlabel = "Lamps"\nemial = "lamps@tarn.example"\n'


def _found(compiled, text):
    return [(item.code, item.message) for item in compiled(text).diagnostics]


def _codes(compiled, text):
    return [code for code, _ in _found(compiled, text)]


@pytest.mark.parametrize("said", ["service providers", "vendors", "our contractors", "partners who act on our behalf"])
def test_a_provider_without_its_contract_is_declared(compiled, small_text, said):
    """By law it is a third party until the contract is there; nobody may read that none is declared."""
    start = small_text.index(CONTRACT[0])
    end = small_text.index(CONTRACT[1]) + len(CONTRACT[1])
    text = small_text[:start] + small_text[end:]
    text = text.replace("We do not sell or share personal information.", f"We share what you write with {said}.")
    assert _codes(compiled, text) == ["AV0402"]


def test_what_lacks_says_what_role_would_do(compiled, small_text):
    """A service provider is declared, and the prose speaks of partners: the message names the role, not "none"."""
    ((code, message),) = _found(compiled, small_text.replace("We answer what", "We share it with partners. We answer what"))
    assert (code, "no recipient of that role is declared (third-party)" in message) == ("AV0511", True)


def test_a_point_of_applicants_without_a_period_is_declared(compiled, small_text):
    """The period alone is missing."""
    assert _codes(compiled, small_text + JOBS) == ["AV0302"]


def test_an_address_whose_declaration_has_a_slip_is_declared(compiled, small_text):
    """The key is misspelt; the address in prose is right."""
    text = small_text.replace("[accessibility]", f"{CONTACT}\n[accessibility]").replace(
        "Write to", "Write to lamps@tarn.example,"
    )
    assert _codes(compiled, text) == ["AV0103"]


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("collection", "[collection.letter]", "[collection.visit]"),
        ("purpose", "[purpose.answer]", "[purpose.count]"),
        ("data", "[data.text]", "[data.page]"),
        ("right", "[agents]", '[right.know]\nmethods = ["email"]\nverification = "by a link"\nlevel = "reasonable"\n[agents]'),
        ("signal", "[changes]", '[signal.gpc]\nstops = []\nsentence = "No."\n[changes]'),
    ],
)
def test_a_name_declared_twice_is_one_mistake(compiled, small_text, kind, old, new):
    """What the second was meant to be is not known, so nothing is said to be missing, unused or of another length."""
    ((code, message),) = _found(compiled, small_text.replace(old, new))
    assert (code, message.startswith(f'{kind} "')) == ("AV0106", True)


def test_a_period_that_may_stand_in_what_has_a_slip_is_not_missed(compiled, small_text):
    """The table of all periods is shown elsewhere; the point that has this one is misspelt."""
    text = small_text.replace("{{ retention }}", "We erase letters after 24 months.\n\n{{ retention }}")
    assert _codes(compiled, text.replace('label      = "Letter form"', 'lable      = "Letter form"')) == ["AV0103"]


def test_keys_above_every_table_are_told_where_they_stand(compiled, small_text):
    """The reader of the block stops at a later table of the same name, which is right."""
    text = small_text.replace("[collection.letter]\n", "").replace('"Letter form"', '"Letter form"\nemail = 1')
    (found,) = compiled(text.replace("[data.email]", "[data.email]\n[data.email]")).diagnostics
    assert (found.code, text.splitlines()[found.line - 1]) == ("AV0101", 'label      = "Letter form"')
