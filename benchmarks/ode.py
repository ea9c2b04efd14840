"""Rows: differential equations by Taylor series, beside SciPy's DOP853 at the same tolerance.

`python -m benchmarks.ode` prints them with the number of steps.
"""

import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np

import dezero.functions as F
from benchmarks import peers
from benchmarks.rows import Case, Finding, Profile, Row, Section, relative_error
from dezero.optimize import odeint_taylor

TOLERANCE = 1e-12
ECCENTRICITY, PERIODS = 0.6, 10
# x, y, z at t = 10 from (1, 1, 1), by a Taylor method of 28th order in 30 digits
LORENZ = np.array([[-4.902687541134648, -3.743872921802919, 24.690858102790564]])


def kepler(state: Any, t: Any) -> Any:
    q, p = state
    return p, -q / F.sum(q * q, axis=0) ** 1.5


def kepler_flat(t: float, y: np.ndarray) -> np.ndarray:
    q, p = y.reshape(2, 2, -1)
    return np.concatenate([p, -q / (q * q).sum(0) ** 1.5]).ravel()


def lorenz(state: Any, t: Any) -> Any:
    x, y, z = state
    return 10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z


def lorenz_flat(t: float, y: np.ndarray) -> np.ndarray:
    return np.array(lorenz(y, t))


def perihelion(orbits: int) -> tuple[np.ndarray, np.ndarray]:
    """Position and speed at perihelion, of orbits that are turned against each other: arrays (2, orbits)."""
    angle = 2 * np.pi * np.arange(orbits) / orbits
    toward, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    return (1 - ECCENTRICITY) * toward, math.sqrt((1 + ECCENTRICITY) / (1 - ECCENTRICITY)) * across


def _taylor(f: Callable, start: tuple, end: float) -> Callable[[], Callable[[], object]]:
    return lambda: lambda: odeint_taylor(f, start, [0.0, end], tol=TOLERANCE, full_output=True)


def dop853(f: Callable, start: tuple, end: float) -> Callable[[], Callable[[], object]]:
    def prepare() -> Callable[[], object]:
        solve_ivp = peers.scipy().integrate.solve_ivp
        y0 = np.concatenate([np.ravel(y) for y in start])
        return lambda: solve_ivp(f, (0.0, end), y0, method="DOP853", rtol=TOLERANCE, atol=TOLERANCE)

    return prepare


def _see_taylor(outcome: Any) -> Finding:
    return Finding(np.concatenate([y.data[-1].ravel() for y in outcome[0]])[None])


def _see_dop853(outcome: Any) -> Finding:
    return Finding(outcome.y[:, -1][None])


def _row(key: str, name: str, f: Callable, flat: Callable, start: tuple, end: float, exact: np.ndarray) -> Row:
    return Row(
        key=f"ode/{key}",
        name=name,
        cases={
            "DeZero": Case(_taylor(f, start, end), _see_taylor),
            "SciPy": Case(dop853(flat, start, end), _see_dop853),
        },
        reference=lambda: exact,
    )


def section(profile: Profile) -> Section:
    """Return the rows of two orbits' equations and of a chaotic one."""
    many = 1000 if profile.large else 3
    one, swarm = perihelion(1), perihelion(many)
    around = 2 * np.pi * PERIODS
    return Section(
        "Differential equations",
        f"Taylor series of order 15 and SciPy's DOP853, both at a tolerance of {TOLERANCE:g}. Kepler's orbits have "
        f"eccentricity {ECCENTRICITY} and end where they began.",
        (
            _row("kepler", f"Kepler, {PERIODS} periods", kepler, kepler_flat, one, around, exact_end(one)),
            _row("swarm", f"Kepler, {many} orbits, 1 period", kepler, kepler_flat, swarm, 2 * np.pi, exact_end(swarm)),
            _row("lorenz", "Lorenz, to t = 10", lorenz, lorenz_flat, (1.0, 1.0, 1.0), 10.0, LORENZ),
        ),
    )


def exact_end(start: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    return np.concatenate([y.ravel() for y in start])[None]


def _steps(outcome: Any) -> int:
    return outcome[1]["steps"] if isinstance(outcome, tuple) else len(outcome.t) - 1


def main() -> None:
    """Print time, steps and error of each row, the shortest of three runs."""
    print("| equation | library | ms | steps | relative error |\n|---|---|---|---|---|")
    for row in section(Profile("full")).rows:
        for library, case in row.cases.items():
            run, seconds = case.prepare(), []
            for _ in range(3):
                start = time.perf_counter()
                outcome = run()
                seconds.append(time.perf_counter() - start)
            error = relative_error(case.inspect(outcome).value, row.reference())  # type: ignore[arg-type]
            print(f"| {row.name} | {library} | {min(seconds) * 1e3:.0f} | {_steps(outcome)} | {error:.1e} |")


if __name__ == "__main__":
    main()
