"""Graphs as machine code, on tiles of rows, against NumPy's value of each node."""

from __future__ import annotations

import multiprocessing
import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("llvmlite")

from dezero.compiler.evaluate import evaluate
from dezero.compiler.graph import Graph, Number
from dezero.compiler.machine.native import Native
from dezero.compiler.planning.blas import available, multiplies
from tests.compiler.graphs import Maker, arguments, graphs

SLOW = settings(max_examples=150, suppress_health_check=list(HealthCheck))


def expected(graph: Graph, arrays: list[Any]) -> list[Any]:
    with np.errstate(all="ignore"):
        values = evaluate(graph, arrays)
    return [np.asarray(values[y]) for y in graph.outputs]


def close(graph: Graph, found: Any, wanted: Any) -> None:
    single = any([node.dtype == np.float32 for node in graph.nodes])
    tolerance = 1e-4 if single else 1e-11
    assert [(y.shape, y.dtype) for y in found] == [(y.shape, y.dtype) for y in wanted]
    for a, b in zip(found, wanted, strict=True):
        scale = np.max(np.abs(b[np.isfinite(b)].astype(float)), initial=1.0)
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * scale)


def agrees(graph: Graph, arrays: list[Any], **options: Any) -> Native:
    native = Native(graph, **options)
    wanted = expected(graph, arrays)
    for _ in range(2):  # the workspace holds what the first call left
        close(graph, native(*arrays), wanted)
    return native


@SLOW
@given(st.data())
def test_random_graphs_on_tiles(data):
    """Lengths that agree by chance give no wrong number, whatever axis is cut and however the tiles divide it."""
    graph = data.draw(graphs(sizes=data.draw(st.sampled_from([(1, 2, 5), (5, 5, 3), (4, 4, 4, 1), (0, 1, 3), (7, 2)]))))
    agrees(graph, arguments(graph), tile=data.draw(st.integers(1, 6)))


@SLOW
@given(st.data())
def test_random_graphs_of_many_dtypes(data):
    dtypes = (np.float64, np.float32, np.int64, np.int32, np.bool_)
    graph = data.draw(graphs(sizes=(3, 5, 1), dtypes=dtypes, most=15))
    agrees(graph, arguments(graph), tile=data.draw(st.sampled_from([2, None])))


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_random_graphs_on_two_threads(data):
    """Sums of two threads are added up in the same order at every call."""
    graph = data.draw(graphs(sizes=(9, 2, 1), most=15))
    arrays = arguments(graph)
    native = agrees(graph, arrays, tile=2, threads=2)
    for first, second in zip(native(*arrays), native(*arrays), strict=True):
        np.testing.assert_array_equal(first, second)


def softmax_over_rows(rows: int) -> Graph:
    m = Maker()
    x, w = m.input((rows, 3)), m.input((3, 3))
    for _ in range(4):  # layers, which mix the columns
        x = m.map(np.tanh, m.matmul(x, w))
    e = m.map(np.exp, m.map(np.subtract, x, m.reduce(np.maximum, x, (0,), keepdims=True)))
    return m.end(m.sum(m.map(np.divide, e, m.sum(e, 0, keepdims=True)), 1))


@pytest.mark.parametrize("tile", [1, 4, 11, 50])
def test_complete_sums_part_a_graph_into_passes(tile):
    graph = softmax_over_rows(11)
    assert agrees(graph, arguments(graph), tile=tile).report().passes == 3


def network(rows: int, inner: int, dtype: Any = np.float64) -> Graph:
    """A layer, the mean of its squares, and its derivatives."""
    m = Maker()
    x, w, b = m.input((rows, inner), dtype), m.input((inner, 5), dtype), m.input((5,), dtype)
    y = m.map(np.tanh, m.map(np.add, m.matmul(x, w), b))
    loss = m.map(np.divide, m.sum(m.map(np.multiply, y, y)), Number(rows))
    slope = m.map(np.multiply, y, m.map(np.subtract, Number(1.0), m.map(np.multiply, y, y)))
    back = m.matmul(slope, m.transpose(w))
    return m.end(loss, m.matmul(m.transpose(x), slope), m.sum(slope, 0), m.map(np.multiply, back, x))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("rows", [0, 1, 5, 7, 64])
def test_gradients_of_a_layer(rows, dtype):
    """Also where the rows are as many as the layer is wide."""
    graph = network(rows, 5, dtype)
    agrees(graph, arguments(graph), tile=3)
    agrees(graph, arguments(graph))


def test_the_rows_and_a_width_of_equal_length_are_told_apart():
    graph = network(5, 5)
    report = agrees(graph, arguments(graph), tile=2).report()
    assert (report.rows, report.passes, report.products) == (5, 1, 3)


def test_inputs_with_strides_are_read():
    graph = network(6, 4)
    x, w, b = arguments(graph)
    native, wanted = Native(graph, tile=4), expected(graph, [x, w, b])
    wide = np.zeros((6, 8))
    wide[:, ::2] = x
    close(graph, native(wide[:, ::2], np.asfortranarray(w), np.repeat(b, 2)[::2]), wanted)
    misaligned = np.zeros(x.nbytes + 1, np.uint8)[1:].view(np.float64).reshape(x.shape)
    misaligned[...] = x
    close(graph, native(misaligned, w, b), wanted)


def test_results_are_arrays_of_their_own():
    """A result that is kept does not change at later calls; one that nobody holds may be written again."""
    m = Maker()
    x = m.input((4, 3))
    y = m.map(np.sin, x)
    graph = m.end(y, y, m.transpose(y), x, m.slice(x, 0), m.constant(np.ones(2)))
    native = Native(graph)
    first, second = arguments(graph), arguments(graph)
    kept = [native(*first) for _ in range(6)]
    native(*second)
    for results in kept:
        close(graph, results, expected(graph, first))
    flat = [y for results in kept for y in results] + first
    assert not any([np.may_share_memory(a, b) for k, a in enumerate(flat) for b in flat[:k]])
    results = kept[0]
    results[0].shape = (12,)
    del kept, results, flat
    assert native(*first)[0].shape == (4, 3)


def test_memory_of_results_that_nobody_holds_is_written_again():
    """Of all results of a call at once; a view of one keeps it."""
    m = Maker()
    x = m.input((1000,))
    native = Native(m.end(m.map(np.sin, x), m.map(np.cos, x)))
    array = np.arange(1000.0)
    places = {native(array)[0].ctypes.data for _ in range(10)}
    assert len(places) == 1 or not native._buffers.reuse
    part = native(array)[1][::2]
    again = native(np.ones(1000))
    np.testing.assert_allclose(part, np.cos(array)[::2])
    assert not np.may_share_memory(part, again[1])


def test_updates_are_assigned_when_all_is_computed():
    m = Maker()
    x, w, v = m.input((6, 2)), m.input((2,)), m.input((2,))
    loss = m.sum(m.map(np.multiply, x, w), 0)
    graph = m.end(m.sum(loss), w, updates={w: m.map(np.subtract, w, m.map(np.multiply, loss, Number(0.1))), v: w})
    arrays = arguments(graph)
    before = [a.copy() for a in arrays]
    total, old = Native(graph, tile=4)(*arrays)
    np.testing.assert_allclose(total, (before[0] * before[1]).sum())
    np.testing.assert_array_equal(old, before[1])
    np.testing.assert_allclose(arrays[1], before[1] - 0.1 * (before[0] * before[1]).sum(axis=0))
    np.testing.assert_array_equal(arrays[2], before[1])


def steps_of_descent() -> Graph:
    """w and v move, w by what v was; both are read before, w also as a matrix in a product."""
    m = Maker()
    x, w, v = m.input((6, 3)), m.input((3, 3)), m.input((3, 3))
    slope = m.matmul(m.transpose(x), m.map(np.tanh, m.matmul(x, w)))
    moved = m.map(np.add, m.map(np.multiply, v, Number(0.9)), slope)
    return m.end(m.sum(slope), updates={v: moved, w: m.map(np.subtract, w, m.map(np.multiply, moved, Number(0.1)))})


@pytest.mark.parametrize("kind", ["plain", "same", "overlapping", "strided"])
def test_updates_in_place(kind):
    """Also where two inputs are one array or overlap, and where an input does not lie in one piece."""
    graph = steps_of_descent()
    native = Native(graph)
    assert len(native.inside) == 2
    x, w, v = arguments(graph)
    if kind == "same":
        v = w
    if kind == "overlapping":
        both = np.arange(12.0) / 12
        w, v = both[:9].reshape(3, 3), both[3:].reshape(3, 3)
    if kind == "strided":
        w = np.asfortranarray(w)
    values = evaluate(graph, [x, w.copy(), v.copy()])
    (total,) = native(x, w, v)
    np.testing.assert_allclose(total, values[graph.outputs[0]], rtol=1e-12)
    places = dict(graph.updates.items())
    if kind in ("plain", "strided"):
        for array, place in ((w, graph.inputs[1]), (v, graph.inputs[2])):
            np.testing.assert_allclose(array, values[places[place]], rtol=1e-12)


def test_an_input_that_is_read_after_its_update_is_not_written_in_place():
    m = Maker()
    w = m.input((4, 4))
    moved = m.map(np.add, w, Number(1.0))
    late = m.matmul(m.map(np.sin, m.matmul(moved, moved)), w)
    turned = m.map(np.add, m.transpose(w), Number(1.0))
    graph = m.end(late, updates={w: moved})
    assert not Native(graph).inside
    graph.updates = {w: turned}
    assert not Native(graph).inside
    (w,) = arguments(graph)
    values = evaluate(graph, [w.copy()])
    close(graph, Native(graph)(w), [values[graph.outputs[0]]])
    np.testing.assert_array_equal(w, values[turned])


def test_an_error_in_a_call_leaves_the_inputs_as_they_are():
    def fails(a: Any) -> Any:
        if np.isnan(a).any():
            raise FloatingPointError("not a number")
        return a

    m = Maker()
    x = m.input((3,))
    y = m.call(fails, m.map(np.sqrt, x))
    native = Native(m.end(y, updates={x: m.map(np.add, x, Number(1.0))}))
    array = np.array([1.0, -1.0, 2.0])
    with np.errstate(all="ignore"), pytest.raises(FloatingPointError):
        native(array)
    np.testing.assert_array_equal(array, [1.0, -1.0, 2.0])
    array = np.array([1.0, 4.0, 2.0])
    np.testing.assert_array_equal(native(array)[0], np.sqrt([1.0, 4.0, 2.0]))
    np.testing.assert_array_equal(array, [2.0, 5.0, 3.0])


def test_a_call_that_returns_a_view_of_its_argument():
    """The argument's memory is used again while the view is needed."""
    m = Maker()
    x = m.input((5, 4))
    seen = m.call(lambda a: a[::-1], m.map(np.sin, x))
    other = m.sum(m.map(np.exp, m.map(np.tanh, m.sum(x, 0, keepdims=True))))
    graph = m.end(m.map(np.add, m.map(np.cos, seen), other), seen)
    agrees(graph, arguments(graph), tile=2)


@pytest.mark.parametrize("tile", [2, None])
def test_calls_keep_their_order(tile):
    """Calls that draw from one source of random numbers, of which the first waits for a sum over the rows."""
    order: list[str] = []

    def called(name: str) -> Any:
        return lambda a: order.append(name) or a + 1.0

    m = Maker()
    x = m.input((6, 2))
    first = m.call(called("first"), m.sum(m.map(np.sin, m.map(np.multiply, x, m.sum(x, 0))), 0))
    second = m.call(called("second"), m.input((2,)))
    graph = m.end(m.map(np.add, first, second), m.map(np.multiply, x, second))
    native = Native(graph, tile=tile)
    for _ in range(2):
        order.clear()
        native(*arguments(graph))
        assert order == ["first", "second"]


def test_a_call_that_returns_an_input_which_is_written_in_place():
    m = Maker()
    w = m.input((40,))
    kept = m.call(lambda a: a, w)
    moved = m.map(np.multiply, w, Number(2.0))
    late = m.map(np.add, m.map(np.sin, m.sum(m.map(np.cos, moved))), kept)
    native = Native(m.end(late, kept, updates={w: moved}))
    array = np.arange(40.0)
    found, same = native(array)
    np.testing.assert_allclose(found, np.sin(np.cos(2 * np.arange(40.0)).sum()) + np.arange(40.0))
    np.testing.assert_array_equal(same, np.arange(40.0))
    np.testing.assert_array_equal(array, 2 * np.arange(40.0))


def test_zeros_of_both_signs_stay_apart():
    m = Maker()
    x = m.input((3,))
    graph = m.end(m.map(np.copysign, x, m.constant(0.0)), m.map(np.copysign, m.map(np.abs, x), m.constant(-0.0)))
    native, x = Native(graph), np.array([1.0, -2.0, 3.0])
    for found, wanted in zip(native(x), expected(graph, [x]), strict=True):
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("primitive", ["complex", "half"])
def test_dtypes_without_machine_code_are_left_to_numpy(primitive):
    dtype = np.complex128 if primitive == "complex" else np.float16
    m = Maker()
    x = m.input((4, 3), np.float64)
    y = m.cast(m.map(np.sin, x), dtype)
    y = m.concatenate([m.transpose(y), m.reshape(y, (3, 4))], 0)
    graph = m.end(m.sum(y, 0), m.matmul(y, m.transpose(y)), m.cast(m.map(np.absolute, y), np.float64))
    native = Native(graph, tile=2)
    x = arguments(graph)[0]
    for found, wanted in zip(native(x), expected(graph, [x]), strict=True):
        assert found.dtype == wanted.dtype
        np.testing.assert_allclose(found, wanted, rtol=1e-2 if primitive == "half" else 1e-13)


def test_stacks_of_products():
    m = Maker()
    a, b, w = m.input((4, 2, 3, 5)), m.input((4, 2, 5, 3)), m.input((5, 2))
    heads = m.matmul(m.transpose(m.map(np.sin, a), (1, 0, 2, 3)), m.transpose(b, (1, 0, 2, 3)))
    graph = m.end(heads, m.matmul(m.map(np.cos, a), w), m.matmul(m.input((5,)), b), m.matmul(a, m.input((5,))))
    for tile in (1, 3, None):
        assert not agrees(graph, arguments(graph), tile=tile).report().calls


@pytest.mark.parametrize("tile", [3, None])
def test_sums_of_products_are_added_up_in_one_place(tile):
    """Over rows, and of whole matrices; a product or a sum of some that is read elsewhere stays apart."""
    m = Maker()
    x, y, z, w = [m.input((7, 4)) for _ in range(4)]
    over = [m.matmul(m.transpose(m.map(np.sin, a)), b) for a, b in ((x, y), (y, z), (z, w), (w, x))]
    some = m.map(np.add, over[0], over[1])
    total = m.map(np.add, some, m.map(np.add, over[2], over[3]))
    plain = [m.matmul(m.input((4, 5)), m.input((5, 4))) for _ in range(2)]
    both = m.map(np.add, *plain)
    read = m.map(np.add, m.map(np.add, m.matmul(x, both), m.matmul(y, total)), z)
    graph = m.end(total, both, read)
    assert agrees(graph, arguments(graph), tile=tile).report().loops < 12
    graph.outputs += [some, over[3], plain[0]]
    agrees(graph, arguments(graph), tile=tile)


def test_products_beyond_integers_of_32_bits_are_left_to_numpy():
    m = Maker()
    place = m.matmul(m.broadcast(m.input((1, 2)), (2**30, 2)), m.input((2, 2)))
    assert not multiplies(m.end(place), place)
    place = m.matmul(m.input((8, 2)), m.input((2, 2)))
    assert multiplies(m.end(place), place) == available()


def test_matrices_that_blas_cannot_read_are_copied():
    m = Maker()
    x = m.input((6, 8))
    part = m.slice(x, slice(None), slice(None, None, 2))
    turned = m.slice(x, slice(None, None, -1), slice(0, 4))
    graph = m.end(
        m.matmul(part, m.transpose(part)), m.matmul(turned, m.transpose(part)), m.matmul(m.transpose(part), turned)
    )
    agrees(graph, arguments(graph), tile=4)


def test_several_threads_may_call_at_once():
    graph = network(300, 5)
    native = Native(graph, tile=16)
    sets = [arguments(graph) for _ in range(4)]
    wrong = []

    def work(arrays: list[Any]) -> None:
        wanted = expected(graph, arrays)
        for _ in range(50):
            found = native(*arrays)
            if not all([np.allclose(a, b, rtol=1e-11) for a, b in zip(found, wanted, strict=True)]):
                wrong.append(arrays)

    threads = [threading.Thread(target=work, args=(arrays,)) for arrays in sets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def _child(native: Native, arrays: list[Any], results: Any) -> None:
    results.put([y.tolist() for y in native(*arrays)])


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="processes cannot be forked here")
@pytest.mark.filterwarnings("ignore:This process.*multi-threaded:DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own():
    graph = network(64, 5)
    arrays, native = arguments(graph), Native(graph, threads=2, tile=8)
    here = [y.tolist() for y in native(*arrays)]
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    child = context.Process(target=_child, args=(native, arrays, results))
    child.start()
    assert results.get(timeout=60) == here
    child.join()
