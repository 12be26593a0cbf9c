"""Evidence: whether a map is true, measured. One metric a file, listed in ``registry``."""
