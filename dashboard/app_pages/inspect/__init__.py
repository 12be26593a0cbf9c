"""Inspect: one picture, what the model says about it, and what that rests on."""
