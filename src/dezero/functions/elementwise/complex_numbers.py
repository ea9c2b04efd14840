"""Complex arrays: their parts, conjugate, angle and absolute value.

A derivative in a complex z = a + ib is that of a real number L in two real ones, and is written dL/da + i dL/db:
z - lr * grad descends. Inside the sweeps the cotangent of z is the conjugate of that, dL/da - i dL/db. With it the
rule of every operation that is linear over, or analytic in, the complex numbers is the rule it has for real ones
(`g * b` for a product, the transposed matrix for a linear map), and a rule of an element-wise operation is its
tangent rule too. What is linear over the real numbers alone (real, conj, irfft) states its own transpose, and
takes the real part of the cotangent where its result is real, since a cotangent that passed a complex factor has
an imaginary part that means nothing there.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.call import apply, operand
from dezero.core.declare import elementwise, public, publish
from dezero.core.dtypes import Array, is_complex
from dezero.core.errors import describe
from dezero.core.outputs import general
from dezero.core.registry import operations
from dezero.core.variable import ArrayLike, Variable
from dezero.functions._axes import flag
from dezero.functions._stacking import in_front
from dezero.functions.arrays._independent import unmoved
from dezero.functions.elementwise import kinks  # noqa: F401 - declares over_size


def holds_complex(x: object) -> bool:
    """Whether an argument of a public function is complex: a Variable, an array or a number."""
    data = raw(x)
    return data.dtype.kind == "c" if hasattr(data, "dtype") else isinstance(data, complex)


def refuse_complex(name: str, x: object, argument: str = "x") -> None:
    """TypeError for a complex argument of an operation whose derivative is for real arrays."""
    if holds_complex(x):
        raise TypeError(f"{name}: {argument} is a {describe(x)}; its derivative is for real arrays")


def of_reals(value: Callable[..., Array]) -> Callable[..., Array]:
    """A value that refuses complex arrays, for operations whose rule is right for real ones alone."""

    @functools.wraps(value)
    def call(*xs: object, **parameters: object) -> Array:
        if any([holds_complex(x) for x in xs]):
            raise TypeError("complex")  # core/call.py says of which operation and argument
        return value(*xs, **parameters)

    return call


def real_like(F, g, x):
    """The cotangent g of an argument x: without its imaginary part where x is real. F: any reading of the rules."""
    return g if is_complex(x) else F.real(g)


real = elementwise(
    "real",
    lambda x: x.real,
    lambda F, g, x, y: F.real(g),
    series="each",
    doc="""Real part; the array itself where it is real.

    >>> real(Variable(np.array(3 + 4j)))
    variable(3.0)
    """,
)

_conj = elementwise("conj", np.conjugate, lambda F, g, x, y: F.conj(g), series="each", doc="")

# A complex array as it is, a real one with imaginary parts of zero.
_as_complex = elementwise(
    "as_complex",
    lambda x: x if np.iscomplexobj(x) else x + 0j,
    lambda F, g, x, y: F.as_complex(g) if is_complex(x) else F.real(g),
    series="each",
    doc="""The array itself where it is complex, with imaginary parts of zero where it is real.

    >>> as_complex(Variable(np.array(3.0)))
    variable((3+0j))
    """,
)


@public
def as_complex(x: ArrayLike) -> Variable:
    return _as_complex(operand(x, "as_complex"))


@public
def conj(x: ArrayLike) -> Variable:
    """Complex conjugate; a real array is its own.

    >>> conj(Variable(np.array(3 + 4j)))
    variable((3-4j))
    """
    x = operand(x, "conj")
    return _conj(x) if is_complex(x) else x


@public
def imag(x: ArrayLike) -> Variable:
    """Imaginary part: zeros of a real array.

    >>> imag(Variable(np.array(3 + 4j)))
    variable(4.0)
    """
    x = operand(x, "imag")
    if not is_complex(x):
        return operations.where(np.ones((1,) * x.ndim, bool), 0, x)  # zeros, with a derivative of zero
    return real(x * np.array(-1j, x.dtype))


def _turned(F, g, x, y):
    """d angle = Im(dx / x), and 0 at 0."""
    return F.as_complex(F.real(g)) * np.array(-1j, x.dtype) * F.over_size(1, x)


_angle = general("angle", np.angle, _turned, independent=unmoved, stacked=in_front)


@public
def angle(x: ArrayLike, deg: bool = False) -> Variable:
    """Angle of complex numbers from the positive real axis, in (-pi, pi], in degrees if asked.

    At 0 its derivative is 0, and those of higher order are nan.

    >>> angle(Variable(np.array(1j)), deg=True)
    variable(90.0)
    """
    y = apply(_angle, as_complex(x))
    return y * (180 / np.pi) if flag("angle", deg, "deg") else y


def _along(F, g, x, y):
    """d|x| = Re(conj(x) dx) / |x|, and 0 at 0."""
    return F.as_complex(F.real(g)) * F.conj(F.over_size(x, y))


_modulus = general("modulus", np.abs, _along, independent=unmoved, stacked=in_front)


@public
def modulus(x: ArrayLike) -> Variable:
    """Absolute value of complex numbers, or of real ones; at 0 its derivative is 0, and those of higher order are nan.

    >>> modulus(Variable(np.array(3 - 4j)))
    variable(5.0)
    """
    x = operand(x, "modulus")
    return apply(_modulus, x) if is_complex(x) else operations.abs(x)


publish("conjugate", conj)
conjugate = publish("conj", conj)
