"""Inverses of the logistic function and of w exp(w): SciPy's, of its names; ImportError without SciPy."""

from __future__ import annotations

import numpy as np

from dezero.core.call import apply, operand
from dezero.core.declare import declare, elementwise, publish
from dezero.core.dtypes import Array
from dezero.core.errors import UnsupportedOperation
from dezero.core.op import ELEMENTWISE, Op
from dezero.core.variable import ArrayLike, Variable
from dezero.functions import _scipy
from dezero.functions._axes import plainly
from dezero.functions._scipy import in_precision_of, special_value

logit = elementwise(
    "logit",
    special_value("logit"),
    lambda F, g, x, y: g / (x * (1 - x)),
    doc="""log(x / (1 - x)), the inverse of expit; -inf and inf at 0 and 1, nan beyond.

    >>> logit(Variable(np.array(0.5)))
    variable(0.0)
    """,
)


def _real_lambertw(x: Array, k: int) -> Array:
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


def lambertw(x: ArrayLike, k: int = 0) -> Variable:
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
