"""Fairness as commands."""
