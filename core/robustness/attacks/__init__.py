"""Attacks: one file each, and the registry that the command line and the pages read."""
