from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from core.control import LocalControl
from core.modalities.picture.modality import PICTURE
from core.shapley.base import Background, ShapProblem

Function = Callable[[np.ndarray], np.ndarray]


class FunctionPasses:
    """Passes over a plain function of pictures, counted."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.seen = 0
        self.calls = 0

    def logits(self, batch: np.ndarray) -> np.ndarray:
        self.seen += len(batch)
        self.calls += 1
        return self.function(batch).astype(np.float32)

    def prepare(self, n_passes: int) -> None:
        pass


def problem(
    passes: object,
    picture: np.ndarray,
    targets: Sequence[int] = (0,),
    *,
    n_classes: int = 3,
    background: Background | None = None,
    name: str = "",
    **options: object,
) -> ShapProblem:
    return ShapProblem(
        passes=passes,  # type: ignore[arg-type]
        input=picture,
        targets=targets,
        n_classes=n_classes,
        background=background,
        seed=0,
        control=LocalControl(**options),  # type: ignore[arg-type]
        modality=PICTURE,
        name=name,
    )


def parameters(explainer: type, **given: object) -> dict[str, object]:
    return {spec.name: spec.default for spec in PICTURE.parameters(explainer.parameters)} | given
