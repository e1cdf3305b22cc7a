"""The search for residue: it finds a canary in every form, and after an erasure there is none to find."""

from __future__ import annotations

import base64
import gzip

import pytest
from tests.conftest import control_in

from avow.assurance.residue import Search, residue
from avow.definitions import AfterRetention, AvowError, Event, IdentifierKind, Submission, identifier
from avow.store import Store
from avow.store.embedded import Engine
from avow.store.events import Events, announced
from avow.store.files import Files
from avow.store.keys import Vault

CANARY = "Canary.Wharf+7@example.com"
MOMENT = 1_790_000_000_000


@pytest.mark.parametrize(
    "content",
    [
        CANARY.encode(),
        CANARY.lower().encode(),
        CANARY.encode("utf-16"),
        CANARY.encode().hex().encode(),
        *(base64.b64encode(b"x" * lead + CANARY.encode() + b"tail") for lead in range(3)),
        b"email=Canary.Wharf%2B7%40example.com",
        gzip.compress(b"noise" + CANARY.encode(), mtime=0),
    ],
)
def test_every_form_is_found(tmp_path, content):
    """Whatever wrote the canary, the search sees it and says where, without repeating it."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "file").write_bytes(b"\0" * 100 + content if content[:2] != b"\x1f\x8b" else content)
    (tmp_path / "clean").write_bytes(b"nothing here")
    answer = residue(tmp_path, ["another canary", CANARY])
    assert answer.files == 2
    assert {(found.path, found.canary) for found in answer.found} == {("sub/file", 1)}


@pytest.mark.parametrize("canary", ["lee@b\u00fccher.example", "lee@xn--bcher-kva.example", "Lee@BU\u0308CHER.example"])
def test_an_address_is_looked_for_in_every_spelling(tmp_path, canary):
    """What is kept is its one form; a search for what was typed must not say that nothing is there."""
    for number, kept in enumerate(("lee@xn--bcher-kva.example", "lee@b\u00fccher.example", "lee@bu\u0308cher.example")):
        (tmp_path / str(number)).write_bytes(b"\0" + kept.encode() + b"\0")
    assert {found.path for found in residue(tmp_path, [canary]).found} == {"0", "1", "2"}


def test_a_canary_across_two_pieces_is_found_once(tmp_path, monkeypatch):
    """Reading in pieces hides nothing and counts nothing twice."""
    monkeypatch.setattr("avow.assurance.residue._CHUNK", 7)
    (tmp_path / "file").write_bytes(b"ab" + CANARY.encode() + b"c" * 30 + CANARY.encode())
    assert [found.count for found in residue(tmp_path, [CANARY]).found] == [2]


@pytest.mark.parametrize("piece", [1, 7, 256])
def test_a_canary_between_zeros_is_found_in_every_form(tmp_path, monkeypatch, piece):
    """Empty space is passed over, and nothing that begins or ends in it."""
    monkeypatch.setattr("avow.assurance.residue._CHUNK", piece)
    wide = CANARY.encode("utf-16-be")
    (tmp_path / "file").write_bytes(bytes(300) + CANARY.encode() + bytes(900) + wide + b"." + bytes(300) + wide)
    (tmp_path / "empty").write_bytes(bytes(1000))
    answer = residue(tmp_path, [CANARY])
    assert {(found.path, found.form): found.count for found in answer.found} == {("file", "utf-8"): 1, ("file", "utf-16"): 2}
    assert answer.bytes == 1000 + 1501 + len(CANARY) + 2 * len(wide)


def test_short_canaries_are_refused(tmp_path):
    """A canary that chance could write proves nothing."""
    with pytest.raises(AvowError, match="canary 2"):
        residue(tmp_path, [CANARY, "short"])


@pytest.fixture
def installation(tmp_path):
    """Open a store on an engine of its own."""
    engine = Engine(tmp_path / "events", tmp_path / "run")
    engine.start()
    control = control_in(tmp_path)
    store = Store(control, Events(announced(tmp_path / "run")), Vault(tmp_path / "keys.db"), Files(tmp_path / "files"))
    store.events.prepare()
    yield store, tmp_path
    store.close()
    engine.stop()


def event(number: int, visitor: str, page: str) -> Event:
    """Return a page view of a known visitor; the page is readable, the visitor is not."""
    record_id = f"{MOMENT + number:012x}{number:020x}"
    when = {"collected_ms": MOMENT + number, "delete_on": "2099-01-01", "then": AfterRetention.ERASE}
    what = {"site": "marrowby", "point": "page-view", "rulebook_id": "a", "name": "view"}
    return Event(record_id=record_id, fields={"page": page}, sealed={"visitor-id": visitor}, visitor=visitor, **when, **what)


def test_after_the_purge_no_byte_of_a_person_is_left(installation):
    """Canaries in readable columns, sealed fields and forms: before, some are on the disk; after, none, in any file."""
    store, folder = installation
    visitor, page = "c0ffee" + "5" * 26, "/canary-page-of-one-person"
    form = Submission(
        record_id=f"{MOMENT:012x}{1:020x}", collected_ms=MOMENT, site="marrowby", point="contact-form", rulebook_id="a",
        reference="R1", delete_on="2099-01-01", then=AfterRetention.ERASE,
        fields={"email": CANARY}, identifiers={"email": CANARY},
    )  # fmt: skip
    events = [event(n, visitor if n % 50 == 0 else f"{n:032x}", page if n % 50 == 0 else f"/{n}") for n in range(5000)]
    store.write([*events, form])
    canaries = [CANARY, visitor, page]
    assert {found.canary for found in residue(folder, canaries).found} == {2}
    who = [identifier(IdentifierKind.EMAIL, CANARY), identifier(IdentifierKind.VISITOR, visitor)]
    store.erase(who, MOMENT + 10_000)
    assert store.purge().events == 100
    assert residue(folder, canaries).found == ()


def test_thousands_are_looked_for_at_once(tmp_path):
    """One of them is there in one form, another in another: both are found, and nobody else."""
    people = [f"person.{number}@example.com" for number in range(3_000)]
    (tmp_path / "one").write_bytes(b"x" * 400_000 + people[17].encode() + b"x")
    (tmp_path / "two").write_bytes(gzip.compress(people[2_999].upper().encode("utf-16-le")))
    found = residue(tmp_path, people).found
    assert {(one.path, one.canary, one.form) for one in found} == {("one", 17, "utf-8"), ("two", 2_999, "utf-16 in gzip")}


@pytest.fixture
def tree(tmp_path):
    """Files in folders whose names sort otherwise than their paths as texts do."""
    for name in ("a", "a-b", "b/1", "b/2/3", "b.c", "c"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(CANARY.encode())
    return tmp_path


def test_a_search_goes_on_behind_any_file(tree):
    """What it yields before and after a stop is what it yields at once."""
    search = Search([CANARY])
    whole = ["/".join(one.parts) for one in search.below(tree)]
    assert whole == ["a", "a-b", "b/1", "b/2/3", "b.c", "c"]
    for number, name in enumerate(whole):
        assert ["/".join(one.parts) for one in search.below(tree, tuple(name.split("/")))] == whole[number + 1 :]


def test_a_search_ends_where_it_is_over(tree):
    """It is asked before each file and each piece; the file in hand is not said to be searched."""
    asked = iter([False] * 5 + [True] * 100)
    assert [one.parts for one in Search([CANARY], lambda: next(asked)).below(tree)] == [("a",), ("a-b",)]


def test_what_cannot_be_read_is_counted_and_stops_nothing(tree):
    """Folders too deep for a search, a link into nothing, a folder that is not there."""
    deep = tree.joinpath("b", *("d" for _ in range(120)))
    deep.mkdir(parents=True)
    (deep / "file").write_bytes(CANARY.encode())
    (tree / "0-link").symlink_to(tree / "nowhere")
    answer = residue(tree, [CANARY])
    assert (answer.files, answer.unreadable, len(answer.found)) == (6, 1, 6)
    assert residue(tree / "nowhere", [CANARY]).unreadable == 1
