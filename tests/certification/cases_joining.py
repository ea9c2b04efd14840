"""Cases of dezero.functions.arrays.joining."""

import numpy as np

import dezero.functions as F
import dezero.functions.arrays.joining as J
from dezero.testing import Case, Normal


def joined(function, *shapes, label="", **parameters):
    name = function.__name__
    return Case(
        function,
        *[Normal(*shape) for shape in shapes],
        call=lambda *xs: function(xs, **parameters),
        like=lambda *xs: getattr(np, name)(xs, **parameters),
        label=label,
    )


def blocks(F, a, b, c):
    return F([[a, b, np.ones((2, 1))], [a, b, c]])


CASES = [
    Case(F.concatenate, Normal(2, 3), Normal(1, 3), form=lambda F, a, b: F.concatenate([a, b])),
    Case(
        F.concatenate,
        Normal(2, 3),
        Normal(2, 1),
        Normal(2, 2),
        form=lambda F, a, b, c: F.concatenate([a, b, c], axis=-1),
        label="three, last axis",
    ),
    Case(
        F.concatenate, Normal(2, 3), form=lambda F, a: F.concatenate([a, a * a, a]), label="one array again and again"
    ),
    joined(J.stack, (2, 3), (2, 3)),
    joined(J.stack, (2, 3), (2, 3), (2, 3), axis=1, label="three, between"),
    joined(J.stack, (2, 3), (2, 3), axis=-1, label="last"),
    Case(
        J.stack,
        Normal(3),
        call=lambda x: J.stack([x, np.arange(3.0), x], axis=1),
        like=lambda x: np.stack([x, np.arange(3.0), x], axis=1),
        label="one array twice, beside a constant",
        without={
            "float32": "the constant is float64",
            "empty": "the constant has three elements",
            "0-d": "it has one axis",
        },
    ),
    joined(J.vstack, (3,), (2, 3)),
    joined(J.hstack, (3,), (2,)),
    joined(J.hstack, (2, 3), (2, 1), label="matrices"),
    joined(J.dstack, (2, 3), (2, 3, 2)),
    joined(J.column_stack, (3,), (3, 2)),
    Case(J.append, Normal(2, 3), Normal(2)),
    Case(J.append, Normal(2, 3), Normal(2, 1), axis=1, label="axis"),
    Case(
        J.block,
        Normal(2, 2),
        Normal(2, 3),
        Normal(2, 1),
        call=lambda a, b, c: blocks(J.block, a, b, c),
        like=lambda a, b, c: blocks(np.block, a, b, c),
        without={"float32": "the constant block is float64", "empty": "the constant block has two rows"},
    ),
]
