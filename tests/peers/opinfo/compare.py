"""One sample of PyTorch's through DeZero and through PyTorch: values, gradients, double gradients, forward mode."""

from __future__ import annotations

import functools
import inspect
import re
from dataclasses import dataclass, field

import numpy as np
import torch

import dezero
from dezero import Variable, gradients
from tests.peers.opinfo.adapting import Both, OutOfScope
from tests.peers.opinfo.sample import Lacking, array, derivatives, doubled, everything, floating, walk

DTYPES = {"float64": torch.float64, "float32": torch.float32, "complex128": torch.complex128}
# How far a number may be off: of the largest in its array, or of 1, the size of the arguments, where sums cancel.
# In float64 it is a bound on what both may lose in 4,000 roundings; a formula, a constant or a sign that is wrong
# shows. In float32 it is 80 roundings, and what is further off is held against PyTorch's numbers in float64.
TOLERANCE = {"float64": 1e-12, "complex128": 1e-12, "float32": 1e-5}
SECOND = 10  # A second derivative divides by differences once more.
# Samples of an operation in a dtype: some have over a thousand, which differ little.
MOST = 60
CLEAR = (TypeError, ValueError, IndexError, np.linalg.LinAlgError, dezero.UnsupportedOperation, ZeroDivisionError)


@dataclass
class Outcome:
    """What came of the samples of one operation in one dtype."""

    compared: int = 0
    levels: dict[str, int] = field(default_factory=dict)
    refused: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def refuse(self, reason):
        reason = reason_of(reason)
        self.refused[reason] = self.refused.get(reason, 0) + 1

    def done(self, level):
        self.levels[level] = self.levels.get(level, 0) + 1


def reason_of(text):
    """A reason for all samples alike: their shapes and numbers left out, and the remedies after them."""
    text = re.sub(r"\(\d[^()]*\)|\(\)|\b-?\d[\d.]*(e-?\d+)?\b", "_", text.split(";")[0])
    return re.sub(r"\s+", " ", text)[:90].strip()


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


def differs(ours, theirs, tolerance):
    """What is wrong with the numbers, in words, or None."""
    if ours.shape != theirs.shape:
        return f"shape {ours.shape}, PyTorch {theirs.shape}"
    if ours.dtype.kind in "fc" and theirs.dtype.kind in "fc" and ours.dtype != theirs.dtype:
        return f"dtype {ours.dtype}, PyTorch {theirs.dtype}"
    if theirs.dtype == np.float32:  # of arguments in single precision among others, such as weights of observations
        tolerance = max(tolerance, TOLERANCE["float32"])
    near = tolerance * np.abs(theirs[np.isfinite(theirs)]).max(initial=1)
    close = np.isclose(ours, theirs, rtol=0, atol=near, equal_nan=True)
    if close.all():
        return None
    at = np.unravel_index(np.argmax(~close), close.shape)
    place = tuple(map(int, at))
    return f"{(~close).sum()} of {close.size} differ; at {place} {ours[at]!r}, PyTorch {theirs[at]!r}"


def as_near(ours, theirs, exact):
    """Whether ours, of float32, has the digits that PyTorch's in float32 has of the number in float64, but one: what is
    left of sums that cancel is rounding on both sides, of the same size but for chance."""
    if not (ours.dtype == theirs.dtype == np.float32 and np.isfinite(ours).all() and np.isfinite(theirs).all()):
        return False
    return bool(np.abs(ours - exact).max(initial=0) <= 10 * np.abs(theirs - exact).max(initial=0))


class Sample:
    """One sample with both sides ready: PyTorch's leaves, and our arrays in their places."""

    def __init__(self, op, sample, adapter, tolerance, outcome, tag):
        both = isinstance(adapter, Both)
        self.adapter = adapter.ours if both else adapter
        self.theirs = functools.partial(adapter.theirs, op) if both else op.op
        self.tolerance, self.outcome, self.tag = tolerance, outcome, tag
        self.tree = (sample.input, tuple(sample.args), dict(sample.kwargs))
        self.leaves = self.leaves_of(self.tree)
        self.start = [array(t) for t in self.leaves]

    @staticmethod
    def leaves_of(tree):
        leaves = []
        walk(tree, lambda t: leaves.append(t) if t.requires_grad else None)
        return leaves

    def ours(self, *xs):
        given = iter(xs)
        x, args, kwargs = walk(self.tree, lambda t: next(given) if t.requires_grad else array(t))
        if not self.leaves and isinstance(x, np.ndarray) and x.dtype.kind in "fc":
            x = Variable(x)
        try:
            inspect.signature(self.adapter).bind(x, *args, **kwargs)
        except TypeError as error:
            raise OutOfScope(f"arguments: {error}") from None
        except ValueError:  # NumPy's functions tell no signature
            pass
        return outputs(self.adapter(x, *args, **kwargs))

    def pairs(self, ys, tree):
        """Our results beside PyTorch's from the arguments in this tree."""
        found = self.theirs(tree[0], *tree[1], **tree[2])
        flat = floating(found) if any(isinstance(y, Variable) for y in ys) else everything(found)
        return list(zip(ys, flat, strict=False))

    @functools.cached_property
    def exact(self):
        """PyTorch's numbers by name, computed in float64."""
        tree = doubled(self.tree)
        pairs = self.pairs(self.ys, tree)
        numbers = {f"value {i}": array(t) for i, (_, t) in enumerate(pairs)}
        if self.live:
            live = [pairs[i][1] for i in self.live]
            first, second = derivatives(self.leaves_of(tree), live, self.ws, self.vs)
            numbers |= first | (second if isinstance(second, dict) else {})
        return numbers

    def fault(self, text):
        self.outcome.faults.append(f"{self.tag}: {text}")

    def hold(self, what, ours, theirs, name=None, factor=1):
        """A fault, unless the numbers agree. name: PyTorch's for the same number."""
        ours = np.asarray(ours.data if isinstance(ours, Variable) else ours)
        wrong = differs(ours, theirs, self.tolerance * factor)
        if wrong and not as_near(ours, theirs, self.exact[name or what] if theirs.dtype == np.float32 else None):
            self.fault(f"{what}: {wrong}")


def compare(op, sample, adapter, tolerance, outcome, tag):
    """Adds what came of this sample to the outcome."""
    case = Sample(op, sample, adapter, tolerance, outcome, tag)
    xs = [Variable(a) for a in case.start]
    try:
        case.ys = case.ours(*xs)
    except OutOfScope as reason:
        return outcome.refuse(str(reason))
    except CLEAR as error:
        return outcome.refuse(f"{type(error).__name__}: {error}")
    pairs = case.pairs(case.ys, case.tree)
    if not pairs:
        return outcome.refuse("no results to compare")
    case.live = [i for i, (y, t) in enumerate(pairs) if t.requires_grad and isinstance(y, Variable)]
    live = [pairs[i] for i in case.live] if case.leaves else []
    case.ws = [weights_like(y.shape, y.dtype, 1 + i) for i, (y, _) in enumerate(live)]
    case.vs = [weights_like(x.shape, x.dtype, 101 + i) for i, x in enumerate(xs)]
    before = len(outcome.faults)
    for i, (y, t) in enumerate(pairs):
        case.hold(f"value {i}", y, array(t))
    if len(outcome.faults) > before:
        return None
    outcome.compared += 1
    return through(case, xs, live) if live else None


def through(case, xs, live):
    """The orders one after the other, as far as PyTorch has them and ours raise nothing."""
    try:
        first, second = derivatives(case.leaves, [t for _, t in live], case.ws, case.vs)
    except Lacking as reason:
        return case.outcome.refuse(str(reason))
    if isinstance(second, Lacking):
        case.outcome.refuse(str(second))
    ws = [Variable(w) for w in case.ws]
    level = "gradient"
    try:
        raw = gradients([y for y, _ in live], xs, grad_outputs=ws)
        gs = gradients([y for y, _ in live], xs, grad_outputs=ws, create_graph=True)
        for i in range(len(xs)):
            case.hold(f"gradient {i}", raw[i], first[f"gradient {i}"])
            case.hold(f"recorded gradient {i}", gs[i], first[f"gradient {i}"], f"gradient {i}")
        case.outcome.done(level)
        if not isinstance(second, dict) or not second:
            return None
        level = "double gradient"
        for (name, theirs), h in zip(second.items(), gradients(gs, [*xs, *ws], grad_outputs=case.vs), strict=True):
            case.hold(name, h, theirs, factor=SECOND)
        case.outcome.done(level)
        level = "jvp"
        forward(case, second)
        case.outcome.done(level)
    except (*CLEAR, dezero.GraphError) as error:
        case.fault(f"{level} raises {type(error).__name__}: {error}")
    return None


def forward(case, second):
    def f(*xs):
        ys = case.ours(*xs)
        return tuple([ys[i] for i in case.live])

    _, tangents = dezero.jvp(f, tuple(case.start), tuple(case.vs))
    for i, y in enumerate(tangents):
        name = f"double gradient in cotangent {i}"
        case.hold(f"jvp {i}", y, second[name], name, SECOND)


def run(op, adapter, dtype, most=MOST, tolerance=None):
    """All samples of an operation in a dtype; of more than `most`, that many evenly spread over the list."""
    outcome = Outcome()
    torch.manual_seed(0)
    np.random.seed(0)
    samples = list(op.sample_inputs("cpu", DTYPES[dtype], requires_grad=op.supports_autograd))
    step = -(-len(samples) // most) or 1
    for number in range(0, len(samples), step):
        try:
            compare(op, samples[number], adapter, tolerance or TOLERANCE[dtype], outcome, f"{dtype} sample {number}")
        except Exception as error:  # an error of another kind is a fault of its own, and the other samples still count
            outcome.faults.append(f"{dtype} sample {number}: raises {type(error).__name__}: {error}")
    return outcome
