"""Cases of dezero.functions.elementwise.comparison: masks have derivative zero, and what they multiply keeps its own."""

import operator

import dezero.functions as F
from dezero.testing import Bools, Case, Reals

COMPARES = {"complex": "it compares numbers"}


def case(name, compare, special=()):
    return Case(
        name,
        Reals(-3, 3),
        Reals(-3, 3),
        form=lambda F, a, b: a * a * getattr(F, name)(a, b) + b,
        mp=lambda mp, a, b: a * a * compare(a, b) + b,
        special=special,
        without=COMPARES,
    )


CASES = [
    case("equal", operator.eq, special=[((1.0, 1.0), (2.0, 1.0))]),
    case("not_equal", operator.ne, special=[((1.0, 1.0), (0.0, 1.0))]),
    case("less", operator.lt, special=[((1.0, 1.0), (0.0, 1.0))]),
    case("less_equal", operator.le, special=[((1.0, 1.0), (2.0, 1.0))]),
    case("greater", operator.gt, special=[((1.0, 1.0), (0.0, 1.0))]),
    case("greater_equal", operator.ge, special=[((1.0, 1.0), (2.0, 1.0))]),
    Case(F.where, Bools(), Reals(-3, 3), Reals(-3, 3), mp=lambda mp, c, a, b: a if c else b),
    Case(
        F.where,
        Reals(-3, 3, avoid=[0]),
        form=lambda F, x: F.where(F.greater(x, 0), F.sin(x), F.exp(x)),
        mp=lambda mp, x: mp.sin(x) if x > 0 else mp.exp(x),
        without=COMPARES,
        label="branches of one argument",
    ),
]
