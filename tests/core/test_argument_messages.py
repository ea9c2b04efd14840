"""What a newcomer gives by mistake: the message names the function, the argument, its type and the remedy."""

import numpy as np
import pytest

import dezero
import dezero.functions as F
from dezero import Variable, gradients
from dezero.derivatives.implicit.iterations import ConvergenceError
from dezero.optimize import householder, minimize, newton

A = np.ones(2)


def squares():
    x = Variable(A.copy())
    return x, F.sum(x * x)


def backward(*args, **kwargs):
    squares()[1].backward(*args, **kwargs)


NONE = "NoneType is not a Variable, array or number; it is what a function without a return gives"
TEXT = r"str is not a Variable, array or number; text is no number: float\(\.\.\.\) makes one"
LIST = r"list is not a Variable, array or number; numpy\.array\(\.\.\.\) makes an array of numbers, .*functions\.stack"
MESSAGES = {
    "y.backward(3.0)": (lambda: backward(3.0), r"^backward: retain_grad is number 3\.0; .*gradient.* of shape \(\)"),
    "y.backward(None)": (lambda: backward(None), r"^backward: retain_grad is NoneType; .*numpy\.ones\(\(\)\)"),
    "create_graph": (lambda: backward(False, 2), "^backward: create_graph is number 2; give True or False$"),
    "inputs": (
        lambda: backward(inputs=A),
        r"^backward: inputs must be .*array of shape \(2,\); make x = Variable\(array",
    ),
    "F.sum(None)": (lambda: F.sum(None), f"^sum: {NONE}"),
    "F.sin(None)": (lambda: F.sin(None), f"^sin: {NONE}"),
    "F.sin('a')": (lambda: F.sin("a"), f"^sin: {TEXT}"),
    "F.sin([1, 2])": (lambda: F.sin([1, 2]), f"^sin: {LIST}"),
    "F.maximum": (lambda: F.maximum(A, None), f"^maximum: {NONE}"),
    "F.sin(F.cos)": (lambda: F.sin(F.cos), "^sin: function is not a Variable, array or number; call it"),
    "F.sin(dict)": (lambda: F.sin({"a": 1.0}), "^sin: dict is not .*; give one of its values; transforms .*take trees"),
    "F.jv": (lambda: F.jv(1, [1.0]), f"^jv: {LIST}"),
    "F.y0": (lambda: F.y0([1.0]), f"^y0: {LIST}"),
    "F.round": (lambda: F.round([1.0]), f"^round: {LIST}"),
    "F.polygamma": (lambda: F.polygamma(1, None), f"^polygamma: {NONE}"),
    "F.lambertw": (lambda: F.lambertw("a"), f"^lambertw: {TEXT}"),
    "F.upsample": (lambda: F.upsample([1.0], 2), f"^upsample: {LIST}"),
    "F.layer_norm": (lambda: F.layer_norm(None), f"^layer_norm: {NONE}"),
    "F.group_norm": (lambda: F.group_norm([1.0], 1), f"^group_norm: {LIST}"),
    "F.average": (lambda: F.average(A, weights="a"), f"^average: {TEXT}"),
    "F.embed_id": (lambda: F.embed_id(np.array([0]), [[1.0]]), f"^embed_id: {LIST}"),
    "F.attention": (lambda: F.scaled_dot_product_attention([1.0], A, A), f"^scaled_dot_product_attention: {LIST}"),
    "upsample of no data": (lambda: F.upsample(Variable(None)), "^upsample: an argument holds no data"),
    "pooling of no data": (lambda: F.pooling(Variable(None), 2), "^pooling: an argument holds no data"),
    "layer_norm of no data": (lambda: F.layer_norm(Variable(None)), "^layer_norm: an argument holds no data"),
    "x + list": (lambda: squares()[0] + [1, 2], f"^add: {LIST}"),
    "Variable(list)": (lambda: Variable([1, 2]), r"^Variable: list is not supported; pass numpy\.array\(\.\.\.\)$"),
    "Variable(3)": (lambda: Variable(3), r"^Variable: int is not supported; pass numpy\.array\(\.\.\.\) or use as_var"),
    "gradients in an array": (
        lambda: gradients(squares()[1], A),
        r"^gradients: inputs must be a Variable .*got float64 array of shape \(2,\); make x = Variable\(array\) first",
    ),
    "gradients in a list": (
        lambda: gradients(squares()[1], [A]),
        r"^gradients: inputs\[0\] is float64 array of shape \(2,\), not a Variable; make x = Variable\(array\) first",
    ),
    "gradients of an array": (lambda: gradients(A, squares()[0]), "^gradients: outputs must .*; compute it from Var"),
    "grad of text": (lambda: dezero.grad(F.sum)(["a"]), f"^grad: {TEXT}"),
    "grad of a list": (lambda: dezero.grad(F.sum)([1.0, 2.0]), f"^sum: {LIST}"),
    "grad by name": (lambda: dezero.grad(F.sum)(x=A), "^grad: argnums asks for argument 0, and 0 were given by place"),
    "grad of nothing": (lambda: dezero.grad(lambda x: None)(A), "^grad: the function returned None, .*return"),
    "newton from None": (lambda: newton(F.sum, None), "^newton: x0 is None; give a number, an array or a tree"),
    "minimize from text": (lambda: minimize(F.sum, "a"), f"^minimize: {TEXT}"),
    "householder": (lambda: householder(lambda x: x**2 + 1, 1.0), "^householder: after .*f may have no root"),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_the_message_says_what_was_wrong_and_what_to_do(name):
    call, message = MESSAGES[name]
    with pytest.raises((TypeError, ValueError, ConvergenceError), match=message):
        call()


def test_a_search_without_an_end_says_that_there_may_be_none():
    found = newton(lambda x: -F.sum(x**2), A, maxiter=20)
    assert not found.success
    assert "no convergence in 20 iterations: f went from -2 to -" in found.message
    assert "If f has no lowest value, bound it" in found.message
    found = minimize(lambda x: F.sum(x), A, options={"maxiter": 3})
    assert not found.success
    assert found.message.startswith("minimize: ")
    assert "if it has no lowest value, bound it" in found.message
