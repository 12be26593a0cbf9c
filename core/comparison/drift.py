"""The work behind a :class:`~core.contracts.DriftRequest`: a map along a path of pictures.

That maps can be moved where decisions stay, and stay where decisions turn, is shown by Ghorbani et
al. 2019 (arXiv:1710.10547) and Alvarez-Melis and Jaakkola 2018 (arXiv:1806.08049).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from core.comparison import drift_paths
from core.comparison.compare import agreement, spearman
from core.contracts import Agreement, Array, Drift, DriftPath, DriftRequest
from core.models.runtime import Runtime, runtime_of
from core.parameters import Value
from core.saliency.base import Attribution, Problem
from core.saliency.registry import METHODS

if TYPE_CHECKING:
    from core.control import Control

__all__ = ["Asked", "drift", "maps_along"]

_CHUNK = 4
"""Frames whose maps are computed in one call of a quick method."""
_MAPS_FROM = 0.1
_AGREES: dict[Agreement, str] = {
    "agree": "largely agrees with",
    "partly": "agrees in part with",
    "disagree": "disagrees with",
}


class Asked(Protocol):
    """What a request says of the maps it asks for."""

    @property
    def method(self) -> str:
        """Id of the method."""

    @property
    def parameters(self) -> dict[str, Value]:
        """Its parameters."""

    @property
    def layer(self) -> str | None:
        """Feature layer."""

    @property
    def seed(self) -> int:
        """Seed of every random draw."""


class _Share:
    """A control whose reports fill the part ``[low, high]`` of another's."""

    def __init__(self, control: Control, low: float, high: float, name: str) -> None:
        self._control, self._low, self._high, self._name = control, low, high, name

    def progress(self, fraction: float, message: str = "") -> None:
        share = self._low + fraction * (self._high - self._low)
        self._control.progress(share, f"{self._name}: {message}" if message else self._name)

    def check(self) -> None:
        self._control.check()


def drift(requests: Sequence[DriftRequest], control: Control) -> list[Drift]:
    """Follow one path for each request.

    Raises
    ------
    Cancelled
        Between passes, when the work was stopped.
    """
    return [_one(request, control) for request in requests]


def _one(request: DriftRequest, control: Control) -> Drift:
    model = runtime_of(request)
    path, method = drift_paths.PATHS.find(request.path), METHODS.find(request.method)
    if path.card.needs_gradients or method.needs_gradients:
        control.progress(0.0, "loading the model")
        model.network()
    began = time.perf_counter()
    model.prepare(2 * (request.steps + 1))
    pixels = request.input.tensor()
    if request.target is None:
        target = int(model.logits(pixels[None])[0].argmax())
    else:
        target = request.target
    severities = np.linspace(0, request.maximum, request.steps + 1, dtype=np.float32)
    control.progress(0.02, "changing the picture")
    start = drift_paths.Start(pixels, target, model, request.seed, control.check)
    frames = path.frames(start, severities)
    control.check()
    logits = model.logits(frames)
    attributions = maps_along(request, model, frames, target, control)
    maps = np.stack([a.map for a in attributions]).astype(np.float32)
    return _result(
        request, model, target, severities, frames, logits, maps, time.perf_counter() - began
    )


def maps_along(
    request: Asked, model: Runtime, frames: Array, target: int, control: Control
) -> list[Attribution]:
    """Return the map of each of ``frames`` (N, h, w, 3), all of the class ``target``."""
    method, n = METHODS.find(request.method), len(frames)
    chunk = 1 if method.slow else _CHUNK
    found: list[Attribution] = []
    for first in range(0, n, chunk):
        control.check()
        part = frames[first : first + chunk]
        directions = np.zeros((len(part), model.n_classes), np.float32)
        directions[:, target] = 1.0
        low, high = (_MAPS_FROM + (1 - _MAPS_FROM) * k / n for k in (first, first + len(part)))
        share = _Share(control, low, high, f"map {first + 1} of {n}")
        share.progress(0.0)
        problem = Problem(
            model, part, directions, request.layer, request.seed, share, model.modality
        )
        found += method().explain(problem, request.parameters)
    return found


def _result(
    request: DriftRequest, model: Runtime, target: int, severities: Array, frames: Array,
    logits: Array, maps: Array, seconds: float,
) -> Drift:  # fmt: skip
    from scipy.special import softmax

    card, method = drift_paths.PATHS.find(request.path).card, METHODS.find(request.method)
    probabilities = softmax(logits.astype(np.float64), axis=1).astype(np.float32)
    winners = probabilities.argmax(axis=1)
    turned = np.flatnonzero(winners != winners[0])
    flip = int(turned[0]) if turned.size else None
    correlations = tuple(spearman(maps[0], each) for each in maps)
    top = tuple(model.classes.ref(int(i)) for i in winners)
    return Drift(
        **model.provenance(request),
        path=request.path,
        symbol=card.symbol,
        unit=card.unit,
        method=request.method,
        parameters=request.parameters,
        layer=model.layer(request.layer) if method.uses_layer else None,
        target=model.classes.ref(target),
        signed=method().is_signed(request.parameters),
        seed=request.seed,
        severities=severities,
        frames=np.rint(frames * 255).astype(np.uint8),
        linf=np.abs(frames - frames[0]).max(axis=(1, 2, 3)) * np.float32(255),
        maps=maps,
        target_probability=probabilities[:, target],
        top_probability=probabilities.max(axis=1),
        top=top,
        correlations=correlations,
        flip=flip,
        words=_words(card, severities, [ref.label for ref in top], correlations, flip),
        seconds=seconds,
        command=request.command(target),
    )


def _words(
    card: DriftPath, severities: Array, winners: Sequence[str],
    correlations: Sequence[float | None], flip: int | None,
) -> str:  # fmt: skip
    at = len(winners) - 1 if flip is None else flip
    severity = f"{card.symbol}{severities[at]:.3g}{card.unit}"
    if flip is None:
        turned = f"The decision ({winners[0]}) holds up to {severity}"
    else:
        turned = f"The decision turns from {winners[0]} to {winners[at]} at {severity}"
    correlation = correlations[at]
    if correlation is None:
        return f"{turned}; one of the maps there is the same everywhere, so nothing correlates."
    number = f"{correlation:.2f}".replace("-", "\N{MINUS SIGN}")
    return (
        f"{turned}; the map there {_AGREES[agreement(correlation)]} the first "
        f"(rank correlation {number})."
    )
