"""Reference: methods, metrics, models and terms."""
