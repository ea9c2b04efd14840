"""Functions of each element: exponential, trigonometric, of complex numbers, rounding, comparing, with a kink."""

# The files that load when one of their names is first asked for.
LATER = {
    "bounds": "clip fmax fmin nan_to_num",
    "exponential": "cbrt exp2 expit expm1 float_power frexp ldexp log10 log1p log2 logaddexp logaddexp2 reciprocal "
    "square",
    "hyperbolic": "arccosh arcsinh arctanh cosh sinh",
    "numpy_names": "absolute acos acosh around asin asinh atan atan2 atanh deg2rad divide fix mod multiply negative "
    "power rad2deg subtract true_divide",
    "reflected": "rdiv rsub",
    "rounding": "ceil divmod floor floor_divide fmod modf remainder rint round trunc",
    "signs": "copysign fabs heaviside positive",
    "trigonometric": "arccos arcsin arctan arctan2 degrees hypot radians",
}
