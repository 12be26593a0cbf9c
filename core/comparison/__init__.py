"""Two maps of one input held against each other, and one map along a path."""
