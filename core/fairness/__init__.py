"""Fairness: integer counts → rates, intervals, gaps, calibration, slices, mitigation."""
