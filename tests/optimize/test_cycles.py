"""No reference cycle is left by a call: memory goes with the last reference, not when the collector comes."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, gradients, layers, optimizers
from dezero.derivatives import checkpoint, custom_root
from dezero.optimize import householder, minimize, newton, odeint, odeint_taylor
from dezero.training import Trainer, read_checkpoint, write_checkpoint
from tests.collector import sleeping_collector

a = Variable(np.array(2.0))


def differentiated_twice(y):
    (g,) = gradients(y, a, create_graph=True)
    gradients(g, a)
    y.jet(a, 3)


def save_and_load(folder):
    layer = layers.Linear(2, in_size=3, dtype=np.float64)
    layer.save_weights(folder / "w.npz")
    layer.load_weights(folder / "w.npz")
    optimizer = optimizers.Adam().setup(layer)
    optimizer.update(lambda: F.sum(layer(np.ones((1, 3))) ** 2))
    write_checkpoint(folder / "c.npz", optimizer.state_dict())
    optimizer.load_state_dict(read_checkpoint(folder / "c.npz"))


def train(folder):
    model = layers.Linear(1, in_size=1, dtype=np.float64)
    trainer = Trainer(
        model,
        optimizers.SGD(0.1).setup(model),
        F.mean_squared_error,
        progress=False,
        checkpoint=folder / "t.npz",
        log=folder / "l.jsonl",
    )
    trainer.fit([(np.ones((1, 1)), np.ones((1, 1)))], epochs=2)


CALLS = {
    "custom_root": lambda folder: differentiated_twice(custom_root(lambda z, a: z * z - a, 1.0, a)),
    "checkpoint": lambda folder: differentiated_twice(checkpoint(lambda x: F.exp(F.sin(x)))(a)),
    "odeint": lambda folder: differentiated_twice(odeint(lambda y, t: -a * y * y, 1.0, [0.0, 0.1], method="RK23")[-1]),
    "odeint backward": lambda folder: differentiated_twice(
        odeint(lambda y, t: -a * y * y, 1.0, [0.0, 0.1], method="RK23", rtol=1e-4, sensitivities="adjoint")[-1]
    ),
    "odeint called anew": lambda folder: differentiated_twice(
        odeint(lambda y, t: -a * y if y > 0 else y, 1.0, [0.0, 0.1], method="RK23", rtol=1e-4)[-1]
    ),
    "odeint and its solution": lambda folder: odeint(  # (SciPy's brentq, for events, leaves a small cycle of its own)
        lambda y, t: -a * y, 1.0, [0.0, 0.1], dense_output=True
    )[1].sol(0.05),
    "odeint_taylor": lambda folder: gradients(odeint_taylor(lambda y, t: -a * y, 1.0, [0.0, 0.1])[-1], a),
    "odeint_taylor at a knot": lambda folder: odeint_taylor(lambda y, t: F.abs(t - 0.5) + 0 * y, 1.0, [0.0, 1.0]),
    "newton": lambda folder: newton(lambda x: (x - 1) ** 2 + x**4, np.array(2.0)),
    "householder": lambda folder: householder(lambda x: x * x - 2, 1.0),
    "minimize": lambda folder: minimize(lambda x: F.sum((x - 1) ** 4), np.zeros(2), method="trust-exact"),
    "save and load": save_and_load,
    "train": train,
}


@pytest.mark.parametrize("name", CALLS)
def test_objects_do_not_grow_while_the_collector_sleeps(name, tmp_path):
    for _ in range(3):
        CALLS[name](tmp_path)
    with sleeping_collector() as objects:
        counts = []
        for _ in range(5):
            CALLS[name](tmp_path)
            counts.append(objects())
    assert counts[-1] <= counts[0] + 3
