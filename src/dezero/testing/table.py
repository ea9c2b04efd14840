"""The table of what is certified, in Markdown: made of certificates, read back, and held against a later run."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Mapping, Sequence

from dezero.testing.cases import CONDITIONS, NOT_ASKED, READINGS, REFUSES
from dezero.testing.certificate import Certificate
from dezero.testing.run import FULL

ORDERS = range(1, 11)
MARGIN = 32  # a run may see this many times the claimed error: other processors and libraries round otherwise
LEAST = 2.0**-50  # errors below this count as this
_DIGEST = re.compile(r"<!-- digest of the rows: (\w+) -->")
_ROW = re.compile(r"^\| `(\w+)` \| ([^|]*)\| (\w+) \|((?:[^|]*\|){10})$", re.MULTILINE)

_HEAD = """# Certified operations

Made by `make certify`, which runs every case of `tests/certification` to order {orders}; `make test` fails where this
page says more than it sees. Each number is the largest relative error of the operation's n-th derivative, over all
cases and points; a point stands where the next graph would have over {nodes:,} nodes or a reading ends.

The derivatives are held against mpmath, at 75 digits; or, for operations without a scalar form, against Cauchy's
integral of the NumPy or SciPy function in the complex plane; or, where that function is not holomorphic, against
central differences of the order before (by series, where its graph would be too large), order 1 of the NumPy or SciPy
function itself. (`array` and `rows` never take mpmath.) The readings:

{readings}

On other machines the last digits differ: up to {margin} times a claimed error passes, and {least:.0e} always does.
"""


def table(families: Mapping[str, Sequence[Certificate]]) -> str:
    """The page for certificates by family: errors by operation, reading and order, then conditions and reasons.

    Raises ValueError for a certificate with failures: what is wrong has no place in it.
    """
    wrong = [c.title for certificates in families.values() for c in certificates if not c.passed]
    if wrong:
        raise ValueError(f"not certified, so no table: {', '.join(wrong)}")
    readings = "\n".join(f"- `{name}`: {words}." for name, words in READINGS.items())
    head = _HEAD.format(orders=ORDERS[-1], nodes=FULL.nodes, readings=readings, margin=MARGIN, least=LEAST)
    rows = "\n\n".join(_family(name, certificates) for name, certificates in families.items())
    return f"{head}\n{rows}\n\n{_reasons(families)}\n<!-- digest of the rows: {_digest(rows)} -->\n"


def _family(name: str, certificates: Sequence[Certificate]) -> str:
    lines = [
        f"## {name}",
        "",
        "| operation | against | reading | " + " | ".join(str(n) for n in ORDERS) + " |",
        "|---|---|---|" + "---|" * len(ORDERS),
    ]
    for operation, group in _by_operation(certificates).items():
        against = ", ".join(dict.fromkeys(c.against for c in group))
        for reading in READINGS:
            errors = _worst(group, reading)
            cells = [_rounded_up(errors[n]) if n in errors else "·" for n in ORDERS]
            if errors:
                lines.append(f"| `{operation}` | {against} | {reading} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _by_operation(certificates: Iterable[Certificate]) -> dict[str, list[Certificate]]:
    groups: dict[str, list[Certificate]] = {}
    for certificate in sorted(certificates, key=lambda c: c.operation):
        groups.setdefault(certificate.operation, []).append(certificate)
    return groups


def _worst(group: Sequence[Certificate], reading: str) -> dict[int, float]:
    """The largest error of each order that all cases reached, of those that take the reading at all."""
    seen = [c.errors[reading] for c in group if c.errors.get(reading)]
    return {n: max(errors[n] for errors in seen) for n in ORDERS if seen and all(n in errors for errors in seen)}


def _rounded_up(error: float) -> str:
    """An error as one digit and a power of ten that are not less than it."""
    if error == 0:
        return "0"
    power = math.floor(math.log10(error))
    digit = math.ceil(error / 10.0**power * (1 - 1e-12))
    return f"1e{power + 1:+03d}" if digit > 9 else f"{digit}e{power:+03d}"


def _reasons(families: Mapping[str, Sequence[Certificate]]) -> str:
    """Which conditions do not apply to which cases, and why; where a case or its tangents stop."""
    lines = ["## Conditions", "", "Every case holds these, save where a reason is given below:", ""]
    lines += [f"- {name}: {words}." for name, words in CONDITIONS.items()]
    lines += ["", "| case | does without |", "|---|---|"]
    for certificates in families.values():
        for c in sorted(certificates, key=lambda c: c.title):
            lines += [f"| {_cell(c.title)} | {_cell('; '.join(reasons))} |" for reasons in [_without(c)] if reasons]
    return "\n".join(lines) + "\n"


def _without(c: Certificate) -> list[str]:
    reasons: dict[str, list[str]] = {}
    for name, why in c.conditions.items():
        if why and why != NOT_ASKED:
            reasons.setdefault(why.partition(":")[0] if why.startswith(REFUSES) else why, []).append(name)
    for reading in ("raw", "tangent"):
        if reading in c.stopped:
            reasons.setdefault(c.stopped[reading], []).append(f"{reading} beyond")
    if c.limit:
        reasons.setdefault(c.limit, []).append(f"orders above {c.orders} but by series")
    return [f"{', '.join(names)}: {why}" for why, names in reasons.items()]


def _cell(text: object) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")


def _digest(rows: str) -> str:
    return hashlib.sha256(rows.encode()).hexdigest()[:16]


# -- reading it back -------------------------------------------------------------------------------------------

Claims = dict[tuple[str, str], dict[int, float]]


def claims(page: str) -> Claims:
    """What a page claims: (operation, reading) -> order -> error. ValueError where its rows were changed by hand."""
    found: Claims = {}
    for operation, _, reading, cells in _ROW.findall(page):
        values = [cell.strip() for cell in cells.split("|")[:-1]]
        found[operation, reading] = {n: float(v) for n, v in zip(ORDERS, values, strict=True) if v != "·"}
    digest = _DIGEST.search(page)
    if (
        not found
        or digest is None
        or digest[1] != _digest(page[page.index("\n## ") + 1 : page.index("\n\n## Conditions")])
    ):
        raise ValueError("the table was changed by hand: it is made by `make certify` alone")
    return found


def overclaimed(claimed: Claims, certificate: Certificate) -> list[str]:
    """What the table claims for a case's operation and the case's certificate does not bear out, a line each."""
    wrong = []
    for (operation, reading), errors in claimed.items():
        seen = certificate.errors.get(reading)
        if operation != certificate.operation or not seen:
            continue  # the reading is another case's of this operation, or the case goes without it
        for order, error in errors.items():
            what = f"{certificate.title} [{reading}, order {order}]: the table claims {error:.0e}"
            if order > certificate.orders and reading != "series":
                wrong.append(f"{what}, the case stops at order {certificate.orders}")
            elif order <= certificate.attempted.get(reading, 0) and order not in seen:
                wrong.append(f"{what}, this run did not get there ({certificate.stopped.get(reading, 'it failed')})")
            elif order in seen and seen[order] > MARGIN * max(error, LEAST):
                wrong.append(f"{what}, this run saw {seen[order]:.1e}")
    return wrong
