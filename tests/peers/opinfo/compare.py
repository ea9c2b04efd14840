"""One sample of PyTorch's through DeZero and through PyTorch: values, gradients, double gradients, forward mode."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field

import numpy as np
import torch

import dezero
from dezero import Variable, gradients
from tests.peers.opinfo.adapting import OutOfScope

DTYPES = {"float64": torch.float64, "float32": torch.float32, "complex128": torch.complex128}
# Of each number by itself, and of the largest in the array; a derivative of float32 is a sum of rounded products.
RTOL = {"float64": 1e-9, "complex128": 1e-9, "float32": 2e-3}
CLEAR = (TypeError, ValueError, IndexError, np.linalg.LinAlgError, dezero.UnsupportedOperation, ZeroDivisionError)


@dataclass
class Outcome:
    """What came of the samples of one operation in one dtype."""

    compared: int = 0
    levels: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def refuse(self, reason):
        self.refused[reason] = self.refused.get(reason, 0) + 1


def key_of(op):
    return f"{op.name}.{op.variant_test_name}" if op.variant_test_name else op.name


def array(t):
    return t.numpy(force=True).copy()


def dtype_of(t):
    return array(torch.empty((), dtype=t)).dtype


def walk(tree, change):
    if isinstance(tree, torch.Tensor):
        return change(tree)
    if isinstance(tree, list | tuple):
        return (
            type(tree)([walk(t, change) for t in tree])
            if type(tree) in (list, tuple)
            else tuple(walk(t, change) for t in tree)
        )
    if isinstance(tree, dict):
        return {k: walk(v, change) for k, v in tree.items()}
    return dtype_of(tree) if isinstance(tree, torch.dtype) else tree


def floating(ys):
    """The outputs that have derivatives, of a structure of results, in order."""
    if isinstance(ys, torch.Tensor):
        return [ys] if ys.is_floating_point() or ys.is_complex() else []
    if isinstance(ys, list | tuple):
        return [y for part in ys for y in floating(part)]
    return []


def outputs(ys):
    if isinstance(ys, Variable | np.ndarray | np.generic | bool | int | float):
        return [ys]
    return [y for part in ys for y in outputs(part)] if isinstance(ys, list | tuple) else []


def weights_like(shape, dtype, seed):
    rng = np.random.default_rng(seed)
    w = rng.uniform(0.5, 1.5, shape) * rng.choice([-1.0, 1.0], shape)
    if np.dtype(dtype).kind == "c":
        w = w + 1j * rng.uniform(-1, 1, shape)
    return np.asarray(w).astype(dtype)


def differs(ours, theirs, rtol):
    """What is wrong with the numbers, in words, or None."""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    if ours.shape != theirs.shape:
        return f"shape {ours.shape}, PyTorch {theirs.shape}"
    if ours.dtype.kind in "fc" and theirs.dtype.kind in "fc" and ours.dtype != theirs.dtype:
        return f"dtype {ours.dtype}, PyTorch {theirs.dtype}"
    if not ours.size:
        return None
    finite = np.isfinite(theirs)
    scale = np.abs(theirs[finite]).max() if finite.any() else 0.0
    close = np.isclose(ours, theirs, rtol=rtol, atol=rtol * (scale * 0.1 + 0.01), equal_nan=True)
    if close.all():
        return None
    at = np.unravel_index(np.argmax(~close), close.shape)
    return f"{(~close).sum()} of {close.size} differ; at {tuple(map(int, at))} {ours[at]!r}, PyTorch {theirs[at]!r}"


class Sample:
    """One sample with both sides ready: PyTorch's leaves, and our Variables in their places."""

    def __init__(self, op, sample, adapter):
        self.op, self.adapter = op, adapter
        self.tree = (sample.input, tuple(sample.args), dict(sample.kwargs))
        self.leaves = []
        walk(self.tree, lambda t: self.leaves.append(t) if isinstance(t, torch.Tensor) and t.requires_grad else None)
        self.start = [array(t) for t in self.leaves]

    def ours(self, *xs):
        given = iter(xs)

        def change(t):
            return next(given) if t.requires_grad else array(t)

        x, args, kwargs = walk(self.tree, change)
        if not self.leaves and isinstance(x, np.ndarray) and x.dtype.kind in "fc":
            x = Variable(x)
        try:
            inspect.signature(self.adapter).bind(x, *args, **kwargs)
        except TypeError as error:
            raise OutOfScope(f"arguments: {error}") from None
        except ValueError:
            pass
        found = self.adapter(x, *args, **kwargs)
        if isinstance(found, OutOfScope):
            raise found
        return outputs(found)

    def theirs(self):
        x, args, kwargs = self.tree
        if hasattr(self.adapter, "theirs"):
            return self.adapter.theirs(self.op, x, *args, **kwargs)
        return self.op(x, *args, **kwargs)


def compare(op, sample, adapter, rtol, outcome, tag):
    """Adds what came of this sample to the outcome."""
    case = Sample(op, sample, adapter)
    theirs = case.theirs()
    xs = [Variable(a) for a in case.start]
    try:
        ys = case.ours(*xs)
    except OutOfScope as reason:
        return outcome.refuse(str(reason))
    except CLEAR as error:
        return outcome.refuse(f"{type(error).__name__}: {str(error)[:160]}")
    plain = floating(theirs) if not all(isinstance(y, np.ndarray | np.generic | bool | int) for y in ys) else None
    if plain is None:
        flat = theirs if isinstance(theirs, list | tuple) else [theirs]
        plain = [t if isinstance(t, torch.Tensor) else torch.tensor(t) for t in flat]
    pairs = list(zip(ys, plain, strict=False))
    if not pairs:
        return outcome.refuse("no outputs to compare")
    for i, (y, t) in enumerate(pairs):
        wrong = differs(y.data if isinstance(y, Variable) else y, array(t), rtol)
        if wrong:
            outcome.faults.append(f"{tag}: value {i}: {wrong}")
            return None
    outcome.compared += 1
    case.live = [i for i, (y, t) in enumerate(pairs) if t.requires_grad and isinstance(y, Variable)]
    if case.leaves and case.live:
        orders(case, xs, [pairs[i] for i in case.live], outcome, tag, rtol)
    return None


def orders(case, xs, live, outcome, tag, rtol):
    """Gradient, double gradient in the arguments and in the cotangents, forward mode."""
    ys = [y for y, _ in live]
    ws = [Variable(weights_like(y.shape, y.dtype, 1 + i)) for i, y in enumerate(ys)]
    vs = [weights_like(x.shape, x.dtype, 101 + i) for i, x in enumerate(xs)]
    tw = [torch.tensor(w.data, requires_grad=True) for w in ws]
    try:
        tg = torch.autograd.grad([t for _, t in live], case.leaves, tw, create_graph=True, allow_unused=True)
    except (RuntimeError, NotImplementedError) as error:
        return outcome.refuse(f"PyTorch has no gradient: {str(error)[:60]}")
    tg = [torch.zeros_like(x) if g is None else g for g, x in zip(tg, case.leaves, strict=True)]
    try:
        raw = gradients(ys, xs, grad_outputs=ws)
        gs = gradients(ys, xs, grad_outputs=ws, create_graph=True)
    except (*CLEAR, dezero.GraphError) as error:
        return outcome.faults.append(f"{tag}: gradient raises {type(error).__name__}: {error}")
    for kind, found in (("gradient", raw), ("recorded gradient", gs)):
        for i, (g, t) in enumerate(zip(found, tg, strict=True)):
            wrong = differs(g.data, array(t), rtol)
            if wrong:
                outcome.faults.append(f"{tag}: {kind} {i}: {wrong}")
    outcome.levels["gradient"] = outcome.levels.get("gradient", 0) + 1
    second(case, xs, ws, vs, gs, tg, tw, outcome, tag, rtol * 10)
    return None


def second(case, xs, ws, vs, gs, tg, tw, outcome, tag, rtol):
    used = [i for i, t in enumerate(tg) if t.requires_grad]
    if not used:
        return None
    try:
        th = torch.autograd.grad(
            [tg[i] for i in used], [*case.leaves, *tw], [torch.tensor(vs[i]) for i in used], allow_unused=True
        )
    except (RuntimeError, NotImplementedError) as error:
        return outcome.refuse(f"PyTorch has no double gradient: {str(error)[:60]}")
    th = [
        np.zeros(x.shape, array(x).dtype) if h is None else array(h)
        for h, x in zip(th, [*case.leaves, *tw], strict=True)
    ]
    try:
        hs = gradients(gs, [*xs, *ws], grad_outputs=vs)
    except (*CLEAR, dezero.GraphError) as error:
        return outcome.faults.append(f"{tag}: double gradient raises {type(error).__name__}: {error}")
    for i, (h, t) in enumerate(zip(hs, th, strict=True)):
        wrong = differs(h.data, t, rtol)
        if wrong:
            name = f"double gradient {i}" if i < len(xs) else f"double gradient in cotangent {i - len(xs)}"
            outcome.faults.append(f"{tag}: {name}: {wrong}")
    outcome.levels["double gradient"] = outcome.levels.get("double gradient", 0) + 1
    forward(case, vs, list(th[len(xs) :]), outcome, tag, rtol)
    return None


def forward(case, vs, along, outcome, tag, rtol):
    def f(*xs):
        found = case.ours(*xs)
        return tuple([found[i] for i in case.live])

    try:
        _, tangents = dezero.jvp(f, tuple(case.start), tuple(vs))
    except (*CLEAR, dezero.GraphError) as error:
        outcome.faults.append(f"{tag}: jvp raises {type(error).__name__}: {error}")
        return
    for i, (y, t) in enumerate(zip(tangents, along, strict=True)):
        wrong = differs(y.data, t, rtol)
        if wrong:
            outcome.faults.append(f"{tag}: jvp {i}: {wrong}")
    outcome.levels["jvp"] = outcome.levels.get("jvp", 0) + 1


def run(op, adapter, dtype, looser=0.0):
    """All samples of an operation in a dtype; looser is the precision that PyTorch's own result has, if less."""
    outcome = Outcome()
    torch.manual_seed(0)
    np.random.seed(0)
    samples = op.sample_inputs("cpu", DTYPES[dtype], requires_grad=op.supports_autograd)
    for number, sample in enumerate(samples):
        try:
            compare(op, sample, adapter, max(RTOL[dtype], looser), outcome, f"{dtype} sample {number}")
        except Exception as error:
            outcome.faults.append(f"{dtype} sample {number}: raises {type(error).__name__}: {error}")
    return outcome
