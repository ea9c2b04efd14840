"""Rows: gradients and Hessians of solutions of differential equations, beside diffrax under jax.jit."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import dezero
import dezero.functions as F
from benchmarks import peers
from benchmarks.rows import Case, Finding, Profile, Row, Section
from dezero.ode import odeint

TOLERANCE = 1e-10
ECCENTRICITY = 0.5
START = np.array([1 - ECCENTRICITY, 0, 0, math.sqrt((1 + ECCENTRICITY) / (1 - ECCENTRICITY))])


def _rate(state: Any, t: Any) -> Any:
    q, p = state
    return p, -q / F.sum(q * q) ** 1.5


def _end(y: Any) -> Any:
    q, p = odeint(_rate, (y[:2], y[2:]), [0.0, 2 * math.pi], method="LSODA", rtol=TOLERANCE, atol=TOLERANCE)
    return _scalar(q[-1], p[-1])


def _scalar(q: Any, p: Any) -> Any:
    return (q * q).sum() + q[0] * p[1]


def _diffrax(transform: str) -> Callable[[], Callable[[], object]]:
    def prepare() -> Callable[[], object]:
        jax, diffrax = peers.jax(), peers.diffrax()
        jnp = jax.numpy
        # forward through the steps for second derivatives; jax.grad needs the other one
        adjoint = diffrax.RecursiveCheckpointAdjoint() if transform == "gradient" else diffrax.ForwardMode()

        def rate(t: Any, y: Any, args: Any) -> Any:
            q, p = y[:2], y[2:]
            return jnp.concatenate([p, -q / jnp.sum(q * q) ** 1.5])

        def end(y: Any) -> Any:
            found = diffrax.diffeqsolve(
                diffrax.ODETerm(rate),
                diffrax.Dopri8(),
                0.0,
                2 * math.pi,
                None,
                y,
                stepsize_controller=diffrax.PIDController(rtol=TOLERANCE, atol=TOLERANCE),
                adjoint=adjoint,
                max_steps=1024,
            )
            return _scalar(found.ys[-1][:2], found.ys[-1][2:])

        derivative = jax.grad(end) if transform == "gradient" else jax.jacfwd(jax.jacfwd(end))
        run = jax.jit(derivative)
        run(START).block_until_ready()
        return lambda: run(START).block_until_ready()

    return prepare


def _closed(y: Any) -> Any:
    """The result as a function of the start, right to second order about START.

    An orbit of semi-major axis a is at its start again after 2 pi a^1.5, so that its state at 2 pi is that at the
    difference of the two times, which is 0 at START: y + s f + s^2/2 f' f.
    """
    q, p = y[:2], y[2:]
    r2, v2 = F.sum(q * q), F.sum(p * p)
    s = 2 * math.pi * (1 - (2 / r2**0.5 - v2) ** -1.5)
    force = -q / r2**1.5
    change = -p / r2**1.5 + 3 * q * F.sum(q * p) / r2**2.5
    return _scalar(q + s * p + s * s / 2 * force, p + s * force + s * s / 2 * change)


def _row(key: str, name: str, ours: Callable[[Any], Any], reference: Callable[[], np.ndarray]) -> Row:
    return Row(
        key=f"ode/{key}",
        name=name,
        cases={
            "DeZero": Case(lambda: lambda: ours(START), lambda found: Finding(np.atleast_2d(found.data))),
            "diffrax": Case(_diffrax(key), lambda found: Finding(np.atleast_2d(np.asarray(found)))),
        },
        reference=reference,
    )


def section(profile: Profile) -> Section:
    """Return the rows of one orbit's first and second derivatives."""
    return Section(
        "Derivatives of a differential equation",
        f"A number made of Kepler's orbit after one period, eccentricity {ECCENTRICITY}, differentiated in the four "
        f"numbers of its start; LSODA and Dopri8 at a tolerance of {TOLERANCE:g}. diffrax under jax.jit, compiled "
        "before; its Hessian forward over forward, its fastest.",
        (
            _row("gradient", "Kepler, gradient", dezero.grad(_end), lambda: dezero.grad(_closed)(START).data[None]),
            _row("hessian", "Kepler, Hessian", dezero.hessian(_end), lambda: dezero.hessian(_closed)(START).data),
        ),
    )
