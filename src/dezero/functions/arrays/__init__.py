"""Arrays as a whole: their shape and dtype, their elements moved, joined, split, repeated and given a border."""

# The files that load when one of their names is first asked for.
LATER = {
    "joining": "append block column_stack dstack hstack stack vstack",
    "padding": "pad",
    "rearrange": "atleast_1d atleast_2d atleast_3d flip fliplr flipud moveaxis ravel roll rollaxis rot90 squeeze "
    "swapaxes",
    "repeating": "broadcast_arrays meshgrid repeat resize tile",
    "splitting": "array_split dsplit hsplit split unstack vsplit",
}
