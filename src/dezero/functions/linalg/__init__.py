"""Linear algebra: products of matrices, systems, factorisations, spectra, determinants, norms, matrix functions."""

# The files that load when one of their names is first asked for.
LATER = {
    "contraction": "einsum",
    "determinants": "det slogdet",
    "diagonals": "diag diagflat diagonal tril triu",
    "factorization": "cholesky lu qr",
    "linear_systems": "inv lstsq matrix_power pinv solve solve_triangular",
    "matrix_functions": "expm logm sqrtm",
    "norms": "norm",
    "products": "cross inner kron multi_dot outer tensordot trace vdot",
    "spectral": "eig eigh eigvals eigvalsh svd",
}
