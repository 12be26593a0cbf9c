"""An export is made in the background only where the process stays to use it."""

from __future__ import annotations

from pathlib import Path
from threading import Event
from typing import NoReturn

import pytest

from core import process
from core.models import zoo
from core.models.exporting import Export
from core.store import Store


def _never() -> NoReturn:
    raise AssertionError("nothing is built here")


@pytest.mark.parametrize("stays", [True, False])
def test_only_a_process_that_stays_exports_in_the_background(
    stays: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_long_lived", False)
    if stays:
        process.set_long_lived()
    loaded = Event()
    monkeypatch.setattr(Export, "load", lambda self: loaded.set())
    export = Export(
        zoo.get(zoo.DEFAULT_MODEL), 1000, named=lambda: "weights", network=_never,
        store=Store(tmp_path, 10**6),
    )  # fmt: skip
    export.later()
    assert loaded.wait(timeout=5 if stays else 0.2) is stays
