"""Modules of DeZero's under autograd's names, so that autograd's own tests run against DeZero.

`autograd.numpy` is NumPy itself, whose functions work on Variables by NumPy's protocols; what the protocols cannot
reach (`array` of a list that holds Variables) and SciPy's functions are those of dezero.functions.
"""

import builtins
import importlib
import sys
from types import ModuleType
from typing import Any

import numpy as np

import dezero
import dezero.functions as F
from dezero import Variable
from tests.peers.autograd_suite import checking


def transform(make: Any) -> Any:
    def of(f: Any, argnum: Any = 0) -> Any:
        def derived(*args: Any, **kwargs: Any) -> Any:
            return plain(make(checking.within(lambda *a: f(*a, **kwargs)), argnum)(*args))

        return derived

    return of


def plain(tree: Any) -> Any:
    """Arrays and numbers in the place of Variables, as autograd gives them, but within a transform around this one."""
    if checking.nested():
        return tree
    return checking.rebuilt(tree, iter([y.data if isinstance(y, Variable) else y for y in checking.leaves(tree)]))


def elementwise_grad(f: Any, argnum: Any) -> Any:
    def derived(*args: Any) -> Any:
        return dezero.grad(lambda *a: F.sum(f(*a)), argnum)(*args)

    return derived


def make_vjp(f: Any, argnum: int = 0) -> Any:
    def derived(*args: Any, **kwargs: Any) -> Any:
        def of_one(x: Any) -> Any:
            return f(*args[:argnum], x, *args[argnum + 1 :], **kwargs)

        value, pullback = dezero.vjp(of_one, args[argnum])
        return (lambda g: plain(pullback(g)[0])), plain(value)

    return derived


def make_jvp(f: Any, argnum: int = 0) -> Any:
    def derived(*args: Any) -> Any:
        def along(v: Any) -> Any:
            return plain(dezero.jvp(lambda x: f(*args[:argnum], x, *args[argnum + 1 :]), (args[argnum],), (v,)))

        return along

    return derived


def hessian_vector_product(f: Any, argnum: int = 0) -> Any:
    def product(*args: Any) -> Any:
        *args, v = args
        gradient = dezero.grad(f, argnum)
        return plain(dezero.jvp(lambda x: gradient(*args[:argnum], x, *args[argnum + 1 :]), (args[argnum],), (v,))[1])

    return product


def tensor_jacobian_product(f: Any, argnum: int = 0) -> Any:
    def product(*args: Any) -> Any:
        *args, v = args
        f_v = lambda *a: F.tensordot(v, f(*a), np.ndim(v))  # noqa: E731
        return plain(dezero.jacobian(f_v, argnum)(*args))

    return product


def make_ggnvp(f: Any, g: Any = lambda x: 0.5 * F.sum(x * x), f_argnum: int = 0) -> Any:
    def at(*args: Any) -> Any:
        def inner(x: Any) -> Any:
            return f(*args[:f_argnum], x, *args[f_argnum + 1 :])

        def product(v: Any) -> Any:
            value, tangent = dezero.jvp(inner, (args[f_argnum],), (v,))
            curved = dezero.hvp(g, (value,), (tangent,))
            return plain(dezero.vjp(inner, args[f_argnum])[1](curved)[0])

        return product

    return at


def hessian_tensor_product(f: Any, argnum: int = 0) -> Any:
    def product(*args: Any) -> Any:
        *args, v = args
        h = dezero.hessian(f, argnum)(*args)
        return plain(F.tensordot(h, v, np.ndim(v)))

    return product


def holomorphic_grad(f: Any, argnum: int = 0) -> Any:
    """The derivative of a holomorphic function: its tangent along 1."""
    return lambda x: plain(dezero.jvp(f, (x,), (1.0 + 0j,))[1])


def grad_and_aux(f: Any, argnum: int = 0) -> Any:
    return lambda *args: plain(dezero.grad(f, argnum, has_aux=True)(*args))


def array(values: Any, *args: Any, **kwargs: Any) -> Any:
    """NumPy's array, of nested lists that hold Variables too."""
    if isinstance(values, Variable):
        found = values * 1
    elif isinstance(values, list | tuple) and any(isinstance(v, Variable) for v in checking.leaves(values)):
        found = F.stack([array(v) for v in values])
    else:
        return np.array(values, *args, **kwargs)
    least = kwargs.get("ndmin", 0) - found.ndim
    return F.reshape(found, (1,) * least + found.shape) if least > 0 else found


def module(name: str, found: Any = None, **names: Any) -> ModuleType:
    """A module that has these names, then those of the object (or the objects, in order) that it stands for."""
    made = ModuleType(name)
    made.__path__ = []  # type: ignore[attr-defined]
    sources = found if isinstance(found, list) else [found] if found is not None else []

    def look(attribute: str) -> Any:
        for source in sources:
            if hasattr(source, attribute):
                return getattr(source, attribute)
        raise AttributeError(f"module {name!r} has no attribute {attribute!r}")

    made.__getattr__ = look  # type: ignore[method-assign]
    vars(made).update(names)
    sys.modules[name] = made
    parent, _, last = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], last, made)
    return made


def is_instance(x: Any, kinds: Any) -> bool:
    """Numbers and arrays that are being differentiated count as what they hold."""
    return builtins.isinstance(x.data if builtins.isinstance(x, Variable) else x, kinds)


def install() -> None:
    """Puts the modules under autograd's names; the real autograd is not imported."""
    names = {
        "grad": transform(dezero.grad),
        "jacobian": transform(dezero.jacobian),
        "hessian": transform(dezero.hessian),
        "value_and_grad": transform(dezero.value_and_grad),
        "elementwise_grad": transform(elementwise_grad),
        "deriv": transform(elementwise_grad),
        "hessian_vector_product": hessian_vector_product,
        "make_hvp": lambda f, n=0: lambda *args: ((lambda v: hessian_vector_product(f, n)(*args, v)), None),
        "hessian_tensor_product": hessian_tensor_product,
        "holomorphic_grad": holomorphic_grad,
        "tensor_jacobian_product": tensor_jacobian_product,
        "make_vjp": make_vjp,
        "make_jvp": make_jvp,
        "make_ggnvp": make_ggnvp,
        "grad_and_aux": grad_and_aux,
        "checkpoint": dezero.checkpoint,
        "isinstance": is_instance,
        "tuple": tuple,
        "list": list,
        "dict": dict,
    }
    module("autograd", **names)
    module("autograd.builtins", **{name: names[name] for name in ("isinstance", "tuple", "list", "dict")})
    module("autograd.tracer", isbox=lambda x: isinstance(x, Variable))
    module("autograd.numpy", np, array=array)
    for part in ("random", "linalg", "fft"):
        module(f"autograd.numpy.{part}", getattr(np, part))
    module("autograd.scipy")
    for part in ("special", "linalg", "signal"):
        module(f"autograd.scipy.{part}", [F, importlib.import_module(f"scipy.{part}")])
    for part in ("stats", "integrate"):
        module(f"autograd.scipy.{part}", importlib.import_module(f"scipy.{part}"))
    module("autograd.scipy.stats.multivariate_normal")
    check = {n: getattr(checking, n) for n in ("check_grads", "combo_check", "scalar_close", "check_equivalent")}
    module("autograd.test_util", **check)
    module("autograd.differential_operators", **names)
