"""PyTorch's operations that are not compared, each with the reason."""

_BY_REASON = {
    "random numbers; the values depend on the generator": """
        cauchy exponential geometric log_normal normal.in_place uniform randn randn_like rand_like randint
        randint_like multinomial normal normal.number_mean bernoulli nn.functional.dropout2d
        nn.functional.dropout3d nn.functional.alpha_dropout nn.functional.feature_alpha_dropout.with_train
        nn.functional.feature_alpha_dropout.without_train native_dropout_backward
        nn.functional.fractional_max_pool2d nn.functional.fractional_max_pool3d svd_lowrank pca_lowrank""",
    "makes an array, which has no derivative": """
        arange linspace linspace.tensor_overload logspace logspace.tensor_overload empty_like zeros_like
        ones_like full_like new_zeros new_ones ones zeros full new_empty new_empty_strided empty_strided empty
        eye empty_permuted scalar_tensor new_full triu_indices tril_indices""",
    "of whole numbers or bits": """
        broadcast_shapes bitwise_not bitwise_left_shift bitwise_right_shift bitwise_and bitwise_or bitwise_xor
        lcm gcd __rand__ __ror__ __rxor__ unravel_index nn.functional.one_hot hash_tensor""",
    "the type has no derivative or NumPy lacks it": """
        bfloat16 bool byte char int long short chalf""",
    "counts, searches or tests, without derivative": """
        unique unique_consecutive histogram histogramdd histc bincount bucketize nonzero_static
        linalg.matrix_rank linalg.matrix_rank.hermitian item mode isin nextafter isposinf isneginf isreal""",
    "changes or resizes memory in place": """
        resize_ resize_as_ zero_""",
    "sparse storage": """
        sparse.sampled_addmm sparse.mm.reduce to_sparse""",
    "a kernel of one device or of PyTorch's inside": """
        jiterator_unary jiterator_binary jiterator_4inputs_with_extra_args jiterator_binary_return_by_ref
        jiterator_2inputs_2outputs bmm.triton_optimized torch._scaled_mm_v2 torch._scaled_mm
        torch.ops.aten._flash_attention_forward torch.ops.aten._efficient_attention_forward
        nn.functional.batch_norm.without_cudnn _softmax_backward_data max_pool2d_with_indices_backward
        _chunk_cat _unsafe_masked_index _unsafe_masked_index_put_accumulate native_batch_norm
        _native_batch_norm_legit _batch_norm_with_update _upsample_bilinear2d_aa""",
    "views of a storage larger than the array": """
        as_strided.partial_views as_strided_scatter""",
    "factors with row exchanges or reflectors packed by LAPACK have no counterpart": """
        geqrf ormqr lu_unpack lu_solve linalg.lu_solve linalg.householder_product linalg.ldl_factor
        linalg.ldl_factor_ex linalg.ldl_solve""",
    "windows of signals have no counterpart": """
        signal.windows.bartlett signal.windows.blackman signal.windows.cosine signal.windows.exponential
        signal.windows.gaussian signal.windows.general_cosine signal.windows.general_hamming
        signal.windows.hamming signal.windows.hann signal.windows.kaiser signal.windows.nuttall""",
    "orthogonal polynomials and Airy functions have no counterpart": """
        special.airy_ai special.chebyshev_polynomial_t special.chebyshev_polynomial_u
        special.chebyshev_polynomial_v special.chebyshev_polynomial_w special.hermite_polynomial_h
        special.hermite_polynomial_he special.laguerre_polynomial_l special.legendre_polynomial_p
        special.shifted_chebyshev_polynomial_t special.shifted_chebyshev_polynomial_u
        special.shifted_chebyshev_polynomial_v special.shifted_chebyshev_polynomial_w""",
    "masked reductions have no counterpart": """
        masked.amax masked.amin masked.argmax masked.argmin masked.cumprod masked.cumsum masked.log_softmax
        masked.logaddexp masked.logsumexp masked.mean masked.median masked.norm masked.normalize masked.prod
        masked.softmax masked.softmin masked.std masked.sum masked.var""",
    "reductions by index have no counterpart": """
        index_reduce.amax index_reduce.amin index_reduce.mean index_reduce.prod scatter_reduce.amax
        scatter_reduce.amin scatter_reduce.mean scatter_reduce.prod scatter_reduce.sum _segment_reduce.lengths
        _segment_reduce.offsets""",
    "interpolation of this kind has no counterpart": """
        nn.functional.interpolate.area nn.functional.interpolate.bicubic nn.functional.interpolate.bilinear
        nn.functional.interpolate.linear nn.functional.interpolate.nearest
        nn.functional.interpolate.nearest-exact nn.functional.interpolate.trilinear
        nn.functional.upsample_bilinear nn.functional.upsample_nearest nn.functional.grid_sample grid_sampler_2d
        grid_sampler_3d""",
    "pooling and its reverse of this kind have no counterpart": """
        nn.functional.max_unpool1d nn.functional.max_unpool1d.grad nn.functional.max_unpool2d
        nn.functional.max_unpool2d.grad nn.functional.max_unpool3d nn.functional.max_unpool3d.grad
        nn.functional.adaptive_avg_pool1d nn.functional.adaptive_avg_pool3d nn.functional.adaptive_max_pool1d
        nn.functional.adaptive_max_pool3d nn.functional.avg_pool1d nn.functional.avg_pool3d
        nn.functional.max_pool1d nn.functional.max_pool3d""",
    "PyTorch's samples ask for derivatives in the target": """
        nn.functional.binary_cross_entropy""",
    "no counterpart": """
        cdist stft istft nanmedian nanquantile nn.functional.linear_cross_entropy
        nn.functional.linear_cross_entropy.chunked nn.functional.linear_cross_entropy.chunked_none
        nn.functional.multi_margin_loss nn.functional.multilabel_margin_loss nn.functional.embedding_bag
        nn.functional.multi_head_attention_forward nn.functional.ctc_loss nn.functional.cosine_embedding_loss
        nn.functional.pdist""",
}
REFUSED = {name: reason for reason, names in _BY_REASON.items() for name in names.split()}
