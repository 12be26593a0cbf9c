"""One picture under growing ε: prediction, map and evidence together."""
