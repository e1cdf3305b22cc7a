"""What is written stays true: generated pages, routes, links, and the length of ARCHITECTURE.md."""

import importlib.util
import re
import subprocess
from pathlib import Path

import msgspec
import pytest

from avow import config

REPOSITORY = Path(__file__).parents[2]
SOURCE = REPOSITORY / "src" / "avow"
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
ROUTE = re.compile(r"""(?:Route|Mount)\(\s*"([^"]+)"|b"(/avow/[^"]+)": Way\(""")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"docs/[a-z]+/[a-z0-9-]+\.md")

_spec = importlib.util.spec_from_file_location("reference_pages", Path(__file__).with_name("reference.py"))
reference = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(reference)


def files(*patterns):
    """Return the repository's files, committed or about to be."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns]
    listed = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    return sorted(path for line in listed.splitlines() if (path := REPOSITORY / line).is_file())


def routes():
    """Return every route of the web application and of the door, as the source writes it."""
    sources = [*sorted((SOURCE / "web").rglob("*.py")), SOURCE / "main" / "worker.py"]
    return sorted({first or second for source in sources for first, second in ROUTE.findall(source.read_text(encoding="utf-8"))})


def anchors(text):
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


@pytest.mark.parametrize("page", sorted(reference.PAGES))
def test_generated_page_says_what_the_code_says(page):
    """A changed help text, key or diagnostic without a new page fails; `make reference` writes the pages."""
    written = (reference.FOLDER / page).read_text(encoding="utf-8")
    assert written == reference.PAGES[page](), f"docs/reference/{page} is old; run `make reference`"


def test_every_table_of_the_configuration_is_described():
    """A struct of the configuration that the page leaves out fails."""
    structs = {one for one in vars(config).values() if isinstance(one, type) and issubclass(one, msgspec.Struct)}
    assert structs == set(reference.TABLES.values())


def test_no_page_is_left_of_a_code_that_is_gone():
    """The folder of the diagnostics holds the generated pages and nothing else."""
    there = {f"diagnostics/{path.name}" for path in (reference.FOLDER / "diagnostics").iterdir()}
    assert there == {page for page in reference.PAGES if page.startswith("diagnostics/")}


def test_every_route_is_described():
    """docs/reference/http.md names each route of the pages and of the door, as the source writes it."""
    described = (reference.FOLDER / "http.md").read_text(encoding="utf-8")
    assert len(routes()) > 30
    assert [route for route in routes() if f"`{route}`" not in described] == []


@pytest.mark.parametrize("word", ["avow_visitor", "avow_choices", "avow_staff", "avow_device", "Avow-Dropped", "Avow-Refused"])
def test_every_cookie_and_header_is_described(word):
    """docs/reference/http.md names what a browser is given to keep and what a developer is told."""
    assert f"`{word}`" in (reference.FOLDER / "http.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", files("*.md"), ids=lambda path: path.relative_to(REPOSITORY).as_posix())
def test_every_relative_link_leads_somewhere(path):
    """A link to a file, or to a heading of a page, exists."""
    broken = []
    for target in LINK.findall(FENCE.sub("", path.read_text(encoding="utf-8"))):
        file, _, anchor = target.partition("#")
        found = path.parent / file if file else path
        if "://" in target or target.startswith("mailto:"):
            continue
        if not found.exists() or (anchor and anchor not in anchors(found.read_text(encoding="utf-8"))):
            broken.append(target)
    assert broken == []


def test_every_document_that_the_code_names_exists():
    """A refusal or a comment that sends somebody to a page sends them to one that is there."""
    named = {
        (path, name) for path in files("src/*.py", "browser/src/*") for name in NAMED.findall(path.read_text(encoding="utf-8"))
    }
    assert {f"{path.name}: {name}" for path, name in named if not (REPOSITORY / name).exists()} == set()


def test_every_room_has_its_line_in_the_architecture():
    """ARCHITECTURE.md names each room, and no room that is not there."""
    text = (REPOSITORY / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rooms = {path.stem for path in SOURCE.iterdir() if not path.name.startswith(("_", ".")) and path.suffix in {"", ".py"}}
    assert {room for room in rooms if f"`{room}" not in text} == set()


def test_architecture_can_be_read_in_one_sitting():
    """At most 200 lines."""
    assert len((REPOSITORY / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()) <= 200


def test_the_table_of_the_law_names_code_and_tests_that_are_there():
    """docs/law/README.md leads a lawyer from a section to its code and its test; each file and name exists."""
    missing = []
    for line in (REPOSITORY / "docs" / "law" / "README.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and len(cells) == 4:
            missing.extend(_missing(cells[2], SOURCE))
            missing.extend(_missing(cells[3], REPOSITORY / "tests"))
    assert missing == []


def _missing(cell, folder):
    """Return what a cell names and the tree lacks: files, and names within the file before them."""
    path = None
    for file, name in re.findall(r"`([\w/]+\.(?:py|toml))`|`(\w+(?:\.\w+)?)`", cell):
        if file:
            path = folder / file
            if not path.exists():
                yield file
        elif path is not None and path.exists() and name.split(".")[-1] not in path.read_text(encoding="utf-8"):
            yield f"{path.name}: {name}"
