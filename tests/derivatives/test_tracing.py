"""Run: functions on Variables of their own."""

import numpy as np
import pytest

import dezero.functions as F
from dezero import Variable, gradients, no_grad
from dezero.derivatives.tracing import Run, argument_places, as_argument


def var(x):
    return Variable(np.array(x))


def test_arguments_outputs_and_their_structures():
    run = Run("grad", lambda tree, k: {"s": tree["a"] * k + tree["b"], "t": (tree["b"],)}, ({"a": 2.0, "b": 3.0}, 4))
    assert [x.item() for x in run.leaves] == [2, 3]
    assert [y.item() for y in run.outputs] == [11, 3]
    assert run.tree([5, 6]) == {"a": 5, "b": 6}
    assert run.output_tree([7, 8]) == {"s": 7, "t": (8,)}
    assert run.aux is None
    assert not run.recorded


def test_several_moving_arguments_stand_in_a_tuple():
    run = Run("grad", lambda a, b, *, c: a * b + c, (2.0, 3.0), {"c": 1.0}, argnums=(-1, 0))
    assert [x.item() for x in run.leaves] == [3, 2]
    assert run.tree([5, 6]) == (5, 6)
    assert run.value.item() == 7


def test_auxiliary_values_are_handed_through():
    run = Run("grad", lambda x: (x * x, "note"), (3.0,), has_aux=True)
    assert (run.value.item(), run.aux) == (9, "note")
    with pytest.raises(TypeError, match=r"grad: with has_aux=True the function returns \(value, aux\)"):
        Run("grad", lambda x: x, (3.0,), has_aux=True)


def test_a_variable_is_stood_in_for_by_an_alias():
    x = var(3.0)
    run = Run("grad", lambda a: a * a, (x,))
    assert run.leaves[0] is not x
    assert run.recorded
    (g,) = gradients(run.outputs[0], run.leaves[0], create_graph=True)
    assert gradients(g, x)[0].item() == 2  # derivatives of derivatives go on through the alias


def test_recorded_where_somebody_could_differentiate_further():
    w = var(2.0)
    assert Run("grad", lambda x: x * w, (3.0,)).recorded
    assert not Run("grad", lambda x: x * 2, (3.0,)).recorded
    with no_grad():
        run = Run("grad", lambda x: x * w, (var(3.0),))
    assert not run.recorded
    assert gradients(run.outputs[0], run.leaves[0])[0].item() == 2


def test_derivatives_are_taken_in_floats():
    assert as_argument("grad", 3).dtype == np.float64
    assert as_argument("grad", np.array([True, False])).dtype == np.float64
    assert as_argument("grad", np.float32(3)).dtype == np.float32
    assert as_argument("grad", var([1, 2])).dtype == np.float64
    assert as_argument("grad", 1j).dtype == np.complex128


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Run("grad", lambda x: 3.0, (1.0,)), TypeError, r"grad: the function returned number 3\.0; compute"),
        (lambda: Run("grad", lambda x: (x, "s"), (1.0,)), TypeError, "grad: the function returned str"),
        (lambda: Run("grad", F.sin, ("a",)), TypeError, "grad: str is not a Variable, array or number"),
        (lambda: Run("grad", F.sin, (Variable(None),)), TypeError, "holds no data"),
        (lambda: argument_places("grad", 2, 2), ValueError, "grad: argnums asks for argument 2, and 2 were given"),
        (lambda: argument_places("grad", (0, -3), 2), ValueError, "argument -3, and 2 were given"),
        (lambda: argument_places("grad", [1.0], 2), TypeError, r"argnums holds number 1\.0"),
        (lambda: argument_places("grad", [True], 2), TypeError, "argnums holds number True"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_places_count_from_either_end():
    assert argument_places("grad", (0, -1, np.int64(1)), 3) == [0, 2, 1]
