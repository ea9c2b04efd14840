"""What a compiled function became, in words and as a drawing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dezero.compiler.graph import MAP, Graph, Number
from dezero.compiler.passes.simplify import text
from dezero.compiler.replay.replay import Replay
from dezero.compiler.specialise import Specialisation


@dataclass
class Explanation:
    """What a compiled function became for arguments of some types; it prints as text.

    name: of the function. specialisation: what runs: its trace, graph, way and the seconds of each stage.
    """

    name: str
    specialisation: Specialisation

    def __str__(self) -> str:
        found = self.specialisation
        trace, graph = found.trace, found.graph
        kinds = ", ".join([f"{kind.dtype} {kind.shape}" for kind in trace.types])
        lines = [
            f"{self.name}({kinds}) runs as {found.way}" + (f", since {found.why}" if found.why else ""),
            f"  trace: {len(trace.program.steps)} operations: {_counted(map(_step_name, trace.program.steps))}",
            f"  reads from outside at each call: {_counted(source.kind for source in trace.captured) or 'nothing'}",
            f"  graph: {len(graph.nodes)} arrays: {_counted(_name(graph, i) for i in range(len(graph.nodes)))}",
        ]
        lines += _machine(found)
        lines.append("  time: " + ", ".join([f"{stage} {s * 1e3:.1f} ms" for stage, s in found.seconds.items()]))
        return "\n".join(lines)

    __repr__ = __str__

    def dot(self) -> str:
        """The graph in Graphviz's language: a box for each array, its inputs in bold."""
        graph = self.specialisation.graph
        lines = ["digraph {", "  node [shape=box, fontname=sans]"]
        results = {*graph.outputs, *graph.updates.values()}
        for place, node in enumerate(graph.nodes):
            style = ", style=bold" if place in graph.inputs else ", peripheries=2" if place in results else ""
            shape = "×".join(map(str, node.shape)) or "number"
            lines.append(f'  {place} [label="{_name(graph, place)}\\n{node.dtype} {shape}"{style}]')
            lines += [f"  {a} -> {place}" for a in node.args if not isinstance(a, Number)]
        return "\n".join([*lines, "}", ""])


def source_of(found: Specialisation) -> str:
    """The graph of a specialisation, and LLVM's assembly of its kernels where it runs as machine code."""
    code = found.native.code.text if found.native is not None else ""
    return f"{text(found.graph)}\n\n{code}".rstrip() + "\n"


def _machine(found: Specialisation) -> list[str]:
    """What the machine code of a graph does, in words."""
    if isinstance(found.run, Replay):
        return []
    if found.native is None:
        return ["  machine code: one number after another, without loops"]
    it = found.native.report()
    cut = (
        f"{it.rows:,} rows, {it.tile} at a time, in {it.passes} pass{'es' * (it.passes > 1)}" if it.passes else "no cut"
    )
    memory = (
        f"{it.tile_bytes:,} bytes for these, {it.sum_bytes:,} for sums over the rows, {it.whole_bytes:,} for all rows"
    )
    return [
        f"  machine code: {it.loops} loops of {it.kernels} kernels, {it.products} products of matrices",
        f"  rows: {cut}; {memory}",
        f"  computed by NumPy: {_counted(it.calls) or 'nothing'}",
    ]


def _name(graph: Graph, place: int) -> str:
    node = graph.nodes[place]
    if node.primitive == MAP:
        return str(node.parameters["ufunc"].__name__)
    step = node.parameters.get("step")
    return f"call of {getattr(step, 'name', step)}" if step is not None else node.primitive


def _step_name(step: tuple[Any, Any]) -> str:
    return str(getattr(step[0], "name", type(step[0]).__name__))


def _counted(names: Iterable[str]) -> str:
    return ", ".join([f"{name} {n}" if n > 1 else name for name, n in Counter(names).most_common()])
