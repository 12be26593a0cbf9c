"""What a model's file holds, read off its graph and checked by running it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from core.contracts import ModelCheck, ModelChoices, ModelFacts, Origin, Outputs, count_text
from core.errors import ModelFileError, PellucidError
from core.models.assembly import assemble
from core.models.attention import Attention, attention_of
from core.models.feature_layers import head
from core.models.final_layers import bounds
from core.models.network import Network
from core.models.outputs import (
    add_up_to_one,
    ends_in,
    gives_logarithms,
    stands_for_logarithms,
)
from core.models.own_graph import OWN
from core.models.reading.files import Described
from core.models.reading.nodes import name_of
from core.models.reading.rebuild import as_saved, flat, output_names
from core.models.reading.sides import sides
from core.models.spec import ModelSpec
from core.models.tensorflow import keras
from core.models.tokens import TOKENS, grid_sides
from core.models.validation import check_answers
from core.own_models.beginning import expected, prepared_as
from core.own_models.leading import first_gain, first_scalings, named
from core.own_models.passes import NetworkPasses
from core.own_models.ranges import Order, Range, affine
from core.own_models.understood import CLOSE, Understood, class_names, difference, prepared

__all__ = ["read_off", "understand"]

_MOST_LAYERS = 4
_N = 4


def understand(described: Described, choices: ModelChoices, *, sha256: str) -> Understood:
    """Build a model, read off what it is, and check that it runs here as Keras runs it.

    Raises
    ------
    ModelFileError
        If the file does not fit together, or is no model of pictures.
    InputError
        If a choice does not fit, or what comes out are no logits, probabilities or values.
    """
    name = described.name
    saved = as_saved(
        described.config, described.weights, numbers=described.held.numbers, where=name
    )
    found = read_off(saved, choices, name=name, loss=described.loss)
    facts = replace(found.facts, format=described.format, file_sha256=sha256)
    kept = {**found.described, "config": described.config}
    return replace(found, facts=facts, described=kept)


def read_off(
    saved: Any, choices: ModelChoices, *, name: str, loss: str = "", origin: Origin = "imported"
) -> Understood:
    """Read off what a Keras model is, and check that it runs here as Keras runs it.

    Parameters
    ----------
    saved : keras.Model
        With weights. It is copied, layer by layer.
    name : str
        For sentences.
    loss : str
        What it was trained with, where that is known.
    origin : str
        Where it comes from: of a file's, what cannot be built anew is read as it stands.

    Raises
    ------
    ModelFileError
        If it is no model of pictures.
    InputError
        If a choice does not fit, or what comes out are no logits, probabilities or values.
    """
    height, width, channels = _shape(saved, choices, name)
    outputs = output_names(saved)
    output = _output(outputs, choices.output, name)
    bare = flat(saved, keras.Input((height, width, channels)), output=output)
    _one_row(bare, name)
    kind = _kind(bare, loss, choices, origin, name)
    n = int(bare.outputs[0].shape[1])
    range_, order, check = _range(bare, choices)
    classes, names_given = class_names(choices, kind, n, name)
    spec = ModelSpec(
        id=name_of({"name": Path(name).stem}, "model"), name=name,
        builder=lambda inputs, _: flat(saved, inputs, output=output),
        input_size=(height, width, channels), preprocessing=affine(range_, order),
        feature_layer="", layers=(), features=False, n_parameters=int(bare.count_params()),
        paper="", licence="", summary="", n_classes=len(classes), labels=classes, outputs=kind,
        origin=origin,
    )  # fmt: skip
    model = assemble(spec, len(classes))
    check_answers(model, spec)
    checks = [check, *_of_end(bare, model, spec, choices), _same(saved, output, model, spec)]
    attention = attention_of(model)
    checks += [_attention(attention)] if attention else []
    layers = tuple(_layers(model, attention))
    facts = ModelFacts(
        name=name, format="", file_sha256="", height=height, width=width,
        channels=channels, range=range_, order=spec.preprocessing.order, output=outputs[output],
        outputs=tuple(outputs), kind=kind, classes=classes, named=names_given, gradients=True,
        features=bool(layers), layers=layers, feature_layer=layers[-1] if layers else "",
        n_parameters=spec.n_parameters, checks=tuple(checks), attention=attention is not None,
    )  # fmt: skip
    return Understood(
        facts, spec, lambda batch: np.asarray(bare(batch, training=False)), OWN,
        {"output": output}, lambda: _tensors(model),
        lambda: NetworkPasses(Network(model, keep=layers), facts.feature_layer),
    )  # fmt: skip


def _tensors(model: Any) -> dict[str, Any]:
    return {v.path: np.asarray(v.numpy(), order="C") for v in model.weights}


def _shape(saved: Any, choices: ModelChoices, name: str) -> tuple[int, int, int]:
    if len(saved.inputs) != 1:
        raise ModelFileError(
            f"{name} has {len(saved.inputs)} inputs; a model of one picture is expected. Save the "
            "part that takes the picture: keras.Model(picture, outputs)."
        )
    shape = tuple(saved.inputs[0].shape[1:])
    if len(shape) != 3 or shape[-1] is None or not 1 <= shape[-1] <= 4:
        first = len(shape) == 3 and shape[0] in (1, 3, 4)
        raise ModelFileError(
            f"{name} takes inputs of shape {shape}, but pictures are (height, width, channels) "
            "with 1 to 4 channels"
            + (": its channels come first, export it as ONNX." if first else ".")
        )
    height, width = sides(shape[:2], choices.size, name)
    return height, width, int(shape[2])


def _output(named: list[str], chosen: str, name: str) -> int:
    if chosen and chosen not in named:
        raise ModelFileError(f"{name} has no output {chosen!r}. It has: {', '.join(named)}.")
    if not chosen and len(named) > 1:
        raise ModelFileError(
            f"{name} has {len(named)} outputs: {', '.join(named)}. Choose one (--output "
            f"{named[0]})."
        )
    return named.index(chosen) if chosen else 0


def _one_row(bare: Any, name: str) -> None:
    out = bare.outputs[0]
    if len(out.shape) != 2 or out.shape[1] is None:
        raise ModelFileError(
            f"{name} gives outputs of shape {tuple(out.shape[1:])} for one picture, but one row of "
            "numbers is expected: a class each, or a value. (A map of classes is a segmentation.)"
        )
    if "float" not in str(out.dtype):
        raise ModelFileError(
            f"{name} gives values of the kind {out.dtype}: end in the layer that gives each class "
            "its score, before any argmax or rounding."
        )


def _kind(bare: Any, loss: str, choices: ModelChoices, origin: Origin, name: str) -> Outputs:
    n = int(bare.outputs[0].shape[1])
    if choices.kind == "binary" and n > 1:
        raise ModelFileError(
            f"{name} gives {n} outputs, and two classes of one sigmoid have one: say what they "
            f"are, or leave it open (--kind {'|'.join(_likely(bare))})."
        )
    if choices.kind:
        return "binary" if (choices.kind, n) == ("sigmoid", 1) else choices.kind
    end = ends_in(bare.outputs[0])
    if end == "softmax" and n > 1:
        return "probabilities"
    if end == "sigmoid":
        return "sigmoid" if n > 1 else "binary"
    if n == 1 or loss in _OF_VALUES:
        return "values"
    return "probabilities" if origin == "imported" and add_up_to_one(bare) else "logits"


def _likely(bare: Any) -> tuple[Outputs, ...]:
    """Return what several outputs may be."""
    end = ends_in(bare.outputs[0])
    if end == "softmax" or add_up_to_one(bare):
        return ("probabilities",)
    if end == "sigmoid" or _is_unit(bare):
        return ("sigmoid", "values")
    return ("values",) if bounds(bare) is not None else ("logits", "values")


_OF_VALUES = frozenset(
    {
        "mse", "mae", "mape", "msle", "mean_squared_error", "mean_absolute_error",
        "mean_absolute_percentage_error", "mean_squared_logarithmic_error", "huber", "huber_loss",
        "log_cosh", "logcosh",
    }
)  # fmt: skip


def _range(bare: Any, choices: ModelChoices) -> tuple[Range, Order | None, ModelCheck]:
    """Return what pixels are scaled to before the file's own graph, and how sure that is."""
    return prepared_as(choices, expected(first_scalings(bare), named), gain=first_gain(bare))


def _of_end(bare: Any, model: Any, spec: ModelSpec, choices: ModelChoices) -> Iterator[ModelCheck]:
    """Say what is explained where it is not what enters a last softmax or sigmoid."""
    if stands_for_logarithms(model):
        end = "softmax" if spec.outputs == "probabilities" else "sigmoid"
        note = (
            f"What it ends in is no {end} alone, so logarithms of its probabilities are explained "
            f"in place of logits: their {end} is what the file gives."
        )
        yield ModelCheck("outputs", True, note)
    elif spec.outputs == "logits" and gives_logarithms(bare):
        note = (
            "It gives logarithms of probabilities, as a log-softmax does: these are explained, and "
            "their gradients, in place of the logits before it."
        )
        yield ModelCheck("outputs", True, note)
    elif not choices.kind and len(spec.labels) == 1 and _is_unit(bare):
        note = (
            "Its one output lies between 0 and 1 whatever it is shown, and is read as a value: if "
            "it is the probability of the second of two classes, say so (--kind binary)."
        )
        yield ModelCheck("outputs", False, note)


def _is_unit(bare: Any) -> bool:
    found = bounds(bare)
    return found is not None and found[0] >= -CLOSE and found[1] <= 1 + CLOSE


def _same(saved: Any, output: int, model: Any, spec: ModelSpec) -> ModelCheck:
    """Compare what is run here with what Keras makes of the very graph of the file.

    Raises
    ------
    ModelFileError
        If they differ: the model is not taken.
    """
    shape = spec.input_shape
    pixels = np.random.default_rng(0).random((_N, *shape), dtype=np.float32)
    theirs = keras.tree.flatten(saved.predict(prepared(pixels, spec), verbose=0))[output]
    apart = difference(np.asarray(theirs), np.asarray(model(pixels, training=False)), spec)
    if not apart <= CLOSE:
        raise ModelFileError(
            f"{spec.name}: what is run here differs by {apart:.2g} from what Keras makes of "
            "the file, so it is not taken. Please report it with the file's model.summary()."
        )
    return ModelCheck(
        "same_as_keras", True, f"On {_N} pictures it answers as Keras does (largest difference "
        f"{apart:.1e}).",
    )  # fmt: skip


def _attention(found: Attention) -> ModelCheck:
    """Say over what a transformer's tokens attend, and which of them the answer reads."""
    grid = found.grid
    own = f" behind {count_text(grid.before, 'token')} of its own" if grid.before else ""
    read = f"{len(found.rows)} of them" if len(found.rows) < grid.n else "all of them"
    note = (
        f"Its attention runs over {grid.height} × {grid.width} tokens{own}, and the answer reads "
        f"{read}: attention_rollout and attention_gradient draw maps of it."
    )
    return ModelCheck("attention", True, note)


def _layers(model: Any, attention: Attention | None) -> Iterator[str]:
    """Yield the last layer of each size, shallow to deep, that leads to the logits alone.

    Tokens are a grid where a layer before them had its height and width, as patches have: rows of
    pixels in a sequence may be as many, and are none. Where the logits read a class token, the
    grid says nothing any more behind the last attention.
    """
    picture = model.inputs[0].shape[1:3]
    heard = attention.heard if attention else None
    grids: set[tuple[int, ...]] = set()
    sizes: dict[tuple[int | str, ...], list[str]] = {}
    computed = False  # what stands before the first kernel only prepares the picture
    for layer in model.layers:
        computed = computed or any(len(weight.shape) > 1 for weight in layer.weights)
        shape = tuple(getattr(layer.output, "shape", ()))
        if len(shape) == 4:
            grids.add(shape[1:3])
        if (
            computed
            and len(shape) == 4
            and None not in shape[1:]
            and min(shape[1:3]) > 1
            and shape[3] > 1
        ):
            sizes.setdefault(shape[1:3], []).append(layer.name)
        elif computed and len(shape) == 3 and None not in shape[1:] and shape[2] > 1:
            grid = grid_sides(shape[1], *picture)
            own = attention.grid if attention and shape[1] == attention.grid.n else None
            named = f"{layer.name}:{TOKENS}"
            if grid in grids and min(grid) > 1:
                sizes.setdefault((TOKENS, *grid), []).append(named)
            elif own and heard and layer.name in heard:
                sizes.setdefault((TOKENS, *own.sides), []).append(named)
    found = [name for names in sizes.values() if (name := _leading(model, names))]
    yield from found[-_MOST_LAYERS:]


def _leading(model: Any, names: list[str]) -> str:
    for name in reversed(names):
        try:
            head(model, name)
        except PellucidError:
            continue
        return name
    return ""
