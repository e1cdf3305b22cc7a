"""Documents that people, and agents, send with a request: what is wrong with one, in a sentence."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.exceptions import HTTPException

from avow.collection.forms.uploads import Upload, kind_of
from avow.definitions import ScannerUnavailable
from avow.policy.language.vocabulary import FILE_TYPES
from avow.policy.markup import megabytes
from avow.rights.correcting.documents import KINDS, MOST_BYTES
from avow.web.house import House


async def wrong_with(house: House, uploads: Sequence[Upload]) -> str:
    """Return what is wrong with a document, "" for nothing; 503 while the scanner does not say that it is harmless."""
    if not uploads or not uploads[0].content:
        return "Please choose a file."
    content = uploads[0].content
    if len(content) > MOST_BYTES or kind_of(content) not in KINDS:
        allowed = ", ".join(FILE_TYPES[kind] for kind in KINDS)
        return f"A document can be one of these: {allowed}; and has {megabytes(MOST_BYTES)} at most."
    try:
        is_harmful = await house.attachments.is_harmful(content)
    except ScannerUnavailable as error:
        raise HTTPException(503, "We cannot look through files just now. Please try again later.") from error
    return "Our virus scanner found something harmful in it. Please send another file." if is_harmful else ""
