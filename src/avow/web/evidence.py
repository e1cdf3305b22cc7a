"""What the evidence pages show, public and in the console: each promise, its verdict, and how many of each there are."""

from __future__ import annotations

from typing import Any

from avow.policy.evidence import Verdict
from avow.web.rendering import View


def promises(view: View) -> dict[str, Any]:  # Any: what templates take
    """Return the judged promises with the count of each verdict, and how staff sign in and look twice."""
    now_ms = view.house.now_ms()
    judged = view.house.promises.judged(now_ms)
    counts = {verdict: sum(one.verdict is verdict for one in judged) for verdict in Verdict}
    reason = view.house.evidence.without_second_factor
    reviews = view.house.reviews
    staff = {"without_second_factor": reason, "second_looks": reviews.second_looks(), "kept_by_staff": reviews.kept_by_staff()}
    return {"judged": judged, "counts": counts, "Verdict": Verdict, "now_ms": now_ms, **staff}
