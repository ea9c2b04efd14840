"""Jacobians by rows, by columns and by bundles of columns: each gives the same, and the cheapest is taken."""

import numpy as np
import pytest

import dezero
import dezero.functions as F
from dezero import Variable
from dezero.derivatives import costs
from dezero.derivatives.costs import Work, cheapest

X = np.random.default_rng(0).normal(size=(3, 4))
ROWS, COLUMNS = np.array([0, 2, 2]), np.array([1, 1, 3])
FUNCTIONS = {
    "products": lambda x: x[:2] @ F.sin(x).T @ x,
    "an index array": lambda x: F.exp(x)[ROWS] * x[0],
    "index arrays side by side": lambda x: F.exp(x)[ROWS, COLUMNS] * x[0, :3],
    "index arrays apart": lambda x: F.reshape(F.exp(x), (3, 2, 2))[ROWS, :, np.array([0, 1, 1])] * x[0, 0],
    "a number and an array apart": lambda x: F.reshape(F.exp(x), (3, 2, 2))[1, :, np.array([0, 1, 1])] * x[0, 0],
    "a new axis before arrays": lambda x: F.exp(x)[None, ROWS, COLUMNS] * x[0, 0],
    "a mask": lambda x: F.exp(x)[X > 0] * x[1, 1],
    "one element": lambda x: F.exp(x)[1, -2] * x,
    "a solution": lambda x: F.solve(x @ x.T + np.eye(3), F.sin(x)),
    "two results": lambda x: (F.sum(x * x), F.cumsum(F.tanh(x), axis=1)),
    "nothing that moves": lambda x: Variable(np.ones(3)) * 2.0,
    "in part": lambda x: F.concatenate((x[0] ** 2, Variable(np.ones(2)))),
    "one number": lambda x: F.sum(F.sin(x) ** 2),
}


def same(found, expected):
    found, expected = [t if isinstance(t, tuple) else (t,) for t in (found, expected)]
    for a, b in zip(found, expected, strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a.data, b.data, rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("numbers", [1, 200, 2**20])  # one ray at a time, a few, all
def test_bundles_of_any_size_give_what_rows_give(name, numbers, monkeypatch):
    monkeypatch.setattr(costs, "NUMBERS", numbers)
    f = FUNCTIONS[name]
    same(dezero.jacfwd(f)(X), dezero.jacrev(f)(X))
    same(dezero.jacfwd(f)(Variable(X)), dezero.jacrev(f)(X))


@pytest.mark.parametrize("numbers", [1, 200, 2**20])
def test_recorded_bundles_are_differentiated_again(numbers, monkeypatch):
    monkeypatch.setattr(costs, "NUMBERS", numbers)

    def f(x):
        return F.exp(F.sin(x))[ROWS, COLUMNS] * x[0, :3] ** 2

    def total(jacobian):
        return lambda x: F.sum(F.sin(jacobian(f)(x)))

    same(dezero.grad(total(dezero.jacfwd))(X), dezero.grad(total(dezero.jacrev))(X))
    same(dezero.hessian(total(dezero.jacfwd))(X), dezero.hessian(total(dezero.jacrev))(X))


def test_a_leaf_that_does_not_move_has_no_series():
    """Along the other leaf its tangent is 0, and its derivative is infinite: 0 times inf is nan."""

    def f(tree):
        x, y = tree
        return F.sum(F.sqrt(x) * y**3)

    point = (np.array([0.0, 4.0]), np.array([2.0, 3.0]))
    third = dezero.partial(f, (2, 2, 2))(point)
    assert third.item() == 0.0
    assert dezero.partial(f, (3, 3, 3))(point).item() == pytest.approx(12.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        blocks = dezero.jacobian(lambda tree: F.sqrt(tree[0]) * tree[1] ** 3)(point)
    np.testing.assert_allclose(blocks[1].data, np.diag([0.0, 54.0]))


@pytest.mark.parametrize("order", [2, 3, 4])
@pytest.mark.parametrize("numbers", [1, 300, 2**20])
def test_tensors_and_partials_in_bundles_of_any_size(order, numbers, monkeypatch):
    monkeypatch.setattr(costs, "NUMBERS", numbers)

    def f(tree):
        return F.sum(F.exp(tree["a"] * tree["b"][0]) * F.sin(tree["b"])) + F.prod(tree["a"])

    point = {"a": np.array([0.3, -0.5]), "b": np.array([0.2, 0.7])}
    tensor = dezero.derivative_tensor(f, order)(point)
    for row, element in zip(tensor.indices, tensor.packed.data, strict=True):
        assert dezero.partial(f, tuple(row))(point).item() == pytest.approx(element, rel=1e-9, abs=1e-9)


def test_many_small_columns_go_in_bundles_and_a_few_large_ones_by_rows():
    assert cheapest(costs.costs(Work(40, 3_000), 39, 39)) == "bundles"
    assert cheapest(costs.costs(Work(45, 10_000_000), 7, 7)) == "rows"
    assert cheapest(costs.costs(Work(20, 2_000_000), 2, 50)) == "columns"
    assert cheapest(costs.costs(Work(20, 1_000), 1000, 1)) == "rows"


def test_explain_tells_the_estimates_and_the_way():
    text = dezero.hessian(lambda x: F.sum(F.exp(x) * F.sum(x))).explain(X)
    assert text.startswith("hessian, 12 rows and 12 columns, over ")
    assert text.endswith("takes bundles")
    assert dezero.jacrev(lambda x: x**2).explain(np.ones(2)).endswith("takes rows")
    assert "by columns" in dezero.jacfwd(lambda x: x**2).explain(np.ones(2))


def test_explain_tells_the_series_of_partials_and_tensors():
    f = lambda x: F.sum(F.exp(x) * F.sum(x))  # noqa: E731
    text = dezero.partial(f, (0, 0, 1)).explain(X)
    assert text.startswith("partial (0, 0, 1): takes series of the function to order 3 along 3 rays, 3 at once, over ")
    few, many = [dezero.derivative_tensor(f, 3).explain(np.ones(n)) for n in (2, 4)]
    assert few.startswith("derivative_tensor of order 3: takes series of the function to order 3 along 4 rays, ")
    assert many.startswith("derivative_tensor of order 3: takes series of the gradient to order 2 along 10 rays, ")
    wide = dezero.partial(lambda x: F.sum(F.exp(x)), (0, 1)).explain(np.ones(2**20))
    assert " along 2 rays, one at a time, over " in wide
    with pytest.raises(IndexError, match="component 9"):
        dezero.partial(f, 9).explain(np.ones(2))
