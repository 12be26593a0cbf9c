"""Examples in docstrings are true: each runs, unless it says ``doctest: +SKIP`` and why not."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import core
import dashboard

PACKAGES = {"core": core, "dashboard": dashboard}


def _modules() -> Iterator[str]:
    """Yield every module of both packages that shows an example."""
    for package in PACKAGES.values():
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            root = Path(str(package.__file__)).parent.parent
            path = root / found.name.replace(".", "/")
            file = path / "__init__.py" if found.ispkg else path.with_suffix(".py")
            if ">>> " in file.read_text(encoding="utf-8"):
                yield found.name


@pytest.mark.parametrize("name", _modules())
def test_the_examples_are_true(name: str) -> None:
    assert not doctest.testmod(importlib.import_module(name)).failed
