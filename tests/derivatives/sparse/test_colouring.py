"""Colourings are valid whatever the pattern, and as few as can be where the fewest are known."""

import itertools

import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st

from dezero.derivatives.sparse import colouring
from dezero.derivatives.sparse.colouring import colour_columns, star_colouring


@st.composite
def matrices(draw, square=False):
    m, n = draw(st.integers(1, 12)), draw(st.integers(1, 12))
    m = n if square else m
    density = draw(st.sampled_from([0.1, 0.3, 0.6]))
    return np.random.default_rng(draw(st.integers(0, 999))).random((m, n)) < density


def share_no_row(matrix, colours):
    return all((matrix[:, colours == c].sum(axis=1) <= 1).all() for c in set(colours.tolist()))


def is_star(matrix, colours):
    """By the definition: neighbours differ, and every path over four vertices has three colours or more."""
    near = [set(np.flatnonzero(row).tolist()) - {i} for i, row in enumerate(matrix)]
    if any(colours[i] == colours[j] for i, row in enumerate(near) for j in row):
        return False
    paths = (
        (a, b, c, d)
        for b, row in enumerate(near)
        for c in row
        for a, d in itertools.product(near[b] - {c}, near[c] - {b})
    )
    return all(len({colours[v] for v in path}) >= 3 for path in paths if len(set(path)) == 4)


@given(matrices())
def test_columns_of_one_colour_share_no_row(matrix):
    colours = colour_columns(scipy.sparse.csr_array(matrix))
    assert colours.shape == (matrix.shape[1],)
    assert share_no_row(matrix, colours)
    assert sorted(set(colours.tolist())) == list(range(colours.max() + 1))


@given(matrices())
def test_the_greedy_colouring_by_rounds(matrix):
    rows = colouring.stored(matrix)
    assert share_no_row(matrix, colouring._by_rounds(colouring._adjacency(rows.T @ rows)))


@given(matrices(square=True))
def test_star_colourings(matrix):
    matrix = matrix | matrix.T
    assert is_star(matrix, star_colouring(scipy.sparse.csr_array(matrix)))


@given(matrices(square=True))
def test_the_greedy_star_colouring(matrix):
    matrix = matrix | matrix.T
    assert is_star(matrix, colouring._star_greedy(colouring._adjacency(colouring.stored(matrix))))


@given(matrices(square=True))
def test_star_colourings_beyond_the_steps_of_python(matrix):
    matrix = matrix | matrix.T
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(colouring, "_FEW_STEPS", 0)
        patch.setattr(colouring, "_MOST_STEPS", 0)
        assert is_star(matrix, star_colouring(matrix))


def band(n, *offsets):
    return scipy.sparse.diags_array(
        np.ones((len(offsets), n)), offsets=offsets, shape=(n, n), format="csr", dtype=float
    )


@pytest.mark.parametrize("width", [1, 2, 3, 5])
def test_a_band_has_as_many_colours_as_it_is_wide(width):
    matrix = band(200, *range(width))
    assert colour_columns(matrix).max() + 1 == width
    assert colour_columns(matrix.T).max() + 1 == width


def test_a_million_columns():
    n = 10**6
    assert colour_columns(band(n, -1, 0, 1)).max() + 1 == 3
    assert star_colouring(band(n, -1, 0, 1)).max() + 1 == 3
    rows = np.arange(n)
    arrow = scipy.sparse.csr_array((np.ones(3 * n), (np.r_[rows, rows * 0, rows], np.r_[rows, rows, rows * 0])))
    assert star_colouring(arrow).max() + 1 == 2
    assert star_colouring(arrow + band(n, -1, 0, 1)).max() + 1 <= 4


def test_a_shuffled_band_and_a_grid_take_few_colours():
    order = np.random.default_rng(0).permutation(2000)
    shuffled = band(2000, -1, 0, 1)[order][:, order]
    assert colour_columns(shuffled).max() + 1 <= 5
    assert star_colouring(shuffled).max() + 1 <= 4
    line = band(30, -1, 0, 1)
    grid = scipy.sparse.csr_array(
        scipy.sparse.kron(line, scipy.sparse.eye_array(30)) + scipy.sparse.kron(scipy.sparse.eye_array(30), line)
    )
    assert star_colouring(grid).max() + 1 <= 6


def test_a_full_matrix_has_a_colour_for_each_column():
    assert colour_columns(np.ones((3, 9))).tolist() == list(range(9))
    assert len(set(star_colouring(np.ones((9, 9))).tolist())) == 9


def test_no_columns_at_all():
    assert colour_columns(np.ones((3, 0))).shape == (0,)
    assert star_colouring(np.ones((0, 0))).shape == (0,)


def test_a_stored_zero_counts():
    matrix = scipy.sparse.csr_array((np.array([1.0, 0.0]), ([0, 0], [0, 1])), shape=(1, 2))
    assert colour_columns(matrix).tolist() == [0, 1]
