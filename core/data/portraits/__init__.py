"""Portraits drawn by code: the dataset whose evidence and bias are known."""
