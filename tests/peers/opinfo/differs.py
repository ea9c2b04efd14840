"""Where our numbers are not PyTorch's, on purpose: conventions, and what PyTorch computes to fewer digits."""

from typing import NamedTuple


class Difference(NamedTuple):
    """lines: a regular expression for the lines that tell of it. within: the tolerance under which PyTorch's numbers
    are ours again, where it is a matter of digits; test_precision.py shows with mpmath that ours are the right ones."""

    lines: str
    why: str
    within: float = 0.0


_BESSEL = Difference("value 0", "PyTorch's approximations have seven digits where |x| is over 2.5", 1e-6)
_TRIGAMMA = Difference("double gradient 0", "PyTorch's trigamma function has nine digits, of a short series", 1e-10)

# A norm of a vector or matrix of zeros is not differentiable; its subgradients are the arrays whose dual norm is at
# most 1. Ours is 0, the least of them, for every order.
_SUBGRADIENT = Difference(
    r"(gradient|cotangent|jvp) 0: .*\(0\.0\), PyTorch np\.\w+\(-?\d",
    "of singular values at a matrix of zeros: ours is the subgradient 0, PyTorch's the product u v' of the vectors "
    "that LAPACK happens to return for zeros",
)
_NO_SECOND = Difference(
    r"double gradient 0: .*\(nan(\+nanj)?\), PyTorch np\.\w+\((0\.0|0j)\)",
    "the greatest of |x| or of sums of |x| has no second derivative at zeros: ours is nan, PyTorch's 0",
)
_EMPTY = Difference(
    r"\(0\.0\), PyTorch np\.\w+\(nan\)",
    "of no elements the norm is always 0, and so is its derivative; PyTorch multiplies 0 by an infinite power of it",
)

DIFFERS: dict[tuple[str, str], tuple[Difference, ...]] = {
    ("special.bessel_j0", "float64"): (_BESSEL,),
    ("special.bessel_j1", "float64"): (_BESSEL,),
    ("special.bessel_y0", "float64"): (_BESSEL,),
    ("special.bessel_y1", "float64"): (_BESSEL,),
    ("nn.functional.hardsigmoid", "float64"): (
        Difference("gradient 0", "PyTorch's slope is 1/6 rounded to float32, 3e-8 too large", 3e-8),
    ),
    ("nn.functional.binary_cross_entropy", "float64"): (
        Difference(
            "double gradient|jvp",
            "PyTorch adds 1e-12 to p and to 1 - p where its second derivative divides by them",
            1e-10,
        ),
    ),
    ("logcumsumexp", "float64"): (
        Difference("gradient 0", "PyTorch adds the parts of either sign apart, as exponentials of logarithms", 1e-11),
    ),
    ("logsumexp", "complex128"): (
        Difference(
            "double gradient 0",
            "PyTorch takes exp(x - y) of x near 2e6, 1e-10 from exact; ours, about the greatest x",
            1e-10,
        ),
    ),
}
DIFFERS |= {(f"mvlgamma.mvlgamma_p_{p}", "float64"): (_TRIGAMMA,) for p in (1, 3, 5)}
for _dtype in ("float64", "float32", "complex128"):
    DIFFERS["linalg.norm", _dtype] = (_EMPTY,)
    DIFFERS["linalg.norm.subgradients_at_zero", _dtype] = (
        (_NO_SECOND,) if _dtype == "complex128" else (_SUBGRADIENT, _NO_SECOND)
    )
