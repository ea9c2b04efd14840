"""Cases of dezero.functions.signal.fourier: real array, transform, product with a complex filter, real part or inverse."""

import numpy as np

import dezero.functions as F
from dezero.functions.elementwise.complex_numbers import modulus, real
from dezero.testing import Case, Normal

PARTS = {"complex": "parts of complex numbers are not analytic"}


def filtered(z):
    """A cubic filter in the frequencies, complex; dezero's or NumPy's."""
    w = (np.cos(1.0 + np.arange(z.size)).reshape(z.shape) * (1 + 0.5j)).astype(z.dtype)
    return w * z * z * z + 1j * z


def spectrum(name, parameters, label, shape=(2, 5)):
    def call(x):
        return real(filtered(getattr(F, name)(x, **parameters)))

    def like(x):
        return filtered(getattr(np.fft, name)(x, **parameters)).real

    return Case(getattr(F, name), Normal(*shape), call=call, like=like, without=PARTS, label=label)


def inverse(name, forward, parameters, label, shape=(2, 4)):
    """From a half spectrum, or a whole one, to a real array."""

    def call(x):
        y = getattr(F, name)(filtered(getattr(F, forward)(x)), **parameters)
        return real(y) + modulus(y) ** 2

    def like(x):
        y = getattr(np.fft, name)(filtered(getattr(np.fft, forward)(x)), **parameters)
        return y.real + np.abs(y) ** 2

    return Case(getattr(F, name), Normal(*shape), call=call, like=like, without=PARTS, label=label)


ONE_AXIS = {
    "": {},
    "cut": {"n": 3},
    "padded, ortho": {"n": 6, "norm": "ortho"},
    "axis, forward": {"axis": 0, "norm": "forward"},
}

CASES = [
    *[spectrum(name, how, label) for name in ("fft", "ifft", "rfft", "ihfft") for label, how in ONE_AXIS.items()],
    *[inverse(name, "rfft", how, label) for name in ("irfft", "hfft") for label, how in ONE_AXIS.items()],
    *[inverse(name, "rfft", {"n": n}, f"n = {n}") for name in ("irfft", "hfft") for n in (1, 2, 5)],
    *[spectrum(name, {}, "", (2, 3)) for name in ("fft2", "ifft2", "rfft2", "fftn", "ifftn", "rfftn")],
    *[
        spectrum(name, {"s": (2, 4), "axes": (2, 0), "norm": "ortho"}, "s, axes", (3, 1, 3))
        for name in ("fft2", "ifft2", "rfft2", "fftn", "ifftn", "rfftn")
    ],
    inverse("irfft2", "rfft2", {"s": (2, 3), "axes": (0, 1)}, "", (2, 3)),
    inverse("irfftn", "rfftn", {}, "", (2, 2)),
    inverse("irfftn", "rfftn", {"s": (3, 3), "axes": (1, 0), "norm": "forward"}, "s, axes", (2, 4)),
    *[
        Case(getattr(F, name), Normal(2, 5), like=getattr(np.fft, name), axes=axes, label=f"axes {axes}")
        for name in ("fftshift", "ifftshift")
        for axes in (None, 1, (0, -1))
    ],
]
