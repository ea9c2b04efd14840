"""Mathematical expressions as text: parsed into a whitelist of operations, never evaluated as Python."""

from __future__ import annotations

import ast
import math
import operator
import unicodedata
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, NamedTuple, NoReturn

import numpy as np

import dezero.functions as F
from dezero.core import Variable, as_variable, no_grad

LONGEST = 2000  # characters
DEEPEST = 100  # levels of brackets, signs and powers inside one another; a sum of many terms is one level
EXACT = 2**53  # integers up to here are floats without loss
WINDOW = 72  # characters of the expression that an error shows

_BY_ARITY = {
    1: """abs arccos arccosh arcsin arcsinh arctan arctanh cbrt cos cosh erf erfc exp expm1 gammaln log
        log10 log1p log2 reciprocal relu sigmoid sign sin sinh softplus sqrt square tan tanh""",
    2: "arctan2 hypot logaddexp maximum minimum",
    3: "where",
}
_ARITY = {name: arity for arity, names in _BY_ARITY.items() for name in names.split()}
FUNCTIONS = {name: _ARITY[name] for name in sorted(_ARITY) if hasattr(F, name)}
CONSTANTS = {"pi": math.pi, "e": math.e}
_OTHER_NAMES = {
    "ln": "log",
    "max": "maximum",
    "min": "minimum",
    "atan": "arctan",
    "asin": "arcsin",
    "acos": "arccos",
}

_BINARY_OPERATORS: dict[type[ast.AST], tuple[str, Callable[[Any, Any], Any]]] = {
    ast.Add: ("+", operator.add),
    ast.Sub: ("-", operator.sub),
    ast.Mult: ("*", operator.mul),
    ast.Div: ("/", operator.truediv),
    ast.Pow: ("**", operator.pow),
}
_SIGNS: dict[type[ast.AST], Callable[[Any], Any]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}
_COMPARISONS: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_KINDS = {
    ast.Attribute: "a dot after a name",
    ast.Subscript: "indexing",
    ast.BoolOp: "and/or",
    ast.IfExp: "if/else (write where(condition, a, b))",
    ast.Tuple: "a tuple",
    ast.List: "a list",
    ast.Lambda: "lambda",
    ast.NamedExpr: "an assignment",
    ast.JoinedStr: "a string",
}


class ExpressionError(ValueError):
    """Text that is not an expression; `position` is the number of characters before the mistake."""

    def __init__(self, reason: str, text: str, position: int):
        self.reason, self.text = reason, text
        self.position = min(max(position, 0), len(text))
        super().__init__(reason, text, position)

    def __str__(self) -> str:
        start = max(0, self.position - WINDOW // 2) if len(self.text) > WINDOW else 0
        shown = "".join(c if c.isprintable() else "?" for c in self.text[start : start + WINDOW])
        before = shown[: self.position - start]
        # East Asian characters are two columns wide, and so is the ideographic space.
        blanks = "".join("\u3000" if unicodedata.east_asian_width(c) in "WF" else " " for c in before)
        return f"{self.reason}\n  {shown}\n  {blanks}^"


class _Slot(NamedTuple):
    """The result of an earlier step."""

    step: int


class _Name(NamedTuple):
    """A free variable."""

    name: str


_Operand = int | float | _Slot | _Name
Operation = Callable[..., Any]
Translation = Callable[[Operation], Operation]
_Step = tuple[Operation, tuple[_Operand, ...]]


@dataclass(frozen=True)
class Expression:
    """A parsed expression: call it with one keyword for each of its `variables`.

    text: as it was given. variables: the free names in the order in which they appear.

    >>> f = parse("x**4 - 2*x**2")
    >>> f.variables
    ('x',)
    >>> f(x=2.0)
    variable(8.0)
    """

    text: str
    variables: tuple[str, ...]
    _steps: tuple[_Step, ...] = field(repr=False, compare=False)
    _result: _Operand = field(repr=False, compare=False)

    def __call__(self, /, **values: Any) -> Variable:
        """Return the value; each variable is a Variable, array or number, and they broadcast.

        Raises TypeError for a variable that is missing or not in the expression.
        """
        if set(values) != set(self.variables):
            raise TypeError(
                f"{self.text!r} takes a value for each of ({', '.join(self.variables)}), got ({', '.join(values)})"
            )
        given = {
            name: value if isinstance(value, Variable) else Variable(np.asarray(value, dtype=float))
            for name, value in values.items()
        }
        result = self.evaluate(given)
        return result if isinstance(result, Variable) else Variable(np.array(float(result)))

    def evaluate(self, values: Mapping[str, Any], translate: Translation = lambda operation: operation) -> Any:
        """Return the value for values of any library that have Python's operators.

        translate: gives the library's function for one of `dezero.functions`, or for a function of `operator`.
        """
        computed: list[Any] = []

        def value_of(operand: _Operand) -> Any:
            if isinstance(operand, _Slot):
                return computed[operand.step]
            return values[operand.name] if isinstance(operand, _Name) else operand

        for operation, operands in self._steps:
            computed.append(translate(operation)(*map(value_of, operands)))
        return value_of(self._result)


def parse(text: str) -> Expression:
    """Return the Expression that `text` spells: + - * / **, brackets, numbers, pi, e, names and FUNCTIONS.

    Any other name is a free variable. Parts without variables are computed at once, as floats, except that
    whole numbers stay whole: x**4 has a whole exponent. Comparisons stand only as the condition of `where`.

    Raises ExpressionError, which names the place, for anything else.

    >>> parse("sin(w*t) / 2").variables
    ('w', 't')
    >>> parse("sine(x)")
    Traceback (most recent call last):
        ...
    dezero.cli.expression.ExpressionError: there is no function 'sine'; did you mean 'sin'?
      sine(x)
      ^
    """
    return _Parser(text).parse()


class _Parser:
    def __init__(self, text: str):
        # Line breaks and tabs mean nothing here; one blank for each keeps the positions.
        self.text = "".join(" " if c.isspace() else c for c in text)
        self.indent = len(self.text) - len(self.text.lstrip())
        self.source = self.text.strip()
        self.bytes = self.source.encode("utf-8", "surrogatepass")
        self.variables: dict[str, None] = {}
        self.steps: list[_Step] = []

    def parse(self) -> Expression:
        if not self.source:
            raise ExpressionError("the expression is empty", self.text, 0)
        if len(self.source) > LONGEST:
            self.fail_at(f"the expression is longer than {LONGEST} characters", LONGEST)
        if "#" in self.source:
            self.fail_at("'#' has no meaning here", self.source.index("#"))
        result = self.visit(self.syntax_tree().body, 0)
        return Expression(self.source, tuple(self.variables), tuple(self.steps), result)

    def syntax_tree(self) -> ast.Expression:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # Python's warnings about its own syntax, such as on "\d"
                return ast.parse(self.source, mode="eval")
        except SyntaxError as error:
            # The offset counts characters from 1; 0 says that the text ends too early.
            self.fail_at(f"this cannot be read: {error.msg}", (error.offset or len(self.source) + 1) - 1)
        except (RecursionError, MemoryError):
            self.fail_at("the expression is nested too deeply", 0)
        except ValueError as error:  # null characters, lone surrogates
            self.fail_at(f"this cannot be read: {error}", 0)

    # -- where things are ------------------------------------------------------------------------------------

    def fail_at(self, reason: str, position: int) -> NoReturn:
        raise ExpressionError(reason, self.text, self.indent + min(position, len(self.source)))

    def fail(self, reason: str, node: ast.AST) -> NoReturn:
        self.fail_at(reason, self.characters(node.col_offset))  # type: ignore[attr-defined]

    def fail_at_operator(self, reason: str, left: ast.expr) -> NoReturn:
        offset = left.end_col_offset or 0
        while self.bytes[offset : offset + 1] in (b" ", b")"):
            offset += 1
        self.fail_at(reason, self.characters(offset))

    def characters(self, offset: int) -> int:
        """Return how many characters the first `offset` bytes are: `ast` counts bytes of UTF-8."""
        return len(self.bytes[:offset].decode("utf-8", "replace"))

    # -- from syntax to steps --------------------------------------------------------------------------------

    def visit(self, node: ast.expr, depth: int) -> _Operand:
        if depth > DEEPEST:
            self.fail(f"the expression is nested more than {DEEPEST} levels deep", node)
        if isinstance(node, ast.Constant):
            return self.visit_number(node)
        if isinstance(node, ast.Name):
            return self.visit_name(node)
        if isinstance(node, ast.BinOp):
            return self.visit_chain(node, depth)
        if isinstance(node, ast.UnaryOp) and type(node.op) in _SIGNS:
            return self.emit(_SIGNS[type(node.op)], (self.visit(node.operand, depth + 1),), node)
        if isinstance(node, ast.Call):
            return self.visit_call(node, depth)
        if isinstance(node, ast.Compare):
            self.fail_at_operator("a comparison can only be the condition of where(condition, a, b)", node.left)
        self.fail(f"{_KINDS.get(type(node), 'this')} has no meaning here", node)

    def visit_number(self, node: ast.Constant) -> int | float:
        value = node.value
        if not isinstance(value, int | float) or isinstance(value, bool):
            self.fail(f"{value!r} is not a real number", node)
        return self.number(value, node)

    def number(self, value: float, node: ast.AST) -> int | float:
        """Return a constant: an int where floats of its size are exact, else a float; an error unless it is finite."""
        try:
            value = value if isinstance(value, int) and abs(value) <= EXACT else float(value)
        except OverflowError:
            value = math.inf
        if not math.isfinite(value):
            self.fail(f"this is {'too large for a' if math.isinf(value) else 'not a real'} number", node)
        return value

    def visit_name(self, node: ast.Name) -> _Operand:
        if node.id in CONSTANTS:
            return CONSTANTS[node.id]
        if node.id in FUNCTIONS:
            self.fail(f"{node.id} is a function: write {node.id}(...)", node)
        self.variables[node.id] = None
        return _Name(node.id)

    def visit_chain(self, node: ast.BinOp, depth: int) -> _Operand:
        """Visit a + b + c + ... in a loop, so that a long chain counts as one level."""
        chain = []
        first: ast.expr = node
        while isinstance(first, ast.BinOp):
            chain.append(first)
            first = first.left
        result = self.visit(first, depth + 1)
        for link in reversed(chain):
            if type(link.op) not in _BINARY_OPERATORS:
                hint = ": write ** for a power" if isinstance(link.op, ast.BitXor) else ""
                self.fail_at_operator(f"only + - * / ** are operators here{hint}", link.left)
            result = self.operate(link, result, self.visit(link.right, depth + 1))
        return result

    def operate(self, node: ast.BinOp, left: _Operand, right: _Operand) -> _Operand:
        symbol, operation = _BINARY_OPERATORS[type(node.op)]
        if symbol == "**":
            if isinstance(right, float) and right.is_integer() and abs(right) <= EXACT:
                right = int(right)  # x**(4/2) is a whole power too
            operation = _power
        try:
            return self.emit(operation, (left, right), node)
        except ZeroDivisionError:
            self.fail_at_operator("division by zero", node.left)
        except OverflowError:
            self.fail_at_operator("this power is too large for a number", node.left)
        except ValueError as error:
            if isinstance(error, ExpressionError):
                raise
            self.fail_at_operator("this power is not a real number", node.left)

    def visit_call(self, node: ast.Call, depth: int) -> _Operand:
        if not isinstance(node.func, ast.Name):
            self.fail("only a function can be called: write * for a product", node.func)
        name = node.func.id
        if name not in FUNCTIONS:
            self.fail(f"there is no function {name!r}{_hint(name)}", node.func)
        if node.keywords or any(isinstance(arg, ast.Starred) for arg in node.args):
            self.fail(f"{name} takes plain arguments", node.func)
        arity = FUNCTIONS[name]
        if len(node.args) != arity:
            self.fail(f"{name} takes {arity} argument{'s' * (arity > 1)}, not {len(node.args)}", node.func)
        if name == "where":
            operands = (self.visit_condition(node.args[0], depth + 1), *self.branches(node.args[1:], depth))
            return self.emit(_where, operands, node)
        return self.emit(_on_floats(getattr(F, name)), self.branches(node.args, depth), node)

    def branches(self, nodes: list[ast.expr], depth: int) -> tuple[_Operand, ...]:
        return tuple(self.visit(node, depth + 1) for node in nodes)

    def visit_condition(self, node: ast.expr, depth: int) -> _Operand:
        if not isinstance(node, ast.Compare):
            self.fail("the condition of where must be a comparison such as x > 0", node)
        operands = self.branches([node.left, *node.comparators], depth)
        holds: _Operand = True
        for i, comparison in enumerate(node.ops):
            if type(comparison) not in _COMPARISONS:
                self.fail_at_operator("only < <= > >= == != compare numbers", (node.left, *node.comparators)[i])
            one = self.emit(_COMPARISONS[type(comparison)], operands[i : i + 2], node)
            holds = one if holds is True else self.emit(np.logical_and, (holds, one), node)
        return holds

    def emit(self, operation: Callable[..., Any], operands: tuple[_Operand, ...], node: ast.expr) -> _Operand:
        """Add a step, or compute it now where all its operands are constants."""
        if any(isinstance(operand, _Slot | _Name) for operand in operands):
            self.steps.append((operation, operands))
            return _Slot(len(self.steps) - 1)
        with no_grad(), np.errstate(all="ignore"):
            value = operation(*operands)
        if isinstance(value, bool | np.bool_):
            return bool(value)
        return self.number(value.item() if isinstance(value, Variable) else value, node)


def _power(base: Any, exponent: Any) -> Any:
    """Return base**exponent. Large powers of numbers are computed as floats, so that 9**9**9 fails at once."""
    if not (isinstance(base, int | float) and isinstance(exponent, int | float)):
        return base**exponent
    power = math.pow(base, exponent)
    whole = isinstance(base, int) and isinstance(exponent, int) and exponent >= 0 and abs(power) <= EXACT
    return base**exponent if whole else power


def _floats(values: tuple[Any, ...]) -> list[Any]:
    return [value if isinstance(value, Variable) else float(value) for value in values]


def _on_floats(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `function` taking whole numbers as floats: maximum(x, 1) is not to be an array of integers."""
    return lambda *values: function(*_floats(values))


def _where(condition: Any, *branches: Any) -> Any:
    return F.where(condition if hasattr(condition, "dtype") else np.asarray(condition), *_floats(branches))


def _hint(name: str) -> str:
    close = [_OTHER_NAMES[name]] if name in _OTHER_NAMES else get_close_matches(name, FUNCTIONS, n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return "; write * for a product" if len(name) == 1 else f"; there are {', '.join(FUNCTIONS)}"


def constant(text: str) -> float:
    """Return the number that an expression without variables spells; raise ExpressionError for any other.

    >>> constant("-pi/2")
    -1.5707963267948966
    """
    expression = parse(text)
    if expression.variables:
        name = expression.variables[0]
        raise ExpressionError(f"a number is wanted here, and {name} is none", text, text.find(name))
    return float(as_variable(expression()))
