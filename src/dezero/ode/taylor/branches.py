"""Which branches a function took when it ran: what it compared, and on which side of its kinks each operation stood."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.marks import Cut
from dezero.core.op import BILINEAR, LINEAR, Op
from dezero.core.registry import values
from dezero.core.variable import Variable
from dezero.core.watch.watching import watching


@dataclass
class Evaluation:
    """A call of the right side f(y, t): what it was given, what came out and what it looked at."""

    states: Sequence[Variable]
    time: Variable
    rates: Sequence[Variable]
    watch: watching

    @cached_property
    def graph(self) -> list[Variable]:
        """The nodes that f made, oldest first."""
        return _below(self.rates, self)

    @cached_property
    def branches(self) -> list[Branch]:
        """The branches in the order in which f met them: comparisons, then operations."""
        found = [Branch("comparison", np.asarray(side), operands) for operands, side in self.watch.compared]
        for node in self.graph:
            stood = side(node)
            if stood is not None:
                found.append(Branch(node._op.name, stood, node._args[: 1 if node._op.name == "where" else None]))
        return found

    def given(self, node: Variable) -> bool:
        return node is self.time or any([node is y for y in self.states])


@dataclass
class Branch:
    """A place in f where its formula changes. name: of the operation; side: which formula holds, by element;
    operands: what that depends on."""

    name: str
    side: Any
    operands: tuple[Any, ...]

    def same(self, other: Branch) -> bool:
        return self.name == other.name and np.array_equal(self.side, other.side, equal_nan=True)


def changed(before: list[Branch], after: list[Branch]) -> list[tuple[int, Branch]]:
    """The branches, with their places, that turned out otherwise; where f called other operations, that comes of the
    first of them."""
    found: list[tuple[int, Branch]] = []
    for i, (a, b) in enumerate(zip(before, after, strict=False)):
        if a.name != b.name or np.shape(a.side) != np.shape(b.side):
            return found or [(i, Branch("control flow", None, ()))]
        if not a.same(b):
            found.append((i, b))
    if len(before) != len(after) and not found:
        found.append((min(len(before), len(after)), Branch("control flow", None, ())))
    return found


def unknown(run: Evaluation) -> list[Variable]:
    """What f read, and what it gave to operations of which nobody knows where their kinks are."""
    return [*run.watch.read, *[a for node in opaque(run) for a in node._args if isinstance(a, Variable)]]


def opaque(run: Evaluation) -> list[Variable]:
    """The results of users' Functions, and of operations that may have a kink or a singular place that no side tells.

    Those of plain numbers are left out.
    """
    return [n for n in run.graph if not _understood(n) and any([isinstance(a, Variable) for a in n._args])]


def made_plain(run: Evaluation) -> bool:
    """Whether f took out plain numbers, or computed inside no_grad, of which no series is known."""
    return bool(run.watch.read) or any([isinstance(node._op, Cut) for node in run.graph])


def depends(operands: Sequence[Any], run: Evaluation, recorded: Sequence[bool]) -> bool:
    """Whether values depend on Variables that f did not make, or on states that are recorded.

    What no_grad computed inside f may depend on anything.
    """
    still = {id(run.time), *[id(y) for y, moving in zip(run.states, recorded, strict=True) if not moving]}
    inside, outside = _sources(operands, run)
    return any([isinstance(n._op, Cut) for n in inside]) or any([id(x) not in still for x in outside])


def rests_on(branch: Branch, run: Evaluation) -> frozenset[int]:
    """The ids of the Variables besides the time that f was given, or found outside, and that a branch depends on."""
    return frozenset([id(x) for x in _sources(branch.operands, run)[1] if x is not run.time])


def _sources(operands: Sequence[Any], run: Evaluation) -> tuple[list[Variable], list[Variable]]:
    """The nodes that f made on the way to values, and the Variables that it was given, or found outside, for them."""
    given = [x for x in operands if isinstance(x, Variable)]
    inside = _below(given, run)
    given += [a for node in inside for a in node._args if isinstance(a, Variable)]
    return inside, [x for x in given if x._age < run.time._age or run.given(x)]


def affine(run: Evaluation) -> bool:
    """Whether f is of the first degree in y and t together: of the operations that it called, and by what it read."""
    if run.watch.compared or run.watch.read:
        return False
    moving = {id(x) for x in (*run.states, run.time)}
    for node in run.graph:
        inside = [isinstance(a, Variable) and id(a) in moving for a in node._args]
        if isinstance(node._op, Cut):  # what no_grad computed may be anything
            return False
        if any(inside):
            if not _first_degree(node._op, inside) or raw(node).dtype.kind != "f":
                return False
            moving.add(id(node))
    return True


def _first_degree(op: Any, inside: list[bool]) -> bool:
    if not isinstance(op, Op):
        return False
    if op.kind is LINEAR or op.name in ("add", "sub", "neg", "linear_combination", "alias"):
        return True
    if op.kind is BILINEAR or op.name == "mul":
        return sum(inside) == 1
    return op.name == "div" and inside == [True, False]


def _below(roots: Sequence[Variable], run: Evaluation) -> list[Variable]:
    """The roots and what they were computed from, inside f, oldest first."""
    found: dict[int, Variable] = {}
    stack = list(roots)
    while stack:
        node = stack.pop()
        if id(node) not in found and node._age > run.time._age and not run.given(node):
            found[id(node)] = node
            stack += [a for a in node._args if isinstance(a, Variable)]
    return sorted(found.values(), key=lambda n: n._age)


# -- what is known of the operations ------------------------------------------------------------------------------


def _sign(x: Any, *_: Any) -> Any:
    return np.sign(x)


def _order(a: Any, b: Any, *_: Any) -> Any:
    return np.greater(a, b).astype(np.int8) - np.less(a, b)


def _value(*arguments: Any) -> Any:
    return arguments[-1]


def _quotient(a: Any, b: Any, y: Any) -> Any:
    return np.rint((a - y) / b)


_NAMES: list[tuple[str, Callable[..., Any]]] = [
    ("abs fabs sign relu leaky_relu prelu elu celu exp_to_zero heaviside modulus_power cbrt", _sign),
    ("maximum minimum fmax fmin at_least at_most greater_share fmax_share fmin_share", _order),
    ("equal not_equal less less_equal greater greater_equal outside is_finite", _value),
    ("floor ceil trunc rint round floor_divide", _value),
    ("sorting_places partition_places top_places point_before position_of_rank", _value),
    ("remainder fmod", _quotient),
    ("fractional_part", lambda x, y: np.trunc(x)),
    ("copysign", lambda a, b, y: np.stack(np.broadcast_arrays(np.signbit(a), np.signbit(b)))),
    ("where", lambda condition, a, b, y: np.asarray(condition) != 0),
]
_SIDES = {name: tell for names, tell in _NAMES for name in names.split()}
_LINES = ("hardtanh", "hardshrink", "softshrink", "max", "min", "cummax", "cummin", "max_pool")  # slopes tell the side
_OTHERS = (  # smooth but at their singular places, at which the derivatives of f tell that a step is wrong
    "add sub mul div neg pow linear_combination full_like alias real conj as_complex exp log sqrt sin cos tan tanh "
    "tanh_slope gaussian erf erfc erfcx dawsn ndtr log_ndtr sigmoid sigmoid_slope log_sigmoid softplus silu gelu_tanh "
    "tanhshrink exp2 expm1 log2 log10 log1p expit logaddexp logaddexp2 square reciprocal gamma gammaln digamma jv "
    "arcsin arccos arctan sinh cosh arcsinh arccosh arctanh cardinal_sine logit logsumexp softmax log_softmax prod "
    "regular_det inv solve solve_triangular"
)
KINKED = frozenset([*_SIDES, *_LINES, "astype"])  # operations that have a side
_UNDERSTOOD = frozenset([*_SIDES, *_LINES, *_OTHERS.split()])


def side(node: Variable) -> Any:
    """On which side of its kinks an operation stood, by element; None where it has none."""
    op = node._op
    if not isinstance(op, Op) or not node._args or isinstance(node._data, tuple):
        return None
    if op.name == "astype":
        return None if node._data.dtype.kind in "fc" else node._data
    arguments = [raw(a) for a in node._args]
    with np.errstate(all="ignore"):
        if op.name in _LINES:
            return op.rules[0](values, np.ones_like(node._data), *arguments, node._data)
        return _SIDES[op.name](*arguments, node._data) if op.name in _SIDES else None


def _understood(node: Variable) -> bool:
    op = node._op
    if not node._args:
        return True
    return isinstance(op, Op) and (op.kind in (LINEAR, BILINEAR) or op.name in _UNDERSTOOD)
