"""Windows that slide over images and sequences: convolution, pooling, patches, and their adjoints; enlargements."""

# The files that load when one of their names is first asked for.
LATER = {
    "conv": "conv1d conv2d conv3d deconv1d deconv2d deconv3d",
    "patches": "col2im conv2d_simple im2col",
    "pooling": "adaptive_average_pooling adaptive_max_pooling average_pooling global_average_pooling "
    "global_max_pooling pooling pooling_simple",
    "upsampling": "upsample",
}
