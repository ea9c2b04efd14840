"""Where PyTorch has fewer digits: ours are those of mpmath, and PyTorch's are not."""

import mpmath
import numpy as np
import pytest

from tests.peers.opinfo.compare import SECOND, TOLERANCE, Sample, run
from tests.peers.opinfo.differs import DIFFERS
from tests.peers.opinfo.sample import array
from tests.peers.opinfo.table import OPS, infos

exp, log = (np.vectorize(f, otypes=[object]) for f in (mpmath.exp, mpmath.log))


def exact(a):
    """The same numbers in mpmath's precision."""
    return np.vectorize(mpmath.mpmathify, otypes=[object])(a)


def of_each(f):
    """The value of a function of one number."""
    return lambda case: np.vectorize(f, otypes=[object])(exact(array(case.tree[0])))


def slope_of_a_sixth(case):
    return np.where(np.abs(case.start[0]) < 3, exact(case.ws[0]) / 6, 0)


def multivariate(case):
    """d/dx of v w times the derivative of the sum of log gamma(x - j / 2), j < p."""
    x, w, v = map(exact, (case.start[0], case.ws[0], case.vs[0]))
    psi = np.vectorize(mpmath.psi, otypes=[object])
    return v * w * sum(psi(1, x - mpmath.mpf(j) / 2) for j in range(case.tree[1][0]))


def cross_entropy(case):
    """d/dp of w times the derivative of -mean(t log p + (1 - t) log(1 - p)) along vs."""
    p, t = map(exact, case.start)
    along_p, along_t = map(exact, case.vs)
    curved = along_p * (t / p**2 + (1 - t) / (1 - p) ** 2) - along_t * (1 / p + 1 / (1 - p))
    return exact(case.ws[0]) * curved / p.size


def running(case):
    """g_j = sum of w_k exp(x_j - y_k) over k from j on, y_k = log of the sum of exp(x_i) up to k."""
    if not case.start[0].ndim:
        return exact(case.ws[0])
    x, w = [np.moveaxis(exact(a), case.tree[1][0], -1) for a in (case.start[0], case.ws[0])]
    parts = w / np.cumsum(exp(x), -1)
    return np.moveaxis(exp(x) * np.cumsum(parts[..., ::-1], -1)[..., ::-1], -1, case.tree[1][0])


def curved_sum(case):
    """The conjugate of the derivative of sum(v p) conj(w), p = exp(x) / sum(exp(x)): PyTorch's gradient."""
    axis, x, v = case.tree[1][0], exact(case.start[0]), exact(case.vs[0])
    w = exact(case.ws[0]).reshape(np.sum(case.start[0], axis=axis, keepdims=True).shape)
    p = exp(x) / np.sum(exp(x), axis, keepdims=True)
    return np.conj(np.conj(w) * p * (v - np.sum(v * p, axis, keepdims=True)))


RIGHT = {
    ("special.bessel_j0", "value 0"): of_each(lambda x: mpmath.besselj(0, x)),
    ("special.bessel_j1", "value 0"): of_each(lambda x: mpmath.besselj(1, x)),
    ("special.bessel_y0", "value 0"): of_each(lambda x: mpmath.bessely(0, x) if x >= 0 else mpmath.nan),
    ("special.bessel_y1", "value 0"): of_each(lambda x: mpmath.bessely(1, x) if x >= 0 else mpmath.nan),
    ("nn.functional.hardsigmoid", "gradient 0"): slope_of_a_sixth,
    ("nn.functional.binary_cross_entropy", "double gradient 0"): cross_entropy,
    ("logcumsumexp", "gradient 0"): running,
    ("logsumexp", "double gradient 0"): curved_sum,
} | {(f"mvlgamma.mvlgamma_p_{p}", "double gradient 0"): multivariate for p in (1, 3, 5)}


def test_whatever_is_a_matter_of_digits_is_shown_here():
    assert {key for key, _ in RIGHT} == {key for (key, _), known in DIFFERS.items() if any(d.within for d in known)}


@pytest.mark.parametrize(("key", "what"), RIGHT)
def test_ours_has_the_digits_that_pytorch_lacks(key, what, monkeypatch):
    dtype = next(dtype for known, dtype in DIFFERS if known == key)
    seen = []

    def collect(case, name, ours, theirs, *args, **kwargs):
        if name == what and theirs.size:
            seen.append((np.asarray(getattr(ours, "data", ours)), theirs, RIGHT[key, what](case)))

    monkeypatch.setattr(Sample, "hold", collect)
    run(infos()[key], OPS[key], dtype)
    ours, theirs = [max(off(found[side], found[2]) for found in seen) for side in (0, 1)]
    assert ours < 2e-13
    assert theirs > TOLERANCE[dtype] * (SECOND if "double" in what else 1)


def off(found, right):
    right = np.asarray(right).astype(found.dtype)
    known = np.isfinite(right)
    assert (np.isnan(found) == np.isnan(right)).all()
    return np.abs(found - right)[known].max(initial=0) / np.abs(right[known]).max(initial=1)
