"""Rows of compiled functions beside compiled peers: JAX's jit, folx, heyoka, CasADi, Numba, torch.compile."""

from benchmarks.compiled import (
    bandwidth,
    equations,
    formulas,
    greeks,
    networks,
    operators,
    orbits,
    sensitivities,
    small,
    solving,
    steps,
)
from benchmarks.rows import Profile, Section


def section(profile: Profile) -> Section:
    """Return the rows of all kinds of compiled work in one table."""
    kinds = (formulas, greeks, sensitivities, networks, equations, operators, steps, small, solving, orbits, bandwidth)
    return Section(
        "Compiled functions",
        "DeZero by `dezero.compile`, and beside it the same function uncompiled (*eager*). JAX is the fastest of "
        "`jit` over nested gradients, nested tangents and `jet`, tried before they are timed. Rows named *first* "
        "time one call of a function that was never called before, tracing and compiling included.",
        tuple([row for kind in kinds for row in kind.rows(profile)]),
    )
