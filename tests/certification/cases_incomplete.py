"""Cases of dezero.functions.special.incomplete."""

from scipy import special

import dezero.functions as F
from dezero.testing import Case, Reals

WITHOUT = {
    "complex": "SciPy's refuses complex numbers",
    "extremes": "mpmath's sums do not come to an end at such arguments",
}


def in_x(function, like, form, shapes, domain, **more):
    return Case(
        function,
        domain,
        call=lambda x: function(*shapes, x),
        like=lambda x: like(*shapes, x),
        mp=lambda mp, x: form(mp, *shapes, x),
        label=f"shape {', '.join(map(str, shapes))}",
        without=WITHOUT,
        **more,
    )


def lower(mp, a, x):
    return mp.gammainc(a, 0, x, regularized=True)


def upper(mp, a, x):
    return mp.gammainc(a, x, regularized=True)


def beta(mp, a, b, x):
    return mp.betainc(a, b, 0, x, regularized=True)


CASES = [
    in_x(
        F.gammainc,
        special.gammainc,
        lower,
        (2.5,),
        Reals(0.3, 9),
        covers=("gamma_density",),
    ),
    in_x(F.gammainc, special.gammainc, lower, (3,), Reals(0.1, 9), special=[(0.0, 0.0)]),
    in_x(F.gammainc, special.gammainc, lower, (1,), Reals(0.1, 9), special=[(0.0, 1.0)]),
    in_x(F.gammainc, special.gammainc, lower, (80.0,), Reals(40, 120)),
    in_x(F.gammaincc, special.gammaincc, upper, (0.5,), Reals(0.3, 9)),
    in_x(F.betainc, special.betainc, beta, (2.5, 0.5), Reals(0.1, 0.9), covers=("beta_density",)),
    in_x(F.betainc, special.betainc, beta, (2, 3), Reals(0.1, 0.9), special=[(0.0, 0.0), (1.0, 0.0)]),
    in_x(F.betainc, special.betainc, beta, (1, 1), Reals(0.1, 0.9), special=[(0.0, 1.0), (1.0, 1.0)]),
    in_x(F.betainc, special.betainc, beta, (40.0, 25.0), Reals(0.3, 0.9)),
]
