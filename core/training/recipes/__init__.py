"""Recipes of training, one a file."""
