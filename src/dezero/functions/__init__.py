"""The operations on Variables, by family; this is their face (`import dezero.functions as F`)."""

from dezero.core.arithmetic import add, div, mul, neg, pow, sub
from dezero.functions.activation import relu, sigmoid
from dezero.functions.elementwise import (
    abs,
    cos,
    exp,
    log,
    maximum,
    minimum,
    sign,
    sin,
    sqrt,
    tan,
    tanh,
    where,
)
from dezero.functions.indexing import get_item
from dezero.functions.linalg import dot, matmul
from dezero.functions.reduction import mean, sum
from dezero.functions.shape import (
    astype,
    broadcast_to,
    concatenate,
    expand_dims,
    flatten,
    reshape,
    sum_to,
    transpose,
)

from dezero.functions import comparison, numpy_protocol  # isort: skip
