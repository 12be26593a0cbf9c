"""A compression under way: what forms see of it, and what they return."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from core.parameters import Value

if TYPE_CHECKING:
    from core.compression.calibration_data import CalibrationData
    from core.control import Control
    from core.models.forward import Forward
    from core.models.runtime import Runtime

__all__ = ["Compressed", "Task"]


@dataclass(frozen=True)
class Task:
    """What a form makes smaller, and with what.

    Parameters
    ----------
    twin : Runtime
        The float32 model; it stays as it is.
    folder : Path
        Where the file goes.
    """

    twin: Runtime
    calibration_data: CalibrationData
    parameters: Mapping[str, Value]
    seed: int
    folder: Path
    control: Control


@dataclass(frozen=True)
class Compressed:
    """What a form made.

    Parameters
    ----------
    file : str
        Name of the weights' file in the folder.
    forward : Forward
        Its passes, as pages will run them.
    """

    file: str
    forward: Forward
    facts: dict[str, float | int | str | bool] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
