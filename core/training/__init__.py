"""Training: recipes, the loop they share, checkpoints, and the runs that come of it."""
