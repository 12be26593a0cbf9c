"""Models of one's own, from their files: opened, understood, checked, and taken in."""
