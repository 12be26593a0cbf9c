"""Distances of trainings as older versions wrote them: in levels of 8 bits instead of [0, 1].

Keys name an ε as it was named then, so that runs and results of before are found; documents of
before are read as if they had been written today.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from core import numerals
from core.parameters import Value, format_eps

__all__ = ["keyed", "migrated", "migrated_run"]

_NAME, _OLD_FACT = "epsilon", "epsilon_255"
_LEVELS = 255
_OLD_WORDS = re.compile(r"(?<=--param epsilon=)([0-9.]+)(?= |$)")


def keyed(parameters: Mapping[str, Value]) -> dict[str, Value]:
    """Return parameters as keys name them.

    >>> keyed({"epsilon": "8/255", "steps": 5})
    {'epsilon': 8.0, 'steps': 5}
    """
    found = dict(parameters)
    if isinstance(found.get(_NAME), str):
        found[_NAME] = float(f"{numerals.fraction(found[_NAME]) * _LEVELS:.6g}")
    return found


def migrated(parameters: Mapping[str, Value]) -> dict[str, Value]:
    """Return parameters as they are written today.

    >>> migrated({"epsilon": 8.0, "steps": 5})
    {'epsilon': '8/255', 'steps': 5}
    """
    found = dict(parameters)
    old = found.get(_NAME)
    if isinstance(old, int | float):
        found[_NAME] = format_eps(old / _LEVELS)
    return found


def migrated_run(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a run's document as it is written today: parameters, facts and command."""
    found = dict(document)
    if not isinstance(found["parameters"].get(_NAME), int | float):
        return found
    found["parameters"] = migrated(found["parameters"])
    found["command"] = _OLD_WORDS.sub(
        lambda old: format_eps(float(old[1]) / _LEVELS), found["command"]
    )
    found["facts"] = _facts(found.get("facts", {}))
    if found.get("seeds"):
        found["seeds"] = found["seeds"] | {"facts": _facts(found["seeds"]["facts"])}
    return found


def _facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        _NAME if name == _OLD_FACT else name: _in_pixels(value) if name == _OLD_FACT else value
        for name, value in facts.items()
    }


def _in_pixels(value: Any) -> Any:
    if isinstance(value, dict):  # mean, low and high over seeds
        return {name: _in_pixels(each) for name, each in value.items()}
    return value / _LEVELS
