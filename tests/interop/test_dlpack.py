"""Arrays cross to other libraries and back without a copy."""

import numpy as np
import pytest

import dezero
import dezero.functions as F
from dezero import GraphWarning, Parameter, Variable, from_dlpack


@pytest.mark.parametrize("kind", [Variable, Parameter])
@pytest.mark.parametrize("dtype", ["f4", "f8", "i8", "c16", "?"])
def test_numpy_shares_the_memory_of_a_variable(kind, dtype):
    v = kind(np.zeros((2, 3), dtype))
    a = np.from_dlpack(v)
    assert a.dtype == v.dtype
    assert np.shares_memory(a, v.data)


def test_a_variable_shares_the_memory_of_an_array():
    a = np.arange(6.0).reshape(2, 3)[:, ::2]
    v = from_dlpack(a)
    assert np.shares_memory(a, v.data)
    np.testing.assert_array_equal(v.data, a)
    v.data[0, 0] = 7
    assert a[0, 0] == 7


def test_a_variable_of_a_variable_shares_its_memory():
    v = Variable(np.arange(3.0))
    assert np.shares_memory(from_dlpack(v).data, v.data)


def test_a_variable_with_a_graph_hands_out_its_data():
    y = F.exp(Variable(np.arange(3.0)))
    np.testing.assert_array_equal(np.from_dlpack(y), y.data)
    total = F.sum(y)
    assert total.__dlpack_device__() == (1, 0)
    assert np.from_dlpack(total) == total.data


def test_a_running_transform_warns_of_data_that_leaves():
    with pytest.warns(GraphWarning, match="__dlpack__"):
        dezero.grad(lambda x: F.sum(x * np.from_dlpack(x)))(np.arange(3.0))


def test_torch_shares_memory_both_ways():
    torch = pytest.importorskip("torch")
    for v in (Variable(np.arange(3.0)), Parameter(np.arange(3.0))):
        torch.from_dlpack(v)[0] = 9
        assert v.data[0] == 9
    t = torch.arange(3.0)
    v = from_dlpack(t)
    v.data[1] = 8
    assert t[1] == 8
    assert v.dtype == np.float32


def test_bad_inputs_say_what_to_pass():
    with pytest.raises(TypeError, match=r"from_dlpack: x must have __dlpack__.*list"):
        from_dlpack([1.0])

    class Elsewhere:
        def __dlpack__(self, **options):
            raise AssertionError

        def __dlpack_device__(self):
            return 2, 0

    with pytest.raises(BufferError, match="device 2: move it first"):
        from_dlpack(Elsewhere())
