"""Sparse derivatives: their patterns, colourings of these, and the sweeps that find all nonzeros."""
