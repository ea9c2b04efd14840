"""The same graph with less to compute."""
