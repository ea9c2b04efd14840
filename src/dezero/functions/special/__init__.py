"""Special functions: of error, gamma, Bessel, integrals, entropies; SciPy's, with every derivative."""

# The files that load when one of their names is first asked for.
LATER = {
    "bessel": "i0 i0e i1 i1e iv j0 j1 jn jv k0 k1 kn kv y0 y1 yn yv",
    "entropies": "entr rel_entr xlog1py xlogy",
    "error_functions": "dawsn erf erfc erfcinv erfcx erfinv log_ndtr ndtr ndtri",
    "gamma_functions": "beta betaln digamma gamma gammaln polygamma psi zeta",
    "incomplete": "betainc gammainc gammaincc",
    "integrals": "exp1 expi fresnel sici spence",
    "inverses": "lambertw logit",
    "sinc": "sinc",
}
