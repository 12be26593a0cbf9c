"""Saliency: which pixels a decision rests on. One method a file; see :mod:`core.saliency.registry`."""
