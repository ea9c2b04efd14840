"""Entropies, and the products with logarithms that they are made of: SciPy's; ImportError without SciPy."""

from __future__ import annotations

import numpy as np

from dezero.core.arithmetic import as_precise
from dezero.core.declare import declare, elementwise
from dezero.core.dtypes import Array, is_complex
from dezero.core.op import ELEMENTWISE, Op
from dezero.functions._scipy import special_value
from dezero.functions.elementwise import exponential  # noqa: F401 - declares log1p


def _divisor(x: Array, y: Array) -> Array:
    dtype = np.zeros((), np.result_type(x, y, np.float16)).real.dtype
    least = np.nextafter(dtype.type(0), dtype.type(1))
    return np.where(np.equal(x, 0) & np.equal(y, 0), least, y)


# y, but the least positive number where x and y are 0: x / divisor is 0 there, and its derivative in x is inf.
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
