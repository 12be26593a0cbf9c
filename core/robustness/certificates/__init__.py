"""Certificates: one file a method, and the registry that the command line reads."""
