"""Pure functions from results to ``plotly.graph_objects.Figure``; they compute and call nothing."""
