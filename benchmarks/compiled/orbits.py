"""Rows: differential equations by Taylor series in machine code, beside heyoka and SciPy's DOP853."""

from collections.abc import Callable
from typing import Any

import numpy as np

import dezero
import dezero.functions as F
from benchmarks import peers
from benchmarks.ode import LORENZ, TOLERANCE, dop853, exact_end, kepler, kepler_flat, lorenz, lorenz_flat, perihelion
from benchmarks.rows import Case, Finding, Profile, Row
from dezero.ode import odeint_taylor

# Three equal masses on the figure of eight, and its period (A. Chenciner, R. Montgomery, Annals of Mathematics 152).
EIGHT = (
    np.array([[-0.97000436, 0.24308753], [0.97000436, -0.24308753], [0.0, 0.0]]),
    np.array([[0.466203685, 0.43236573], [0.466203685, 0.43236573], [-0.93240737, -0.86473146]]),
)
# Seven stars in a plane (E. Hairer, S. Norsett, G. Wanner, Solving Ordinary Differential Equations I, II.10).
PLEIADES = (
    np.array([[3.0, 3], [3, -3], [-1, 2], [-3, 0], [2, 0], [-2, -4], [2, 4]]),
    np.array([[0, 0], [0, 0], [0, 0], [0, -1.25], [0, 1], [1.75, 0], [-1.5, 0]]),
)


def attraction(masses: np.ndarray) -> Callable[[Any, Any], Any]:
    """Return the right side of bodies that attract each other, each pair once."""

    def right_side(state: Any, t: Any) -> Any:
        q, p = state
        forces: list[Any] = [0.0] * len(masses)
        for i, j in zip(*np.triu_indices(len(masses), 1), strict=True):
            d = q[int(j)] - q[int(i)]
            force = d / F.sum(d * d) ** 1.5
            forces[i] = forces[i] + masses[j] * force
            forces[j] = forces[j] - masses[i] * force
        return p, F.stack(forces)

    return right_side


def flat(masses: np.ndarray) -> Callable[[float, np.ndarray], np.ndarray]:
    """Return the same for one vector."""

    def right_side(t: float, y: np.ndarray) -> np.ndarray:
        q, p = y.reshape(2, len(masses), 2)
        d = q[None] - q[:, None]
        square = (d * d).sum(2) + np.eye(len(masses))
        return np.concatenate([p, (d * (masses / square**1.5)[..., None]).sum(1)]).ravel()

    return right_side


def _heyoka_kepler(heyoka: Any) -> Any:
    x, y, u, v = variables = heyoka.make_vars("x", "y", "u", "v")
    cube = (x * x + y * y) ** -1.5
    return list(zip(variables, (u, v, -x * cube, -y * cube), strict=True))


def _heyoka_lorenz(heyoka: Any) -> Any:
    variables = heyoka.make_vars("x", "y", "z")
    return list(zip(variables, lorenz(variables, None), strict=True))


def _heyoka_bodies(masses: np.ndarray) -> Callable[[Any], Any]:
    def system(heyoka: Any) -> Any:
        names = [f"{kind}{k}{axis}" for kind in "qp" for k in range(len(masses)) for axis in "xy"]
        variables = heyoka.make_vars(*names)
        half = len(variables) // 2
        q = [variables[2 * k : 2 * k + 2] for k in range(len(masses))]
        rates: list[list[Any]] = [[] for _ in range(half)]
        for i, j in zip(*np.triu_indices(len(masses), 1), strict=True):
            d = [b - a for a, b in zip(q[i], q[j], strict=True)]
            cube = (d[0] * d[0] + d[1] * d[1]) ** -1.5
            for axis in range(2):
                rates[2 * i + axis].append(masses[j] * (d[axis] * cube))
                rates[2 * j + axis].append(-masses[i] * (d[axis] * cube))
        return list(zip(variables, [*variables[half:], *[heyoka.sum(r) for r in rates]], strict=True))

    return system


def _row(
    key: str, name: str, f: Callable, flat: Callable, system: Callable, start: tuple, end: float, exact: Any
) -> Row:
    y0 = np.concatenate([np.ravel(y) for y in start])

    def dezero_case() -> Callable[[], object]:
        run = dezero.compile(f, fallback="error")
        return lambda: [y.data[-1] for y in odeint_taylor(run, start, [0.0, end], tol=TOLERANCE)]

    def heyoka_case() -> Callable[[], object]:
        heyoka = peers.heyoka()
        integrator = heyoka.taylor_adaptive(system(heyoka), y0, tol=TOLERANCE)

        def run() -> object:
            integrator.time = 0.0
            integrator.state[:] = y0
            integrator.propagate_until(end)
            return [np.array(integrator.state)]

        return run

    def see(found: Any) -> Finding:
        return Finding(np.concatenate([np.ravel(y) for y in found])[None])

    return Row(
        key=f"compiled/orbits/{key}",
        name=name,
        cases={
            "DeZero": Case(dezero_case, see),
            "heyoka": Case(heyoka_case, see),
            "SciPy": Case(dop853(flat, start, end), lambda found: Finding(found.y[:, -1][None])),
        },
        reference=lambda: exact() if callable(exact) else exact,
        tolerance=1e-6,
        rounds=5,
    )


def _finely(f: Callable, start: tuple, end: float) -> Callable[[], np.ndarray]:
    """Return the solution by DOP853 at a smaller tolerance."""

    def solve() -> np.ndarray:
        y0 = np.concatenate([np.ravel(y) for y in start])
        found = peers.scipy().integrate.solve_ivp(f, (0.0, end), y0, method="DOP853", rtol=1e-13, atol=1e-14)
        return np.asarray(found.y[:, -1])[None]

    return solve


def rows(profile: Profile) -> list[Row]:
    """Return the rows of one orbit, Lorenz's equations, three bodies and seven stars."""
    one, three, seven = perihelion(1), np.ones(3), np.arange(1.0, 8.0)
    one = (one[0][:, 0], one[1][:, 0])
    periods = 10 if profile.large else 1
    around = 2 * np.pi * periods
    return [
        _row("kepler", f"Kepler, {periods} periods", kepler, kepler_flat, _heyoka_kepler, one, around, exact_end(one)),
        _row("lorenz", "Lorenz, to t = 10", lorenz, lorenz_flat, _heyoka_lorenz, (1.0, 1.0, 1.0), 10.0, LORENZ),
        _row(
            "eight", "three bodies, to t = 6", attraction(three), flat(three), _heyoka_bodies(three), EIGHT, 6.0,
            _finely(flat(three), EIGHT, 6.0),
        ),
        _row(
            "pleiades", "Pleiades, to t = 3", attraction(seven), flat(seven), _heyoka_bodies(seven), PLEIADES, 3.0,
            _finely(flat(seven), PLEIADES, 3.0),
        ),
    ]  # fmt: skip
