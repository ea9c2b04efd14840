"""What runs beside the graph: reads that no graph shows, and traces."""
