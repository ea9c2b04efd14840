"""Model: a layer that is a whole network, and can be drawn."""

from __future__ import annotations

from os import PathLike

import numpy as np

from dezero.core.variable import ArrayLike, Variable
from dezero.layers import Layer
from dezero.viz import Graph

LIMIT = 10_000  # nodes; Graphviz lays out the 3,058 of a ResNet152 in four seconds


class Model(Layer):
    """A Layer that is the whole network; subclasses define `forward`.

    >>> from dezero.layers import Linear
    >>> class Line(Model):
    ...     def __init__(self):
    ...         self.l1 = Linear(1)
    ...     def forward(self, x):
    ...         return self.l1(x)
    >>> Line()(Variable(np.ones((5, 3)))).shape
    (5, 1)
    """

    def plot(self, *inputs: ArrayLike, to_file: str | PathLike[str] = "model.png") -> Graph:
        """Draw the graph that `forward` records for these inputs into a file, and return what a notebook shows.

        inputs: Variables or arrays. to_file: its suffix is the format, one of those of `dezero.viz.render`, whose
        errors it raises.

        >>> import tempfile
        >>> from dezero.models import MLP
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     graph = MLP((10, 1)).plot(np.ones((5, 3)), to_file=f"{folder}/mlp.dot")
        >>> graph.dot.splitlines()[0]
        'digraph {'
        """
        named = [Variable(x, name="x") if isinstance(x, np.ndarray) else x for x in inputs]
        graph = Graph(self.forward(*named), verbose=True, limit=LIMIT)
        graph.save(to_file)
        return graph
