"""Reading what a page's own form sent: bounded, tolerant of bytes, one value per name."""

from __future__ import annotations

from datetime import date
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request

from avow.web.form_input import url_encoded

#: Largest body of a page's form, in bytes: the longest text field is 4,000 characters, each at most 12 bytes encoded.
BODY_BYTES_MAX: Final = 65_536
#: Most fields of a page's form; the longest has one per optional purpose.
FIELDS_MAX: Final = 200


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of the form; raise 413 beyond the limit (before more is read) and 400 when it is no form.

    A field that comes twice with different values is no form of ours: which of them was meant is not guessed.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise HTTPException(413)
    if body and not request.headers.get("content-type", "").lower().startswith("application/x-www-form-urlencoded"):
        raise HTTPException(400, "The form was not sent as a form.")
    pairs = url_encoded(bytes(body), request.headers.get("content-type", ""), FIELDS_MAX)
    fields = dict(pairs)
    if any(fields[name] != value for name, value in pairs):
        raise HTTPException(400, "The form has a field twice, with different values. Nothing was done.")
    return fields


def day_of(text: str) -> date | None:
    """Return the day written as 2026-11-23, else None."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
