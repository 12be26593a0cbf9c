"""Datasets as commands."""
