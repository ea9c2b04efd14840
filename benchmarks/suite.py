"""All sections of the suite; a new family of rows is a module with `section(profile)`, named here."""

from benchmarks import (
    batches,
    burgers,
    columns,
    compiled,
    electrons,
    hessians,
    implicit,
    laplacian,
    long_chain,
    memory,
    mini_batch,
    mixed,
    mlp,
    network,
    newton,
    ode,
    ode_derivatives,
    operations,
    orders,
    series,
    sin_chain,
    sparse,
    training,
)
from benchmarks.rows import Profile, Row, Section

FAMILIES = (
    *(sin_chain, newton, mlp, mini_batch, training, operations, orders),
    *(network, columns, long_chain, mixed, sparse, hessians, series, laplacian, electrons, burgers, batches),
    *(ode, ode_derivatives, implicit, memory, compiled),
)


def sections(profile: Profile) -> list[Section]:
    """Return every section with its rows at the profile's sizes."""
    return [family.section(profile) for family in FAMILIES]


def find_row(key: str, profile: Profile) -> Row:
    """Return the row of this key, KeyError where there is none."""
    return {row.key: row for section in sections(profile) for row in section.rows}[key]
