"""Cases of dezero.functions.nn.softmaxes; the references are the formulas, which hold for complex numbers."""

import numpy as np

import dezero.functions as F
from dezero.testing import Case, Normal


def logsumexp(x, axis=None, keepdims=False):
    with np.errstate(divide="ignore"):
        return np.log(np.sum(np.exp(x), axis, keepdims=keepdims))


def softmax(x, axis=1):
    return np.exp(x) / np.sum(np.exp(x), axis, keepdims=True)


CASES = [
    Case(F.logsumexp, Normal(2, 3, 4), like=logsumexp, **parameters, covers=("shares_of_sum",), label=label)
    for label, parameters in {
        "": {},
        "axis": {"axis": 1},
        "last axis, keepdims": {"axis": -1, "keepdims": True},
        "two axes": {"axis": (2, 0)},
        "all, keepdims": {"keepdims": True},
    }.items()
]
CASES += [
    Case(
        function,
        Normal(2, 3, 2),
        like=like,
        **parameters,
        covers=() if function is F.softmax_simple else ("centred_by_shares", "less_shares"),
        without=waived,
        label=label,
    )
    for function, like, waived in (
        (F.softmax, softmax, {}),
        (
            F.log_softmax,
            lambda x, axis=1: np.log(softmax(x, axis)),
            {"0-d": "0 for one element, of which the reference has rounding alone"},
        ),
        (F.softmax_simple, softmax, {}),
    )
    for label, parameters in {
        "": {},
        "last axis": {"axis": -1},
        "two axes": {"axis": (0, 2)},
        "all": {"axis": None},
    }.items()
]
