"""Integrals, entropies and inverses of one kind each: SciPy's, of its names; ImportError without SciPy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dezero.core.arithmetic import as_precise
from dezero.core.errors import UnsupportedOperation
from dezero.core.op import ELEMENTWISE, Op, apply, declare, elementwise, operand, publish
from dezero.core.variable import Variable
from dezero.functions import _scipy
from dezero.functions._analytic import cauchy, family
from dezero.functions._axes import plainly
from dezero.functions._scipy import in_precision_of, special_value
from dezero.functions.elementwise import exponential, trigonometric  # noqa: F401 - rules read log1p, cardinal_sine
from dezero.functions.elementwise.complex_numbers import is_complex

logit = elementwise(
    "logit",
    special_value("logit"),
    lambda F, g, x, y: g / (x * (1 - x)),
    doc="""log(x / (1 - x)), the inverse of expit; -inf and inf at 0 and 1, nan beyond.

    >>> logit(Variable(np.array(0.5)))
    variable(0.0)
    """,
)

# -- products with logarithms ----------------------------------------------------------------------------------


def _divisor(x: Any, y: Any) -> Any:
    dtype = np.zeros((), np.result_type(x, y, np.float16)).real.dtype
    least = np.nextafter(dtype.type(0), dtype.type(1))
    return np.where(np.equal(x, 0) & np.equal(y, 0), least, y)


# y as what x is divided by: 0/0 is 0, while the quotient's derivative in x, 1/0, stays inf.
declare(
    Op(
        "divisor",
        ELEMENTWISE,
        _divisor,
        (lambda F, g, x, y, d: F.zeros_like(x), lambda F, g, x, y, d: g),
    )
)

xlogy = elementwise(
    "xlogy",
    special_value("xlogy"),
    lambda F, g, x, y, z: g * F.log(F.as_complex(y) if is_complex(z) else as_precise(F, y, z)),
    lambda F, g, x, y, z: g * (x / F.divisor(x, y)),
    doc="""x * log(y), and 0 where x is 0 and y is not nan.

    At (0, 0) the derivative in x is -inf and that in y is 0.

    >>> xlogy(Variable(np.array(0.0)), 0.0)
    variable(0.0)
    """,
)

xlog1py = elementwise(
    "xlog1py",
    special_value("xlog1py"),
    lambda F, g, x, y, z: g * F.log1p(F.as_complex(y) if is_complex(z) else as_precise(F, y, z)),
    lambda F, g, x, y, z: g * (x / F.divisor(x, 1 + as_precise(F, y, z))),
    doc="""x * log1p(y), and 0 where x is 0 and y is not nan.

    At (0, -1) the derivative in x is -inf and that in y is 0.

    >>> xlog1py(Variable(np.array(0.0)), -1.0)
    variable(0.0)
    """,
)

entr = elementwise(
    "entr",
    special_value("entr"),
    lambda F, g, x, y: -(g * (F.log(x) + 1)),
    doc="""Entropy -x * log(x), 0 at 0 and -inf below; its derivative at 0 is inf.

    >>> entr(Variable(np.array([-1.0, 0.0])))
    variable([-inf   0.])
    """,
)

rel_entr = elementwise(
    "rel_entr",
    special_value("rel_entr"),
    lambda F, g, x, y, z: g * (F.log(x / F.divisor(x, y)) + 1),
    lambda F, g, x, y, z: -(g * (x / F.divisor(x, y))),
    doc="""Relative entropy x * log(x / y), 0 where x is 0 and y is not negative, inf where either is negative.

    Where x is 0 the derivative in x is -inf and that in y is 0.

    >>> rel_entr(Variable(np.array([0.0, 1.0])), 1.0)
    variable([0. 0.])
    """,
)

# -- integrals -------------------------------------------------------------------------------------------------

expi = elementwise(
    "expi",
    special_value("expi"),
    lambda F, g, x, y: g * F.exp(x) / x,
    doc="""Exponential integral Ei: the principal value of the integral of exp(t) / t from -inf to x; -inf at 0.

    >>> expi(Variable(np.array(0.0)))
    variable(-inf)
    """,
)

exp1 = elementwise(
    "exp1",
    special_value("exp1"),
    lambda F, g, x, y: -(g * F.exp(-x)) / x,
    doc="""Exponential integral E1: the integral of exp(-t) / t from x to inf; inf at 0 and nan below.

    >>> exp1(Variable(np.array(0.0)))
    variable(inf)
    """,
)

_sine_integral = elementwise(
    "sine_integral",
    lambda x: in_precision_of(_scipy.special.sici(x)[0], x),
    lambda F, g, x, y: g * F.cardinal_sine(x),
    doc="Integral of sin(t) / t from 0 to x.",
)

_cosine_integral = elementwise(
    "cosine_integral",
    lambda x: in_precision_of(_scipy.special.sici(x)[1], x),
    lambda F, g, x, y: g * F.cos(x) / x,
    doc="Euler's constant and log(|x|) and the integral of (cos(t) - 1) / t from 0 to x.",
)


def sici(x: Any) -> tuple[Variable, Variable]:
    """Sine integral Si(x) and cosine integral Ci(x) = Ci(-x), of arrays of any shape.

    >>> si, ci = sici(Variable(np.array(0.0)))
    >>> si, ci
    (variable(0.0), variable(-inf))
    """
    return _sine_integral(x), _cosine_integral(x)


_fresnel_sine = elementwise(
    "fresnel_sine",
    lambda x: in_precision_of(_scipy.special.fresnel(x)[0], x),
    lambda F, g, x, y: g * F.sin(x * x * (math.pi / 2)),
    doc="Integral of sin(pi t*t / 2) from 0 to x.",
)

_fresnel_cosine = elementwise(
    "fresnel_cosine",
    lambda x: in_precision_of(_scipy.special.fresnel(x)[1], x),
    lambda F, g, x, y: g * F.cos(x * x * (math.pi / 2)),
    doc="Integral of cos(pi t*t / 2) from 0 to x.",
)


def fresnel(x: Any) -> tuple[Variable, Variable]:
    """Fresnel integrals S(x) and C(x), of sin(pi t*t / 2) and of cos(pi t*t / 2) from 0 to x.

    >>> fresnel(Variable(np.array(np.inf)))
    (variable(0.5), variable(0.5))
    """
    return _fresnel_sine(x), _fresnel_cosine(x)


publish("sici", sici)
publish("fresnel", fresnel)


def _log_ratio(z: Any) -> Any:
    return np.log(z) / (1 - z)


def _spence_derivative(x: Any, order: int) -> Any:
    if order == 1:  # log(x) is exact next to 1, where x is; only 0/0 itself needs help
        return np.where(x == 1, -1, _log_ratio(x))
    if not np.iscomplexobj(x):
        x = np.where(x < 0, np.nan, x)
    room = np.where(x.real < 0, np.abs(x.imag), np.abs(x))  # from the cut along the negative half-axis
    return cauchy(_log_ratio, x, order - 1, 0.65 * room, 45 + order)


spence = family(
    "spence",
    special_value("spence"),
    _spence_derivative,
    doc="""Spence's function, the integral of log(t) / (1 - t) from 1 to x: the dilogarithm of 1 - x; nan below 0.

    >>> x = Variable(np.array(1.0))
    >>> spence(x).backward()
    >>> x.grad
    variable(-1.0)
    """,
)

# -- inverses --------------------------------------------------------------------------------------------------


def _real_lambertw(x: Any, k: int) -> Any:
    w = _scipy.special.lambertw(x, k)
    if np.iscomplexobj(x):
        return in_precision_of(w, x)
    return in_precision_of(np.where(w.imag == 0, w.real, np.nan)[()], x)


_lambertw = declare(
    Op(
        "lambertw",
        ELEMENTWISE,
        _real_lambertw,
        (lambda F, g, x, y, k: g * F.exp(-y) / (1 + y),),
    )
)


def lambertw(x: Any, k: int = 0) -> Variable:
    """The real number w with w * exp(w) = x on the branch k: 0, where w >= -1, or -1, where w <= -1.

    nan where x has none: below -1/e, and for k = -1 from 0 on; of complex x the complex w. At -1/e the derivative is
    infinite. UnsupportedOperation for other branches, whose values are complex.

    >>> x = Variable(np.array(0.0))
    >>> lambertw(x).backward()
    >>> x.grad
    variable(1.0)
    """
    if plainly("lambertw", k, "k") not in (0, -1):
        raise UnsupportedOperation(f"lambertw: branch k={k!r} has no real values; the real branches are 0 and -1")
    return apply(_lambertw.bind(k=int(k)), operand(x, "lambertw"))


publish("lambertw", lambertw)
