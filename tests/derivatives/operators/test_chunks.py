"""Operators on large batches, which go through the graph in chunks."""

import numpy as np

import dezero
import dezero.functions as F
from dezero.derivatives.operators import linear

POINTS = np.random.default_rng(0).normal(size=(4000, 3))
WEIGHTS = np.random.default_rng(1).normal(size=(3, 16))


def test_values_near_zero_that_round_differently_in_a_chunk_keep_the_chunks(monkeypatch):
    monkeypatch.setattr(linear, "_CHUNK", 2**12)
    calls = []

    def f(x):
        calls.append(len(x))
        y = F.sum(F.tanh(x @ WEIGHTS), axis=-1)
        return y + (1e-14 if len(x) < len(POINTS) else 0.0)  # as another product of matrices may round

    found = dezero.laplacian(f)(POINTS)
    assert len(calls) > 10
    assert max(calls[1:]) < 400
    whole = [dezero.laplacian(lambda x: F.sum(F.tanh(x @ WEIGHTS), axis=-1))(p).item() for p in POINTS[:5]]
    np.testing.assert_allclose(found.data[:5], whole, rtol=1e-10)


def test_a_few_chunks_are_taken_as_one(monkeypatch):
    monkeypatch.setattr(linear, "_CHUNK", 2**17)
    calls = []

    def f(x):
        calls.append(len(x))
        return F.sum(F.tanh(x @ WEIGHTS), axis=1)

    dezero.laplacian(f)(POINTS)
    assert calls == [4000]
