"""Cases of dezero.functions.special.integrals."""

from scipy import special

import dezero.functions as F
from dezero.testing import Case, Reals

ROUNDED = {"complex": "SciPy's loses the imaginary part next to the real axis"}
REAL = {"complex": "SciPy's refuses complex numbers"}


def spence(mp, x):
    return mp.polylog(2, 1 - x)


def part(function, like, i, form, domain, without=None, **more):
    return Case(
        function,
        domain,
        call=lambda x: function(x)[i],
        like=lambda x: like(x)[i],
        mp=form,
        label=f"output {i}",
        without=without,
        **more,
    )


CASES = [
    Case(F.expi, Reals(-5, 9, avoid=[0]), like=special.expi, mp="ei", without=REAL),
    Case(F.exp1, Reals(0.5, 9), like=special.exp1, mp="e1", without=ROUNDED),
    part(F.sici, special.sici, 0, "si", Reals(-9, 9, also=[0.0]), without=ROUNDED, covers=("cardinal_sine",)),
    part(F.sici, special.sici, 1, "ci", Reals(0.5, 9), without=ROUNDED),
    part(F.fresnel, special.fresnel, 0, "fresnels", Reals(-3, 3), without=ROUNDED),
    part(F.fresnel, special.fresnel, 1, "fresnelc", Reals(-3, 3), without=ROUNDED),
    Case("sine_integral", Reals(-5, 5), like=lambda x: special.sici(x)[0], mp="si", without=ROUNDED),
    Case("cosine_integral", Reals(0.2, 5), like=lambda x: special.sici(x)[1], mp="ci", without=ROUNDED),
    Case(
        "fresnel_sine",
        Reals(-3, 3),
        like=lambda x: special.fresnel(x)[0],
        mp="fresnels",
        without=ROUNDED,
        covers=("fresnel_wave",),
    ),
    Case("fresnel_cosine", Reals(-3, 3), like=lambda x: special.fresnel(x)[1], mp="fresnelc", without=ROUNDED),
    Case(
        F.spence,
        Reals(0.2, 9, also=[1.0]),
        like=special.spence,
        mp=spence,
        special=[(1.0, -1.0)],
        covers=("spence_derivative",),
    ),
]
