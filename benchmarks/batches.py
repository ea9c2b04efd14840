"""Rows: functions of one example mapped over many, beside the form that people batch by hand."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import dezero
import dezero.functions as F
from benchmarks import peers
from benchmarks.derivatives import see_array
from benchmarks.rows import Case, Finding, Profile, Row, Section
from dezero import Variable, gradients

SHAPES = ((64, 80), (80,), (80, 60), (60,), (60, 1), (1,))  # 10,121 weights
SMALL = ((5, 16), (16,), (16, 16), (16,), (16, 1), (1,))
SINE = ((1, 40), (40,), (40, 40), (40,), (40, 1), (1,))  # C. Finn et al., Model-Agnostic Meta-Learning (2017)
TASKS, STEPS, RATE = 10, 5, 0.01


@functools.cache
def weights(shapes: Sequence[tuple[int, ...]]) -> list[np.ndarray]:
    """Return weights of a network with these shapes."""
    rng = np.random.default_rng(0)
    return [rng.normal(size=shape) / np.sqrt(shape[0]) for shape in shapes]


@functools.cache
def samples(count: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return so many inputs, and a number for each."""
    rng = np.random.default_rng(1)
    return rng.normal(size=(count, size)), rng.normal(size=count)


def network(m: Any, p: Any, x: Any) -> Any:
    """Return the network's result, written once for every library; m: where it has tanh."""
    h = m.tanh(x @ p[0] + p[1])
    return m.tanh(h @ p[2] + p[3]) @ p[4] + p[5]


def square_loss(m: Any, p: Any, x: Any, y: Any) -> Any:
    """Return the mean square of what the network misses."""
    return ((network(m, p, x) - y) ** 2).mean()


def _see(arrays: Sequence[Any]) -> Finding:
    return see_array(np.concatenate([np.ravel(getattr(a, "data", a)) for a in arrays]))


def _see_torch(tensors: Sequence[Any]) -> Finding:
    return _see([t.detach().numpy() for t in tensors])


# -- the gradient of each sample -------------------------------------------------------------------------------


def per_sample(count: int) -> list[np.ndarray]:
    """Return the gradients of each sample's loss, by the formula and einsum in NumPy."""
    p, (x, y) = weights(SHAPES), samples(count, 64)
    h1 = np.tanh(x @ p[0] + p[1])
    h2 = np.tanh(h1 @ p[2] + p[3])
    r = 2 * (h2 @ p[4] + p[5] - y[:, None])
    d2 = (r @ p[4].T) * (1 - h2 * h2)
    d1 = (d2 @ p[2].T) * (1 - h1 * h1)
    pairs = ((x, d1), (h1, d2), (h2, r))
    return [g for a, b in pairs for g in (np.einsum("ni,nj->nij", a, b), b)]


def _by_einsum(count: int) -> Callable[[], object]:
    p, (x, y) = weights(SHAPES), samples(count, 64)

    def run() -> object:
        z1 = Variable(x) @ p[0] + p[1]
        z2 = (h1 := F.tanh(z1)) @ p[2] + p[3]
        z3 = (h2 := F.tanh(z2)) @ p[4] + p[5]
        slopes = gradients(F.sum((z3 - y[:, None]) ** 2), (z1, z2, z3))
        pairs = zip((x, h1.data, h2.data), [d.data for d in slopes], strict=True)
        return [g for a, d in pairs for g in (np.einsum("ni,nj->nij", a, d), d)]

    return run


def _per_sample(count: int) -> Callable[[], object]:
    slopes = dezero.vmap(dezero.grad(functools.partial(square_loss, F)), (None, 0, 0), fallback="error")
    return lambda: slopes(weights(SHAPES), *samples(count, 64))


def _per_sample_torch(count: int) -> Callable[[], object]:
    torch = peers.torch()
    p, (x, y) = tuple(map(torch.tensor, weights(SHAPES))), map(torch.tensor, samples(count, 64))
    slopes = torch.func.vmap(torch.func.grad(functools.partial(square_loss, torch)), (None, 0, 0))
    return lambda: slopes(p, x, y)


# -- the Hessian of each row -----------------------------------------------------------------------------------


def hessians(count: int) -> np.ndarray:
    """Return the Hessians of the network at each row, (N, 5, 5), by the formula in NumPy."""
    p, (x, _) = weights(SMALL), samples(count, 5)
    h1 = np.tanh(x @ p[0] + p[1])
    h2 = np.tanh(h1 @ p[2] + p[3])
    first = p[0] * (1 - h1 * h1)[:, None]
    second = (first @ p[2]) * 1.0
    slope = p[4][:, 0] * (1 - h2 * h2)
    bend = (slope @ p[2].T) * -2 * h1 / (1 - h1 * h1)
    inner = np.einsum("nik,nk,njk->nij", first, bend, first)
    return inner + np.einsum("nik,nk,njk->nij", second, slope * -2 * h2, second)


def _by_gradients(count: int) -> Callable[[], object]:
    p, (x, _) = weights(SMALL), samples(count, 5)

    def run() -> object:
        rows = Variable(x)
        (g,) = gradients(F.sum(network(F, p, rows)), rows, create_graph=True)
        return [np.stack([gradients(g[:, i], rows)[0].data for i in range(5)], axis=1)]

    return run


def _hessians(count: int) -> Callable[[], object]:
    p, (x, _) = weights(SMALL), samples(count, 5)
    hessian = dezero.vmap(dezero.hessian(lambda x: network(F, p, x).sum()), fallback="error")
    return lambda: [hessian(x)]


def _hessians_torch(count: int) -> Callable[[], object]:
    torch = peers.torch()
    p, (x, _) = [torch.tensor(w) for w in weights(SMALL)], map(torch.tensor, samples(count, 5))
    hessian = torch.func.vmap(torch.func.hessian(lambda x: network(torch, p, x).sum()))
    return lambda: [hessian(x)]


# -- gradients through gradient descent ------------------------------------------------------------------------


@functools.cache
def tasks(count: int) -> list[np.ndarray]:
    """Return sine waves of different heights and phases: for each 10 points to learn from, and 10 to be tested on."""
    rng = np.random.default_rng(2)
    height, phase = rng.uniform(0.1, 5, (count, 1, 1)), rng.uniform(0, np.pi, (count, 1, 1))
    x, tested = rng.uniform(-5, 5, (2, count, 10, 1))
    return [x, height * np.sin(x + phase), tested, height * np.sin(tested + phase)]


def learned(m: Any, slopes: Callable[..., Any], p: Any, x: Any, y: Any, tested: Any, wanted: Any) -> Any:
    """Return the loss that is left after some steps of gradient descent; slopes: the gradient of the loss."""
    for _ in range(STEPS):
        p = [w - RATE * g for w, g in zip(p, slopes(p, x, y), strict=True)]
    return square_loss(m, p, tested, wanted)


def _slopes(p: Any, x: Any, y: Any) -> Any:
    return gradients(square_loss(F, p, x, y), p, create_graph=True)


def _learned(count: int, mapped: bool) -> Callable[[], object]:
    task = functools.partial(learned, F, _slopes)
    over_tasks = dezero.vmap(task, (None, 0, 0, 0, 0), fallback="error")

    def run() -> object:
        p, data = [Variable(w) for w in weights(SINE)], tasks(count)
        losses = over_tasks(p, *data) if mapped else [task(p, *[Variable(a[i]) for a in data]) for i in range(count)]
        return gradients(sum(losses) if isinstance(losses, list) else F.sum(losses), p)

    return run


def _learned_torch(count: int) -> Callable[[], object]:
    torch = peers.torch()
    data = [torch.tensor(a) for a in tasks(count)]

    def slopes(p: Any, x: Any, y: Any) -> Any:
        return torch.autograd.grad(square_loss(torch, p, x, y), p, create_graph=True)

    def run() -> object:
        p = [torch.tensor(w, requires_grad=True) for w in weights(SINE)]
        return torch.autograd.grad(sum(learned(torch, slopes, p, *[a[i] for a in data]) for i in range(count)), p)

    return run


def _learned_func(count: int) -> Callable[[], object]:
    torch = peers.torch()
    data, p = [torch.tensor(a) for a in tasks(count)], [torch.tensor(w) for w in weights(SINE)]
    slopes = torch.func.grad(functools.partial(square_loss, torch))
    over_tasks = torch.func.vmap(functools.partial(learned, torch, slopes), (None, 0, 0, 0, 0))
    return lambda: torch.func.grad(lambda p: over_tasks(p, *data).sum())(p)


def _row(key: str, name: str, reference: Callable[[], object], cases: dict[str, Case]) -> Row:
    return Row(
        key=f"batches/{key}",
        name=name,
        cases=cases,
        reference=lambda: _see(reference()).value,  # type: ignore[arg-type]
        tolerance=1e-9,
    )


def section(profile: Profile) -> Section:
    """Return the rows: each mapped, and batched by hand."""
    many, rows, count = (256, 1000, TASKS) if profile.large else (3, 3, 2)

    def cases(ours: Callable[[], Any], theirs: Callable[[], Any]) -> dict[str, Case]:
        return {"DeZero": Case(ours, _see), "PyTorch": Case(theirs, _see_torch)}

    def of_samples(key: str, how: str, ours: Callable[[], Any]) -> Row:
        both = cases(ours, lambda: _per_sample_torch(many))
        return _row(f"per-sample{key}", f"gradients of {many} samples, {how}", lambda: per_sample(many), both)

    def of_rows(key: str, how: str, ours: Callable[[], Any]) -> Row:
        both = cases(ours, lambda: _hessians_torch(rows))
        return _row(f"hessian{key}", f"{rows:,} Hessians, {how}", lambda: [hessians(rows)], both)

    def of_tasks(key: str, how: str, ours: Callable[[], Any], theirs: Callable[[], Any]) -> Row:
        reference = _learned(count, mapped=False)
        return _row(f"maml{key}", f"{count} tasks, {how}", reference, cases(ours, theirs))

    return Section(
        "Functions of one example on many",
        "The gradient of each of many samples' losses, for a network 64-80-60-1 of 10,121 weights; the Hessian of a "
        "network 5-16-16-1 at each row; and the gradient of the loss that is left after five steps of gradient descent "
        "on sine waves (MAML), for a network 1-40-40-1. *mapped*: `vmap` of `grad`, `hessian` or the steps, of PyTorch "
        "`torch.func`'s; *by hand*: batched by whoever wrote it, with `gradients` and einsum, beside PyTorch "
        "mapped; *in a loop*: one task after the other, of PyTorch by `torch.autograd.grad`.",
        (
            of_samples("", "mapped", lambda: _per_sample(many)),
            of_samples("/by-hand", "by hand", lambda: _by_einsum(many)),
            of_rows("", "mapped", lambda: _hessians(rows)),
            of_rows("/by-hand", "by hand", lambda: _by_gradients(rows)),
            of_tasks("", "mapped", lambda: _learned(count, True), lambda: _learned_func(count)),
            of_tasks("/loop", "in a loop", lambda: _learned(count, False), lambda: _learned_torch(count)),
        ),
    )
