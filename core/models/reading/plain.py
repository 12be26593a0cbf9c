"""Values of a stranger's JSON, taken apart: numbers, words and lists, and nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from math import isfinite
from typing import Any, NoReturn

from core.errors import ModelFileError

__all__ = ["MOST_TEXT", "Json", "Plain", "load_json", "object_of", "plain", "refuse", "shown"]

Json = Any
"""What :func:`json.loads` gives."""
Plain = None | bool | int | float | str | list["Plain"]

MOST_TEXT = 64 * 2**20
_MOST_ITEMS, _DEEPEST = 100_000, 5
_LARGEST = 2**31
_WORD = re.compile(r"[A-Za-z0-9_]{1,60}")
_SHOWN = 80


def refuse(where: str, what: str) -> NoReturn:
    """Refuse a file.

    Raises
    ------
    ModelFileError
        Always: ``where``, then ``what``.
    """
    raise ModelFileError(f"{where}: {what}")


def shown(given: object) -> str:
    """Return a stranger's value as one short line."""
    text = " ".join(repr(given).split())
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def load_json(text: bytes | str, where: str) -> dict[str, Json]:
    """Return the object that a JSON text holds.

    Raises
    ------
    ModelFileError
        If it is too long, no JSON, holds numbers that are none, or is nested without end.
    """
    if len(text) > MOST_TEXT:
        refuse(where, f"its description is longer than {MOST_TEXT // 2**20} MB.")
    try:
        read = json.loads(text, parse_constant=lambda word: refuse(where, f"it holds {word}."))
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{where}: its description is no JSON, or damaged.") from error
    return object_of(read, where)


def object_of(given: Json, where: str) -> dict[str, Json]:
    """Return ``given`` if it is an object.

    Raises
    ------
    ModelFileError
        If it is something else.
    """
    if not isinstance(given, Mapping):
        refuse(where, f"an object is expected. Received: {shown(given)}.")
    return dict(given)


def plain(given: Json, where: str, *, depth: int = 0) -> Plain:
    """Return ``given`` if it is a number, a word, or a list of them.

    Tuples and arrays in Keras' own spelling become lists.

    Raises
    ------
    ModelFileError
        If it is anything else: a function, an object, a text that is no word.
    """
    if given is None or isinstance(given, bool):
        return given
    if isinstance(given, int | float):
        if not isfinite(given) or abs(given) > _LARGEST:
            refuse(where, f"numbers of at most {_LARGEST:,} are expected. Received: {given:g}.")
        return given
    if isinstance(given, str):
        if not _WORD.fullmatch(given):
            refuse(where, f"a word is expected. Received: {shown(given)}.")
        return given
    if isinstance(given, dict):
        given = _spelled_out(given, where)
    if not isinstance(given, list) or len(given) > _MOST_ITEMS or depth > _DEEPEST:
        refuse(where, f"a number, a word or a list of them is expected. Received: {shown(given)}.")
    return [plain(each, where, depth=depth + 1) for each in given]


def _spelled_out(given: Mapping[str, Json], where: str) -> Json:
    """Return the list that ``__tuple__``, ``__numpy__`` or ``__tensor__`` spells."""
    kind = given.get("class_name")
    if kind == "__tuple__":
        return given.get("items")
    if kind in ("__numpy__", "__tensor__"):
        return object_of(given.get("config"), where).get("value")
    refuse(where, f"a number, a word or a list of them is expected. Received: {shown(given)}.")
