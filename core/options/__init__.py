"""What request functions share: the model, the seed, the dataset and its slice, checked."""
