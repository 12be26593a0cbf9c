"""From a table and options to a checked request."""
