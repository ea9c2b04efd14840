"""`dezero diff`: a table of derivatives."""

from __future__ import annotations

import argparse
import json

import numpy as np

from dezero.cli.derivatives import directions, names_of, tabulate
from dezero.cli.expression import parse
from dezero.cli.points import points
from dezero.cli.table import json_number, number, table


def diff(arguments: argparse.Namespace) -> None:
    """Print the value and the derivatives; one row a derivative at a point, one row a point over a range."""
    expression = parse(arguments.expression)
    at = points(arguments.at, expression)
    along = directions(expression, arguments.wrt, arguments.order)
    values = tabulate(expression, at, along)
    names = names_of(expression, along)
    rows = np.stack([np.atleast_1d(row) for row in values], axis=1)
    where = np.stack([np.atleast_1d(values) for values in at.values()], axis=1)
    if arguments.json:
        document = {
            "expression": expression.text,
            "variables": list(at),
            "wrt": list(along),
            "derivatives": names,
            "points": [
                {"at": [json_number(v) for v in point], "values": [json_number(v) for v in row]}
                for point, row in zip(where, rows, strict=True)
            ],
        }
        print(json.dumps(document, indent=2, ensure_ascii=False))
    elif values[0].ndim:
        lines = [[number(v) for v in (*point, *row)] for point, row in zip(where, rows, strict=True)]
        print(f"f({', '.join(at)}) = {expression.text}\n")
        print(table([*at, *names], lines))
    else:
        place = ", ".join(f"{name} = {number(values)}" for name, values in at.items())
        print(f"f({', '.join(at)}) = {expression.text} at {place}\n")
        lines = [[str(n), name, number(v)] for n, (name, v) in enumerate(zip(names, rows[0], strict=True))]
        print(table(["order", "", "value"], lines))
