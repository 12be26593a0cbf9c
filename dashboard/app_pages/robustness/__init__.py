"""Robustness: how little it takes to break a model, for whom."""
