"""The groups of an attribute with their metrics, and what of them can be compared."""
