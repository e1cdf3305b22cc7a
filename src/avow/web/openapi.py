"""The collection API as OpenAPI 3.1, printed from the Rulebook: what an installation takes, point by point.

For anyone who sends events, forms or deliveries from a program of their own. Statuses and headers are those of
docs/reference/http.md; shapes of forms and events are the policy's own (`policy.schemas`).
"""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from avow import __version__
from avow.collection.events import MAX_EVENTS
from avow.collection.feeds.portals import body_bytes
from avow.collection.forms.attachments import limits_of
from avow.definitions import FORMS, Technology
from avow.policy import Rulebook, schemas
from avow.policy.rulebook.conversions import conversion_points, link_reported_to
from avow.policy.rulebook.declarations import FileLimits
from avow.web.door import PAGE_BODY_BYTES

VERSION: Final = "3.1.0"
_TEXT: Final[dict[str, Any]] = {"type": "string"}  # Any: JSON
_WORDS: Final = {"text/plain": {"schema": _TEXT}}


def openapi(rulebook: Rulebook, origin: str) -> dict[str, Any]:  # Any: JSON
    """Return the OpenAPI description of what the website at `origin` takes in under this version of the policy."""
    points = {point.name: point.technology for point in rulebook.points.values() if not point.collected_by}
    conversions = [point.name for point in conversion_points(rulebook)]
    tags = [name for name, technology in points.items() if technology is Technology.TAG or name in conversions]
    forms = [name for name, technology in points.items() if technology in FORMS or technology is Technology.EMAIL]
    feeds = [name for name, technology in points.items() if technology is Technology.FEED]
    reports = [name for name in points if link_reported_to(rulebook, name)]
    pixels = [name for name, technology in points.items() if technology is Technology.WEB_BEACON] + conversions
    fields = sorted({field for name in pixels for field in schemas.sendable(rulebook, name)})
    paths = {
        **({"/avow/events": {"post": _events(tags)}} if tags else {}),
        **({"/avow/pixel.gif": {"get": _pixel(pixels, fields)}} if pixels else {}),
        **{f"/avow/forms/{name}": {"post": _form(name)} for name in forms},
        **{f"/avow/feeds/{name}": {"post": _delivered(rulebook, name, "Delivered")} for name in feeds},
        **{f"/avow/postbacks/{name}": {"post": _delivered(rulebook, name, "Reported")} for name in reports},
        "/avow/csp-reports": {"post": _reports()},
    }
    return {
        "openapi": VERSION,
        "info": {
            "title": "What this website collects",
            "version": __version__,
            "description": f"Printed from version {rulebook.id} of the privacy policy: what it does not declare is not kept.",
        },
        "servers": [{"url": origin}],
        "paths": paths,
        "components": {"schemas": _schemas(rulebook, tags, forms)},
    }


def answer(described: dict[str, Any], _request: Request) -> Response:  # Any: JSON
    """GET /avow/openapi.json: what `openapi` returned."""
    return JSONResponse(described, headers={"cache-control": "no-cache"})


def _schemas(rulebook: Rulebook, tags: list[str], forms: list[str]) -> dict[str, Any]:  # Any: JSON
    """Return the shape of each point's data, and of the answers."""
    found: dict[str, Any] = {
        name: {key: value for key, value in schemas.json_schema(rulebook, name).items() if not key.startswith("$")}
        for name in [*tags, *forms]
    }
    for name in tags:
        found[name]["properties"] = {"point": {"const": name}, **found[name]["properties"]}
        found[name]["required"] = ["point", *found[name]["required"]]
    dropped = {"type": "array", "items": _object(point=_TEXT, field=_TEXT, reason=_TEXT)}
    found["Kept"] = _object(kept={"type": "integer"}, dropped=dropped)
    found["Submitted"] = _object(
        reference=_TEXT,
        dropped={"type": "array", "items": _object(field=_TEXT, reason=_TEXT, rule=_TEXT)},
        masked={"type": "array", "items": _TEXT},
    )
    found["Delivered"] = _object(id=_TEXT, **found["Submitted"]["properties"])
    found["Reported"] = _object(id=_TEXT, dropped=found["Submitted"]["properties"]["dropped"])
    found["NotDelivered"] = {"type": "object", "properties": {"reason": _TEXT}, "required": ["reason"]}
    found["ToMend"] = _object(errors={"type": "object", "additionalProperties": _TEXT})
    found["Check"] = _object(reason=_TEXT, bits={"type": "integer"})
    return found


def _events(tags: list[str]) -> dict[str, Any]:  # Any: JSON
    """Return POST /avow/events."""
    events = {"type": "array", "minItems": 1, "maxItems": MAX_EVENTS, "items": {"oneOf": [_ref(name) for name in tags]}}
    return {
        "operationId": "sendEvents",
        "summary": "Events of the tag; answered when what is kept is durable",
        "requestBody": _json_body({"type": "object", "properties": {"events": events}, "required": ["events"]}),
        "responses": {
            "204": {"description": "all of it was declared; what a signal or choice stopped is named in Avow-Refused"},
            "200": _json_answer("kept in part", "Kept"),
            "404": _json_answer("no event names a declared point", "Kept"),
            **_refusals(400, 403, 405, 408, 411, 413, 429, 503),
        },
    }


def _pixel(pixels: list[str], fields: list[str]) -> dict[str, Any]:  # Any: JSON
    """Return GET /avow/pixel.gif."""
    return {
        "operationId": "fetchPixel",
        "summary": "One view of a page that runs no script, or one conversion",
        "parameters": [
            {"name": "point", "in": "query", "schema": {"enum": pixels}, "description": "the first is meant where none is named"},
            *({"name": field, "in": "query", "schema": _TEXT, "description": "as the point declares it"} for field in fields),
        ],
        "responses": {
            "200": {"description": "a GIF of 1 x 1", "content": {"image/gif": {}}},
            **_refusals(403, 404, 405, 414, 429, 503),
        },
    }


def _form(name: str) -> dict[str, Any]:  # Any: JSON
    """Return POST /avow/forms/{point} as a program uses it."""
    return {
        "operationId": f"send-{name}",
        "summary": "A form; a program says Accept: application/json",
        "parameters": [{"name": "Accept", "in": "header", "schema": _TEXT}],
        "requestBody": {
            "required": True,
            "content": {
                kind: {"schema": _ref(name)}
                for kind in ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")
            },
        },
        "responses": {
            "201": _json_answer("kept", "Submitted"),
            "303": {"description": "kept, for a browser: Location is the page of thanks, with the reference"},
            "422": {
                "description": "something has to be mended",
                "content": {"application/json": {"schema": _ref("ToMend")}, "text/html": {}},
            },
            "428": {
                "description": "it looks as if a machine sent it",
                "content": {"application/json": {"schema": _ref("Check")}, "text/html": {}},
            },
            **{
                str(status): {"description": words, "content": {"text/html": {}, **_WORDS}}
                for status, words in _REFUSED.items()
                if status in {400, 403, 404, 405, 408, 411, 413, 415, 429, 503}
            },
        },
    }


def _delivered(rulebook: Rulebook, name: str, answered: str) -> dict[str, Any]:  # Any: JSON
    """Return POST of a signed delivery or of a report of a click, whose formats are docs/specs/feeds.md and postbacks.md."""
    most = body_bytes(rulebook, name) + PAGE_BODY_BYTES
    refused = {"content": {"application/json": {"schema": _ref("NotDelivered")}, **_WORDS, "text/html": {}}}
    named = {"webhook-id": "the delivery's", "webhook-timestamp": "seconds since 1970", "webhook-signature": "v1,... or v1a,..."}
    return {
        "operationId": f"deliver-{name}",
        "summary": "A delivery of another company, signed by Standard Webhooks; sent again it is the same",
        "parameters": [
            {"name": header, "in": "header", "required": True, "schema": _TEXT, "description": words}
            for header, words in named.items()
        ],
        "requestBody": {"description": f"at most {most} bytes", **_json_body(_delivery(rulebook, name))},
        "responses": {
            "200": _json_answer("kept, or kept before", answered),
            **{
                str(status): {"description": words, **refused}
                for status, words in (_REFUSED | _NOT_DELIVERED).items()
                if status in {400, 401, 403, 404, 405, 408, 411, 413, 422, 429, 503}
            },
        },
    }


def _delivery(rulebook: Rulebook, name: str) -> dict[str, Any]:  # Any: JSON
    """Return the shape of a delivery: texts, and files in base64 by their declared fields; of a report: its click, texts."""
    limits = limits_of(rulebook, name)
    shape = schemas.json_schema(rulebook, name)
    texts = {field: told for field, told in shape["properties"].items() if field not in limits}
    data = {"type": "object", "properties": texts, "required": [one for one in shape["required"] if one not in limits]}
    if link_reported_to(rulebook, name):
        return _object(click=_TEXT, data=data)
    found = _object(timestamp={"type": "string", "format": "date-time"}, data=data)
    if limits:
        files = {"type": "object", "properties": {field: _files(one) for field, one in limits.items()}}
        found["properties"]["files"] = files | {"required": [one for one in shape["required"] if one in limits]}
    return found


def _files(limits: FileLimits) -> dict[str, Any]:  # Any: JSON
    """Return the shape of one file field: a file, or a list of them where several are declared."""
    content = {"type": "string", "contentEncoding": "base64", "maxLength": -(-limits.max_bytes // 3) * 4}
    one = _object(name=_TEXT, data=content)
    return {"oneOf": [one, {"type": "array", "items": one, "maxItems": limits.max_files}]}


def _reports() -> dict[str, Any]:  # Any: JSON
    """Return POST /avow/csp-reports."""
    shape = {"type": "object"}
    return {
        "operationId": "reportViolations",
        "summary": "Browsers' reports about what the policy does not declare",
        "requestBody": {
            "required": True,
            "content": {
                "application/csp-report": {"schema": shape},
                "application/reports+json": {"schema": {"type": "array", "items": shape}},
            },
        },
        "responses": {
            "204": {"description": "counted, as far as it could be read"},
            **_refusals(400, 405, 408, 411, 413, 415, 429),
        },
    }


#: What an error says, by its status.
_REFUSED: Final = {
    400: "the body cannot be read",
    403: "sent by a page of another site",
    404: "the policy declares no such point",
    405: "another method",
    408: "the body did not come in time",
    411: "a body is announced by Content-Length",
    413: "the body is too large",
    414: "the address is too long",
    415: "another content type",
    429: "its sender sends too much; nothing was acknowledged",
    503: "it cannot be kept at the moment; nothing was acknowledged",
}


#: What these statuses say of a delivery.
_NOT_DELIVERED: Final = {
    401: "the signature is not the sender's, or it was sent too long ago",
    403: "the policy or a choice does not allow it",
    404: "nothing is declared here, or what it speaks of is not known",
    422: "a required field is missing, or a value or file is not as declared",
    503: "not kept; Retry-After",
}


def _refusals(*statuses: int) -> dict[str, Any]:  # Any: JSON
    """Return the answers that are one sentence of plain text."""
    return {str(status): {"description": _REFUSED[status], "content": _WORDS} for status in statuses}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _object(**properties: dict[str, Any]) -> dict[str, Any]:  # Any: JSON
    return {"type": "object", "properties": properties, "required": list(properties)}


def _json_body(shape: dict[str, Any]) -> dict[str, Any]:  # Any: JSON
    return {"required": True, "content": {"application/json": {"schema": shape}}}


def _json_answer(words: str, name: str) -> dict[str, Any]:  # Any: JSON
    return {"description": words, "content": {"application/json": {"schema": _ref(name)}}}
