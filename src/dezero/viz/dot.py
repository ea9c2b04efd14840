"""The DOT language of Graphviz (https://graphviz.org/doc/info/lang.html)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dezero.core import Variable
from dezero.viz.picture import LIMIT, Drawable, Edge, Node, picture

HEAD = """\
digraph {
  graph [rankdir=TB, nodesep=0.22, ranksep=0.32, pad=0.15, bgcolor="white"]
  node [fontname="Helvetica,Arial,sans-serif", fontsize=11, fontcolor="#26323f", \
margin="0.10,0.05", width=0.3, height=0.3]
  edge [color="#8b97a5", arrowsize=0.55, penwidth=0.9]
"""
# (nodes, attributes for larger graphs). Graphviz 14 lays out the 40th derivative of tanh (465 nodes) in 149 s; with
# these attributes it takes 2.5 s, for a less beautiful layout.
FAST = ((120, "nslimit=1, mclimit=0.1"), (400, "splines=line"))
# Fill and outline: sand for Variables and blue for operations; violet and green for those of gradients.
COLOURS = {
    ("variable", "value"): ("#fdf1d6", "#d8a33c"),
    ("variable", "gradient"): ("#f3e3f4", "#a868b0"),
    ("operation", "value"): ("#dfeaf6", "#5f8fc0"),
    ("operation", "gradient"): ("#e2f1e7", "#5fa379"),
}


def to_dot(
    output: Drawable,
    verbose: bool = False,
    *,
    values: Variable | Sequence[Variable] | None = None,
    limit: int = LIMIT,
) -> str:
    """Return the graph that `output` was computed by in the DOT language; the same graph gives the same text.

    `output` is a Variable, a list or tuple of them, or a dict of labels to Variables. Variables are ellipses,
    operations rounded boxes, numbers and arrays plain text. `verbose` adds shapes, dtypes and parameters.

    Gradients have colours of their own: a node is a gradient unless it is one of `values` or one of them was computed
    from it. By default `values` is the first Variable of a dict, or all Variables of a list. A Variable that is the
    `.grad` of a drawn one is a gradient in any case.

    Raises TypeError for anything but Variables and GraphTooLargeError for more than `limit` nodes.

    >>> import numpy as np
    >>> from dezero import Variable
    >>> print(to_dot(2 * Variable(np.array(3.0), name="x")).count("->"))
    3
    """
    drawn = picture(output, verbose, values=values, limit=limit)
    nodes = [f"  {node.key} [{_attributes(node)}]\n" for node in drawn.nodes]
    edges = [f"  {edge.source} -> {edge.target}{_port(edge)}\n" for edge in drawn.edges]
    fast = "".join(f"  graph [{attributes}]\n" for size, attributes in FAST if len(nodes) > size)
    return HEAD + fast + "".join(nodes) + "".join(edges) + "}\n"


def _attributes(node: Node) -> str:
    label = f'label="{escape(node.label)}"'
    if node.kind == "constant":
        return f'{label}, shape=plaintext, width=0.1, height=0.1, margin=0.04, fontcolor="#5d6875"'
    if node.ports:
        cells = "|".join(f"<p{n}> {_in_record(port)}" for n, port in enumerate(node.ports))
        shape = f'label="{{{{{cells}}}|{_in_record(node.label)}}}", shape=Mrecord, style=filled'
    elif node.kind == "operation":
        shape = f'{label}, shape=box, style="rounded,filled"'
    elif node.label:
        shape = f"{label}, shape=ellipse, style=filled"
    else:
        shape = f"{label}, shape=circle, style=filled, width=0.13, height=0.13, fixedsize=true"
    fill, outline = COLOURS[node.kind, node.role]
    return f'{shape}, fillcolor="{fill}", color="{outline}"'


def _port(edge: Edge) -> str:
    return "" if edge.port is None else f":p{edge.port}:n"


def _in_record(text: str) -> str:
    """Return `text` for one field of a record, where brackets and bars have a meaning and blanks are swallowed."""
    return re.sub(r"([{}|<> ])", r"\\\1", escape(text))


def escape(text: str) -> str:
    """Return `text` as the inside of a double-quoted DOT label, so that it is shown as it stands.

    >>> print(escape('a "quoted" back\\\\slash'))
    a \\"quoted\\" back\\\\slash
    """
    return "".join(map(_escaped, text))


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character == "\n":
        return "\\n"
    if character == "&":  # Graphviz reads HTML entities in every label
        return "&amp;"
    if not character.isprintable():  # controls and lone surrogates: shown by their code, as repr does
        return "\\" + ascii(character)[1:-1]
    return character
