"""Jets: the value and the first derivatives along a curve, of a graph that has run or of a function."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero.autodiff.arguments import as_argument, calling_on, check_callable, computed, release, rests_on_others
from dezero.core.call import operand
from dezero.core.config import recording
from dezero.core.declare import publish
from dezero.core.dtypes import is_complex, is_inexact
from dezero.core.errors import describe, no_data
from dezero.core.function import Function
from dezero.core.op import Op
from dezero.core.registry import operations
from dezero.core.variable import ArrayLike, Variable, wrap
from dezero.core.watch.tracing import tracing
from dezero.series.expansion import Expansion, Term
from dezero.series.independence import check_elements
from dezero.series.orders import check_factorial, check_order


def jet_of(
    y: Variable, x: Variable, order: int, direction: ArrayLike | None = None, create_graph: bool = False
) -> list[Variable]:
    """Variable.jet: the derivatives of orders 0 to `order` of a computed Variable along a line through x."""
    if not isinstance(x, Variable):
        raise TypeError(f"jet: x is {describe(x)}; give the Variable that moves")
    if y._data is None or x._data is None:
        raise no_data("jet")
    check_order("jet", order)
    check_factorial(order, y)
    create_graph = create_graph or tracing()
    if direction is None and isinstance(y._op, Op | Function):
        check_elements("jet", [y], x, order, "give direction=numpy.ones(x.shape) for the derivative along ones")
    line = _term("jet", 1.0 if direction is None else direction, x, create_graph, "direction")
    return _derivatives(Expansion(y, {x: [line]}, create_graph), order, True)


def jet(
    f: Callable[..., Any],
    primals: Sequence[ArrayLike],
    series: Sequence[Sequence[ArrayLike]],
    factorial_scaled: bool = True,
    create_graph: bool | None = None,
) -> tuple[Any, Any]:
    """The value of f and its derivatives 1 to K along a curve, in the convention of jax.experimental.jet.

    primals: the arguments of f, a sequence of arrays, numbers or Variables. series: for each of them the derivatives
    1 to K of its curve at that point, each of the argument's shape or broadcast to it (K is the longest of these
    sequences, shorter ones go on with zeros). factorial_scaled: derivatives are taken and given; if False both are
    Taylor coefficients, derivatives over k!. create_graph: whether the result can be differentiated (None: where an
    argument, a term or something that f uses is a Variable). f returns a Variable or a tuple or list of them. Returns
    (y, [y_1, ..., y_K]), for several results a tuple (or list) of values and one of lists.

    Raises TypeError for what is no array, number or Variable and for an f that returns none, ValueError for shapes
    that do not broadcast and for as many series as there are no primals, OverflowError for an order whose factorial is
    beyond the dtype, GraphError for what f computed under no_grad.

    >>> import dezero.functions as F
    >>> y, (first, second) = jet(F.sin, (0.5,), ((1.0, 0.0),))
    >>> first, second
    (variable(0.8775825618903728), variable(-0.479425538604203))
    """
    if not isinstance(primals, tuple | list) or not isinstance(series, tuple | list):
        raise TypeError(
            f"jet: primals and series are a {type(primals).__name__} and a {type(series).__name__}; give tuples, one "
            "entry for each argument of the function (taylor(f, x, order) and y.jet(x, order) take one as it is)"
        )
    if len(primals) != len(series):
        raise ValueError(f"jet: {len(primals)} primals and {len(series)} series; give one series for each primal")
    for i, terms in enumerate(series):
        if not isinstance(terms, tuple | list | np.ndarray) or getattr(terms, "ndim", 1) == 0:
            raise TypeError(f"jet: series {i} is {describe(terms)}; give a tuple of terms, one for each order")
    return _jet("jet", f, primals, series, factorial_scaled, create_graph)


def _jet(
    name: str,
    f: Callable[..., Any],
    primals: Sequence[ArrayLike],
    series: Sequence[Sequence[ArrayLike]],
    factorial_scaled: bool,
    create_graph: bool | None,
    check: Callable[[list[Variable], Variable], None] | None = None,
) -> tuple[Any, Any]:
    check_callable(name, f)
    xs = [as_argument(name, x) for x in primals]
    with calling_on(xs):
        ys = f(*xs)
    results = [computed(name, y) for y in (ys if isinstance(ys, tuple | list) else (ys,))]
    if check is not None:
        check(results, xs[0])
    if tracing():
        create_graph = True
    if create_graph is None:
        given = any(isinstance(a, Variable) for a in [*primals, *[term for terms in series for term in terms]])
        create_graph = recording() and (given or rests_on_others(results, xs))
    order = max((len(terms) for terms in series), default=0)
    curves = {}
    for x, terms in zip(xs, series, strict=True):
        if factorial_scaled:
            check_factorial(len(terms), x)
        cs = [_term("jet", term, x, create_graph, f"term {k} of a series") for k, term in enumerate(terms, 1)]
        curves[x] = [c / math.factorial(k) if factorial_scaled else c for k, c in enumerate(cs, 1)]
    found = [_derivatives(Expansion(y, curves, create_graph), order, factorial_scaled) for y in results]
    release(xs)
    if not isinstance(ys, tuple | list):
        return found[0][0], found[0][1:]
    alike = type(ys)._make if hasattr(ys, "_make") else type(ys)
    return alike([y[0] for y in found]), alike([y[1:] for y in found])


def taylor(
    f: Callable[[Variable], Variable], x: ArrayLike, order: int, create_graph: bool | None = None
) -> list[Variable]:
    """Taylor coefficients 0 to `order` of f about x, f^(k)(x) / k!, element by element where x is an array.

    x: a number, array or Variable; f takes a Variable of its shape and returns one whose elements depend each on its
    own: ValueError where one depends on several (jacobian, or jet along a direction, tells such). create_graph:
    whether they can be differentiated (None: as for jet). Errors as for jet.

    >>> import dezero.functions as F
    >>> taylor(F.exp, 0.0, 3)
    [variable(1.0), variable(1.0), variable(0.5), variable(0.16666666666666666)]
    """
    check_order("taylor", order)
    curve = [1.0] + [0.0] * (order - 1) if order else []
    y, terms = _jet("taylor", f, (x,), (curve,), False, create_graph, lambda ys, leaf: _check_apart(ys, leaf, order))
    return [y, *terms]


def _check_apart(ys: list[Variable], x: Variable, order: int) -> None:
    check_elements("taylor", ys, x, order, "use jacobian, or jet along a direction")


def _derivatives(expansion: Expansion, order: int, factorial_scaled: bool) -> list[Variable]:
    if factorial_scaled:
        check_factorial(order, expansion.y)
    found = []
    for k in range(order + 1):
        c = expansion[k]
        if factorial_scaled and k > 1:
            c = c * math.factorial(k) if k < 23 else c * float(math.factorial(k))
        if not isinstance(c, Variable):
            c = wrap(np.array(c))
        found.append(c)
    return found


def _term(name: str, c: ArrayLike, x: Variable, create_graph: bool, what: str) -> Term:
    """A coefficient of x's curve in the shape and dtype of x; the number 0 stays as it is."""
    if not isinstance(c, Variable) and np.ndim(c) == 0 and c == 0:
        return 0
    term = operand(c, name)
    if term.dtype.kind not in "fiubc":
        raise TypeError(f"{name}: {what} is {describe(c)}; give numbers")
    try:
        fits = np.broadcast_shapes(term.shape, x.shape) == x.shape
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(f"{name}: {what} has shape {term.shape}, which does not broadcast to x's shape {x.shape}")
    if term.dtype != x.dtype and is_inexact(x) and not is_complex(term):
        term = operations.astype(term, x.dtype)
    if term.shape != x.shape:
        term = operations.broadcast_to(term, x.shape)
    return term if create_graph else term._data[()]


publish("jet_of", jet_of)
