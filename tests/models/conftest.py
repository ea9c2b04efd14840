"""Initial weights that cost nothing, for networks of millions of them."""

import math

import numpy as np
import pytest

from dezero.layers import convolution, linear

TABLE = np.random.RandomState(0).randn(99_991)


@pytest.fixture
def undrawn(monkeypatch):
    """Initial weights are zeros, which take neither time nor memory until they are written to."""
    _replace_normal(monkeypatch, lambda shape, inputs, dtype, rng=None: np.zeros(shape, dtype))


@pytest.fixture
def drawn_quickly(monkeypatch):
    """Initial weights repeat a table of normal numbers: drawing millions would take the longest part of a test."""
    _replace_normal(
        monkeypatch,
        lambda shape, inputs, dtype, rng=None: np.resize((TABLE / math.sqrt(inputs)).astype(dtype), shape),
    )


def _replace_normal(monkeypatch, normal):
    for module in (convolution, linear):
        monkeypatch.setattr(module, "lecun_normal", normal)
