"""Programs of operations as graphs of array primitives."""
