"""The operations on Variables, a folder for each family; this is their face (`import dezero.functions as F`).

The files that most programs use load with the package, the others when one of their names is first asked for.
"""

from importlib import import_module as _import_module
from typing import Any as _Any

from dezero.core.arithmetic import add, div, mul, neg, sub
from dezero.core.errors import no_attribute as _no_attribute
from dezero.core.power import pow
from dezero.core.registry import homes as _homes
from dezero.functions.arrays.dtype import astype
from dezero.functions.arrays.joining import concatenate
from dezero.functions.arrays.shape import broadcast_to, expand_dims, flatten, reshape, sum_to, transpose
from dezero.functions.elementwise.bounds import maximum, minimum
from dezero.functions.elementwise.comparison import where
from dezero.functions.elementwise.complex_numbers import angle, as_complex, conj, conjugate, imag, modulus, real
from dezero.functions.elementwise.exponential import exp, log, sqrt
from dezero.functions.elementwise.hyperbolic import tanh
from dezero.functions.elementwise.signs import abs, sign
from dezero.functions.elementwise.trigonometric import cos, sin, tan
from dezero.functions.indexing.get_item import get_item
from dezero.functions.linalg.matmul import dot, linear, linear_simple, matmul
from dezero.functions.nn.activation import (
    gelu,
    glu,
    log_sigmoid,
    mish,
    relu,
    sigmoid,
    sigmoid_simple,
    silu,
    softplus,
    softsign,
    tanhshrink,
)
from dezero.functions.reductions.sums_and_products import mean, prod, sum

_FAMILIES = "arrays elementwise indexing linalg nn reductions signal special windows"
_homes.families += [f"{__name__}.{family}" for family in _FAMILIES.split()]
_homes.update(dict.fromkeys(("numpy_ufunc", "numpy_function"), f"{__name__}.numpy_protocol"))  # of NumPy's protocols


def __getattr__(name: str) -> _Any:
    home = _homes[name]
    if home.startswith(f"{__name__}.") and name not in ("numpy_ufunc", "numpy_function"):
        globals()[name] = found = getattr(_import_module(home), name)
        return found
    if name[:1].isupper() and home:  # DeZero's function classes, as F.ReLU() in a Sequential: the layers of those names
        return getattr(_import_module(home), name)
    raise _no_attribute("dezero.functions", name, () if name.startswith("_") else __dir__())


def __dir__() -> list[str]:
    here = {name for name, value in globals().items() if callable(value) and not name.startswith("_")}
    _homes[""]  # reads the tables
    later = {name for name, home in _homes.items() if home.startswith(f"{__name__}.") and not home.endswith("protocol")}
    return sorted(here | later)
