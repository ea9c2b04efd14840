"""Lengths of outputs, and arguments given once or for each axis."""

import numpy as np
import pytest

from dezero.functions.windows.sizes import (
    for_each_axis,
    get_conv_outsize,
    get_deconv_outsize,
    pair,
    window_counts,
)


@pytest.mark.parametrize(("size", "kernel", "stride", "pad"), [(4, 3, 1, 1), (7, 3, 2, 0), (5, 5, 1, 0), (1, 3, 2, 1)])
def test_outsizes(size, kernel, stride, pad):
    places = len(range(0, size + 2 * pad - kernel + 1, stride))
    assert get_conv_outsize(size, kernel, stride, pad) == places
    back = get_deconv_outsize(places, kernel, stride, pad)
    assert get_conv_outsize(back, kernel, stride, pad) == places
    assert 0 <= size - back < stride


@pytest.mark.parametrize("arguments", [(4, 7, 1, 1), (4, 3, 0, 1), (4, 3, -1, 1)])
def test_a_kernel_that_has_no_place_is_refused(arguments):
    with pytest.raises(ValueError, match="has no place"):
        get_conv_outsize(*arguments)


@pytest.mark.parametrize("arguments", [(1, 1, 1, 1), (4, 3, 0, 1)])
def test_a_transposed_convolution_without_output_is_refused(arguments):
    with pytest.raises(ValueError, match="leave no output"):
        get_deconv_outsize(*arguments)


def test_pair():
    assert pair(2) == (2, 2)
    assert pair([1, np.int64(2)]) == (1, 2)
    with pytest.raises(ValueError, match="pair: expected an integer or two of them"):
        pair((1, 2, 3))


def test_an_argument_for_each_axis():
    assert for_each_axis("f", "stride", 2, 3, 1) == (2, 2, 2)
    assert for_each_axis("f", "stride", [1, np.int64(2)], 2, 1) == (1, 2)
    for value in (0, 1.5, "2", None, (1, 2, 3), (1, 0)):
        with pytest.raises(ValueError, match="f: stride must be an integer of at least 1"):
            for_each_axis("f", "stride", value, 2, 1)


def test_windows_along_each_axis():
    assert window_counts("f", (5, 6), (2, 3), (1, 2), (0, 1)) == (4, 3)
    assert window_counts("f", (5,), (2,), (1,), (0,), (3,)) == (2,)
    with pytest.raises(
        ValueError, match=r"f: a kernel of \(2,\) \(spread over \(6,\)\) is larger than an input of \(5,\)"
    ):
        window_counts("f", (5,), (2,), (1,), (0,), (5,))
