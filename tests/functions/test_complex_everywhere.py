"""Complex arguments of every public function: their gradient is right, or they are refused.

The gradient of a real L in z = a + ib is dL/da + i dL/db. Each use of a function is held against central differences
of its values in a and in b, for an L with complex weights, one whose cotangent is real, and one that is not linear.
Of several arguments each is tried complex beside real ones.
"""

import functools
import itertools
from pathlib import Path

import numpy as np
import pytest
from mpmath import mp

import dezero.functions as F
from dezero import Variable, gradients, using_config
from dezero.testing import load

# In every quadrant, with moduli on both sides of 1/2 and of 1, no two real parts alike, and no part where rint jumps.
A = np.array([[0.8 + 0.6j, -0.7 + 0.4j, 0.3 - 0.9j], [-0.4 - 0.6j, 1.3 + 0.3j, -0.2 + 0.1j]])
B = np.array([[0.6 - 0.8j, 0.9 + 0.7j, -0.4 + 1.1j], [1.2 + 0.2j, -0.3 - 0.4j, 0.1 + 0.6j]])
C = np.array([[-0.9 + 0.3j, 0.4 - 0.2j, 1.1 + 0.9j], [0.2 + 1.4j, 0.7 - 0.4j, -1.3 - 0.1j]])
U, V = A.ravel(), B.ravel()
POSITIVE = np.abs(B.real) + 1j * B.imag
SQUARE = np.array([[2.0 + 0.5j, 0.3 - 0.4j, 0.2j], [0.5 + 0.1j, 1.5 - 0.7j, -0.3], [-0.2j, 0.4 + 0.3j, 1.1 + 0.8j]])
IMAGES = np.resize(np.exp(0.7j * np.arange(36)) * np.linspace(0.5, 1.7, 36), (2, 2, 3, 3))
KERNELS = np.resize(np.exp(1.1j * np.arange(16)) * np.linspace(1.5, 0.4, 16), (2, 2, 2, 2))
STATES = np.ones((1, 1)), np.ones((1, 1))
LABELS, SIGNS = np.array([2, 0]), np.array([[1.0, -1, 1], [-1, 1, -1]])
PICK = A.real > 0

STEP = 1e-5
READINGS = {"values": (False, True), "recorded": (True, True), "recorded as it stands": (True, False)}


class Use:
    def __init__(self, name, call, *arrays):
        self.name, self.call, self.arrays = name, call, arrays

    def outputs(self, xs):
        """The outputs that have a derivative."""
        found = self.call(*xs)
        found = found if isinstance(found, tuple | list) else [found]
        return [y for y in found if isinstance(y, Variable) and y.dtype.kind in "fc"]

    def mixtures(self):
        """The arguments complex, and with some of them real."""
        for kept in itertools.product([True, False], repeat=len(self.arrays)):
            xs = [a if keep else a.real.copy() for a, keep in zip(self.arrays, kept, strict=True)]
            if any(kept):
                kinds = ["complex" if keep else "real" for keep in kept]
                yield pytest.param(self, xs, id="-".join([self.name, *kinds]))
            if all(kept) and not any(np.iscomplexobj(a) for a in self.arrays):
                return


def plain(names, *arrays, **parameters):
    return [Use(n, functools.partial(getattr(F, n), **parameters), *arrays) for n in names.split()]


def form(names, call, *arrays):
    return [Use(n, functools.partial(call, getattr(F, n)), *arrays) for n in names.split()]


RIGHT = [
    # element-wise, of one argument
    *plain(
        """abs absolute acos acosh angle arccos arccosh arcsin arcsinh arctan arctanh around as_complex asin asinh atan
        atanh celu conj conjugate cos cosh dawsn deg2rad degrees digamma elu erf erfc erfcx exp exp1 exp2 expi expit
        expm1 fresnel gamma gelu hardshrink hardsigmoid hardswish hardtanh i0 i1 imag j0 j1 k0 k1 lambertw leaky_relu
        log log10 log1p log2 log_ndtr modulus nan_to_num ndtr neg negative positive psi rad2deg radians real reciprocal
        relu relu6 rint round selu sici sigmoid sigmoid_simple sign silu sin sinc sinh spence sqrt square tan tanh
        tanhshrink y0 y1""",
        A,
    ),
    *plain("gelu", A, approximate="tanh"),
    *plain("angle", A, deg=True),
    *plain("clip", A, a_min=-0.5, a_max=0.5),
    *form("iv jn jv kn kv yn yv polygamma", lambda f, x: f(2, x), A),
    *form("iv jv kv yv", lambda f, x: f(0.5, x), A),
    *form("astype", lambda f, x: f(x, np.complex128), A),
    *form("astype", lambda f, x: f(x, np.complex128), A.real),
    # element-wise, of several arguments
    *plain(
        """add div divide float_power fmax fmin maximum minimum mul multiply pow power prelu rdiv rsub sub subtract
        true_divide xlog1py xlogy""",
        *(A, B),
    ),
    *plain("clip", A, B, C),
    *form("div pow float_power", lambda f, x: f(x, 2 - 1j), A),
    *form("div pow float_power", lambda f, x: f(2 - 1j, x), A),
    *form("pow float_power", lambda f, x: f(-2.0, x), A),
    *form("pow", lambda f, x: f(x, 3), A),
    *form("xlogy xlog1py", lambda f, x: f(x, -2.5), A),
    *form("where", lambda f, a, b: f(PICK, a, b), A, B),
    *form("choose", lambda f, a, b: f(np.array([[0, 1, 1], [1, 0, 1]]), [a, b]), A, B),
    *form("select", lambda f, a, b: f([PICK, A.imag > 0], [a, b], 0), A, B),
    *form("piecewise", lambda f, x: f(x, [PICK], [F.square, F.exp]), A),
    *form("interp", lambda f, y: f(np.array([0.5, 1.5]), np.array([0.0, 1, 2]), y), U[:3]),
    # shapes, joining, choosing
    *plain(
        """atleast_1d atleast_2d atleast_3d diag diagonal ediff1d fftshift flatten flip fliplr flipud ifftshift ravel
        rot90 squeeze trace transpose tril triu unstack""",
        A,
    ),
    *plain("diagflat", U[:3]),
    *form("block column_stack concatenate dstack hstack stack vstack", lambda f, a, b: f([a, b]), A, B),
    *plain("append broadcast_arrays", A, B[:1]),
    *plain("meshgrid", U[:3], V[:2]),
    *form("array_split split vsplit", lambda f, x: f(x, 2), A),
    *form("hsplit", lambda f, x: f(x, 3), A),
    *form("dsplit", lambda f, x: f(x, 3), IMAGES[0]),
    *form("expand_dims", lambda f, x: f(x, 0), A),
    *form("broadcast_to", lambda f, x: f(x, (2, 2, 3)), A),
    *form("sum_to", lambda f, x: f(x, (1, 3)), A),
    *form("reshape resize", lambda f, x: f(x, (3, 2)), A),
    *form("moveaxis swapaxes", lambda f, x: f(x, 0, 1), A),
    *form("rollaxis", lambda f, x: f(x, 1), A),
    *form("repeat roll tile", lambda f, x: f(x, 2), A),
    *form("pad", lambda f, x: f(x, 1), A),
    *form("pad", lambda f, x: f(x, 1, mode="reflect"), A),
    *form("get_item", lambda f, x: f(x, (slice(None), [0, 0, 2])), A),
    *form("take", lambda f, x: f(x, np.array([0, 2, 2]), axis=1), A),
    *form("take_along_axis", lambda f, x: f(x, np.array([[0], [2]]), axis=1), A),
    *form("compress", lambda f, x: f(np.array([True, False, True]), x, axis=1), A),
    *form("extract", lambda f, x: f(PICK, x), A),
    *form("delete", lambda f, x: f(x, 1, axis=1), A),
    *form("insert", lambda f, x, y: f(F.as_complex(x), 1, y, axis=1), A, U[:2]),
    *form("index_add index_update", lambda f, x, y: f(x, (slice(None), 1), y), A, U[:2]),
    *form("embed_id", lambda f, w: f(np.array([1, 0, 1]), w), A),
    *form("upsample", lambda f, x: f(x, 2), IMAGES),
    *form("im2col", lambda f, x: f(x, 2, 1, 0), IMAGES),
    *form("col2im", lambda f, x: f(F.im2col(x, 2, 1, 0), IMAGES.shape, 2, 1, 0), IMAGES),
    # sums, products, orders
    *plain("amax amin average max mean median min nanmax nanmean nanmin nanprod nansum prod ptp sum", A),
    *plain("amax amin average max mean median min nanmax nanmean nanmin nanprod nansum prod ptp sum", A, axis=1),
    *plain("cummax cummin cumprod cumsum diff gradient logsumexp trapezoid", A),
    *plain(
        "cummax cummin cumprod cumsum diff glu gradient log_softmax logsumexp softmax softmax_simple sort trapezoid",
        A[:, :2],
        axis=1,
    ),
    *form("average", lambda f, x, w: f(x, weights=w), U, V),
    *form("quantile", lambda f, x: f(x, 0.3), U),
    *form("percentile", lambda f, x: f(x, 30), U),
    *form("partition top_k", lambda f, x: f(x, 2), U),
    *form("trapezoid", lambda f, y, x: f(y, x), U, V),
    *[use for ord in (None, 1, 2, 3, -1, np.inf, -np.inf) for use in plain("norm", U, ord=ord)],
    *[use for ord in (None, 1, -1, np.inf, -np.inf, "fro") for use in plain("norm", A, ord=ord)],
    # products and linear algebra
    *plain("dot matmul", A, SQUARE),
    *plain("convolve correlate cross dot inner kron outer vdot", U[:3], V[:3]),
    *plain("inner kron", A, B),
    *form("tensordot", lambda f, a, b: f(a, b, axes=1), A, SQUARE),
    *form("multi_dot", lambda f, a, b: f([a, b, b]), A, SQUARE),
    *form("einsum", lambda f, a, b: f("ij,kj->ik", a, b), A, B),
    *plain("linear linear_simple", A, SQUARE, U[:3]),
    *plain("det eigvals expm inv logm sqrtm", SQUARE),
    *plain("det", SQUARE[:2, :2]),
    *form("eig", lambda f, x: (lambda w, v: (w, v / v[:1]))(*f(x)), SQUARE),  # an eigenvector's phase is arbitrary
    *form("matrix_power", lambda f, x: f(x, 3), SQUARE),
    *form("matrix_power", lambda f, x: f(x, -2), SQUARE),
    *plain("solve solve_triangular", SQUARE, U[:3]),
    *plain("fft fft2 fftn hfft ifft ifft2 ifftn irfft irfft2 irfftn", A),
    # networks
    *form("conv1d deconv1d", lambda f, x, w, b: f(x[:, :, 0], w[:, :, 0], b), IMAGES, KERNELS, U[:2]),
    *plain("conv2d conv2d_simple deconv2d", IMAGES, KERNELS, U[:2]),
    *form("conv3d deconv3d", lambda f, x, w: f(x[:, :, None], w[:, :, None]), IMAGES, KERNELS),
    *form("average_pooling pooling pooling_simple", lambda f, x: f(x, 2), IMAGES),
    *form("adaptive_average_pooling adaptive_max_pooling", lambda f, x: f(x, 2), IMAGES),
    *plain("global_average_pooling global_max_pooling", IMAGES),
    *form("batch_norm batch_nrom", lambda f, g, b: f(A.real, g, b, np.zeros(3), np.ones(3)), U[:3], V[:3]),
    *form("layer_norm", lambda f, g, b: f(A.real, g, b), U[:3], V[:3]),
    *form("group_norm", lambda f, g, b: f(IMAGES.real, 1, g, b), U[:2], V[:2]),
    *form("instance_norm", lambda f, g, b: f(IMAGES.real, g, b), U[:2], V[:2]),
    *plain("scaled_dot_product_attention", A, B, C),
    *form("dropout", lambda f, x: f(x, 0.0), A),
    # losses
    *plain("huber huber_loss l1 l1_loss mean_squared_error mean_squared_error_simple", A, B),
    *plain("binary_cross_entropy kl_div", A, POSITIVE),
    *form("hinge hinge_loss", lambda f, x: f(x, SIGNS), A),
    *form("nll nll_loss softmax_cross_entropy softmax_cross_entropy_simple", lambda f, x: f(x, LABELS), A),
]

REFUSED = [
    *plain(
        """cbrt ceil entr erfcinv erfinv fabs fix floor frexp gammaln i0e i1e log_sigmoid logcumsumexp logit mish modf
        ndtri softplus softshrink softsign std trunc var ihfft rfft rfft2 rfftn""",
        A,
    ),
    *plain(
        """arctan2 atan2 beta betaln copysign cosine_similarity divmod floor_divide fmod gammainc gammaincc heaviside
        hypot logaddexp logaddexp2 mod rel_entr remainder zeta""",
        *(A, B),
    ),
    *plain("betainc", A, B, C),
    *plain("softplus", A, beta=2.0),
    *plain("cholesky eigh eigvalsh lu pinv qr slogdet svd", SQUARE),
    *form("lstsq", lambda f, a: f(a, U[:3].real), A.T),
    *[use for ord in (2, -2, "nuc") for use in plain("norm", A, ord=ord)],
    *form("interp", lambda f, x: f(x, np.array([-2.0, 0, 2]), np.array([1.0, 3, -1])), A),
    *form("insert", lambda f, y: f(A.real, 1, y, axis=1), U[:2]),
    *form("ldexp", lambda f, x: f(x, 2), A),
    *form("batch_norm batch_nrom", lambda f, x: f(x, np.ones(3), np.zeros(3), np.zeros(3), np.ones(3)), A),
    *plain("layer_norm", A),
    *form("group_norm", lambda f, x: f(x, 1), IMAGES),
    *plain("instance_norm", IMAGES),
    *form("sigmoid_cross_entropy", lambda f, x: f(x, PICK), A),
    *form("sigmoid_cross_entropy", lambda f, t: f(A.real, t), B),
    *form("lstm", lambda f, x, W: f(x, *STATES, W, np.ones((1, 4)), np.ones(4)), A[None, :1, :1], U[None, :4]),
]

CASES = Path(__file__).parents[1] / "certification"
NO_DERIVATIVE = "accuracy argmax argmin argpartition argsort argwhere count_nonzero flatnonzero nonzero searchsorted"


def test_every_public_function_is_here():
    public = {n for n in dir(F) if not n.startswith("_") and callable(getattr(F, n))}
    here = {use.name for use in (*RIGHT, *REFUSED)} | {*NO_DERIVATIVE.split()}
    certified = {
        case.name for cases in load(CASES).values() for case in cases if case.elementwise
    }  # in complex numbers
    assert here <= public <= here | certified


@pytest.mark.parametrize(("use", "xs"), [mixture for use in REFUSED for mixture in use.mixtures()])
def test_refused(use, xs):
    with pytest.raises(TypeError, match=r"^\w+: .* complex128 .*\breal (arrays|matrices|numbers)|as_complex"):
        use.outputs([Variable(x.copy()) for x in xs])


# -- losses and their gradients, by differences of the function's values --------------------------------------------


def weights(ys):
    return [np.cos(1.0 + np.arange(y.size) + 2j).reshape(y.shape) for y in ys]


LOSSES = {  # of outputs as Variables, and the derivative of that along a change d of an output y
    "weighted": (lambda y, w: F.real(y * w), lambda y, d, w: np.real(d * w)),
    "real": (lambda y, w: F.real(y), lambda y, d, w: np.real(d)),
    "squared": (lambda y, w: F.real(y) ** 2 + F.imag(y) ** 2, lambda y, d, w: 2 * np.real(np.conj(y) * d)),
}


def loss_of(use, xs, kind):
    ys = use.outputs(xs)
    return functools.reduce(F.add, [F.sum(LOSSES[kind][0](y, w)) for y, w in zip(ys, weights(ys), strict=True)])


def changed(xs, i, change):
    return [Variable(x + change if j == i else x.copy()) for j, x in enumerate(xs)]


def directions(x):
    """One element at a time: along the real axis, and of a complex array along the imaginary one."""
    for unit in (1, 1j) if np.iscomplexobj(x) else (1,):
        for k in range(x.size):
            yield unit, k, (unit * np.eye(x.size)[k].reshape(x.shape)).astype(x.dtype)


def expected_gradients(use, xs, i):
    """Of each loss, in argument i."""
    ys = [y.data for y in use.outputs([Variable(x.copy()) for x in xs])]
    found = {kind: np.zeros(xs[i].size, complex) for kind in LOSSES}
    for unit, k, direction in directions(xs[i]):
        above, below = (use.outputs(changed(xs, i, h * direction)) for h in (STEP, -STEP))
        for y, up, down, w in zip(ys, above, below, weights(ys), strict=True):
            change = (up.data - down.data) / (2 * STEP)
            for kind, (_, slope) in LOSSES.items():
                found[kind][k] += unit * np.sum(slope(y, change, w))
    return {kind: g.reshape(xs[i].shape) for kind, g in found.items()}


def gradient(use, xs, i, kind, record=False):
    return gradients(loss_of(use, xs, kind), xs[i], create_graph=record)[0]


def close(found, expected, rtol=1e-7):
    """Differences are this good beside the largest element."""
    assert np.max(np.abs(found - expected), initial=0.0) <= rtol * (1 + np.max(np.abs(expected), initial=0.0))


@pytest.mark.parametrize(("use", "xs"), [mixture for use in RIGHT for mixture in use.mixtures()])
def test_gradient(use, xs):
    for i in range(len(xs)):
        for kind, expected in expected_gradients(use, xs, i).items():
            for record, simplify in READINGS.values():
                with using_config("simplify", simplify):
                    g = gradient(use, [Variable(x.copy()) for x in xs], i, kind, record)
                assert g.dtype == xs[i].dtype
                close(g.data, expected)


@pytest.mark.parametrize(("use", "xs"), [mixture for use in RIGHT for mixture in use.mixtures()])
def test_second_derivative_along_a_direction(use, xs):
    for i, x in enumerate(xs):
        direction = np.cos(3.0 + np.arange(x.size) + (1j if np.iscomplexobj(x) else 0)).reshape(x.shape)
        for kind in LOSSES:
            above, below = (gradient(use, changed(xs, i, h * direction), i, kind) for h in (STEP, -STEP))
            expected = (above.data - below.data) / (2 * STEP)
            for simplify in (True, False):
                leaves = [Variable(x.copy()) for x in xs]
                with using_config("simplify", simplify):
                    along = F.sum(F.real(gradient(use, leaves, i, kind, record=True) * np.conj(direction)))
                    close(gradients(along, leaves[i], create_graph=True)[0].data, expected)
            # A real number on the way to complex ones: tangents are swept up from it.
            t = Variable(np.array(0.0))
            y = loss_of(use, [x + t * direction if j == i else Variable(z.copy()) for j, z in enumerate(xs)], kind)
            (first,) = gradients(y, t, create_graph=True)
            (second,) = gradients(first, t)
            middle = gradient(use, [Variable(x.copy()) for x in xs], i, kind).data
            close(first.data, np.sum(np.real(np.conj(direction) * middle)), rtol=1e-10)
            close(second.data, np.sum(np.real(np.conj(direction) * expected)))


# -- what central differences would not see --------------------------------------------------------------------------

POINTS = np.array([0.3 + 0.4j, -1.3 + 0.2j, 2.5 - 1.5j, 6 + 5j, -4 - 3j, 12 + 0.5j, 1 - 9j])


def by_differences(scalar):
    return lambda p: [complex(d) for d in mp.diffs(scalar, p, 5)]


def by_recurrence(scalar, sign, constant):
    """Of a function with w' = 2 sign z w + constant."""

    def derivatives(p):
        w = scalar(p)
        found = [w, 2 * sign * p * w + constant()]
        for n in range(1, 5):
            found.append(2 * sign * (p * found[n] + n * found[n - 1]))
        return [complex(d) for d in found]

    return derivatives


@pytest.mark.parametrize(
    ("name", "exact"),
    {
        "arccosh": by_differences(mp.acosh),
        "arcsinh": by_differences(mp.asinh),
        "expit": by_differences(lambda z: 1 / (1 + mp.exp(-z))),
        "sinc": by_differences(mp.sincpi),
        "dawsn": by_recurrence(lambda z: mp.sqrt(mp.pi) / 2 * mp.exp(-z * z) * mp.erfi(z), -1, lambda: 1),
        "erfcx": by_recurrence(lambda z: mp.exp(z * z) * mp.erfc(z), 1, lambda: -2 / mp.sqrt(mp.pi)),
    }.items(),
)
def test_five_orders_far_out_in_the_plane(name, exact):
    z = Variable(POINTS.copy())
    y = getattr(F, name)(z)
    with mp.workdps(45):
        expected = [exact(mp.mpc(p)) for p in POINTS]
    for order in range(1, 6):
        (g,) = gradients(F.sum(F.real(y)), z, create_graph=True)
        y = F.conj(g)  # of an analytic function the conjugate of the gradient is the derivative
        np.testing.assert_allclose(y.data, [d[order] for d in expected], rtol=1e-11)


@pytest.mark.parametrize("record", [False, True])
@pytest.mark.parametrize("name", ["abs", "sign", "modulus", "angle"])
def test_no_derivative_at_zero_is_zero(name, record):
    z = Variable(np.array([0j, 1j]))
    assert gradients(F.sum(F.real(getattr(F, name)(z))), z, create_graph=record)[0].data[0] == 0


def test_a_derivative_descends():
    z = Variable(np.array(3 + 4j))
    abs(z).backward()
    np.testing.assert_allclose(z.grad.data, 0.6 + 0.8j)


@pytest.mark.parametrize("name", ["abs", "sign"])
def test_plain_arrays_numbers_and_precision(name):
    reference = getattr(np, name)
    for x in (A, 3 + 4j, np.complex64(3 + 4j), A.astype(np.complex64), 2.5, np.array([-1, 0, 2])):
        y = getattr(F, name)(x)
        assert y.dtype == reference(x).dtype
        np.testing.assert_allclose(y.data, reference(x), rtol=1e-6)
