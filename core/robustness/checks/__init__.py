"""Whether an attack was honest: what would show that it only seems to fail."""
