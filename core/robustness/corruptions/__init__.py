"""Corruptions of pictures: the fifteen of ImageNet-C for any size, and shifts beside them."""
