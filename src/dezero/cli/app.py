"""The command line: its options and exit codes."""

from __future__ import annotations

import argparse
import io
import math
import os
import sys
import textwrap
from collections.abc import Callable, Sequence
from typing import NoReturn

import numpy as np

from dezero import __version__
from dezero.cli.bench import bench
from dezero.cli.derivatives import HIGHEST_ORDER
from dezero.cli.diff import diff
from dezero.cli.errors import CommandFailed, UsageError
from dezero.cli.expression import FUNCTIONS, ExpressionError
from dezero.cli.graph import graph
from dezero.cli.newton import newton
from dezero.cli.plot import plot
from dezero.viz.picture import LIMIT

FLAGS = ("-h", "--help", "--json", "--version", "-v", "--verbose")
WITH_VALUE = ("-o", "--output", "--at", "--from", "--order", "--wrt", "--iters", "--tol", "--limit", "--points")
EPILOG = f"""\
An expression has + - * / **, brackets, numbers, pi, e, variables and the functions
{textwrap.fill(", ".join(FUNCTIONS), 80)}.
where(x > 0, a, b) takes a comparison. Quote the expression, so that the shell leaves * alone."""
POINT = "2, x=1,y=2 or start:stop:count such as -2:2:9"
NAMES = "the variable of each differentiation, such as x,x,y"


def whole(what: str, lowest: int, highest: int | None = None) -> Callable[[str], int]:
    """Return a reader of whole numbers within bounds, for argparse."""

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = lowest - 1
        if value < lowest or (highest is not None and value > highest):
            bounds = f"from {lowest}" + (f" to {highest}" if highest is not None else " on")
            raise argparse.ArgumentTypeError(f"{text!r} is not {what}: a whole number {bounds}")
        return value

    return read


ORDER = whole("an order", 0, HIGHEST_ORDER)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 done, 1 could not be done, 2 used wrongly.

    >>> main(["diff", "x**2", "--at", "3"])
    f(x) = x**2 at x = 3.0
    <BLANKLINE>
    order      value
        0   f    9.0
        1  f'    6.0
    0
    """
    if isinstance(sys.stdout, io.TextIOWrapper):  # a terminal without Unicode gets escape codes
        sys.stdout.reconfigure(errors="backslashreplace")
    parser = build_parser()
    try:
        arguments = parser.parse_args(attach_values(sys.argv[1:] if argv is None else argv))
        if arguments.run is None:
            parser.print_help()
            return 0
        with np.errstate(all="ignore"):  # poles show as inf and nan in the output
            arguments.run(arguments)
        sys.stdout.flush()
    except SystemExit as leaving:  # argparse, after --help, --version or a usage error
        return int(leaving.code or 0)
    except (UsageError, ExpressionError) as error:
        return complain(error, 2)
    except BrokenPipeError:  # the reader of the output has closed it, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (CommandFailed, ImportError, OSError) as error:  # an ImportError names the extra to install
        return complain(error, 1)
    except KeyboardInterrupt:
        return complain("interrupted", 130)
    return 0


def complain(what: object, code: int) -> int:
    print(f"dezero: {what}", file=sys.stderr)
    return code


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"dezero: {message} ({self.prog} --help lists the options)\n")


def attach_values(argv: Sequence[str]) -> list[str]:
    """Return the arguments so that argparse takes `--at -2:2:9` and `-x**2` for a value and an expression.

    argparse calls whatever starts with a dash an option, except plain negative numbers and what has a blank.
    """
    attached: list[str] = []
    tokens = iter(argv)
    for token in tokens:
        if token in WITH_VALUE:
            value = next(tokens, None)
            if value is None or value.startswith("--"):
                attached += [token] if value is None else [token, value]
            else:
                attached.append(f"{'--output' if token == '-o' else token}={value}")
        elif token == "--":
            return [*attached, token, *tokens]
        elif token.startswith("-") and not token.startswith("--") and token not in FLAGS:
            attached.append(" " + token)
        else:
            attached.append(token)
    return attached


def build_parser() -> Parser:
    parser = Parser(
        prog="dezero",
        description="Derivatives of any order.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"dezero {__version__}")
    parser.set_defaults(run=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    def command(run: Callable[[argparse.Namespace], None], summary: str) -> Parser:
        sub: Parser = commands.add_parser(run.__name__, help=summary, description=summary, allow_abbrev=False)
        sub.set_defaults(run=run)
        sub.add_argument("expression", help='such as "x**4 - 2*x**2"')
        return sub

    add_diff(command(diff, "Print the value and the derivatives up to an order."))
    add_newton(command(newton, "Find where the derivative is zero by Newton's method."))
    add_graph(command(graph, "Draw the computational graph of a derivative."))
    add_bench(command(bench, "Time derivatives as they are, compiled, and by JAX where it is installed."))
    add_plot(command(plot, "Plot the function with its derivatives."))
    return parser


def add_diff(parser: Parser) -> None:
    parser.add_argument("--at", required=True, metavar="POINT", help=POINT)
    parser.add_argument("--order", type=ORDER, metavar="N", help="the highest derivative (1)")
    parser.add_argument("--wrt", metavar="NAMES", help=NAMES)
    parser.add_argument("--json", action="store_true", help="print JSON")


def add_newton(parser: Parser) -> None:
    parser.add_argument("--from", required=True, dest="start", metavar="X", help="where to start")
    parser.add_argument("--iters", type=whole("a number of lines", 0), default=10, metavar="N", help="lines (10)")
    parser.add_argument("--tol", type=tolerance, metavar="T", help="stop once a step is no longer than this")


def add_graph(parser: Parser) -> None:
    parser.add_argument("-o", "--output", metavar="FILE", help=".svg .png .pdf .dot .gv .mmd; without it prints DOT")
    parser.add_argument("--at", metavar="POINT", help=f"{POINT} (1)")
    parser.add_argument("--order", type=ORDER, metavar="N", help="the order of the derivative (0: the function)")
    parser.add_argument("--wrt", metavar="NAMES", help=NAMES)
    parser.add_argument("-v", "--verbose", action="store_true", help="show shapes, dtypes and parameters")
    parser.add_argument("--limit", type=whole("a limit", 1), default=LIMIT, metavar="N", help=f"most nodes ({LIMIT})")


def add_bench(parser: Parser) -> None:
    parser.add_argument("--order", type=ORDER, default=10, metavar="N", help="the highest derivative (10)")
    parser.add_argument("--points", type=count, default=10**6, metavar="N", help="how many points, such as 1e6 (10⁶)")


def add_plot(parser: Parser) -> None:
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help=".png, .svg or .pdf")
    parser.add_argument("--at", default="-5:5:400", metavar="RANGE", help="start:stop:count (-5:5:400)")
    parser.add_argument("--order", type=ORDER, metavar="N", help="the highest derivative (1)")


def count(text: str) -> int:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (value.is_integer() and value >= 1):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of points: a whole number from 1 on, such as 1e6")
    return int(value)


def tolerance(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not value >= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a tolerance: a number that is not negative")
    return value
