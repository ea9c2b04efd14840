"""Measure the house: files in a folder, lines of files and functions, and how often types say `Any`.

`make lint` runs it; it fails where a limit below is passed. Code lines are those that hold a token other than a comment
or a docstring.
"""

from __future__ import annotations

import ast
import io
import statistics
import sys
import tokenize
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src" / "dezero"
FILES, LINES, FUNCTION, MEDIAN = 22, 400, 47, 4
# `Any` per 100 code lines: of the rooms that everything stands on together, and of the whole.
GROUND, GROUND_LIMIT, LIMIT = ("core", "rewriting", "autodiff"), 6.0, 9.0
_LAYOUT = {tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT, tokenize.ENDMARKER}
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def main() -> int:
    texts = {path: path.read_text() for path in sorted(SOURCE.rglob("*.py"))}
    trees = {path: ast.parse(text) for path, text in texts.items()}
    code = {path: len(code_lines(text, trees[path])) for path, text in texts.items()}
    named = {path: anys(tree) for path, tree in trees.items()}
    failures = [f"{path}: {text.count(chr(10))} lines" for path, text in texts.items() if text.count("\n") > LINES]
    for folder in sorted({path.parent for path in texts}):
        count = sum(path.parent == folder for path in texts)
        failures += [f"{folder}: {count} files"] if count > FILES else []
    lengths = []
    for path, tree in trees.items():
        for name, n in functions(tree):
            lengths.append(n)
            failures += [f"{path}: {name} has {n} lines"] if n > FUNCTION else []
    if statistics.median(lengths) > MEDIAN:
        failures.append(f"the median function has {statistics.median(lengths)} lines")
    for title, rooms, limit in (("ground", GROUND, GROUND_LIMIT), ("all", None, LIMIT)):
        paths = [p for p in texts if rooms is None or p.relative_to(SOURCE).parts[0] in rooms]
        rate = 100 * sum(named[p] for p in paths) / sum(code[p] for p in paths)
        print(f"Any in {title}: {rate:.2f} per 100 code lines, at most {limit}")
        failures += [f"Any in {title}: {rate:.2f} per 100 code lines"] if rate > limit else []
    if "--rooms" in sys.argv:
        for room in sorted({p.relative_to(SOURCE).parts[0] for p in texts}):
            paths = [p for p in texts if p.relative_to(SOURCE).parts[0] == room]
            lines = sum(code[p] for p in paths)
            print(f"{room:20} {lines:6} lines, Any {100 * sum(named[p] for p in paths) / max(lines, 1):5.1f}")
    print(f"functions: median {statistics.median(lengths)} lines, longest {max(lengths)}")
    print("\n".join(failures), file=sys.stderr)
    return int(bool(failures))


def code_lines(text: str, tree: ast.Module) -> set[int]:
    documented = [n.body[0] for n in ast.walk(tree) if isinstance(n, _DOCUMENTED) and ast.get_docstring(n, False)]
    docs = {line for doc in documented for line in range(doc.lineno, (doc.end_lineno or doc.lineno) + 1)}
    found: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in _LAYOUT:
            found.update(range(token.start[0], token.end[0] + 1))
    return found - docs


def anys(tree: ast.Module) -> int:
    """How often the type is named, but for its import."""
    return sum(isinstance(n, ast.Name) and n.id == "Any" for n in ast.walk(tree))


def functions(tree: ast.Module) -> list[tuple[str, int]]:
    """Each function's name and its lines, without its docstring."""
    found = []
    for n in ast.walk(tree):
        if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef):
            first = n.body[1] if ast.get_docstring(n, False) and len(n.body) > 1 else n.body[0]
            found.append((n.name, (n.end_lineno or n.lineno) - first.lineno + 1))
    return found


if __name__ == "__main__":
    sys.exit(main())
