"""The operations of PyTorch's that have no counterpart here, by the reason."""

_REASONS = {
    "random numbers: NumPy's generators draw them": """bernoulli cauchy exponential geometric log_normal multinomial
        normal normal.in_place normal.number_mean rand_like randint randint_like randn randn_like uniform svd_lowrank
        pca_lowrank nn.functional.alpha_dropout nn.functional.dropout2d nn.functional.dropout3d
        nn.functional.feature_alpha_dropout.with_train nn.functional.feature_alpha_dropout.without_train
        nn.functional.fractional_max_pool2d nn.functional.fractional_max_pool3d""",
    "makes an array of no argument's values: NumPy's": """arange empty empty_like empty_permuted empty_strided eye full
        full_like linspace linspace.tensor_overload logspace logspace.tensor_overload new_empty new_empty_strided
        new_full new_ones new_zeros ones ones_like scalar_tensor tril_indices triu_indices zeros zeros_like
        broadcast_shapes signal.windows.hamming signal.windows.hann signal.windows.bartlett signal.windows.blackman
        signal.windows.cosine signal.windows.exponential signal.windows.gaussian signal.windows.kaiser
        signal.windows.general_cosine signal.windows.general_hamming signal.windows.nuttall""",
    "whole numbers or truth values, which have no derivative: NumPy's": """bincount bitwise_and bitwise_left_shift
        bitwise_not bitwise_or bitwise_right_shift bitwise_xor __rand__ __ror__ __rxor__ bool bucketize byte char gcd
        hash_tensor histc histogram histogramdd int item lcm linalg.matrix_rank linalg.matrix_rank.hermitian long
        masked.argmax masked.argmin nn.functional.one_hot nonzero_static short unique unique_consecutive
        unravel_index""",
    "changes its argument in place": "resize_ resize_as_ zero_",
    "a dtype that NumPy has not": "bfloat16 chalf",
    "a part of PyTorch's own machinery": """_batch_norm_with_update _chunk_cat _native_batch_norm_legit
        _segment_reduce.lengths _segment_reduce.offsets _softmax_backward_data _unsafe_masked_index
        _unsafe_masked_index_put_accumulate bmm.triton_optimized jiterator_2inputs_2outputs
        jiterator_4inputs_with_extra_args jiterator_binary jiterator_binary_return_by_ref jiterator_unary
        max_pool2d_with_indices_backward native_batch_norm native_dropout_backward torch._scaled_mm torch._scaled_mm_v2
        torch.ops.aten._efficient_attention_forward torch.ops.aten._flash_attention_forward
        nn.functional.batch_norm.without_cudnn as_strided_scatter lu_unpack""",
    "sparse and masked arrays": """sparse.mm.reduce sparse.sampled_addmm to_sparse masked.amax masked.amin
        masked.cumprod masked.cumsum masked.log_softmax masked.logaddexp masked.logsumexp masked.mean masked.median
        masked.norm masked.normalize masked.prod masked.softmax masked.softmin masked.std masked.sum masked.var""",
    "no such function here": """cdist geqrf istft stft mode nanmedian nanquantile ormqr nn.functional.ctc_loss
        nn.functional.embedding_bag nn.functional.grid_sample grid_sampler_2d grid_sampler_3d
        nn.functional.interpolate.area nn.functional.interpolate.bicubic nn.functional.interpolate.linear
        nn.functional.interpolate.nearest-exact nn.functional.interpolate.trilinear _upsample_bilinear2d_aa
        nn.functional.linear_cross_entropy nn.functional.linear_cross_entropy.chunked
        nn.functional.linear_cross_entropy.chunked_none nn.functional.max_unpool1d nn.functional.max_unpool1d.grad
        nn.functional.max_unpool2d nn.functional.max_unpool2d.grad nn.functional.max_unpool3d
        nn.functional.max_unpool3d.grad nn.functional.multi_head_attention_forward nn.functional.multi_margin_loss
        nn.functional.multilabel_margin_loss nn.functional.pdist nn.functional.cosine_embedding_loss
        linalg.householder_product linalg.ldl_factor linalg.ldl_factor_ex linalg.ldl_solve index_reduce.amax
        index_reduce.amin index_reduce.mean index_reduce.prod scatter_reduce.amax scatter_reduce.amin
        scatter_reduce.mean scatter_reduce.prod scatter_reduce.sum special.airy_ai special.chebyshev_polynomial_t
        special.chebyshev_polynomial_u special.chebyshev_polynomial_v special.chebyshev_polynomial_w
        special.hermite_polynomial_h special.hermite_polynomial_he special.laguerre_polynomial_l
        special.legendre_polynomial_p special.shifted_chebyshev_polynomial_t special.shifted_chebyshev_polynomial_u
        special.shifted_chebyshev_polynomial_v special.shifted_chebyshev_polynomial_w""",
}
ABSENT = {name: reason for reason, names in _REASONS.items() for name in names.split()}
