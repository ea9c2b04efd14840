"""Truncated power series and jets: Taylor mode over graphs and functions."""

from dezero.series.expansion import Expansion
from dezero.series.jets import jet, taylor
from dezero.series.power import Series

__all__ = ["Expansion", "Series", "jet", "taylor"]
