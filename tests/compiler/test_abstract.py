"""Abstract arrays: the shapes and dtypes that NumPy gives, without numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dezero.compiler import ConcretizationError
from dezero.compiler.tracing.abstract import abstract

DTYPES = [np.bool_, np.int8, np.int64, np.float16, np.float32, np.float64, np.complex64, np.complex128]
FUNCTIONS = [
    lambda x: x + 1,
    lambda x: 2.5 * x,
    lambda x: np.sin(x),
    lambda x: np.add(x, np.float64(1)),
    lambda x: np.add(x, x, dtype=np.complex128),
    lambda x: x == x,
    lambda x: np.where(x == 0, x, 1),
    lambda x: x.sum(),
    lambda x: np.sum(x, axis=0, keepdims=True),
    lambda x: np.sum(x, axis=(0, -1)),
    lambda x: np.mean(x, axis=1),
    lambda x: x.mean(),
    lambda x: np.prod(x, axis=-1),
    lambda x: np.max(x, axis=0),
    lambda x: np.any(x, axis=1),
    lambda x: np.cumsum(x),
    lambda x: np.cumsum(x, axis=1),
    lambda x: x.T @ x,
    lambda x: np.dot(x, x.T),
    lambda x: np.matmul(np.ones((4, 1, *x.shape[::-1])), x),
    lambda x: x[0],
    lambda x: x[:, None, ::2],
    lambda x: x[..., -1:],
    lambda x: x[np.array([0, 0, 1])],
    lambda x: x.reshape(-1),
    lambda x: x.reshape(1, -1, 1),
    lambda x: np.transpose(x, (1, 0)),
    lambda x: np.swapaxes(x, 0, 1),
    lambda x: np.moveaxis(x, 0, -1),
    lambda x: np.expand_dims(x, (0, 2)),
    lambda x: np.squeeze(x[:1]),
    lambda x: np.broadcast_to(x, (3, *x.shape)),
    lambda x: np.concatenate([x, np.ones((1, x.shape[1]), np.float32)]),
    lambda x: np.concatenate([x, x], axis=None),
    lambda x: np.stack([x, x], axis=1),
    lambda x: np.atleast_1d(x[0, 0]),
    lambda x: np.einsum("ij,kj->ik", x, x),
    lambda x: np.tensordot(x, x, 2),
    lambda x: np.flip(x, 0),
    lambda x: np.repeat(x, 2, axis=0),
    lambda x: np.pad(x, 1),
    lambda x: np.sort(x, axis=0),
    lambda x: np.argmax(x, axis=0),
    lambda x: x.real.astype(np.float32),
    lambda x: x.conj(),
    lambda x: x.real,
    lambda x: x.imag,
    lambda x: np.zeros_like(x),
    lambda x: np.ones_like(x, dtype=np.int32),
    lambda x: np.full_like(x, 1, shape=(3,)),
    lambda x: x.var(axis=0),
    lambda x: np.multiply.outer(x, x),
    lambda x: np.modf(x)[1],
    lambda x: x[np.argsort(x, axis=0)[:, 0]],
]


def types(f, x):
    try:
        with np.errstate(all="ignore"):
            y = f(x)
    except (TypeError, ValueError) as error:
        return type(error)
    return y.shape, y.dtype


@pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")
@given(st.sampled_from(range(len(FUNCTIONS))), st.sampled_from(DTYPES), st.integers(2, 4), st.integers(2, 4))
def test_types_are_numpys(k, dtype, rows, columns):
    """A function that NumPy refuses for a dtype is refused with the same class of error."""
    wanted = types(FUNCTIONS[k], np.ones((rows, columns), dtype))
    found = types(FUNCTIONS[k], abstract((rows, columns), dtype))
    assert found == wanted or (isinstance(found, type) and isinstance(wanted, type))


@given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3), st.sampled_from(DTYPES), st.sampled_from(DTYPES))
def test_broadcasting_and_promotion_are_numpys(shapes, one, other):
    a, b = shapes.input_shapes
    with np.errstate(all="ignore"):
        wanted = np.multiply(np.ones(a, one), np.ones(b, other))
    found = np.multiply(abstract(a, one), abstract(b, other))
    assert (found.shape, found.dtype) == (wanted.shape, wanted.dtype)


@pytest.mark.parametrize("number", [2, 2.5, 1j, True])
@pytest.mark.parametrize("dtype", DTYPES)
def test_python_numbers_are_promoted_weakly(number, dtype):
    wanted = np.ones(2, dtype) * number
    assert (abstract((2,), dtype) * number).dtype == wanted.dtype


def test_a_million_elements_take_no_memory():
    x = abstract((10**6, 10**6, 10**6), np.float64)
    assert (np.sin(x) * 2 + x[..., None, 0].swapaxes(0, 1)).sum(axis=0).shape == (10**6, 10**6)


@pytest.mark.parametrize(
    "ask",
    [float, int, bool, complex, np.asarray, np.array, lambda x: x.item(), lambda x: x.tolist(), lambda x: [0][x]],
)
def test_a_number_is_refused_with_the_users_line(ask):
    with pytest.raises(ConcretizationError, match=r"(?s)test_abstract\.py:\d+: .*dezero\.functions\.where.*static="):
        ask(abstract((), np.float64))


@pytest.mark.parametrize(
    "f", [np.nonzero, np.unique, np.argwhere, lambda x: x[x > 0], lambda x: np.where(x), lambda x: np.allclose(x, x)]
)
def test_results_whose_shape_depends_on_numbers_are_refused(f):
    with pytest.raises(ConcretizationError):
        f(abstract((3,), np.float64))


def test_types_that_depend_on_numbers_are_refused():
    """The eigenvalues of a symmetric matrix are real, those of a rotation complex."""
    with pytest.raises(ConcretizationError, match="depends on numbers"):
        np.linalg.eigvals(abstract((2, 2), np.float64))


def test_an_assignment_into_a_plain_array_is_refused():
    target = np.zeros(3)
    with pytest.raises(ConcretizationError):
        target[:2] = abstract((2,), np.float64)
    with pytest.raises(ConcretizationError, match="in place"):
        np.add(1.0, abstract((3,), np.float64), out=target)
    assert not target.any()


def test_an_operation_in_place_has_numpys_types():
    x = abstract((3,), np.float32)
    y = x.copy()
    y += 1.5
    y[1:] = 0
    assert (y.shape, y.dtype) == ((3,), np.float32)
    with pytest.raises(TypeError, match="cannot cast"):
        y += 1j
    with pytest.raises(ValueError, match="broadcast"):
        y += np.ones((2, 3), np.float32)


def test_a_view_is_not_used_after_its_array_was_changed():
    x = abstract((3,), np.float64).copy()
    view = x[1:]
    x += 1
    with pytest.raises(ConcretizationError, match="changed in place after the view was taken"):
        view + 1
    with pytest.raises(ConcretizationError, match="a view of another array"):
        x[1:][:] = 0


def test_an_error_of_shapes_is_numpys():
    with pytest.raises(ValueError, match="broadcast"):
        abstract((3,), np.float64) + abstract((4,), np.float64)
    with pytest.raises(ValueError, match="matmul"):
        abstract((3, 2), np.float64) @ np.ones((3, 2))
    with pytest.raises(IndexError):
        abstract((3,), np.float64)[3]


@pytest.mark.parametrize(
    "write",
    [
        lambda target, x: np.copyto(target, x),
        lambda target, x: np.full((3,), x),
        lambda target, x: np.put(target, [0], x[:1]),
        lambda target, x: np.concatenate([x], out=target),
        lambda target, x: np.cumsum(x, out=target),
        lambda target, x: np.add.at(target, [0], x[:1]),
        lambda target, x: np.take(x, [0, 1, 2], out=target),
        lambda target, x: target.__iadd__(x),
    ],
)
def test_no_stand_in_gets_into_a_plain_array(write):
    target = np.zeros(3)
    with pytest.raises(ConcretizationError):
        write(target, abstract((3,), np.float64))
    assert not target.any()
