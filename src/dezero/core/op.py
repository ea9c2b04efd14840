"""Built-in operations: declared once, with their value and one derivative rule an argument.

A rule is an expression over a namespace `F`: `rule(F, g, *arguments, y, **parameters)` is the cotangent of one
argument given the cotangent `g` of the result `y`. Whoever needs a derivative reads the same rule with another
`F`: raw arrays, Variables, or the terms of a graph that is being rewritten. Since the Jacobian of an element-wise
operation is diagonal, its rules are tangent rules too, with the tangent of the argument for `g`.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from dezero.backends import is_plain_array
from dezero.core.config import recording
from dezero.core.errors import describe, explain, foreign, no_data
from dezero.core.marks import CONSTANT, CUT
from dezero.core.operators import VARIABLES
from dezero.core.registry import declared, operations, redeclared, values
from dezero.core.variable import Variable, tick, wrap

Rule = Callable[..., Any]
Named = TypeVar("Named", bound=Callable[..., Any])
_new = object.__new__
_HASHED = 2**22  # bytes; a larger array is not worth reading to find its equal

ELEMENTWISE, LINEAR, BILINEAR, GENERAL = "elementwise", "linear", "bilinear", "general"


class Op:
    """What the sweeps know about one operation.

    name; value: the function on raw arrays; rules: one for each argument;
    kind: element-wise, linear in all its arguments together, bilinear, or general; rows: where the rows of its
    arguments stand in its result (see tangent.py); uniform: its rules take a number for `g` as an array full of it
    (element-wise rules do, unless it says otherwise);
    keeps_constant: it takes arrays full of one number to an array full of that number; commutative;
    over: the place of the argument in which a quotient, or the solution of an equation, is linear for given others.
    """

    __slots__ = (
        "commutative",
        "keeps_constant",
        "key",
        "kind",
        "name",
        "over",
        "parameters",
        "rows",
        "rules",
        "uniform",
        "value",
    )

    def __init__(
        self,
        name: str,
        kind: str,
        value: Callable[..., Any],
        rules: Sequence[Rule] | AnyNumberOfRules,
        *,
        rows: Callable[..., Any] | None = None,
        uniform: bool | None = None,
        keeps_constant: bool = False,
        commutative: bool = False,
        over: int | None = None,
    ) -> None:
        self.name, self.kind, self.value, self.rules = name, kind, value, rules
        self.rows, self.keeps_constant, self.commutative, self.over = rows, keeps_constant, commutative, over
        self.uniform = kind is ELEMENTWISE if uniform is None else uniform
        self.parameters: dict[str, Any] = {}
        self.key: Any = name

    def bind(self, **parameters: Any) -> Op:
        """This operation with its non-differentiable parameters (axis, shape, index) filled in."""
        for value in parameters.values():
            if type(value) in VARIABLES:
                (name,) = [name for name, other in parameters.items() if other is value][:1]
                raise TypeError(
                    f"{self.name}: {name} is a Variable ({describe(value)}), and the operation has no derivative in "
                    f"{name}; give a plain value (v.item() or v.data for a constant)"
                )
        op = _new(_Bound)
        op.base, op.parameters = self, parameters
        op.name, op.kind = self.name, self.kind
        return op

    def view(self, node: Variable) -> Any:
        first = node._args[0]
        if isinstance(first, Variable) and isinstance(first._data, tuple):
            return first._op.view(first)  # one output of several: shown as the operation that computed them all
        return OpView(node)

    def __repr__(self) -> str:
        return f"<operation {self.name}{self.parameters or ''}>"


class _Bound(Op):
    """An operation with parameters; what is asked for seldom is derived when asked for."""

    __slots__ = ("__dict__", "base")
    base: Op

    def __getattr__(self, name: str) -> Any:
        base, parameters = self.base, self.parameters
        if name == "rules":
            self.rules = _BoundRules(base.rules, parameters)  # type: ignore[assignment]
        elif name == "value":
            self.value = functools.partial(base.value, **parameters)
        elif name == "key":
            self.key = (base.key, *[fingerprint(p) for p in parameters.values()])
        else:
            return getattr(base, name)
        return getattr(self, name)


class _BoundRules:
    def __init__(self, rules: Sequence[Rule] | AnyNumberOfRules, parameters: dict[str, Any]) -> None:
        self.rules, self.parameters = rules, parameters

    def __getitem__(self, i: int) -> Rule:
        return functools.partial(self.rules[i], **self.parameters)


class AnyNumberOfRules:
    """The rules of an operation of any number of arguments: one function that is told which argument is meant."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule

    def __getitem__(self, i: int) -> Rule:
        return functools.partial(self.rule, i)


def fingerprint(value: Any) -> Any:
    """A hashable stand-in for a parameter or a plain array: equal for equal values alone, Unlike where telling that
    would cost too much."""
    if isinstance(value, np.ndarray):
        if value.nbytes > _HASHED or value.dtype.hasobject:
            return Unlike()
        digest = hashlib.blake2b(np.ascontiguousarray(value).tobytes(), digest_size=16).hexdigest()
        return f"{value.dtype}{value.shape}{digest}"
    if isinstance(value, tuple):
        return tuple([fingerprint(v) for v in value])
    if isinstance(value, slice):
        return "slice", value.start, value.stop, value.step
    if value is None or value is Ellipsis or isinstance(value, str | np.dtype):
        return value
    return repr(value) if isinstance(value, bool | int | float | complex | np.generic) else Unlike()


class Unlike:
    """A fingerprint of what cannot be told cheaply: equal to nothing but itself."""


class OpView:
    """What `.creator` of a built-in operation's result shows; made when somebody looks."""

    def __init__(self, node: Variable) -> None:
        from weakref import ref

        self._node, op = node, node._op
        self.name: str = op.name
        self.parameters: dict[str, Any] = dict(op.parameters)
        self.args = node._args
        self.inputs = [a for a in node._args if isinstance(a, Variable)]
        self.outputs = [ref(node)]

    @property
    def generation(self) -> int:
        return self._node.generation - 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, OpView) and other._node is self._node

    def __hash__(self) -> int:
        return hash(self._node)

    def __repr__(self) -> str:
        return f"<{self.name} of {', '.join(describe(a) for a in self.args)}>"


# -- computing a node ------------------------------------------------------------------------------------------


def make(op: Op, args: tuple[Any, ...]) -> Variable:
    """Compute an operation and record it, whatever the settings say."""
    y = _new(Variable)
    y._data = op.value(*[a._data if isinstance(a, Variable) else a for a in args])
    if type(y._data) is complex:  # Python computed complex / float64
        y._data = np.complex128(y._data)
    y._op, y._args, y._grad, y.name = op, args, None, None
    y._seq = tick()
    return y


def apply(op: Op, *args: Any) -> Variable:
    """Compute an operation of any number of arguments on Variables, arrays and numbers."""
    given, args = args, tuple([a if isinstance(a, Variable) else plain(a, op.name) for a in args])
    y = _new(Variable)
    recorded = any([isinstance(a, Variable) for a in args])
    data = [a._data if isinstance(a, Variable) else a for a in args] if recorded else _arrays(given)
    if any([x is None for x in data]):
        raise no_data(op.name)
    try:
        y._data = op.value(*data)
    except Exception as error:
        raise explain(op.name, args, error, op.parameters) from error
    y._op, y._args = CONSTANT, ()
    if recorded:
        y._op, y._args = (op, args) if recording() else (CUT, ())
    else:
        y._data = np.asarray(y._data)
    y._grad = y.name = None
    y._seq = tick()
    return y


def _arrays(args: tuple[Any, ...]) -> list[Any]:
    """Plain arguments as values take them: one at least is an array; numbers beside one have no dtype of their own."""
    dtyped = any([hasattr(a, "dtype") for a in args])
    return [np.asarray(a) if isinstance(a, np.generic) or not (i or dtyped) else a for i, a in enumerate(args)]


def plain(value: Any, name: str) -> Any:
    """A number or array mixed into an expression, as operations keep it: numbers as Python's, so that they never
    change an array's dtype."""
    if type(value) is np.ndarray:
        if value.dtype.kind in "fiubc":
            return value if value.ndim else value.item()
    elif isinstance(value, np.generic):
        if value.dtype.kind in "fiubc":
            return value.item()
    elif isinstance(value, int | float | complex) or is_plain_array(value) or _computes(value):
        return value
    raise foreign(name, value)


def _computes(value: Any) -> bool:
    """Whether it is an array of another library that answers NumPy's functions itself and is no container of an array.

    What NumPy can make an array of (a pandas Series, an xarray DataArray) has more to it than its numbers.
    """
    answers = getattr(type(value), "__array_ufunc__", None) is not None and hasattr(value, "dtype")
    return answers and hasattr(value, "shape") and not hasattr(value, "__array__")


def unary(op: Op) -> Callable[[Any], Variable]:
    value = op.value

    def call(x: Any) -> Variable:
        if not isinstance(x, Variable):
            return apply(op, x)
        y = _new(Variable)
        try:
            y._data = value(x._data)
        except Exception as error:
            raise explain(op.name, (x,), error) from error
        if recording():
            y._op, y._args = op, (x,)
        else:
            y._op, y._args = CUT, ()
        y._grad = y.name = None
        y._seq = tick()
        return y

    return call


def binary(op: Op) -> Callable[[Any, Any], Variable]:
    value = op.value

    def call(a: Any, b: Any) -> Variable:
        if isinstance(a, Variable):
            x = a._data
            if isinstance(b, Variable):
                z = b._data
            else:
                b = z = b if type(b) is float or type(b) is int else plain(b, op.name)
        else:
            if not isinstance(b, Variable):
                return apply(op, a, b)
            a, z = plain(a, op.name), b._data
            x = np.complex128(a) if type(a) is complex and type(z) is np.float64 else a  # or Python would compute
        y = _new(Variable)
        try:
            y._data = value(x, z)
        except Exception as error:
            raise explain(op.name, (a, b), error) from error
        if recording():
            y._op, y._args = op, (a, b)
        else:
            y._op, y._args = CUT, ()
        y._grad = y.name = None
        y._seq = tick()
        return y

    return call


def several(op: Op) -> Callable[..., Variable]:
    wanted = len(op.rules)  # type: ignore[arg-type]

    def call(*args: Any) -> Variable:
        if len(args) != wanted:
            raise TypeError(f"{op.name}: takes {wanted} arguments, got {len(args)}")
        return apply(op, *args)

    return call


def operand(x: Any, name: str) -> Variable:
    """An argument of a public function as a Variable that holds data; TypeError naming the function otherwise."""
    if not isinstance(x, Variable):
        plain(x, name)  # refuses what is neither
        return wrap(x if hasattr(x, "dtype") and not isinstance(x, np.generic) else np.asarray(x))
    if x._data is None:
        raise no_data(name)
    return x


# -- declaring -------------------------------------------------------------------------------------------------


def declare(op: Op) -> Op:
    if op.name in declared:  # a cell of a notebook run again: what was derived by the former rules must not be reused
        op.key = f"{op.name} {tick()}"
        for forget in redeclared:
            forget()
    declared[op.name] = op
    setattr(values, op.name, op.value)
    return op


def publish(name: str, function: Any, doc: str | None = None) -> Any:
    """Give the function that users call its name and its place among the operations."""
    function.__name__ = function.__qualname__ = name
    if function.__module__ == __name__:  # made here by elementwise and its like: pickle is to find it where users do
        function.__module__ = "dezero.functions"
    function.__doc__ = doc or function.__doc__
    setattr(operations, name, function)
    return function


def public(function: Named) -> Named:
    """Decorate a function that users call: it is an operation under its own name."""
    setattr(operations, function.__name__, function)
    return function


def elementwise(
    name: str,
    value: Callable[..., Any],
    *rules: Rule,
    doc: str,
    commutative: bool = False,
    uniform: bool | None = None,
) -> Any:
    """Declare an operation on each element, broadcasting its arguments as NumPy does; returns the public function.

    >>> cube = elementwise("cube", lambda x: x * x * x, lambda F, g, x, y: g * 3 * x * x, doc="Third power.")
    >>> x = Variable(np.array(2.0))
    >>> cube(x).backward()
    >>> x.grad
    variable(12.0)
    """
    op = declare(Op(name, ELEMENTWISE, value, rules, commutative=commutative, uniform=uniform))
    call = unary(op) if len(rules) == 1 else binary(op) if len(rules) == 2 else several(op)
    return publish(name, call, doc)


def linear(name: str, value: Callable[..., Any], *rules: Any, **facts: Any) -> Op:
    """Declare an operation that is linear in all its arguments together (sum, reshape, indexing, joining)."""
    any_number = isinstance(rules[0], AnyNumberOfRules)
    return declare(Op(name, LINEAR, value, rules[0] if any_number else rules, **facts))


def bilinear(name: str, value: Callable[..., Any], *rules: Rule, **facts: Any) -> Op:
    """Declare an operation of two arguments that is linear in each (matmul, convolution)."""
    return declare(Op(name, BILINEAR, value, rules, **facts))
