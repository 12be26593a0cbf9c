"""Gaps between groups: which there are, their tests, intervals, verdicts and sentences."""
