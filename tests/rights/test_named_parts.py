"""What staff name is what is left of a deletion: these fields and files of these records until their days, and nothing else."""

import tempfile
from datetime import date, timedelta
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import HealthCheck, given, settings
from tests.houses import house_in, person
from tests.reviewed import FIRST, SECOND
from tests.rights.test_keeping import apply
from tests.rights.test_reviewing import BY_HAND, office_of, seen, verified

from avow.rights.withholding import Wanted
from avow.store.kept import KEPT

ROBIN, BERTA = "robin@example.com", "berta@example.com"
TODAY = date(2026, 11, 24)
#: What staff may name at each point, and whether its records are told apart.
FIELDS = {"contact-form": ("message", "name", "company"), "job-application": ("letter", "resume", "position")}
CODES = ("D4", "D5", "D6", "D7", "H2", "H3", "H4")

PARTS = st.lists(
    st.tuples(
        st.sampled_from(sorted(FIELDS)),
        st.sampled_from(CODES),
        st.sets(st.integers(0, 2), min_size=1),  # which fields
        st.sets(st.integers(0, 2)),  # which records; none for all
        st.integers(1, 3000),  # for how many days
        st.sampled_from(["agreed before", "agreed after", "refused before", "refused after"]),
    ),
    max_size=4,
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(PARTS)
def test_exactly_what_is_named_is_left_until_its_day(parts):
    """Random parts, decided before the rest goes or behind it: kept is what was named and agreed to, and each ends on its day."""
    with tempfile.TemporaryDirectory() as folder, house_in(Path(folder)) as house:
        office = office_of(house, Path(folder), *BY_HAND)
        sent = {point: [] for point in FIELDS}
        for _ in range(3):
            house.wait(minutes=1)
            sent["contact-form"].append(house.write(ROBIN))
            sent["job-application"].append(apply(office))
        house.write(BERTA)
        case = verified(office)
        named = [name(office, case, sent, one) for one in parts]
        later = [one for one in named if decide(office, case, one, "before")]
        assert office.reviews.carry_out(case.request_id, seen(office, case).digest, FIRST) is None
        office.walk()
        assert all(decide(office, case, one, "after") is None for one in later)
        office.walk()
        wanted = {one for part in named if part["agreed"] for one in part["left"]}
        assert found(house) == wanted
        assert house.store.find([person(ROBIN)]).submissions == ()
        assert len(house.store.find([person(BERTA)]).submissions) == 1
        for day in sorted({one[-1] for one in wanted}):
            swept(house, day - timedelta(days=1))
            assert found(house) == {one for one in wanted if one[-1] > day - timedelta(days=1)}
            swept(house, day)
            assert found(house) == {one for one in wanted if one[-1] > day}
        assert (house.store.vault.names(KEPT), house.store.files.names("kept-")) == ((), ())


def name(office, case, sent, part):
    """Name a part; return its number, what has to be left of it, and what is decided when."""
    point, code, fields, records, days, decided = part
    names = tuple(FIELDS[point][one] for one in sorted(fields))
    ids = tuple(sent[point][one] for one in sorted(records))
    until = TODAY + timedelta(days=days)
    why = "It weighs more than the wish to have it erased."
    wanted = Wanted(code, point, names, ids, "answer-questions", until, reason=why)
    assert office.reviews.want(case.request_id, wanted, FIRST) is None
    number = seen(office, case).parts[-1].number
    left = {(record, code, tuple(sorted(names)), until) for record in ids or sent[point]}
    answer, when = decided.split()
    return {"number": number, "left": left, "agreed": answer == "agreed", "when": when}


def decide(office, case, part, when):
    """Take the second look at a part if it is its turn; return the part where it is not."""
    if part["when"] != when:
        return part
    assert office.reviews.look(case.request_id, part["number"], SECOND, agrees=part["agreed"]) is None
    return None


def found(house):
    """Return what is kept: of which record, by which code, which fields and files that open, until when."""
    every = house.store.kept.of([person(ROBIN)])
    assert all(house.store.kept.open_file(one, file) == b"what I did" for one in every for file in one.files)
    names = [tuple(sorted({*one.fields, *(file.item for file in one.files)})) for one in every]
    return {(one.record_id, one.code, fields, one.until) for one, fields in zip(every, names, strict=True)}


def swept(house, day):
    """End what is kept no more on a day."""
    house.store.kept.sweep(day, house.now_ms(), house.store.aside, "retention")
