"""Rows: whole steps of training, the optimiser's update included, as one compiled function."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import dezero
import dezero.functions as F
from benchmarks import peers, training
from benchmarks.compiled.networks import EQUATIONS, dezero_loss, jax_losses, leaves
from benchmarks.derivatives import fastest
from benchmarks.rows import Case, Finding, Profile, Row
from dezero import Parameter, Variable
from dezero.models import MLP
from dezero.optimizers import Adam

RATE, FIRST, SECOND, SMALL = 0.001, 0.9, 0.999, 1e-8  # Adam's numbers
Arrays = Sequence[np.ndarray]


class _Weights:
    """Parameters that an optimiser updates."""

    def __init__(self, arrays: Arrays) -> None:
        self.all = [Parameter(a.copy()) for a in arrays]

    def params(self) -> list[Parameter]:
        return self.all

    def cleargrads(self) -> None:
        for p in self.all:
            p.cleargrad()


def _step(target: Any, loss: Callable[..., Any]) -> Callable[..., Any]:
    """Return a step of Adam for a loss of this target's parameters, which returns the loss."""
    optimizer = Adam(RATE).setup(target)

    def step(*given: Any) -> Any:
        y = loss(*given)
        target.cleargrads()
        y.backward()
        optimizer.update()
        return y

    return step


def _see(y: Any) -> Finding:
    return Finding(np.array([[float(getattr(y, "data", y))]]))


def jax_step(loss: Callable[..., Any], arrays: Arrays, given: Arrays) -> Callable[[], object]:
    """Return a step of Adam whose parameters and means are updated in place: their buffers are donated."""
    jax = peers.jax()
    jnp = jax.numpy

    @functools.partial(jax.jit, donate_argnums=0)
    def step(state: Any, *given: Any) -> Any:
        w, m, v, t = state
        y, slopes = jax.value_and_grad(loss)(w, *given)
        t = t + 1
        m = [FIRST * a + (1 - FIRST) * g for a, g in zip(m, slopes, strict=True)]
        v = [SECOND * a + (1 - SECOND) * g * g for a, g in zip(v, slopes, strict=True)]
        rate = RATE * jnp.sqrt(1 - SECOND**t) / (1 - FIRST**t)
        w = [a - rate * b / (jnp.sqrt(c) + SMALL) for a, b, c in zip(w, m, v, strict=True)]
        return (w, m, v, t), y

    zeros = [[jnp.zeros_like(a) for a in arrays] for _ in range(2)]
    state: Any = ([jnp.array(a) for a in arrays], *zeros, jnp.zeros((), jnp.float32))
    data = [jnp.asarray(a) for a in given]

    def run() -> object:
        nonlocal state
        state, y = step(state, *data)
        return y.block_until_ready()

    return run


# -- a network that solves an equation -------------------------------------------------------------------------


def _pinns(profile: Profile) -> list[Row]:
    widths, points = ((2, 50, 50, 50, 50, 1), 4000) if profile.large else ((2, 3, 3, 1), 5)
    x, t, *weights = leaves(widths, points, np.float32)
    equation = EQUATIONS[0]

    def ours() -> Callable[..., Any]:
        target = _Weights(weights)
        return _step(target, lambda x, t: dezero_loss(equation, x, t, target.all))

    def compiled() -> Callable[[], object]:
        run, given = dezero.compile(ours()), [Variable(x), Variable(t)]
        return lambda: run(*given)

    def first() -> Callable[[], object]:
        from dezero.compiler.machine.llvm import clear_cache

        given = [Variable(x), Variable(t)]
        dezero.compile(lambda x: x + 1)(given[0])  # LLVM itself is loaded once a process

        def run() -> object:
            clear_cache()
            dezero.clear_cache()
            return dezero.compile(ours())(*given)

        return run

    def eager() -> Callable[[], object]:
        return functools.partial(ours(), Variable(x), Variable(t))

    def jax() -> Callable[[], object]:
        return fastest([jax_step(loss, weights, (x, t)) for loss in jax_losses(equation)])

    def jax_first() -> Callable[[], object]:
        _, by_tangents, *_ = jax_losses(equation)
        return lambda: jax_step(lambda *given: by_tangents(*given), weights, (x, t))()

    name = f"{equation.name}, {'-'.join(map(str, widths))}, {points:,} points, step of Adam, float32"
    exact = [a.astype(float) for a in (x, t, *weights)]
    reference = functools.cache(
        lambda: _see(dezero_loss(equation, *map(Variable, exact[:2]), [Variable(w) for w in exact[2:]])).value
    )
    cases = {"DeZero": Case(compiled, _see), "eager": Case(eager, _see), "JAX": Case(jax)}
    cold = {"DeZero": Case(first, _see, cold=True), "JAX": Case(jax_first, _see, cold=True)}
    return [
        Row("compiled/step/pinn", name, cases, reference, tolerance=1e-2, rounds=5, fresh=("DeZero", "JAX")),
        Row("compiled/step/pinn/first", f"{name}, first call", cold, reference, tolerance=1e-2),
    ]


# -- a network of two layers -----------------------------------------------------------------------------------


def _mlp(profile: Profile) -> Row:
    sizes, batch = ((784, 256, 10), 100) if profile.large else ((5, 4, 10), 3)
    random = np.random.default_rng(0)
    x, t = random.random((batch, sizes[0]), dtype=np.float32), random.integers(0, 10, batch)

    def model() -> Any:
        np.random.seed(0)
        made = MLP(sizes[1:], activation=F.relu)
        made(x)
        return made

    def ours() -> Callable[[Any, Any], Any]:
        target = model()
        return _step(target, lambda x, t: F.softmax_cross_entropy(target(x), t))

    def compiled() -> Callable[[], object]:
        run = dezero.compile(ours())
        return lambda: run(x, t)

    def jax() -> Callable[[], object]:
        jax = peers.jax()

        def loss(w: Any, x: Any, t: Any) -> Any:
            scores = jax.nn.relu(x @ w[0] + w[1]) @ w[2] + w[3]
            return -jax.nn.log_softmax(scores)[jax.numpy.arange(batch), t].mean()

        return jax_step(loss, list(model().state_dict().values()), (x, t))

    def reference() -> np.ndarray:
        a, b, c, d = [w.astype(float) for w in model().state_dict().values()]
        return np.array([[training._cross_entropy(np.maximum(x.astype(float) @ a + b, 0) @ c + d, t)]])

    return Row(
        key="compiled/step/mlp",
        name=f"MLP {'-'.join(map(str, sizes))}, batch {batch}, step of Adam, float32",
        cases={
            "DeZero": Case(compiled, _see),
            "eager": Case(lambda: functools.partial(ours(), x, t), _see),
            "JAX": Case(jax, _see),
        },
        reference=reference,
        tolerance=1e-4,
        rounds=5,
    )


# -- those of the uncompiled suite -----------------------------------------------------------------------------


def _jax_lstm(batch: int, model: Any, x: np.ndarray, t: np.ndarray) -> Callable[[], object]:
    jax = peers.jax()
    jnp = jax.numpy
    state = model.state_dict()
    arrays = [state[name] for name in ("l0/Wx", "l0/b", "l0/Wh", "l1/W", "l1/b")]

    def loss(w: Any, x: Any, t: Any) -> Any:
        taken, bias, kept, out, shift = w

        def step(carried: Any, row: Any) -> Any:
            h, c = carried
            *gates, u = jnp.split(row + h @ kept, 4, axis=1)
            o, f, i = map(jax.nn.sigmoid, gates)
            c = f * c + i * jnp.tanh(u)
            h = o * jnp.tanh(c)
            return (h, c), h

        zeros = jnp.zeros((batch, len(kept)), x.dtype)
        _, h = jax.lax.scan(step, (zeros, zeros), x @ taken + bias)
        return jnp.sum((h @ out + shift - t) ** 2) / batch

    return jax_step(loss, arrays, (x, t))


def _trained(given: training.Training, theirs: dict[str, Callable[..., Any]], row: Row) -> Row:
    """A row of the uncompiled suite with its step compiled, of which the loss is looked at."""
    x, t = given.data()

    def made() -> tuple[Any, Callable[..., Any]]:
        np.random.seed(0)
        model, optimizer, loss = given.dezero(x)
        loss(x, t)

        def step(x: Any, t: Any) -> Any:
            y = loss(x, t)
            model.cleargrads()
            y.backward()
            optimizer.update()
            return y

        return model, step

    def compiled() -> Callable[[], object]:
        run = dezero.compile(made()[1])
        return lambda: run(x, t)

    cases = {"DeZero": Case(compiled, _see), "eager": Case(lambda: functools.partial(made()[1], x, t), _see)}
    cases |= {name: Case(lambda make=make: make(made()[0], x, t)) for name, make in theirs.items()}
    return Row(
        key=f"compiled/step/{given.key}",
        name=f"{given.name}, float32",
        cases={**cases, "PyTorch": Case(row.cases["PyTorch"].prepare)},
        reference=functools.cache(lambda: np.asarray(row.reference())[:1]),
        tolerance=1e-4,
        rounds=5,
    )


def rows(profile: Profile) -> list[Row]:
    """Return the rows of steps of training."""
    large = profile.large
    lstm, lenet, block = training._lstm(large, False), training._lenet(large), training._transformer(large)
    batch = lstm.data()[0].shape[1]
    kept = [
        _trained(lstm, {"JAX": functools.partial(_jax_lstm, batch)}, training._row(lstm)),
        _trained(lenet, {}, training._row(lenet)),
        _trained(block, {}, training._row(block)),
    ]
    return [*_pinns(profile), _mlp(profile), *kept]
