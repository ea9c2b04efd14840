"""Derivatives of networks in their input, as physics-informed networks take them."""

import itertools
import math

import mpmath
import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, gradients, using_config
from dezero.autodiff import cached

WIDTHS = (1, 16, 16, 1)
ORDERS = 9


def weights(widths=WIDTHS, seed=0):
    random = np.random.default_rng(seed)
    found = []
    for inputs, outputs in itertools.pairwise(widths):
        found += [random.standard_normal((inputs, outputs)) / math.sqrt(inputs), 0.3 * random.standard_normal(outputs)]
    return found


def network(x, weights, tanh=F.tanh):
    for k in range(0, len(weights), 2):
        x = x @ weights[k] + weights[k + 1]
        if k + 2 < len(weights):
            x = tanh(x)
    return x


def jet(x, weights, orders):
    """Derivatives of orders 0 to `orders`, (orders + 1, N), from truncated power series in extended precision."""
    series = np.zeros((orders + 1, x.size, 1), np.longdouble)
    series[0], series[1] = x.reshape(-1, 1), 1
    for k in range(0, len(weights), 2):
        series = np.stack([c @ weights[k].astype(np.longdouble) for c in series])
        series[0] += weights[k + 1]
        if k + 2 < len(weights):
            series = tanh_series(series)
    return np.array([math.factorial(n) * c[:, 0] for n, c in enumerate(series)])


def tanh_series(z):
    """y' = (1 - y²) z', coefficient by coefficient."""
    y, slope = np.zeros_like(z), np.zeros_like(z)
    y[0] = np.tanh(z[0])
    slope[0] = 1 - y[0] ** 2
    for k in range(1, len(z)):
        y[k] = sum(j * z[j] * slope[k - j] for j in range(1, k + 1)) / k
        slope[k] = -sum(y[j] * y[k - j] for j in range(k + 1))
    return y


def test_the_jet_itself():
    with mpmath.workdps(40):
        exact = mpmath.taylor(lambda x: 3 * mpmath.tanh(2 * x + 1) - 1, mpmath.mpf("0.25"), ORDERS)
    series = [np.array([[c]]) for c in (2.0, 3.0)]
    found = jet(np.array([0.25]), [series[0], np.array([1.0]), series[1], np.array([-1.0])], ORDERS)
    for n, c in enumerate(exact):
        assert float(found[n, 0]) == pytest.approx(float(c) * math.factorial(n), rel=1e-14)


def derivatives(u, x, orders):
    found = []
    for _ in range(orders):
        (u,) = gradients(u, x, create_graph=True)
        found.append(u)
    return found


def count_nodes(variable):
    found, waiting = {id(variable)}, [variable]
    while waiting:
        creator = waiting.pop().creator
        for a in () if creator is None else creator.args:
            if isinstance(a, Variable) and id(a) not in found:
                found.add(id(a))
                waiting.append(a)
    return len(found)


POINTS = {
    "number": np.array(0.5),
    "one row": np.array([[0.5]]),
    "column": np.linspace(-1, 1, 256).reshape(-1, 1),
}


def forward(x, ws):
    return network(F.reshape(x, (1, 1)) if x.ndim == 0 else x, ws)


@pytest.mark.parametrize("learned", [True, False])
@pytest.mark.parametrize("points", POINTS)
def test_nine_orders_in_the_input(points, learned):
    ws = weights()
    for _ in range(2):  # the second time by the cached derivation
        x = Variable(POINTS[points].copy())
        found = derivatives(forward(x, [Variable(w) if learned else w for w in ws]), x, ORDERS)
        for n, (u, r) in enumerate(zip(found, jet(x.data, ws, ORDERS)[1:], strict=True), 1):
            assert u.shape == x.shape
            np.testing.assert_allclose(
                u.data.ravel(), r.astype(float), 1e-10, 1e-12 * abs(r).max(), err_msg=f"order {n}"
            )
        assert count_nodes(found[-1]) < 300


@pytest.mark.parametrize("points", POINTS)
def test_nodes_at_order_fifteen(points):
    x = Variable(POINTS[points].copy())
    found = derivatives(forward(x, [Variable(w) for w in weights()]), x, 15)
    nodes = {n: count_nodes(found[n - 1]) for n in (5, 10, 15)}
    assert nodes[15] < 700
    assert nodes[15] / nodes[10] < 1.5**3.5
    r = jet(x.data, weights(), 15)[15].astype(float)
    np.testing.assert_allclose(found[-1].data.ravel(), r, rtol=1e-9, atol=1e-10 * abs(r).max())


@pytest.mark.parametrize("order", [1, 2, 3, 5])
@pytest.mark.parametrize("points", [np.array([[0.5]]), np.linspace(-1, 1, 8).reshape(-1, 1)])
def test_the_gradient_in_the_weights(points, order):
    """Of the mean square of a derivative, against central differences of the jet in extended precision."""
    ws = weights((1, 5, 4, 1))
    for simplify in (True, False) if order < 4 else (True,):
        x, variables = Variable(points.copy()), [Variable(w.copy()) for w in ws]
        with using_config("simplify", simplify):
            (*_, u) = derivatives(network(x, variables), x, order)
            F.mean(u**2).backward()
        for k, v in enumerate(variables[:-1]):
            wanted = np.zeros_like(ws[k])
            for place in np.ndindex(wanted.shape):
                moved = [w.astype(np.longdouble) for w in ws]
                values = []
                for step in (1e-5, -1e-5):
                    moved[k][place] = ws[k][place] + np.longdouble(step)
                    values.append(np.mean(jet(points, moved, order)[order] ** 2))
                wanted[place] = (values[0] - values[1]) / 2e-5
            np.testing.assert_allclose(v.grad.data, wanted, rtol=1e-7, atol=1e-9 * abs(wanted).max())
        assert variables[-1].grad is None or not variables[-1].grad.data.any()  # the last bias moves no derivative


# -- two unknowns ----------------------------------------------------------------------------------------------

TWO = {
    "tanh(xt)": lambda m, x, t: m.tanh(x * t),
    "sin(xt)": lambda m, x, t: m.sin(x * t),
    "exp x log t": lambda m, x, t: m.exp(x) * m.log(t),
    "x t/(x + t)": lambda m, x, t: x * t / (x + t),
    "sqrt(x² + t²)": lambda m, x, t: m.sqrt(x * x + t * t),
    "wave": lambda m, x, t: m.sin(x - 2 * t) + m.exp(-((x + 2 * t) ** 2)),
    "x**t": lambda m, x, t: x**t,
}
PAIRS = [(i, j) for i in range(4) for j in range(4) if 0 < i + j <= 5]


@pytest.mark.parametrize("name", TWO)
def test_mixed_partials_agree_in_every_order_and_are_right(name):
    f = TWO[name]
    for i, j in PAIRS:
        with mpmath.workdps(40):
            r = float(mpmath.diff(lambda x, t: f(mpmath, x, t), (mpmath.mpf("0.6"), mpmath.mpf("1.3")), (i, j)))
        for order in set(itertools.permutations("x" * i + "t" * j)):
            x, t = Variable(np.array(0.6)), Variable(np.array(1.3))
            u = f(F, x, t)
            for by in order:
                (u,) = gradients(u, x if by == "x" else t, create_graph=True)
            assert float(u) == pytest.approx(r, rel=1e-11, abs=1e-13), (order, float(u), r)


def test_closed_forms():
    x, t = np.linspace(0.1, 1, 6).reshape(-1, 1), np.linspace(1, 2, 6).reshape(-1, 1)

    def partial(f, i, j):
        a, b = Variable(x), Variable(t)
        u = f(a, b)
        for by in [a] * i + [b] * j:
            (u,) = gradients(u, by, create_graph=True)
        return u.data

    for n in range(1, 7):
        np.testing.assert_allclose(
            partial(lambda x, t: F.sin(x * t), n, 0), t**n * np.sin(x * t + n * np.pi / 2), rtol=1e-9, atol=1e-12
        )
        wanted = np.exp(x) * (-1) ** (n - 1) * math.factorial(n - 1) / t**n
        np.testing.assert_allclose(partial(lambda x, t: F.exp(x) * F.log(t), 3, n), wanted, rtol=1e-12)
        numbers = [float(mpmath.diff(mpmath.tanh, 3 * p, n)) * 3**n for p in x.ravel()]
        np.testing.assert_allclose(partial(lambda x, t: F.tanh(3 * x), n, 0).ravel(), numbers, rtol=1e-8, atol=1e-8)


TURNS = {
    "alternating": lambda n: ("xt" * n)[:n],
    "in pairs": lambda n: ("xttx" * n)[:n],
    "one after the other": lambda n: "x" * (n // 2) + "t" * (n - n // 2),
}


@pytest.mark.parametrize("turns", TURNS)
@pytest.mark.parametrize("name", TWO)
def test_nodes_of_mixed_partials_grow_as_a_polynomial(name, turns):
    """There are (n/2 + 1)² partials up to n/2 in both, and the Leibniz rule's products of two of them."""
    nodes = {}
    for n in (10, 12):
        cached.clear_cache()
        nodes[n] = count_mixed(TWO[name], TURNS[turns](n))[-1]
    assert nodes[12] / nodes[10] < (12 / 10) ** 4, nodes


@pytest.mark.parametrize("name", ["tanh(xt)", "sin(xt)", "x**t"])
def test_nodes_of_mixed_partials_do_not_depend_on_what_was_computed_before(name):
    turns = "xtxtxtxtxtxt"
    cached.clear_cache()
    fresh = count_mixed(TWO[name], turns)[-1]
    cached.clear_cache()
    for n in range(1, 12):
        count_mixed(TWO[name], turns[:n])
    assert count_mixed(TWO[name], turns)[-1] == fresh


def count_mixed(f, turns):
    """Nodes after each of the turns."""
    x, t = Variable(np.array(0.6)), Variable(np.array(1.3))
    u, nodes = f(F, x, t), []
    for by in turns:
        (u,) = gradients(u, x if by == "x" else t, create_graph=True)
        nodes.append(count_nodes(u))
    return nodes


# -- a differential equation -----------------------------------------------------------------------------------


def residual(x, t, ws):
    """Burgers' equation: u_t + u u_x - 0.01 u_xx, with the network of (x, t)."""
    u = network(F.concatenate([x, t], axis=1), ws)
    (u_x,) = gradients(u, x, create_graph=True)
    (u_t,) = gradients(u, t, create_graph=True)
    (u_xx,) = gradients(u_x, x, create_graph=True)
    return u_t + u * u_x - 0.01 * u_xx, u, (u_x, u_t, u_xx)


@pytest.mark.parametrize("n", [1, 2, 7])
def test_a_residual_and_its_gradient_in_the_weights(n):
    random = np.random.default_rng(1)
    ws = weights((2, 6, 5, 1))
    for _ in range(2):
        x, t = random.uniform(-1, 1, (n, 1)), random.uniform(0, 1, (n, 1))
        found = []
        for simplify in (True, False):
            variables = [Variable(w.copy()) for w in ws]
            with using_config("simplify", simplify):
                r, u, parts = residual(Variable(x), Variable(t), variables)
                y = F.mean(r**2) + F.mean((u - np.sin(x)) ** 2)
                y.backward()
            found.append([r.data, *[p.data for p in parts], *[v.grad.data for v in variables]])
        for a, b in zip(*found, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-13)
        step = 1e-4
        values = {
            (i, j): network(np.concatenate([x + i * step, t + j * step], 1), ws, np.tanh)
            for i in (-1, 0, 1)
            for j in (-1, 0, 1)
        }
        u_x, u_t, u_xx = found[0][1:4]
        np.testing.assert_allclose(u_x, (values[1, 0] - values[-1, 0]) / (2 * step), rtol=1e-5, atol=1e-7)
        np.testing.assert_allclose(u_t, (values[0, 1] - values[0, -1]) / (2 * step), rtol=1e-5, atol=1e-7)
        u_xx_numerically = (values[1, 0] - 2 * values[0, 0] + values[-1, 0]) / step**2
        np.testing.assert_allclose(u_xx, u_xx_numerically, rtol=1e-4, atol=1e-6)


def test_an_input_of_two_columns_gives_a_laplacian_like_the_plain_reading():
    points, found = np.random.default_rng(2).uniform(-1, 1, (5, 2)), []
    ws = weights((2, 6, 5, 1))
    for simplify in (True, False):
        with using_config("simplify", simplify):
            p = Variable(points)
            u = network(p, [Variable(w) for w in ws])
            (du,) = gradients(u, p, create_graph=True)
            found.append([gradients(du[:, i], p, create_graph=True)[0][:, i].data for i in range(2)])
    np.testing.assert_allclose(*found, rtol=1e-10)


@pytest.mark.parametrize("f", [F.sin, F.sigmoid, lambda z: z * F.sigmoid(z), lambda z: F.relu(z) ** 3, F.exp])
def test_other_activations_like_the_plain_reading(f):
    found = []
    for simplify in (True, False):
        with using_config("simplify", simplify):
            x = Variable(np.linspace(-1, 1, 5).reshape(-1, 1))
            ws = [Variable(w) for w in weights((1, 5, 4, 1))]
            u = network(x, ws, lambda z: f(z / 4))
            us = derivatives(u, x, 3)
            F.mean(us[-1] ** 2).backward()
            found.append([*[u.data for u in us], *[w.grad.data for w in ws[:-1]]])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)
