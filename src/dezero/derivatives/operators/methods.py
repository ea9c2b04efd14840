"""The methods for a linear differential operator: collapsed Taylor mode, Taylor mode ray by ray, nested gradients.

Each takes y, computed from points x (d,) or (N, d), and gives a number for each point; `recorded` as for Expansion.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from dezero.autodiff.gradients import gradients
from dezero.core.config import using_config
from dezero.core.dtypes import Array, is_complex
from dezero.core.registry import operations
from dezero.core.variable import Variable, wrap
from dezero.derivatives.operators.rays import Coefficient, MultiIndex, Rays
from dezero.series.batch import Batch
from dezero.series.collapsed import CollapsedReading
from dezero.series.expansion import Expansion


def series_along(y: Variable, x: Variable, rays: Rays, recorded: bool, apart: bool = False) -> Expansion:
    """The series along rays; apart: the coefficients of the highest order are not collapsed."""
    weights = None if (rays.weights == 1).all() else rays.weights
    F = CollapsedReading(recorded, len(rays.directions), weights, rays.order + apart)
    steps = rays.directions.astype(x.dtype).reshape(-1, *[1] * (x.ndim - 1), x.shape[-1])
    directions = Batch(F, Variable(steps) if recorded else steps, x.shape)
    return Expansion(y, {x: [directions.summed() if rays.order == 1 and not apart else directions]}, recorded, F)


def ray_derivatives(y: Variable, x: Variable, rays: Rays, recorded: bool) -> Variable:
    """The derivatives of the rays' order, one ray a row: (R, *y.shape)."""
    found = series_along(y, x, rays, recorded, apart=True)[rays.order]
    array = found.whole() if isinstance(found, Batch) else found
    with using_config("enable_backprop", recorded):
        rows = array if isinstance(array, Variable) else wrap(np.asarray(array))
        return operations.broadcast_to(rows, (len(rays.directions), *y.shape)) * math.factorial(rays.order)


def weighted(rows: Variable, weights: Array) -> Variable:
    """Each row times its weight."""
    return rows * np.asarray(weights, rows.dtype).reshape(-1, *[1] * (rows.ndim - 1))


def collapsed(y: Variable, x: Variable, groups: Sequence[Rays], recorded: bool) -> Variable:
    """By series of which the highest coefficients are collapsed: summed as soon as they are computed."""
    total: Array | Variable | int = 0
    for group in groups:
        part = y if recorded else y.data
        if group.order:
            part = series_along(y, x, group, recorded)[group.order] * math.factorial(group.order)
        else:
            part = part * float(group.weights[0])
        total = part if isinstance(total, int) else total + part
    if isinstance(total, int):
        total = np.zeros_like(y._data)
    return total if isinstance(total, Variable) else wrap(np.array(total))


def taylor(y: Variable, x: Variable, groups: Sequence[Rays], recorded: bool) -> Variable:
    """By the highest coefficient along each ray, and then their sum."""
    with using_config("enable_backprop", recorded):
        total = wrap(np.zeros_like(y._data))
        for group in groups:
            if group.order:
                total = total + weighted(ray_derivatives(y, x, group, recorded), group.weights).sum(axis=0)
            else:
                total = total + y * float(group.weights[0])
        return total


def nested_gradients(y: Variable, x: Variable, terms: Mapping[MultiIndex, Coefficient], recorded: bool) -> Variable:
    """By gradients of gradients, each taken once; for a complex y, of its real part and of its imaginary part."""
    if is_complex(y):
        with using_config("enable_backprop", True):
            parts = operations.real(y), operations.imag(y)
        a, b = [nested_gradients(part, x, terms, recorded) for part in parts]
        with using_config("enable_backprop", recorded):
            return a + b * np.array(1j, y.dtype)
    paths = {index: path(index) for index, c in terms.items() if c}
    parents = {p[:k] for p in paths.values() for k in range(len(p))}
    inner = {p[:k] for p in parents for k in range(len(p))}  # the parents whose gradients are differentiated again
    known: dict[MultiIndex, Variable] = {(): y}
    gradient: dict[MultiIndex, Variable] = {}
    for parent in sorted(parents, key=len):
        with using_config("enable_backprop", True):
            if parent:
                known[parent] = gradient[parent[:-1]][..., parent[-1]]
            whole = operations.sum(known[parent])
        (gradient[parent],) = gradients(whole, x, create_graph=recorded or parent in inner)
    with using_config("enable_backprop", recorded):
        total = wrap(np.zeros_like(y._data))
        for index, p in paths.items():
            total = total + (gradient[p[:-1]][..., p[-1]] if p else y) * float(terms[index])
        return total


def path(index: MultiIndex) -> MultiIndex:
    """The components of a partial derivative, each as often as its order says."""
    return tuple([i for i, order in enumerate(index) for _ in range(order)])


def count_nested(terms: Mapping[MultiIndex, Coefficient]) -> int:
    """Vectors through the graph by nested gradients: each gradient doubles the graph that the next one goes through."""
    paths = [path(index) for index, c in terms.items() if c]
    return 1 + sum([2 ** len(parent) for parent in {p[:k] for p in paths for k in range(len(p))}])
