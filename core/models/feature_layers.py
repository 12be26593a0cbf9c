"""What names of feature layers mean: the tensor that maps read, and the model behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.errors import CapabilityError, UnknownNameError
from core.models.tensorflow import keras
from core.models.tokens import TOKENS, TokenGrid, calls, grid_of

__all__ = ["head", "layer_tensor", "own_tokens"]


def head(model: Any, name: str) -> Any:
    """Return the model behind a layer, from its output to the logits.

    Behind tokens with others before their grid it has two inputs: the grid, and those others.

    Raises
    ------
    CapabilityError
        If a connection runs around the layer, or it does not lead to the logits.
    """
    given, own = layer_tensor(model, name), own_tokens(model, name)
    try:
        if not name.endswith(f":{TOKENS}"):
            return keras.Model(given, model.output)
        tokens = _tensors_of(model, name)[0]
        behind = keras.Model(tokens, model.output)
        inputs = [keras.Input(each.shape[1:]) for each in (given, own) if each is not None]
        row = keras.layers.Reshape((-1, tokens.shape[-1]))(inputs[0])
        if own is not None:
            row = keras.layers.Concatenate(axis=1)([inputs[1], row])
        return keras.Model(inputs if own is not None else inputs[0], behind(row))
    except ValueError as error:
        raise CapabilityError(
            f"The logits do not depend on {name!r} alone (a connection runs around it); "
            "choose the output of a whole block."
        ) from error


def own_tokens(model: Any, name: str) -> Any | None:
    """Return the tokens ``(N, n, C)`` that stand before a layer's grid; ``None`` without."""
    if not name.endswith(f":{TOKENS}"):
        return None
    tensors = _tensors_of(model, name)
    grid = _tokens(model, name, tensors)
    if not grid.before:
        return None
    return keras.layers.Cropping1D((0, grid.height * grid.width))(tensors[0])


def layer_tensor(model: Any, name: str) -> Any:
    """Return the tensor that a feature layer's name means.

    ``"layer"`` is what leaves it, ``"layer:input"`` what enters it, and ``"layer:tokens"`` a
    sequence of tokens ``(N, n + h·w, C)`` that leaves it, as the grid ``(N, h, w, C)``: a class
    token, and others that stand for no place, are left out.

    A layer may have been called elsewhere as well, as a nested model is where it was made: its call
    in this model is meant.

    Raises
    ------
    UnknownNameError
        If the model has no such layer; the text says which can be named.
    CapabilityError
        If the layer has no height and width, or its tokens are no grid.
    """
    tensors = _tensors_of(model, name)
    if name.endswith(f":{TOKENS}"):
        return _cut(tensors[0], _tokens(model, name, tensors))
    if len(tensors) != 1 or len(tensors[0].shape) != 4:
        raise CapabilityError(
            f"Layer {name!r} has no (height, width, channels) output; choose a convolutional one. "
            f"Layers that maps can read: {', '.join(_readable(_called(model))) or 'none'}."
        )
    return tensors[0]


def _tensors_of(model: Any, name: str) -> Sequence[Any]:
    """Return what enters or leaves the layer of a name."""
    layer_name, _, side = name.partition(":")
    called = _called(model)
    if layer_name not in called:
        raise UnknownNameError(
            f"{model.name} has no layer {layer_name!r}{_inside(model, layer_name)}. "
            f"Layers that maps can read: {', '.join(_readable(called)) or 'none'}."
        )
    node = called[layer_name]
    tensors: Sequence[Any] = node.input_tensors if side == "input" else node.outputs
    return tensors


def _called(model: Any) -> dict[str, Any]:
    return {node.operation.name: node for node in calls(model)}


def _tokens(model: Any, name: str, tensors: Sequence[Any]) -> TokenGrid:
    """Return where the grid stands in a sequence of tokens."""
    shape = tuple(tensors[0].shape[1:])
    grid = grid_of(model, shape) if len(tensors) == 1 else None
    if grid is None:
        raise CapabilityError(
            f"Layer {name.partition(':')[0]!r} gives values of shape {shape}, which are no tokens "
            "(h·w, channels) of a grid of the picture, by itself or behind a class token that is "
            "joined to it."
        )
    return grid


def _cut(tokens: Any, grid: TokenGrid) -> Any:
    """Return a sequence of tokens as a grid, those that stand before it left out."""
    if grid.before:
        tokens = keras.layers.Cropping1D((grid.before, 0))(tokens)
    return keras.layers.Reshape((grid.height, grid.width, tokens.shape[-1]))(tokens)


def _readable(called: dict[str, Any]) -> list[str]:
    """Return the layers that have height and width, the input aside; the last eight."""
    found = [
        name
        for name, node in called.items()
        if not node.is_input and len(node.outputs) == 1 and len(node.outputs[0].shape) == 4
        and name != "preprocessing"
    ]  # fmt: skip
    return found[-8:]


def _inside(model: Any, name: str) -> str:
    """Return in which nested model a layer hides, as the end of a sentence."""
    for layer in model.layers:
        if isinstance(layer, keras.Model) and any(
            each.name == name for each in layer._flatten_layers()
        ):
            return f" of its own: it lies inside {layer.name!r}, which can be named as a whole"
    return ""
