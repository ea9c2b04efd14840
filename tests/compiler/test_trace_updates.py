"""Whole steps of training as programs: optimizers, running statistics and random draws go on as they do eagerly."""

import numpy as np
import pytest

import dezero.functions as F
import dezero.layers as L
from dezero import Variable
from dezero.compiler import ConcretizationError
from dezero.compiler.tracing.trace import trace
from dezero.optimizers import (
    LBFGS,
    SGD,
    AdaDelta,
    AdaGrad,
    Adam,
    AdamW,
    ClipGrad,
    ExponentialDecay,
    FreezeParam,
    Lion,
    MomentumSGD,
    RMSprop,
    WeightDecay,
)

RNG = np.random.default_rng(0)
BATCHES = [(RNG.standard_normal((16, 3)), RNG.standard_normal((16, 1))) for _ in range(4)]


class Network(L.Layer):
    def __init__(self, dtype, normal):
        super().__init__()
        np.random.seed(0)
        self.first, self.last = L.Linear(8, in_size=3, dtype=dtype), L.Linear(1, in_size=8, dtype=dtype)
        self.normal = L.BatchNorm() if normal else None

    def forward(self, x):
        h = self.first(x)
        h = h if self.normal is None else self.normal(h)
        return self.last(F.tanh(h))


def training(make, dtype=np.float64, normal=False):
    """A network, its optimizer and a step of training it."""
    network = Network(dtype, normal)
    if normal:
        network(BATCHES[0][0].astype(dtype))
    optimizer = make()
    optimizer.setup(network)

    def step(x, t):
        loss = F.mean_squared_error(network(x), t)
        network.cleargrads()
        loss.backward()
        optimizer.update()
        return loss

    return network, optimizer, step


def hooked(optimizer, hook):
    optimizer.add_hook(hook)
    return optimizer


OPTIMIZERS = {
    "SGD": lambda: SGD(0.1),
    "momentum": lambda: MomentumSGD(0.1),
    "Nesterov": lambda: MomentumSGD(0.1, nesterov=True),
    "Adam": lambda: Adam(0.01),
    "AdamW": lambda: AdamW(0.01),
    "AdaGrad": AdaGrad,
    "AdaDelta": AdaDelta,
    "RMSprop": RMSprop,
    "Lion": Lion,
    "schedule": lambda: Adam().schedule(lr=ExponentialDecay(0.1, 0.5)),
    "weight decay": lambda: hooked(Adam(0.01), WeightDecay(0.1)),
}


def state(network, optimizer):
    saved = optimizer.state_dict()
    arrays = [p.data for p in network.params()] + [p.grad.data for p in network.params()]
    arrays += [a for name in sorted(saved["state"]) for _, a in sorted(saved["state"][name].items())]
    if network.normal is not None:
        arrays += [network.normal.avg_mean.data, network.normal.avg_var.data]
    return arrays, saved["step_count"], saved["hyperparameters"]


def alike(one, other, rtol=0.0):
    (a, *counts), (b, *others) = state(*one), state(*other)
    assert counts == others
    for x, y in zip(a, b, strict=True):
        assert x.dtype == y.dtype
        np.testing.assert_allclose(x, y, rtol=rtol, atol=rtol)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("normal", [False, True])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_step_of_training_is_the_eager_one_to_the_bit(name, normal, dtype):
    *eager, step = training(OPTIMIZERS[name], dtype, normal)
    *traced, other = training(OPTIMIZERS[name], dtype, normal)
    batches = [(x.astype(dtype), t.astype(dtype)) for x, t in BATCHES]
    program = trace(other, batches[0])
    for x, t in batches:
        assert program.replay(x, t).item() == step(x, t).item()
        alike(eager, traced)
    assert other(*batches[0]).item() == step(*batches[0]).item()  # the eager step goes on from where the program is
    alike(eager, traced)
    assert program.replay(*batches[1]).item() == step(*batches[1]).item()


def test_a_trace_makes_no_step():
    network, optimizer, step = training(lambda: Adam(0.01))
    before = [p.data.copy() for p in network.params()]
    trace(step, BATCHES[0])
    assert optimizer.step_count == 0
    for p, data in zip(network.params(), before, strict=True):
        np.testing.assert_array_equal(p.data, data)
        assert p.grad is None
        assert all([not np.any(a) for a in optimizer.states[p].values()])


def test_hyperparameters_that_change_are_read_at_each_run():
    *eager, step = training(lambda: Adam(0.01))
    *traced, other = training(lambda: Adam(0.01))
    program = trace(other, BATCHES[0])
    for optimizer in (eager[1], traced[1]):
        optimizer.alpha, optimizer.beta1 = 0.1, 0.5
    assert program.replay(*BATCHES[0]).item() == step(*BATCHES[0]).item()
    alike(eager, traced)


def test_gradients_are_clipped_as_eagerly_up_to_rounding():
    """The norm is one square root of one sum, where eagerly it is a hypotenuse of norms."""
    *eager, step = training(lambda: hooked(SGD(0.1), ClipGrad(0.1)))
    *traced, other = training(lambda: hooked(SGD(0.1), ClipGrad(0.1)))
    program = trace(other, BATCHES[0])
    for batch in BATCHES:
        program.replay(*batch)
        step(*batch)
    alike(eager, traced, rtol=1e-12)


def test_frozen_parameters_stay():
    network, optimizer, step = training(lambda: SGD(0.1))
    optimizer.add_hook(FreezeParam(network.first))
    program = trace(step, BATCHES[0])
    first, last = network.first.W.data.copy(), network.last.W.data.copy()
    program.replay(*BATCHES[0])
    np.testing.assert_array_equal(network.first.W.data, first)
    assert (network.last.W.data != last).all()


def test_an_optimizer_that_computes_with_numbers_is_refused():
    network = Network(np.float64, False)
    optimizer = LBFGS().setup(network)

    def step(x, t):
        return optimizer.update(lambda: F.mean_squared_error(network(x), t))

    with pytest.raises(ConcretizationError):
        trace(step, BATCHES[0])


def test_dropout_draws_anew_in_each_run_and_as_eagerly():
    x = Variable(np.ones(50))
    for rng in (None, np.random.default_rng(5)):

        def f(x, rng=rng):
            return F.dropout(x, 0.5, rng=rng)

        program = trace(f, (x,))
        start = np.random.get_state() if rng is None else rng.bit_generator.state
        found = [program.replay(x).data for _ in range(2)]
        if rng is None:
            np.random.set_state(start)
        else:
            rng.bit_generator.state = start
        for y in found:
            np.testing.assert_array_equal(y, f(x).data)
        assert (found[0] != found[1]).any()


def test_labels_may_be_arguments():
    weight = Variable(RNG.standard_normal((3, 4)))
    labels = [RNG.integers(0, 4, 16) for _ in range(2)]

    def f(x, t):
        return F.softmax_cross_entropy(x @ weight, t)

    program = trace(f, (BATCHES[0][0], labels[0]))
    for t in labels:
        np.testing.assert_allclose(program.replay(BATCHES[0][0], t).data, f(BATCHES[0][0], t).data, rtol=1e-14)
