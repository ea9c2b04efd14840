"""Cases of dezero.functions.special."""

import numpy as np
from scipy import special

import dezero.functions as F
from dezero.testing import Case, Reals

ROUNDED = {"complex": "SciPy's loses the imaginary part next to the real axis"}
REAL = {"complex": "SciPy's refuses complex numbers"}


def logit(mp, x):
    return mp.log(x / (1 - x))


def xlog1py(mp, x, y):
    return x * mp.log(1 + y)


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
    Case(F.logit, Reals(0.1, 0.9, also=[0.5]), like=special.logit, mp=logit, without=REAL),
    Case(
        F.xlogy,
        Reals(-3, 3, also=[0.0]),
        Reals(0.2, 5),
        like=special.xlogy,
        mp=lambda mp, x, y: x * mp.log(y),
        special=[((0.0, 0.0), (-np.inf, 0.0)), ((0.0, 2.0), (np.log(2.0), 0.0)), ((2.0, 0.0), (-np.inf, np.inf))],
        covers=("divisor",),
    ),
    Case(
        F.xlog1py,
        Reals(-3, 3, also=[0.0]),
        Reals(-0.7, 5),
        like=special.xlog1py,
        mp=xlog1py,
        special=[((0.0, -1.0), (-np.inf, 0.0)), ((0.0, 0.0), (0.0, 0.0))],
    ),
    Case(
        F.entr,
        Reals(0.2, 5),
        like=special.entr,
        mp=lambda mp, x: -x * mp.log(x),
        special=[(0.0, np.inf)],
        without=REAL,
    ),
    Case(
        F.rel_entr,
        Reals(0.2, 5),
        Reals(0.2, 5),
        like=special.rel_entr,
        mp=lambda mp, x, y: x * mp.log(x / y),
        special=[((0.0, 2.0), (-np.inf, 0.0)), ((0.0, 0.0), (-np.inf, 0.0)), ((1.0, 1.0), (1.0, -1.0))],
        without=REAL,
    ),
    Case(F.expi, Reals(-5, 9, avoid=[0]), like=special.expi, mp="ei", without=REAL),
    Case(F.exp1, Reals(0.5, 9), like=special.exp1, mp="e1", without=ROUNDED),
    part(F.sici, special.sici, 0, "si", Reals(-9, 9, also=[0.0]), without=ROUNDED, covers=("cardinal_sine",)),
    part(F.sici, special.sici, 1, "ci", Reals(0.5, 9), without=ROUNDED),
    part(F.fresnel, special.fresnel, 0, "fresnels", Reals(-3, 3), without=ROUNDED),
    part(F.fresnel, special.fresnel, 1, "fresnelc", Reals(-3, 3), without=ROUNDED),
    Case("sine_integral", Reals(-5, 5), like=lambda x: special.sici(x)[0], mp="si", without=ROUNDED),
    Case("cosine_integral", Reals(0.2, 5), like=lambda x: special.sici(x)[1], mp="ci", without=ROUNDED),
    Case("fresnel_sine", Reals(-3, 3), like=lambda x: special.fresnel(x)[0], mp="fresnels", without=ROUNDED),
    Case("fresnel_cosine", Reals(-3, 3), like=lambda x: special.fresnel(x)[1], mp="fresnelc", without=ROUNDED),
    Case(
        F.spence,
        Reals(0.2, 9, also=[1.0]),
        like=special.spence,
        mp=spence,
        special=[(1.0, -1.0)],
        covers=("spence_derivative",),
    ),
    Case(
        F.lambertw,
        Reals(-0.25, 9, also=[0.0]),
        like=lambda x: special.lambertw(x).real.astype(np.result_type(x, np.float32)),
        mp="lambertw",
        special=[(0.0, 1.0)],
        without={"complex": "the reference takes the real part"},
    ),
    Case(
        F.lambertw,
        Reals(-0.3, -0.05),
        call=lambda x: F.lambertw(x, k=-1),
        like=lambda x: special.lambertw(x, -1).real,
        mp=lambda mp, x: mp.lambertw(x, -1),
        label="branch -1",
        without={"complex": "the reference takes the real part"},
    ),
]
