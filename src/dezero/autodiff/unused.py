"""Why no derivative is there: what an error says of an input on which no output depends."""

from __future__ import annotations

from collections.abc import Sequence

from dezero.autodiff.join import column_read
from dezero.core.errors import GraphError, describe
from dezero.core.graph import Nodes, collect
from dezero.core.marks import Computed, Cut
from dezero.core.variable import Variable


def no_path(roots: Sequence[Variable], graph: Nodes, asked: Sequence[Variable], i: int) -> GraphError:
    """The error for the input asked[i]; graph: the nodes below the outputs, which are the roots."""
    x = asked[i]
    return GraphError(f"gradients: no output depends on inputs[{i}], {_label(x)}: {_reason(roots, graph, x)}")


def _label(x: Variable) -> str:
    return f"{describe(x)} computed by {x._op.name}" if x._args else describe(x)


def _reason(roots: Sequence[Variable], graph: Nodes, x: Variable) -> str:
    if isinstance(x._op, Cut):
        return f"it {x._op.why}"
    above = collect([x], "gradients")
    if any([root._age in above for root in roots]):
        return "it was computed from the output; give the outputs first, then the inputs"
    shared = [y for age, y in above.items() if age in graph and not isinstance(y._op, Computed)]
    if shared:
        y = max(shared, key=lambda y: y._age)
        return (
            f"it was computed from {describe(y)}, which the output uses without it, so it stands beside {_beside(x, y)}"
        )
    if x._args:
        return "neither was it used for the output, nor was what it was computed from; compute the output from it"
    return (
        "the output was computed without it (or under no_grad, or from its .data or a detached copy); compute the "
        'output from this Variable, or say unused="zeros" or "none" where no derivative is meant'
    )


def _beside(x: Variable, y: Variable) -> str:
    """Where x stands, and the remedy; y: from which both the output and x were computed."""
    if x._op.name != "get_item" or x._args[0] is not y:
        return "the path; ask for the derivative in that one, or compute the output from this one"
    read = column_read(x)
    index = "[index]" if read is None else f"[:, {read[1]}:{read[1] + 1}]" if x.ndim == y.ndim else f"[:, {read[1]}]"
    return (
        f"the path as a slice; take the gradient in the whole and slice that, gradients(output, whole)[0]{index}, or "
        "compute the output from the slices (joined by concatenate)"
    )
