"""Functions of one example applied to many at once."""
