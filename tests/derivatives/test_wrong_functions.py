"""Transforms of what is no function, or of functions that return nothing, name the transform and the remedy."""

import numpy as np
import pytest

import dezero
from dezero import Variable
from dezero.optimize import householder, minimize, newton, odeint, odeint_taylor

NUMBER, VECTOR = np.array(1.0), np.array([1.0, 2.0, 3.0])

TRANSFORMS = {
    "argmin": lambda f: dezero.argmin(f, VECTOR),
    "biharmonic": lambda f: dezero.biharmonic(f)(VECTOR),
    "checkpoint": lambda f: dezero.checkpoint(f)(Variable(NUMBER)),
    "curl": lambda f: dezero.curl(f)(VECTOR),
    "custom_root": lambda f: dezero.custom_root(f, NUMBER),
    "derivative": lambda f: dezero.derivative(f, 2)(NUMBER),
    "derivative_tensor": lambda f: dezero.derivative_tensor(f, 2)(VECTOR),
    "divergence": lambda f: dezero.divergence(f)(VECTOR),
    "fixed_point": lambda f: dezero.fixed_point(f, NUMBER),
    "gradient_check": lambda f: dezero.gradient_check(f, VECTOR),
    "grad": lambda f: dezero.grad(f)(NUMBER),
    "hessian": lambda f: dezero.hessian(f)(VECTOR),
    "hessian_sparsity": lambda f: dezero.hessian_sparsity(f, VECTOR),
    "hvp": lambda f: dezero.hvp(f, (VECTOR,), (VECTOR,)),
    "jacfwd": lambda f: dezero.jacfwd(f)(VECTOR),
    "jacobian": lambda f: dezero.jacobian(f)(VECTOR),
    "jacrev": lambda f: dezero.jacrev(f)(VECTOR),
    "jet": lambda f: dezero.jet(f, (NUMBER,), ((NUMBER,),)),
    "jvp": lambda f: dezero.jvp(f, (NUMBER,), (NUMBER,)),
    "laplacian": lambda f: dezero.laplacian(f)(VECTOR),
    "linearize": lambda f: dezero.linearize(f, NUMBER),
    "operator": lambda f: dezero.operator(f, {(2, 0, 0): 1.0})(VECTOR),
    "partial": lambda f: dezero.partial(f, (0, 0))(VECTOR),
    "sparse_hessian": lambda f: dezero.sparse_hessian(f)(VECTOR),
    "sparse_jacobian": lambda f: dezero.sparse_jacobian(f)(VECTOR),
    "sparse_third": lambda f: dezero.sparse_third(f)(VECTOR),
    "sparsity": lambda f: dezero.sparsity(f, VECTOR),
    "taylor": lambda f: dezero.taylor(f, NUMBER, 3),
    "value_and_grad": lambda f: dezero.value_and_grad(f)(NUMBER),
    "vjp": lambda f: dezero.vjp(f, NUMBER),
    "vmap": lambda f: dezero.vmap(f)(VECTOR),
    "householder": lambda f: householder(f, NUMBER),
    "minimize": lambda f: minimize(f, VECTOR),
    "newton": lambda f: newton(f, VECTOR),
    "odeint": lambda f: odeint(f, NUMBER, [0.0, 1.0]),
    "odeint_taylor": lambda f: odeint_taylor(f, NUMBER, [0.0, 1.0]),
}
NO_TRANSFORMS = """ConcretizationError compile Config DataLoader Dataset Function GraphError GraphWarning Layer Model
    Parameter SeqDataLoader
    UnsupportedOperation Variable as_array as_variable cache_info clear_cache from_dlpack functions gradients
    keep_memory no_grad partials setup_variable stop_gradient test_mode using_config"""
RETURNED = {"None": None, r"(\[None\]|None|list)": [None], "str": "three"}


def test_no_transform_is_left_out():
    assert set(dezero.__all__) - set(NO_TRANSFORMS.split()) <= TRANSFORMS.keys()


@pytest.mark.parametrize("name", TRANSFORMS)
def test_what_cannot_be_called(name):
    with pytest.raises(TypeError, match=rf"^{name}: f is number 3.0; give a function of the arguments"):
        TRANSFORMS[name](3.0)


@pytest.mark.parametrize("returned", RETURNED)
@pytest.mark.parametrize("name", TRANSFORMS)
def test_functions_that_return_no_variable(name, returned):
    with pytest.raises(TypeError, match=rf"^{name}( of .*)?: the function returned {returned}[,;] .*its arguments"):
        TRANSFORMS[name](lambda *args: RETURNED[returned])


@pytest.mark.parametrize("name", TRANSFORMS)
def test_the_name_stands_in_the_message(name):
    with pytest.raises(TypeError) as caught:
        TRANSFORMS[name](lambda *args: None)
    assert str(caught.value) == (
        f"{name}: the function returned None, in which there is nothing to differentiate; let it return what it "
        "computes from its arguments (is a return statement missing?)"
    )


def test_an_auxiliary_result_is_no_value():
    with pytest.raises(TypeError, match="grad: the function returned None, in which there is nothing"):
        dezero.grad(lambda x: (None, x), has_aux=True)(NUMBER)


def test_components_without_a_value_beside_one_that_has():
    y, t = dezero.jvp(lambda x: (x * x, None), (NUMBER,), (NUMBER,))
    assert y[0].item() == 1
    assert t[0].item() == 2
    assert y[1] is t[1] is None


@pytest.mark.parametrize("name", ["grad", "hessian", "jacobian", "derivative_tensor", "hvp", "jvp", "vjp"])
@pytest.mark.parametrize("kind", [list, tuple])
def test_an_error_of_a_function_of_a_list_of_numbers_says_what_it_was_given(name, kind):
    x, f = kind([1.0, 2.0]), lambda x: (x**2).sum()
    calls = {
        "derivative_tensor": lambda: dezero.derivative_tensor(f, 2)(x),
        "hvp": lambda: dezero.hvp(f, (x,), (x,)),
        "jvp": lambda: dezero.jvp(f, (x,), (x,)),
        "vjp": lambda: dezero.vjp(f, x),
    }
    with pytest.raises(TypeError, match="unsupported operand") as error:
        calls.get(name, lambda: getattr(dezero, name)(f)(x))()
    (note,) = error.value.__notes__
    told = "jvp" if name == "hvp" else name  # hvp is the jvp of the gradient
    assert note.startswith(f"{told}: an argument is a {kind.__name__} of 2 numbers, in whose place the function gets")


def test_an_error_of_a_function_of_lists_of_arrays_has_no_note():
    def f(x):
        raise TypeError("mine")

    for x in ([VECTOR], [], {"a": 1.0}, VECTOR):
        with pytest.raises(TypeError, match="mine") as error:
            dezero.grad(f)(x)
        assert not hasattr(error.value, "__notes__")


def test_vmap_of_a_list_of_numbers_names_the_remedy():
    with pytest.raises(ValueError, match=r"for a list of numbers one array, numpy.array\(...\)"):
        dezero.vmap(lambda x: x * 2)([1.0, 2.0])


@pytest.mark.parametrize("transform", [dezero.grad, dezero.value_and_grad, dezero.jacrev])
def test_a_parameter_that_is_passed_by_is_told(transform):
    w = Variable(np.ones(3))
    with pytest.warns(dezero.GraphWarning, match="uses a Variable that was given as an argument, .* itself"):
        transform(lambda v, x: (w * w * x).sum())(w, VECTOR)
    with pytest.warns(dezero.GraphWarning, match="^grad: .*compute from the parameter") as told:
        dezero.vmap(dezero.grad(lambda v, x: (w * w * x).sum()), in_axes=(None, 0))(w, np.ones((2, 3)))
    assert {record.filename for record in told} == {__file__}


def test_a_parameter_that_is_not_used_at_all_has_zeros_without_a_warning():
    w, other = Variable(np.ones(3)), Variable(np.ones(3))
    assert not dezero.grad(lambda v, x: (other * x).sum())(w, VECTOR).data.any()
    both = dezero.grad(lambda v: (v * w).sum())(w)
    np.testing.assert_array_equal(both.data, np.ones(3))
