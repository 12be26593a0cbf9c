"""Models: the zoo, weights, class names, and the compiled passes that everybody uses."""
