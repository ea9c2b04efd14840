"""Variable: an array that records how it was computed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import numpy as np

from dezero.backends import is_plain_array
from dezero.core.arraylike import Operators, check_data, longest_path
from dezero.core.asking import takes_part
from dezero.core.conversion import array, dlpack, dlpack_device, number
from dezero.core.dtypes import Array, DType, Plain, Shape, as_array
from dezero.core.errors import GraphError, describe
from dezero.core.marks import CONSTANT, FROZEN, UNRECORDED, Computed, Overwritten
from dezero.core.registry import operations
from dezero.core.watch.watching import WATCHES, mapping, note_read

# One clock gives all Variables their age (_age). A node is younger than all its arguments, so sorting by age orders a
# graph. An argument that is younger than its consumer had its data rebound in between.
tick = count(1).__next__

_cuts = 0  # how often a recorded graph, or the rule of an operation, was changed


def cuts() -> int:
    """A number that changes whenever a recorded graph changes (unchain, set_creator, new data of an intermediate), or
    an operation is declared again."""
    return _cuts


def note_change() -> None:
    global _cuts
    _cuts += 1


class Variable(Operators["Variable"]):
    """A node of the graph: an array, the operation that made it and that operation's arguments.

    data: array of any shape, or None to be set later; anything else raises TypeError. name: shown in graphs and
    errors. requires_grad: False for a constant. `.grad` is None or a Variable of the same shape.

    >>> x = Variable(np.array(2.0), name="x")
    >>> y = x**4 - 2 * x**2
    >>> y.backward(create_graph=True)
    >>> x.grad
    variable(24.0)
    """

    # _data: ndarray, or a NumPy scalar for 0-d results (an operator takes 40 ns, not 330); .data shows an array.
    # _grad: None, a Variable, or a raw array until .grad is first read; .grad shows a Variable.
    # _origin, _resume: how a derivative was made (see rewriting/origin.py); None for other Variables.
    # _op, _args: the operation and its arguments (Variables; numbers and arrays stay raw). None and () for a leaf.
    __slots__ = ("__weakref__", "_age", "_args", "_data", "_grad", "_op", "_origin", "_resume", "name")
    _args: tuple[Any, ...]
    _is_argument = False  # whether a transform made it for an argument of the user's function
    __dlpack__, __dlpack_device__ = dlpack, dlpack_device

    def __init__(self, data: Array | None, name: str | None = None, *, requires_grad: bool = True) -> None:
        if data is not None:
            check_data(data, "Variable")
        self._data: Any = data
        self.name = name
        self._grad: Any = None
        self._op: Any = None if requires_grad else FROZEN(True)
        self._origin: Any = None
        self._resume: Any = None
        self._args = ()
        self._age = tick()

    @property
    def data(self) -> Any:
        if WATCHES:
            note_read(self)
        data = self._data
        if isinstance(data, np.generic):
            data = self._data = np.asarray(data)
        return data

    @data.setter
    def data(self, data: Plain | None) -> None:
        if isinstance(data, np.generic | int | float | complex):
            data = np.asarray(data)  # x.data - 0.1 is a NumPy scalar when x.data is 0-d
        if data is not None:
            check_data(data, "Variable.data")
        self._renewed()
        self._data = data

    def _renewed(self) -> None:
        """Its array is changed, perhaps in place: what used it before is out of date."""
        if self._args:  # a Variable without arguments keeps its mark: it was cut or overwritten before
            self._op = Overwritten(self)
            self._args = ()
            note_change()
        self._age = tick()

    @property
    def grad(self) -> Variable | None:
        grad = self._grad
        if grad is not None and not isinstance(grad, Variable):
            self._grad = wrap(grad)
            self._grad._op = UNRECORDED
        return self._grad  # type: ignore[no-any-return]

    @grad.setter
    def grad(self, grad: Variable | None) -> None:
        if grad is not None:
            if not isinstance(grad, Variable):
                raise TypeError(
                    f"Variable.grad: expected a Variable or None, got {describe(grad)}; wrap it in Variable"
                )
            if grad._data is None:
                raise TypeError("Variable.grad: Variable(None) holds no gradient; give it data, or assign None")
            if self._data is not None and grad.shape != self.shape:
                raise ValueError(f"Variable.grad: shape {grad.shape} differs from the data's shape {self.shape}")
        self._grad = grad

    @property
    def creator(self) -> Any:
        """The operation that computed this Variable (inputs, args, outputs, name, generation), or None for a leaf."""
        return None if self._op is None or isinstance(self._op, Computed) else self._op.view(self)

    @property
    def generation(self) -> int:
        """The length of the longest path to a leaf: 0 for a leaf, else one more than the largest among its inputs."""
        return longest_path(self)

    @property
    def _held(self) -> Any:
        if self._data is None:
            raise ValueError("this Variable holds no data yet (Variable(None)); set its .data to an array first")
        return self._data

    @property
    def shape(self) -> Shape:
        return self._held.shape  # type: ignore[no-any-return]

    @property
    def ndim(self) -> int:
        return self._held.ndim  # type: ignore[no-any-return]

    @property
    def size(self) -> int:
        return self._held.size  # type: ignore[no-any-return]

    @property
    def dtype(self) -> DType:
        return self._held.dtype  # type: ignore[no-any-return]

    @property
    def T(self) -> Variable:
        return operations.transpose(self)  # type: ignore[no-any-return]

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Iterator[Variable]:
        if self.ndim == 0:
            raise TypeError("a 0-d Variable cannot be iterated over; use v.item() for its number")
        return (self[i] for i in range(len(self)))

    def __repr__(self) -> str:
        if self._data is None:
            return "variable(None)"
        return "variable(" + str(self._data).replace("\n", "\n" + " " * 9) + ")"

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else str(self)

    # -- leaving the graph -------------------------------------------------------------------------------------

    def numpy(self) -> Array:
        """The value as a NumPy array, outside the graph (shared memory where the data is a NumPy array)."""
        from dezero.backends import as_numpy

        return as_numpy(self.data)

    def item(self) -> Any:
        """The value as a Python number; ValueError unless there is exactly one element."""
        if self.size != 1:
            raise ValueError(f"item: only one element can become a number, this Variable has shape {self.shape}")
        if WATCHES:
            note_read(self)
        return self._held.item()

    def detach(self) -> Variable:
        """A leaf with the same data (shared) and no graph; NumPy may convert it to an array."""
        if WATCHES and mapping():
            return operations.stopped(self)  # type: ignore[no-any-return]
        node = wrap(self.data)
        node.name = self.name
        return node

    def __float__(self) -> float:
        return number(self, float)

    def __int__(self) -> int:
        return number(self, int)

    def __complex__(self) -> complex:
        return number(self, complex)

    def __bool__(self) -> bool:
        return bool(self.item())

    def __index__(self) -> int:
        if not np.issubdtype(self.dtype, np.integer):
            raise TypeError(f"a Variable of dtype {self.dtype} is no index; use int(v) or integer data")
        return int(self.item())

    def __array__(self, dtype: DType | None = None, copy: bool | None = None) -> Array:
        return array(self, dtype, copy)

    @property
    def _mask(self) -> object:
        """No mask, or GraphError: a masked array reads `_data` of an operand directly, and then asks for its mask."""
        self.__array__()
        return np.ma.nomask

    def __reduce__(self) -> tuple[Any, ...]:
        if (self._args and takes_part(self)) or isinstance(self._op, Overwritten) or self._is_argument:
            raise GraphError("a Variable that carries a graph cannot be copied or pickled; use v.detach() first")
        grad = self._grad
        if isinstance(grad, Variable) and grad._args:  # the copy gets the gradient's value, not its graph
            grad = grad._data
        mark = FROZEN if self._op is FROZEN else self._op is not None
        return _rebuild, (type(self), self._data, self.name, grad, mark)

    def to_cpu(self) -> None:
        if self._data is not None:
            self._move(self.numpy())

    def to_gpu(self) -> None:
        from dezero.backends import as_cupy

        if self._data is not None:
            self._move(as_cupy(self.data))

    def _move(self, data: Any) -> None:
        if data is not self._data:  # data that is on the device already keeps its graph
            self.data = data

    def backward(
        self,
        retain_grad: bool | ArrayLike = False,
        create_graph: bool = False,
        inputs: Variable | tuple[Variable, ...] | list[Variable] | None = None,
        *,
        gradient: ArrayLike | None = None,
    ) -> None:
        """Accumulate the derivative of this Variable into the `.grad` of the leaves from which it was computed.

        retain_grad: keep the gradients of intermediates too. create_graph: the gradients are themselves recorded and
        can be differentiated again. inputs: accumulate into these Variables alone. gradient: what the sweep starts
        from, a Variable or array of this Variable's shape, which may also be the first argument, as in PyTorch; by
        default `.grad` of this Variable, or ones. Raises TypeError or ValueError for other arguments, GraphError where
        this Variable was computed inside no_grad or data was rebound after its use (a Variable further down that
        no_grad computed is a constant). A backward that raises leaves every `.grad` as it was.

        >>> x = Variable(np.array(3.0))
        >>> (x * x).backward()
        >>> x.grad
        variable(6.0)
        """
        if type(retain_grad) is not bool:
            first = retain_grad
            if gradient is None and (isinstance(first, Variable | np.number) or is_plain_array(first)):
                retain_grad, gradient = False, first
        operations.backward(self, retain_grad, create_graph, inputs, gradient)

    def jet(
        self, x: Variable, order: int, direction: ArrayLike | None = None, create_graph: bool = False
    ) -> list[Variable]:
        """The derivatives of orders 0 to `order` of this result as x moves along a line, by Taylor mode.

        x: a Variable from which this one was computed. direction: how x moves, an array or Variable that broadcasts to
        its shape. None means ones: the derivatives in a number, or element by element; ValueError where an element of
        this result depends on several of x. create_graph: record the derivatives, so that `backward` runs through them.
        Each has this Variable's shape. The cost grows with the square of the order. Errors as for `dezero.jet`.

        >>> x = Variable(np.array(2.0))
        >>> (x**3).jet(x, 3)
        [variable(8.0), variable(12.0), variable(12.0), variable(6.0)]
        """
        return operations.jet_of(self, x, order, direction, create_graph)  # type: ignore[no-any-return]

    @property
    def requires_grad(self) -> bool:
        """Whether `backward` reaches a leaf through this Variable. False, set for a leaf, freezes it.

        A frozen leaf gets no `.grad`; `gradients` differentiates in it where it is asked to. GraphError where it is
        set for a result.
        """
        return takes_part(self)

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if self._args:
            raise GraphError("requires_grad can be set for leaves; use v.detach() for a constant copy of a result")
        if not isinstance(self._op, Overwritten):
            self._op = FROZEN(not value)

    def cleargrad(self) -> None:
        self._grad = None

    def unchain(self) -> None:
        """Forget how this Variable was computed: it becomes a leaf."""
        self._op, self._args, self._origin, self._resume = CONSTANT, (), None, None
        note_change()

    def unchain_backward(self) -> None:
        """Make leaves of all the Variables from which this one was computed, and free their graph.

        The other outputs of a Function with several become leaves too, such as the cell state of an LSTM.
        """
        stack = [self]
        while stack:
            node = stack.pop()
            for arg in node._args:
                if isinstance(arg, Variable) and arg._op is not None:
                    stack.append(arg)
            if isinstance(node._data, tuple):
                for output in [ref() for ref in getattr(node._op, "outputs", ())]:
                    if output is not None and output is not self:
                        output.unchain()
            elif node is not self:
                node.unchain()

    def set_creator(self, func: Any) -> None:
        """Record that a Function made this Variable (a Function does this itself when called).

        func: a Function that was called; TypeError otherwise.
        """
        if not callable(getattr(func, "vjp_raw", None)) or not hasattr(func, "inputs"):
            raise TypeError(f"set_creator: {func!r} is no Function that was called; call it on Variables first")
        note_change()
        self._op, self._args, self._age = func, tuple(func.inputs), tick()


class Parameter(Variable):
    """A Variable that a layer trains."""

    __slots__ = ()


class Argument(Variable):
    """A leaf that a transform makes for an array or number among the arguments of the user's function."""

    __slots__ = ()
    _is_argument = True


def argument(data: Array) -> Argument:
    """An Argument around a raw array or NumPy scalar, which is not checked."""
    node = Argument(None)
    node._data = data
    return node


def wrap(data: Plain) -> Variable:
    """A computed constant: a leaf around a raw array or NumPy scalar, which is not checked."""
    node = Variable(None)
    node._data = data if hasattr(data, "dtype") else np.asarray(data)
    node._op = CONSTANT
    return node


def as_variable(x: ArrayLike) -> Variable:
    """A Variable around an array or number; a Variable is returned itself; TypeError for anything else.

    >>> as_variable(3.0)
    variable(3.0)
    """
    return x if isinstance(x, Variable) else Variable(as_array(x))


def as_constant(x: ArrayLike) -> Variable:
    """As as_variable, but an array or number becomes a constant: no user holds it to differentiate in it."""
    node = as_variable(x)
    if node is not x:
        node._op = CONSTANT
    return node


def _rebuild(kind: type[Variable], data: Any, name: str | None, grad: Any, mark: Computed | bool = False) -> Variable:
    node = kind(None, name)
    node._data, node._grad = data, grad
    node._op = FROZEN(True) if mark is FROZEN else CONSTANT if mark else None
    return node


ArrayLike = Variable | Plain
