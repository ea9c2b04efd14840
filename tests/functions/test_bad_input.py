"""What an operation cannot do is refused, naming the operation, the argument, its shape and what was asked."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable

X, V, NUMBER = Variable(np.ones((2, 3))), Variable(np.ones(3)), Variable(np.array(1.0))
ONES = Variable(np.ones((3, 3)))  # singular
EMPTY, NONE = Variable(np.ones((0, 2))), Variable(None)
IMAGES = Variable(np.ones((2, 3, 5, 4)))
KERNEL, LONG = np.ones((1, 3, 2, 2)), np.ones((1, 3, 6, 2))
AXES = ["axis 2", "(2, 3)", "from -2 to 1"]  # of X, and what would be right
STATISTICS = np.zeros(3), np.ones(3)
REDUCTIONS = """sum mean prod max min ptp nanmax nanmin var std average nansum nanmean nanprod count_nonzero median
    logsumexp"""
SCANS = "cumsum cumprod cummax cummin logcumsumexp diff trapezoid gradient"
SQUARE = "inv det slogdet cholesky eigh eigvalsh eig eigvals expm logm sqrtm"
POOLINGS = "pooling pooling_simple average_pooling adaptive_max_pooling adaptive_average_pooling"


def named(names):
    return [(name, getattr(F, name)) for name in names.split()]


@pytest.mark.parametrize(
    ("call", "error", "parts"),
    [
        (lambda: F.sum(X, axis=2), ValueError, ["sum", "axis 2", "(2, 3)"]),
        (lambda: F.sum(X, axis=-3), ValueError, ["sum", "axis -3", "(2, 3)"]),
        (lambda: F.sum(X, axis=(0, 5)), ValueError, ["sum", "axis 5", "(2, 3)"]),
        (lambda: F.sum(X, axis=(0, -2)), ValueError, ["sum", "repeated", "(0, -2)"]),
        (lambda: F.sum(X, axis=0.5), ValueError, ["sum", "0.5"]),
        (lambda: F.sum(X, axis="rows"), ValueError, ["sum", "'rows'"]),
        (lambda: F.mean(X, axis=2), ValueError, ["mean", "axis 2", "(2, 3)"]),
        (lambda: F.mean(X, axis=(1, 1)), ValueError, ["mean", "repeated", "(1, 1)"]),
        (lambda: X.sum(axis=2), ValueError, ["sum", "axis 2", "(2, 3)"]),
        (lambda: F.sum(Variable(np.array(1.0)), axis=1), ValueError, ["sum", "axis 1", "()"]),
        (lambda: F.reshape(X, (4, 2)), ValueError, ["reshape", "(2, 3)", "(4, 2)"]),
        (lambda: F.reshape(X, (-1, 4)), ValueError, ["reshape", "(2, 3)", "4"]),
        (lambda: F.reshape(X, (-1, -1)), ValueError, ["reshape", "(2, 3)"]),
        (lambda: F.reshape(X, (-2, -3)), ValueError, ["reshape", "(2, 3)", "(-2, -3)"]),
        (lambda: X.reshape(7), ValueError, ["reshape", "(2, 3)", "7"]),
        (lambda: F.transpose(X, (0, 0)), ValueError, ["transpose", "(2, 3)", "(0, 0)"]),
        (lambda: F.transpose(X, (0,)), ValueError, ["transpose", "(2, 3)", "(0,)"]),
        (lambda: F.transpose(X, (0, 1, 2)), ValueError, ["transpose", "(2, 3)", "(0, 1, 2)"]),
        (lambda: F.broadcast_to(X, (3, 2)), ValueError, ["broadcast_to", "(2, 3)", "(3, 2)"]),
        (lambda: F.broadcast_to(X, (3,)), ValueError, ["broadcast_to", "(2, 3)", "(3,)"]),
        (lambda: F.broadcast_to(X, (2, -3)), ValueError, ["broadcast_to", "(2, 3)", "(2, -3)"]),
        (lambda: F.sum_to(X, (3, 2)), ValueError, ["sum_to", "(2, 3)", "(3, 2)"]),
        (lambda: F.sum_to(X, (2,)), ValueError, ["sum_to", "(2, 3)", "(2,)"]),
        (lambda: F.sum_to(X, (1, 2, 3)), ValueError, ["sum_to", "(2, 3)", "(1, 2, 3)"]),
        (lambda: F.concatenate([X, V]), ValueError, ["concatenate", "(2, 3)", "(3,)"]),
        (lambda: F.concatenate([X, np.ones((3, 2))], 1), ValueError, ["concatenate", "(2, 3)", "(3, 2)"]),
        (lambda: F.concatenate([X, X], 2), ValueError, ["concatenate", "axis 2", "(2, 3)"]),
        (lambda: F.concatenate([]), ValueError, ["concatenate", "at least one"]),
        (lambda: F.concatenate([Variable(np.array(1.0))]), ValueError, ["concatenate", "()"]),
        (lambda: X[2], IndexError, ["get_item", "(2, 3)", "2"]),
        (lambda: X[:, [0, 3]], IndexError, ["get_item", "(2, 3)", "3"]),
        (lambda: X[0, 0, 0], IndexError, ["get_item", "(2, 3)"]),
        (lambda: X[np.ones(3, bool)], IndexError, ["get_item", "(2, 3)", "3"]),
        (lambda: X["a"], IndexError, ["get_item", "(2, 3)"]),
        (lambda: X[0.5], IndexError, ["get_item", "(2, 3)"]),
        (lambda: X @ X, ValueError, ["matmul", "(2, 3)"]),
        (lambda: V @ X, ValueError, ["matmul", "(3,)", "(2, 3)"]),
        (lambda: np.ones((2, 4)) @ X.T, ValueError, ["matmul", "(2, 4)", "(3, 2)"]),
        (lambda: X @ Variable(np.array(2.0)), ValueError, ["matmul", "(2, 3)", "()"]),
        (lambda: Variable(np.ones((2, 2, 3))) @ np.ones((4, 3, 2)), ValueError, ["matmul", "(2, 2, 3)", "(4, 3, 2)"]),
        (lambda: X @ 2, (TypeError, ValueError), ["matmul", "(2, 3)", "2"]),
        (lambda: F.dot(X, X), ValueError, ["(2, 3)"]),
        (lambda: F.dot(Variable(np.ones((2, 2, 2))), V), ValueError, ["dot", "(2, 2, 2)", "(3,)", "matmul"]),
        (lambda: F.where(np.ones(2, bool), X, 0), ValueError, ["where", "(2,)", "(2, 3)"]),
        (lambda: F.astype(X, "no dtype"), TypeError, ["no dtype"]),
        (lambda: F.sum(Variable(None)), TypeError, ["sum", "Variable(None)"]),
        (lambda: F.reshape(Variable(None), (2,)), TypeError, ["reshape", "Variable(None)"]),
        (lambda: F.transpose(Variable(None)), TypeError, ["transpose", "Variable(None)"]),
        (lambda: Variable(None) @ X, TypeError, ["matmul", "Variable(None)"]),
        (lambda: Variable(None)[0], TypeError, ["get_item", "Variable(None)"]),
    ],
)
def test_refusal(call, error, parts):
    with pytest.raises(error) as caught:
        call()
    assert [part for part in parts if part not in str(caught.value)] == [], str(caught.value)


FAMILIES = {
    "elementwise": [
        (lambda: X + np.ones((3, 2)), ValueError, ["add", "(2, 3)", "(3, 2)", "reshape or transpose"]),
        (lambda: np.ones(2) * X, ValueError, ["mul", "(2,)", "(2, 3)", "reshape"]),
        (lambda: F.maximum(X, np.ones(2)), ValueError, ["maximum", "(2, 3)", "(2,)", "reshape"]),
        (lambda: F.arctan2(np.ones(2), X), ValueError, ["arctan2", "(2,)", "(2, 3)", "reshape"]),
        (lambda: F.power(X, np.ones(2)), ValueError, ["pow", "(2, 3)", "(2,)", "reshape"]),
        (lambda: F.where(X.data > 0, X, np.ones(2)), ValueError, ["where", "(2, 3)", "(2,)", "reshape"]),
        (lambda: F.clip(X, np.ones(2)), ValueError, ["clip", "(2, 3)", "(2,)", "reshape"]),
        (lambda: F.clip(X, None, np.ones(2)), ValueError, ["clip", "(2, 3)", "(2,)", "reshape"]),
        (lambda: F.clip(NONE, 0, 1), TypeError, ["clip", "no data", "set its .data"]),
        (lambda: F.clip(X, x_low=0), TypeError, ["clip", "x_low", "a_min and a_max"]),
        (lambda: F.ldexp(X, np.ones(2, int)), ValueError, ["ldexp", "(2,)", "(2, 3)", "reshape"]),
        (lambda: F.ldexp(X, 0.5), TypeError, ["ldexp", "integers", "float64", "exp2"]),
        (lambda: F.round(X, 0.5), TypeError, ["round", "decimals", "integer", "0.5"]),
        (lambda: F.sin([1.0, 2.0]), TypeError, ["sin", "list", "numpy.array"]),
        (lambda: F.tanh("1"), TypeError, ["tanh", "str", "float("]),
        (lambda: F.add(X, [1, 2, 3]), TypeError, ["add", "list", "numpy.array"]),
        (lambda: F.exp(NONE), TypeError, ["exp", "no data", "set its .data"]),
    ],
    "special": [
        (lambda: F.xlogy(X, np.ones(2)), ValueError, ["xlogy", "(2, 3)", "(2,)", "reshape"]),
        (lambda: F.beta(X, np.ones((3, 2))), ValueError, ["beta", "(2, 3)", "(3, 2)", "reshape"]),
        (lambda: F.betainc(X, X, np.ones(2)), ValueError, ["betainc", "(2, 3)", "(2,)", "reshape"]),
        (lambda: F.gammainc(X, np.ones(2)), ValueError, ["gammainc", "(2, 3)", "(2,)", "reshape"]),
        (lambda: F.zeta(X, np.ones(2)), ValueError, ["zeta", "(2, 3)", "(2,)", "reshape"]),
        (lambda: F.jv(X, X), TypeError, ["jv", "order", "number", "(2, 3)"]),
        (lambda: F.polygamma(0.5, X), TypeError, ["polygamma", "whole number from 0", "0.5"]),
        (lambda: F.polygamma(-1, X), TypeError, ["polygamma", "whole number from 0", "-1"]),
        (lambda: F.lambertw(X, 2), TypeError, ["lambertw", "k=2", "0 and -1"]),
        (lambda: F.erf([1.0]), TypeError, ["erf", "list", "numpy.array"]),
        (lambda: F.gammaln(NONE), TypeError, ["gammaln", "no data", "set its .data"]),
    ],
    "shape": [
        (
            lambda: F.reshape(X, (-2, 3)),
            ValueError,
            ["reshape", "6 elements", "(2, 3)", "(-2, 3)", "-1 for what is left"],
        ),
        (lambda: F.reshape(X, 2.5), TypeError, ["reshape", "whole number", "2.5"]),
        (lambda: F.reshape(X, (2, 3.0)), TypeError, ["reshape", "whole number", "(2, 3.0)"]),
        (lambda: F.reshape(EMPTY, (-1, 0)), ValueError, ["reshape", "(0, 2)", "(-1, 0)"]),
        (lambda: F.transpose(X, (0, 2)), ValueError, ["transpose", "(0, 2)", "(2, 3)", "each of its 2 axes once"]),
        (lambda: F.transpose(X, (0, -3)), ValueError, ["transpose", "(0, -3)", "(2, 3)", "each of its 2 axes once"]),
        (lambda: F.transpose(X, 1), ValueError, ["transpose", "1", "(2, 3)", "each of its 2 axes once"]),
        (lambda: F.transpose(X, (0, 1.0)), ValueError, ["transpose", "(0, 1.0)", "(2, 3)"]),
        (lambda: F.expand_dims(X, 3), ValueError, ["expand_dims", "axis 3", "(2, 3)", "from -3 to 2"]),
        (lambda: F.expand_dims(X, -4), ValueError, ["expand_dims", "axis -4", "(2, 3)", "from -3 to 2"]),
        (lambda: F.expand_dims(X, (0, -4)), ValueError, ["expand_dims", "(0, -4)", "twice", "(2, 3)"]),
        (lambda: F.squeeze(X, 0), ValueError, ["squeeze", "axis 0", "(2, 3)", "only length 1"]),
        (lambda: F.squeeze(X, 2), ValueError, ["squeeze", *AXES]),
        (lambda: F.swapaxes(X, 0, 2), ValueError, ["swapaxes", "axis2 2", "(2, 3)", "from -2 to 1"]),
        (lambda: F.moveaxis(X, 2, 0), ValueError, ["moveaxis", "source 2", "(2, 3)", "from -2 to 1"]),
        (lambda: F.flip(X, 2), ValueError, ["flip", *AXES]),
        (lambda: F.fliplr(V), ValueError, ["fliplr", "(3,)", "2 axes", "reshape"]),
        (lambda: F.rot90(V), ValueError, ["rot90", "(3,)"]),
        (lambda: F.roll(X, 1, 2), ValueError, ["roll", *AXES]),
        (lambda: F.roll(X, 0.5), TypeError, ["roll", "shift", "whole number", "0.5"]),
        (lambda: F.broadcast_to(X, (3, 2)), ValueError, ["broadcast_to", "(2, 3)", "(3, 2)", "1 or the same"]),
        (lambda: F.broadcast_arrays(X, np.ones(2)), ValueError, ["broadcast_arrays", "(2, 3)", "(2,)", "reshape"]),
        (lambda: F.sum_to(X, (3, 2)), ValueError, ["sum_to", "(2, 3)", "(3, 2)", "1 or the same"]),
        (lambda: F.tile(X, -1), ValueError, ["tile", "reps", "-1", "(2, 3)"]),
        (lambda: F.repeat(X, [1, 2], 1), ValueError, ["repeat", "(2,)", "axis 1", "(2, 3)", "or 3"]),
        (lambda: F.repeat(X, 2, 2), ValueError, ["repeat", *AXES]),
        (lambda: F.pad(X, ((1, 1),) * 3), ValueError, ["pad", "pad_width", "(2, 3)", "a pair for each axis"]),
        (lambda: F.pad(X, -1), ValueError, ["pad", "pad_width", "-1", "slice"]),
        (lambda: F.flatten(NONE), TypeError, ["flatten", "no data", "set its .data"]),
    ],
    "joining": [
        (lambda: F.concatenate([X, V]), ValueError, ["concatenate", "(2, 3)", "(3,)", "axis 0", "reshape"]),
        (lambda: F.concatenate([X, X], 2), ValueError, ["concatenate", *AXES]),
        (lambda: F.concatenate([NUMBER, NUMBER]), ValueError, ["concatenate", "axis 0", "()", "stack"]),
        (lambda: F.concatenate(NUMBER), ValueError, ["concatenate", "sequence", "()", "list"]),
        (lambda: F.stack([X, V]), ValueError, ["stack", "(3,)", "(2, 3)", "concatenate"]),
        (lambda: F.stack([X, X], 3), ValueError, ["stack", "axis 3", "from -3 to 2"]),
        (lambda: F.stack([]), ValueError, ["stack", "at least one"]),
        (lambda: F.hstack([X, ONES]), ValueError, ["hstack", "(3, 3)", "(2, 3)", "axis 1", "reshape"]),
        (lambda: F.vstack([X, np.ones((2, 2))]), ValueError, ["vstack", "(2, 2)", "(2, 3)", "axis 0", "reshape"]),
        (lambda: F.append(X, V, 0), ValueError, ["append", "(3,)", "(2, 3)", "axis 0", "reshape"]),
        (lambda: F.split(X, 2, 1), ValueError, ["split", "2 sections", "axis 1", "(2, 3)", "array_split"]),
        (lambda: F.split(X, 2, 2), ValueError, ["split", *AXES]),
        (lambda: F.dsplit(X, 3), ValueError, ["dsplit", "(2, 3)", "3 axes", "split"]),
        (lambda: F.unstack(NUMBER), ValueError, ["unstack", "()", "no axes"]),
    ],
    "indexing": [
        (lambda: X[0, 3], IndexError, ["get_item", "(2, 3)", "index 3", "size 3"]),
        (lambda: F.get_item(X, (0, 0, 0)), IndexError, ["get_item", "(2, 3)", "too many indices"]),
        (lambda: X[np.ones((2, 2), bool)], IndexError, ["get_item", "(2, 3)", "size of axis is 3"]),
        (lambda: F.take(X, 6), IndexError, ["take", "index 6", "axis 0", "length 6"]),
        (lambda: F.take(X, -3, 0), IndexError, ["take", "index -3", "axis 0", "(2, 3)", "length 2"]),
        (lambda: F.take(X, 0, 2), ValueError, ["take", *AXES]),
        (lambda: F.take(X, [0.5]), TypeError, ["take", "whole numbers", "float64"]),
        (
            lambda: F.take_along_axis(X, np.array([0]), 1),
            ValueError,
            ["take_along_axis", "(1,)", "(2, 3)", "as many axes"],
        ),
        (lambda: F.take_along_axis(X, np.array([[3], [0]]), 1), IndexError, ["take_along_axis", "index 3", "length 3"]),
        (lambda: F.compress([0, 0, 1], X, 0), IndexError, ["compress", "index 2", "axis 0", "(2, 3)", "length 2"]),
        (lambda: F.compress(X.data, X), ValueError, ["compress", "one axis", "(2, 3)", "extract"]),
        (lambda: F.extract(np.ones(7), X), IndexError, ["extract", "index 6", "6 elements"]),
        (lambda: F.choose(np.array([2]), [X, X]), IndexError, ["choose", "index 2", "length 2"]),
        (lambda: F.embed_id(np.array([2]), X), IndexError, ["embed_id", "x holds 2", "(2, 3)", "0 to 1"]),
        (lambda: F.embed_id(np.array([0]), V), ValueError, ["embed_id", "W", "(rows, size)", "(3,)"]),
        (lambda: F.index_update(X, 2, 0.0), IndexError, ["index_update", "index 2", "(2, 3)", "size 2"]),
        (lambda: F.index_update(X, 0, np.ones(2)), ValueError, ["index_update", "(2,)", "(3,)", "(2, 3)"]),
        (lambda: F.index_add(X, 0, np.ones(2)), ValueError, ["index_add", "(2,)", "(3,)", "(2, 3)"]),
        (lambda: F.delete(X, 2, 0), IndexError, ["delete", "index 2", "(2, 3)", "size 2"]),
        (lambda: F.insert(X, 3, 1.0, 0), IndexError, ["insert", "index 3", "(2, 3)", "size 2"]),
        (lambda: F.insert(X, 0, np.ones(2), 0), ValueError, ["insert", "(1, 2)", "(1, 3)", "(2, 3)"]),
        (lambda: F.diagonal(V), ValueError, ["diagonal", "(3,)", "two axes", "diag"]),
        (lambda: F.diagonal(X, 0, 0, 2), ValueError, ["diagonal", "axis2 2", "(2, 3)", "from -2 to 1"]),
        (lambda: F.diag(IMAGES), ValueError, ["diag", "(2, 3, 5, 4)", "one nor two", "diagonal"]),
    ],
    "sorting": [
        (lambda: F.sort(X, 2), ValueError, ["sort", *AXES]),
        (lambda: F.sort(NUMBER), ValueError, ["sort", "()", "no axes"]),
        (lambda: F.argsort(X, 2), ValueError, ["argsort", *AXES]),
        (lambda: F.partition(X, 3), ValueError, ["partition", "kth 3", "axis 1", "(2, 3)"]),
        (lambda: F.top_k(X, 4), ValueError, ["top_k", "k = 4", "axis 1", "(2, 3)"]),
        (lambda: F.top_k(X, 0.5), TypeError, ["top_k", "whole number", "0.5"]),
        (lambda: F.searchsorted(X, 1.0), ValueError, ["searchsorted", "one axis", "(2, 3)"]),
        (lambda: F.argmax(X, 2), ValueError, ["argmax", *AXES]),
        (lambda: F.argmin(EMPTY, 0), ValueError, ["argmin", "(0, 2)", "no elements"]),
    ],
    "reductions": [
        *[(lambda f=f: f(X, axis=2), ValueError, [f"{name}: ", *AXES]) for name, f in named(REDUCTIONS)],
        (lambda: F.sum(X, (0, 0)), ValueError, ["sum", "repeated", "(0, 0)", "(2, 3)", "once"]),
        (lambda: F.max(EMPTY), ValueError, ["max", "(0, 2)", "no elements"]),
        (lambda: F.nanmin(EMPTY, 0), ValueError, ["nanmin", "(0, 2)", "no elements"]),
        (lambda: F.quantile(X, 0.5, 2), ValueError, ["quantile", *AXES]),
        (lambda: F.quantile(X, 1.5), ValueError, ["quantile", "from 0 to 1", "1.5"]),
        (lambda: F.percentile(X, 50, 2), ValueError, ["percentile", *AXES]),
        (lambda: F.average(X, 0, np.ones(3)), ValueError, ["average", "(3,)", "(2, 3)", "lengths of the axes"]),
        (lambda: F.prod(NONE), TypeError, ["prod", "no data", "set its .data"]),
        (lambda: F.median(NONE), TypeError, ["median", "no data", "set its .data"]),
    ],
    "scans": [
        *[(lambda f=f: f(X, axis=2), ValueError, [f"{name}: ", *AXES]) for name, f in named(SCANS)],
        (lambda: F.cumsum(X, (0, 1)), ValueError, ["cumsum", "one axis", "(0, 1)"]),
        (lambda: F.diff(NUMBER), ValueError, ["diff", "at least one axis", "number"]),
        (lambda: F.diff(X, -1), ValueError, ["diff", "n must not be negative", "-1"]),
        (lambda: F.trapezoid(X, np.ones(2)), ValueError, ["trapezoid", "(2,)", "axis 1", "(2, 3)", "3 points"]),
        (lambda: F.trapezoid(X, np.ones((3, 2))), ValueError, ["trapezoid", "(3, 2)", "axis 1", "(2, 3)", "3 points"]),
        (lambda: F.gradient(X, np.ones(5), axis=0), ValueError, ["gradient", "(5,)", "axis 0", "(2, 3)", "2 points"]),
        (lambda: F.gradient(Variable(np.ones(1))), ValueError, ["gradient", "2 points", "has 1"]),
        (lambda: F.interp(X, np.ones(3), np.ones(2)), ValueError, ["interp", "xp and fp", "(3,)", "(2,)"]),
        (lambda: F.convolve(X, V), ValueError, ["convolve", "two vectors", "(2, 3)", "(3,)", "conv1d"]),
        (lambda: F.ediff1d(NONE), TypeError, ["ediff1d", "no data", "set its .data"]),
    ],
    "linear algebra": [
        (lambda: F.matmul(X, X), ValueError, ["matmul", "(2, 3)", "inner sizes", "transpose"]),
        (lambda: F.dot(X, X), ValueError, ["dot", "(2, 3)", "differ", "transpose"]),
        (lambda: F.linear(X, X), ValueError, ["linear", "(2, 3)", "(inputs, outputs)", "transpose"]),
        (lambda: F.linear(X, V), ValueError, ["linear", "W", "(3,)", "(inputs, outputs)"]),
        (lambda: F.linear(NUMBER, ONES), ValueError, ["linear", "x of shape ()", "(..., inputs)"]),
        (lambda: F.linear(X, ONES, np.ones(2)), ValueError, ["linear", "b of shape (2,)", "(2, 3)", "use (3,)"]),
        (lambda: F.linear(V, ONES, X), ValueError, ["linear", "b of shape (2, 3)", "(3,)"]),
        (lambda: F.linear_simple(X, X), ValueError, ["linear_simple", "(2, 3)", "transpose"]),
        (lambda: F.linear(X, NONE), TypeError, ["linear", "no data", "set its .data"]),
        (lambda: F.inner(X, np.ones((2, 2))), ValueError, ["inner", "(2, 3)", "(2, 2)", "transpose"]),
        (lambda: F.tensordot(X, X, 1), ValueError, ["tensordot", "(2, 3)", "transpose"]),
        (lambda: F.multi_dot([X, X]), ValueError, ["multi_dot", "arrays 0 and 1", "(2, 3)", "transpose"]),
        (lambda: F.einsum("ij,jk", X, X), ValueError, ["einsum", "'j'", "3 and 2", "(2, 3)"]),
        (lambda: F.einsum("ijk", X), ValueError, ["einsum", "(2, 3)", "'ijk'", "one for each axis"]),
        (lambda: F.cross(V, X[:, :1]), ValueError, ["cross", "(2, 1)", "three elements"]),
        (lambda: F.trace(V), ValueError, ["trace", "(3,)", "two axes"]),
        (lambda: F.norm(X, axis=2), ValueError, ["norm", *AXES]),
        (lambda: F.norm(V, "fro"), ValueError, ["norm", "'fro'", "vectors"]),
        *[(lambda f=f: f(X), np.linalg.LinAlgError, [f"{name}: ", "(2, 3)", "square"]) for name, f in named(SQUARE)],
        *[
            (lambda f=f: f(V), np.linalg.LinAlgError, [f"{name}: ", "(3,)", "two axes"])
            for name, f in named(f"{SQUARE} pinv qr lu svd")
        ],
        (lambda: F.solve(X, V), np.linalg.LinAlgError, ["solve", "(2, 3)", "square", "lstsq"]),
        (lambda: F.solve(ONES, np.ones(2)), ValueError, ["solve", "b", "(2,)", "(3, 3)", "3 elements"]),
        (lambda: F.solve_triangular(X, V), np.linalg.LinAlgError, ["solve_triangular", "(2, 3)", "square"]),
        (lambda: F.lstsq(X, V), ValueError, ["lstsq", "b", "(3,)", "(2, 3)", "2 rows"]),
        (lambda: F.matrix_power(X, 2), np.linalg.LinAlgError, ["matrix_power", "(2, 3)", "square"]),
        (lambda: F.matrix_power(ONES, 0.5), TypeError, ["matrix_power", "0.5", "whole number"]),
    ],
    "singular matrices": [
        (lambda: F.inv(ONES), np.linalg.LinAlgError, ["inv", "(3, 3)", "Singular", "pinv"]),
        (lambda: F.solve(ONES, V), np.linalg.LinAlgError, ["solve", "(3, 3)", "Singular", "lstsq"]),
        (lambda: F.solve_triangular(ONES * 0, V), np.linalg.LinAlgError, ["solve_triangular", "singular", "diagonal"]),
        (lambda: F.matrix_power(ONES, -1), np.linalg.LinAlgError, ["matrix_power", "(3, 3)", "Singular", "pinv"]),
        (lambda: F.cholesky(-ONES), np.linalg.LinAlgError, ["cholesky", "(3, 3)", "positive definite", "unit matrix"]),
        (lambda: F.slogdet(ONES * 0)[1].backward(), ValueError, ["slogdet", "(3, 3)"]),
    ],
    "FFT": [
        *[
            (lambda f=f: f(X, axis=2), ValueError, [f"{name}: ", *AXES])
            for name, f in named("fft ifft rfft irfft hfft ihfft")
        ],
        (lambda: F.fft(NUMBER), ValueError, ["fft", "no axis", "()"]),
        (lambda: F.fft(X, 0), ValueError, ["fft", "0 elements", "at least 1"]),
        (lambda: F.fft(X, 2.5), TypeError, ["fft", "whole number", "2.5"]),
        (lambda: F.fft(X, norm="other"), ValueError, ["fft", "'other'", "'ortho'"]),
        (lambda: F.fft2(V), ValueError, ["fft2", "axis -2", "(3,)", "from -1 to 0"]),
        (lambda: F.fftn(X, (2,), (0, 1)), ValueError, ["fftn", "1 lengths", "2 axes"]),
        (lambda: F.rfftn(X, axes=(0, 2)), ValueError, ["rfftn", *AXES]),
        (lambda: F.rfft(V * 1j), TypeError, ["rfft", "complex128", "(3,)", "real"]),
        (lambda: F.fftshift(X, 2), ValueError, ["fftshift", *AXES]),
    ],
    "activations": [
        *[
            (lambda f=f: f(V), ValueError, [f"{name}: ", "axis 1", "(3,)", "from -1 to 0"])
            for name, f in named("softmax log_softmax softmax_simple")
        ],
        (lambda: F.logsumexp(X, 2), ValueError, ["logsumexp", *AXES]),
        (lambda: F.glu(X), ValueError, ["glu", "axis 1", "(2, 3)", "odd"]),
        (lambda: F.glu(X, 2), ValueError, ["glu", *AXES]),
        (lambda: F.prelu(X, np.ones(2)), ValueError, ["prelu", "(2, 3)", "(2,)", "reshape"]),
        (lambda: F.gelu(X, "erf"), ValueError, ["gelu", "approximate", "'none' or 'tanh'", "'erf'"]),
        (lambda: F.relu([1.0]), TypeError, ["relu", "list", "numpy.array"]),
        (lambda: F.softplus(NONE), TypeError, ["softplus", "no data", "set its .data"]),
        (lambda: F.dropout(X, 2), ValueError, ["dropout", "probability", "0 to 1", "2"]),
        (lambda: F.dropout(NONE), TypeError, ["dropout", "no data", "set its .data"]),
    ],
    "losses": [  # more in test_losses
        (lambda: F.softmax_cross_entropy(V, [0]), ValueError, ["softmax_cross_entropy", "(3,)", "(samples, classes)"]),
        (lambda: F.softmax_cross_entropy(X, [0, 3]), IndexError, ["softmax_cross_entropy", "t holds 3", "0 to 2"]),
        (lambda: F.nll_loss(X, [0]), ValueError, ["nll_loss", "(1,)", "(2, 3)", "2 samples"]),
        (lambda: F.mean_squared_error(X, V), ValueError, ["mean_squared_error", "(2, 3)", "(3,)", "reshape"]),
        (lambda: F.sigmoid_cross_entropy(X, V), ValueError, ["sigmoid_cross_entropy", "(2, 3)", "(3,)", "reshape"]),
        (lambda: F.cosine_similarity(X, X, 2), ValueError, ["cosine_similarity", *AXES]),
        (lambda: F.accuracy(V, [0]), ValueError, ["accuracy", "(3,)", "(samples, classes)"]),
    ],
    "convolution": [
        (lambda: F.conv2d(X, KERNEL), ValueError, ["conv2d", "x", "4 axes", "(2, 3)", "reshape"]),
        (lambda: F.conv2d(IMAGES, V), ValueError, ["conv2d", "W", "4 axes", "(3,)", "reshape"]),
        (lambda: F.conv2d(IMAGES, KERNEL[:, :2]), ValueError, ["conv2d", "3 channels", "(1, 2, 2, 2)", "takes 2"]),
        (lambda: F.conv2d(IMAGES, LONG), ValueError, ["conv2d", "(6, 2)", "(5, 4)", "pad more"]),
        (lambda: F.conv2d(IMAGES, KERNEL, dilation=4), ValueError, ["conv2d", "(5, 5)", "(5, 4)", "pad more"]),
        (lambda: F.conv2d(IMAGES, KERNEL, np.ones(2)), ValueError, ["conv2d", "b", "(1,)", "(2,)"]),
        (lambda: F.conv2d(IMAGES, KERNEL, stride=0), ValueError, ["conv2d", "stride", "at least 1", "0"]),
        (lambda: F.conv2d(IMAGES, KERNEL, pad=-1), ValueError, ["conv2d", "pad", "at least 0", "-1"]),
        (lambda: F.conv1d(X, KERNEL[0]), ValueError, ["conv1d", "3 axes", "(2, 3)"]),
        (lambda: F.conv2d_simple(IMAGES, LONG), ValueError, ["conv2d_simple", "(6, 2)", "(5, 4)", "pad more"]),
        (lambda: F.conv2d_simple(IMAGES, KERNEL, V), ValueError, ["conv2d_simple", "b", "(1,)", "(3,)"]),
        (lambda: F.conv2d_simple(X, KERNEL), ValueError, ["conv2d_simple", "(2, 3)", "(samples, channels"]),
        (lambda: F.deconv2d(IMAGES, KERNEL), ValueError, ["deconv2d", "3 channels", "(1, 3, 2, 2)", "takes 1"]),
        (lambda: F.deconv2d(IMAGES, np.ones((3, 1, 2))), ValueError, ["deconv2d", "4 axes", "(3, 1, 2)"]),
        (lambda: F.deconv2d(IMAGES, np.ones((3, 1, 2, 2)), pad=5), ValueError, ["deconv2d", "no output", "pad less"]),
        (lambda: F.deconv2d(IMAGES, np.ones((3, 1, 2, 2)), outsize=9), ValueError, ["deconv2d", "(9, 9)", "(5, 4)"]),
        (lambda: F.im2col(X, 2), ValueError, ["im2col", "(2, 3)", "(samples, channels, height, width)"]),
        (lambda: F.im2col(IMAGES, 6), ValueError, ["im2col", "(6, 6)", "(5, 4)", "pad more"]),
        (lambda: F.col2im(X, IMAGES.shape, 2), ValueError, ["col2im", "(2, 3)", "(2, 3, 5, 4)", "(24, 12)"]),
        (lambda: F.im2col(NONE, 2), TypeError, ["im2col", "no data", "set its .data"]),
        (lambda: F.upsample(X), ValueError, ["upsample", "(2, 3)", "(samples, channels, size"]),
    ],
    "pooling": [
        *[
            (lambda f=f: f(IMAGES, 6), ValueError, [f"{name}: ", "(6, 6)", "(5, 4)", "pad more"])
            for name, f in named("pooling pooling_simple average_pooling")
        ],
        *[
            (lambda f=f: f(X, 2), ValueError, [f"{name}: ", "(2, 3)", "(samples, channels, "])
            for name, f in named(POOLINGS)
        ],
        (lambda: F.pooling_simple(IMAGES[0], 2), ValueError, ["pooling_simple", "(3, 5, 4)", "height, width"]),
        (
            lambda: F.pooling(IMAGES, 2, pad=2),
            ValueError,
            ["pooling", "pad (2, 2)", "kernel_size (2, 2)", "pad by less"],
        ),
        (lambda: F.pooling(IMAGES, 0), ValueError, ["pooling", "kernel_size", "at least 1", "0"]),
        (lambda: F.adaptive_max_pooling(IMAGES, 0), ValueError, ["adaptive_max_pooling", "output_size", "at least 1"]),
        (lambda: F.global_max_pooling(X), ValueError, ["global_max_pooling", "(2, 3)", "(samples, channels"]),
    ],
    "normalisation": [
        (lambda: F.batch_norm(V, V, V, *STATISTICS), ValueError, ["batch_norm", "x", "(3,)", "(samples, channels"]),
        (lambda: F.batch_norm(X, X, V, *STATISTICS), ValueError, ["batch_norm", "gamma", "(3,)", "(2, 3)"]),
        (lambda: F.layer_norm(X, np.ones(2)), ValueError, ["layer_norm", "gamma", "(3,)", "(2,)"]),
        (lambda: F.layer_norm(X, axes=3), ValueError, ["layer_norm", "(2, 3)", "axes=3"]),
        (lambda: F.group_norm(X, 2), ValueError, ["group_norm", "groups=2", "3 channels", "(2, 3)"]),
        (lambda: F.instance_norm(X), ValueError, ["instance_norm", "(2, 3)", "(samples, channels, size"]),
    ],
}


@pytest.mark.parametrize(
    ("call", "error", "parts"),
    [
        pytest.param(*case, id=f"{family}-{case[2][0].rstrip(': ')}")
        for family, cases in FAMILIES.items()
        for case in cases
    ],
)
def test_refusal_by_family(call, error, parts):
    test_refusal(call, error, parts)


@pytest.mark.parametrize("wrong", ["x", "gamma", "beta", "mean", "var"])
def test_running_statistics_stay_as_they_were(wrong):
    """What is refused leaves no half of a change."""
    arguments = {"x": X, "gamma": np.ones(3), "beta": np.ones(3), "mean": np.zeros(3), "var": np.ones(3)}
    mean, var = arguments["mean"], arguments["var"]
    with pytest.raises(ValueError, match=f"batch_norm: {wrong} must be"):
        F.batch_norm(*(arguments | {wrong: np.ones(1)}).values())
    assert (mean.tolist(), var.tolist()) == ([0.0] * 3, [1.0] * 3)
