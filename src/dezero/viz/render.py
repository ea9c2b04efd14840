"""Drawing DOT text with Graphviz: inside the process through pygraphviz, otherwise by the program `dot`."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from dezero.core import Variable
from dezero.viz.dot import to_dot
from dezero.viz.mermaid import to_mermaid
from dezero.viz.picture import LIMIT, Drawable

DRAWN = ("svg", "png", "pdf")
WRITTEN = {"dot": to_dot, "gv": to_dot, "mmd": to_mermaid}
MISSING = 'drawing {} needs Graphviz: run pip install "dezero-nth[viz]", or put the program dot on PATH'


def render(
    output: Drawable,
    path: str | os.PathLike[str],
    verbose: bool = False,
    *,
    values: Variable | Sequence[Variable] | None = None,
    limit: int = LIMIT,
) -> Path:
    """Draw the graph that `output` was computed by into a file and return its path; arguments as in `to_dot`.

    The suffix names the format: `.svg`, `.png` and `.pdf` are drawn, `.dot`, `.gv` and `.mmd` are text.
    The file is written only after the drawing is complete.

    Raises ValueError for another suffix, ImportError where neither pygraphviz nor `dot` is installed, and
    RuntimeError where Graphviz fails.

    >>> import numpy as np, tempfile
    >>> from dezero import Variable
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     render(Variable(np.array(3.0)) ** 2, f"{folder}/square.dot").name
    'square.dot'
    """
    path = Path(path)
    suffix = checked_suffix(path)
    if suffix in WRITTEN:
        content = WRITTEN[suffix](output, verbose, values=values, limit=limit).encode()
    else:
        content = draw(to_dot(output, verbose, values=values, limit=limit), suffix)
    path.write_bytes(content)
    return path


def svg(
    output: Drawable,
    verbose: bool = False,
    *,
    values: Variable | Sequence[Variable] | None = None,
    limit: int = LIMIT,
) -> str:
    """Return the graph that `output` was computed by as the text of an SVG picture; arguments as in `to_dot`.

    Raises ImportError where neither pygraphviz nor `dot` is installed and RuntimeError where Graphviz fails.
    """
    return draw(to_dot(output, verbose, values=values, limit=limit), "svg").decode()


def checked_suffix(path: str | os.PathLike[str]) -> str:
    """Return the format that the suffix of `path` names; raise ValueError for one that cannot be written."""
    suffix = Path(path).suffix.lower().removeprefix(".")
    if suffix not in (*DRAWN, *WRITTEN):
        known = ", ".join(f".{name}" for name in (*DRAWN, *WRITTEN))
        raise ValueError(f"{os.fspath(path)!r} names no format of a graph: the suffix must be one of {known}")
    return suffix


def draw(dot: str, suffix: str) -> bytes:
    """Return DOT text drawn as "svg", "png" or "pdf"; no shell and no temporary file is involved."""
    # Only pixels have a resolution: 96 dots per inch look coarse, and 192 is twice as wide on a plain screen.
    attributes = {"dpi": "144"} if suffix == "png" else {}
    try:
        import pygraphviz
    except ImportError:
        return _draw_by_program(dot, suffix, attributes)
    graph = pygraphviz.AGraph(string=dot)
    graph.graph_attr.update(attributes)
    try:
        return graph.draw(format=suffix, prog="dot")
    except (OSError, ValueError) as error:
        raise RuntimeError(f"Graphviz could not draw the graph as {suffix}: {error}") from error


def _draw_by_program(dot: str, suffix: str, attributes: dict[str, str]) -> bytes:
    program = shutil.which("dot")
    if program is None:
        raise ImportError(MISSING.format(suffix))
    options = [f"-G{name}={value}" for name, value in attributes.items()]
    done = subprocess.run([program, f"-T{suffix}", *options], input=dot.encode(), capture_output=True, check=False)
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip() or f"exit status {done.returncode}"
        raise RuntimeError(f"{program} could not draw the graph as {suffix}: {reason}")
    return done.stdout
