"""`Graph`: what to draw, wrapped so that notebooks show it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dezero.core import Variable
from dezero.viz.dot import to_dot
from dezero.viz.mermaid import to_mermaid
from dezero.viz.picture import LIMIT, Drawable, GraphTooLargeError
from dezero.viz.render import render, svg


@dataclass(frozen=True, eq=False)
class Graph:
    """The graph that `output` was computed by, shown inline where it is the last line of a notebook's cell.

    Arguments as in `to_dot`. The graph is walked when it is shown, and the Variables are held until then.

    >>> import numpy as np
    >>> from dezero import Variable
    >>> Graph(Variable(np.array(3.0)) ** 2).dot.splitlines()[0]
    'digraph {'
    """

    output: Drawable
    verbose: bool = False
    values: Variable | Sequence[Variable] | None = None
    limit: int = LIMIT

    @property
    def dot(self) -> str:
        """The text that `to_dot` returns."""
        return to_dot(self.output, self.verbose, values=self.values, limit=self.limit)

    @property
    def mermaid(self) -> str:
        """The text that `to_mermaid` returns."""
        return to_mermaid(self.output, self.verbose, values=self.values, limit=self.limit)

    def svg(self) -> str:
        """Return the text of an SVG picture; errors as in `dezero.viz.svg`."""
        return svg(self.output, self.verbose, values=self.values, limit=self.limit)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write a file whose suffix names the format, and return its path; all else as in `render`."""
        return render(self.output, path, self.verbose, values=self.values, limit=self.limit)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """Give Jupyter the SVG; without Graphviz the DOT text; for too large a graph a line that says so."""
        try:
            text = self.dot
        except GraphTooLargeError as error:
            return {"text/plain": str(error)}
        try:
            return {"image/svg+xml": self.svg(), "text/plain": text}
        except (ImportError, RuntimeError):
            return {"text/plain": text}
