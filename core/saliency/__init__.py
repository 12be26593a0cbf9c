"""Saliency: which pixels a decision rests on. One method a file, listed in ``registry``."""
