"""Where PyTorch is right to differ: conventions, and PyTorch's own precision."""

# Name: the relative precision of PyTorch's own result in float64, and why.
LOOSER = {
    "cov": (1e-4, "PyTorch sums the weights of observations in float32"),
    "nn.functional.hardsigmoid": (1e-7, "PyTorch's slope is 1/6 rounded to float32"),
    "special.bessel_j0": (1e-7, "PyTorch's approximation has eight digits"),
    "special.bessel_j1": (1e-7, "PyTorch's approximation has eight digits"),
    "special.bessel_y0": (1e-7, "PyTorch's approximation has eight digits"),
    "special.bessel_y1": (1e-7, "PyTorch's approximation has eight digits"),
}

_AT_ZERO = "an element or singular value of 0 adds 0 to every derivative of a norm, PyTorch gives nan"

# Name: what the lines of an allowed difference hold (a regular expression), and why.
DIFFERS = {
    "linalg.norm": (r"(double gradient|jvp).*PyTorch \S*nan", _AT_ZERO),
    "linalg.norm.subgradients_at_zero": (r"nan|: \d+ of \d+ differ; at \S+( \d+\)|) np.float64\(0.0\)", _AT_ZERO),
    "linalg.eig": (r"jvp 0: dtype float64, PyTorch complex128", "eigenvalues that are all real have real tangents"),
    "linalg.eigvals": (r"jvp 0: dtype float64, PyTorch complex128", "eigenvalues that are all real have real tangents"),
}
