"""The same expression, smaller: the algebra in which derivatives are built as graphs."""
