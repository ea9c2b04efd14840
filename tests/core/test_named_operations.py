"""Tables that know operations by name name declared ones: a renamed operation would fall back without a word."""

from importlib import import_module

import pytest

import dezero
import dezero.functions as F
from dezero.autodiff import checks
from dezero.core.op import declared
from dezero.core.registry import homes, operations
from dezero.derivatives.sparse import keys
from dezero.ode.taylor import branches
from dezero.series import batched, written

TABLES = {
    "patterns, whatever the parameters": keys._INDIFFERENT,
    "branches of a right side": branches._UNDERSTOOD,
    "gradients, intermediates that open": checks._OPENED,
}


@pytest.mark.parametrize("table", TABLES)
def test_names_in_tables_are_declared(table):
    for name in dir(F):
        getattr(F, name)  # some families are declared when first asked for
    made_anew = {"linear_solution"}  # by custom_root for each equation (derivatives/implicit/roots.py)
    assert set(TABLES[table]) - declared.keys() - made_anew == set()
    assert len(TABLES[table]) > 1


@pytest.mark.parametrize(("fact", "ways"), [("series", written.WRITTEN), ("batched", batched.BATCHED)])
def test_what_operations_declare_is_there_and_every_way_is_declared(fact, ways):
    for name in dir(F):
        getattr(F, name)
    found = {getattr(op, fact) for op in declared.values()}
    assert {name for name in found if isinstance(name, str)} == set(ways)


def test_homes_declare_their_names():
    for name, home in homes.items():
        assert hasattr(import_module(home), name) or hasattr(operations, name), (name, home)


def test_an_unknown_name_has_no_home():
    with pytest.raises(AttributeError, match="no operation named 'Nothing' is declared for Variables"):
        operations.Nothing  # noqa: B018 - raises
    with pytest.raises(AttributeError, match=r"module 'dezero.functions' has no attribute 'Nothing'"):
        F.Nothing  # noqa: B018 - raises


@pytest.mark.parametrize(
    ("module", "name", "near"), [(dezero, "jacobain", "jacobian"), (dezero, "optimze", "optimize"), (F, "tahn", "tan")]
)
def test_a_name_that_is_nearly_right_is_told(module, name, near):
    with pytest.raises(AttributeError, match=f"{name!r}; did you mean .*{near!r}"):
        getattr(module, name)


@pytest.mark.parametrize("module", [dezero, F])
def test_a_name_that_resembles_none_is_not_guessed(module):
    for name in ("qqqqqqq", "__wrapped__", "_repr_html_"):
        with pytest.raises(AttributeError, match=f"has no attribute {name!r}$"):
            getattr(module, name)
