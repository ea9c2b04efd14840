"""`dezero graph`: the computational graph of an expression or of one of its derivatives."""

from __future__ import annotations

import argparse

from dezero import viz
from dezero.cli.derivatives import differentiate, directions, names_of
from dezero.cli.errors import CommandFailed, UsageError
from dezero.cli.expression import parse
from dezero.cli.output import check_folder
from dezero.cli.points import points
from dezero.viz.render import checked_suffix


def graph(arguments: argparse.Namespace) -> None:
    """Draw into a file, or print the DOT text."""
    if arguments.output is not None:
        try:
            checked_suffix(arguments.output)
        except ValueError as error:
            raise UsageError(str(error)) from None
        check_folder(arguments.output)
    expression = parse(arguments.expression)
    order = 0 if arguments.order is None and arguments.wrt is None else arguments.order
    everywhere_one = ",".join(f"{name}=1" for name in expression.variables or ("x",))
    at = points(everywhere_one if arguments.at is None else arguments.at, expression)
    along = directions(expression, arguments.wrt, order)
    _, results = differentiate(expression, at, along)
    label = names_of(expression, along, argument=True)[-1]
    drawn = viz.Graph({label: results[-1]}, arguments.verbose, values=results[0], limit=arguments.limit)
    try:
        if arguments.output is None:
            print(drawn.dot, end="")
        else:
            print(f"wrote {drawn.save(arguments.output)}")
    except viz.GraphTooLargeError:
        raise CommandFailed(
            f"the graph has more than {arguments.limit} nodes: draw a lower order, or allow more with --limit"
        ) from None
    except RuntimeError as error:  # Graphviz failed
        raise CommandFailed(error) from None
