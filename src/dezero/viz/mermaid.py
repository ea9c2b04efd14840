"""Mermaid flowcharts (https://mermaid.js.org/syntax/flowchart.html), which GitHub shows in Markdown files."""

from __future__ import annotations

from collections.abc import Sequence

from dezero.core import Variable
from dezero.viz.dot import COLOURS
from dezero.viz.picture import LIMIT, Drawable, Node, picture

SHAPES = {"variable": '(["{}"])', "operation": '("{}")', "constant": '["{}"]'}
UNNAMED = '((" "))'
SAFE = frozenset(" ()[]{}=+*/^_.,'-")


def to_mermaid(
    output: Drawable,
    verbose: bool = False,
    *,
    values: Variable | Sequence[Variable] | None = None,
    limit: int = LIMIT,
) -> str:
    """Return the graph that `output` was computed by as a Mermaid flowchart; all else as in `to_dot`.

    Mermaid itself draws up to 500 edges unless its `maxEdges` is raised.

    >>> import numpy as np
    >>> from dezero import Variable
    >>> print(to_mermaid(2 * Variable(np.array(3.0), name="x")).splitlines()[0])
    flowchart TB
    """
    drawn = picture(output, verbose, values=values, limit=limit)
    lines = ["flowchart TB"]
    lines += [f"  {node.key}{_shape(node)}:::{_class(node)}" for node in drawn.nodes]
    ports = {node.key: node.ports for node in drawn.nodes}
    for edge in drawn.edges:
        label = "" if edge.port is None else f'|"{escape(ports[edge.target][edge.port])}"|'
        lines.append(f"  {edge.source} -->{label} {edge.target}")
    lines += [
        f"  classDef {kind}_{role} fill:{fill},stroke:{outline},color:#26323f"
        for (kind, role), (fill, outline) in COLOURS.items()
    ]
    lines.append("  classDef constant fill:none,stroke:none,color:#5d6875")
    return "\n".join(lines) + "\n"


def _shape(node: Node) -> str:
    return SHAPES[node.kind].format(escape(node.label)) if node.label else UNNAMED


def _class(node: Node) -> str:
    return "constant" if node.kind == "constant" else f"{node.kind}_{node.role}"


def escape(text: str) -> str:
    """Return `text` as the inside of a quoted Mermaid label: what has a meaning there becomes its code.

    >>> escape('a "b" <c>')
    'a #34;b#34; #60;c#62;'
    """
    escaped = "".join(map(_escaped, text))
    # "- a", "+ a" and "1. a" at the start of a label would be read as a Markdown list, which Mermaid refuses.
    return escaped.replace("- ", "#45; ").replace("+ ", "#43; ").replace(". ", "#46; ")


def _escaped(character: str) -> str:
    if character == "\n":
        return "<br/>"
    if character.isalnum() or character in SAFE:
        return character
    if not character.isprintable():
        return ascii(character)[1:-1].replace("\\", "#92;")
    return f"#{ord(character)};"
