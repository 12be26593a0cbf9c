"""Fairness as functions."""
