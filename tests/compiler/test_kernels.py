"""Kernels as machine code beside the same loops in NumPy."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("llvmlite")
from dezero.compiler.graph import Number
from dezero.compiler.kernel import IDENTITIES, Extent, Instruction, Kernel, Operand
from dezero.compiler.machine import llvm
from dezero.compiler.machine.kernels import LONGEST, emit
from dezero.compiler.machine.vector import Unsupported
from tests.compiler.machine import TARGETS, run

F8, F4, B1 = np.dtype(np.float64), np.dtype(np.float32), np.dtype(bool)


@st.composite
def nests(draw):
    """A shape, its axis of rows, and for each array a permutation and the axes along which it is broadcast."""
    shape = tuple(draw(st.lists(st.sampled_from([0, 1, 2, 3, 7, 8, 9, 16, 19]), min_size=0, max_size=3)))
    rows = draw(st.sampled_from([None, *range(len(shape))]))
    axes = st.permutations(range(len(shape)))
    broadcast = st.sets(st.sampled_from(range(len(shape)))) if shape else st.just(set())
    arrays = [(draw(axes), draw(broadcast), draw(st.sampled_from([F8, F4, B1]))) for _ in range(2)]
    store = draw(axes), draw(st.sampled_from([F8, F4]))
    reduced = [(draw(axes), draw(broadcast), draw(st.sampled_from([F8, F4])), draw(st.sampled_from(list(IDENTITIES))))]
    return shape, rows, arrays, store, reduced


def laid(shape, order, broadcast, dtype, rng):
    """An array of the shape whose memory lies in another order of axes, and is broadcast along some."""
    own = [1 if k in broadcast else shape[k] for k in order]
    values = np.asarray(rng.uniform(0.998, 1.002, own) if dtype != B1 else rng.uniform(size=own) > 0.5)
    return np.asarray(values, dtype, order="C").transpose(np.argsort(order))


def strides(array, shape, rows):
    """An array's strides in elements, in the rows' number where they depend on it."""
    found = []
    for k in range(len(shape)):
        step = array.strides[k] // array.itemsize if array.shape[k] != 1 else 0
        later = rows is not None and array.shape[rows] != 1 and array.strides[rows] < array.strides[k] and step
        found.append(Extent(step // shape[rows], True) if later and shape[rows] else Extent(step))
    return tuple(found)


@given(nests(), st.sampled_from(sorted(TARGETS)), st.booleans())
@settings(max_examples=150, deadline=None)
def test_loops(drawn, target, scalar):
    shape, rows, arrays, store, reduced = drawn
    rng = np.random.default_rng(1)
    x, y = [laid(shape, *a, rng) for a in arrays]
    out = laid(shape, store[0], (), store[1], rng)
    totals = [laid(shape, order, over, dtype, rng) for order, over, dtype, _ in reduced]
    before = [t.copy() for t in totals]
    held = [*[Operand(a.dtype, strides(a, shape, rows)) for a in (x, y, out, *totals)]]
    body = (
        Instruction("multiply", (0, 1), (F8, F8, F8)),
        Instruction("add", (2, Number(1e-3)), (F8, F8, F8)),
        Instruction("less", (1, Number(1.0)), (F8, F8, B1)),
        Instruction("where", (4, 3, 0), (F8,)),
    )
    extents = tuple([Extent(1, True) if k == rows else Extent(n) for k, n in enumerate(shape)])
    names = [name for *_, name in reduced]
    kernel = Kernel(extents, tuple(held[:2]), body, ((5, held[2]),), tuple(zip(names, [5], held[3:], strict=True)))
    machine, bits = TARGETS[target]
    count = 1 if rows is None else shape[rows]
    run(kernel, [x, y, out, *totals], count, machine, width=1 if scalar else bits and bits // 64, strict=True)
    value = np.where(y < 1.0, x.astype(F8) * y.astype(F8) + 1e-3, x.astype(F8)) + np.zeros(shape)
    np.testing.assert_array_equal(out, value.astype(out.dtype))
    for total, old, name in zip(totals, before, names, strict=True):
        axes = tuple([k for k in range(len(shape)) if total.shape[k] == 1])
        terms = value.astype(old.dtype).astype(np.longdouble)
        reduced = getattr(np, name).reduce(terms, axis=axes, keepdims=True) if value.size else IDENTITIES[name]
        count = value.size // max(total.size, 1) + 2  # numbers of one sign or factors, each rounded once
        limits = np.finfo(old.dtype)
        bound = {"rtol": count * float(limits.eps), "atol": count * float(limits.smallest_subnormal)}
        np.testing.assert_allclose(total, getattr(np, name)(old, reduced).astype(old.dtype), **bound)


def summed(x: np.ndarray, name: str = "add", **options) -> np.ndarray:
    total = np.array(IDENTITIES[name], x.dtype)
    along, still = Operand(x.dtype, (Extent(1),)), Operand(x.dtype, (Extent(0),))
    run(Kernel((Extent(1, True),), (along,), (), (), ((name, 0, still),)), [x, total], len(x), **options)
    return total


@pytest.mark.parametrize("place", [0, 5, 16, 36])
@pytest.mark.parametrize("name", ["maximum", "minimum", "add", "multiply"])
def test_reductions_keep_nan(name, place):
    x = np.linspace(0.5, 1.5, 37)
    x[place] = np.nan
    assert np.isnan(summed(x, name))


def test_sums_of_single_precision_are_as_exact_as_their_rounding():
    x = np.random.default_rng(0).standard_normal(1_000_003).astype(F4) + 1
    wanted = np.sum(x, dtype=F8)
    assert abs(summed(x) - wanted) <= np.spacing(F4.type(wanted))


def test_a_product_is_rounded_before_a_sum_where_strict():
    a, b = np.random.default_rng(0).standard_normal((2, 1000))
    c, out = -(a * b), np.empty(1000)
    along = Operand(F8, (Extent(1),))
    body = (Instruction("multiply", (0, 1), (F8,) * 3), Instruction("add", (3, 2), (F8,) * 3))
    kernel = Kernel((Extent(1000),), (along,) * 3, body, ((4, along),))
    run(kernel, [a, b, c, out], 1, strict=True)
    assert not out.any()


def test_no_rows_leave_everything_as_it_is():
    assert summed(np.empty(0)) == 0


def test_an_array_is_overwritten_in_place():
    x = np.arange(21.0)
    along = Operand(F8, (Extent(1),))
    kernel = Kernel((Extent(1, True),), (along,), (Instruction("square", (0,), (F8, F8)),), ((1, along),))
    run(kernel, [x, x], len(x))
    np.testing.assert_array_equal(x, np.arange(21.0) ** 2)


def test_several_kernels_are_one_module():
    along = Operand(F8, (Extent(1),))
    made = [
        Kernel((Extent(1, True),), (along,), (Instruction(name, (0,), (F8, F8)),), ((1, along),))
        for name in ("exp", "expm1", "exp")
    ]
    module = llvm.compile_module(llvm.link([emit(k, f"k{i}", vectors=False) for i, k in enumerate(made)]))
    assert len({module.address(f"k{i}") for i in range(3)}) == 3
    with pytest.raises(KeyError, match="missing"):
        module.address("missing")


def test_equal_texts_share_a_module():
    along = Operand(F8, (Extent(1),))
    text = emit(Kernel((Extent(1, True),), (along,), (), ((0, along),)), "copy")
    assert llvm.compile_module(text) is llvm.compile_module(text)
    assert llvm.compile_module(text, llvm.BASELINE) is not llvm.compile_module(text)


def test_an_unknown_function_is_an_error():
    with pytest.raises(RuntimeError, match="no_such_function"):
        llvm.compile_module("declare void @no_such_function()")


def test_code_calls_bound_functions():
    def twice(x: float) -> float:
        return 2 * x

    function = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(twice)
    llvm.bind("dezero.test.twice", ctypes.cast(function, ctypes.c_void_p).value)
    text = "declare double @dezero.test.twice(double)\n\ndefine double @f(double %x) {\n"
    text += "  %y = call double @dezero.test.twice(double %x)\n  ret double %y\n}\n"
    code = llvm.compile_module(text)
    assert ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double)(code.address("f"))(1.5) == 3.0


def test_too_long_bodies_are_refused():
    along = Operand(F8, (Extent(1),))
    body = tuple([Instruction("negative", (k,), (F8, F8)) for k in range(LONGEST + 1)])
    with pytest.raises(Unsupported, match="too long"):
        emit(Kernel((Extent(1),), (along,), body, ()), "f")


@pytest.mark.parametrize("target", sorted(TARGETS))
@pytest.mark.parametrize("length", [3, 8, 21])
def test_long_bodies(target, length):
    along, machine = Operand(F8, (Extent(1),)), TARGETS[target]
    body = tuple([Instruction("add", (k, 0), (F8,) * 3) for k in range(100)])
    x, out = np.linspace(0, 1, length), np.empty(length)
    kernel = Kernel((Extent(1, True),), (along,), body, ((100, along),), (("add", 100, Operand(F8, (Extent(0),))),))
    total = np.zeros(())
    run(kernel, [x, out, total], length, machine[0], width=machine[1] and machine[1] // 64)
    np.testing.assert_allclose(out, 101 * x, rtol=1e-14)
    np.testing.assert_allclose(total, 101 * x.sum(), rtol=1e-14)


def test_numbers_that_a_dtype_does_not_hold_are_refused():
    along = Operand(np.dtype(np.int8), (Extent(1),))
    kernel = Kernel((Extent(1),), (along,), (Instruction("add", (0, Number(300)), (along.dtype,) * 3),), ((1, along),))
    with pytest.raises(Unsupported, match="300 is no int8"):
        emit(kernel, "f")
