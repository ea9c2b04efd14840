"""Pictures of computational graphs: DOT, Mermaid, SVG, PNG, PDF and inline display in notebooks."""

from dezero.viz.dot import to_dot
from dezero.viz.graph import Graph
from dezero.viz.mermaid import to_mermaid
from dezero.viz.picture import GraphTooLargeError
from dezero.viz.render import render, svg

__all__ = ["Graph", "GraphTooLargeError", "render", "svg", "to_dot", "to_mermaid"]
