"""DeZero beside PyTorch, JAX and HIPS autograd: `python -m benchmarks --help`."""
