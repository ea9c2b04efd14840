"""Neural networks: activations, losses, normalisations, dropout, attention, a recurrent network, embeddings."""

# The files that load when one of their names is first asked for.
LATER = {
    "attention": "scaled_dot_product_attention",
    "dropout": "dropout",
    "embedding": "embed_id",
    "losses": "accuracy binary_cross_entropy cosine_similarity hinge hinge_loss huber huber_loss kl_div l1 l1_loss "
    "mean_squared_error mean_squared_error_simple nll nll_loss sigmoid_cross_entropy softmax_cross_entropy "
    "softmax_cross_entropy_simple",
    "normalization": "batch_norm batch_nrom group_norm instance_norm layer_norm",
    "rectifiers": "celu elu hardshrink hardsigmoid hardswish hardtanh leaky_relu prelu relu6 selu softshrink",
    "recurrent": "lstm",
    "softmaxes": "log_softmax logsumexp softmax softmax_simple",
}
