"""Pictures as functions."""
