"""docs/tour.md: its snippets run, the files it names exist, and first order is as short as it says."""

import ast
import re
from pathlib import Path

import dezero

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs/tour.md").read_text(encoding="utf-8")
PACKAGE = Path(dezero.__file__).parent
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.M | re.S)
FIRST_ORDER = re.findall(r"`((?:core|autodiff)/\w+\.py)`", PAGE.partition("## First order")[2].partition("###")[0])
MOST_LINES = 1100
HIGHER = {"rewriting", "autodiff.derive", "autodiff.tangent", "autodiff.reverse", "autodiff.cached", "autodiff.forms"}


def test_the_snippets_run_one_after_the_other():
    assert len(BLOCKS) >= 12
    exec(compile("\n".join(BLOCKS), "docs/tour.md", "exec"), {})


def test_files_that_are_named_exist():
    for name in re.findall(r"`(\w+/\w+\.py)`", PAGE):
        assert (PACKAGE / name).exists(), name


def test_rooms_are_those_that_there_are():
    table = PAGE.partition("## The rooms")[2].partition("## Glossary")[0]
    named = {room for row in re.findall(r"^\| (`.*?`) \|", table, re.M) for room in re.findall(r"`(\w+)`", row)}
    there = {p.stem for p in PACKAGE.iterdir() if (p / "__init__.py").exists() or p.suffix == ".py"}
    assert named <= there
    assert there - named <= {"__init__", "_numerical", "cuda", "utils"}


def test_first_order_is_read_in_so_many_lines_without_the_higher_half():
    lines = 0
    for name in FIRST_ORDER:
        text = (PACKAGE / name).read_text()
        lines += text.count("\n")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("dezero."):
                module = node.module.removeprefix("dezero.")
                assert not any(module == h or module.startswith(f"{h}.") for h in HIGHER), (name, module)
    assert len(FIRST_ORDER) == 7
    assert lines <= MOST_LINES
