"""Orders of derivatives are whole numbers from 0 on."""

import numpy as np
import pytest

from dezero import Variable
from dezero.series.orders import check_factorial, check_order


@pytest.mark.parametrize("order", [0, 7, np.int64(3), np.uint8(2)])
def test_whole_numbers_of_python_and_numpy(order):
    check_order("f", order)


@pytest.mark.parametrize("order", [True, np.True_, 1.0, "1", None, np.array(1)])
def test_what_is_no_whole_number(order):
    with pytest.raises(TypeError, match=r"^f: samples is .*; give a whole number$"):
        check_order("f", order, what="samples")


def test_negative_orders():
    with pytest.raises(ValueError, match=r"^f: order is -1; give 0 or more$"):
        check_order("f", -1)


@pytest.mark.parametrize(("dtype", "highest"), [(np.float16, 8), (np.float32, 34), (np.float64, 170), (np.int64, 170)])
def test_factorials_beyond_a_dtype(dtype, highest):
    x = Variable(np.ones(2, dtype))
    check_factorial(highest, x)
    with pytest.raises(OverflowError, match=f"{highest + 1}! is beyond float"):
        check_factorial(highest + 1, x)
