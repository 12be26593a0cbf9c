"""Compare: two maps side by side, and a map along a path."""
