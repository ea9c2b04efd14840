"""Every operation of the certificate and its derivatives as machine code, on tiles and whole."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("llvmlite")

from dezero.compiler.lowering.lower import lower
from dezero.compiler.machine.native import Native
from dezero.compiler.passes.simplify import simplified
from dezero.rewriting.program import on_arrays
from tests.compiler.test_lower import CASES, UNTYPED, traced
from tests.compiler.test_passes import ROUNDING, size_of
from tests.compiler.test_replay import program_of
from tests.programs.generate import generate


@pytest.mark.parametrize("case", [case for case in CASES if case.title not in UNTYPED], ids=lambda case: case.title)
def test_an_operation_and_its_derivatives(case):
    program, arrays = traced(case, 2)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = program.run(on_arrays, arrays)
        graph = simplified(lower(program))
        found = [Native(graph, tile=tile, level=0)(*arrays) for tile in (2, None)]
    largest = max([size_of(b) for b in expected], default=0.0)
    for results in found:
        for a, b in zip(results, expected, strict=True):
            assert a.shape == np.shape(b)
            assert a.dtype == np.asarray(b).dtype
            np.testing.assert_array_equal(np.isfinite(a), np.isfinite(b))
            allowed = ROUNDING.get(np.asarray(b).dtype, 1e-11) * max(size_of(b), 1e-3 * largest)
            np.testing.assert_allclose(a, b, rtol=0, atol=allowed)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([2, None]))
def test_random_programs(seed, tile):
    chosen = generate(seed)
    arrays = [np.asarray(x) for x in chosen.inputs.values()]
    program = program_of(chosen.function(), *arrays, order=min(chosen.order, 2))
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = program.run(on_arrays, arrays)
        found = Native(simplified(lower(program)), tile=tile, level=0)(*arrays)
    for a, b in zip(found, expected, strict=True):
        assert (a.shape, a.dtype) == (np.shape(b), np.asarray(b).dtype)
        np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-9)
