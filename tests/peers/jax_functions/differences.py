"""Where our numbers are not JAX's, on purpose, and the functions that jax.experimental.jet has no rules for."""

DIFFERENCES: dict[tuple[str, str], str] = {}
NO_JET: set[str] = set()
