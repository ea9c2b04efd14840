"""Certification of whole folders of cases, and of one function of a user."""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from dezero.core import Variable
from dezero.core.dtypes import Array, is_real
from dezero.core.variable import ArrayLike
from dezero.testing.cases import Case
from dezero.testing.certificate import Certificate
from dezero.testing.certify import certify
from dezero.testing.run import FULL, Effort
from dezero.testing.table import table


def check(
    function: Callable[..., Any] | str,
    *inputs: ArrayLike,
    orders: int = 3,
    like: Callable[..., Any] | None = None,
    rtol: float = 1e-12,
    without: dict[str, str] | None = None,
    **parameters: Any,
) -> Certificate:
    """Certify a function or Function at the inputs: derivatives of orders 1 to `orders`, in every reading.

    inputs: arrays, numbers or Variables, of any shapes; those of float dtype are differentiated. Each order is held
    against central differences of the one before, order 1 against those of `like` (a function on arrays) or of the
    function itself. without: what not to check, each with a reason (see Case). parameters: handed on. Returns the
    certificate; raises AssertionError with all that is wrong, by reading and order.

    >>> import dezero.functions as F
    >>> print(check(lambda x: F.exp(F.sin(x)), np.array([0.5, 1.0])).report())
    <lambda>: certified raw to order 3, tangent to order 3, reverse to order 3, plain to order 3, ...
    """
    arrays = [_array(x) for x in inputs]
    reasons = {"complex": "differences are asked for", **(without or {})}
    case = Case(function, *arrays, like=like or False, rtol=rtol, without=reasons, **parameters)
    certificate = certify(case, Effort(orders, orders, orders, orders, FULL.nodes))
    if not certificate.passed:
        raise AssertionError(certificate.report())
    return certificate


def _array(x: ArrayLike) -> Array:
    x = np.asarray(x.data if isinstance(x, Variable) else x)
    return x.astype(np.float64) if is_real(x) else x


def load(folder: Path | str) -> dict[str, list[Case]]:
    """The lists CASES of a folder's files cases_<family>.py, by family.

    Raises ValueError where two cases of all have one title, since titles tell them apart in reports.
    """
    families = {p.stem.removeprefix("cases_"): p for p in sorted(Path(folder).glob("cases_*.py"))}
    found: dict[str, list[Case]] = {name: runpy.run_path(str(path))["CASES"] for name, path in families.items()}
    titles = [case.title for cases in found.values() for case in cases]
    twice = sorted({title for title in titles if titles.count(title) > 1})
    if twice:
        raise ValueError(f"cases of one title, give them different labels: {', '.join(twice)}")
    return found


def main(folder: Path | str, page: Path | str, names: Sequence[str] = ()) -> int:
    """Certify a folder's cases to order 10 and write the table; given names, only those operations and no table.

    Prints a line a case and every failure; returns 1 if there was one, 0 otherwise.
    """
    families = load(folder)
    wanted = [
        (family, i)
        for family, cases in families.items()
        for i, case in enumerate(cases)
        if not names or case.name in names or family in names
    ]
    if not wanted:
        print(f"no cases of {', '.join(names)} in {folder}", file=sys.stderr)
        return 1
    certificates: dict[str, list[Certificate]] = {}
    workers = min(os.cpu_count() or 1, len(wanted))
    with ProcessPoolExecutor(workers, get_context("spawn"), _load, (str(folder),)) as pool:
        for (family, _), certificate in zip(wanted, pool.map(_certify, wanted), strict=True):
            print(certificate.report(), flush=True)
            certificates.setdefault(family, []).append(certificate)
    failed = sum(not c.passed for group in certificates.values() for c in group)
    print(f"{len(wanted) - failed} of {len(wanted)} cases certified")
    if not failed and not names:
        Path(page).write_text(table(certificates))
        print(f"Wrote {page}")
    return int(failed > 0)


_loaded: dict[str, list[Case]] = {}


def _load(folder: str) -> None:
    _loaded.update(load(folder))


def _certify(place: tuple[str, int]) -> Certificate:
    family, i = place
    return certify(_loaded[family][i])
