"""Every row of the table of conventions holds, in every reading, and the page says what the rows say."""

import json
import warnings

import numpy as np
import pytest

from tests.conventions import peers, table

ROWS = [row for rows in table.sections().values() for row in rows]


def rows(function):
    return pytest.mark.parametrize("row", ROWS, ids=[table.key(row) for row in ROWS])(function)


def assert_same(found, right):
    pairs = zip(found, right, strict=True) if isinstance(right, tuple) else [(found, right)]
    for f, r in pairs:
        np.testing.assert_allclose(f, r, rtol=1e-12, atol=1e-15)


@rows
def test_raw(row):
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert_same(table.raw(row), row[3])


@pytest.mark.parametrize("simplify", [True, False])
@rows
def test_recorded(row, simplify):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        first, second = table.recorded(row, simplify)
    assert_same(first, row[3])
    assert_same(second, row[4])


def test_the_page_is_what_the_rows_say():
    assert table.PAGE.read_text() == table.page(), "run python -m tests.conventions"


def test_every_row_has_its_own_key():
    assert len({table.key(row) for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("peer", [peer for peer in table.PEERS if peers.importable(peer)])
def test_the_columns_of_peers_are_what_they_give(peer):
    known = table.recorded_peers()["rows"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = {table.key(row): table.others(row, peer) for row in ROWS}
    found = json.loads(json.dumps(found))
    right = {name: known[name][peer] for name in found}
    np.testing.assert_equal(found, right)
