"""Layers that keep weights in another form than they compute with."""

from __future__ import annotations

from core.models.tensorflow import keras

__all__ = ["settle"]


def settle(model: keras.Model) -> None:
    """Let layers take up what their variables hold now: adapted normalisations do."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()
