"""Run: the certification of one case, with its effort and the certificate that it fills."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from dezero.core.dtypes import Array
from dezero.testing.cases import Case
from dezero.testing.certificate import Certificate, difference, words
from dezero.testing.routes import NotHolomorphic
from dezero.testing.trials import DIFFERENCES

BY_DIFFERENCES = 1e-9  # the error of differences: rounding over the step, and the truncation of high orders


@dataclass(frozen=True)
class Effort:
    """Limits of a run: orders, nodes of a derivative's graph, and pairs and triples of transforms.

    scalar, other, array, reverse: the orders of scalar forms, of other operations, in whole arrays, and by reverse
    sweeps (the last two readings).
    """

    scalar: int
    other: int
    array: int
    reverse: int
    nodes: int
    pairs: int = 1
    triples: int = 1

    @property
    def thorough(self) -> bool:
        return self.pairs > 1


QUICK = Effort(scalar=10, other=3, array=2, reverse=3, nodes=20_000)
FULL = Effort(scalar=10, other=10, array=3, reverse=10, nodes=4_000, pairs=49, triples=12)


class Run:
    """The certification of one case; every check records its results in the certificate."""

    def __init__(self, case: Case, effort: Effort) -> None:
        self.case, self.effort = case, effort
        self.certificate = Certificate(case.name, case.title, case.orders, case.limit, conditions=dict(case.without))

    def compare(
        self,
        check: str,
        order: int | None,
        got: object,
        expected: object,
        scale: Array | float | None = None,
        place: str = "",
        against: str = "",
        under: str = "",
    ) -> bool:
        """Record the error of a reading (or condition) at an order; a failure where it is more than allowed."""
        error, message = difference(getattr(got, "data", got), expected, scale)
        allowed = self.case.rtol * 2 ** max((order or 1) - 1, 0)
        if against == DIFFERENCES:
            allowed = max(allowed, BY_DIFFERENCES)
        if order and not under and (against in ("", self.certificate.against) or check in ("array", "rows")):
            self.certificate.saw(check, order, error)  # only where the route is the certificate's own
        if error > allowed:
            check = f"{under}: {check}" if under else check
            self.certificate.fail(check, f"{message}{place}, {allowed:.1e} allowed", order)
        return error <= allowed

    def holds(self, condition: str) -> None:
        self.certificate.conditions.setdefault(condition, "")

    @contextmanager
    def attempt(self, check: str, order: int | None = None) -> Iterator[None]:
        """Whatever is raised inside is a failure of this check."""
        try:
            yield
        except (NotHolomorphic, np.exceptions.ComplexWarning) as error:
            remedy = "say without={'complex': 'why'}, and differences are taken instead"
            self.certificate.fail("complex", f"the reference does not hold for complex numbers ({error}); {remedy}")
        except Exception as error:
            self.certificate.fail(check, f"raised {words(error)}", order)
