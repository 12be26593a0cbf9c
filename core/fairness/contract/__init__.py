"""What asks for an audit, and what it says."""
