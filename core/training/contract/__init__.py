"""What asks for a training, and what a run is."""
