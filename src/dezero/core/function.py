"""Function: an operation that the user defines."""

from __future__ import annotations

import copy
import weakref
from typing import Any

import numpy as np

from dezero.core.arraylike import raw
from dezero.core.call import apply
from dezero.core.config import recording, using_config
from dezero.core.dtypes import Array, as_array
from dezero.core.errors import describe
from dezero.core.marks import CONSTANT, CUT
from dezero.core.outputs import Cotangents, mapped, picking
from dezero.core.registry import operations
from dezero.core.variable import ArrayLike, Variable, as_constant, as_variable, tick, wrap
from dezero.core.watch.tracing import Running, trace_here


class Function:
    """An operation of the user's: a subclass has `forward(self, *arrays)` and `backward(self, *gys)`.

    Call an instance on Variables. forward gets raw arrays and returns an array, or a tuple of them; the call returns a
    Variable, or a list of them. backward gets a Variable for each output and returns a Variable (or None) for each
    input. `self.inputs` are the Variables of the call, `self.outputs` weak references to its results.

    backward must compute from gys and self.inputs with dezero's operations, not from `.data` or from an array that
    forward saved. Such an array is a constant: the first derivative is right, but every higher one lacks the terms
    that depend on the array, without an error.

    >>> import numpy as np
    >>> class Square(Function):
    ...     def forward(self, x):
    ...         return x * x
    ...     def backward(self, gy):
    ...         (x,) = self.inputs
    ...         return gy * 2 * x
    >>> x = Variable(np.array(3.0))
    >>> Square()(x).backward(create_graph=True)
    >>> x.grad
    variable(6.0)

    Two outputs:

    >>> class SinCos(Function):
    ...     def forward(self, x):
    ...         return np.sin(x), np.cos(x)
    ...     def backward(self, gs, gc):
    ...         sin, cos = SinCos()(self.inputs[0])
    ...         return gs * cos - gc * sin
    >>> SinCos()(Variable(np.array(0.0)))
    [variable(0.0), variable(1.0)]
    """

    rules = None  # the sweeps call vjp_raw() and vjp() in place of a rule
    parameters: dict[str, Any] = {}  # noqa: RUF012 - for built-in operations; a Function has attributes
    inputs: list[Variable]
    outputs: list[weakref.ref[Variable]]

    def __call__(self, *inputs: ArrayLike) -> Any:
        if "inputs" in self.__dict__:
            return copy.copy(self)._call(inputs)  # this instance belongs to the graph of its first call
        return self._call(inputs)

    def _call(self, inputs: tuple[ArrayLike, ...]) -> Variable | list[Variable]:
        variables = [as_constant(x) for x in inputs]
        arrays = [as_array(x._data) for x in variables]  # not .data, which notes a reading
        trace = trace_here()
        ys = self.forward(*arrays) if trace is None else self._traced(trace, arrays)
        several = isinstance(ys, tuple)
        if several and not ys:
            raise TypeError(f"{self.name}.forward returned an empty tuple; return at least one array")
        results = [self._result(y) for y in (ys if several else (ys,))]
        if not variables:
            for y in results:
                y._op = CONSTANT
        elif recording():
            self.inputs = variables
            self.outputs = [weakref.ref(y) for y in results]
            self._record(results)
        else:
            for y in results:
                y._op = CUT
        return results if len(results) > 1 else results[0]

    def _traced(self, trace: Running, arrays: list[Array]) -> Any:
        """What stands for forward's results: computed from arrays without numbers, or of the types of some numbers."""
        try:
            return self.forward(*arrays)
        except Exception:
            found = trace.computed(self.name, self.forward, arrays)
            if found is None:
                raise
            return found

    def forward(self, *xs: Any) -> Any:
        raise NotImplementedError(f"{self.name} has no forward: define forward(self, *arrays)")

    def backward(self, *gys: Any) -> Any:
        raise NotImplementedError(f"{self.name} has no backward: define backward(self, *gys) to differentiate it")

    @property
    def name(self) -> str:
        return type(self).__name__

    @property
    def args(self) -> tuple[Variable, ...]:
        return tuple(self.inputs)

    @property
    def generation(self) -> int:
        return max((x.generation for x in self.inputs), default=0)

    def view(self, node: Variable) -> Function:
        return self

    def _result(self, y: Any) -> Variable:
        if y is None:
            raise TypeError(f"{self.name}.forward returned NoneType; return the array that it computes")
        if isinstance(y, Variable):
            raise TypeError(f"{self.name}.forward returned a Variable; it gets raw arrays and must return raw arrays")
        try:
            return as_variable(y)
        except TypeError as error:
            raise TypeError(f"{self.name}.forward returned {describe(y)}: {error}") from None

    def _record(self, results: list[Variable]) -> None:
        args = tuple(self.inputs)
        if len(results) == 1:
            (y,) = results
            y._op, y._args, y._age = self, args, tick()
            return
        call = Variable(None)
        call._data, call._op, call._args = tuple(y._data for y in results), self, args
        for i, y in enumerate(results):
            y._op, y._args, y._age = picking(i), (call,), tick()

    # -- for the sweeps ----------------------------------------------------------------------------------

    def vjp_raw(self, node: Variable, g: Array | Cotangents) -> list[tuple[Variable, Array | None]]:
        """Pairs of an input and its raw cotangent, from that of the output or of several."""
        with using_config("enable_backprop", False):
            return [(x, raw(gx)) for x, gx in self.vjp(node, mapped(lambda i, x: wrap(x), g), recorded=False)]

    def vjp(
        self, node: Variable, g: Variable | Cotangents, recorded: bool = True
    ) -> list[tuple[Variable, Variable | None]]:
        """Pairs of an input and its cotangent as a Variable, from the user's backward."""
        if isinstance(g, Cotangents):
            gys = tuple(_like(g[i], y) if i in g else wrap(np.zeros_like(y)) for i, y in enumerate(node._data))
        else:
            gys = (_like(g, node._data),)
        gxs = self.backward(*gys)
        gxs = tuple(gxs) if isinstance(gxs, tuple | list) else (gxs,)
        if len(gxs) != len(node._args):
            raise ValueError(
                f"{self.name}.backward returned {len(gxs)} gradients for {len(node._args)} inputs; "
                "return one for each input (None where there is none)"
            )
        for i, (x, gx) in enumerate(zip(node._args, gxs, strict=True)):
            self._check_gradient(i, x, gx, recorded)
        return [(x, gx if gx is None else as_constant(gx)) for x, gx in zip(node._args, gxs, strict=True)]

    def _check_gradient(self, i: int, x: Variable, gx: object, recorded: bool) -> None:
        if gx is None:
            return
        if recorded and not isinstance(gx, Variable):
            raise TypeError(
                f"{self.name}.backward returned {describe(gx)} for input {i} while a graph is created: its own "
                "derivative would be lost; compute it from Variables with dezero's operations"
            )
        shape = getattr(gx, "shape", ())
        if shape != x.shape:
            raise ValueError(
                f"{self.name}.backward returned a gradient of shape {shape} for input {i} of shape {x.shape}; "
                "return the input's shape (dezero.functions.sum_to undoes broadcasting)"
            )


def _like(g: Variable, y: Array) -> Variable:
    """A cotangent as a user's backward takes it: the cotangent of a real result has no imaginary part."""
    return operations.real(g) if g.dtype.kind == "c" and y.dtype.kind != "c" else g


class BuiltIn(Function):
    """What `.creator` of a built-in operation's result shows; made when `.creator` is read.

    name. parameters: the arguments that are not differentiable, by name. args: the others, arrays and numbers among
    them. inputs, outputs: as of any Function.

    >>> (Variable(np.array(2.0)) ** 3).creator
    <pow of float64 array of shape (), number 3>
    """

    name = ""  # of the operation, not of the class
    vjp_raw = None  # type: ignore[assignment]  # the sweeps never meet a BuiltIn: a node holds the operation itself

    def __init__(self, node: Variable) -> None:
        self._node, op = node, node._op
        self.name = op.name
        self.parameters = dict(op.parameters)
        self.inputs = [a for a in node._args if isinstance(a, Variable)]
        self.outputs = [weakref.ref(node)]

    def __call__(self, *inputs: ArrayLike) -> Variable:
        """The operation applied to other arguments, one for each of args."""
        return apply(self._node._op, *inputs)

    @property
    def args(self) -> tuple[Any, ...]:
        return self._node._args

    @property
    def generation(self) -> int:
        return self._node.generation - 1

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BuiltIn) and other._node is self._node

    def __hash__(self) -> int:
        return hash(self._node)

    def __repr__(self) -> str:
        return f"<{self.name} of {', '.join(describe(a) for a in self.args)}>"


operations.creator = BuiltIn  # type: ignore[attr-defined]
