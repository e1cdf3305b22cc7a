"""Addresses of pages of the privacy centre that a policy names."""

from __future__ import annotations

from typing import Final

#: The yearly figures of consumer requests. Rule: 11 CCR 7102(a)(2).
METRICS: Final = "/privacy/metrics"
