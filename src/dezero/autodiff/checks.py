"""Checks of what a derivative is asked of, and in; their errors name the remedy."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

import numpy as np

from dezero.backends import is_plain_array
from dezero.core.arithmetic import ALIAS
from dezero.core.arraylike import raw
from dezero.core.dtypes import Array
from dezero.core.errors import GraphError, GraphWarning, describe, foreign
from dezero.core.graph import Nodes
from dezero.core.marks import COMPILED, UNRECORDED, Cut
from dezero.core.op import Op
from dezero.core.variable import ArrayLike, Variable
from dezero.rewriting.origin import origins_of


def check_flags(y: Variable, retain_grad: object, create_graph: object) -> None:
    if not isinstance(create_graph, bool | np.bool):
        raise TypeError(f"backward: create_graph is {describe(create_graph)}; give True or False")
    if not isinstance(retain_grad, bool | np.bool):
        raise TypeError(
            f"backward: retain_grad is {describe(retain_grad)}; give True or False, or a gradient to start from in its "
            f"place, a Variable or array of shape {y.shape} such as numpy.ones({y.shape}), which is taken by default"
        )


def check_root(y: Variable, name: str) -> None:
    if y._data is None:
        raise GraphError(f"{name}: the Variable holds no data, so there is nothing to differentiate")
    if isinstance(y._op, Cut):
        raise GraphError(f"{name}: {describe(y)} {y._op.why}")


def variables(value: object, name: str, argument: str) -> list[Variable]:
    """A Variable, or a sequence of them, as a list; TypeError, naming the argument, for anything else."""
    found = [value] if isinstance(value, Variable) else value
    remedy = "make x = Variable(array) first, and compute the outputs from x"
    if argument == "outputs":
        remedy = "compute it from Variables"
    if not isinstance(found, Iterable) or isinstance(found, str | np.ndarray):
        raise TypeError(f"{name}: {argument} must be a Variable or a sequence of them, got {describe(value)}; {remedy}")
    found = list(found)
    for i, x in enumerate(found):
        if not isinstance(x, Variable):
            raise TypeError(f"{name}: {argument}[{i}] is {describe(x)}, not a Variable; {remedy}")
    return found


def check_seed(root: Variable, seed: ArrayLike, what: str, of: str) -> Variable | Array:
    """A given cotangent of the root as a Variable or array; TypeError or ValueError where it does not fit."""
    if isinstance(seed, np.ndarray) and not is_plain_array(seed):
        raise foreign(what, seed)
    data = raw(seed) if hasattr(raw(seed), "dtype") else np.asarray(raw(seed))
    if data.dtype.kind not in "fiubc":
        raise TypeError(f"{what} is {describe(seed)}, which holds no numbers")
    if data.shape != root.shape:
        raise ValueError(f"{what} has shape {data.shape}, {of} has shape {root.shape}")
    return seed if isinstance(seed, Variable) else data


def warn_unrecorded(name: str, what: str, nodes: Iterable[Variable]) -> None:
    """GraphWarning, once, where a node is a derivative without a graph, or what a compiled function gave."""
    for node in nodes:
        if node._op is UNRECORDED or node._op is COMPILED:
            text = f"{name}: {what} {describe(node)}, which {node._op.why}"
            warnings.warn(text, GraphWarning, stacklevel=4)
            return


# The operations through which the algebra looks.
_OPENED = frozenset({"mul", "neg", "add", "sub", "div", "linear_combination", "pow", "full_like"})


def check_kept(graph: Nodes, asked: list[Variable], name: str) -> None:
    """GraphError where a rewritten derivative in the graph may not depend on an intermediate as the rules do.

    The algebra may have opened the intermediate, as a sum in a sum, or used it for an equal expression of the rules.
    """
    inner = [x for x in asked if x._args and isinstance(x._op, Op) and x._op is not ALIAS]
    if not inner:
        return
    origins = origins_of(graph.values())
    for x in inner:
        opens = x._op.name in _OPENED or x._age not in graph
        opened = any([opens and o.saw(x._age) and x._age >= o.born and x._age not in o.kept for o in origins])
        if opened or any([x._age in origin.shared for origin in origins]):
            raise GraphError(
                f"{name}: {describe(x)} is an intermediate that a derivative in this graph may have been rewritten "
                "without, or with in another place; ask for it in the derivative before "
                "(gradients(y, (x, intermediate), create_graph=True)), or take that one under "
                'using_config("simplify", False)'
            )
