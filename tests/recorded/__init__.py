"""What requests were, written down: a move of the code may not change it."""
