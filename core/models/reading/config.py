"""A description of a Keras model, taken apart and put together again from what is allowed.

What comes out holds nothing of the file but numbers, words of closed lists and names: every class
is one of :mod:`core.models.reading.allowed`, every argument one that it lists. So it can be handed
to Keras, whatever the file said. Both spellings are read: Keras 3 (``.keras``, ``.h5``) and 2.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NoReturn

from core.models.reading import nodes
from core.models.reading.allowed import (
    ACTIVATIONS,
    BUILT_IN,
    LAYERS,
    OPERATIONS,
    OUT_OF_DATE,
    TRAINING,
)
from core.models.reading.plain import Json, Plain, object_of, plain, refuse, shown

__all__ = ["MODELS", "clean"]

MODELS = frozenset({"Functional", "Sequential", "Model"})
_MOST_LAYERS, _DEEPEST = 5_000, 8
_LIKE_ACTIVATION = frozenset({"activation", "recurrent_activation"})
_FREE = {
    "equation": re.compile(r"[A-Za-z,.]{1,60}->[A-Za-z.]{1,60}"),
    "subscripts": re.compile(r"[A-Za-z,.]{1,60}->[A-Za-z.]{1,60}"),
}
_BEGINNINGS = ("initializer", "regularizer", "constraint")
_OWN = (
    "Only Keras' own layers are opened: a file's own code is never run",
    "export the model as ONNX, or let your own code run at the command line (--trusted)",
)


def clean(read: Mapping[str, Json], where: str) -> dict[str, Any]:
    """Return a model's description in Keras 3's spelling, made of allowed parts.

    Parameters
    ----------
    read : mapping
        ``{"class_name": "Functional" or "Sequential", "config": …}`` of a file.
    where : str
        Name of the file, for sentences.

    Raises
    ------
    ModelFileError
        If it holds anything else; the sentence names the place and the way out.
    """
    return _Cleaning(where).model(read, "", 0)


class _Cleaning:
    """One description under way: counts its layers, knows where it is."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._layers = 0

    def model(self, given: Mapping[str, Json], path: str, depth: int) -> dict[str, Any]:
        kind, config = _kind(given), given.get("config")
        if kind not in MODELS or given.get("registered_name") not in (None, kind, "Functional"):
            self._refuse(
                path, f"{shown(given.get('class_name'))} is a class of its own. {_said()}."
            )
        if depth > _DEEPEST:
            self._refuse(path, f"models lie in models, more than {_DEEPEST} deep.")
        if kind == "Sequential" and isinstance(config, list):  # of Keras 2.2 and before
            config = {"layers": config}
        config = object_of(config, self._here(path))
        layers = config.get("layers")
        if not isinstance(layers, list) or not layers:
            self._refuse(path, "a list of layers is expected; a model class of your own has none.")
        name = nodes.name_of(config, "model")
        if kind == "Sequential":
            return self._sequential(name, config, layers, path, depth)
        return self._functional(name, config, layers, path, depth)

    def _sequential(
        self, name: str, config: Mapping[str, Json], layers: list[Json], path: str, depth: int
    ) -> dict[str, Any]:
        made = [self.layer(each, path, depth, i)[1] for i, each in enumerate(layers)]
        if made[0]["class_name"] != "InputLayer":
            shape = _first_shape(layers[0], config)
            if shape is None:
                self._refuse(
                    path,
                    "this Sequential was saved before it knew the shape of its inputs: call it "
                    "once on a picture, or begin it with keras.Input(shape), and save it again.",
                )
            made.insert(0, nodes.input_layer(f"{name}_input", shape, self._here(path)))
        return nodes.described(
            "Sequential", "keras", {"name": name, "trainable": _trainable(config), "layers": made}
        )

    def _functional(
        self, name: str, config: Mapping[str, Json], layers: list[Json], path: str, depth: int
    ) -> dict[str, Any]:
        graph = nodes.Graph(self._here(path))
        made = []
        for i, each in enumerate(layers):
            given, one = self.layer(each, path, depth, i)
            one["name"] = one["config"]["name"] = graph.named(given, one["config"]["name"])
            made.append(one)
        for given, one in zip(layers, made, strict=True):
            one["inbound_nodes"] = graph.calls(given, one["name"])
        graph.check_order()
        return nodes.described(
            "Functional", "keras.src.models.functional",
            {
                "name": name, "trainable": _trainable(config), "layers": made,
                "input_layers": graph.ends(config.get("input_layers"), "input"),
                "output_layers": graph.ends(config.get("output_layers"), "output"),
            },
        )  # fmt: skip

    def layer(
        self, given: Json, path: str, depth: int, index: int
    ) -> tuple[dict[str, Json], dict[str, Any]]:
        """Return a layer as given, and what it is made of here."""
        given = object_of(given, self._here(path))
        self._layers += 1
        if self._layers > _MOST_LAYERS:
            self._refuse(path, f"more than {_MOST_LAYERS:,} layers.")
        kind = _kind(given)
        config = object_of(given.get("config") or {}, self._here(path))
        own = nodes.name_of({**config, **given}, f"{kind.lower()}_{index}")
        below = f"{path}/{own}".lstrip("/")
        if kind in MODELS:
            made = self.model(given, below, depth + 1)
            made["config"]["name"] = own
            return given, made
        # In HDF5 no module tells ``Add`` the operation from the layer, which is trainable.
        bare = "module" not in given and kind in OPERATIONS and "trainable" not in config
        module = given.get("module") or "keras.layers"
        if kind == "InputLayer":
            shape = config.get("batch_shape") or config.get("batch_input_shape")
            return given, nodes.input_layer(own, shape, self._here(below))
        if bare or module == "operation" or str(module).startswith("keras.src.ops"):
            return given, self._operation(kind, own, config, below)
        return given, self._layer(kind, module, own, given, config, below)

    def _operation(
        self, kind: str, name: str, config: Mapping[str, Json], path: str
    ) -> dict[str, Any]:
        if kind not in OPERATIONS:
            self._refuse(path, f"the operation {shown(kind)} is not opened.")
        kept = self._arguments(kind, OPERATIONS[kind], config, path)
        return nodes.described(kind, "operation", {"name": name, **kept})

    def _layer(
        self, kind: str, module: Json, name: str, given: Mapping[str, Json],
        config: Mapping[str, Json], path: str,
    ) -> dict[str, Any]:  # fmt: skip
        own = str(module) not in ("keras.layers", "keras") and not str(module).startswith(
            "keras.src.layers"
        )
        registered = given.get("registered_name")
        if kind not in LAYERS or own or registered not in (None, kind):
            way = BUILT_IN.get(kind)
            named = shown(registered if registered not in (None, kind) else kind)
            self._refuse(path, f"{named} {'holds code' if way else 'is no layer of Keras'}. "
                         f"{_said(way or '')}.")  # fmt: skip
        kept = self._arguments(kind, LAYERS[kind], config, path)
        kept |= {"name": name, "trainable": _trainable(config), "dtype": "float32"}
        return nodes.described(kind, "keras.layers", kept)

    def _arguments(
        self, kind: str, listed: frozenset[str], config: Mapping[str, Json], path: str
    ) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for key, value in config.items():
            where = f"{self._here(path)}, {key}"
            if key in ("name", "trainable", "dtype") and key not in listed:
                continue
            if key in listed:
                kept[key] = self._value(key, value, where, path)
            elif key.endswith(_BEGINNINGS) or key in TRAINING or key in OUT_OF_DATE:
                continue
            elif value not in (None, False) and (key, value) != ("groups", 1):  # of Keras 2
                self._refuse(path, f"{kind} has no argument {shown(key)} here.")
        if kept.get("data_format") == "channels_first":
            self._refuse(path, "its channels come first; on a processor TensorFlow computes with "
                         "channels last: export the model as ONNX.")  # fmt: skip
        if "alpha" in kept and "negative_slope" in listed:  # of Keras 2
            kept["negative_slope"] = kept.pop("alpha")
        if isinstance(kept.get("axis"), list) and len(kept["axis"]) == 1:  # of Keras 2
            kept["axis"] = kept["axis"][0]
        return kept

    def _value(self, key: str, value: Json, where: str, path: str) -> Any:
        if key in _LIKE_ACTIVATION:
            return self._activation(value, where, path)
        if key in _FREE and isinstance(value, str):
            if not _FREE[key].fullmatch(value):
                refuse(where, f"an equation is expected. Received: {shown(value)}.")
            return value
        read: Plain = plain(value, where)
        if isinstance(read, str) and key == "dtype":
            return "float32" if read.startswith(("float", "bfloat", "mixed")) else read
        return read

    def _activation(self, value: Json, where: str, path: str) -> Any:
        """Return an activation's name, or the layer that stands in its place."""
        if isinstance(value, Mapping):
            if value.get("class_name") == "function" and value.get("module") in (
                "builtins", "keras.activations", "keras.src.activations.activations",
            ):  # fmt: skip
                value = value.get("config")
            elif value.get("class_name") in LAYERS:
                return self.layer(value, path, 0, 0)[1]
        if value is None:
            return "linear"
        if not isinstance(value, str) or value not in ACTIVATIONS:
            self._refuse(path, f"the activation {shown(value)} is none of Keras'. {_said()}.")
        return value

    def _here(self, path: str) -> str:
        return f"{self._where}, {path!r}" if path else self._where

    def _refuse(self, path: str, what: str) -> NoReturn:
        refuse(self._here(path), what)


def _kind(given: Mapping[str, Json]) -> str:
    kind = given.get("class_name")
    return "Functional" if kind == "Model" else kind if isinstance(kind, str) else ""


def _trainable(config: Mapping[str, Json]) -> bool:
    return config.get("trainable") is not False


def _first_shape(first: Json, config: Mapping[str, Json]) -> Json:
    own = first.get("config") if isinstance(first, Mapping) else None
    own = own if isinstance(own, Mapping) else {}
    return own.get("batch_input_shape") or own.get("batch_shape") or config.get("build_input_shape")


def _said(way: str = "") -> str:
    ways = [each for each in (way, _OWN[1]) if each]
    return f"{_OWN[0]}; {'; '.join(ways)}"
