"""Pictures: what hides their pixels, cuts them into regions, and needs no model to be drawn."""
