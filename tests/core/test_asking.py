"""The message for an array or number asked of a Variable names who asked; what it says to write gives the same."""

import math
import re
from math import exp as exponential

import numpy as np
import pytest
import scipy.fft
import scipy.integrate
import scipy.interpolate
import scipy.linalg
import scipy.optimize
import scipy.signal
import scipy.special
import scipy.stats

import dezero
import dezero.functions as F
from dezero import GraphError, GraphWarning, Variable

V = np.array([0.4, 0.7, 0.2])
M = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.3], [0.5, 0.3, 2.0]])
LOWER = np.tril(M)


def message(call, x):
    with pytest.raises(GraphError) as caught:
        call(Variable(x.copy()))
    return str(caught.value)


# What is called and on what; the code in the message is run on the same, in the place of v.
SAME = {
    "scipy.special.softmax": (scipy.special.softmax, M),
    "scipy.special.log_softmax": (scipy.special.log_softmax, M),
    "scipy.special.logsumexp": (scipy.special.logsumexp, M),
    "scipy.linalg.norm": (scipy.linalg.norm, M),
    "scipy.linalg.det": (scipy.linalg.det, M),
    "scipy.linalg.inv": (scipy.linalg.inv, M),
    "scipy.linalg.expm": (scipy.linalg.expm, M),
    "scipy.linalg.logm": (scipy.linalg.logm, M),
    "scipy.linalg.sqrtm": (scipy.linalg.sqrtm, M),
    "scipy.linalg.cholesky": (scipy.linalg.cholesky, M),
    "scipy.linalg.pinv": (scipy.linalg.pinv, M[:2]),
    "scipy.linalg.eigvalsh": (scipy.linalg.eigvalsh, M),
    "scipy.fft.fft": (scipy.fft.fft, V),
    "scipy.fft.irfft": (scipy.fft.irfft, V),
    "scipy.integrate.trapezoid": (scipy.integrate.trapezoid, M),
    "scipy.stats.norm.cdf": (scipy.stats.norm.cdf, V),
    "scipy.stats.norm.sf": (scipy.stats.norm.sf, V),
    "scipy.stats.norm.logcdf": (scipy.stats.norm.logcdf, V),
    "scipy.stats.norm.ppf": (scipy.stats.norm.ppf, V),
}


@pytest.mark.parametrize("name", SAME)
def test_what_the_message_says_to_write_gives_the_value_that_was_asked_for(name):
    call, x = SAME[name]
    text = message(call, x)
    assert text.startswith(f"{name} would make a constant")
    assert text.count(". ") == 1  # two sentences
    code, function = re.search(r"Use dezero\.functions\.((\w+)(?:\(.*?\)+)?)[;,]", text).groups()
    scope = {function: getattr(F, function), "v": Variable(x.copy()), "numpy": np}
    y = eval(code if "(" in code else f"{code}(v)", scope)
    np.testing.assert_allclose(y.data, call(x), rtol=1e-10, atol=1e-14)


OF_TWO = {
    "scipy.linalg.solve": (lambda v: scipy.linalg.solve(M, v), r"solve;", lambda v: F.solve(M, v)),
    "scipy.linalg.lstsq": (
        lambda v: scipy.linalg.lstsq(M, v)[0],
        r"lstsq\(a, v, rcond=numpy.finfo\(v\.dtype\)\.eps\)",
        lambda v: F.lstsq(M, v, rcond=np.finfo(v.dtype).eps)[0],
    ),
    "scipy.linalg.solve_triangular": (
        lambda v: scipy.linalg.solve_triangular(LOWER, v, lower=True),
        "solve_triangular;",
        lambda v: F.solve_triangular(LOWER, v, lower=True),
    ),
    "scipy.linalg.qr": (
        lambda v: (
            scipy.linalg.qr(np.outer([1, 2, 3, 4], [1, 0, 0]) + v * 1.0, mode="economic")[1]
            if isinstance(v, np.ndarray)
            else scipy.linalg.qr(v)
        ),
        r'qr\(v\), which is mode="economic" of SciPy',
        None,
    ),
    "scipy.signal.convolve": (lambda v: scipy.signal.convolve(V, v), "convolve", lambda v: F.convolve(V, v)),
    "scipy.signal.correlate": (
        lambda v: scipy.signal.correlate(V, v),
        r'correlate\(a, v, mode="full"\)',
        lambda v: F.correlate(V, v, mode="full"),
    ),
    "scipy.special.polygamma": (lambda v: scipy.special.polygamma(1, v), "polygamma;", lambda v: F.polygamma(1, v)),
    "A.dot": (lambda v, A=M: A.dot(v), r"dot, F\.dot\(a, v\) for a\.dot\(v\);", lambda v: F.dot(M, v)),
}


@pytest.mark.parametrize("name", OF_TWO)
def test_functions_of_more_than_one_argument(name):
    call, remedy, ours = OF_TWO[name]
    text = message(call, V)
    assert text.startswith(f"{name} would make")
    assert re.search(rf"Use dezero\.functions\.{remedy}", text)
    if ours is not None:
        np.testing.assert_allclose(ours(Variable(V.copy())).data, call(V), rtol=1e-12)


def test_the_reduced_factors_are_those_of_scipys_economic_mode():
    for ours, theirs in zip(F.qr(Variable(M[:, :2])), scipy.linalg.qr(M[:, :2], mode="economic"), strict=True):
        np.testing.assert_allclose(np.abs(ours.data), np.abs(theirs), rtol=1e-12)


def assign(v):
    a = np.zeros(3)
    a[:] = v


OTHERS = {
    "numpy.array": (lambda v: np.array([v, v]), r"^numpy\.array would .*join several with dezero\.functions\.stack"),
    "numpy.asarray": (np.asarray, r"would make a constant of a Variable .*float64 array of shape \(3,\)"),
    "numpy.exp of a list": (lambda v: np.exp([v, v]), r"^numpy\.exp .*functions\.exp of dezero\.functions\.stack"),
    "a[:] = v": (assign, r"Use dezero\.functions\.index_update for a\[i\] = v; for a constant, use v\.data"),
    "a.put": (lambda v, a=V: a.put([0, 1, 2], v), r"^a\.put would .*index_update"),
    "an array that has no name": (lambda v: np.ones(3).searchsorted(v), r"^\(\.\.\.\)\.searchsorted .*F\.searchsorted"),
    "a generator": (lambda v: np.random.default_rng(0).gamma(v), r"\.gamma would .*no function here has this meaning"),
    "scipy.stats.gamma": (lambda v: scipy.stats.gamma(2.0).cdf(v), r"^scipy\.stats\.gamma\.cdf .*no function here"),
    "scipy.stats.gmean": (scipy.stats.gmean, r"^scipy\.stats\.gmean would .*no function here"),
    "interp1d": (scipy.interpolate.interp1d([0, 1], [0, 1]), r"^scipy\.interpolate\.interp1d would"),
    "scipy.optimize": (
        lambda v: scipy.optimize.minimize(lambda x: F.sum((x - v) ** 2), V),
        r"^scipy\.optimize\.minimize .*dezero\.custom_root",
    ),
    "solve_ivp": (
        lambda v: scipy.integrate.solve_ivp(lambda t, y: -v * y, (0, 1), V),
        r"^scipy\.integrate\.solve_ivp .*dezero\.optimize\.odeint ",
    ),
    "unknown source": (eval("lambda v: asarray(v)", {"asarray": np.asarray}), "^the array asked for here would"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_who_asked_and_what_to_write(name):
    call, expected = OTHERS[name]
    assert re.search(expected, message(call, V))


NUMBERS = {
    "math.exp": (lambda x: math.exp(x) * x, r"^math\.exp\(v\) .*Use dezero\.functions\.exp; v\.item\(\)"),
    "a name of its own": (lambda x: exponential(x) * x, r"^math\.exp\(v\) .*functions\.exp;"),
    "math.lgamma": (lambda x: math.lgamma(x) * x, r"^math\.lgamma\(v\) .*Use dezero\.functions\.gammaln\(v\);"),
    "math.remainder": (lambda x: math.remainder(x, 2.0) * x, r"^math\.remainder\(v\) .*no function here"),
    "float": (lambda x: float(x) * x, r"^float\(v\) .*Leave it a Variable; v\.item\(\) takes a constant without"),
    "quad": (
        lambda x: scipy.integrate.quad(lambda t: t * x, 0.0, 1.0)[0] * x,
        r"^scipy\.integrate\.quad\(v\) of a Variable that is being differentiated in",
    ),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_the_warning_for_a_number_names_who_asked(name):
    f, expected = NUMBERS[name]
    with pytest.warns(GraphWarning, match=expected) as caught:
        dezero.grad(f)(0.7)
    assert {w.filename for w in caught} == {__file__}
