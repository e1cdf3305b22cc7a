"""What every table of the control store is made with."""

from __future__ import annotations

from typing import Final

from sqlalchemy import MetaData, TypeDecorator
from sqlalchemy import Text as AnyText
from sqlalchemy.engine import Dialect

metadata: Final = MetaData()


class Text(TypeDecorator[str]):
    """A text as both databases keep it: PostgreSQL takes no NUL, so U+FFFD is kept and looked for instead, as HTML does."""

    impl = AnyText
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Return a value as it is kept."""
        return value.replace("\0", "\ufffd") if value else value
