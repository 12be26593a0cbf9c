"""Conjunctions of attributes that a rate is worst for."""
