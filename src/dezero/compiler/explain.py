"""What a compiled function became, in words and as a drawing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from dezero.compiler.graph import MAP, Graph, Number
from dezero.compiler.simplify import text
from dezero.compiler.replay import Replay
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
            f"  trace: {len(trace.program.steps)} operations: {_counted(op.name for op, _ in trace.program.steps)}",
            f"  reads from outside at each call: {_counted(source.kind for source in trace.captured) or 'nothing'}",
            f"  graph: {len(graph.nodes)} arrays: {_counted(_name(graph, i) for i in range(len(graph.nodes)))}",
        ]
        report = getattr(found.run, "report", None)
        if report is not None:
            lines += ["  " + line for line in str(report()).splitlines()]
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
    """The code that a specialisation runs, after its graph: LLVM's assembly, or Python that calls NumPy."""
    code = found.run.source() if isinstance(found.run, Replay) else getattr(found.run, "ir", "")
    return f"{text(found.graph)}\n\n{code}".rstrip() + "\n"


def _name(graph: Graph, place: int) -> str:
    node = graph.nodes[place]
    if node.primitive == MAP:
        return str(node.parameters["ufunc"].__name__)
    step = node.parameters.get("step")
    return f"call of {getattr(step, 'name', step)}" if step is not None else node.primitive


def _counted(names: Iterable[str]) -> str:
    return ", ".join([f"{name} {n}" if n > 1 else name for name, n in Counter(names).most_common()])
