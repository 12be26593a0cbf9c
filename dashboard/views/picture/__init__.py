"""How pictures are shown."""
