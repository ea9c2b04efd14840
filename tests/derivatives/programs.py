"""Random programs: compositions of operations of every kind, each on vectors, for tests of derivatives."""

import numpy as np
from hypothesis import strategies as st

import dezero.functions as F
from dezero import Function


class Mix(Function):
    """A user's operation: each element times the sum of all."""

    def forward(self, x):
        return x * x.sum()

    def backward(self, gy):
        (x,) = self.inputs
        return gy * F.broadcast_to(F.sum(x), x.shape) + F.broadcast_to(F.sum(gy * x), x.shape)


def _even(x):
    """The vector as a matrix of two rows, without its last element where their number is odd."""
    return F.reshape(x[: x.size // 2 * 2], (2, -1))


def _banded(x):
    return F.matmul(np.eye(x.size) + np.eye(x.size, k=1), x)


def _images(x):
    return F.reshape(x[: x.size // 2 * 2], (1, 1, 2, -1))


KERNEL = np.array([[[[1.0, 0.0], [0.5, -1.0]]]])

ONE = {
    "sin": F.sin,
    "square": F.square,
    "abs": F.abs,
    "floor": lambda x: F.floor(3 * x) + x,
    "cube": lambda x: x**3,
    "relu": F.relu,
    "clip": lambda x: F.clip(x, -0.5, 0.5),
    "affine": lambda x: 3 - 2 * x,
    "reciprocal": lambda x: 1 / (2 + x * x),
    "slice": lambda x: x[1:] if x.size > 2 else x,
    "stride": lambda x: F.concatenate([x[::2], x[1::2]]),
    "flip": lambda x: F.flip(x, 0),
    "roll": lambda x: F.roll(x, 1),
    "repeated": lambda x: x[np.array([0, 1, 0])],
    "pad": lambda x: F.pad(x, 1),
    "reflect": lambda x: F.pad(x, 1, "reflect"),
    "transpose": lambda x: F.ravel(F.transpose(_even(x))),
    "column": lambda x: F.ravel(_even(x) * _even(x)[:, :1]),
    "outer": lambda x: F.ravel(F.outer(x[:2], x)),
    "sum": lambda x: x * F.sum(x),
    "rows": lambda x: F.sum(_even(x), axis=0) + F.mean(_even(x)),
    "cumsum": F.cumsum,
    "prod": lambda x: F.prod(_even(x), axis=0) + x[0],
    "max": lambda x: F.concatenate([x, F.max(_even(x), axis=1)]),
    "sort": F.sort,
    "softmax": lambda x: F.ravel(F.softmax(_even(x), axis=0)),
    "logsumexp": lambda x: F.logsumexp(_even(x), axis=0) + x[1],
    "variance": lambda x: F.var(_even(x), axis=0) + x[0],
    "banded": _banded,
    "gram": lambda x: F.ravel(_even(x) @ F.transpose(_even(x))),
    "einsum": lambda x: F.einsum("ij,ij->i", _even(x), F.sin(_even(x))) + x[:2],
    "diagonal": lambda x: F.concatenate([x, F.trace(F.outer(x, x)).reshape((1,))]),
    "convolve": lambda x: F.convolve(x, np.array([1.0, 0.5, -2.0])),
    "autocorrelation": lambda x: F.convolve(x, x[:2]),
    "conv": lambda x: F.concatenate(
        [x, F.ravel(F.conv2d(F.pad(_images(x), ((0, 0), (0, 0), (0, 1), (0, 1))), KERNEL))]
    ),
    "triangle": lambda x: F.ravel(F.tril(F.outer(x[:3], x[:3]))),
    "update": lambda x: F.index_update(x, slice(0, 1), x[1:2] ** 2),
    "interp": lambda x: F.interp(x, np.array([-1.0, 0.0, 1.0]), np.array([0.0, 1.0, 3.0])),
    "singular values": lambda x: F.concatenate([x, F.svd(F.diag(x[:2]) + np.array([[0.0, 3.0], [1.0, 0.0]]))[1]]),
    "inverse": lambda x: F.ravel(F.inv(F.diag(x[:2] ** 2 + 1))),
    "user's": Mix(),
}

TWO = {
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / (2 + F.cos(b)),
    "sub": lambda a, b: a - b,
    "maximum": F.maximum,
    "where": lambda a, b: F.where(a.data > 0, a, b),
    "hypot": lambda a, b: F.hypot(a + 2, b),
    "power": lambda a, b: (1 + a * a) ** b,
    "stack": lambda a, b: F.ravel(F.stack([a, b], 1)),
}

SIZE = 7
_SETTLED = 24  # elements at most


@st.composite
def programs(draw):
    """A function of a vector of SIZE elements that returns one, and the names of its steps."""
    steps = draw(st.lists(st.sampled_from([*ONE, *TWO]), min_size=1, max_size=5))
    others = [draw(st.integers(0, k)) for k in range(len(steps))]

    def program(x):
        made = [x]
        for step, other in zip(steps, others, strict=True):
            a, b = made[-1], made[other]
            n = min(a.size, b.size)
            y = ONE[step](a) if step in ONE else TWO[step](a[:n], b[:n])
            made.append(F.tanh(y[:_SETTLED]) if y.size >= 3 else F.concatenate([y, x[:3]]))
        return made[-1]

    program.__name__ = " > ".join(steps)
    return program


def points(rng):
    """A place where no operation has a kink."""
    return np.random.default_rng(rng).uniform(-1, 1, SIZE)
