"""Deletion and insertion curves of several maps of one picture, with little copying.

The ends of a curve are the same pictures for every map, so their passes are shared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import numpy.typing as npt

from core.contracts import Array, Curve
from core.evidence.base import EvaluatedMap
from core.evidence.order import descending

__all__ = ["MODES", "Mode", "area", "curve_pictures", "measure_curves"]

Mode = Literal["deletion", "insertion"]
MODES: tuple[Mode, ...] = ("deletion", "insertion")
_CHUNK = 32


def area(scores: Array) -> float:
    """Return the area under ``n + 1`` equally spaced scores: (Σs − s₀/2 − sₙ/2)/n.

    >>> area(np.array([1.0, 0.5, 0.0]))
    0.5
    """
    n = len(scores) - 1
    return float((scores.sum(dtype=np.float64) - scores[0] / 2 - scores[-1] / 2) / n)


def protocol(evaluated: EvaluatedMap, mode: Mode) -> str:
    """Return the protocol of a curve in words."""
    preset, n_pixels = evaluated.preset, evaluated.map.size
    n = preset.n_steps(n_pixels)
    first = "highest values first, equal values in reading order"
    if mode == "deletion":
        what = f"pixels replaced by {evaluated.modality.removed_text(preset.deletion)}"
    else:
        what = f"pixels put back into {evaluated.modality.removed_text(preset.insertion)}"
    return (
        f"Preset {preset.id}: {what}, {first}, in {n} steps of about {n_pixels / n:.0f} pixels; "
        f"score: {evaluated.score_text}; area (Σs − s₀/2 − sₙ/2)/n."
    )


@dataclass(frozen=True)
class _Path:
    """From ``start`` to ``end`` along ``order``; ``counts`` pixels are changed at each point."""

    start: Array
    end: Array
    order: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]

    def inner(self) -> Iterator[Array]:
        """Yield the pictures between both ends; one buffer, of which only new pixels change."""
        channels = self.start.shape[-1]
        current = self.start.reshape(-1, channels).copy()
        end = self.end.reshape(-1, channels)
        for low, high in zip(self.counts[:-2], self.counts[1:-1], strict=True):
            new = self.order[low:high]
            current[new] = end[new]
            yield current.reshape(self.start.shape)


def _ends(evaluated: EvaluatedMap, mode: Mode) -> tuple[Array, Array]:
    preset = evaluated.preset
    name = preset.deletion if mode == "deletion" else preset.insertion
    fill = evaluated.modality.removed(name, evaluated.input, evaluated.zero)
    replaced = np.ascontiguousarray(fill, dtype=np.float32)
    return (evaluated.input, replaced) if mode == "deletion" else (replaced, evaluated.input)


def _counts(evaluated: EvaluatedMap) -> npt.NDArray[np.int64]:
    n_pixels = evaluated.map.size
    preset = evaluated.preset
    if preset.steps is None:
        steps = np.arange(preset.n_steps(n_pixels) + 1) * preset.sites_per_step
        return np.minimum(steps, n_pixels)
    return np.linspace(0, n_pixels, preset.steps + 1).astype(np.int64)


def curve_pictures(
    evaluated: EvaluatedMap, order: npt.NDArray[np.int64], mode: Mode
) -> list[Array]:
    """Return every picture of a curve, both ends included (for looking at, and for tests)."""
    start, end = _ends(evaluated, mode)
    path = _Path(start, end, order, _counts(evaluated))
    return [start, *(picture.copy() for picture in path.inner()), end]


def measure_curves(
    evaluated: EvaluatedMap, maps: Mapping[str, Array], modes: Sequence[Mode] = MODES
) -> dict[tuple[str, Mode], Curve]:
    """Return a curve for each map ``(H, W)`` and mode, by ``(name of the map, mode)``.

    For K maps and n steps a mode costs K·(n − 1) passes and one for its changed end; the whole
    picture is one pass altogether.
    """
    counts = _counts(evaluated)
    orders = {name: descending(values) for name, values in maps.items()}
    n_inner = len(counts) - 2
    evaluated.passes.prepare(len(maps) * len(modes) * n_inner)
    curves: dict[tuple[str, Mode], Curve] = {}
    for done, mode in enumerate(modes):
        start, end = _ends(evaluated, mode)
        replaced = end if mode == "deletion" else start
        paths = (_Path(start, end, order, counts) for order in orders.values())
        report = partial(_report, evaluated, done, len(modes), len(maps) * n_inner)
        inner = _streamed(evaluated, paths, report).reshape(len(maps), n_inner)
        other = float(evaluated.probabilities(replaced[None])[0])
        ends = (
            (evaluated.probability, other) if mode == "deletion" else (other, evaluated.probability)
        )
        for name, between in zip(orders, inner, strict=True):
            scores = np.concatenate([[ends[0]], between, [ends[1]]]).astype(np.float32)
            fractions = (counts / evaluated.map.size).astype(np.float32)
            curves[name, mode] = Curve(mode, name, fractions, scores, None, None, area(scores))
    return curves


def _report(evaluated: EvaluatedMap, done: int, of: int, total: int, passes: int) -> None:
    share = (done + passes / total) / of
    evaluated.control.progress(0.9 * share, f"deletion and insertion, {share:.0%}")


def _streamed(evaluated: EvaluatedMap, paths: Iterator[_Path], report: partial[None]) -> Array:
    """Return the scores of all inner pictures, chunk by chunk, in one reused buffer."""
    buffer = np.empty((_CHUNK, *evaluated.input.shape), np.float32)
    scores: list[Array] = []
    filled = passed = 0
    for path in paths:
        for picture in path.inner():
            buffer[filled] = picture
            filled += 1
            if filled == _CHUNK:
                passed += filled
                scores.append(evaluated.probabilities(buffer))
                report(passed)
                filled = 0
    if filled:
        scores.append(evaluated.probabilities(buffer[:filled]))
    return np.concatenate(scores) if scores else np.zeros(0, np.float32)
