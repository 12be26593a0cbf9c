"""What is explained: one number of a model's outputs, one file a kind of it."""
