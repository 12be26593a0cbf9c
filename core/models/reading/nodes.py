"""How the layers of a described model are joined: their names, calls, inputs and outputs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from core.models.reading.allowed import PREPARES
from core.models.reading.plain import Json, object_of, plain, refuse, shown

__all__ = [
    "MODES", "Graph", "described", "input_layer", "name_of", "said_to_call", "says_something",
]  # fmt: skip

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_.\-]+")
_LONGEST_NAME, _MOST_CALLS = 100, 10_000
MODES = frozenset({"training", "mask"})
"""Arguments of calls that change what a trained model computes, unless they say nothing."""


def name_of(config: Mapping[str, Json], otherwise: str) -> str:
    """Return a stranger's name of a layer as one that Keras takes."""
    name = config.get("name")
    text = _NOT_IN_NAMES.sub("_", name)[:_LONGEST_NAME] if isinstance(name, str) else ""
    return text or _NOT_IN_NAMES.sub("_", otherwise)[:_LONGEST_NAME] or "layer"


def described(kind: str, module: str, config: dict[str, Any]) -> dict[str, Any]:
    """Return an object in Keras' spelling; ``module`` ``"operation"`` for one on tensors."""
    registered = f"operation>{kind}" if module == "operation" else None
    return {
        "module": module, "class_name": kind, "config": config, "registered_name": registered,
        "name": config["name"],
    }  # fmt: skip


def input_layer(name: str, shape: Json, where: str) -> dict[str, Any]:
    """Return an input of ``shape``, the batch first.

    Raises
    ------
    ModelFileError
        If that is no shape.
    """
    read = plain(shape, where)
    whole = isinstance(read, list) and all(
        each is None or (isinstance(each, int) and not isinstance(each, bool) and each > 0)
        for each in read
    )
    if not whole or not isinstance(read, list) or not 2 <= len(read) <= 6:
        refuse(where, f"the shape of an input is expected. Received: {shown(shape)}.")
    config = {"batch_shape": [None, *read[1:]], "dtype": "float32", "name": name}
    return {**described("InputLayer", "keras.layers", config), "inbound_nodes": []}


class Graph:
    """The calls of one functional model.

    Parameters
    ----------
    where : str
        For sentences.
    """

    def __init__(self, where: str) -> None:
        self._where = where
        self._names: dict[str, str] = {}
        self._needs: dict[tuple[str, int], set[tuple[str, int]]] = {}

    def named(self, given: Mapping[str, Json], name: str) -> str:
        """Take in a layer and return its name here, unique among them."""
        config = given.get("config")
        inner = config.get("name") if isinstance(config, Mapping) else None
        own = given.get("name", inner)
        taken = set(self._names.values())
        if not isinstance(own, str) or own in self._names:
            refuse(self._where, f"two layers go by the name {shown(own)}.")
        unique, i = name, 1
        while unique in taken:
            unique, i = f"{name}_{i}", i + 1
        self._names[own] = unique
        return unique

    def calls(self, given: Mapping[str, Json], name: str) -> list[dict[str, Any]]:
        """Return the calls of a layer, in Keras 3's spelling."""
        listed = given.get("inbound_nodes") or []
        if not isinstance(listed, list) or len(listed) > _MOST_CALLS:
            refuse(self._where, f"the calls of {name!r} are no list.")
        kind = str(given.get("class_name"))
        made = []
        for index, node in enumerate(listed):
            needs: set[tuple[str, int]] = set()
            if isinstance(node, list):  # of Keras 2
                args, kwargs = self._old(node, needs)
            else:
                read = object_of(node, self._where)
                args = [self._argument(each, needs) for each in _list(read.get("args"))]
                kwargs = self._options(read.get("kwargs") or {}, needs)
            for mode in MODES & kwargs.keys():
                if says_something(mode, kwargs.pop(mode), kind):
                    refuse(self._where, f"{name!r} {said_to_call(mode)}")
            self._needs[name, index] = needs
            made.append({"args": args, "kwargs": kwargs})
        if not made:
            self._needs[name, 0] = set()
        return made

    def check_order(self) -> None:
        """Check that every call can be made after those that it needs.

        Raises
        ------
        ModelFileError
            If a layer needs its own output, or one that nothing makes.
        """
        done: set[tuple[str, int]] = set()
        left = dict(self._needs)
        while left:
            ready = [each for each, needs in left.items() if needs <= done]
            if not ready:
                stuck = sorted({name for name, _ in left})[:3]
                refuse(
                    self._where,
                    f"layers wait for each other, or for what nothing makes: {', '.join(stuck)}.",
                )
            done.update(ready)
            for each in ready:
                del left[each]

    def ends(self, given: Json, what: str) -> Any:
        """Return the model's inputs or outputs, ``[name, call, tensor]`` each.

        One stands by itself; several in a list, or by names.
        """
        if isinstance(given, Mapping) and given:
            named = {name_of({"name": key}, what): self._place(at) for key, at in given.items()}
            if len(named) < len(given):
                refuse(self._where, f"two {what}s go by one name.")
            return named
        if isinstance(given, list) and len(given) == 1:
            given = given[0]
        if isinstance(given, list) and given and isinstance(given[0], str):
            return self._place(given)
        if not isinstance(given, list) or not given:
            refuse(self._where, f"the model's {what}s are expected. Received: {shown(given)}.")
        return [self._place(each) for each in given]

    def _place(self, given: Json) -> list[Any]:
        if not isinstance(given, list) or len(given) < 3 or given[0] not in self._names:
            refuse(self._where, f"a layer's output is expected. Received: {shown(given)}.")
        call, tensor = given[1], given[2]
        if not all(isinstance(each, int) and 0 <= each <= _MOST_CALLS for each in (call, tensor)):
            refuse(self._where, f"a layer's output is expected. Received: {shown(given)}.")
        return [self._names[given[0]], call, tensor]

    def _old(
        self, node: list[Json], needs: set[tuple[str, int]]
    ) -> tuple[list[Any], dict[str, Any]]:
        if node and isinstance(node[0], str):  # one tensor without its list
            node = [node]
        tensors: list[Any] = []
        options: dict[str, Any] = {}
        for each in node:
            name, call, tensor = self._place(each)
            needs.add((name, call))
            tensors.append(_tensor(name, call, tensor))
            if len(each) > 3:
                options |= self._options(each[3] or {}, needs)
        return [tensors[0] if len(tensors) == 1 else tensors], options

    def _options(self, given: Json, needs: set[tuple[str, int]]) -> dict[str, Any]:
        read = object_of(given, self._where)
        return {
            key: self._argument(value, needs) for key, value in read.items() if key.isidentifier()
        }

    def _argument(self, given: Json, needs: set[tuple[str, int]], depth: int = 0) -> Any:
        if isinstance(given, Mapping):
            kind = given.get("class_name")
            if kind == "__keras_tensor__":
                config = object_of(given.get("config"), self._where)
                name, call, tensor = self._place(config.get("keras_history"))
                needs.add((name, call))
                return _tensor(name, call, tensor)
            if kind == "__slice__":
                config = object_of(given.get("config"), self._where)
                ends = {k: plain(config.get(k), self._where) for k in ("start", "stop", "step")}
                return {"class_name": "__slice__", "config": ends}
            if kind == "__tensor__":
                config = object_of(given.get("config"), self._where)
                kept = {key: plain(config.get(key), self._where) for key in ("value", "dtype")}
                return {"class_name": "__tensor__", "config": kept}
            if kind == "__ellipsis__":
                return {"class_name": "__ellipsis__", "config": {}}
        if isinstance(given, list) and depth < 4:
            return [self._argument(each, needs, depth + 1) for each in given]
        return plain(given, self._where)


def says_something(argument: str, value: object, kind: str) -> bool:
    """Return whether ``training`` or ``mask`` of a call changes what a layer of ``kind`` computes.

    >>> says_something("training", True, "Dropout"), says_something("training", True, "Resizing")
    (True, False)
    """
    return value not in (None, False) and not (kind in PREPARES and argument == "training")


def said_to_call(argument: str) -> str:
    """Return why a call that says ``training`` or ``mask`` is not opened, and the way out."""
    if argument == "mask":
        return (
            "is called with a mask, which models of pictures have no use for: leave it out and "
            "save the model again."
        )
    return (
        "is called with training=True, by which it drops units at random or normalises by the "
        "batch whenever it runs: call it without, and save the model again."
    )


def _list(given: Json) -> list[Json]:
    return given if isinstance(given, list) else []


def _tensor(name: str, call: int, tensor: int) -> dict[str, Any]:
    config = {"shape": [None], "dtype": "float32", "keras_history": [name, call, tensor]}
    return {"class_name": "__keras_tensor__", "config": config}
