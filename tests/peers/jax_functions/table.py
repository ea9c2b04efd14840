"""The functions of JAX's with a counterpart here, each with arrays at which both are compared."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import jax.scipy.linalg as jsl
import jax.scipy.special as jss
import numpy as np

import dezero.functions as F


class Pair(NamedTuple):
    """A function here, JAX's, and the arguments: one tuple of arrays for each trial."""

    ours: Callable[..., Any]
    theirs: Callable[..., Any]
    trials: tuple[tuple[Any, ...], ...]


def draw(low: float, high: float, *shapes: tuple[int, ...], seed: int = 7) -> tuple[Any, ...]:
    rng = np.random.default_rng(seed)
    return tuple([np.asarray(rng.uniform(low, high, shape)) for shape in shapes])


PAIRS: dict[str, Pair] = {}


def add(name: str, ours: Any, theirs: Any, *trials: tuple[Any, ...]) -> None:
    assert name not in PAIRS
    PAIRS[name] = Pair(ours, theirs, trials)


# -- element by element: the names by the interval from which the arguments come, with ends of the tails ---------------

_UNARY = {
    (-2.0, 2.0): """sin cos tan sinh cosh tanh arcsinh arctan exp exp2 expm1 square negative abs sign sinc
        deg2rad rad2deg positive floor ceil trunc rint fabs degrees radians""",
    (-0.9, 0.9): "arcsin arccos arctanh",
    (1.1, 3.0): "arccosh",
    (0.2, 3.0): "log log2 log10 log1p sqrt cbrt reciprocal",
}
for (_low, _high), _names in _UNARY.items():
    for _name in _names.split():
        add(f"jnp.{_name}", getattr(F, _name), getattr(jnp, _name), draw(_low, _high, (4,)), draw(_low, _high, (2, 3)))

_SPECIAL = {
    (-2.0, 2.0): "erf erfc expit log_ndtr ndtr i0 i0e i1 i1e",
    (0.1, 0.9): "erfinv logit ndtri entr",
    # without exp1 and spence: JAX 0.10 cannot compile the derivatives of the one, and has nan for those of the other
    (0.3, 4.0): "digamma gammaln gamma expi",
}
for (_low, _high), _names in _SPECIAL.items():
    for _name in _names.split():
        add(f"special.{_name}", getattr(F, _name), getattr(jss, _name), draw(_low, _high, (4,)), draw(_low, _high, ()))

_BINARY = {
    (
        0.3,
        2.0,
    ): "add subtract multiply divide power arctan2 hypot logaddexp logaddexp2 maximum minimum fmax fmin copysign",
    (0.4, 3.0): "remainder fmod float_power",
}
for (_low, _high), _names in _BINARY.items():
    for _name in _names.split():
        add(f"jnp.{_name}", getattr(F, _name), getattr(jnp, _name), draw(_low, _high, (3,), (3,)),
            draw(_low, _high, (2, 1), (3,)))  # fmt: skip
for _name in ["xlogy", "xlog1py", "rel_entr", "beta", "betaln"]:
    add(f"special.{_name}", getattr(F, _name), getattr(jss, _name), draw(0.3, 2.0, (3,), (3,)))

_NN = """relu relu6 silu softplus soft_sign gelu elu celu selu log_sigmoid sigmoid tanh mish hard_tanh hard_sigmoid
    hard_silu"""
_HERE = {"soft_sign": "softsign", "hard_tanh": "hardtanh", "hard_sigmoid": "hardsigmoid", "hard_silu": "hardswish"}
for _name in _NN.split():
    theirs = functools.partial(jax.nn.gelu, approximate=False) if _name == "gelu" else getattr(jax.nn, _name)
    add(f"nn.{_name}", getattr(F, _HERE.get(_name, _name)), theirs, draw(-2, 2, (5,)), draw(-0.5, 0.5, ()))
add("nn.gelu tanh", lambda x: F.gelu(x, "tanh"), jax.nn.gelu, draw(-2, 2, (5,)))
add("nn.leaky_relu", lambda x: F.leaky_relu(x, 0.01), jax.nn.leaky_relu, draw(-2, 2, (5,)))
add("nn.glu", lambda x: F.glu(x), jax.nn.glu, draw(-2, 2, (2, 6)))
for _name in ("softmax", "log_softmax", "logsumexp"):
    for _axis in (0, 1):
        add(f"nn.{_name} axis {_axis}", functools.partial(getattr(F, _name), axis=_axis),
            functools.partial(getattr(jax.nn, _name), axis=_axis), draw(-2, 2, (2, 3)))  # fmt: skip

# -- powers and kinks: the edges of derivatives ------------------------------------------------------------------------

for _c in (0, 1, 2, 3, 5, -1, -2):
    add(f"integer power {_c}", lambda x, c=_c: x**c, lambda x, c=_c: x**c, draw(0.5, 2, (3,)), draw(-2, -0.5, (3,)))
for _c in (0, 1, 2, 3, 4, 5):
    add(f"integer power {_c} at 0", lambda x, c=_c: x**c, lambda x, c=_c: x**c, (np.zeros(2),))
for _c in (0.5, 1.5, -0.5, 2.5):
    add(f"power {_c}", lambda x, c=_c: x**c, lambda x, c=_c: x**c, draw(0.5, 2, (3,)))
add("number to a power", lambda x: 2.5**x, lambda x: 2.5**x, draw(-2, 2, (3,)))
add("sinc at 0", F.sinc, jnp.sinc, (np.zeros(2),))
add("tails of tanh", F.tanh, jnp.tanh, (np.array([-15.0, 15.0]),))
add("tails of softplus", F.softplus, jax.nn.softplus, (np.array([-30.0, 30.0, 0.0]),))
add("where", lambda x: F.where(np.array([True, False, True]), F.sin(x), F.exp(x)),
    lambda x: jnp.where(np.array([True, False, True]), jnp.sin(x), jnp.exp(x)), draw(-1, 1, (3,)))  # fmt: skip
add("clip", lambda x: F.clip(x, -0.5, 0.5), lambda x: jnp.clip(x, -0.5, 0.5), draw(-2, 2, (6,)))

# -- shapes, indices, reductions ---------------------------------------------------------------------------------------

_KEEP = {
    "reshape": (lambda n, x: n.reshape(x, (3, 2))),
    "transpose": (lambda n, x: n.transpose(x)),
    "flip": (lambda n, x: n.flip(x, 1)),
    "roll": (lambda n, x: n.roll(x, 2, 1)),
    "tile": (lambda n, x: n.tile(x, (2, 2))),
    "repeat": (lambda n, x: n.repeat(x, 2, 0)),
    "broadcast_to": (lambda n, x: n.broadcast_to(x, (4, 2, 3))),
    "expand_dims": (lambda n, x: n.expand_dims(x, 1)),
    "squeeze": (lambda n, x: n.squeeze(n.expand_dims(x, 1))),
    "concatenate": (lambda n, x: n.concatenate([x, x * x], 0)),
    "stack": (lambda n, x: n.stack([x, x * x], 1)),
    "split": (lambda n, x: n.split(x, 3, 1)),
    "take": (lambda n, x: n.take(x, np.array([0, 2, 2]), 1)),
    "take_along_axis": (lambda n, x: n.take_along_axis(x, np.array([[0, 2], [1, 1]]), 1)),
    "slices": (lambda n, x: x[:, ::-2] * x[0, 1]),
    "fancy index": (lambda n, x: x[np.array([0, 1, 1]), np.array([2, 2, 0])]),
    "pad": (lambda n, x: n.pad(x, ((1, 0), (0, 2)))),
    "pad reflect": (lambda n, x: n.pad(x, ((0, 0), (1, 2)), mode="reflect")),
    "tril": (lambda n, x: n.tril(x)),
    "triu": (lambda n, x: n.triu(x, 1)),
    "diagonal": (lambda n, x: n.diagonal(x, 1)),
    "trace": (lambda n, x: n.trace(x)),
    "rot90": (lambda n, x: n.rot90(x)),
    "moveaxis": (lambda n, x: n.moveaxis(x, 0, 1)),
    "sum": (lambda n, x: n.sum(x, 0)),
    "mean": (lambda n, x: n.mean(x, 1, keepdims=True)),
    "prod": (lambda n, x: n.prod(x, 1)),
    "max": (lambda n, x: n.max(x, 1)),
    "min": (lambda n, x: n.min(x)),
    "var": (lambda n, x: n.var(x, 1)),
    "std": (lambda n, x: n.std(x, 1, ddof=1)),
    "ptp": (lambda n, x: n.ptp(x, 1)),
    "cumsum": (lambda n, x: n.cumsum(x, 1)),
    "cumprod": (lambda n, x: n.cumprod(x, 1)),
    "sort": (lambda n, x: n.sort(x, 1)),
    "median": (lambda n, x: n.median(x, 1)),
    "quantile": (lambda n, x: n.quantile(x, 0.3, 1)),
    "diff": (lambda n, x: n.diff(x, axis=1)),
    "average": (lambda n, x: n.average(x, 1, np.array([1.0, 2.0, 3.0]))),
    "interp": (lambda n, x: n.interp(x, np.array([-3.0, 0.0, 3.0]), np.array([1.0, 2.0, 0.0]))),
    "trapezoid": (lambda n, x: n.trapezoid(x * x, dx=0.5)),
    "fft": (lambda n, x: n.real(n.fft.fft(x) if n is jnp else n.fft(x)) ** 2),
    "norm": (lambda n, x: n.linalg.norm(x) if n is jnp else n.norm(x)),
    "norm of rows": (lambda n, x: n.linalg.norm(x, 3, 1) if n is jnp else n.norm(x, 3, 1)),
    "nansum": (lambda n, x: n.nansum(x, 1)),
    "convolve": (lambda n, x: n.convolve(x[0], x[1])),
}
for _name, _f in _KEEP.items():
    add(_name, functools.partial(_f, F), functools.partial(_f, jnp), draw(-2, 2, (2, 3)))
for _name in ["cummax", "cummin"]:
    add(_name, functools.partial(getattr(F, _name), axis=1), functools.partial(getattr(jax.lax, _name), axis=1),
        draw(-2, 2, (2, 5)))  # fmt: skip
add("logcumsumexp", lambda x: F.logcumsumexp(x, axis=1), lambda x: jax.lax.cumlogsumexp(x, axis=1), draw(-2, 2, (2, 4)))

# -- products and linear algebra ---------------------------------------------------------------------------------------


def near_identity(n: int, seed: int = 3) -> Any:
    return np.eye(n) * 2 + np.random.default_rng(seed).uniform(-0.4, 0.4, (n, n))


def spd(n: int) -> Any:
    a = near_identity(n)
    return a @ a.T


_PRODUCTS = {
    "matmul": ((2, 3), (3, 4)),
    "dot": ((3,), (3,)),
    "vdot": ((3,), (3,)),
    "inner": ((2, 3), (4, 3)),
    "outer": ((2,), (3,)),
    "kron": ((2, 2), (2, 3)),
    "cross": ((2, 3), (2, 3)),
    "tensordot": ((2, 3, 4), (3, 4, 2)),
}
for _name, _shapes in _PRODUCTS.items():
    add(_name, getattr(F, _name), getattr(jnp, _name), draw(-1, 1, *_shapes))
add("batched matmul", F.matmul, jnp.matmul, draw(-1, 1, (2, 1, 2, 3), (4, 3, 2)))
for _sub, _shapes in {
    "ij,jk,kl->il": ((2, 3), (3, 2), (2, 2)),
    "bij,bjk->bik": ((2, 2, 3), (2, 3, 2)),
    "ii->i": ((3, 3),),
}.items():
    add(f"einsum {_sub}", functools.partial(F.einsum, _sub), functools.partial(jnp.einsum, _sub), draw(-1, 1, *_shapes))
_B = draw(-1, 1, (3, 2))[0]
add("inv", F.inv, jnp.linalg.inv, (near_identity(3),))
add("det", F.det, jnp.linalg.det, (near_identity(3),))
add("slogdet", lambda a: F.slogdet(a)[1], lambda a: jnp.linalg.slogdet(a)[1], (near_identity(3),))
add("solve", F.solve, jnp.linalg.solve, (near_identity(3), _B))
add("cholesky", lambda a: F.cholesky(a + a.T), lambda a: jnp.linalg.cholesky(a + a.T), (spd(3),))
add("qr", lambda a: tuple(F.qr(a)), lambda a: tuple(jnp.linalg.qr(a)), (near_identity(3),))
add(
    "eigh",
    lambda a: F.eigh(a + a.T)[0],
    lambda a: jnp.linalg.eigh(a + a.T)[0],
    (np.diag([1.0, 2.0, 4.0]) + near_identity(3),),
)
add("projectors of eigh", lambda a: abs(F.eigh(a + a.T)[1]), lambda a: jnp.abs(jnp.linalg.eigh(a + a.T)[1]),
    (np.diag([1.0, 2.0, 4.0]) + near_identity(3),))  # fmt: skip
add(
    "svd",
    lambda a: F.svd(a, compute_uv=False),
    lambda a: jnp.linalg.svd(a, compute_uv=False),
    (np.diag([1.0, 2.0, 4.0]) + near_identity(3),),
)
add("pinv", F.pinv, jnp.linalg.pinv, (draw(-1, 1, (4, 2))[0],))
add("matrix_power", lambda a: F.matrix_power(a, 3), lambda a: jnp.linalg.matrix_power(a, 3), (near_identity(3),))
add("expm", F.expm, jsl.expm, (near_identity(3) * 0.3,))
add("solve_triangular", functools.partial(F.solve_triangular, lower=True),
    functools.partial(jsl.solve_triangular, lower=True), (near_identity(3), _B))  # fmt: skip
add("lu", lambda a: tuple(F.lu(a))[1:], lambda a: jsl.lu(a)[1:], (near_identity(3),))
add("conv2d", lambda x, w: F.conv2d(x, w, None, 1, 1), lambda x, w: jax.lax.conv(x, w, (1, 1), "SAME"),
    draw(-1, 1, (1, 2, 4, 4), (3, 2, 3, 3)))  # fmt: skip
