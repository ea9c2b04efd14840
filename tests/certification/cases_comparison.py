"""Cases of dezero.functions.elementwise.comparison: masks have derivative zero, and what they multiply keeps its own."""

import operator

from dezero.testing import Case, Reals


def case(name, compare, special=()):
    return Case(
        name,
        Reals(-3, 3),
        Reals(-3, 3),
        form=lambda F, a, b: a * a * getattr(F, name)(a, b) + b,
        mp=lambda mp, a, b: a * a * compare(a, b) + b,
        special=special,
        without={"complex": "it compares numbers"},
    )


CASES = [
    case("equal", operator.eq, special=[((1.0, 1.0), (2.0, 1.0))]),
    case("not_equal", operator.ne, special=[((1.0, 1.0), (0.0, 1.0))]),
    case("less", operator.lt, special=[((1.0, 1.0), (0.0, 1.0))]),
    case("less_equal", operator.le, special=[((1.0, 1.0), (2.0, 1.0))]),
    case("greater", operator.gt, special=[((1.0, 1.0), (0.0, 1.0))]),
    case("greater_equal", operator.ge, special=[((1.0, 1.0), (2.0, 1.0))]),
]
