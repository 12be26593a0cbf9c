"""What asks for concepts and examples, and what is found."""
