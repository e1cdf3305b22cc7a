"""Session recordings: what the allow-list lets through, and who may be recorded where."""

import gzip
import json
import string

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from avow.collection import signals
from avow.collection.accept import Sender
from avow.collection.recordings import chunks
from avow.collection.recordings.recorder import Recorder, RecordingCollector
from avow.collection.refusals import Refusals
from avow.definitions import Recording, Refusal
from avow.policy.paths import page_path

NOW = 1_795_460_400_000
CONSENT = {"type": 5, "data": {"tag": "avow-consent", "payload": {}}, "timestamp": NOW}
YES = "avow_choices=v1.+page-improvement; avow_visitor=" + "0123456789abcdef" * 2
ID = "ab" * 16


def sender(*, gpc="", cookie=""):
    return Sender("203.0.113.9", "", signals.read([gpc] if gpc else [], None, cookie), demonstration=False)


#: Names that rrweb's events have, so that random input gets past the first look.
NAMES = st.sampled_from(
    [
        *("type", "data", "timestamp", "source", "node", "childNodes", "tagName", "attributes", "textContent", "texts", "adds"),
        *("removes", "positions", "value", "class", "style", "href", "src", "rel", "id", "x", "y", "width", "hidden", "tag"),
        *("payload", "media", "rr_width", "isShadow", "initialOffset", "nextId", "parentId", "rootId", "colspan"),
    ]
)
WORDS = st.one_of(
    st.text(max_size=40),
    st.text(string.printable, max_size=40),
    st.sampled_from(
        ["div", "SCRIPT", "img", "link", "stylesheet", "/a.css", "//evil.example/x", "width:3px;content:'x'", "avow-consent"]
    ),
)
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(-3, 9), st.floats(), st.integers(), WORDS)
TREES = st.recursive(
    LEAVES, lambda inner: st.one_of(st.lists(inner, max_size=5), st.dictionaries(NAMES | WORDS, inner, max_size=7))
)
#: Everything that may stand as a word in a recording, beside paths, class names and lengths.
FIXED = {"", " ", "html", "stylesheet", "print", chunks.CONSENT, *chunks.RULES["tags"], *chunks.RULES["words"]}


def strings(value):
    """Yield every text value of a JSON tree, its names left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)


def names(value):
    """Yield every name of a JSON tree."""
    if isinstance(value, dict):
        yield from value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from names(one)


def is_allowed(text):
    """Whether a text is one that no page and no person could have put there, or one of the shapes that the list names."""
    shapes = (chunks._PATH, chunks._LENGTH, chunks._SIZE, chunks._COUNT)
    return (
        text in FIXED
        or not text.replace(chunks.MASK, "")
        or any(shape.fullmatch(text) for shape in shapes)
        or text == chunks._classes(text)
        or all(name in chunks.RULES["style"] and chunks._value(value) for name, _, value in pairs(text))
    )


def pairs(style):
    """Split a style into its properties."""
    return [part.partition(":") for part in style.split(";")]


#: Every name that the scrubber itself writes.
KNOWN = {
    *("type", "data", "timestamp", "node", "initialOffset", "left", "top", "href", "width", "height", "tag", "payload", "source"),
    *("texts", "id", "value", "attributes", "removes", "parentId", "isShadow", "isShadowHost", "adds", "nextId", "positions"),
    *("x", "y", "timeOffset", "pointerType", "childNodes", "name", "publicId", "systemId", "tagName", "textContent"),
    *("class", "style", "rr_width", "rr_height", "colspan", "rowspan", "hidden", "open", "disabled", "rel", "media"),
    *chunks.RULES["style"],
}


@given(st.lists(TREES | st.fixed_dictionaries({"type": st.integers(0, 6), "data": TREES, "timestamp": LEAVES}), max_size=6))
def test_nothing_outside_the_list_comes_through_and_twice_is_once(events):
    """For any nested input every text and every name of the result is one of the list, and scrubbing it again changes nothing."""
    clean = chunks.scrub(events, NOW)
    assert [text for text in strings(clean) if not is_allowed(text)] == []
    assert set(names(clean)) <= KNOWN
    assert chunks.scrub(json.loads(json.dumps(clean)), NOW) == clean


@given(st.binary(max_size=300) | st.builds(lambda tree: json.dumps(tree, default=str).encode(), TREES))
def test_any_body_is_a_chunk_or_a_refusal(body):
    """Garbage, plain or packed, ends in a refusal with its reason, never in an exception."""
    for sent in (body, gzip.compress(body), gzip.compress(body)[:-4]):
        assert isinstance(chunks.head(sent), chunks.Head | Refusal)
        assert isinstance(kept(chunk=sent), Refusal)


def chunk(events=(CONSENT,), **changes):
    frame = {
        "point": "session-recording",
        "recording": ID,
        "seq": 0,
        "page": "/products/rain-gauge?who=ada#top",
        "events": list(events),
    }
    return json.dumps(frame | changes).encode()


@pytest.fixture
def house(rulebook):
    return RecordingCollector(Recorder(rulebook, {"/contact"}), rulebook, "marrowby.example", Refusals(), None)


def take(house, body, **who):
    return house.read(body, sender(**who), NOW)


def test_a_yes_is_kept_with_the_path_alone(house):
    """A chunk of somebody who agreed is kept under the visitor id, its page without query string and fragment."""
    answer = take(house, gzip.compress(chunk()), cookie=YES)
    record = msgspec.msgpack.decode(answer.record, type=Recording)
    assert (record.page, record.visitor, record.delete_on) == ("/products/rain-gauge", "0123456789abcdef" * 2, "2026-12-23")


def test_without_the_number_by_which_it_is_taken_back_nothing_is_recorded(house):
    """A chunk of a browser that holds no number would be of one that nobody has: no withdrawal would find it."""
    answer = take(house, chunk(), cookie="avow_choices=v1.+page-improvement")
    assert (answer.kept, len(answer.refused), answer.record, answer.new_visitor) == (0, 1, b"", "")


@pytest.mark.parametrize(
    ("page", "who"),
    [
        ("/products/rain-gauge", {"cookie": ""}),
        ("/products/rain-gauge", {"cookie": YES, "gpc": "1"}),
        ("/products/rain-gauge", {"cookie": "avow_choices=v1.page-improvement.+page-improvement"}),
        ("/contact", {"cookie": YES}),
        ("/privacy/delete", {"cookie": YES}),
        ("/privacy-policy", {"cookie": YES}),
        ("/careers/glassblower", {"cookie": YES}),
        ("/console", {"cookie": YES}),
    ],
)
def test_no_yes_a_signal_or_a_page_that_is_never_recorded_keeps_nothing(house, page, who):
    """Without a yes, with a signal or a no beside it, and on pages with forms or about rights, the spool gets nothing."""
    answer = take(house, chunk(page=page), **who)
    assert (answer.kept, len(answer.refused), answer.record) == (0, 1, b"")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b'{"point":"session-recording","events":[]}',
        b'{"other":"x",' + chunk()[1:],
        chunk(seq=400),
        chunk(recording="x"),
        chunk(page=""),
        b'{"events":[],' + chunk()[1:],
        b'{"filler":"' + b"x" * 5000 + b'",' + chunk()[1:],
        gzip.compress(b'{"point":"session-recording"}', mtime=0),
        gzip.compress(chunk(), mtime=0)[:12],
        b'{"page":"/",' + chunk()[1:],
    ],
)
def test_what_does_not_begin_as_a_chunk_is_refused(house, body):
    """The head has exactly its four fields, each of its shape, and stands before the events."""
    assert isinstance(take(house, body, cookie=YES), Refusal)


@pytest.mark.parametrize("page", ['/a,"events":[1]', '/"events":[', "/" + '"' * 499])
def test_a_page_that_looks_like_events_is_a_page(house, page):
    """The events begin where the object's own name says so, not where a text does."""
    answer = take(house, chunk(page=page), cookie=YES)
    record = msgspec.msgpack.decode(answer.record, type=Recording)
    clean = chunks.checked(record)
    assert json.loads(chunks.unpack(clean.chunk)) == [CONSENT]
    assert record.page == (page_path(page) if len(page_path(page)) <= 500 else "")


def kept(**changes):
    values = {
        "record_id": "0" * 32, "collected_ms": NOW, "site": "s", "point": "p", "rulebook_id": "r", "recording": ID, "seq": 0,
        "page": "/", "delete_on": "2026-12-23", "purposes": [], "chunk": chunk(),
    }  # fmt: skip
    return chunks.checked(Recording(**(values | changes)))


def test_a_stream_without_its_yes_in_front_is_not_stored():
    """The first chunk begins with the consent event, or nothing of it reaches the store."""
    assert json.loads(chunks.unpack(kept().chunk)) == [CONSENT]
    assert isinstance(kept(chunk=chunk([{"type": 4, "data": {"width": 3}, "timestamp": NOW}])), Refusal)


@pytest.mark.parametrize("packed", [gzip.compress, bytes])
def test_what_breaks_off_behind_its_head_is_not_stored(packed):
    """A whole chunk is stored; one that is cut, no text, nested without end, or says more behind its events is not."""
    assert isinstance(kept(chunk=packed(chunk())), Recording)
    whole = chunk()
    for body in (whole[:-2], whole[:-1] + b',"other":1}', whole[:-3] + b"[" * 5000, whole.replace(b"avow-consent", b"\xff")):
        assert isinstance(kept(chunk=packed(body)), Refusal)


@pytest.mark.parametrize("packed", [gzip.compress, bytes])
def test_a_chunk_that_says_a_name_twice_is_not_stored(packed):
    """In an event, however deep, and behind the events: none of two values is lost without a word."""
    whole = chunk()
    within = whole.replace(b'"type": 5', b'"type": 4, "type": 5')
    deep = whole.replace(b'"payload": {}', b'"payload": {}, "tag": 1')
    for body in (whole[:-1] + b',"seq":0}', within, deep):
        assert kept(chunk=packed(body)).reason == "a name stands twice in an object of a chunk of a recording"


def test_unpacking_stops_at_the_limit():
    """A small body that would become a large one is refused before it is one."""
    assert chunks.unpack(gzip.compress(b" " * chunks.UNPACKED_BYTES)) is not None
    assert chunks.unpack(gzip.compress(b" " * (chunks.UNPACKED_BYTES + 1))) is None


def added(*nodes):
    """A change that adds these nodes to the page."""
    adds = [{"parentId": 5, "nextId": None, "node": node} for node in nodes]
    return {"type": 3, "data": {"source": 0, "texts": [], "attributes": [], "removes": [], "adds": adds}, "timestamp": NOW}


DOCUMENT = {"type": 0, "childNodes": [{"type": 2, "tagName": "html", "attributes": {}, "childNodes": [], "id": 8}], "id": 7}
BOX = {"type": 2, "tagName": "div", "attributes": {}, "childNodes": [], "id": 9}


def test_no_document_but_the_page_s_own_is_kept():
    """A frame's document, whether it is added, stands below an element or has something added to it, leaves nothing behind."""
    holding = BOX | {"childNodes": [DOCUMENT, BOX]}
    page = {"type": 2, "data": {"node": {"type": 0, "childNodes": [holding], "id": 1}}, "timestamp": NOW}
    nodes = (DOCUMENT, BOX | {"rootId": 7}, holding, BOX | {"rootId": 0})
    snapshot, change = chunks.scrub([page, added(*nodes)], NOW)
    assert snapshot["data"]["node"] == {"type": 0, "childNodes": [BOX | {"childNodes": [BOX]}], "id": 1}
    assert [one["node"] for one in change["data"]["adds"]] == [BOX | {"childNodes": [BOX]}, BOX]
    assert chunks.scrub([{"type": 2, "data": {"node": BOX}, "timestamp": NOW}], NOW) == []


def test_a_picture_has_a_size_and_no_address():
    """Its path may be somebody's name: `/people/robin.png` is as much a text as any other."""
    picture = BOX | {"tagName": "img", "attributes": {"src": "/people/robin.png", "rr_width": "120px", "alt": "Robin"}}
    (change,) = chunks.scrub([added(picture)], NOW)
    assert change["data"]["adds"][0]["node"]["attributes"] == {"rr_width": "120px"}


def test_what_an_earlier_version_stored_is_read_by_the_list_of_today():
    """Frames' documents and addresses of pictures go when a stored chunk is read; its moments stay what they were."""
    late = added(DOCUMENT, BOX) | {"timestamp": NOW + chunks.SPAN_MS + 1}
    read = json.loads(chunks.unpack(chunks.as_read(chunks.pack(json.dumps([CONSENT, late]).encode()), NOW)))
    assert read == [CONSENT, added(BOX) | {"timestamp": late["timestamp"]}]
    assert json.loads(chunks.unpack(chunks.as_read(b"damaged", NOW))) == []
