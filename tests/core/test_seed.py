"""The user's notes: every snippet prints what the notes print."""

import math

import numpy as np
import pytest

from dezero import Function, Variable


class Sin(Function):
    def forward(self, x):
        return np.sin(x)

    def backward(self, gy):
        (x,) = self.inputs
        return gy * cos(x)


class Cos(Function):
    def forward(self, x):
        return np.cos(x)

    def backward(self, gy):
        (x,) = self.inputs
        return gy * -sin(x)


def sin(x):
    return Sin()(x)


def cos(x):
    return Cos()(x)


def f(x):
    y = x**4 - 2 * x**2
    return y


def test_without_cleargrad_the_second_derivative_adds_to_the_first(capsys):
    x = Variable(np.array(2.0))
    y = f(x)
    y.backward(create_graph=True)
    print(x.grad)
    gx = x.grad
    gx.backward()
    print(x.grad)
    assert capsys.readouterr().out == "variable(24.0)\nvariable(68.0)\n"


def test_with_cleargrad_the_second_derivative_stands_alone(capsys):
    x = Variable(np.array(2.0))
    y = f(x)
    y.backward(create_graph=True)
    print(x.grad)
    gx = x.grad
    x.cleargrad()
    gx.backward()
    print(x.grad)
    assert capsys.readouterr().out == "variable(24.0)\nvariable(44.0)\n"


NEWTON = """\
0 variable(2.0)
1 variable(1.4545454545454546)
2 variable(1.1510467893775467)
3 variable(1.0253259289766978)
4 variable(1.0009084519430513)
5 variable(1.0000012353089454)
6 variable(1.000000000002289)
7 variable(1.0)
8 variable(1.0)
9 variable(1.0)
"""


def test_newtons_method_prints_its_table(capsys):
    x = Variable(np.array(2.0))
    for i in range(10):
        print(i, x)
        y = f(x)
        x.cleargrad()
        y.backward(create_graph=True)

        gx = x.grad
        x.cleargrad()
        gx.backward()
        gx2 = x.grad

        x.data -= gx.data / gx2.data
    assert capsys.readouterr().out == NEWTON


def test_the_first_sin_of_the_notes_works_on_raw_arrays_inside_backward():
    class RawSin(Function):
        def forward(self, x):
            y = np.sin(x)
            return y

        def backward(self, gy):
            x = self.inputs[0].data
            gx = gy * np.cos(x)
            return gx

    x = Variable(np.array(1.0))
    y = RawSin()(x)
    y.backward(retain_grad=True)
    assert x.grad.data == np.cos(1.0)
    assert y.grad.data == 1.0


@pytest.mark.parametrize("order", range(1, 13))
def test_sin_and_cos_of_the_notes_have_every_order(order):
    x = Variable(np.array(1.0))
    y = sin(x)
    for _ in range(order):
        x.cleargrad()
        y.backward(create_graph=True)
        y = x.grad
    assert y.data == pytest.approx(math.sin(1.0 + order * math.pi / 2), rel=1e-13)


def test_a_call_connects_its_function_with_inputs_and_weakly_with_outputs():
    x = Variable(np.array(1.0))
    y = sin(x)
    assert isinstance(y.creator, Sin)
    assert y.creator.inputs == [x]
    assert y.creator.outputs[0]() is y
    assert (x.creator, x.generation, y.generation) == (None, 0, 1)
    assert isinstance(x.data, np.ndarray)
    assert isinstance(y.data, np.ndarray)


def test_backward_without_create_graph_connects_nothing():
    x = Variable(np.array(1.0))
    sin(x).backward()
    assert isinstance(x.grad, Variable)
    assert x.grad.creator is None
