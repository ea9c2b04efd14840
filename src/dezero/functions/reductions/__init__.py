"""Arrays summed up over axes, or along one: sums, means, products, spread, extrema, quantiles, scans."""

# The files that load when one of their names is first asked for.
LATER = {
    "extrema": "amax amin cummax cummin max min nanmax nanmin ptp",
    "quantiles": "median percentile quantile",
    "scans": "cumprod cumsum logcumsumexp",
    "statistics": "average count_nonzero nanmean nanprod nansum std var",
}
