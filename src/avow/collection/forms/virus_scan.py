"""Files looked through for known viruses by a clamd of the operator's own (ClamAV), before anything of them is kept.

Spoken is clamd's INSTREAM: pieces with their length before them, an empty one at the end, one line back. A scanner that is
configured and gives no clear answer stops the file: what could not be looked at is not taken.
"""

from __future__ import annotations

import asyncio
import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from avow.definitions import ScannerUnavailable

#: Seconds until a connection stands, and until the answer about one file is there.
CONNECT_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 60.0
_PIECE_BYTES: Final = 256 * 1024
#: Longest answer that is read, bytes: a name of a signature and two words.
_ANSWER_BYTES: Final = 1024
_LENGTH: Final = struct.Struct(">I")


@dataclass(frozen=True, slots=True)
class Clamd:
    """A clamd at a path (a Unix socket) or at "host:port"."""

    address: str

    async def finds(self, content: bytes) -> bool:
        """Return whether something harmful is in a file. Raises ScannerUnavailable when it does not say so clearly."""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await self._ask(content)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            raise ScannerUnavailable(f"the virus scanner does not answer ({type(error).__name__})") from None
        if answer == b"stream: OK":
            return False
        if answer.startswith(b"stream: ") and answer.endswith(b" FOUND"):
            return True
        raise ScannerUnavailable(f"the virus scanner could not look: {answer.decode('ascii', 'replace')}")

    async def _ask(self, content: bytes) -> bytes:
        """Return clamd's line about a file, without its end."""
        reader, writer = await asyncio.wait_for(self._connected(), CONNECT_SECONDS)
        try:
            writer.write(b"zINSTREAM\0")
            with suppress(ConnectionError):  # it may refuse what is too large before all of it came, and says so
                for start in range(0, len(content), _PIECE_BYTES):
                    piece = content[start : start + _PIECE_BYTES]
                    writer.write(_LENGTH.pack(len(piece)) + piece)
                    await writer.drain()
                writer.write(_LENGTH.pack(0))
                await writer.drain()
            return (await reader.readuntil(b"\0")).rstrip(b"\0").strip()
        finally:
            writer.close()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self.address.startswith("/"):
            return await asyncio.open_unix_connection(self.address, limit=_ANSWER_BYTES)
        host, _, port = self.address.rpartition(":")
        return await asyncio.open_connection(host.strip("[]"), int(port), limit=_ANSWER_BYTES)
