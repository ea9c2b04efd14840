"""The operations of random programs, by kind. Each text reads the same with this library's F and T and with JAX's."""

from __future__ import annotations

from tests.programs.operation import (
    Operation,
    alike,
    anything,
    apart,
    axes,
    between,
    broadcast,
    full_rank,
    into,
    listed,
    long,
    long_rows,
    matrices,
    matrix,
    nowhere,
    off,
    off_multiples,
    separated,
    small,
    spread,
    square,
    tall,
    vector,
    wide,
)

NUMBERS = listed(
    """{a} + {k}|{k} + {a}|{a} - {k}|{k} - {a}|{a} * {k}|{k} * {a}|{a} / {p}|{k} / (1.5 + {a} ** 2)|-{a}|+{a}|{a} + 0
    {a} * 1|1 * {a}|{a} + {z}|{z} * {a}|{z} - {a}|{v} * {a}|{a} * {v}|{v} - {a}|{v} / (2 + F.sin({a}))|{a} + {v}
    np.float64({k}) * {a}|F.add({a}, 1)|F.multiply({v}, {a})|F.subtract({k}, {a})|F.divide({a}, {p})|0 - {a}
    {a} ** 2|{a} ** 3|{a} ** 4 / 5|{a} ** 1|{a} ** 0 * {a}|(2 + F.sin({a})) ** {k}|(1.5 + F.cos({a})) ** -2|{p} ** {a}
    (2 + F.sin({a})) ** 0.5|(2 + F.sin({a})) ** -1.0|{a} ** 2.0|F.power({a}, 2)|(-1) * {a}|{a} - {a} * 0.5
    2 * {a} - {a}
    F.square({a}) + {a} * {a}|{a} * F.sin({a}) / (1 + {a} ** 2)|1 - {a} * {v}|{a} * 2 * 0.5"""
) + listed(["{a} + {r}", "{r} * {a}", "{a} - {r}"], axes)

_AT_ZERO = {"softsign", "i0e", "i1e"}  # whose higher derivatives jump at 0
SMOOTH = [
    Operation(f"F.{name}({{a}})", anything, off(0) if name in _AT_ZERO else nowhere)
    for name in """sin cos tanh exp exp2 expm1 sinh cosh arctan arcsinh square sigmoid expit softplus silu mish gelu
    log_sigmoid softsign tanhshrink erf erfc erfcx log_ndtr ndtr dawsn sinc i0 i0e i1 i1e j0 j1 radians negative
    positive""".split()  # noqa: SIM905 -- a line a name would fill the page
]
SMOOTH += listed(
    [
        "F.gelu({a}, 'tanh')",
        "F.degrees({a} * 0.02)",
        "F.log({a} ** 2 + {p})",
        "F.log2(2 + F.sin({a}))",
        "F.log10({p} + {a} * {a})",
        "F.log1p(F.exp({a}))",
        "F.sqrt(1 + {a} ** 2)",
        "F.reciprocal(2.2 + F.cos({a}))",
        "F.cbrt(1.5 + F.sin({a}))",
        "F.tan(0.6 * F.sin({a}))",
        "F.arcsin(0.8 * F.tanh({a}))",
        "F.arccos(0.8 * F.sin({a}))",
        "F.arccosh(1.5 + {a} ** 2)",
        "F.arctanh(0.7 * F.sin({a}))",
        "F.logit(0.5 + 0.4 * F.tanh({a}))",
        "F.erfinv(0.8 * F.sin({a}))",
        "F.erfcinv(1 + 0.7 * F.sin({a}))",
        "F.ndtri(0.5 + 0.4 * F.tanh({a}))",
        "F.gamma(1.6 + 0.9 * F.sin({a}))",
        "F.gammaln(1.6 + F.sin({a}))",
        "F.digamma(1.6 + F.sin({a}))",
        "F.polygamma(1, 1.8 + F.sin({a}))",
        "F.zeta({p} + 1.5, 1.5 + F.sin({a}))",
        "F.exp1(1.5 + F.sin({a}))",
        "F.expi(1.5 + F.sin({a}))",
        "F.spence(1.6 + F.sin({a}))",
        "F.sici({a})[0]",
        "F.sici(2 + F.sin({a}))[1]",
        "F.fresnel({a})[0]",
        "F.fresnel({a})[1]",
        "F.lambertw(1 + {a} ** 2)",
        "F.k0(1.6 + F.sin({a}))",
        "F.k1(1.6 + F.sin({a}))",
        "F.y0(1.8 + F.sin({a}))",
        "F.y1(1.8 + F.sin({a}))",
        "F.jn(2, {a})",
        "F.iv(1.5, 2 + F.sin({a}))",
        "F.jv(2.5, 2 + F.sin({a}))",
        "F.entr({p} + {a} ** 2)",
        "F.gammainc({p}, {a} ** 2 + {p})",
        "F.gammaincc({p}, {a} ** 2 + {p})",
        "F.betainc({p}, {p}, 0.5 + 0.4 * F.sin({a}))",
        "F.ldexp({a}, 1)",
        "F.real(F.exp(1j * {a}))",
        "F.imag(F.sin({a} + 0.5j * {a}))",
        "F.angle({a} + 3 + 1j * {a} ** 2)",
        "F.modulus({a} + 2j)",
    ]
)

KINKED = [
    *listed(["F.abs({a})", "F.fabs({a})", "F.relu({a})", "F.elu({a})", "F.celu({a})", "F.selu({a})"], gap=off(0)),
    *listed(["F.leaky_relu({a})", "F.sign({a}) * {a} ** 2", "F.heaviside({a}, 0.5) * {a}"], gap=off(0)),
    *listed(["F.where({a} > 0, F.sin({a}), {a} ** 2)", "F.piecewise({a}, [{a} < 0], [F.sin, F.cos])"], gap=off(0)),
    *listed(["F.select([{a} < 0.3, {a} > 0.3], [{a} ** 2, F.exp({a})])"], gap=off(0.3)),
    *listed(["F.relu6(3 * {a})"], gap=off(0, 2)),
    *listed(["F.hardtanh({a})"], gap=off(-1, 1)),
    *listed(["F.hardsigmoid(2 * {a})", "F.hardswish(2 * {a})"], gap=off(-1.5, 1.5)),
    *listed(["F.hardshrink({a})", "F.softshrink({a})"], gap=off(-0.5, 0.5)),
    *listed(["F.clip({a}, -0.5, 0.8)", "{a}.clip(-0.5, 0.8)"], gap=off(-0.5, 0.8)),
    *listed(["F.maximum({a}, 0.1)", "F.minimum(0.1, {a})", "F.fmax({a}, 0.1)", "F.fmin({a}, 0.1)"], gap=off(0.1)),
    *listed(
        ["F.remainder({a}, 0.9)", "{a} % 0.9", "F.fmod({a}, 0.9)", "F.floor({a} / 0.9) * {a}"], gap=off_multiples(0.9)
    ),
    *listed(["F.ceil({a}) + {a}", "F.trunc({a}) * {a}", "F.modf({a})[0]", "{a} // 1 + {a}"], gap=off_multiples(1)),
    *listed(["F.round(2 * {a}) * {a}", "F.rint(2 * {a}) - {a}"], gap=off_multiples(0.25)),
    *listed(["F.interp({a}, np.array([-1.5, 0.0, 1.5]), np.array([0.5, -1.0, 2.0]))"], gap=off(-1.5, 0, 1.5)),
    *listed(["F.huber_loss({a}, np.zeros({S}))"], gap=off(-1, 1)),
]

TWO = [
    *listed(
        """{a} + {b}|{a} - {b}|{a} * {b}|{a} / (2 + F.cos({b}))|(1.5 + F.sin({a})) ** {b}|F.hypot({a}, {b} + 4)
        F.arctan2({a}, 2.2 + F.sin({b}))|F.logaddexp({a}, {b})|F.logaddexp2({a}, {b})|F.xlogy({a}, 1.6 + F.sin({b}))
        F.xlog1py({a}, {b} ** 2)|F.beta(1.6 + F.sin({a}), 2 + F.cos({b}))|F.betaln(1.6 + F.sin({a}), 2 + F.cos({b}))
        F.rel_entr(1.6 + F.sin({a}), 1.6 + F.cos({b}))|F.float_power(1.6 + F.sin({a}), {b})|{a} * {b} + {b} * {a}
        ({a} - {b}) ** 2|F.exp({a} - F.tanh({b}))|{a} * F.sin({b}) - F.sin({a}) * {b}""",
        broadcast,
    ),
    *listed(
        """F.maximum({a}, {b})|F.minimum({a}, {b})|F.fmax({a}, {b})|F.fmin({a}, {b})|F.where({a} > {b}, {a}, {b} ** 2)
        F.where({a} < {b}, {k}, {a} * {b})|F.maximum({a}, {b}) + F.minimum({a}, {b})""",
        broadcast,
        between,
    ),
    *listed(["F.copysign({a} ** 2 + 1, {b})", "F.prelu({b}, {a})"], broadcast, lambda a, b: off(0)(b)),
    *listed(["F.broadcast_arrays({a}, {b})[0]"], broadcast),
    *listed(["F.mean_squared_error({a}, {b})"], alike),
    *listed(["F.append({a}, {b})", "F.outer({a}, {b})", "F.kron({a}, {b})"]),
    *listed(["F.meshgrid(F.ravel({a}), F.ravel({b}))[0]", "F.convolve(F.ravel({a}), F.ravel({b}))"]),
    *listed(["F.concatenate([F.ravel({a}), F.ravel({b})])", "F.hstack([F.ravel({a}), F.ravel({b})])"]),
]

REDUCING = [
    *listed(
        """F.sum({a})|F.sum({a}, axis=-1)|F.sum({a}, axis=0, keepdims=True)|{a}.sum()|{a}.sum(axis=0)|F.mean({a})
        F.mean({a}, axis=-1, keepdims=True)|{a}.mean(axis=0)|F.prod({a})|F.prod({a}, axis=-1)|F.logsumexp({a})
        F.logsumexp({a}, axis=-1)|F.softmax({a}, axis=-1)|F.log_softmax({a}, axis=0)|F.softmax({a}, axis=0)
        F.nansum({a})
        F.nanmean({a}, axis=-1)|F.cumsum({a}, axis=-1)|F.cumprod({a}, axis=0)|F.logcumsumexp({a}, axis=-1)
        F.ptp({a}, axis=-1)
        F.average({a}, axis=-1, weights={q})|F.cumsum({a})|F.cumprod({a})|F.max({a}, axis=-1)|F.min({a})
        F.amax({a}, axis=0)
        F.nanmax({a})|F.median({a})|F.quantile({a}, 0.3)|F.percentile({a}, 70, axis=-1)|F.cummax({a}, axis=-1)
        F.cummin({a}, axis=0)|F.sort({a}, axis=-1)|F.sort({a}, axis=0)|F.partition({a}, 0)[..., 0]|F.top_k({a}, 1)[0]
        {a}.max()|F.max({a}, axis=0, keepdims=True) - {a}|F.nanprod({a}, axis=0)|F.sum({a} * {a}, axis=-1)""",
        axes,
        apart,
    ),
    *listed(["F.var({a})", "F.var({a}, axis=-1)", "F.var({a}, axis=0)"], axes),
    *listed(["F.std({a}, axis=-1)", "F.std({a}, axis=-1, ddof=1)"], long, spread),
    *listed(["F.norm({a}, axis=-1)", "F.norm(F.ravel({a}))"], axes, long_rows),
    *listed(["F.norm({a}, 3, axis=-1)"], axes, off(0)),
    *listed(
        [
            "F.trapezoid({a}, axis=-1)",
            "F.diff({a})",
            "F.gradient({a}, axis=-1)",
            "F.ediff1d({a})",
            "F.diff({a}, axis=-1)",
        ],
        long,
    ),
]

MOVING = [
    *listed(
        """F.reshape({a}, -1)|F.ravel({a})|{a}.T|F.transpose({a})|F.expand_dims({a}, 0)|{a}[None]|{a}[..., None]
        F.squeeze(F.expand_dims({a}, -1))|F.broadcast_to({a}, (2, *{S}))|F.flip({a})|F.roll({a}, 1)|F.tile({a}, 2)
        F.repeat({a}, 2)|F.pad({a}, 1)|F.resize({a}, (2, 2))|F.atleast_2d({a})|F.stack([{a}, F.sin({a})])
        F.flatten({a})
        F.stack([{a}, {a}], axis=-1)|{a}[...]|{a}[()]|F.atleast_1d({a})|{a}.reshape(-1)""",
    ),
    *listed(
        """F.swapaxes({a}, 0, -1)|F.moveaxis({a}, 0, -1)|F.flip({a}, axis=0)|F.roll({a}, 1, axis=-1)
        F.tile({a}, (2, 1))
        F.repeat({a}, 2, axis=0)|F.pad({a}, 1, 'edge')|{a}[{i}]|{a}[-1]|{a}[::-1]|{a}[..., {j}]|{a}[[0, -1, 0]]
        {a}[..., np.array([0, 0])]|{a}[{mask}]|F.take({a}, np.array([0, {j}]), axis=-1)
        F.take_along_axis({a}, {idx}, axis=-1)
        F.index_add({a}, 0, {k})|F.index_add({a}, [0, 0], {a}[:1] * 2)|F.index_update({a}, {i}, F.sin({a}[0]))
        F.index_update({a}, {i}, {k})|F.vstack([{a}, {a} * {k}])|F.dstack([{a}, {a}])|F.split({a}, {N}, axis=0)[0]
        F.unstack({a})[-1]|F.array_split({a}, 2)[0]|F.block([{a}, {a} * {k}])|{a}[{i}, ...]|F.delete({a}, [], axis=0)
        F.insert({a}, 0, {k}, axis=0)|F.compress({mask}, {a}, axis=0)
        {a}[:, None]|{a}[{i}:{i} + 1]|F.extract({mask1}, {a})|F.concatenate([{a}, {a}], axis=-1)
        F.rollaxis({a}, 0)""",
        axes,
    ),
    *listed(["{a}[..., 1:]", "{a}[..., ::2]", "{a}[..., :-1] * {a}[..., 1:]"], long),
    *listed(["{a}[1:]", "F.delete({a}, 0, axis=0)", "F.column_stack([F.ravel({a}), F.ravel({a}) ** 2])"], tall),
    *listed(["F.pad({a}, 1, 'reflect')", "F.pad({a}, 1, 'wrap')", "F.pad({a}, ((1, 0),) * {D})"], wide),
    *listed(
        """F.diagonal({a})|F.tril({a})|F.triu({a})|F.trace({a})|F.rot90({a})|F.fliplr({a})|{a}[:, 0]|F.diag({a})
        F.embed_id(np.array([0, 0, {i}]), {a})|F.flipud({a})|{a}.transpose(1, 0)|{a}[{i}, {j}]
        F.column_stack([{a}, {a}])""",
        matrix,
    ),
    *listed(["F.diag({a})", "F.diagflat({a})", "F.insert({a}, 0, {k})"], vector),
    *listed(["F.glu({a})", "F.hsplit({a}, 2)[0]"], lambda a: a.ndim == 2 and a.shape[-1] % 2 == 0),
    *listed(
        ["F.real(F.fft({a}))", "F.imag(F.fft({a}))", "F.irfft(F.rfft({a}) ** 2, n={n})", "F.real(F.ifft({a}))"], long
    ),
    *listed(["F.real(F.fft(F.exp(1j * {a})))"], long),
]


def _contract(a, b):
    return a.ndim >= 1 and b.ndim >= 1 and a.shape[-1] == b.shape[-2 if b.ndim > 1 else 0]


PRODUCTS = [
    *listed(["{a} @ {b}", "F.matmul({a}, {b})"], _contract),
    *listed(["F.dot({a}, {b})"], lambda a, b: _contract(a, b) and max(a.ndim, b.ndim) <= 2),
    *listed(["{a} @ {m}", "{m}.T @ {a}[..., None]", "F.tensordot({a}, {m}, axes=1)"], axes),
    *listed(["{l} @ {a}"], lambda a: a.ndim in (1, 2)),
    *listed(["F.inner({a}, {b})"], lambda a, b: a.ndim >= 1 and b.ndim >= 1 and a.shape[-1] == b.shape[-1]),
    *listed(["F.vdot({a}, {b})"], lambda a, b: a.size == b.size),
    *listed(["F.dot(F.ravel({a}), F.ravel({a}))", "F.correlate(F.ravel({a}), np.array([1.0, -0.5]))"], wide),
    *listed(["F.cross({a}, {b})"], lambda a, b: a.shape == b.shape == (3,)),
    *listed(
        ["F.cosine_similarity({a}, {b})"],
        lambda a, b: matrices(a, b) and alike(a, b),
        lambda a, b: min(long_rows(a), long_rows(b)),
    ),
    *listed(["F.einsum('ij,kj->ik', {a}, {b})"], lambda a, b: matrices(a, b) and a.shape[1] == b.shape[1]),
    *listed(["F.einsum('ij,ij->i', {a}, {b})"], lambda a, b: matrices(a, b) and alike(a, b)),
    *listed(["F.einsum('...i,...i->...', {a}, {b})"], lambda a, b: a.ndim >= 1 and alike(a, b)),
    *listed(["F.einsum('i,j->ij', F.ravel({a}), F.ravel({b}))"]),
    *listed(
        ["F.einsum('ij,jk,lk->il', {a}, {m}, {m})", "F.multi_dot([{a}, {m}, {m}.T])", "F.einsum('ij->ji', {a})"], matrix
    ),
    *listed(["F.linear({a}, {m}, np.array([0.3, -0.7]))", "F.einsum('ij,ik->jk', {a}, {a})", "{a} @ {a}.T"], matrix),
    *listed(["F.einsum('ii->i', {a})", "F.matrix_power({a}, 3)", "{a} @ {a} @ {a}", "F.einsum('ii', {a})"], square),
]

_SQUARED = lambda a: a.ndim == 2 and len(a) <= 3  # noqa: E731 -- read beside the texts
LINEAR_ALGEBRA = [
    *listed(
        """F.inv({A})|F.det({A})|F.slogdet({A})[1]|F.solve({A}, {a})|F.cholesky({A})|F.qr({A})[1]|F.pinv({A})
        F.expm({A} * 0.3)
        F.logm({A})|F.sqrtm({A})|F.solve_triangular({A}, {a}, lower=True)|F.matrix_power({A}, -1)|F.qr({A})[0]
        F.lstsq({A}, {a})[0]|F.solve({A}, {a} ** 2)""",
        _SQUARED,
    ),
    *listed(
        ["F.eigvalsh({A})", "F.eigh({A})[0]", "F.eigh({A})[1] ** 2", "F.svd({A})[1]", "F.svd({A})[0] ** 2"],
        _SQUARED,
        separated,
    ),
    *listed(["F.expm({a} * 0.5)", "F.det({a})"], square),
    *listed(
        ["F.pinv({a})", "F.svd({a}, full_matrices=False)[1]"], lambda a: a.ndim == 2 and max(a.shape) <= 3, full_rank
    ),
]

NETWORKS = [
    *listed(
        ["F.conv1d(F.ravel({a})[None, None], np.array([[[0.5, -1.2]]]), pad=1)", "F.layer_norm({a}[None] ** 2 + {v})"],
        long,
    ),
    *listed(["F.conv2d({a}[None, None], np.array([[[[0.5, -1.2], [0.8, 0.3]]]]), pad=1)"], matrix),
    *listed(
        ["F.conv2d({a}[None, None], F.sin({b})[None, None], pad=2)"], lambda a, b: matrices(a, b) and max(b.shape) <= 3
    ),
    *listed(
        ["F.average_pooling({a}[None, None], 2)", "F.global_average_pooling({a}[None, None])"],
        lambda a: wide(a) and a.ndim == 2,
    ),
    *listed(["F.pooling({a}[None, None], 2)"], lambda a: wide(a) and a.ndim == 2, apart),
    *listed(["F.softmax_cross_entropy({a}, {labels})", "F.scaled_dot_product_attention({a}, {a}, F.sin({a}))"], matrix),
    *listed(["F.upsample({a}[None, None], 2)"], matrix),
    *listed(
        ["T.checkpoint(lambda u: F.sin(u) * {b})({a})", "T.checkpoint(lambda u, w: F.exp(u) + w ** 2)({a}, {b})"],
        broadcast,
    ),
]

NESTED = [
    *listed(
        [
            "T.grad(lambda u: F.sum(F.sin(u) * {v}))({a})",
            "T.grad(lambda u: F.sum(u + 1))({a}) * {a}",
            "T.vjp(lambda u: u + 1, {a})[1](F.cos({a}))[0]",
            "T.vjp(lambda u: F.sin(u), {a})[1](F.cos({a}))[0]",
            "T.vjp(lambda u: F.ravel(u), {a})[1](F.ravel(F.sin({a})))[0]",
            "T.jvp(lambda u: F.cumsum(u), ({a},), (F.exp({a}),))[1]",
            "T.value_and_grad(lambda u: F.sum(F.exp(u) * u))({a})[1]",
            "T.derivative(F.sin, 2)({a})",
            "T.derivative(lambda u: F.exp(u) / (1 + u ** 2), 1)({a})",
            "T.hvp(lambda u: F.sum(F.cos(u) * u), ({a},), ({a},))",
            "T.grad(lambda u: F.sum(T.grad(lambda w: F.sum(w ** 3 * u))({a})))({a})",
        ]
    ),
    *listed(
        [
            "T.grad(lambda u: F.sum(u ** 3 * {b}))({a})",
            "T.grad(lambda u: F.sum((u + 1) * {b}))({a})",
            "T.linearize(lambda u: F.tanh(u) * {b}, {a})[1]({a})",
            "T.grad(lambda u: F.sum(F.cos({a}) * u))({b}) * {a}",
        ],
        into,
    ),
    *listed(
        [
            "T.jvp(lambda u: F.exp(u) * {b}, ({a},), ({b},))[1]",
            "T.jvp(lambda u: u + 1, ({a},), ({b},))[1]",
            "T.jvp(lambda u: u * {b}, ({a},), ({b},))[1]",
            "T.vjp(lambda u: u + 1, {a})[1]({b})[0]",
            "T.vjp(lambda u: u * u, {a})[1]({b})[0]",
            "T.vjp(lambda u, w: u * w, {a}, {b})[1]({a})[1]",
            "T.jet(lambda u: F.exp(u) * {b}, ({a},), (({b}, {a}),))[1][1]",
        ],
        alike,
    ),
    *listed(
        [
            "T.jacfwd(lambda u: u * F.sum(u))({a})",
            "T.jacrev(lambda u: F.tanh(u) * F.sum(u))({a})",
            "T.hessian(lambda u: F.sum(F.cos(u) * {v}))({a})",
            "T.laplacian(lambda u: F.sum(F.sin(u) * u) * F.sum(u))(F.ravel({a}))",
            "T.jacobian(lambda u: F.exp(u) + {a})({a})",
        ],
        small,
    ),
    *listed(["T.gradients(F.sum({a} * F.sin({b})), {b}, create_graph=True)[0]"], broadcast),
    *listed(["T.gradients(F.sin({a}) + {a}, {a}, create_graph=True)[0]"]),
]

TABLE: dict[str, list[Operation]] = {
    "numbers": NUMBERS,
    "smooth": SMOOTH,
    "kinked": KINKED,
    "two": TWO,
    "reducing": REDUCING,
    "moving": MOVING,
    "products": PRODUCTS,
    "linear algebra": LINEAR_ALGEBRA,
    "networks": NETWORKS,
    "nested": NESTED,
}
