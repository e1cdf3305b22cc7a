"""Collection schemas: from the Rulebook, the exact type that a collection point's data must have on the wire."""

from __future__ import annotations

import json
import keyword
from typing import Annotated, Any, Final

import msgspec

from avow.definitions import SERVER_FIELDS
from avow.policy.language.vocabulary import MEDIA_TYPES
from avow.policy.rulebook.rulebook import Rulebook

#: The dialect of the printed schemas.
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def sendable(rulebook: Rulebook, point: str) -> frozenset[str]:
    """Return the fields of this point that a browser or form may send; the server fills in the others itself.

    Rule: Cal. Civ. Code § 1798.100(a)(1): nothing is collected that the notice does not list.
    """
    return rulebook.notice_fields(point) - SERVER_FIELDS


def attribute(name: str) -> str:
    """Return the Python attribute of a data item: "device-type" is device_type."""
    plain = name.replace("-", "_")
    return f"{plain}_" if keyword.iskeyword(plain) else plain


def schema(rulebook: Rulebook, point: str) -> type[msgspec.Struct]:
    """Return the struct of a point: each sendable field optional text of limited length, every other field refused.

    Whether a required field is there is for the form to say in words, so that nothing a person wrote is lost.
    Raises KeyError for a point that is not declared.
    Rule: Cal. Civ. Code § 1798.100(a)(1).
    """
    allowed = sendable(rulebook, rulebook.points[point].name)
    names = [name for name in rulebook.points[point].fields if name in allowed]
    fields = [
        (
            attribute(name),
            Annotated[str, msgspec.Meta(max_length=rulebook.data[name].max_length)] | msgspec.UnsetType,
            msgspec.UNSET,
        )
        for name in names
    ]
    return msgspec.defstruct(
        f"Collected_{attribute(point)}",
        fields,
        rename={attribute(name): name for name in names},
        forbid_unknown_fields=True,
        frozen=True,
        kw_only=True,
    )


def json_schema(rulebook: Rulebook, point: str) -> dict[str, Any]:  # Any: JSON
    """Return the JSON Schema of what a browser or form sends to this point: the struct's own, with the policy's words.

    What a form must have is "required" here; the server takes less, and says in words what is missing.
    Raises KeyError for a point that is not declared. Rule: Cal. Civ. Code § 1798.100(a)(1).
    """
    declared = rulebook.points[point]
    struct = schema(rulebook, point)
    written = msgspec.json.schema(struct)["$defs"][struct.__name__]
    properties = {
        name: {"title": rulebook.data[name].label, **_described(rulebook.data[name].description), **_shape(rulebook, name, shape)}
        for name, shape in written["properties"].items()
    }
    return {
        "$schema": DIALECT,
        "$id": f"urn:avow:policy:{rulebook.id}:collection:{point}",
        "title": declared.label,
        "description": f"{declared.technology}; purposes: {', '.join(sorted(declared.purposes))}",
        "type": "object",
        "properties": properties,
        "required": sorted(declared.required & set(properties)),
        "additionalProperties": False,
    }


def json_schemas(rulebook: Rulebook) -> str:
    """Return the JSON Schema of every collection point that takes data in here, by its name, as one JSON text.

    Rule: Cal. Civ. Code § 1798.100(a)(1).
    """
    printed = {name: json_schema(rulebook, name) for name, point in rulebook.points.items() if not point.collected_by}
    return json.dumps({"policy": rulebook.id, "collection": printed}, indent=1, ensure_ascii=False) + "\n"


def _shape(rulebook: Rulebook, name: str, shape: dict[str, Any]) -> dict[str, Any]:  # Any: JSON
    """Return the shape of a property; a file is bytes of one of its kinds, sent as a part of multipart/form-data."""
    limits = rulebook.data[name].file
    if limits is None:
        return shape
    kinds = " | ".join(MEDIA_TYPES[kind] for kind in limits.types)
    return {"type": "string", "contentEncoding": "binary", "contentMediaType": kinds, "maxLength": limits.max_bytes}


def _described(description: str) -> dict[str, str]:
    return {"description": description} if description else {}
