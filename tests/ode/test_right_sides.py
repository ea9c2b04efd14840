"""Right sides that are not what odeint calls, and what their errors say."""

import numpy as np
import pytest

import dezero.functions as F
from dezero.ode import odeint, odeint_taylor

INTEGRATORS = [odeint, odeint_taylor, lambda f, y0, t: odeint_taylor(f, y0, t, dense_output=True)]


def notes(error):
    return " ".join(getattr(error.value, "__notes__", []))


@pytest.mark.parametrize("integrate", INTEGRATORS)
@pytest.mark.parametrize("f", [lambda t, y: -y, lambda t, y: F.stack([y[1], -y[0]])], ids=["shape", "index"])
def test_a_right_side_of_scipy_is_told_the_order(integrate, f):
    with pytest.raises((ValueError, IndexError)) as error:
        integrate(f, np.array([1.0, 2.0]), [0.0, 1.0])
    assert "f is called as f(y, t, *args), and its first parameter is named t" in notes(error)


@pytest.mark.parametrize("integrate", INTEGRATORS)
def test_other_errors_of_a_right_side_have_no_note(integrate):
    def f(y, t):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine") as error:
        integrate(f, np.array([1.0, 2.0]), [0.0, 1.0])
    assert not notes(error)


@pytest.mark.parametrize("integrate", INTEGRATORS)
def test_a_list_as_y0_is_told_to_be_no_array(integrate):
    with pytest.raises(TypeError) as error:
        integrate(lambda y, t: -y, [1.0, 2.0], [0.0, 1.0])
    assert "gets a list of 2 Variables; numpy.array(...)" in notes(error)


def test_a_result_is_read_as_scipys():
    values, result = odeint(lambda y, t: -y, np.array([1.0, 2.0]), [0.0, 0.5], full_output=True, dense_output=True)
    assert result["y"] is result.y is values
    assert result.success
    assert "t_events" in result
    assert "x" not in result
    scipys = {"t", "y", "sol", "t_events", "y_events", "nfev", "njev", "nlu", "status", "message", "success"}
    assert scipys <= set(result.keys()) == set(result) == set(dict(result))
    np.testing.assert_allclose(dict(result)["sol"](0.5).data, values.data[1])
    with pytest.raises(KeyError, match=r"odeint: the result has no 'x'; it has t, y, sol"):
        result["x"]
