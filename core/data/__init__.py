"""Datasets: pictures with labels, groups and masks, streamed to whoever needs them."""
