"""Every public function of NumPy and scipy.special that asks a Variable gives the value it gives arrays, or raises.

The functions are found in the modules, so that two that share a name (numpy.trace, numpy.linalg.trace) are both tried.
"""

import inspect
import warnings

import numpy as np
import pytest
import scipy.special

import dezero.functions as F
from dezero import GraphError, UnsupportedOperation, Variable, gradients

S = np.random.default_rng(0).uniform(0.2, 0.9, (2, 3, 3)) + np.eye(3)  # a stack of matrices
M, V, W = S[0], S[0, 0], S[1, 1]
BEYOND = np.array([-4.0, 0.5, 3.0])  # where the real logarithm, root and arcsine have ended
MASK = np.array([True, False, True])
PLACES = np.array([0, 2])

# What each function is tried on: all that the function takes for arrays.
ARGUMENTS = [
    *[(x,) for x in (S, M, V, BEYOND, S + 1j, [V, W], [M, M], [M, S[1]])],
    *[(x, y) for x, y in ((V, W), (M, V), (M, S[1]), (S, S), (BEYOND, W), (2.0, BEYOND), (BEYOND, 2.0))],
    *[(x, n) for x in (S, M, V) for n in (0, 1, -1)],
    *[(V, W, S[1, 2]), (V, W, 0.5), (MASK, V), (MASK, V, W), (M, PLACES), (V, PLACES), (M, 0, 1), (M, 1, 0)],
]
# Those that need arguments of their own.
SPECIAL = {
    "broadcast_to": [(V, (2, 3))],
    "resize": [(V, (2, 3))],
    "reshape": [(S, (3, 6)), (M, -1)],
    "choose": [(np.array([0, 1, 0]), [V, W])],
    "einsum": [("ij,j->i", M, V)],
    "insert": [(V, 1, 0.5)],
    "piecewise": [(V, [MASK], [0.5, 1.0])],
    "select": [([MASK], [V], 0.5)],
    "take_along_axis": [(V, PLACES, 0)],
    "astype": [(V, np.float32)],
    "pad": [(V, 1)],
    "interp": [(V, np.array([0.0, 1.0, 2.0]), W)],
    "moveaxis": [(S, 0, 1)],
    "svd": [(S, False)],
    "cholesky": [(S @ S.transpose(0, 2, 1),)],
    "ldexp": [(V, np.array([1, 2, 3]))],
    "zeta": [(np.array([2.5]), V[:1])],
    "dsplit": [(np.stack([S, S], axis=2)[..., :2], 2)],
    "hsplit": [(M, 3)],
    "vsplit": [(M, 3)],
    "split": [(M, 3)],
    "lstsq": [(M, V, None)],
    "irfft2": [(S + 1j,)],
    "logn": [(2.0, BEYOND)],
    "gradient": [(V,), (S,), (V, 0.5), (M, 0.5, 2.0)],  # a spacing of 0 gives inf or nan
    "empty_like": [(V[:0],)],
}
ALONE = {"gradient", "empty_like"}
MODULES = {"numpy": np, "numpy.linalg": np.linalg, "numpy.fft": np.fft, "numpy.emath": np.emath}
MODULES["scipy.special"] = scipy.special


def asking():
    for module_name, module in MODULES.items():
        for name in sorted(set(dir(module))):
            function = getattr(module, name)
            if not name.startswith("_") and (isinstance(function, np.ufunc) or hasattr(function, "_implementation")):
                yield pytest.param(function, name, id=f"{module_name}.{name}")


def lifted(x):
    if isinstance(x, list):
        return [lifted(part) for part in x]
    return Variable(x.copy()) if isinstance(x, np.ndarray) and x.dtype.kind in "fc" else x


def flat(x):
    if isinstance(x, tuple | list):
        return [leaf for part in x for leaf in flat(part)]
    return [x.data if isinstance(x, Variable) else x]


def plain_value(function, args):
    """The values on arrays, or None where the function does not take these."""
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return function(*[x.copy() if isinstance(x, np.ndarray) else x for x in args])
    except Exception:
        return None


@pytest.mark.parametrize(("function", "name"), list(asking()))
@pytest.mark.filterwarnings("ignore")
def test_the_value_is_that_of_the_function_that_was_called(function, name):
    given = 0
    for args in [*SPECIAL.get(name, []), *([] if name in ALONE else ARGUMENTS)]:
        expected = plain_value(function, args)
        if expected is None:
            continue
        try:
            with np.errstate(all="ignore"):
                found = function(*[lifted(x) for x in args])
        except (TypeError, ValueError, GraphError, ZeroDivisionError):
            continue
        given += 1
        pairs = flat(found), flat(expected)
        assert len(pairs[0]) == len(pairs[1])
        for y, z in zip(*pairs, strict=True):
            if isinstance(z, str | np.dtype):
                assert y == z
            else:
                assert np.shape(y) == np.shape(z)
                np.testing.assert_allclose(y, z, rtol=1e-12, atol=1e-14)
    ours = name in dir(F) and not (name in ("huber", "kl_div") and function is getattr(scipy.special, name))
    assert given or not ours


def test_most_functions_are_found():
    found = list(asking())
    assert len(found) > 600
    assert {"numpy.linalg.trace", "numpy.emath.sqrt", "scipy.special.erf", "numpy.fft.fft"} <= {p.id for p in found}


def test_the_examples_of_two_meanings():
    s = np.arange(24.0).reshape(2, 3, 4)[:, :, :3]
    np.testing.assert_array_equal(np.trace(Variable(s)).data, np.trace(s))
    x = Variable(s)
    y = np.linalg.trace(x)
    np.testing.assert_array_equal(y.data, [s[0].trace(), s[1].trace()])
    np.testing.assert_array_equal(gradients(y, x)[0].data, np.broadcast_to(np.eye(3), s.shape))
    np.testing.assert_array_equal(np.linalg.trace(x, offset=1).data, np.linalg.trace(s, offset=1))
    np.testing.assert_array_equal(np.linalg.diagonal(x, offset=-1).data, np.linalg.diagonal(s, offset=-1))
    z = Variable(np.array(-4.0))
    assert np.emath.sqrt(z).data == 2j
    assert np.emath.sqrt(Variable(np.array(4.0))).dtype == np.float64


KEYWORDS = {
    "vector_norm": lambda x: np.linalg.vector_norm(x, axis=(0, 2), keepdims=True, ord=3),
    "vector_norm of all": lambda x: np.linalg.vector_norm(x, keepdims=True),
    "matrix_norm": lambda x: np.linalg.matrix_norm(x, ord=1, keepdims=True),
    "vecdot": lambda x: np.linalg.vecdot(x, x + 1, axis=1),
    "vecdot of ufunc": lambda x: np.vecdot(x, x + 1, axis=0),
    "cross": lambda x: np.linalg.cross(x, x + 1, axis=1),
    "tensordot": lambda x: np.linalg.tensordot(x, x, axes=([0, 1], [0, 1])),
    "diagonal": lambda x: np.linalg.diagonal(x, offset=1),
    "emath.logn": lambda x: np.emath.logn(3, x),
}


@pytest.mark.parametrize("name", KEYWORDS)
def test_keywords_are_those_of_the_function_that_was_called(name):
    f, x = KEYWORDS[name], Variable(S.copy())
    y = f(x)
    np.testing.assert_allclose(y.data, f(S), rtol=1e-13)
    weight = np.cos(np.arange(y.size)).reshape(y.shape)
    direction = np.sin(np.arange(S.size)).reshape(S.shape)
    (g,) = gradients(y, x, weight)
    slope = (f(S + 1e-6 * direction) - f(S - 1e-6 * direction)) / 2e-6
    assert (g.data * direction).sum() == pytest.approx((slope * weight).sum(), rel=1e-6)


REFUSED = {
    "scipy.special.huber": (
        lambda x: scipy.special.huber(1.0, x),
        r"scipy\.special\.huber has no .* \(dezero\.functions\.huber is another function\); use v\.data",
    ),
    "scipy.special.kl_div": (lambda x: scipy.special.kl_div(x, x), r"scipy\.special\.kl_div .*another function"),
    "scipy.special.hyp1f1": (lambda x: scipy.special.hyp1f1(1, 2, x), r"scipy\.special\.hyp1f1 has no derivative"),
    "numpy.linalg.cond": (np.linalg.cond, r"numpy\.linalg\.cond has no derivative rule"),
    "numpy.linalg.trace dtype": (lambda x: np.linalg.trace(x, dtype=float), r"numpy\.linalg\.trace on a Variable"),
    "a user's ufunc": (np.frompyfunc(lambda t: t, 1, 1), "has no derivative rule"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_counterpart_is_named(name):
    call, message = REFUSED[name]
    with pytest.raises(UnsupportedOperation, match=message):
        call(Variable(S.copy()))


def test_a_users_ufunc_of_a_known_name_is_not_taken_for_numpys():
    def add(a, b):
        return a - b

    ufunc = np.frompyfunc(add, 2, 1)
    with pytest.raises(UnsupportedOperation):
        ufunc(Variable(V), Variable(V))


def test_outer_of_linalg_takes_vectors_alone():
    with pytest.raises(ValueError, match=r"linalg\.outer: .*give vectors, or use numpy\.outer"):
        np.linalg.outer(Variable(M), V)
    np.testing.assert_array_equal(np.outer(Variable(M), V).data, np.outer(M, V))


def test_arguments_have_numpys_places():
    """Ours come in the order of NumPy's, so that what is given by position means the same."""
    skipped = {"dtype", "out", "overwrite_input", "subok", "order", "kind", "hermitian", "optimize", "initial", "where"}
    for module in (np, np.fft):
        for name in dir(module):
            function = getattr(module, name)
            if not hasattr(function, "_implementation") or name not in dir(F):
                continue
            theirs = [p for p in inspect.signature(function).parameters if p not in skipped]
            ours = [p for p in inspect.signature(getattr(F, name)).parameters if p not in skipped]
            shared = [p for p in theirs if p in ours]
            assert [p for p in ours if p in theirs] == shared, name
