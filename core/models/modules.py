"""What code reaches through modules: ``helper.f(t)`` names ``helper``, and does what ``f`` does.

The bytecode tells which attributes of a module are read by name. Where a module is passed on,
bound to another name or asked by :func:`getattr`, any of its attributes may be meant.
"""

from __future__ import annotations

import dis
import hashlib
import sys
from collections.abc import Container, Iterator, Mapping
from importlib.util import resolve_name
from itertools import takewhile
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

__all__ = ["LIBRARIES", "chains", "imported", "is_own", "own_modules", "source_digest"]

_LOADS = {"LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF", "LOAD_CLASSDEREF"}
_ATTRIBUTES = {"LOAD_ATTR", "LOAD_METHOD"}
LIBRARIES = frozenset(sys.stdlib_module_names - {"__main__"}) | {"keras", "numpy", "tensorflow"}
_INSTALLED = {"site-packages", "dist-packages"}
_CORE = Path(__file__).resolve().parents[1]
Chain = tuple[str, ...]


def is_own(module: ModuleType) -> bool:
    """Whether a module is of the user's: not Python's, not installed, not Pellucid's."""
    if module.__name__.split(".")[0] in LIBRARIES:
        return False
    file = getattr(module, "__file__", None)
    if file is None:  # a folder without __init__.py, or a module that was made by hand
        return True
    path = Path(file).resolve()
    return _INSTALLED.isdisjoint(path.parts) and _CORE not in path.parents


def own_modules(scope: Mapping[str, Any]) -> dict[str, ModuleType]:
    """Return the names in ``scope`` that mean a module of the user's."""
    return {k: v for k, v in scope.items() if isinstance(v, ModuleType) and is_own(v)}


def source_digest(module: ModuleType) -> str:
    """Return the SHA-256 of a module's file; empty where there is none."""
    file = getattr(module, "__file__", None)
    if file is None or not Path(file).is_file():
        return ""
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()


def chains(code: CodeType, roots: Container[str]) -> set[Chain]:
    """Return each ``root.name.name…`` that is read in ``code`` and in functions within it.

    A root that is read alone, as ``getattr(root, …)`` does, is a chain of one.
    """
    steps = _steps(code)
    found = {
        (str(step.argval), *_attributes(steps[place + 1 :]))
        for place, step in enumerate(steps)
        if step.opname in _LOADS and step.argval in roots
    }
    return found.union(*(chains(inner, roots) for inner in _inner(code)))


def imported(code: CodeType, package: str) -> dict[str, ModuleType]:
    """Return the user's modules that ``code`` imports while it runs, by their full names."""
    found: dict[str, ModuleType] = {}
    steps = _steps(code)
    for place, step in enumerate(steps):
        if step.opname == "IMPORT_NAME":
            level, names = steps[place - 2].argval, steps[place - 1].argval or ()
            base = "." * level + str(step.argval)
            base = resolve_name(base, package) if level and package else base.lstrip(".")
            for name in (base, *(f"{base}.{name}" for name in names)):
                if (module := sys.modules.get(name)) is not None and is_own(module):
                    found[name] = module
    for inner in _inner(code):
        found |= imported(inner, package)
    return found


def _steps(code: CodeType) -> list[dis.Instruction]:
    return [step for step in dis.get_instructions(code) if step.opname != "EXTENDED_ARG"]


def _attributes(steps: list[dis.Instruction]) -> Iterator[str]:
    return (str(s.argval) for s in takewhile(lambda s: s.opname in _ATTRIBUTES, steps))


def _inner(code: CodeType) -> list[CodeType]:
    return [constant for constant in code.co_consts if isinstance(constant, CodeType)]
