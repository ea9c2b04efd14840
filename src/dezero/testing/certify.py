"""certify: checks a case in every reading, to the orders of an Effort."""

from __future__ import annotations

import math
import warnings

import numpy as np

from dezero.autodiff.cached import clear_cache
from dezero.core import Variable
from dezero.rewriting.cache import CACHE
from dezero.series import Expansion
from dezero.testing import arrays, conditions, nestings
from dezero.testing.cases import Case
from dezero.testing.certificate import Certificate, words
from dezero.testing.problem import Shapes, on_samples, shapes_of
from dezero.testing.readings import STEPS, TooLarge, raw, repeated
from dezero.testing.run import FULL, Effort, Run
from dezero.testing.trials import Trial, along_curve, pointwise


def certify(case: Case, effort: Effort = FULL) -> Certificate:
    """Certify a case: values, orders, readings, conditions. The certificate holds what was seen and what failed.

    >>> import dezero.functions as F
    >>> from dezero.testing import Case, Normal
    >>> certify(Case(F.matmul, Normal(2, 3), Normal(3, 2))).passed
    True
    """
    run = Certification(case, effort)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # nan and inf are compared; they need no warning
        # An imaginary part was dropped: the reference is not holomorphic.
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        run.all()
    return run.certificate


class Certification(Run):
    """A run that performs every check of a case."""

    def all(self) -> None:
        with self.attempt("value"):
            for shapes in shapes_of(self.case):
                conditions.same_value(self, on_samples(self.case, shapes).xs, "value")
        if self.certificate.failures:
            return  # derivatives of a wrong value say nothing
        with self.attempt("orders"):
            if self.case.elementwise:
                orders = self.effort.scalar if self.case.mp else self.effort.other
                for trials in pointwise(self.case, orders, self.effort.nodes):
                    self.orders(trials)
        for shapes in shapes_of(self.case):
            with self.attempt("orders"):
                self.problem(shapes)
        if len(shapes_of(self.case)) > 1:
            self.holds("broadcasting")
        conditions.check(self)
        nestings.check(self)

    def problem(self, shapes: Shapes | None) -> None:
        """The orders of the weighted sum of all outputs, and its gradients in whole arrays."""
        case, effort = self.case, self.effort
        problem = on_samples(case, shapes)
        orders = effort.array if case.elementwise else effort.other
        trials = along_curve(problem, orders, effort.nodes)
        self.orders(trials)
        arrays.check(self, problem, min(case.orders, effort.array), trials[0])
        if not case.elementwise and "rows" not in case.without:
            arrays.check_rows(self, problem)

    # -- orders along a path -----------------------------------------------------------------------------------

    def orders(self, trials: list[Trial]) -> None:
        """Every reading on the first lot of data; on the second lot the cached derivation of "tangent"."""
        self.certificate.against = self.certificate.against or trials[0].against
        clear_cache()  # the first lot is derived by the algebra, and its derivation is cached for the second
        for reading in STEPS:
            self.follow(trials[0], reading)
        self.expand(trials[0])
        failures = self.certificate.failures
        if failures or "recipe" in self.case.without:
            return
        self.follow(trials[1], "tangent")
        for key in list(CACHE)[::2]:
            CACHE.remove(key)  # so that replayed orders and newly derived ones alternate
        self.follow(trials[1], "tangent")
        replayed = failures[:]
        if replayed:
            failures.clear()
            clear_cache()
            self.follow(trials[1], "tangent")
            # Without the cache it is right: the cached derivation was at fault.
            for failure in () if failures else replayed[:1]:
                self.certificate.fail("recipe", failure.message, failure.order)
        else:
            self.holds("recipe")

    def follow(self, trial: Trial, reading: str) -> None:
        """One reading, order by order, until it is wrong or its graph too large; after "tangent" also raw."""
        if reading in self.case.without:
            return
        top = min(trial.orders, self.case.orders, *(() if reading == "tangent" else (self.effort.reverse,)))
        if trial.against == self.certificate.against:
            self.certificate.aims(reading, top)
        order, check = 0, "value"
        with_raw = reading == "tangent" and "raw" not in self.case.without
        try:
            leaf = Variable(trial.start.copy())
            y = trial.path(leaf)
            derivatives = repeated(y, leaf, STEPS[reading], self.effort.nodes)
            if not self.agrees(check, 0, y, trial):
                return
            for order in range(1, top + 1):
                check = "raw"
                with_raw = with_raw and self.agrees(check, order, raw(y, leaf), trial)
                check = reading
                y = next(derivatives)
                if not self.agrees(check, order, y, trial):
                    return
        except TooLarge as stop:
            self.certificate.stopped[reading] = f"order {order}: {stop}"
        except Exception as error:
            self.certificate.fail(check, f"raised {words(error)}", order)

    def expand(self, trial: Trial) -> None:
        """The power series of the result in the leaf, coefficient by coefficient."""
        if "series" in self.case.without:
            return
        if trial.against == self.certificate.against:
            self.certificate.aims("series", trial.orders)
        order = 0
        try:
            leaf = Variable(trial.start.copy())
            series = Expansion(trial.path(leaf), {leaf: [np.ones_like(leaf.data)]})
            for order in range(1, trial.orders + 1):
                if not self.agrees("series", order, series[order] * float(math.factorial(order)), trial):
                    return
        except Exception as error:
            self.certificate.fail("series", f"raised {words(error)}", order)

    def agrees(self, check: str, order: int, got: object, trial: Trial) -> bool:
        return self.compare(check, order, got, trial.expected[order], trial.scale(order), trial.words, trial.against)
