"""Gradients, directional derivatives and n-th derivatives of functions, as functions.

Arguments and results may be nested tuples, lists and dicts of arrays, numbers and Variables; derivatives are Variables
in the same structure. The names and the order of arguments are JAX's (https://docs.jax.dev). Every transform may be
applied to the result of any other. Of plain arrays, derivatives are constants that NumPy and SciPy take for arrays:
scipy.optimize.minimize(f, x0, jac=grad(f)).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero.autodiff.arguments import check_callable
from dezero.core.errors import describe
from dezero.core.variable import wrap
from dezero.derivatives.operators.rays import ray_scale
from dezero.derivatives.sweeps import (
    Forward,
    argument_cotangents,
    gradient,
    output_tangents,
    paired,
    result,
    transform,
    with_aux,
)
from dezero.derivatives.tracing import Args, Kwargs, P, Run
from dezero.derivatives.trees import matching
from dezero.series.independence import check_elements
from dezero.series.orders import check_order

Argnums = int | Sequence[int]


def grad(f: Callable[P, object], argnums: Argnums = 0, has_aux: bool = False) -> Callable[P, Any]:
    """The function that returns the gradient of f, a function with one real number (of shape ()) as its result.

    argnums: the place of the argument to differentiate in, or a sequence of places; the gradient has the structure and
    the shapes of that argument, or is a tuple with one for each. has_aux: f returns (value, aux), and the new function
    (gradient, aux). Of complex arguments a + ib it is dL/da + i dL/db. The new function raises ValueError where f
    returns anything but one number, TypeError where that is complex or an argument or a result holds no numbers.

    >>> grad(lambda x: x**3)(2.0)
    variable(12.0)
    >>> grad(lambda p: p["a"] * p["b"])({"a": 2.0, "b": 5.0})
    {'a': variable(5.0), 'b': variable(2.0)}
    """

    return _grad("grad", f, argnums, has_aux)


def _grad(name: str, f: Callable[P, object], argnums: Argnums, has_aux: bool) -> Callable[P, Any]:
    """grad as a part of the transform of this name, which stands in errors."""

    def compute(args: Args, kwargs: Kwargs) -> Any:
        with Run(name, f, args, kwargs, argnums, has_aux) as run:
            return with_aux(run.tree(gradient(run, run.recorded)), run, has_aux)

    return transform(name, f, compute)


def value_and_grad(f: Callable[P, object], argnums: Argnums = 0, has_aux: bool = False) -> Callable[P, Any]:
    """The function that returns (value, gradient) of f; with has_aux ((value, aux), gradient). Otherwise as grad.

    >>> value_and_grad(lambda x: x**3)(2.0)
    (variable(8.0), variable(12.0))
    """

    def compute(args: Args, kwargs: Kwargs) -> Any:
        with Run("value_and_grad", f, args, kwargs, argnums, has_aux) as run:
            found = run.tree(gradient(run, run.recorded))
            return with_aux(result(run), run, has_aux), found

    return transform("value_and_grad", f, compute)


def derivative(f: Callable[P, object], order: int = 1) -> Callable[P, Any]:
    """The function that returns the n-th derivative of f in its first argument, element by element of an array.

    order: 0 for f itself, 1, 2, ...; the cost grows with its square. f takes an array (or number) to one whose elements
    depend each on their own element of it, such as a sum of functions of x, or a network applied to each row of an
    (N, 1) array; to several from one number. Complex arguments: f is to be analytic. Raises TypeError or ValueError for
    what is no order, ValueError where the first argument is no single array and where an element of f's result depends
    on several of its elements (softmax along an axis, a sum).

    By the Taylor coefficient f^(n)(x) / n! (A. Griewank, A. Walther, Evaluating Derivatives, 2nd ed., section 13.2).

    >>> derivative(lambda x: x**5, 3)(np.array([1.0, 2.0]))
    variable([ 60. 240.])
    """
    check_order("derivative", order)

    def compute(args: Args, kwargs: Kwargs) -> Any:
        with Run("derivative", f, args, kwargs) as run:
            if len(run.leaves) != 1:
                raise ValueError(f"derivative: the argument holds {len(run.leaves)} arrays; use grad, jvp or partial")
            (x,) = run.leaves
            for y in run.outputs:
                if y.size < x.size:
                    raise ValueError(
                        f"derivative: f made {describe(y)} of {describe(x)}, so its elements do not depend each on "
                        "their own element of the argument; use grad, jacobian or partial"
                    )
            check_elements("derivative", run.outputs, x, order, "use grad, jacobian or partial")
            step, weight = ray_scale(order)
            curve = {x: [np.full_like(x._data, step)]}
            found = Forward("derivative", run.outputs, run.leaves)(curve, order, run.recorded)
            if weight != 1:
                found = [y * weight if run.recorded else wrap(np.asarray(y._data * weight)) for y in found]
            return run.output_tree(found)

    return transform("derivative", f, compute)


def jvp(f: Callable[..., object], primals: Sequence[object], tangents: Sequence[object], has_aux: bool = False) -> Any:
    """The value of f and its derivative along the tangents: (f(*primals), J tangents), with has_aux also aux.

    primals: f's arguments, a tuple; tangents: in its structure, arrays of the same shapes. One forward sweep (a power
    series of order 1). Raises ValueError where structures or shapes differ, TypeError for what holds no numbers or a
    complex tangent of a real primal.

    >>> jvp(lambda x, y: x * y, (2.0, 5.0), (1.0, 10.0))
    (variable(10.0), variable(25.0))
    """
    check_callable("jvp", f)
    directions = paired("jvp", primals, tangents)
    with Run("jvp", f, tuple(primals), argnums=range(len(primals)), has_aux=has_aux) as run:
        found = run.output_tree(output_tangents("jvp", run, directions))
        return (result(run), found, run.aux) if has_aux else (result(run), found)


def vjp(f: Callable[..., object], *primals: object, has_aux: bool = False) -> Any:
    """The value of f and its pullback: (f(*primals), pullback), with has_aux also aux.

    The pullback takes a cotangent of the structure and shapes of f's result to a tuple with one for each primal, by one
    backward sweep; it can be called again. It raises ValueError where structures or shapes differ, TypeError for what
    holds no numbers or a complex cotangent of a real result.

    >>> value, pullback = vjp(lambda x, y: x * y, 2.0, 5.0)
    >>> pullback(10.0)
    (variable(50.0), variable(20.0))
    """
    with Run("vjp", f, primals, argnums=range(len(primals)), has_aux=has_aux) as run:

        def pullback(cotangent: object) -> Any:
            weights = matching("vjp", cotangent, run.value, "the cotangent", "the function's result")
            return argument_cotangents("vjp", run, weights)

        return (result(run), pullback, run.aux) if has_aux else (result(run), pullback)


def linearize(f: Callable[..., object], *primals: object) -> tuple[Any, Callable[..., Any]]:
    """The value of f and its jvp at this point: (f(*primals), function of one tangent for each primal).

    f runs once, here; each call of the function is one forward sweep. Errors as for jvp.

    >>> value, tangent = linearize(lambda x: x**2, 3.0)
    >>> tangent(1.0), tangent(0.5)
    (variable(6.0), variable(3.0))
    """
    with Run("linearize", f, primals, argnums=range(len(primals))) as run:

        def tangent_map(*tangents: object) -> Any:
            return run.output_tree(output_tangents("linearize", run, paired("linearize", primals, tangents)))

        return result(run), tangent_map


def hvp(f: Callable[..., object], primals: Sequence[object], tangents: Sequence[object]) -> Any:
    """The Hessian of f at the primals times the tangents, by one forward sweep over one backward sweep.

    primals: f's arguments, a tuple; tangents: in its structure. Of one argument the product has its structure; of
    several it is a tuple with one for each. Errors as for grad and jvp. B. A. Pearlmutter, Neural Computation 6 (1994).

    >>> hvp(lambda x: x**3, (2.0,), (1.0,))
    variable(12.0)
    """
    check_callable("hvp", f)
    paired("hvp", primals, tangents)
    return jvp(_grad("hvp", f, 0 if len(primals) == 1 else range(len(primals)), False), primals, tangents)[1]
