"""The tests of autograd's that do not apply to DeZero, by file and by name, with the reason."""

_OWN = "autograd's own machinery (its boxes, vector spaces, primitives, wrappers)"

FILES: dict[str, str] = {
    "test_core.py": _OWN,
    "test_logic.py": _OWN,
    "test_misc.py": _OWN,
    "test_tests.py": _OWN,
    "test_vspaces.py": _OWN,
    "test_performance.py": "no tests in it",
    "test_ufunc_dispatch.py": "xarray's arrays around autograd's boxes",
}

_REASONS: dict[tuple[str, str], str] = {
    ("test_binary_ops.py", "a function that does not use its argument: grad raises"): """test_comparison_grads
        test_comparison_values""",
    ("test_builtins.py", "a function that does not use its argument: grad raises"): "test_isinstance",
    ("test_graphs.py", "a function that does not use its argument: grad raises"): "test_grad_const",
    (
        "test_graphs.py",
        "grad takes a function with one number as its result, of shape ()",
    ): """test_singleton_array_output
        test_singleton_array_output_axis0 test_singleton_array_output_axis1 test_singleton_array_output_axis0_keepdims
        test_singleton_array_output_axis1_keepdims""",
    (
        "test_jacobian.py",
        "grad takes a function with one number as its result, of shape ()",
    ): "test_jacobian_against_grad",
    (
        "test_fft.py",
        "asks for an error: real transforms of odd sizes have derivatives here",
    ): "test_rfftn_odd_not_implemented",
    ("test_linalg.py", "helpers of autograd's own"): "test_pinv",
    (
        "test_linalg.py",
        "the derivative of eigh is that along symmetric changes",
    ): """test_eigvalh_lower test_eigvalh_upper
        test_eigvalh_lower_broadcasting test_eigvalh_upper_broadcasting""",
    (
        "test_linalg.py",
        "eigh and svd have a derivative for real matrices only, and say so",
    ): """test_eigvalh_lower_complex
        test_eigvalh_upper_complex test_norm_nuclear_complex test_norm_nuclear_axis_complex test_svd_wide_2d_complex
        test_svd_wide_3d_complex test_svd_square_2d_complex test_svd_square_3d_complex test_svd_tall_2d_complex
        test_svd_tall_3d_complex test_svd_only_s_2d_complex test_svd_only_s_3d_complex""",
    ("test_linalg.py", "NumPy's functions of a list that holds Variables: stack them first"): "test_norm_list_of_boxes",
    ("test_numpy.py", "NumPy's functions of a list that holds Variables: stack them first"): """test_mean_list_of_boxes
        test_std_list_of_boxes test_var_list_of_boxes test_simple_append_list test_simple_append_list_2D""",
    ("test_numpy.py", "np.r_ and np.c_, which make arrays by no protocol: concatenate"): """test_r_basic test_r_double
        test_r_node_and_const test_r_mixed test_r_slicing test_c_ test_c_mixed""",
    ("test_numpy.py", "helpers of autograd's own"): "test_make_diagonal test_diagonal",
    ("test_numpy.py", "no such function here"): "test_linspace test_cast_to_int",
    (
        "test_scipy.py",
        "SciPy's distributions are not here",
    ): """test_chi2_pdf test_chi2_cdf test_chi2_logpdf test_beta_cdf
        test_beta_pdf test_beta_logpdf test_gamma_cdf test_gamma_pdf test_gamma_logpdf test_norm_pdf test_norm_cdf
        test_norm_sf test_norm_logpdf test_norm_logcdf test_norm_logsf test_norm_pdf_broadcast test_norm_cdf_broadcast
        test_norm_sf_broadcast test_norm_logpdf_broadcast test_norm_logcdf_broadcast test_norm_logsf_broadcast
        test_poisson_cdf test_poisson_logpmf test_poisson_pmf test_poisson_cdf_broadcast test_poisson_logpmf_broadcast
        test_poisson_pmf_broadcast test_t_pdf test_t_cdf test_t_logpdf test_t_logcdf test_t_pdf_broadcast
        test_t_cdf_broadcast test_t_logpdf_broadcast test_t_logcdf_broadcast test_mvn_pdf test_mvn_logpdf
        test_mvn_entropy test_mvn_sing_cov test_mvn_pdf_broadcast test_mvn_logpdf_broadcast test_dirichlet_pdf_x
        test_dirichlet_pdf_alpha test_dirichlet_logpdf_x test_dirichlet_logpdf_alpha""",
    ("test_scipy.py", "no such function or argument here"): """test_logsumexp3 test_logsumexp4 test_logsumexp5
        test_convolve_generalization test_convolve_2d test_convolve_ignore test_convolve_ignore_dot test_gammasgn
        test_rgamma test_multigammaln test_ive test_odeint test_solve_sylvester test_solve_banded""",
    ("test_scipy.py", "grad takes a function with one number as its result, of shape ()"): "test_logsumexp6",
    ("test_systematic.py", "var and std have a derivative for real arrays only, and say so"): "test_var test_std",
    ("test_systematic.py", "dot takes arrays of at most two axes"): "test_dot",
    ("test_systematic.py", "no such function or argument here"): "test_real_ic test_row_stack_1d test_row_stack_2d",
    ("test_wrappers.py", _OWN): """test_deprecated_defgrad_wrapper test_deprecated_defvjp_wrapper
        test_deprecated_defvjp_is_zero_wrapper test_deprecated_quick_grad_check_wrapper test_custom_where_dtypes
        test_custom_where test_wrapped_name_and_docs""",
}
TESTS = {(file, name): why for (file, why), names in _REASONS.items() for name in names.split()}
