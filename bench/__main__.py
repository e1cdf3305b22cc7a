"""Run all benchmarks, or those named on the command line, and write what they said into RESULTS.md."""

from __future__ import annotations

import sys

from bench import (
    bulk,
    disclosures,
    erasure,
    floods,
    gdprbench,
    history,
    ingest,
    instructions,
    know,
    moving,
    permits,
    queries,
    requests,
    startup,
    steady,
)
from bench.results import record

BENCHMARKS = {
    "ingest": ingest,
    "steady": steady,
    "permits": permits,
    "queries": queries,
    "erasure": erasure,
    "startup": startup,
    "history": history,
    "moving": moving,
    "floods": floods,
    "gdprbench": gdprbench,
    "disclosures": disclosures,
    "instructions": instructions,
    "know": know,
    "requests": requests,
    "bulk": bulk,
}


def main() -> None:
    """Run and write."""
    for name in sys.argv[1:] or list(BENCHMARKS):
        module = BENCHMARKS[name]
        print(f"{name} …", file=sys.stderr, flush=True)
        lines = module.run()
        print("\n".join(lines))
        record(name, (module.__doc__ or "").strip(), lines)


if __name__ == "__main__":
    main()
