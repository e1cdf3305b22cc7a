"""The generated pages of docs/reference, from what the code says now: help texts, configuration, diagnostics.

`python tests/docs/reference.py` writes them; `test_reference.py` fails when a page in the tree says something else.
"""

import ast
import dataclasses
import inspect
import re
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import click

from avow import cli, config
from avow.gate import entries
from avow.gate.entries import Entry
from avow.policy import explanations, json_schema, law
from avow.policy.findings.diagnostics import CODES, GROUPS
from avow.policy.language import vocabulary
from avow.policy.language.grammar import GRAMMAR, RETENTION_MOST, Key, Shape
from avow.policy.language.meanings import MEANINGS

FOLDER = Path(__file__).parents[2] / "docs" / "reference"
MADE = "<!-- Made by tests/docs/reference.py; change the code, then `make reference`. -->"
CONFIGURATION = """\
One TOML file, named with `--config` or `AVOW_CONFIG`, else `avow.toml` in the current folder. Relative paths count from
the file's own folder. A key that is not listed here is an error, and so is a missing one that is required."""
DIAGNOSTICS = """\
What `avow policy check` says. An error stops the compilation, and so the start of `avow serve`; a warning does not.
Each is printed at its word, with the rule and how to mend it; `avow policy explain CODE` prints the page of a code.
For machines there are [JSON, SARIF and GitHub's annotations](../../specs/findings.md). The language itself:
[the policy language](../../specs/policy-language.md)."""
DECLARATIONS = """\
Every table and key that an `avow` block may hold. Keys in **bold** are required. "Names" are lists of declared names.
How blocks and prose work together: [the policy language](../specs/policy-language.md); how to write one:
[writing a policy](../guide/writing-a-policy.md)."""

#: The law tables of this version.
LAWS = law.tables()
#: Words that keys may hold, with what notices call them.
WORDS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "Placeholders": ("`{{ name }}` alone in its paragraph prints:", vocabulary.PLACEHOLDERS),
    "Technologies": ("`technology` of a collection point:", vocabulary.TECHNOLOGIES),
    "Categories": (
        "`category`, `also` and `categories`: a letter of Cal. Civ. Code § 1798.140(v)(1). The chart prints the exact term.",
        vocabulary.SHORT_CATEGORIES,
    ),
    "Sensitive categories": ("`sensitive`: a code of Cal. Civ. Code § 1798.140(ae):", vocabulary.SENSITIVE),
    "Contract clauses": (
        "`contract` has `signed` (a date) and the clauses of 11 CCR 7051(a), `true` or `false`; without one it is a third party:",
        vocabulary.CLAUSES,
    ),
    "Clauses with third parties": ("The contract with a third party, 11 CCR 7053(a):", vocabulary.THIRD_PARTY_CLAUSES),
    "Disclosures": ("`disclosure`:", vocabulary.DISCLOSURES),
    "Rights": ("`[right.NAME]`: the right", vocabulary.RIGHTS),
    "Methods": ("`methods`:", vocabulary.METHODS),
    "Levels": ("`level` of a right:", vocabulary.LEVELS),
    "Choices": ("`choice` of a purpose:", vocabulary.PURPOSE_CHOICES),
    "Acts": ("`may`: what the members of a role do with the records of its `points`.", vocabulary.ACTS),
    "Legal bases": ("`legal_basis`:", vocabulary.LEGAL_BASES),
    "Uses of sensitive information": ("`sensitive_use`:", vocabulary.SENSITIVE_USES),
    "People": ("`people`:", vocabulary.PEOPLE),
    "Starts of a period": ('`after`; `"collection"` when not written:', vocabulary.RETENTION_STARTS),
    "Criteria": ("`until`: the record goes when this comes before the end of the period.", vocabulary.RETENTION_CRITERIA),
    "Ends of a period": (
        "`then`: what becomes of the record.",
        {"erase": "it is erased (default)", "deidentify": "what points to a person is taken out of it"},
    ),
    "Safeguards": ("`safeguards`:", vocabulary.SAFEGUARDS),
    "Methods of a data set": ("`method`:", vocabulary.DATASET_METHODS),
    "Jurisdictions": ("`jurisdictions`: the law tables that there are.", {code: table.name for code, table in LAWS.items()}),
    "Exceptions from deletion": (
        "`exceptions` of the right to delete, as the statute has them:",
        {one.code: one.text for one in LAWS["US-CA"].exceptions},
    ),
}
#: Keys whose words stand in a table of their own -> its title.
WORDS_OF: Mapping[str, str] = {
    "technology": "Technologies",
    "category": "Categories",
    "also": "Categories",
    "categories": "Categories",
    "sensitive": "Sensitive categories",
    "may": "Acts",
    "sensitive_use": "Uses of sensitive information",
    "contract": "Contract clauses",
    "jurisdictions": "Jurisdictions",
    "exceptions": "Exceptions from deletion",
    "retention": "Starts of a period",
    "keeps": "Starts of a period",
    "legal_basis": "Legal bases",
    "safeguards": "Safeguards",
    "people": "People",
}
#: The tables of the configuration file, in the order of the page; "" is the top of the file.
TABLES = {
    "": config.Configuration,
    "website": config.Website,
    "website.look": config.Look,
    "installation": config.Named,
    "listen": config.Listen,
    "mail": config.Mail,
    "storage": config.Storage,
    "feeds": config.Feed,
    "recipient.NAME": config.Connection,
    "server_logs": config.ServerLog,
    "intake": config.Intake,
    "uploads": config.Uploads,
    "search": config.Search,
    "integrity": config.Integrity,
    "console": config.Console,
    "openid_connect": config.OpenIDConnect,
}


def command_line() -> str:
    """Return docs/reference/command-line.md from click's own help."""
    parts = [
        "# The command line",
        MADE,
        "Exit status: 0 done, 1 refused or not verified, 2 wrong usage. An error is one sentence on standard error.",
    ]
    parts.extend(
        f"## {context.command_path}\n\n```text\n{context.get_help().rstrip()}\n```" for context in _commands(cli.avow, None)
    )
    return "\n\n".join(parts) + "\n"


def _commands(command: click.Command, parent: click.Context | None) -> Iterator[click.Context]:
    """Yield the context of a command and of everything below it, by name."""
    settings = {"terminal_width": 100, **command.context_settings}
    context = click.Context(command, parent=parent, info_name=command.name, **settings)
    yield context
    for _, child in sorted(getattr(command, "commands", {}).items()):
        yield from _commands(child, context)


def configuration() -> str:
    """Return docs/reference/configuration.md from the comments beside the fields of `avow.config`."""
    parts = [
        "# The configuration",
        MADE,
        CONFIGURATION,
    ]
    own = {name.partition(".")[0] for name in TABLES}
    for name, struct in TABLES.items():
        heading = f"## `[{name}]`" if name else "## Top of the file"
        rows = [f"| `{key}` | {kind} | {words} |" for key, kind, words in _fields(struct) if name or key not in own]
        table = ["| Key | Holds | Meaning |", "|---|---|---|", *rows]
        parts.append(f"{heading}\n\n{inspect.getdoc(struct)}\n\n" + "\n".join(table))
    return "\n\n".join(parts) + "\n"


def _fields(struct: type) -> Iterator[tuple[str, str, str]]:
    """Yield name, kind and comment of each field of a struct; the `#:` lines above a field are its comment."""
    lines = inspect.getsource(struct).splitlines()
    comment: list[str] = []
    for line in map(str.strip, lines):
        if line.startswith("#:"):
            comment.append(line.removeprefix("#:").strip())
        elif comment:
            parsed = ast.parse(line).body[0]
            assert isinstance(parsed, ast.AnnAssign), line
            yield ast.unparse(parsed.target), _kind(ast.unparse(parsed.annotation)), " ".join(comment)
            comment = []


def _kind(annotation: str) -> str:
    """Return what a key holds, as a person would say it."""
    kinds = {"str": "text", "int": "whole number", "bool": "true or false", "Path": "path", "tuple[str, ...]": "list of texts"}
    words = [f"`{one}`" for one in re.findall(r"'([^']+)'", annotation)] if "Literal[" in annotation else []
    plain = re.sub(r"( \| )?Literal\[[^\]]*\]", "", annotation.removesuffix(" | None"))
    return ", or ".join(filter(None, [kinds.get(plain, plain), *words]))


def diagnostics() -> str:
    """Return docs/reference/diagnostics/README.md from the compiler's own list."""
    parts = [
        "# Diagnostics",
        MADE,
        DIAGNOSTICS,
    ]
    for group, title in GROUPS.items():
        rows = [
            f"| [{code}]({code}.md) | {one.severity.value} | {one.finds} | {one.rule} |"
            for code, one in CODES.items()
            if code[2:4] == group
        ]
        parts.append(f"## AV{group}: {title}\n\n" + "\n".join(["| Code | Severity | Finds | Rule |", "|---|---|---|---|", *rows]))
    return "\n\n".join(parts) + "\n"


def _explained(code: str) -> str:
    """Return docs/reference/diagnostics/CODE.md from the explanation of a code."""
    title, _, rest = explanations.as_markdown_page(code).partition("\n\n")
    return f"{title}\n\n{MADE}\n\n{rest}"


def declarations() -> str:
    """Return docs/reference/declarations.md from the grammar, the meanings and the vocabulary of the policy language."""
    parts = ["# Declarations", MADE, DECLARATIONS]
    for kind, table in GRAMMAR.items():
        meaning = MEANINGS[kind]
        rows = [_row(name, key, meaning.keys[name]) for name, key in table.keys.items()]
        head = f"## `[{kind}.NAME]`" if table.named else f"## `[{kind}]`"
        parts.append("\n".join([head, "", meaning.table, "", "| Key | Holds | Meaning |", "|---|---|---|", *rows]))
    for title, (introduction, words) in WORDS.items():
        shown = "{{{{ {} }}}}" if title == "Placeholders" else "{}"
        rows = [f"| `{shown.format(word)}` | {words[word]} |" for word in words]
        parts.append("\n".join([f"## {title}", "", introduction, "", "| Word | Meaning |", "|---|---|", *rows]))
    return "\n\n".join(parts) + "\n"


def _row(name: str, key: Key, means: str) -> str:
    marked = f"**`{name}`**" if key.required else f"`{name}`"
    title = WORDS_OF.get(name, "")
    seen = f" ([words](#{'-'.join(title.lower().split())}))" if title else ""
    return f"| {marked} | {_holds(key)}{seen} | {means} |"


def _holds(key: Key) -> str:
    """Return what a key holds, its words included when they are few."""
    few = 7
    if key.choices and len(key.choices) <= few:
        words = ", ".join(f'`"{choice}"`' for choice in key.choices)
        return f"list of {words}" if key.shape is Shape.CHOICES else words
    if key.shape is Shape.NUMBER:
        return f"whole number, {key.least:,} to {key.most:,}"
    if key.shape in {Shape.RETENTION, Shape.PERIOD}:
        limits = ", ".join(f"`{unit}` up to {most:,}" for unit, most in RETENTION_MOST.items())
        return f"period: {limits}; `after`, `until`, `then`"
    return str(key.shape)


ENTRIES = "<!-- The table is made from src/avow/gate/entries.py by `make reference`. -->\n"
ENTRIES_END = "<!-- end of the table -->"


def audit_log() -> str:
    """Return the specification of the audit log, with the table of its entries as the code declares them."""
    before, _, rest = (FOLDER.parent / "specs" / "audit-log.md").read_text(encoding="utf-8").partition(ENTRIES)
    declared = [one for one in vars(entries).values() if isinstance(one, type) and issubclass(one, Entry) and one is not Entry]
    rows = [_entry(kind) for kind in declared]
    table = "\n".join(["| `what` | further fields | when |", "|---|---|---|", *rows])
    return f"{before}{ENTRIES}{table}\n{ENTRIES_END}{rest.partition(ENTRIES_END)[2]}"


def _entry(kind: type[Entry]) -> str:
    names = [one.name.rstrip("_") for one in dataclasses.fields(kind) if one.name != "what"]
    kinds, held = (", ".join(f"`{name}`" for name in some) for some in (kind.kinds, names))
    return f"| {kinds} | {held} | {' '.join(inspect.cleandoc(kind.__doc__ or '').split())} |"


PAGES = {
    "../specs/audit-log.md": audit_log,
    "declarations.md": declarations,
    "command-line.md": command_line,
    "configuration.md": configuration,
    "diagnostics/README.md": diagnostics,
    "policy.schema.json": json_schema.as_text,
    **{f"diagnostics/{code}.md": partial(_explained, code) for code in CODES},
}


if __name__ == "__main__":
    for page, make in PAGES.items():
        (FOLDER / page).parent.mkdir(parents=True, exist_ok=True)
        (FOLDER / page).write_text(make(), encoding="utf-8")
