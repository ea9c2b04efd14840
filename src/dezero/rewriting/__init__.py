"""Rewriting an expression into an equal, smaller one: the algebra in which graphs of derivatives are built."""
