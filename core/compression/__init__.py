"""Smaller models: pruned, in eight bits, in LiteRT; held against what they were made of."""
