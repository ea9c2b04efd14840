"""Cases of dezero.functions.signal.correlation."""

import dezero.functions as F
from dezero.testing import Case, Normal

CASES = [
    Case(function, Normal(n), Normal(m), mode=mode, without=waived, label=f"{mode}, {n} and {m}")
    for function, waived in ((F.convolve, {}), (F.correlate, {"complex": "NumPy's conjugates"}))
    for mode in ("full", "same", "valid")
    for n, m in ((5, 3), (3, 4))
]
CASES += [
    Case(F.convolve, Normal(5), Normal(3), label="as it comes"),
    Case(F.correlate, Normal(5), Normal(3), without={"complex": "NumPy's conjugates"}, label="as it comes"),
]
