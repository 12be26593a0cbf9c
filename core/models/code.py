"""Python code as a value: what a function does, written so that two processes write the same.

Neither file names, line numbers nor addresses are part of it; constants, defaults, closures and
the globals that the code names are, and what it reads of the user's modules
(:mod:`core.models.modules`). What a library's function does follows from its name and the library's
version, so only other code is opened.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import partial
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    MethodType,
    ModuleType,
    SimpleNamespace,
)
from typing import Any

import numpy as np

from core.models.modules import LIBRARIES, chains, imported, is_own, own_modules, source_digest

__all__ = ["CodeWriter", "is_function", "is_library", "is_plain"]

_FUNCTIONS = (FunctionType, MethodType, BuiltinFunctionType, partial, np.ufunc)
_PLAIN = (bool, int, float, complex, str, bytes, np.ndarray, np.generic)
_NOT_BEHAVIOUR = {"__module__", "__doc__", "__dict__", "__weakref__", "__annotations__",
                  "__firstlineno__", "__static_attributes__", "__qualname__"}  # fmt: skip


def is_library(thing: Any) -> bool:
    """Whether a function or class is of Python, NumPy, Keras or TensorFlow."""
    named = getattr(thing, "__module__", None)
    if named is None:  # built in, unless its text was run under no name
        return not isinstance(thing, FunctionType)
    return str(named).split(".")[0] in LIBRARIES


def is_function(value: Any) -> bool:
    """Whether ``value`` is there to be run: a function, a module, an object of one's own class.

    Not an initialiser, a policy or a constraint of Keras, which a configuration tells in full.
    """
    known = isinstance(value, (*_FUNCTIONS, ModuleType)) or hasattr(value, "python_function")
    return known or (callable(value) and not is_library(type(value)))


def is_plain(value: Any) -> bool:
    """Whether ``value`` is a number, text or array, or a list, set or mapping of such."""
    if isinstance(value, Mapping):
        return all(map(is_plain, value.values()))
    if isinstance(value, list | tuple | set | frozenset):
        return all(map(is_plain, value))
    return value is None or isinstance(value, _PLAIN)


class CodeWriter:
    """Writes values as JSON that depends on nothing but what they are.

    A thing met again is written as the number it got at first, so that recursion ends.
    """

    def __init__(self) -> None:
        self._numbers: dict[int, int] = {}
        self._kept: list[Any] = []  # an object that is freed would give its id to another
        self.opaque = False
        """Whether something was met that is run, and whose text may not tell all it does."""

    def write(self, value: Any) -> Any:
        """Return plain JSON for ``value``."""
        if value is None or isinstance(value, bool | int | str):
            return value
        if isinstance(value, float | complex):
            return [type(value).__name__, repr(value)]
        if isinstance(value, bytes):
            return ["bytes", value.hex()]
        if isinstance(value, np.ndarray | np.generic):
            return _array(np.asarray(value))
        if isinstance(value, list | tuple):
            return ["list", *map(self.write, value)]
        if isinstance(value, set | frozenset):
            return ["set", *sorted((self.write(v) for v in value), key=json.dumps)]
        if isinstance(value, Mapping):
            pairs = [[self.write(k), self.write(v)] for k, v in value.items()]
            return ["mapping", *sorted(pairs, key=lambda pair: json.dumps(pair[0]))]
        if isinstance(value, slice):
            return ["slice", *map(self.write, (value.start, value.stop, value.step))]
        return self._thing(value)

    def _thing(self, value: Any) -> Any:
        if isinstance(value, ModuleType) and not is_own(value):
            return ["module", value.__name__]
        if isinstance(value, CodeType):
            return self._code(value)
        if isinstance(value, type | FunctionType | BuiltinFunctionType) and is_library(value):
            return ["library", value.__module__, value.__qualname__]
        if (number := self._met(value)) is not None:
            return ["again", number]
        if isinstance(value, ModuleType):
            return self._module(value)
        if isinstance(value, type):
            return self._class(value)
        if isinstance(value, _FUNCTIONS):
            return self._function(value)
        return self.instance(value)

    def _met(self, value: Any) -> int | None:
        if (number := self._numbers.get(id(value))) is not None:
            return number
        self._numbers[id(value)] = len(self._numbers)
        self._kept.append(value)
        return None

    def instance(self, value: Any) -> Any:
        """Return what an object is: its class, and what it holds."""
        if is_library(type(value)):
            if isinstance(value, SimpleNamespace):
                return ["namespace", self.write(vars(value))]
            if (inside := getattr(value, "__wrapped__", None)) is not None:  # lru_cache and its kin
                return ["wrapped", _name(type(value)), self.write(inside)]
            numbers = getattr(value, "numpy", None)  # a tensor that code has closed over
            return _array(np.asarray(numbers())) if callable(numbers) else _name(type(value))
        self.opaque = True
        held = {
            k: v
            for k, v in getattr(value, "__dict__", {}).items()
            if is_plain(v) or is_function(v) or not is_library(type(v))
        }
        return ["object", self.write(type(value)), self.write(held)]

    def _function(self, function: Any) -> Any:
        if isinstance(function, partial):
            given = (function.func, function.args, function.keywords)
            return ["partial", *map(self.write, given)]
        if isinstance(function, MethodType):
            return ["method", self.write(function.__func__), self.write(function.__self__)]
        if isinstance(function, np.ufunc | BuiltinFunctionType):
            self.opaque |= isinstance(function, BuiltinFunctionType)
            return ["named", function.__name__]
        self.opaque = True
        code, scope = function.__code__, function.__globals__
        cells = {
            name: cell.cell_contents
            for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True)
            if _filled(cell)
        }
        used = {name: scope[name] for name in sorted(_names(code) & scope.keys())}
        package = str(scope.get("__package__") or "")
        modules = own_modules(used) | own_modules(cells)
        return [
            "function",
            self._code(code),
            *map(self.write, (function.__defaults__, function.__kwdefaults__)),
            [self.write(v) for name, v in cells.items() if name not in modules],
            {name: self.write(v) for name, v in used.items() if name not in modules},
            [self._reached(modules[c[0]], c) for c in sorted(chains(code, modules))],
            [self.write(module) for _, module in sorted(imported(code, package).items())],
        ]

    def _reached(self, module: ModuleType, chain: tuple[str, ...]) -> Any:
        """Return what ``module.name.name…`` is, as far as modules go; a module alone is whole."""
        value: Any = module
        for name in chain[1:]:
            if not isinstance(value, ModuleType) or name not in vars(value):
                break
            value = vars(value)[name]
        return [".".join(chain), self.write(value)]

    def _module(self, module: ModuleType) -> Any:
        """Return all of a user's module: its file, and what its names mean by now."""
        self.opaque = True
        names = {
            k: v
            for k, v in sorted(vars(module).items())
            if not k.startswith("__") and (is_plain(v) or is_function(v) or type(v) in (type, dict))
        }
        told = {name: self.write(value) for name, value in names.items()}
        return ["module", module.__name__, source_digest(module), told]

    def _class(self, kind: type) -> Any:
        self.opaque = True
        own = {k: v for k, v in vars(kind).items() if k not in _NOT_BEHAVIOUR}
        members = {name: self.write(_bare(member)) for name, member in sorted(own.items())}
        return ["class", _name(kind), [self.write(base) for base in kind.__bases__], members]

    def _code(self, code: CodeType) -> Any:
        # A docstring is the first constant: as text it does nothing, and it may stay.
        return [
            "code", code.co_code.hex(), code.co_exceptiontable.hex(), code.co_flags,
            list(code.co_names), list(code.co_varnames), list(code.co_freevars),
            [self.write(constant) for constant in code.co_consts],
        ]  # fmt: skip


def _name(kind: type) -> list[str]:
    return ["class", kind.__module__, kind.__qualname__]


def _array(values: Any) -> list[Any]:
    data = values.tobytes() if values.dtype != object else repr(values.tolist()).encode()
    return ["array", str(values.dtype), list(values.shape), hashlib.sha256(data).hexdigest()]


def _bare(member: Any) -> Any:
    """Return the function inside a static method, a class method or a property."""
    if isinstance(member, property):
        return (member.fget, member.fset)
    return getattr(member, "__func__", member)


def _filled(cell: Any) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:  # a name that is bound later, as that of a function still being made
        return False


def _names(code: CodeType) -> set[str]:
    inner = [_names(c) for c in code.co_consts if isinstance(c, CodeType)]
    return set(code.co_names).union(*inner)
