"""Which loops and products a graph becomes, on how many rows at a time, and where their arrays lie."""
