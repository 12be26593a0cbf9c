"""Rows become integer counts, and what counts alone can tell."""
