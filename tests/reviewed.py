"""What staff do with requests that wait for them, in tests: they look at what would happen, and have it carried out."""

from tests.houses import insider

from avow.definitions import Refusal
from avow.rights import kinds
from avow.rights.states import State

FIRST, SECOND = insider("s1"), insider("s2")


def looked_at(reviews):
    """Have one member, and a second one where it takes two, carry out whatever waits; return how many requests did."""
    waiting = [case.request_id for case in reviews.cases.every() if case.state is State.REVIEWING and kinds.of(case.kind).plan]
    return sum(carried_out(reviews, request_id) for request_id in waiting)


def carried_out(reviews, request_id):
    """Have two members look at a request and carry it out; return whether it went on."""
    page = reviews.page(request_id, FIRST)
    refusal = reviews.carry_out(request_id, page.digest, FIRST)
    if refusal is None and reviews.page(request_id, SECOND).asked:
        refusal = reviews.agree(request_id, page.digest, SECOND)
    assert not isinstance(refusal, Refusal) or page.is_suspected, refusal
    return refusal is None
