"""Operands that are no Variable, array of numbers or number: those that mean something work, the others raise."""

import numpy as np
import pytest
import scipy.sparse

import dezero
import dezero.functions as F
from dezero import Variable

A = np.array([[1.0, 2.0], [3.0, 4.0]])
X = np.array([1.0, 2.0])


class Tensor:
    """What an array of PyTorch or JAX is to NumPy."""

    dtype, shape, ndim, size = X.dtype, X.shape, 1, 2

    def __array__(self, dtype=None, copy=None):
        return X


class Series(Tensor):
    """What a pandas Series or an xarray DataArray is to NumPy: numbers, and labels that belong to them."""

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return NotImplemented


def of(package, kind):
    return type(kind.__name__, (kind,), {"__module__": f"{package}.core"})()


FOREIGN = {
    "csr_matrix": (scipy.sparse.csr_matrix(A), r"a sparse csr_matrix .*S @ x .*toarray\(\)"),
    "coo_array": (scipy.sparse.coo_array(A), r"a sparse coo_array .*S @ x .*toarray\(\)"),
    "pandas": (of("pandas", Series), r"Series is not .*to_numpy\(\)"),
    "xarray": (of("xarray", Series), r"Series is not .*to_numpy\(\)"),
    "another": (of("another", Series), r"Series is not .*numpy\.asarray\(a\)"),
    "torch": (of("torch", Tensor), r"Tensor is not .*t\.detach\(\)\.numpy\(\)"),
    "jax": (of("jaxlib", Tensor), r"Tensor is not .*numpy\.asarray\(a\)"),
    "masked": (np.ma.array(X, mask=[0, 1]), r"a masked array .*mask would be lost.*filled"),
    "matrix": (scipy.sparse.csr_matrix(A).todense(), r"matrix is not .*numpy\.asarray\(a\)"),
    "subclass": (X.view(type("Metres", (np.ndarray,), {})), r"Metres is not .*numpy\.asarray\(a\)"),
    "list": ([1.0, 2.0], r"list .*numpy\.array\(\.\.\.\)"),
    "string": ("ab", r"str .*"),
    "records": (np.zeros(2, [("a", float), ("b", float)]), r"arrays of dtype \[\('a'.* are not supported"),
    "objects": (np.array([1.0, None]), "arrays of dtype object are not supported"),
    "strings": (np.array(["a", "b"]), "arrays of dtype <U1 are not supported"),
    "dates": (np.array(["2020", "2021"], "M8[Y]"), r"arrays of dtype datetime64\[Y\] are not supported"),
}


USES = {
    "x * f": lambda x, f: x * f,
    "x + f": lambda x, f: x + f,
    "x - f": lambda x, f: x - f,
    "x / f": lambda x, f: x / f,
    "x ** f": lambda x, f: x**f,
    "F.maximum": F.maximum,
    "F.maximum left": lambda x, f: F.maximum(f, x),
    "F.sin": lambda x, f: F.sin(f),
    "F.sum": lambda x, f: F.sum(f),
    "F.stack": lambda x, f: F.stack([x, f]),
    "F.concatenate": lambda x, f: F.concatenate([x, f]),
    "F.where": lambda x, f: F.where(np.array([True, False]), x, f),
    "F.inner": F.inner,
    "grad": lambda x, f: dezero.grad(F.sum)(f),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("name", FOREIGN)
def test_a_foreign_operand_is_refused_by_its_type_with_the_remedy(name, use):
    f, message = FOREIGN[name]
    if use == "grad" and name == "list":
        return  # a tree of numbers
    with pytest.raises(TypeError, match=message):
        USES[use](Variable(X.copy()), f)


@pytest.mark.parametrize("name", FOREIGN)
@pytest.mark.parametrize("use", [lambda x, f: f * x, lambda x, f: f + x, lambda x, f: f - x, lambda x, f: f / x])
def test_a_foreign_operand_on_the_left_is_refused(name, use):
    with pytest.raises((TypeError, dezero.GraphError)):
        use(Variable(X.copy()), FOREIGN[name][0])


@pytest.mark.parametrize("name", [name for name in FOREIGN if name not in ("list", "string")])
def test_variable_takes_none_of_them(name):
    f, message = FOREIGN[name]
    x = Variable(X.copy())
    for call in (lambda: Variable(f), lambda: dezero.as_variable(f), lambda: setattr(x, "data", f)):
        with pytest.raises(TypeError, match=message):
            call()
    assert x.data is not f


def test_what_is_an_array_stays_one(tmp_path):
    np.save(tmp_path / "x.npy", X)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    x = Variable(X.copy())
    for constant in (mapped, X, X.astype(np.float32), X > 1, X.astype(np.int8)):
        np.testing.assert_array_equal((x * constant).data, X * constant)
        np.testing.assert_array_equal((constant * x).data, X * constant)
    for number in (2, 2.0, True, np.float64(2.0), np.int8(2), np.array(2.0), np.bool(True)):
        np.testing.assert_array_equal((x * number).data, X * number)


# -- sparse constants ------------------------------------------------------------------------------------------

KINDS = [getattr(scipy.sparse, f"{f}_{k}") for f in ("csr", "csc", "coo", "dia", "lil") for k in ("array", "matrix")]
PRODUCTS = {
    "S @ x": (lambda s, x: s @ x, X),
    "x @ S": (lambda s, x: x @ s, X),
    "S @ X": (lambda s, x: s @ x, np.arange(6.0).reshape(2, 3)),
    "X @ S": (lambda s, x: x @ s, np.arange(6.0).reshape(3, 2)),
    "F.dot": (F.dot, X),
    "F.matmul": (F.matmul, X),
}


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("kind", KINDS)
def test_products_with_sparse_matrices_are_those_with_dense_ones(kind, product):
    times, x = PRODUCTS[product]
    found, wanted = (lambda x, s=s: (times(s, x) ** 3).sum() for s in (kind(A), Variable(A)))
    np.testing.assert_allclose(found(Variable(x)).data, wanted(Variable(x)).data)
    for transform in (dezero.grad, dezero.hessian):
        np.testing.assert_allclose(transform(found)(x).data, transform(wanted)(x).data)


def test_sparse_products_in_every_transform():
    s = scipy.sparse.csr_array(A)
    found, wanted = (lambda x, s=s: ((s @ x) ** 3).sum() for s in (s, A))
    for transform in (
        lambda f: dezero.laplacian(f)(X),
        lambda f: dezero.derivative_tensor(f, 3)(X).dense(),
        lambda f: dezero.hvp(f, (X,), (X,)),
        lambda f: dezero.jet(f, (X,), ((X, X, X),))[1][2],
        lambda f: dezero.jvp(dezero.grad(f), (X,), (X,))[1],
    ):
        np.testing.assert_allclose(transform(found).data, transform(wanted).data)
    np.testing.assert_allclose(dezero.sparse_hessian(found)(X).toarray(), dezero.hessian(wanted)(X).data)
    z = X + 1j * X[::-1]
    c = scipy.sparse.csr_array(A * (1 + 2j))
    sides = [dezero.grad(lambda z, c=c: F.sum(F.abs(c @ z) ** 2))(z).data for c in (c, c.toarray())]
    np.testing.assert_allclose(*sides)


def test_a_sparse_matrix_keeps_its_gradient_through_create_graph():
    s, x = scipy.sparse.csr_array(A), Variable(X.copy())
    y = (s @ x) @ x
    y.backward(create_graph=True)
    np.testing.assert_allclose(x.grad.data, (A + A.T) @ X)
    (g,) = dezero.gradients(x.grad[0], x)
    np.testing.assert_allclose(g.data, (A + A.T)[0])


def test_sparse_products_that_do_not_fit():
    s, x = scipy.sparse.csr_array(A), Variable(np.ones(3))
    for call in (lambda: s @ x, lambda: x @ s, lambda: s @ Variable(np.ones((2, 2, 2))), lambda: s @ Variable(X[0:1])):
        with pytest.raises(ValueError, match=r"matmul: shapes .* do not fit; a sparse matrix"):
            call()
    with pytest.raises(TypeError, match="both factors are sparse"):
        F.matmul(s, s)
