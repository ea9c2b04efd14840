"""Compiled derivatives: a function is traced once, and runs as a program of arrays or as machine code."""
