"""What was asked of the measured rows, each line computed from the results."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks import memory, operations, series
from benchmarks.orders import FUNCTIONS
from benchmarks.rows import Result, Results


class NotMeasured(Exception):
    """A library was left out of a row that a target needs."""


@dataclass(frozen=True)
class Measured:
    """A figure, what it is the worst of, and the figure for DeZero's first run in a new process."""

    figure: float
    where: str = ""
    first: float | None = None


@dataclass(frozen=True)
class Target:
    """A figure that is to stay at or below a limit; `measure` raises KeyError where its rows were not run."""

    text: str
    limit: float
    measure: Callable[[Results], Measured]
    unit: str = ""


def _result(results: Results, key: str, library: str) -> Result:
    result = results[key].get(library)
    if result is None:
        raise NotMeasured(f"no {library}")
    return result


def _seconds(results: Results, key: str, library: str) -> float:
    seconds = _result(results, key, library).seconds
    if seconds is None:
        raise NotMeasured(f"{library} was left out of {key}")
    return seconds


def _ratio(key: str, peers_key: str = "", peers: Sequence[str] = ("PyTorch",)) -> Callable[[Results], Measured]:
    """Return the measure of DeZero's time in a row over its fastest peer's, in the same row or another."""

    def measure(results: Results) -> Measured:
        theirs = min(_seconds(results, peers_key or key, peer) for peer in _present(results, peers_key or key, peers))
        first = _result(results, key, "DeZero").first_seconds
        ratio = _seconds(results, key, "DeZero") / theirs
        return Measured(ratio, first=None if first is None else first / theirs)

    return measure


def _present(results: Results, key: str, libraries: Sequence[str]) -> Sequence[str]:
    """Return those of the libraries that were measured in a row, all of them where none was."""
    return [one for one in libraries if one in results[key] and results[key][one].seconds is not None] or libraries


def _growth(key: str) -> Callable[[Results], Measured]:
    """Return the measure of the memory that a row's calls add to the peak, over that of one call."""

    def measure(results: Results) -> Measured:
        several, one = (_result(results, key, case).peak_bytes for case in ("DeZero", "one call"))
        if several is None or one is None:
            raise NotMeasured(f"the memory of {key}")
        return Measured(several / one)

    return measure


def _peaks(key: str, peer: str) -> Callable[[Results], Measured]:
    """Return the measure of the peak memory of DeZero's process over a peer's."""

    def measure(results: Results) -> Measured:
        ours, theirs = (_result(results, key, library).peak_bytes for library in ("DeZero", peer))
        if ours is None or theirs is None:
            raise NotMeasured(f"the memory of {key}")
        return Measured(ours / theirs)

    return measure


def _figure(key: str, get: Callable[[Result], float | None]) -> Callable[[Results], Measured]:
    def measure(results: Results) -> Measured:
        figure = get(_result(results, key, "DeZero"))
        if figure is None:
            raise NotMeasured(f"DeZero in {key}")
        return Measured(figure)

    return measure


def _worst(measures: dict[str, Callable[[Results], Measured]]) -> Callable[[Results], Measured]:
    def measure(results: Results) -> Measured:
        found = {where: one(results) for where, one in measures.items()}
        worst = max(found, key=lambda where: found[where].figure)
        firsts = [one.first for one in found.values() if one.first is not None]
        return Measured(found[worst].figure, worst, max(firsts, default=None))

    return measure


def _median(measures: Sequence[Callable[[Results], Measured]]) -> Callable[[Results], Measured]:
    return lambda results: Measured(statistics.median([one(results).figure for one in measures]))


def _megabytes(result: Result) -> float | None:
    return None if result.peak_bytes is None else result.peak_bytes / 1e6


def _exponent(name: str) -> Callable[[Results], Measured]:
    """Return the measure of how DeZero's time to Taylor's coefficients grows with their order."""

    def measure(results: Results) -> Measured:
        seconds = [_seconds(results, f"taylor/{name}/{n}", "DeZero") for n in series.FITTED]
        return Measured(series.exponent(series.FITTED, seconds))

    return measure


def _sparse_to_dense(results: Results) -> Measured:
    return Measured(_seconds(results, "sparse/hessian", "DeZero") / _seconds(results, "sparse/products", "DeZero"))


def _mapped_to_by_hand(key: str) -> Callable[[Results], Measured]:
    return lambda results: Measured(_seconds(results, key, "DeZero") / _seconds(results, f"{key}/by-hand", "DeZero"))


def _maml(results: Results) -> Measured:
    return Measured(_seconds(results, "batches/maml", "DeZero") / _seconds(results, "batches/maml/loop", "PyTorch"))


def _network(shape: str) -> list[Target]:
    key = f"network/{shape}"
    return [
        Target(f"Network, {shape}: time at order 9 / PyTorch's", 0.03, _ratio(f"{key}/9")),
        Target(f"Network, {shape}: time at order 15 / PyTorch's at order 8", 1, _ratio(f"{key}/15", f"{key}/8")),
        Target(f"Network, {shape}: memory at order 15", 200, _figure(f"{key}/15", _megabytes), " MB"),
    ]


_COLUMNS = {1: 1.0, 2: 0.5, 3: 0.4, 4: 0.3, 6: 0.05}
_EQUATIONS = {"ks": 0.25, "beam": 0.25, "plate": 0.25, "cavity": 0.3, "boussinesq": 0.07}

_COMPILED: tuple[tuple[str, str, float, tuple[str, ...]], ...] = (
    ("exp(sin x) x with 10 derivatives, 10⁶ points", "exp-sin/1000000", 0.12, ("JAX",)),
    ("exp(sin x) x with 10 derivatives, 10⁶ points", "exp-sin/1000000", 0.6, ("heyoka",)),
    ("tanh with 10 derivatives, 10⁶ points", "tanh/1000000", 0.28, ("JAX",)),
    ("tanh with 10 derivatives, 10⁶ points", "tanh/1000000", 0.6, ("heyoka",)),
    ("exp(sin x) x with 10 derivatives, 10³ points", "exp-sin/1000", 0.06, ("JAX",)),
    ("exp(sin x) x with 10 derivatives, 10³ points", "exp-sin/1000", 0.5, ("heyoka",)),
    ("exp(sin x) x, first call", "exp-sin/first", 0.1, ("JAX",)),
    ("tanh, first call", "tanh/first", 0.1, ("JAX",)),
    ("Black-Scholes with 5 Greeks", "black-scholes", 0.15, ("JAX",)),
    ("Black-Scholes with 5 Greeks", "black-scholes", 0.6, ("PyTorch",)),
    ("Black-Scholes with 5 Greeks", "black-scholes", 0.5, ("Numba",)),
    *[
        (f"PINN, {equation}, {dtype}", f"pinn/{equation}/{dtype}", 0.2, ("JAX",))
        for equation in ("burgers", "kdv", "ks", "plate")
        for dtype in ("float64", "float32")
    ],
    ("14 Greeks, float64", "sensitivities/float64", 0.1, ("JAX",)),
    ("14 Greeks, float32", "sensitivities/float32", 0.1, ("JAX",)),
    ("PINN, cavity by its streamfunction", "equations/cavity", 0.3, ("JAX",)),
    ("PINN, Boussinesq of order 6", "equations/boussinesq", 0.3, ("JAX",)),
    ("PINN, Poisson in 10 variables", "poisson/few", 0.45, ("folx",)),
    ("PINN, Poisson in 100 variables", "poisson/many", 0.55, ("folx",)),
    ("PINN with Adam's step in place, float32", "step/pinn", 0.15, ("JAX",)),
    ("PINN with Adam's step, first call", "step/pinn/first", 0.3, ("JAX",)),
    ("MLP with Adam's step, float32", "step/mlp", 1.05, ("JAX",)),
    ("LSTM with Adam's step, float32", "step/lstm", 1.0, ("JAX",)),
    ("LeNet, step, float32", "step/cnn", 1.0, ("PyTorch",)),
    ("transformer block, step, float32", "step/transformer", 1.0, ("PyTorch",)),
    ("MAML with 10 tasks", "maml", 1.0, ("JAX",)),
    ("sparse Hessian of Rosenbrock's function", "rosenbrock/sparse", 0.6, ("CasADi",)),
    ("Lennard-Jones forces of 500 atoms", "forces", 1.0, ("JAX",)),
    ("20 searches with exact Hessians", "searches", 0.5, ("JAX",)),
    ("a x + b sin x on two threads, beside a triad", "bandwidth", 1.25, ("Numba",)),
    ("Laplacian of 50-64-64-64-1", "laplacian", 0.33, ("JAX", "folx")),
    ("value, gradient and Hessian of R² → R", "valley", 0.015, ("JAX",)),
    ("value, gradient and Hessian of R² → R", "valley", 1.2, ("CasADi",)),
    ("gradient of Rosenbrock's function", "rosenbrock/gradient", 0.06, ("JAX",)),
    ("gradient of Rosenbrock's function", "rosenbrock/gradient", 0.12, ("CasADi",)),
    ("Hessian times vector of Rosenbrock's function", "rosenbrock/hvp", 0.06, ("JAX",)),
    ("Hessian times vector of Rosenbrock's function", "rosenbrock/hvp", 0.12, ("CasADi",)),
)


TARGETS = (
    Target("Scalar operation, forward+backward / PyTorch's", 0.25, _ratio("sin-chain/scalar/forward+backward")),
    Target(
        "10-vector operation, forward+backward / PyTorch's",
        0.5,
        _ratio("sin-chain/10-vector/forward+backward"),
    ),
    Target("Newton's method / PyTorch's", 0.3, _ratio("newton")),
    Target("Step of training / PyTorch's", 0.5, _ratio("mlp")),
    Target(
        "Operations on large arrays: slowest / PyTorch's",
        2,
        _worst({key.partition("/")[2]: _ratio(key) for key in operations.KEYS}),
    ),
    Target(
        "Operations on large arrays: median / PyTorch's",
        1,
        _median([_ratio(key) for key in operations.KEYS]),
    ),
    Target(
        "Six functions: nodes at order 20",
        1500,
        _worst({name: _figure(f"order/{name}/20", lambda result: result.nodes) for name in FUNCTIONS}),
    ),
    Target(
        "Six functions: time to order 20 / PyTorch's to order 10",
        1,
        _worst({name: _ratio(f"order/{name}/20", f"order/{name}/10") for name in FUNCTIONS}),
    ),
    Target(
        "Six functions: relative error at orders 1 to 20",
        1e-6,
        _worst({name: _figure(f"order/{name}/20", lambda result: result.error) for name in FUNCTIONS}),
    ),
    *_network("scalar"),
    *_network("column"),
    *[Target(f"Columns, order {n}: step / PyTorch's", top, _ratio(f"columns/{n}")) for n, top in _COLUMNS.items()],
    Target("Columns: step at order 10 / PyTorch's at order 6", 1, _ratio("columns/10", "columns/6")),
    *[Target(f"Columns, {name}: step / PyTorch's", top, _ratio(f"columns/{name}")) for name, top in _EQUATIONS.items()],
    Target("10⁶-operation chain, forward+backward / PyTorch's", 0.5, _ratio("long-chain/forward+backward")),
    Target(
        "Taylor series: exponent of time in the order, 10 to 40",
        2.3,
        _worst({name: _exponent(name) for name in series.FUNCTIONS}),
    ),
    Target("Hessian of a Gaussian process, 7 parameters / PyTorch's", 1.2, _ratio("hessian/gaussian")),
    Target("Hessian of 13 atoms, 39 variables / PyTorch's", 1, _ratio("hessian/atoms/2")),
    Target("Tensor of order 3 of 13 atoms / PyTorch's", 0.8, _ratio("hessian/atoms/3")),
    Target("Mixed derivative by 9 variables, `gradients` / PyTorch's", 0.4, _ratio("mixed/many/gradients")),
    Target("Mixed derivative by 9 variables, `partials` / PyTorch's", 0.2, _ratio("mixed/many/partials")),
    Target("Laplacian in 50 variables / PyTorch's", 0.3, _ratio("laplacian/50")),
    *(
        Target(
            f"Laplacian of a 4x50 network in {d} variables / {name}", limit, _ratio(f"laplacian/4x50/{d}", "", those)
        )
        for d in (10, 50)
        for name, limit, those in (
            ("the best of JAX's and folx's", 1, ("JAX", "folx")),
            ("PyTorch's", 0.25, ("PyTorch",)),
        )
    ),
    Target("Laplacian of 24 electrons / the best of JAX's and folx's", 1.5, _ratio("electrons", "", ("JAX", "folx"))),
    Target("Burgers' third profile, loss and gradient / PyTorch's", 0.04, _ratio("burgers/3")),
    Target("Burgers' fourth profile, loss and gradient / PyTorch's", 0.015, _ratio("burgers/4")),
    Target("Biharmonic in 5 variables / PyTorch's", 0.3, _ratio("biharmonic/5")),
    Target("Fixed point of 64 x 60, gradient / JAX's jit", 5, _ratio("implicit/layer", peers=("JAX",))),
    Target("Hessian through an optimum, 20 penalties / JAX's jit", 10, _ratio("implicit/penalties", peers=("JAX",))),
    Target("Robertson's reaction, 200 steps, gradient / JAX's jit", 15, _ratio("implicit/reaction", peers=("JAX",))),
    Target("Gradient of each of 256 samples, mapped / by hand", 1.5, _mapped_to_by_hand("batches/per-sample")),
    Target("1,000 Hessians of 5 variables, mapped / by hand", 1.5, _mapped_to_by_hand("batches/hessian")),
    Target("MAML with 10 tasks, mapped / PyTorch's loop", 0.4, _maml),
    Target("Mini-batch in plain arrays / in Variables", 1.15, _ratio("mini-batch", "", ("Variables",))),
    Target("Step of training, MLP / PyTorch's", 1, _ratio("training/mlp")),
    Target("Step of training, LSTM step by step / PyTorch's LSTMCell", 1, _ratio("training/lstm-steps")),
    Target("Step of training, LSTM by sequences / PyTorch's fused LSTM", 1, _ratio("training/lstm")),
    Target("Step of training, LeNet / PyTorch's", 1.5, _ratio("training/cnn")),
    Target("Step of training, transformer block / PyTorch's", 1.5, _ratio("training/transformer")),
    Target("Sparse Hessian from nothing, 1,000 variables / dense by products", 1 / 20, _sparse_to_dense),
    Target("Sparse Hessian from nothing, 10⁶ variables", 10, _figure("sparse/large", lambda r: r.seconds), " s"),
    Target("Sparse Hessian from nothing, 10⁶ variables: memory", 2000, _figure("sparse/large", _megabytes), " MB"),
    Target(
        f"Memory of {memory.CALLS} calls / one call",
        1.2,
        _worst({kind: _growth(f"memory/{kind}") for kind in ("derivative", "taylor", "laplacian")}),
    ),
    Target("Compiled: memory of a PINN's step of Adam / JAX's", 0.3, _peaks("compiled/step/pinn", "JAX")),
    *[
        Target(f"Compiled: {text} / {' or '.join(those)}", limit, _ratio(f"compiled/{key}", "", those))
        for text, key, limit, those in _COMPILED
    ],
)
