"""SciPy's minimizers with exact derivatives, over nested parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dezero.functions import _scipy
from dezero.optimize.objective import Objective, objective_of

# What SciPy's methods ask for (scipy.optimize.minimize): a gradient, and the Hessian or its products with vectors.
_GRADIENT = {"cg", "bfgs", "l-bfgs-b", "tnc", "slsqp"}
_PRODUCTS = {"newton-cg", "trust-ncg", "trust-krylov", "trust-constr"}
_HESSIAN = {"dogleg", "trust-exact"}


def minimize(
    f: Callable[..., Any],
    x0: Any,
    args: Sequence[Any] = (),
    method: str | None = None,
    *,
    hess: bool | None = None,
    callback: Callable[[Any], object] | None = None,
    **options: Any,
) -> Any:
    """scipy.optimize.minimize with f's exact gradient and Hessian, over an array or a tree of arrays.

    x0: where to start, a real array or a tree (tuples, lists, dicts) of them; f(x, *args) takes Variables in its
    structure and returns one number. method: a name of SciPy's (None: BFGS, or as SciPy chooses with bounds or
    constraints). Methods that use second derivatives get the Hessian itself or its products with vectors; hess says
    which where the method takes either (None: products). callback is given x in the structure of x0. options: the
    other keywords of scipy.optimize.minimize (bounds, constraints, tol, options), of x as one flat vector. Returns
    SciPy's OptimizeResult, with x in the structure of x0, its leaves Variables, and x_flat, the vector.

    Raises TypeError or ValueError as newton does, and for jac= or hessp=, which are found here; ImportError where
    SciPy is missing.

    >>> result = minimize(lambda p: (p["a"] - 1) ** 2 + (p["b"] + 2) ** 2, {"a": 0.0, "b": 0.0}, method="trust-exact")
    >>> result.x
    {'a': variable(1.0), 'b': variable(-2.0)}
    """
    for name in ("jac", "hessp"):
        if name in options:
            raise TypeError(f"minimize: {name} is found from f, exactly; leave it out")
    if hess is not None and not isinstance(hess, bool):
        raise TypeError("minimize: the Hessian is found from f, exactly; hess=True hands it over, False its products")
    objective = objective_of("minimize", f, x0, args)
    kind = method.lower() if isinstance(method, str) else None
    use: dict[str, Any] = dict(options)
    if kind in _GRADIENT | _PRODUCTS | _HESSIAN or kind is None:
        use["jac"] = lambda x: _in_double(objective.value_and_gradient(x)[1])
    if kind in _HESSIAN or (kind in _PRODUCTS and hess):
        use["hess"] = lambda x: _in_double(objective.hessian(x))
    elif kind in _PRODUCTS:
        use["hessp"] = lambda x, v: _in_double(objective.hvp(x, v))
    if callback is not None:
        use["callback"] = _calling(callback, objective)

    def value(x: Any) -> float:
        return objective.value_and_gradient(x)[0] if "jac" in use else objective.value(x.astype(objective.start.dtype))

    result = _scipy.optimize.minimize(value, objective.start.astype(np.float64), method=method, **use)
    if not result.get("success", True):
        result.message = (
            f"minimize: {result.message} f is {float(result.fun):.3g} there; if it has no lowest value, bound it"
        )
    result.x_flat = result.x
    result.x = objective.packing.values(result.x_flat.astype(objective.packing.dtype))
    return result


def _in_double(x: Any) -> Any:
    return np.asarray(x, np.float64)  # what SciPy's compiled methods take


def _calling(callback: Callable[[Any], object], objective: Objective) -> Callable[..., Any]:
    """SciPy's callback, of which trust-constr's is given the state of the search too."""

    def call(xk: Any, state: Any = None) -> Any:
        return callback(objective.packing.values(np.asarray(xk).astype(objective.packing.dtype)))

    return call
