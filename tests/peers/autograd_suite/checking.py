"""Derivatives held against central differences, to the order asked for: what `check_grads` stands for."""

from itertools import product
from typing import Any

import numpy as np

import dezero
from dezero import Variable

STEP, RTOL = 1e-6, 1e-5
_depth = [0]


def within(f: Any) -> Any:
    """f, during whose calls `nested` is true: a transform in it keeps its result a Variable."""

    def call(*args: Any, **kwargs: Any) -> Any:
        _depth[0] += 1
        try:
            return f(*args, **kwargs)
        finally:
            _depth[0] -= 1

    return call


def nested() -> bool:
    return bool(_depth[0])


def leaves(tree: Any) -> list[Any]:
    if isinstance(tree, dict):
        return [leaf for key in sorted(tree, key=str) for leaf in leaves(tree[key])]
    return [leaf for part in tree for leaf in leaves(part)] if isinstance(tree, list | tuple) else [tree]


def rebuilt(tree: Any, flat: Any) -> Any:
    if isinstance(tree, dict):
        parts = {key: rebuilt(tree[key], flat) for key in sorted(tree, key=str)}
        return {key: parts[key] for key in tree}
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*[rebuilt(part, flat) for part in tree])
    return type(tree)([rebuilt(part, flat) for part in tree]) if isinstance(tree, list | tuple) else next(flat)


def of_leaves(f: Any, args: Any) -> Any:
    """The function of a structure as one of its leaves, with the leaves of its result as a tuple."""

    def flat(*xs: Any) -> Any:
        ys = leaves(within(f)(*rebuilt(tuple(args), iter(xs))))
        return tuple([y if isinstance(y, Variable) else Variable(np.asarray(y)) for y in ys])

    return flat


def number(x: Any) -> Any:
    x = np.asarray(x.data if isinstance(x, Variable) else x)
    return x if x.dtype.kind in "fc" else x.astype(float)


def random_like(x: Any) -> Any:
    v = np.random.standard_normal(x.shape)
    v = v + 1j * np.random.standard_normal(x.shape) if x.dtype.kind == "c" else v
    return np.asarray(v).astype(x.dtype)


def inner(a: Any, b: Any) -> float:
    return sum([float(np.real(np.vdot(x, y))) for x, y in zip(a, b, strict=True)])


def values(f: Any, xs: Any) -> list[Any]:
    return [y.data for y in f(*[Variable(np.asarray(x)) for x in xs])]


def check(f: Any, xs: Any, modes: Any, order: int) -> None:
    """Forward and reverse mode of f, a function of arrays with a tuple of Variables, and of its derivatives."""
    vs = [random_like(x) for x in xs]
    ahead = values(f, [x + STEP * v for x, v in zip(xs, vs, strict=True)])
    behind = values(f, [x - STEP * v for x, v in zip(xs, vs, strict=True)])
    slopes = [(a - b) / (2 * STEP) for a, b in zip(ahead, behind, strict=True)]
    ws = [random_like(np.asarray(y)) for y in slopes]
    numeric, scale = inner(ws, slopes), 1 + inner(map(abs, ws), map(abs, slopes))
    n = len(xs)
    if "fwd" in modes:
        tangents = dezero.jvp(f, tuple(xs), tuple(vs))[1]
        assert abs(inner(ws, [t.data for t in tangents]) - numeric) <= RTOL * scale, "jvp"
        if order > 1:
            check(lambda *a: dezero.jvp(f, tuple(a[:n]), tuple(a[n:]))[1], xs + vs, modes, order - 1)
    if "rev" in modes:
        cotangents = dezero.vjp(f, *xs)[1](tuple([Variable(np.asarray(w)) for w in ws]))
        assert abs(inner([c.data for c in cotangents], vs) - numeric) <= RTOL * scale, "vjp"
        if order > 1:
            check(lambda *a: dezero.vjp(f, *a[:n])[1](tuple(a[n:])), xs + ws, modes, order - 1)


def check_grads(f: Any, argnum: Any = 0, modes: Any = ("fwd", "rev"), order: int = 2) -> Any:
    places = list(argnum) if isinstance(argnum, tuple | list) else [argnum]

    def checked(*args: Any, **kwargs: Any) -> None:
        def chosen(*xs: Any) -> Any:
            full = list(args)
            for place, x in zip(places, xs, strict=True):
                full[place] = x
            return f(*full, **kwargs)

        start = [args[place] for place in places]
        check(of_leaves(chosen, start), [number(x) for x in leaves(start)], modes, order)

    return checked


def combo_check(f: Any, *args: Any, **kwargs: Any) -> Any:
    """Checks f at every combination of the arguments, each given as a list of what it may be."""

    def checked(*choices: Any, **options: Any) -> None:
        for chosen in product(*choices):
            for picked in product(*options.values()):
                check_grads(f, *args, **kwargs)(*chosen, **dict(zip(options, picked, strict=True)))

    return checked


def scalar_close(a: Any, b: Any) -> bool:
    return abs(a - b) < 1e-6 or abs(a - b) / abs(a + b) < 1e-6


def check_equivalent(x: Any, y: Any) -> None:
    for a, b in zip(leaves(x), leaves(y), strict=True):
        np.testing.assert_allclose(number(a), number(b), rtol=1e-6, atol=1e-6)
