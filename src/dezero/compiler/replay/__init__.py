"""Graphs run by NumPy, in memory that is planned beforehand."""
