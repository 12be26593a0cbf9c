"""Models as commands."""
