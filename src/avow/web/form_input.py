"""Reading what a form sent: fields and files in memory alone, so that no file of a person touches the disk in clear."""

from __future__ import annotations

import codecs
import json
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

import msgspec
from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers, UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from avow.collection.forms.uploads import Upload

#: Most fields of a form.
FIELDS: Final = 100
#: Longest text field of a multipart body, bytes.
FIELD_BYTES: Final = 1024 * 1024
#: Encodings that a form may declare (https://encoding.spec.whatwg.org/), as Python calls them and as they are read: who says
#: Latin-1 writes windows-1252.
_CHARSETS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("utf-8", "utf-8-sig"), "utf-8"),
    **dict.fromkeys(("ascii", "iso8859-1", "cp1252"), "cp1252"),
    **dict.fromkeys(("iso8859-9", "cp1254"), "cp1254"),
    **dict.fromkeys(("iso8859-11", "tis-620", "cp874"), "cp874"),
    **dict.fromkeys(("gb2312", "gbk", "gb18030"), "gb18030"),
    **dict.fromkeys(("euc_kr", "cp949"), "cp949"),
    **dict.fromkeys(("shift_jis", "cp932"), "cp932"),
    **{name: name for name in ("koi8-r", "koi8-u", "big5", "euc_jp", "iso2022_jp", "mac-roman")},
    **{name: name for name in (f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16))},
    **{name: name for name in (f"cp125{part}" for part in (0, 1, 3, 5, 6, 7, 8))},
}
#: The field into which browsers write in what encoding they send a form (HTML, 4.10.21.4).
_CHARSET_FIELD: Final = "_charset_"
_KINDS: Final = "A form is sent as application/x-www-form-urlencoded, multipart/form-data or application/json."


@dataclass(frozen=True, slots=True)
class FormInput:
    """What came: (field, text) pairs and files."""

    pairs: list[tuple[str, str]]
    uploads: list[Upload]


class _InMemory(MultiPartParser):
    """Starlette's parser, which would put files of more than a megabyte on the disk in clear, and takes each text for UTF-8."""

    spool_max_size = 1 << 40

    def __init__(self, headers: Headers, stream: AsyncGenerator[bytes, None], *, max_files: int) -> None:
        super().__init__(headers, stream, max_files=max_files, max_fields=FIELDS, max_part_size=FIELD_BYTES)
        #: Name, bytes and declared encoding of each text.
        self.texts: list[tuple[str, bytes, str]] = []

    def on_part_end(self) -> None:
        """Keep a text as it came: its encoding may stand in a part behind it."""
        part = self._current_part
        if part.file is None:
            kind = next((value for name, value in part.item_headers if name == b"content-type"), b"")
            self.texts.append((part.field_name, bytes(part.data), _declared(kind)))
        else:
            super().on_part_end()


async def read(request: Request, files: int) -> FormInput:
    """Return the fields and at most `files` files; raise HTTPException 400 for what is no form, 413 for too many files.

    The door has limited the body. A file input that was left empty sends a part without a name: no file came. Texts are read in
    the encoding that a part, the field `_charset_` or the header declares, else in UTF-8; 415 for one that is not read.
    """
    header = request.headers.get("content-type", "")
    kind, declared = header.partition(";")[0].strip().lower(), _declared(header.encode("latin-1", "replace"))
    if kind == "multipart/form-data":
        return await _multipart(request, files, declared)
    body = await request.body()
    if kind == "application/json":
        return FormInput(_from_json(_decoded(body, declared) if declared else body), [])
    if kind != "application/x-www-form-urlencoded":
        raise HTTPException(400, _KINDS)
    return FormInput(url_encoded(body, header, FIELDS), [])


def url_encoded(body: bytes, content_type: str, most: int) -> list[tuple[str, str]]:
    """Return at most so many fields of a form, in the encoding that it declares; raise HTTPException 400 for no form, or 415."""
    try:
        # As bytes, each a sign: the encoding may stand in a field behind.
        found = parse_qsl(body.decode("latin-1"), keep_blank_values=True, encoding="latin-1", max_num_fields=most)
    except ValueError as error:
        raise HTTPException(400, f"The form has more than {most} fields.") from error
    raw = [(_decoded(name.encode("latin-1"), ""), value.encode("latin-1"), "") for name, value in found]
    return _texts(raw, _declared(content_type.encode("latin-1", "replace")))


def _declared(content_type: bytes) -> str:
    """Return the encoding that a media type names; nothing where it names none."""
    return parse_options_header(content_type)[1].get(b"charset", b"").decode("latin-1")


def _decoded(raw: bytes, charset: str) -> str:
    """Return a text in the encoding that is declared, else in UTF-8, with a sign for what is none.

    Raises HTTPException 415 for an encoding that nobody sends forms in, and 400 where the bytes are not of it: no letter is lost.
    """
    if not charset:
        return raw.decode("utf-8", "replace")
    try:
        return raw.decode(_CHARSETS[codecs.lookup(charset).name])
    except (LookupError, ValueError) as error:
        if isinstance(error, UnicodeDecodeError):
            raise HTTPException(400, "The form is not written in the encoding that it declares. Nothing was kept.") from error
        raise HTTPException(
            415, "The form is in an encoding that is not read here; send it in UTF-8. Nothing was kept."
        ) from error


def _texts(raw: list[tuple[str, bytes, str]], declared: str) -> list[tuple[str, str]]:
    """Return the texts of a form, without the field in which a browser told their encoding."""
    told = next((value.decode("latin-1") for name, value, _ in raw if name == _CHARSET_FIELD), "") or declared
    return [(name, _decoded(value, own or told)) for name, value, own in raw if name != _CHARSET_FIELD]


async def _multipart(request: Request, files: int, declared: str) -> FormInput:
    async def stream() -> AsyncGenerator[bytes, None]:
        async for chunk in request.stream():
            yield chunk

    # One part more than allowed: an empty file input counts as a file here, and is told apart below.
    parser = _InMemory(request.headers, stream(), max_files=files + FIELDS)
    try:
        data = await parser.parse()
    except (MultiPartException, KeyError, ValueError) as error:
        raise HTTPException(400, "The form's body could not be read as multipart/form-data.") from error
    pairs = _texts(parser.texts, declared)
    uploads: list[Upload] = []
    for name, value in data.multi_items():
        if isinstance(value, UploadFile) and (value.filename or value.size):
            uploads.append(Upload(name, value.filename or "", await value.read()))
    await data.close()
    if len(uploads) > files and files:
        raise HTTPException(413, f"This form takes {files} files at most, and {len(uploads)} came. Nothing was kept.")
    return FormInput(pairs, uploads)


def _from_json(body: bytes | str) -> list[tuple[str, str]]:
    """Return the fields of a JSON object of texts, one that is twice twice."""
    try:
        msgspec.json.decode(body, type=dict[str, str])
        pairs: list[tuple[str, str]] = json.loads(body, object_pairs_hook=list)
    except (msgspec.DecodeError, ValueError) as error:
        raise HTTPException(400, "The body is not one JSON object whose values are texts.") from error
    if len(pairs) > FIELDS:
        raise HTTPException(400, f"The form has more than {FIELDS} fields.")
    return pairs
