"""A user's code, in which each `assert_type` says what type checkers must know. See test_typing.py."""

from __future__ import annotations

from typing import assert_type

import numpy as np

import dezero.functions as F
from dezero import Function, Parameter, Variable, gradients
from dezero.core.dtypes import Array


def operators(v: Variable, p: Parameter, a: Array) -> None:
    for result in (v + 1, 1 + v, v - a, 2.0 - v, v * v, 2j * v, v / 3, 1 / v, v**2, 2**v, v @ v, v // 2, v % 2, -v):
        assert_type(result, Variable)
    assert_type(p * 2, Variable)
    assert_type(+p, Parameter)
    assert_type(abs(v), Variable)
    assert_type(divmod(v, 2), tuple[Variable, Variable])
    assert_type(v < 0, Array)
    assert_type(v == a, Array)


def methods(v: Variable) -> None:
    for result in (v.sum(), v.mean(axis=0), v.max(), v.reshape(-1), v.transpose(0, 1), v.T, v.real, v.astype("f4")):
        assert_type(result, Variable)
    for part in (v[0], v[:, None], v[..., 1:], v[[0, 1]], v[np.array([True, False])]):
        assert_type(part, Variable)
    for row in v:
        assert_type(row, Variable)
    assert_type(v.grad, Variable | None)
    assert_type(v.shape, tuple[int, ...])
    assert_type(v.detach(), Variable)
    assert_type(v.numpy(), Array)
    assert_type(float(v.sum()), float)


def functions(v: Variable) -> None:
    for result in (F.exp(v), F.tanh(v * 2), F.add(v, 1.0)):
        assert_type(result, Variable)
    assert_type(gradients(v.sum(), v, create_graph=True), tuple[Variable, ...])
    assert_type(gradients(v.sum(), v, unused="none"), tuple[Variable | None, ...])
    assert_type(gradients(v.sum(), v, unused="error"), tuple[Variable, ...])


class Square(Function):
    def forward(self, x: Array) -> Array:
        return x * x

    def backward(self, gy: Variable) -> Variable:
        return gy * 2 * self.inputs[0]


def mistakes(v: Variable) -> None:
    """Each line is an error to a type checker: mypy reports a comment that ignores none."""
    v - [1.0]  # type: ignore[operator]
    v["name"]  # type: ignore[index]
    v.sum(axis="rows")  # type: ignore[arg-type]
    v.backward(create_graph="yes")  # type: ignore[arg-type]
