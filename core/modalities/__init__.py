"""Kinds of input: one room a modality, and the protocol that general rooms speak of them in."""
