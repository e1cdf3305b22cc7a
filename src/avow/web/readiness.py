"""`/readyz` and `/metrics`: whether the installation does its work, for monitors. Reference: docs/reference/http.md.

Whether it is ready anybody may know, as a load balancer on another machine must. The checks and figures are for this
machine and for the addresses of `listen.metrics_from` alone; to everybody else there is no such page.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from avow.assurance.readiness import Check, Metric, Report, Watch
from avow.collection.visits import client_address, plain_address

#: What a proxy adds: an HTTP request with one of these was not sent by this machine, whatever its peer is.
RELAYED: Final = ("x-forwarded-for", "forwarded", "via", "x-real-ip")
#: Prometheus' text format (https://prometheus.io/docs/instrumenting/exposition_formats/).
TEXT_FORMAT: Final = "text/plain; version=0.0.4; charset=utf-8"
_UNCACHED: Final = {"Cache-Control": "no-store"}
_ESCAPED: Final = {"\\": "\\\\", "\n": "\\n", '"': '\\"'}
_ESCAPE: Final = re.compile(r'[\\\n"]')

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class ReadinessEndpoint:
    """Answers monitors; `told` are the addresses and networks that get checks and figures."""

    def __init__(self, readiness: Watch, told: Collection[str], trusted_proxies: Collection[str]) -> None:
        self._readiness = readiness
        self._told = networks(told)
        self._trusted = frozenset(map(plain_address, trusted_proxies))
        # A thread of its own: the pages' threads may all wait for the very store that does not answer.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="readyz")

    def routes(self) -> list[Route]:
        """Return the two routes."""
        return [Route("/readyz", self._ready), Route("/metrics", self._metrics)]

    async def _ready(self, request: Request) -> Response:
        """Answer 200 or 503; with the checks for those who are told."""
        report = await self._report()
        said: dict[str, object] = {"status": "ready" if report.is_ready else "not-ready"}
        if self.is_told(request):
            said["checks"] = {check.name: _check(check) for check in report.checks}
        return JSONResponse(said, 200 if report.is_ready else 503, headers=_UNCACHED)

    async def _metrics(self, request: Request) -> Response:
        """Answer with all figures, for those who are told."""
        if not self.is_told(request):
            raise HTTPException(404)
        report = await self._report()
        return Response("".join(exposition(report.metrics)), headers={"Content-Type": TEXT_FORMAT, **_UNCACHED})

    async def _report(self) -> Report:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._readiness.report)

    def is_told(self, request: Request) -> bool:
        """Whether who asks gets checks and figures.

        Through a proxy nobody is this machine, and only a trusted proxy says who asks.
        """
        peer = plain_address(request.client.host if request.client else "")
        if not any(name in request.headers for name in RELAYED):
            return self._is_named(peer)
        forwarded = ", ".join(request.headers.getlist("x-forwarded-for"))
        if peer not in self._trusted or not forwarded:
            return False
        address = client_address(peer, forwarded, self._trusted)
        return address != peer and self._is_named(address) and not ipaddress.ip_address(address).is_loopback

    def _is_named(self, address: str) -> bool:
        return bool(address) and any(ipaddress.ip_address(address) in network for network in self._told)


def networks(named: Collection[str]) -> tuple[Network, ...]:
    """Return addresses and networks as they are written in the configuration. Raises ValueError for what is neither."""
    return tuple(map(ipaddress.ip_network, named))


def exposition(metrics: Sequence[Metric]) -> Iterator[str]:
    """Yield the lines of Prometheus' text format."""
    for metric in metrics:
        yield f"# HELP {metric.name} {metric.help}\n# TYPE {metric.name} gauge\n"
        if isinstance(metric.value, float | int):
            yield f"{metric.name} {_number(metric.value)}\n"
            continue
        for value, number in sorted(metric.value.items()):
            label = _ESCAPE.sub(lambda found: _ESCAPED[found[0]], value)
            yield f'{metric.name}{{{metric.label}="{label}"}} {_number(number)}\n'


def _number(value: float) -> str:
    return {float("inf"): "+Inf", float("-inf"): "-Inf"}.get(value, f"{float(value):.10g}")


def _check(check: Check) -> dict[str, object]:
    """Return a check as JSON has it, which knows no infinity."""
    value = None if check.value is None or check.value == float("inf") else round(check.value, 3)
    return {"ok": check.is_ok, "value": value, "limit": check.limit, "words": check.words}
