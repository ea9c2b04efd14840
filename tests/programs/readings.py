"""The derivatives of a program along its direction, orders 1 up, in each way that the library has to take them."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations_with_replacement, pairwise
from typing import Any

import numpy as np

import dezero as T
from dezero import Variable, gradients, using_config
from dezero.core.graph import collect
from dezero.series import Expansion
from tests.programs.generate import Program
from tests.programs.operation import Array

NODES = 6000  # a graph that would grow beyond is not differentiated again: the order ends there
Leaves = list[Variable]
Function = Callable[..., Any]


class Problem:
    """A program with its arrays, for one reading after another."""

    def __init__(self, program: Program) -> None:
        self.program, self.order = program, program.order
        self.f = program.function()
        self.xs, self.vs = _arrays(program.inputs), _arrays(program.directions)

    def leaves(self) -> Leaves:
        return [Variable(x.copy()) for x in self.xs]

    def along(self, t: Any) -> Any:
        """The program on the line through the inputs."""
        return self.f(*[x + v * t for x, v in zip(self.xs, self.vs, strict=True)])


def _arrays(named: dict[str, Array]) -> list[Array]:
    return [np.asarray(x) for x in named.values()]


def _contraction(grads: Sequence[Any], vs: Sequence[Array]) -> Any:
    parts = [(g * v).sum() for g, v in zip(grads, vs, strict=True)]
    return sum(parts[1:], parts[0])


def plain(p: Problem) -> Iterator[tuple[float, float, list[Array]]]:
    """Order by order by reverse sweeps of the rules as they stand: derivative, its scale, the whole gradient."""
    with using_config("simplify", False):
        leaves = p.leaves()
        y = p.f(*leaves)
        before = len(collect([y]))
        for _ in range(p.order):
            grads = gradients(y, leaves, create_graph=True)
            y = _contraction(grads, p.vs)
            scale = sum([float(np.abs(g.data * v).sum()) for g, v in zip(grads, p.vs, strict=True)])
            yield float(y.data), scale, [g.data for g in grads]
            nodes = len(collect([y]))
            if nodes * nodes / before > NODES:
                return
            before = nodes


def raw(p: Problem, orders: int) -> Iterator[Any]:
    """y.backward() on raw arrays, over recorded derivatives by y.backward(create_graph=True)."""
    leaves = p.leaves()
    y = p.f(*leaves)
    for order in range(orders):
        y.backward()
        yield _taken(leaves, p.vs)
        if order + 1 < orders:
            y.backward(create_graph=True)
            y = _taken(leaves, p.vs)


def _taken(leaves: Leaves, vs: Sequence[Array]) -> Any:
    """The contraction of the leaves' gradients, which are cleared; without a gradient is what does not depend on it."""
    pairs = [(x.grad, v) for x, v in zip(leaves, vs, strict=True) if x.grad is not None]
    for x in leaves:
        x.cleargrad()
    return _contraction(*zip(*pairs, strict=True)) if pairs else Variable(np.zeros(())) * 0


def recorded(p: Problem, orders: int) -> Iterator[Any]:
    """gradients(create_graph=True), all leaves at once."""
    leaves = p.leaves()
    y = p.f(*leaves)
    for _ in range(orders):
        y = _contraction(gradients(y, leaves, create_graph=True), p.vs)
        yield y


def permuted(p: Problem, orders: int) -> Iterator[Any]:
    """Leaves made in another order, asked for in changing orders, together and one by one."""
    made = [Variable(x.copy()) for x in reversed(p.xs)][::-1]
    y = p.f(*made)
    places = list(range(len(made)))
    for order in range(orders):
        places = places[1:] + places[:1] if order % 2 else places[::-1]
        if order % 2:
            found = [gradients(y, made[i], create_graph=True)[0] for i in places]
        else:
            found = list(gradients(y, [made[i] for i in places], create_graph=True))
        y = _contraction(found, [p.vs[i] for i in places])
        yield y


def line(p: Problem, orders: int) -> Iterator[Any]:
    """gradients in one number t that moves all the leaves: tangents are swept up the graph."""
    t = Variable(np.array(0.0))
    y = p.along(t)
    for _ in range(orders):
        (y,) = gradients(y, t, create_graph=True)
        yield y


def jvp_of_jvp(p: Problem, orders: int) -> Iterator[Any]:
    f = p.f
    for _ in range(orders):
        f = _along_forward(f, p)
        yield f(*p.xs)


def forward_and_reverse(p: Problem, orders: int) -> Iterator[Any]:
    """Forward over reverse over forward ..., reverse sweeps on the inside."""
    f = p.f
    for order in range(orders):
        f = (_along_forward if order % 2 else _along_reverse)(f, p)
        yield f(*p.xs)


def reverse_and_forward(p: Problem, orders: int) -> Iterator[Any]:
    """Reverse over forward over reverse ..., forward sweeps on the inside."""
    f = p.f
    for order in range(orders):
        f = (_along_reverse if order % 2 else _along_forward)(f, p)
        yield f(*p.xs)


def _along_forward(f: Function, p: Problem) -> Function:
    return lambda *xs: T.jvp(f, xs, tuple(p.vs))[1]


def _along_reverse(f: Function, p: Problem) -> Function:
    return lambda *xs: _contraction(T.grad(f, argnums=tuple(range(len(xs))))(*xs), p.vs)


def jet(p: Problem, orders: int) -> Iterator[Any]:
    series = [[v, *[np.zeros_like(v)] * (orders - 1)] for v in p.vs]
    yield from T.jet(p.f, p.xs, series)[1]


def jet_of_graph(p: Problem, orders: int) -> Iterator[Any]:
    """y.jet of the line, recorded coefficients and all."""
    t = Variable(np.array(0.0))
    yield from p.along(t).jet(t, orders, create_graph=True)[1:]


def jet_of_gradient(p: Problem, orders: int) -> Iterator[Any]:
    """The series of the recorded gradient, one order less."""
    leaves = p.leaves()
    grads = gradients(p.f(*leaves), leaves, create_graph=True)
    series = [Expansion(g, {x: [v] for x, v in zip(leaves, p.vs, strict=True)}) for g in grads]
    for k in range(orders):
        terms = [s[k] for s in series]
        yield _contraction([np.asarray(c) for c in terms], p.vs) * math.factorial(k)


def compiled(p: Problem, orders: int) -> Iterator[Any]:
    """The recorded derivatives, all orders in one compiled program; none where it asks for numbers."""

    def derivatives(*leaves: Variable) -> list[Any]:
        found, y = [], p.f(*leaves)
        for _ in range(orders):
            y = _contraction(gradients(y, leaves, create_graph=True), p.vs)
            found.append(y)
        return found

    with contextlib.suppress(T.ConcretizationError):
        yield from T.compile(derivatives)(*p.leaves())


READINGS: dict[str, Callable[[Problem, int], Iterator[Any]]] = {
    "raw": raw,
    "recorded": recorded,
    "permuted": permuted,
    "line": line,
    "jvp of jvp": jvp_of_jvp,
    "forward over reverse": forward_and_reverse,
    "reverse over forward": reverse_and_forward,
    "jet": jet,
    "y.jet": jet_of_graph,
    "jet of gradient": jet_of_gradient,
    "compiled": compiled,
}


# -- all second derivatives, and operators ---------------------------------------------------------------------


def packed(p: Problem) -> tuple[Function, Array, Array]:
    """The program as a function of one vector, that vector, and the direction in it."""
    sizes = np.cumsum([0, *[x.size for x in p.xs]])

    def f(z: Any) -> Any:
        parts = [z[start:stop] for start, stop in pairwise(sizes)]
        return p.f(*[T.functions.reshape(part, x.shape) for part, x in zip(parts, p.xs, strict=True)])

    return f, np.concatenate([x.ravel() for x in p.xs]), np.concatenate([v.ravel() for v in p.vs])


HESSIANS: dict[str, Callable[[Function, Array], Any]] = {
    "hessian": lambda f, z: T.hessian(f)(z),
    "jacrev of jacrev": lambda f, z: T.jacrev(T.jacrev(f))(z),
    "jacfwd of jacfwd": lambda f, z: T.jacfwd(T.jacfwd(f))(z),
    "jacrev of jacfwd": lambda f, z: T.jacrev(T.jacfwd(f))(z),
    "rows of hvp": lambda f, z: T.functions.stack([T.hvp(f, (z,), (e,)) for e in np.eye(z.size)]),
    "tensor": lambda f, z: T.derivative_tensor(f, 2)(z).dense(),
}


def terms_along(v: Array, order: int) -> dict[tuple[int, ...], float]:
    """The operator (v . d)^order by its multi-indices."""
    terms = {}
    for places in combinations_with_replacement(np.flatnonzero(v), order):
        index = tuple([places.count(i) for i in range(v.size)])
        terms[index] = math.factorial(order) / math.prod(map(math.factorial, index)) * float(np.prod(v[list(places)]))
    return terms


def operators(p: Problem, u: Array, order: int) -> Iterator[tuple[str, float]]:
    """The derivative along u, sparse, by the collapsed way, by one of an operator's others, or by partials."""
    f, z, _ = packed(p)
    terms = terms_along(u, order)
    yield "collapsed", T.operator(f, terms, "collapsed")(z).item()
    if way := ("taylor", "reverse", None)[p.program.seed % 3]:
        yield way, T.operator(f, terms, way)(z).item()
        return
    places = {index: [i for i, n in enumerate(index) for _ in range(n)] for index in terms}
    yield "partial", sum([c * T.partial(f, places[index])(z).item() for index, c in terms.items()])
