"""The operations on Variables, a folder for each family; this is their face (`import dezero.functions as F`).

The files that most programs use load with the package, the others when one of their names is first asked for.
"""

from importlib import import_module as _import_module
from typing import Any as _Any

from dezero.core.arithmetic import add, div, mul, neg, pow, sub
from dezero.core.registry import finders as _finders
from dezero.functions import (
    arrays,
    elementwise,
    indexing,
    linalg,
    nn,
    numpy_protocol,
    reductions,
    signal,
    special,
    windows,
)
from dezero.functions.arrays.shape import (
    astype,
    broadcast_to,
    concatenate,
    expand_dims,
    flatten,
    reshape,
    sum_to,
    transpose,
)
from dezero.functions.elementwise import comparison
from dezero.functions.elementwise.common import abs, cos, exp, log, maximum, minimum, sign, sin, sqrt, tan, tanh, where
from dezero.functions.elementwise.complex_numbers import angle, as_complex, conj, conjugate, imag, modulus, real
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

_FILE = {
    name: f"{family.__name__}.{file}"
    for family in (arrays, elementwise, indexing, linalg, nn, reductions, signal, special, windows)
    for file, names in family.LATER.items()
    for name in names.split()
}


def __getattr__(name: str) -> _Any:
    if name not in _FILE:
        if name[:1].isupper():  # DeZero's function classes, as F.ReLU() in a Sequential: the layers of those names
            for found in filter(None, (find(name) for find in _finders)):
                return found
        raise AttributeError(f"module 'dezero.functions' has no attribute {name!r}")
    globals()[name] = found = getattr(_import_module(_FILE[name]), name)
    return found


def __dir__() -> list[str]:
    here = {name for name, value in globals().items() if callable(value) and not name.startswith("_")}
    return sorted(here | _FILE.keys())


_finders.append(lambda name: __getattr__(name) if name in _FILE else None)
