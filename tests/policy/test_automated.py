"""What changes when a program newly decides about people, and what is printed where none does."""

import pytest
from tests import houses
from tests.law.test_automated import PROGRAM, compiled

from avow.policy.changes.diff import diff
from avow.policy.printouts import statements


def changed(old, new):
    """Return what changes between two texts of the automated decision, with what is material."""
    found = diff(compiled(old).rulebook, compiled(new).rulebook)
    return [(one.material, one.words) for one in found if one.kind == "automated decision"]


@pytest.mark.parametrize(
    ("old", "new", "material", "words"),
    [
        (PROGRAM, PROGRAM.replace("the words of your message", "where you live"), True, "where you live"),
        (PROGRAM, PROGRAM + PROGRAM.replace("sorter", "second").replace('"employment"', '"housing"'), True, "who gets a home"),
        (PROGRAM + PROGRAM.replace("sorter", "second"), PROGRAM, False, "decides nothing about you any more"),
    ],
)
def test_what_a_program_newly_decides_or_how_is_material(old, new, material, words):
    """Told before it applies; what ends needs no notice. Rule: 11 CCR 7220; § 22575(b)(3)."""
    ((is_material, said),) = changed(old, new)
    assert (is_material, words in said) == (material, True)


def test_where_no_program_decides_it_says_so(complete):
    """The placeholder is there with and without."""
    assert "who is hired" in statements.automated_decisions(complete)
    assert "No program decides" in statements.automated_decisions(houses.compiled())
