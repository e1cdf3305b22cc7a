"""Reading what a form sent: fields and files in memory alone, so that no file of a person touches the disk in clear."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

import msgspec
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from avow.collection.uploads import Upload

#: Most fields of a form.
FIELDS: Final = 100
#: Longest text field of a multipart body, bytes.
FIELD_BYTES: Final = 1024 * 1024
_KINDS: Final = "A form is sent as application/x-www-form-urlencoded, multipart/form-data or application/json."


@dataclass(frozen=True, slots=True)
class FormInput:
    """What came: (field, text) pairs and files."""

    pairs: list[tuple[str, str]]
    uploads: list[Upload]


class _InMemory(MultiPartParser):
    """Starlette's parser, which would put files of more than a megabyte on the disk in clear."""

    spool_max_size = 1 << 40


async def read(request: Request, files: int) -> FormInput:
    """Return the fields and at most `files` files; raise HTTPException 400 for what is no form, 413 for too many files.

    The door has limited the body. A file input that was left empty sends a part without a name: no file came.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return await _multipart(request, files)
    body = await request.body()
    if kind == "application/json":
        return FormInput(_from_json(body), [])
    if kind != "application/x-www-form-urlencoded":
        raise HTTPException(400, _KINDS)
    try:
        text = body.decode("utf-8", "replace")
        return FormInput(parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=FIELDS), [])
    except ValueError as error:
        raise HTTPException(400, f"The form has more than {FIELDS} fields.") from error


async def _multipart(request: Request, files: int) -> FormInput:
    async def stream() -> AsyncGenerator[bytes, None]:
        async for chunk in request.stream():
            yield chunk

    # One part more than allowed: an empty file input counts as a file here, and is told apart below.
    parser = _InMemory(request.headers, stream(), max_files=files + FIELDS, max_fields=FIELDS, max_part_size=FIELD_BYTES)
    try:
        data = await parser.parse()
    except (MultiPartException, KeyError, ValueError) as error:
        raise HTTPException(400, "The form's body could not be read as multipart/form-data.") from error
    pairs: list[tuple[str, str]] = []
    uploads: list[Upload] = []
    for name, value in data.multi_items():
        if not isinstance(value, UploadFile):
            pairs.append((name, value))
        elif value.filename or value.size:
            uploads.append(Upload(name, value.filename or "", await value.read()))
    await data.close()
    if len(uploads) > files and files:
        raise HTTPException(413, f"This form takes {files} files at most, and {len(uploads)} came. Nothing was kept.")
    return FormInput(pairs, uploads)


def _from_json(body: bytes) -> list[tuple[str, str]]:
    """Return the fields of a JSON object of texts."""
    try:
        fields = msgspec.json.decode(body, type=dict[str, str])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise HTTPException(400, "The body is not one JSON object whose values are texts.") from error
    if len(fields) > FIELDS:
        raise HTTPException(400, f"The form has more than {FIELDS} fields.")
    return list(fields.items())
