"""Models: runs, comparisons, new ones."""
