"""One sender has one allowance, whatever others send; what is remembered has bounds, and means nothing after two hours."""

import pytest

from avow.collection.limits import sender_counts, sender_memory
from avow.collection.limits.sender_counts import NETWORK_TIMES, Counts, SharedCounts

NOW = 1_795_460_400_000
HOME = "203.0.113.9"
HOUR = 3_600_000


@pytest.fixture
def counts():
    return Counts()


def test_a_flood_of_senders_pushes_out_nobody_who_is_near_its_limit(counts):
    """Who did least is forgotten first: senders of one act each push out each other."""
    assert counts.lease(HOME, 9, 12, NOW, "form") == 9
    for number in range(sender_memory.SENDERS + 10):
        assert counts.let_in(f"sender-{number}", 12, NOW + number)
    assert counts.lease(HOME, 9, 12, NOW, "form") == 3
    assert counts.let_in("sender-0", 1, NOW), "the first of the flood was forgotten"


def test_what_is_cheap_to_send_pushes_out_nothing_of_what_is_dear(counts):
    """Each act has a room of its own."""
    assert counts.let_in("robin", 1, NOW, "sign-in")
    for number in range(sender_memory.SENDERS + 10):
        counts.let_in(f"sender-{number}", 1, NOW, "form")
    assert not counts.let_in("robin", 1, NOW, "sign-in")


def test_who_has_a_whole_network_is_counted_by_it(counts):
    """Addresses of a /48 or a /24 have sixteen allowances together, and fill the room with no more senders than that."""
    for network in ("2001:db8:7:{:x}::1", "198.51.100.{}"):
        let_in = [counts.let_in(network.format(number), 2, NOW) for number in range(256)]
        assert let_in == [True] * (2 * NETWORK_TIMES) + [False] * (256 - 2 * NETWORK_TIMES)
    assert max(counts.memory.sizes()) <= 4 * NETWORK_TIMES
    assert counts.let_in("2001:db8:8::1", 2, NOW)


def test_an_address_is_one_sender_in_either_writing(counts):
    """An IPv4 address is the same in both; a /64 of IPv6 is one sender; a name is one as it is."""
    assert counts.let_in(HOME, 1, NOW)
    assert not counts.let_in(f"::ffff:{HOME}", 1, NOW)
    assert counts.let_in("2001:db8:1:2::1", 1, NOW)
    assert not counts.let_in("2001:db8:1:2:ffff::1", 1, NOW)
    assert counts.let_in("robin", 1, NOW)
    assert counts.let_in("sam", 1, NOW)


@pytest.mark.parametrize("within_ms", [60_000, HOUR])
def test_an_act_counts_for_the_whole_of_its_time(counts, within_ms):
    """Also when the salt of the hour is renewed meanwhile; and no longer."""
    counts.let_in("somebody", 1, NOW - HOUR + 1000)
    assert counts.let_in(HOME, 1, NOW, "letter", within_ms)
    assert not counts.let_in(HOME, 1, NOW + within_ms - 1, "letter", within_ms)
    assert counts.let_in(HOME, 1, NOW + within_ms, "letter", within_ms)
    with pytest.raises(ValueError, match="at most 3600000"):
        counts.let_in(HOME, 1, NOW, "letter", HOUR + 1)


def test_no_salt_lives_for_more_than_two_hours(counts):
    """Neither by the clock nor when it was ahead and is put back; a little back is the same hour."""
    counts.let_in(HOME, 1, NOW)
    names = counts.memory.names()
    assert all(len(name) == 16 and HOME.encode() not in name for name in names)
    assert not counts.let_in(HOME, 1, NOW - 1)
    counts.let_in(HOME, 9, NOW + HOUR)
    assert names.isdisjoint(counts.memory.names())
    assert counts.let_in("sam", 1, NOW + 1_500 * 24 * HOUR)
    assert counts.let_in("sam", 1, NOW)


def test_what_is_remembered_has_bounds(counts):
    """Senders, moments of each, and kinds of acts; to be refused leaves nothing behind."""
    for number in range(2 * sender_memory.SENDERS):
        counts.lease(f"sender-{number}", 1 + number % 2, 2, NOW, "form")
        counts.let_in(f"other-{number}", 0, NOW)
    assert max(counts.memory.sizes()) <= sender_memory.SENDERS
    for number in range(4 * sender_memory.MOMENTS):
        counts.let_in(HOME, 100_000, NOW + number * 1_000, "event", 600_000)
    assert len(counts.memory.take_out(HOME, "event", NOW)[1]._pairs) <= 2 * sender_memory.MOMENTS + 2
    with pytest.raises(ValueError, match="kinds of acts"):
        [counts.let_in(HOME, 1, NOW, f"act-{number}") for number in range(sender_memory.ACTS)]


def test_what_was_not_kept_is_taken_back_for_the_network_as_well(counts):
    """Who mends something again and again uses up nothing, neither its own nor its neighbours'."""
    for number in range(NETWORK_TIMES * 4):
        assert counts.let_in(HOME, 1, NOW + number)
        counts.take_back(HOME, NOW + number)
    assert max(counts.memory.sizes()) == 0


def test_workers_lease_from_one_allowance(tmp_path):
    """What one took is not there for another; long names are told apart; nobody there is no answer, which is not none left."""
    assert SharedCounts(tmp_path).lease(HOME, 300, 500, NOW, "event") is None
    sender_counts.serve(tmp_path, Counts())
    workers = [SharedCounts(tmp_path), SharedCounts(tmp_path)]
    assert [worker.lease(HOME, 300, 500, NOW, "event") for worker in workers] == [300, 200]
    assert [worker.lease(HOME, 300, 500, NOW, "event") for worker in workers] == [0, 0]
    assert workers[0].let_in("x" * 5_000 + "a", 1, NOW)
    assert workers[1].let_in("x" * 5_000 + "b", 1, NOW)
    assert not workers[1].let_in("x" * 5_000 + "a", 1, NOW)
