"""The policy room: parse, check and compile the literate policy into a Rulebook; print notices, schemas and schedules.

Pure: nothing here reads the clock, and only `law` and `explanations` read anything, from the package itself.
"""

from __future__ import annotations

from avow.policy import explanations, law, printouts
from avow.policy.changes import diff, publication
from avow.policy.compile import Compilation, compile_text, reopen
from avow.policy.findings import diagnostics, reports
from avow.policy.findings.diagnostics import Diagnostic, Severity
from avow.policy.language import json_schema, layout
from avow.policy.law import LawTable, LawValue
from avow.policy.printouts import chart, notice, request_map, schedule
from avow.policy.printouts.chart import DisclosureCount, Ledger
from avow.policy.rulebook import browser_policy, schemas, tag_plan
from avow.policy.rulebook.rulebook import (
    CollectionPoint,
    Contract,
    Controller,
    DataItem,
    Purpose,
    Recipient,
    Retention,
    Right,
    Rulebook,
    Signal,
)

__all__ = [
    "CollectionPoint",
    "Compilation",
    "Contract",
    "Controller",
    "DataItem",
    "Diagnostic",
    "DisclosureCount",
    "LawTable",
    "LawValue",
    "Ledger",
    "Purpose",
    "Recipient",
    "Retention",
    "Right",
    "Rulebook",
    "Severity",
    "Signal",
    "browser_policy",
    "chart",
    "compile_text",
    "diagnostics",
    "diff",
    "explanations",
    "json_schema",
    "law",
    "layout",
    "notice",
    "printouts",
    "publication",
    "reopen",
    "reports",
    "request_map",
    "schedule",
    "schemas",
    "tag_plan",
]
