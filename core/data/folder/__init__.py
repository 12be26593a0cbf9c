"""Folders of pictures, and archives of them that somebody brings along."""
