"""Models as functions."""
