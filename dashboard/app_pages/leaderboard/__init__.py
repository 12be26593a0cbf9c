"""Evidence: which method tells most about a model."""
