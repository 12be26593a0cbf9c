"""Examples: what would change a decision, and which pictures are alike."""
