"""Case: a declaration of one operation's inputs and reference, in one line."""

from __future__ import annotations

import inspect
import math
import zlib
from collections.abc import Callable, Sequence
from statistics import NormalDist
from typing import Any

import numpy as np

from dezero.core import Function
from dezero.core.dtypes import Array, Shape
from dezero.core.registry import operations

READINGS = {
    "raw": "first-order backward, on raw arrays, over the recorded derivative of one order less",
    "series": "Taylor coefficients of the graph that ran, n! times the n-th of them",
    "tangent": "recorded and simplified, in one leaf whose elements do not mix: tangents swept up the graph",
    "rows": "recorded and simplified, in a leaf that is one axis of an argument: what the operation says of its rows",
    "array": "recorded and simplified, in whole array arguments, each gradient contracted with a direction",
    "reverse": "recorded and simplified, by reverse sweeps",
    "plain": "recorded as the rules stand, by reverse sweeps, using_config('simplify', False)",
}
CONDITIONS = {
    "reference": "the value is the reference's",
    "mpmath": "derivatives are mpmath's at 50 digits",
    "complex": "the reference holds for complex numbers: its derivatives are taken in the complex plane",
    "recipe": "a derivative's graph, followed again on other data, gives that data's derivative",
    "float32": "float32 stays float32 in the value and on the way to every gradient, and is close to float64",
    "float16": "float16 stays float16 in value and gradients, close to float64",
    "complex arguments": "complex arguments give the reference's values, and gradients that differences of it give",
    "complex cotangents": "a complex cotangent of a real result counts by its real part, at first and second order",
    "broadcasting": "arguments of different shapes broadcast, and gradients have the arguments' shapes",
    "0-d": "0-d arrays give what the reference gives",
    "empty": "arrays without elements give what the reference gives",
    "views": "strided views, Fortran order, read-only and byte-swapped arrays give what contiguous arrays give",
    "integers": "integer arrays give what the reference gives",
    "transposed": "the transpose of the transpose of the linearised operation is its Jacobian, however asked for",
    "nested": "pairs and triples of grad, vjp, jvp, jet, jacfwd, jacrev and hvp contract the derivative they should",
    "inner map": "behind a quadratic map of two variables, operators of orders 2 and 3 agree in all their ways",
    "extremes": "arguments from 1e-300 to 1e300 give orders 0 to 3 to nine digits, or nan, in five readings",
    "special": "derivatives at kinks and other special points are the documented ones",
}
REFUSES, NOT_ASKED = "the reference refuses", "no special points"  # reasons why a condition does not apply


class Reals:
    """Real numbers from low to high, for an argument of any shape (or of one shape).

    avoid: kinks, poles and ends of the function; samples keep away from them by a fiftieth of the width. also: further
    points for the scalar form, which may lie outside the range; a kink, pole or end near one must be named in avoid.

    >>> Reals(-1, 1, avoid=[0]).sample(np.random.default_rng(0), (3,)).shape
    (3,)
    """

    kind = "f"

    def __init__(
        self,
        low: float,
        high: float,
        *,
        avoid: Sequence[float] = (),
        also: Sequence[float] = (),
        shape: Shape | None = None,
    ) -> None:
        if not low < high:
            raise ValueError(f"Reals: low must be under high, got {low} and {high}")
        self.low, self.high, self.shape = float(low), float(high), shape
        self.avoid, self.also = tuple(avoid), tuple(also)

    def sample(self, rng: np.random.Generator, shape: Shape, also: Sequence[float] = ()) -> Array:
        """Values spread evenly over the range, in random order; the points of `also` replace the first ones."""
        n = int(np.prod(shape))
        gap = (self.high - self.low) / 50
        x = self.low + (self.high - self.low) * (np.arange(n) + rng.uniform(0.1, 0.9, n)) / max(n, 1)
        for kink in self.avoid:
            near = np.abs(x - kink) < gap
            x[near] = kink + np.where((x[near] >= kink) == (kink + gap < self.high), gap, -gap)
        x = rng.permutation(x)
        x[: len(also)] = also
        return x.reshape(shape)

    def room(self, x: Array) -> Array:
        """How far each element may move, in the complex plane too: half the way to an end or to a point avoided."""
        ends = [self.low, self.high, *self.avoid]
        inside = (self.low <= x) & (x <= self.high)
        return np.minimum(
            0.3, np.min([np.where(inside | (end in self.avoid), np.abs(x - end), 1) for end in ends], axis=0) / 2
        )

    def integers(self) -> Array:
        """Whole numbers of the range, at most five, without those in `avoid`."""
        whole = [n for n in range(int(np.ceil(self.low)), int(np.floor(self.high)) + 1) if n not in self.avoid]
        inner = [n for n in whole if self.low < n < self.high]
        return np.array((inner or whole)[:5], dtype=np.int64)


class Bools:
    """True and False, for an argument without derivative."""

    kind = "b"
    also = ()

    def __init__(self, *, shape: Shape | None = None) -> None:
        self.shape = shape

    def sample(self, rng: np.random.Generator, shape: Shape, also: Sequence[float] = ()) -> Array:
        return rng.permutation(np.arange(int(np.prod(shape))) % 2 == 0).reshape(shape)


def Normal(*shape: int) -> Callable[[np.random.Generator], Array]:
    """Normally distributed numbers, no two of them close, for an argument of this shape.

    >>> Normal(2, 3)(np.random.default_rng(0)).shape
    (2, 3)
    """
    n = math.prod(shape)
    normal = NormalDist().inv_cdf

    def sample(rng: np.random.Generator) -> Array:
        places = (np.arange(n) + rng.uniform(0.25, 0.75, n)) / max(n, 1)
        return rng.permutation([normal(p) for p in places]).reshape(shape)

    return sample


class Case:
    """One operation, or one use of it, to be certified.

    function: the public function, or its published name, or a Function class; its name is the operation's.
    arguments: for each array argument Reals or Bools without a shape (the function is then element-wise), or with
    one; Normal(*shape); an array; or a function from a random generator to an array. Arguments of other dtypes
    than float are handed over raw and have no derivative. parameters: handed to function and reference alike.

    like: the reference, a function on NumPy arrays (default: NumPy's of the same name); False for none. form:
    `lambda F, a, b: F.concatenate([a, b])` in place of the call, read with dezero's functions and with NumPy.
    call: in place of function itself, where its text differs from the reference's. mp: the scalar form, a name in
    mpmath or `lambda mp, x: ...`. special: pairs of arguments and the derivatives there, `(0.0, 1.0)` or
    `((1.0, 1.0), (1.0, 0.0))`. covers: other declared operations in its graph, or its derivative's, to certify.
    limit: an order under 10 to stop at, and why. rtol: relative error allowed at order 1 (twice as much each order).
    label: which use of the operation this is. without: what does not apply, each with its reason.

    Raises ValueError for a case that could not be run or says nothing.
    """

    def __init__(
        self,
        function: Callable[..., Any] | str,
        *arguments: Any,
        like: Callable[..., Any] | bool | None = None,
        form: Callable[..., Any] | None = None,
        call: Callable[..., Any] | None = None,
        mp: str | Callable[..., Any] | None = None,
        special: Sequence[tuple[object, object]] = (),
        covers: Sequence[str] = (),
        limit: tuple[int, str] | None = None,
        rtol: float = 1e-12,
        label: str = "",
        without: dict[str, str] | None = None,
        **parameters: Any,
    ) -> None:
        self.function = function
        self.name = function if isinstance(function, str) else _name(function)
        self.arguments, self.parameters, self.label = arguments, parameters, label
        self.title = f"{self.name} ({label})" if label else self.name
        self.special, self.covers, self.rtol, self.mp = tuple(special), tuple(covers), rtol, mp
        self.orders, self.limit = limit or (10, "")
        self.without = dict(without or {})
        self._check_waivers()
        self.call = call or self._reading(form, operations) or _callable(function)
        self.like = self._reading(form, np) if form and like is None else self._reference(like)
        if not self.arguments:
            raise ValueError(f"case {self.title}: give a domain or a sample for each array argument")
        fixed = [not isinstance(a, Reals | Bools) or a.shape is not None for a in arguments]
        self.elementwise = not any(fixed)
        if self.like is None:
            for condition in ("integers",) if self.elementwise else ("0-d", "empty", "integers"):
                self.without.setdefault(condition, "no reference was given")
        if any(fixed) and not all(fixed):
            raise ValueError(f"case {self.title}: give a shape to every argument, or to none (element-wise)")
        if self.elementwise and mp is None and "mpmath" not in self.without:
            raise ValueError(f"case {self.title}: element-wise functions have a scalar form: give mp=, or why not")
        if mp is not None and not self.elementwise:
            raise ValueError(f"case {self.title}: mp= is for element-wise functions; give domains without shapes")

    def f(self, *xs: Any) -> Any:
        """The operation on Variables."""
        return self.call(*xs, **self.parameters)

    def reference(self, *xs: Any) -> Any:
        """The reference on arrays."""
        if self.like is None:
            raise ValueError(f"case {self.title} has no reference")
        return self.like(*xs, **self.parameters)

    def rng(self, purpose: str) -> np.random.Generator:
        """A generator that gives this case the same numbers on every run and machine."""
        return np.random.default_rng(zlib.crc32(f"{self.title}: {purpose}".encode()))

    @property
    def holomorphic(self) -> bool:
        """Whether the reference is defined for complex numbers."""
        return self.like is not None and "complex" not in self.without

    def _check_waivers(self) -> None:
        for what, reason in self.without.items():
            if what not in READINGS and what not in CONDITIONS:
                known = ", ".join([*READINGS, *CONDITIONS])
                raise ValueError(f"case {self.title}: without={{{what!r}: ...}} is no check; the checks are {known}")
            if not isinstance(reason, str) or not reason.strip():
                raise ValueError(f"case {self.title}: say why it goes without {what!r}")
        if self.orders < 10 and not self.limit:
            raise ValueError(
                f"case {self.title}: say why it stops at order {self.orders}: limit=({self.orders}, 'why')"
            )

    def _reading(self, form: Callable[..., Any] | None, namespace: object) -> Callable[..., Any] | None:
        return None if form is None else lambda *xs, **parameters: form(namespace, *xs, **parameters)

    def _reference(self, like: Callable[..., Any] | bool | None) -> Callable[..., Any] | None:
        if like is False:
            self.without.setdefault("reference", "no reference was given")
            return None
        if like is None:
            like = getattr(np, self.name, None)
        if not callable(like):
            raise ValueError(f"case {self.title}: NumPy has no function of this name: give the reference as like=")
        return like


def _name(function: Callable[..., Any]) -> str:
    if isinstance(function, Function):
        return function.name
    return getattr(function, "__name__", type(function).__name__)


def _callable(function: Callable[..., Any] | str) -> Callable[..., Any]:
    if isinstance(function, str):
        return getattr(operations, function)
    if inspect.isclass(function) and issubclass(function, Function):
        return lambda *xs, **parameters: function(**parameters)(*xs)
    return function
