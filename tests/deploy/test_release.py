"""What is installed on a machine that serves, and the list of it."""

import re
import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError, requires
from importlib.util import module_from_spec, spec_from_file_location
from itertools import chain

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from tests.conftest import REPOSITORY

#: The Python that locks are made with.
OLDEST = {"python_version": "3.11", "python_full_version": "3.11.0"}


@cache
def components():
    """Return the script of the build; what it imports takes seconds, which each process of the tests would spend."""
    specification = spec_from_file_location("components", REPOSITORY / "release" / "components.py")
    script = module_from_spec(specification)
    specification.loader.exec_module(script)
    return script


def locked(name):
    """Return name -> version of a lock."""
    return {one.name: one.version for one in components().python_packages((REPOSITORY / name).read_text(encoding="utf-8"))}


def needed(name, extras, found):
    """Gather what a package needs on the oldest Python, and what that needs, as the installed packages say."""
    try:
        every = [Requirement(written) for written in requires(name) or ()]
    except PackageNotFoundError:  # not needed by the Python of these tests
        every = []
    for one in every:
        if one.marker and not any(one.marker.evaluate({"extra": extra, **OLDEST}) for extra in extras):
            continue
        key = (canonicalize_name(one.name), *sorted(one.extras))
        if key not in found:
            found.add(key)
            needed(one.name, {"", *one.extras}, found)
    return {key[0] for key in found}


def test_the_lock_holds_what_serves_and_no_more():
    """Exactly what the program needs, and the driver of a control store on PostgreSQL; no package of the tests."""
    assert set(locked("requirements.lock")) == needed("avow", {"", "postgresql"}, set())


def test_both_locks_have_the_same_versions():
    """What is tested is what serves."""
    assert locked("requirements.lock").items() <= locked("requirements-dev.lock").items()


def test_no_lock_names_a_place():
    """A lock names packages and their hashes; where they come from is the operator's to say."""
    for name in ("requirements.lock", "requirements-dev.lock"):
        assert not re.search(
            r"https?:|--index-url|--find-links|--trusted-host|file:", (REPOSITORY / name).read_text(encoding="utf-8")
        )


def test_each_requirement_has_both_bounds():
    """A version that nobody has tested is not taken in by itself."""
    written = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    project = written["project"]
    every = chain(project["dependencies"], written["build-system"]["requires"], *project["optional-dependencies"].values())
    unbounded = [one for one in every if {part.operator for part in Requirement(one).specifier} != {">=", "<"}]
    assert unbounded == []


def test_the_list_of_components_names_what_is_installed_and_built_in():
    """Every package of the lock and every library of the browser part, in a form that others read (CycloneDX 1.6)."""
    from cyclonedx.schema import SchemaVersion  # noqa: PLC0415 - as `components`
    from cyclonedx.validation.json import JsonStrictValidator  # noqa: PLC0415

    listed = components().listed(REPOSITORY)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(components().JsonV1Dot6(listed).output_as_string()) is None
    purls = {str(one.purl) for one in listed.components}
    assert {f"pkg:pypi/{name}@{version}" for name, version in locked("requirements.lock").items()} < purls
    assert any(one.startswith("pkg:npm/htmx.org@") for one in purls)
    assert not any("/esbuild@" in one or "/pytest@" in one for one in purls)
