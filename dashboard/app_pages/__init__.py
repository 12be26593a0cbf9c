"""One module a page (and the parts of a page that would make it too long)."""
