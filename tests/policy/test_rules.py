"""Rules of law are written once, in one module, and cited by name."""

import ast
import re
from pathlib import Path

import avow
from avow.policy.law import rules

SOURCE = Path(avow.__file__).parent
MODULE = SOURCE / "policy" / "law" / "rules.py"
#: What a citation begins with; the words of a statute, or a ground that people read, have another order.
CITATION = re.compile(
    r"(Cal\. (Civ\.|Penal) Code|Bus\. & Prof\. Code) §§? ?\d|\d+ (CCR|CFR|C\.F\.R\.) \d|\d+ U\.S\.C\. \d|GDPR Art\. \d|§§? ?1798"
)
NAMED = {name: value for name, value in vars(rules).items() if name.isupper()}


def typed(path):
    """Return the texts of a module that are no docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    first = [each.body[0] for each in ast.walk(tree) if isinstance(each, documented) and each.body]
    described = {id(node.value) for node in first if isinstance(node, ast.Expr)}
    every = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in described)
    return [node.value for node in every if isinstance(node.value, str)]


def test_no_rule_is_typed_where_it_is_cited():
    """Outside of docstrings and of the module that names them: one wrong letter would be a wrong citation to a consumer."""
    modules = [path for path in SOURCE.rglob("*.py") if path != MODULE]
    found = {str(path.relative_to(SOURCE)): [text for text in typed(path) if CITATION.search(text)] for path in modules}
    assert {path: texts for path, texts in found.items() if texts} == {}


def test_each_rule_is_written_once_and_cited():
    """Two names of one rule would be two places to mend; a name that nobody cites is none."""
    assert len(set(NAMED.values())) == len(NAMED)
    cited = "\n".join(path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py") if path != MODULE)
    assert {name for name in NAMED if f"rules.{name}" not in cited} == set()


def test_a_rule_reads_as_lawyers_cite_it():
    """A section's sign, its number, and letters and numbers in brackets that close; several of one law with commas."""
    part = r"\d+[a-z]?(?:\.\d+)?(?:-\d+)?(?:\((?:\d+|[a-z]{1,2}|[A-Z])\))*(?:-\([A-Z]\))?"
    law = r"(?:Cal\. (?:Civ\.|Penal) Code §§? |Bus\. & Prof\. Code § |\d+ (?:CCR|CFR|U\.S\.C\.) |GDPR Art\. )"
    whole = re.compile(rf"{law}{part}(?:, (?:§ )?(?:{part}|\([a-z]\)))*")
    assert [rule for rule in NAMED.values() if not whole.fullmatch(rule)] == []
