"""The strings that other companies' scripts read, against the published vectors."""

import itertools

import pytest

from avow.collection.privacy_strings import OptOut, gpp, opt_out, us_privacy, usca

NONE, OUT, IN = OptOut.NOT_APPLICABLE, OptOut.OPTED_OUT, OptOut.NOT_OPTED_OUT


@pytest.mark.parametrize(
    ("sale", "sharing", "gpc", "string"),
    [
        (IN, IN, False, "DBABBg~BUoAAACA.QA"),
        (OUT, OUT, True, "DBABBg~BUUAAACA.YA"),
        (NONE, NONE, True, "DBABBg~BAAAAACA.YA"),
    ],
)
def test_gpp_strings_are_those_of_the_specification(sale, sharing, gpc, string):
    """The vectors were made with the IAB's own library."""
    assert gpp(sale, sharing, gpc=gpc) == string


def test_every_answer_has_a_string_of_its_own():
    """Nothing that a visitor can say is lost in the coding."""
    said = list(itertools.product(OptOut, OptOut, (False, True)))
    assert len({gpp(sale, sharing, gpc=gpc) for sale, sharing, gpc in said}) == len(said)
    assert usca(OUT, IN, gpc=True)["SharingOptOut"] == 2


@pytest.mark.parametrize(
    ("sale", "sharing", "string"),
    [(NONE, NONE, "1---"), (OUT, OUT, "1YYN"), (NONE, OUT, "1YYN"), (IN, OUT, "1YNN"), (IN, NONE, "1YNN")],
)
def test_us_privacy_says_opted_out_only_of_everything(sale, sharing, string):
    """Version, notice, opt-out, agreement; a string must not promise more than was said."""
    assert us_privacy(sale, sharing) == string


@pytest.mark.parametrize(
    ("purposes", "stopped", "said"),
    [(set(), {"a"}, NONE), ({"a"}, {"a", "b"}, OUT), ({"a", "b"}, {"a"}, IN), ({"a"}, set(), IN)],
)
def test_opted_out_means_of_every_purpose(purposes, stopped, said):
    """One purpose that goes on is not opted out."""
    assert opt_out(frozenset(purposes), frozenset(stopped)) is said
