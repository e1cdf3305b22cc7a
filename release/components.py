"""Write the list of what a wheel brings and needs (CycloneDX 1.6): `python release/components.py FILE`.

Made of the locks alone: what serves (`requirements.lock`), and what is built into the browser part. Whoever watches for
weaknesses in libraries reads it; it is in the wheel (`sboms/`, PEP 770), and beside it in `dist/`.
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

REPOSITORY = Path(__file__).parents[1]
_LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


def python_packages(lock: str) -> Iterator[PackageURL]:
    """Yield what a lock of pip names."""
    for name, version in _LOCKED.findall(lock):
        yield PackageURL("pypi", name=name.lower(), version=version)


def npm_packages(lock: str) -> Iterator[PackageURL]:
    """Yield what a lock of npm names beside the tools that only build."""
    for place, package in json.loads(lock)["packages"].items():
        if place and not package.get("dev"):
            scope, _, name = place.rpartition("node_modules/")[2].rpartition("/")
            yield PackageURL("npm", namespace=scope or None, name=name, version=package["version"])


def listed(folder: Path) -> Bom:
    """Return the list for the wheel that is built from this folder."""
    project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    of_python = python_packages((folder / "requirements.lock").read_text(encoding="utf-8"))
    of_npm = npm_packages((folder / "browser" / "package-lock.json").read_text(encoding="utf-8"))
    every = (*of_python, *of_npm)
    avow = Component(name=project["name"], version=project["version"], type=ComponentType.APPLICATION)
    parts = [Component(name=one.name, group=one.namespace, version=one.version, purl=one, bom_ref=str(one)) for one in every]
    made = Bom(components=parts, metadata=BomMetaData(component=avow))
    made.register_dependency(avow, parts)
    return made


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(JsonV1Dot6(listed(REPOSITORY)).output_as_string(indent=2) + "\n", encoding="utf-8")
