"""What a benchmark is made of: sections of rows, and in each row one case a library."""

from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, dataclass

import numpy as np

Run = Callable[[], object]


@dataclass(frozen=True)
class Finding:
    """What came of a run besides its time.

    `value` holds the answers, one row for each (the orders of derivative 1 to n, say, or only the last of
    them); `nodes` counts the graph that was left.
    """

    value: np.ndarray | None = None
    nodes: int | None = None


@dataclass(frozen=True)
class Case:
    """One library's way through a row: `prepare()`, untimed, returns the call to be timed.

    `inspect` looks at what the call returned, untimed. A `cold` case compiles inside the time and so has no
    warm-up; an `isolated` one runs in a process of its own, under limits of time and memory.
    """

    prepare: Callable[[], Run]
    inspect: Callable[[object], Finding] = lambda result: Finding()
    cold: bool = False
    isolated: bool = False


@dataclass(frozen=True)
class Row:
    """One line of a table: the same work in each library, and the answer that they should give.

    A case that is named otherwise than a library is another way of DeZero's.

    A row of a `ladder` stands at a `step` of it, an order of derivative n: a library that grew too slow on
    lower steps is left out of the higher ones. An error above `tolerance` is a wrong value. Each library has
    `rounds` runs at least; those named in `fresh` have one more, in a new process, for its time and its peak
    memory. It runs on so many `threads`, each with a core of its own.
    """

    key: str
    name: str
    cases: Mapping[str, Case]
    reference: Callable[[], np.ndarray | None]
    unit: str = "ms"
    tolerance: float = 1e-6
    operations: int = 1
    ladder: str = ""
    step: int = 0
    fresh: tuple[str, ...] = ()
    rounds: int = 1
    threads: int = 1


@dataclass(frozen=True)
class Section:
    """A table of rows under a heading, with a paragraph that says what is measured."""

    title: str
    text: str
    rows: tuple[Row, ...]


@dataclass
class Result:
    """What was measured of one library in one row; no `seconds` where it was left out, as `note` says.

    `first_seconds` is what a run takes that is the first of its process.
    """

    seconds: float | None = None
    _: KW_ONLY
    first_seconds: float | None = None
    samples: int = 0
    value: np.ndarray | None = None
    nodes: int | None = None
    peak_bytes: int | None = None
    error: float | None = None
    note: str = ""


Results = dict[str, dict[str, Result]]
"""The results of a run of the suite, by key of the row and by library."""


@dataclass(frozen=True)
class Profile:
    """How large the rows are (`large`: those of single operations), and how long they may take in seconds and bytes."""

    name: str
    chain: int = 100
    vectors: tuple[int, ...] = (10, 1000)
    orders: tuple[int, ...] = (2, 5, 10, 15, 20, 30)
    network_orders: tuple[int, ...] = tuple(range(1, 16))
    loss_orders: tuple[int, ...] = (2, 5, 8, 12, 15)
    column: int = 256
    column_orders: tuple[int, ...] = (1, 2, 3, 4, 6, 10)
    points: int = 1000
    long_chain: int = 1_000_000
    long_chain_rounds: int = 3
    mixed_orders: tuple[int, ...] = (2, 4, 6, 8, 10, 12)
    large: bool = True
    repeats: int = 11
    sample_seconds: float = 0.01
    spend_seconds: float = 2.0
    limit_seconds: float = 20.0
    memory_bytes: int = 8 * 2**30


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("full"),
        Profile(
            "quick",
            orders=(2, 5, 10, 20),
            network_orders=(1, 2, 5, 8, 9, 15),
            loss_orders=(2, 5, 8),
            mixed_orders=(4, 8, 12),
            long_chain_rounds=1,
            repeats=5,
            spend_seconds=0.5,
            limit_seconds=2.0,
        ),
        Profile(
            "tiny",
            chain=3,
            vectors=(2,),
            orders=(2, 3),
            network_orders=(1, 3),
            loss_orders=(2,),
            column=4,
            column_orders=(1, 2, 3),
            points=5,
            long_chain=10,
            long_chain_rounds=1,
            mixed_orders=(2, 3),
            large=False,
            repeats=1,
        ),
    )
}


def relative_error(value: np.ndarray, reference: np.ndarray) -> float:
    """Return the largest relative error over the rows of `value`, each in the norm of its row.

    A `value` of fewer rows than the `reference` answers for its last ones. ValueError where their shapes do
    not fit.
    """
    reference = reference[-len(value) :]
    if value.shape != reference.shape:
        raise ValueError(f"relative_error: value of shape {value.shape}, reference of shape {reference.shape}")
    difference = np.linalg.norm(value - reference, axis=1)
    return float(np.max(difference / np.linalg.norm(reference, axis=1)))
