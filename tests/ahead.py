"""Does, in the process that the tests' servers and commands are forked from, what each of them does first.

Importing this module does it: a control store is migrated, which imports Alembic, and the example policy is compiled, by
patterns that are made once. A server that is started as an operator starts it (`fresh`) has nothing of it ahead.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import anyio._backends._asyncio  # noqa: F401 - with the first answer of each web worker

from avow.publication.files import compile_policy
from avow.store.control import Control

with tempfile.TemporaryDirectory() as _folder:
    Control(f"sqlite:///{_folder}/control.db").close()
compile_policy(Path(__file__).parent.parent / "policies" / "marrowby" / "policy.md", datetime.now(UTC).date())
