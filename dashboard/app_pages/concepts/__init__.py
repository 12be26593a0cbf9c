"""Concepts: what a class looks like to the model, its parts, and tests of concepts."""
