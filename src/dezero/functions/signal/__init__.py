"""Sampled functions: transformed, convolved, differentiated, integrated and interpolated."""

# The files that load when one of their names is first asked for.
LATER = {
    "calculus": "diff ediff1d gradient trapezoid",
    "correlation": "convolve correlate",
    "fourier": "fft fft2 fftn fftshift hfft ifft ifft2 ifftn ifftshift ihfft irfft irfft2 irfftn rfft rfft2 rfftn",
    "interpolation": "interp",
}
