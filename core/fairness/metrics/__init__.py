"""Metrics from counts: one family a file, one registry."""
