"""Fairness: which gaps between groups are real."""
