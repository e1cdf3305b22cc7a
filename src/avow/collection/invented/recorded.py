"""Session recordings of invented visits: a plain page on which a pointer moves, through the recorder's own checks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from avow.collection import bounds
from avow.collection.invented.people import drawn, number
from avow.collection.invented.records import Terms, record_id
from avow.collection.invented.visits import Visit, What
from avow.collection.recordings import chunks
from avow.collection.recordings.recorder import Recorder
from avow.collection.signals import Signals
from avow.definitions import Permit, Recording, Refusal, moment
from avow.policy.paths import page_path

_WIDTH, _HEIGHT = 1280, 800
#: Longest recording of one page, seconds; what is longer shows nothing new.
_SECONDS: Final = 45
_STEP_MS: Final = 250
#: What the page is made of: tag, text or none. Every word is masked before it is kept, as those of real pages are.
_PAGE: Final = (
    *(("h1", "An invented page"), ("p", "Its words are masked, as those of every page are. " * 4)),
    *(("h2", "The first part"), ("p", "Something to read. " * 12), ("button", "Go on")),
    *(("h2", "The second part"), ("p", "Something more to read. " * 14), ("p", "And a last part of it. " * 9)),
    *(("h2", "The third part"), ("p", "Almost at the end. " * 16), ("a", "Back to the start")),
)

Json = Any  # Any: an event of the recorder


def of_visit(terms: Terms, recorder: Recorder, visit: Visit, until_ms: int) -> Iterator[Recording]:
    """Yield the recorded pages of a visit, one chunk each, scrubbed; nothing of who did not say yes, and of pages with forms."""
    said = Signals(visit.who.preferences, frozenset(), visit.who.visitor, terms.agreed(visit.who), frozenset())
    for place, act in enumerate(visit.acts):
        point = recorder.point()
        if act.what is not What.RECORDED or act.at_ms > until_ms or point is None:
            continue
        page = page_path(act.said["page"])
        permit = recorder.permit(point.name, page, said, moment(act.at_ms).date())
        if isinstance(permit, Refusal) or permit.delete_on <= terms.today:
            continue
        key = f"{visit.key} {place}"
        checked = chunks.checked(_chunk(terms, permit, visit, page, act.at_ms, int(act.said["engagement-time"]), key))
        if isinstance(checked, Recording):
            yield checked


def id_of(key: str) -> str:
    """Return the id of the recording of a page, by the key of its visit and the place of its act."""
    return number("recording", key)


def _chunk(terms: Terms, permit: Permit, visit: Visit, page: str, at_ms: int, seconds: int, key: str) -> Recording:
    """Return one page's recording as a browser sends it."""
    name = id_of(key)
    body = {"point": permit.point, "recording": name, "seq": 0, "page": page, "events": list(_events(at_ms, seconds, key))}
    shown = bounds.fitting({"page": page} if "page" in permit.fields else {}, terms.rulebook)[0]
    return Recording(
        record_id=record_id(at_ms, key, permit.point),
        collected_ms=at_ms + min(seconds, _SECONDS) * 1000,
        site=terms.site.name,
        point=permit.point,
        rulebook_id=permit.rulebook_id,
        recording=name,
        seq=0,
        page=shown.get("page", ""),
        delete_on=permit.delete_on.isoformat(),
        purposes=sorted(permit.purposes),
        chunk=json.dumps(body).encode(),
        visitor=visit.who.visitor if "visitor-id" in permit.fields else "",
        demonstration=True,
    )


def _events(at_ms: int, seconds: int, key: str) -> Iterator[Json]:
    """Yield the yes, the page, and what a pointer does on it for so long."""
    yield _event(at_ms, 5, {"tag": chunks.CONSENT, "payload": {}})
    yield _event(at_ms, 4, {"href": "", "width": _WIDTH, "height": _HEIGHT})
    yield _event(at_ms, 2, {"node": _document(), "initialOffset": {"left": 0, "top": 0}})
    draws, x, y, top = drawn(key, "pointer"), 300, 200, 0
    for step in range(1, min(seconds, _SECONDS) * 1000 // _STEP_MS):
        now_ms, throw = at_ms + step * _STEP_MS, draws.randrange(100)
        x = max(5, min(_WIDTH - 5, x + draws.randint(-90, 90)))
        y = max(5, min(_HEIGHT - 5, y + draws.randint(-50, 60)))
        if throw < 12:  # noqa: PLR2004 - of a hundred steps, so many scroll, and below so many touch
            top = max(0, min(1_400, top + draws.randint(-60, 220)))
            yield _event(now_ms, 3, {"source": 3, "id": 1, "x": 0, "y": top})
        elif throw < 14:  # noqa: PLR2004 - as above
            yield _event(now_ms, 3, {"source": 2, "type": 2, "id": 5, "x": x, "y": y, "pointerType": 0})
        else:
            yield _event(now_ms, 3, {"source": 1, "positions": [{"x": x, "y": y, "id": 5, "timeOffset": 0}]})


def _event(at_ms: int, kind: int, data: dict[str, Json]) -> Json:
    return {"type": kind, "data": data, "timestamp": at_ms}


def _document() -> Json:
    """Return the page as the recorder takes one: a document with its elements, numbered."""
    ids = iter(range(6, 6 + 2 * len(_PAGE)))
    parts = [_element(next(ids), tag, [{"type": 3, "textContent": text, "id": next(ids)}]) for tag, text in _PAGE]
    style = {"style": "max-width: 46rem; margin: 3rem; padding: 1rem"}
    body = _element(4, "body", [_element(5, "main", parts, style)])
    return {"type": 0, "id": 1, "childNodes": [_element(2, "html", [_element(3, "head", []), body])]}


def _element(number_: int, tag: str, children: list[Json], attributes: dict[str, str] | None = None) -> Json:
    return {"type": 2, "id": number_, "tagName": tag, "attributes": attributes or {}, "childNodes": children}
