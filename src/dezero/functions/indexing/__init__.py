"""Elements by their places: read, taken, changed, chosen, searched for and sorted."""

# The files that load when one of their names is first asked for.
LATER = {
    "choosing": "choose piecewise select",
    "searching": "argmax argmin argwhere flatnonzero nonzero searchsorted",
    "sorting": "argpartition argsort partition sort top_k",
    "taking": "compress extract take take_along_axis",
    "updating": "delete index_add index_update insert",
}
